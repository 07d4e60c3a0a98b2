"""Readings that are kept from other settings are those that the settings alone would give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bot.core.market import Market
from strategies.rotation.config_paths import leaves
from strategies.rotation.reading import Reading
from strategies.rotation.readings import KeptReadings, Readings
from strategies.rotation.settings import RotationSettings
from tests.markets import settings_with


def changed(section: Any, path: tuple[str, ...]) -> Any:
    """Copy nested settings with another value at a path."""
    name, *rest = path
    value = getattr(section, name)
    if rest:
        return replace(section, **{name: changed(value, tuple(rest))})
    if isinstance(value, bool):
        return replace(section, **{name: not value})
    return replace(section, **{name: value + 3 if isinstance(value, int) else value * 1.25})


def results(source: Readings) -> Iterator[tuple[str, bytes]]:
    """Iterate over everything that the rotation reads, by name."""
    found = [*source.gates.values(), source.volatility_kill(), source.pair(), source.eth_trend(), source.peg()]
    for reading in found:
        yield from arrays(reading.name, reading)
    yield "rs_weak_sessions", source.rs_weak_sessions().tobytes()
    yield "eth_range", source.eth_range().tobytes()
    yield "thin_trading", source.thin_trading().tobytes()


def arrays(name: str, reading: Reading) -> Iterator[tuple[str, bytes]]:
    """Iterate over the arrays of a reading and of its parts."""
    for column in (reading.value, reading.threshold, reading.holds, reading.missed, reading.available):
        yield name, np.asarray(column).tobytes()
    for part in reading.parts:
        yield from arrays(f"{name} {part.name}", part)


@pytest.mark.slow
def test_a_change_of_any_number_gives_the_readings_of_its_own_settings(demo: Market) -> None:
    default: RotationSettings = settings_with()
    before = list(results(Readings(demo, default)))
    moved = set()
    for path, value in leaves(default.rotation):
        if isinstance(value, str):
            continue
        settings = replace(default, rotation=changed(default.rotation, path))
        kept: KeptReadings = {}
        list(results(Readings(demo, default, kept)))
        alone = list(results(Readings(demo, settings)))
        assert list(results(Readings(demo, settings, kept))) == alone, path
        moved |= {path[0]} if alone != before else set()
    # Sections whose numbers no reading uses change nothing; these do.
    assert moved >= {"relative_strength", "credit", "volatility", "participation", "volume", "trend", "net_liquidity"}
    assert moved >= {"pair_window", "gated", "eth_stop", "peg"}


def with_other_values(market: Market, symbol: str) -> Market:
    """Copy a market with the values of one series in reverse order, on the same dates."""
    series = market[symbol]
    columns = {name: getattr(series, name)[::-1].copy() for name in ("open", "high", "low", "close", "volume")}
    return replace(market, series={**market.series, symbol: replace(series, **columns)})


def check_other_values(market: Market, settings: RotationSettings, symbol: str) -> bool:
    """Check the readings of a market that keeps those of another; return True if the series changes any."""
    kept: KeptReadings = {}
    before = list(results(Readings(market, settings, kept)))
    other = with_other_values(market, symbol)
    alone = list(results(Readings(other, settings)))
    assert list(results(Readings(other, settings, kept))) == alone, symbol
    return alone != before


def test_another_market_shares_the_readings_of_the_same_series_alone(demo: Market) -> None:
    settings = settings_with()
    assert check_other_values(demo, settings, demo.roles.eth)
    assert check_other_values(demo, settings, demo.roles.small_cap_fund)
    kept: KeptReadings = {}
    first = Readings(demo, settings, kept)
    second = Readings(with_other_values(demo, demo.roles.eth), settings, kept)
    assert second.gates["participation"] is first.gates["participation"]


@pytest.mark.slow
@pytest.mark.parametrize("measure", ["treasury_ratio", "grade_ratio", "spread"])
def test_a_change_of_any_series_gives_the_readings_of_its_own_market(demo: Market, measure: str) -> None:
    settings = settings_with({"credit": {"measure": measure}})
    moved = {symbol for symbol in sorted(demo.roles.symbols & set(demo)) if check_other_values(demo, settings, symbol)}
    roles = demo.roles
    assert moved >= {roles.small_caps, roles.small_cap_fund, roles.broad_fund, roles.equal_weight_fund}
    assert moved >= {*roles.sector_funds, roles.small_cap_breadth_fund, roles.volatility, roles.fed_assets}
    assert moved >= {roles.treasury_account, roles.reverse_repo, roles.eth, roles.btc, roles.stablecoin}
