"""What comes later changes nothing that was decided before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import numpy as np
import pytest

from bot.backtest.lookahead import cut_times, first_peek
from bot.core.decision import Decision
from bot.core.market import Market, Series
from bot.services.strategy_settings import rotation_settings
from bot.settings.loader import load_config
from strategies.rotation.rotation import Rotation
from strategies.rotation.view import RotationView
from tests.markets import random_market

pytestmark = pytest.mark.slow

CUTS = 50


def rotation(**changes: object) -> Rotation:
    return Rotation(rotation_settings(load_config(changes=changes)))


def random_cuts(decisions: Sequence[Decision], count: int, seed: int) -> list[datetime]:
    picked = np.random.default_rng(seed).choice(len(decisions), count, replace=False)
    return [decisions[i].at for i in picked]


def assert_prefixes_agree(strategy: Rotation, market: Market, cuts: Sequence[datetime]) -> None:
    full = strategy.decisions(market)
    for cut in cuts:
        early = strategy.decisions(market.as_of(cut))
        assert early[-1].at <= cut
        assert list(early) == list(full[: len(early)])
        assert dict(early[-1].readings) == dict(full[len(early) - 1].readings)


@pytest.mark.parametrize("half", [0, pytest.param(1, marks=pytest.mark.soak)])
def test_on_real_data_fifty_random_cuts_decide_as_the_whole_does(half: int, real_market: Market) -> None:
    strategy = rotation()
    cuts = random_cuts(strategy.decisions(real_market), CUTS, seed=1)
    assert_prefixes_agree(strategy, real_market, cuts[half::2])


def test_on_the_demo_market_fifty_random_cuts_decide_as_the_whole_does(demo: Market) -> None:
    strategy = rotation(rotation={"entry": "gated"})
    assert_prefixes_agree(strategy, demo, random_cuts(strategy.decisions(demo), CUTS, seed=2))


@pytest.mark.parametrize("seed", range(20))
def test_on_random_markets_with_gaps_cuts_decide_as_the_whole_does(seed: int) -> None:
    market = random_market(seed).market
    strategy = rotation()
    assert_prefixes_agree(strategy, market, random_cuts(strategy.decisions(market), 15, seed))


def poisoned(market: Market, moment: datetime) -> Market:
    """The market with every value that was not known at a moment multiplied by ten."""
    cut = np.datetime64(moment.replace(tzinfo=None), "s")

    def poison(series: Series) -> Series:
        later = series.known_at > cut
        columns = ("open", "high", "low", "close", "volume")
        return replace(
            series, **{name: np.where(later, getattr(series, name) * 10, getattr(series, name)) for name in columns}
        )

    return replace(market, series={symbol: poison(series) for symbol, series in market.items()})


@pytest.mark.parametrize("market_name", ["real_market", "demo"])
def test_a_future_ten_times_as_large_changes_no_decision_before_it(
    market_name: str, request: pytest.FixtureRequest
) -> None:
    market: Market = request.getfixturevalue(market_name)
    strategy = rotation()
    full = strategy.decisions(market)
    for cut in random_cuts(full, 10, seed=3):
        changed = strategy.decisions(poisoned(market, cut))
        n = sum(decision.at <= cut for decision in full)
        assert list(changed[:n]) == list(full[:n])


class Oracle:
    """Holds ETH on the days on which it will rise: it reads the close of the day that has only begun."""

    name = "oracle"

    def decisions(self, market: Market) -> Sequence[Decision]:
        eth = market[market.roles.eth]
        decisions = []
        for template in rotation().decisions(market):
            row = eth.row(np.datetime64(template.at.date(), "D"))
            rises = row is not None and eth.close[row] > eth.open[row]
            weights = {market.roles.eth: Decimal("0.5")} if rises else {}
            decisions.append(replace(template, weights=weights))
        return decisions


def test_an_oracle_that_peeks_one_day_ahead_is_caught(demo: Market) -> None:
    full = Oracle().decisions(demo)
    assert first_peek(Oracle(), demo, full, cut_times(full, 12)) is not None


class OneDayAhead:
    """Follows ETH's trend with tomorrow's close: it differs from an honest follower only where the trend turns."""

    name = "one day ahead"

    def decisions(self, market: Market) -> Sequence[Decision]:
        eth = market[market.roles.eth]
        decisions = []
        for at in market.decision_moments:
            seen = eth.until(np.datetime64(at.replace(tzinfo=None), "s") + np.timedelta64(1, "D")).close[-50:]
            weights = {market.roles.eth: Decimal("0.5")} if seen[-1] > seen.mean() else {}
            decisions.append(Decision(at, "S", "S", weights, ("peeks",)))
        return decisions


def test_a_peek_that_shows_only_where_the_decision_changes_is_caught(demo: Market) -> None:
    full = OneDayAhead().decisions(demo)
    assert first_peek(OneDayAhead(), demo, full, cut_times(full, 12)) is not None


def test_the_rotation_is_not_taken_for_an_oracle(demo: Market) -> None:
    strategy = rotation()
    full = strategy.decisions(demo)
    assert first_peek(strategy, demo, full, cut_times(full, 12)) is None


def barred_midway(market: Market, *symbols: str) -> Market:
    """The market with some series barred from the middle of its decisions on."""
    since = market.decision_times[len(market.decision_times) // 2]
    return replace(market, quarantined=dict.fromkeys(symbols, since))


@pytest.mark.parametrize("seed", range(4))
def test_a_bar_that_appears_midway_changes_nothing_before_it(seed: int) -> None:
    market = random_market(seed).market
    barred = barred_midway(market, "C05", "C06", "C07", market.roles.volatility)
    strategy = rotation()
    free, full = strategy.decisions(market), strategy.decisions(barred)
    half = len(full) // 2
    assert list(full[:half]) == list(free[:half])
    cuts = [*random_cuts(full, 10, seed), full[half - 1].at, full[half].at, full[half + 1].at]
    assert_prefixes_agree(strategy, barred, cuts)


@pytest.mark.parametrize("seed", range(4))
def test_no_barred_coin_is_chosen_or_counted_from_its_moment_on(seed: int) -> None:
    market = random_market(seed).market
    coins = [f"C{number:02d}" for number in range(5, 13)]
    barred = barred_midway(market, *coins)
    view = RotationView(barred, rotation().settings)
    since = barred.quarantined[coins[0]].astype("datetime64[D]")
    assert not set(view.altcoins.eligible(since - 1)) & set(coins)  # the day that closes at the moment
    free = RotationView(market, rotation().settings)
    assert view.altcoins.eligible(since - 2) == free.altcoins.eligible(since - 2)


@pytest.mark.parametrize("part", ["small_caps", "eth", "btc", "volatility"])
def test_nothing_is_bought_while_a_needed_series_is_barred(part: str) -> None:
    market = random_market(3).market
    barred = barred_midway(market, getattr(market.roles, part))
    decisions = rotation().decisions(barred)
    half = len(decisions) // 2
    assert all(decision.reduce_only for decision in decisions[half:])
    assert not all(decision.reduce_only for decision in decisions[:half])
