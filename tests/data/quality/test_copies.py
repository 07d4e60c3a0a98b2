"""Coins that carry the rows of another one: found after two months, and left out of purchases while it lasts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from bot.core.data_fault import FaultKind, Severity
from bot.core.market import Market
from bot.data.quality import with_quality_flags
from bot.services.markets import quality_rules
from strategies.rotation.altcoins import Altcoins
from tests.markets import closes_on_days, config_with, default_config, market_of, settings_with

DAYS = 200
RULES = quality_rules(default_config())


def walk(seed: int, start: float = 10.0) -> list[float]:
    random = np.random.default_rng(seed)
    return (start * np.exp(np.cumsum(0.03 * random.standard_normal(DAYS)))).tolist()


def market(**coins: list[float]) -> Market:
    """Coins from 2024-01-01 on, with a volume of 100 million; a close of 0 is a missing row."""
    closes = {
        symbol: {day: close for day, close in closes_on_days("2024-01-01", column).items() if close}
        for symbol, column in {"RUT": walk(1), "ETH": walk(2), "BTC": walk(3), **coins}.items()
    }
    volumes = {symbol: dict.fromkeys(days, 1e8) for symbol, days in closes.items()}
    return with_quality_flags(market_of(closes, volumes=volumes), RULES)


def out(found: Market, symbol: str) -> tuple[date, date] | None:
    """First and last day at whose beginning a coin is out."""
    times = np.datetime64("2024-01-01", "s") + np.arange(DAYS + 1) * np.timedelta64(86_400, "s")
    days = times[found.is_quarantined(symbol, times)]
    return (days[0].item().date(), days[-1].item().date()) if len(days) else None


def test_a_coin_with_the_rows_of_another_is_out_after_sixty_of_them() -> None:
    """60 rows from 2024-01-01 end on 02-29, which is known on 03-01; ADA comes before LINK by its symbol."""
    found = market(LINK=walk(4), ADA=walk(4), DOT=walk(5))
    assert out(found, "LINK") == (date(2024, 3, 1), date(2024, 7, 19))
    assert out(found, "ADA") is out(found, "DOT") is None
    (fault,) = [fault for fault in found.faults if fault.kind is FaultKind.SAME_ROWS]
    assert (fault.symbol, fault.severity, fault.first) == ("LINK", Severity.WARNED, date(2024, 1, 1))
    assert "bought as ADA alone" in fault.text


def test_three_names_of_one_coin_are_bought_once() -> None:
    found = market(LINK=walk(4), ADA=walk(4), DOT=walk(4))
    altcoins = Altcoins(found, settings_with().altcoins)
    assert altcoins.eligible(np.datetime64("2024-06-01")) == ["ADA"]


def test_the_older_series_is_the_coin_and_a_major_is_never_a_copy() -> None:
    late = [0.0] * 20 + walk(4)[20:]
    assert out(market(ADA=late, LINK=walk(4)), "ADA") == (date(2024, 3, 21), date(2024, 7, 19))
    assert out(market(AAVE=walk(3)), "AAVE") is not None
    assert out(market(AAVE=walk(3)), "BTC") is None


@pytest.mark.parametrize("ends", ["differs", "stops"])
def test_a_copy_is_a_coin_again_when_the_rows_part(ends: str) -> None:
    """From 2024-04-10 on (row 100) ADA goes its own way, or has no rows: LINK is back when that day is known."""
    ada = walk(4)[:100] + ([3 * price for price in walk(4)[100:]] if ends == "differs" else [0.0] * 100)
    assert out(market(ADA=ada, LINK=walk(4)), "LINK") == (date(2024, 3, 1), date(2024, 4, 10))


def test_fewer_rows_another_price_and_standing_still_are_no_copies() -> None:
    few = walk(4)[:59] + walk(6)[59:]
    other = [price * 1.05 for price in walk(4)]
    assert market(ADA=walk(4), LINK=few).copies == market(ADA=walk(4), LINK=other).copies == ()
    assert market(ADA=[1.0] * DAYS, LINK=[1.0] * DAYS).copies == ()


@pytest.mark.parametrize(
    ("factor", "noise", "relation"),
    [
        (1, 0.01, "has the closes of ADA, within 2%,"),
        (1.001, 0, "has the closes of ADA, within 2%,"),
        (1000, 0, "has 1,000 times the closes of ADA, within 2%,"),
        (0.001, 0.005, "has 0.001 times the closes of ADA, within 2%,"),
    ],
)
def test_one_coin_of_two_vendors_or_in_two_units_is_bought_once(factor: float, noise: float, relation: str) -> None:
    """The second vendor's closes differ by up to 1%, up and down in turn."""
    second = [price * factor * (1 + noise * (-1) ** row) for row, price in enumerate(walk(4))]
    found = market(ADA=walk(4), LINK=second)
    assert out(found, "LINK") == (date(2024, 3, 1), date(2024, 7, 19))
    (spell,) = found.copies
    assert (spell.relation, spell.first, spell.rows) == (relation, date(2024, 1, 1), DAYS)


def test_a_lost_row_or_a_wrong_one_ends_no_copy() -> None:
    """Six rows of sixty may differ by over 2%, and none by over 10%."""
    second = [price * (1.05 if row in (20, 90, 91) else 1) for row, price in enumerate(walk(4))]
    second[70] = 0.0
    assert out(market(ADA=walk(4), LINK=second), "LINK") == (date(2024, 3, 1), date(2024, 7, 19))


def test_a_coin_whose_feed_is_frozen_is_bought_for_three_days_more() -> None:
    """ADA moves up to row 150 (2024-05-29) and repeats that close: the fourth repetition is of 2024-06-02."""
    altcoins = Altcoins(market(ADA=walk(4)[:150] + walk(4)[149:150] * 50, DOT=walk(5)), settings_with().altcoins)
    assert altcoins.eligible(np.datetime64("2024-06-01")) == ["ADA", "DOT"]
    assert altcoins.eligible(np.datetime64("2024-06-02")) == ["DOT"]


def test_it_is_known_from_past_rows_alone() -> None:
    found = market(ADA=walk(4)[:100] + walk(7)[100:], LINK=walk(4))
    for day in ("2024-02-29", "2024-03-01", "2024-04-10", "2024-04-11", "2024-06-01"):
        cut = found.as_of(np.datetime64(day, "s").item().replace(tzinfo=found.decision_moments[0].tzinfo))
        again = with_quality_flags(replace(cut, copies=(), faults=(), quarantined={}), RULES)
        times = np.array([day], "datetime64[s]")
        assert cut.is_quarantined("LINK", times) == again.is_quarantined("LINK", times), day


def test_the_number_of_rows_and_the_exceptions_are_in_the_config() -> None:
    made = replace(market(ADA=walk(4), LINK=walk(4)), copies=())
    fewer = with_quality_flags(made, quality_rules(config_with({"quality": {"same_rows": 30}})))
    assert out(fewer, "LINK") == (date(2024, 1, 31), date(2024, 7, 19))
    assert with_quality_flags(made, quality_rules(config_with({"quality": {"allow": ["LINK"]}}))).copies == ()
