"""Runs of parameter sets on other days of one prepared market."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from bot.core.window import Window
from bot.data.demo.demo_market import DEMO
from bot.services.markets import open_market
from bot.services.plans import window_of
from bot.settings.loader import load_config
from bot.simulation.prepared_market import PreparedMarket
from bot.simulation.simulation import SimulatedRun
from bot.sweep import variation
from bot.sweep.variation import Variations, with_changes
from tests.simulation.random_sets import random_set, require_equal, run_both

EARLY, LATE = Window(date(2103, 5, 20), date(2106, 6, 30)), Window(date(2107, 4, 25), date(2112, 8, 5))
"""Days of the demo that begin and end while coins are held."""
CHANGES = {"rotation.breakout.confirm_closes": 3, "costs.fee": 0.002}


@pytest.fixture(scope="module")
def variations() -> Variations:
    config = load_config()
    market = open_market(config, None, DEMO)
    return Variations(config, market, window_of(market, None, None))


def lists(run: SimulatedRun) -> list[object]:
    """Return all that a run holds as plain lists."""
    columns = (run.stage, run.tranche, run.reasons, run.equity, run.cash, *run.fills)
    return [column.tolist() for column in columns]


@pytest.mark.slow
@pytest.mark.parametrize("window", [EARLY, LATE], ids=["early", "late"])
def test_other_days_of_a_prepared_market_run_as_prepared_for_them(variations: Variations, window: Window) -> None:
    own = Variations(variations.config, variations.market, window)
    expected, found = own.run(CHANGES), variations.over(window).run(CHANGES)
    # NaN is the price of a settlement: compared by its text.
    assert repr(lists(found)) == repr(lists(expected))
    assert len(found.equity) == (window.end - window.start).days + 1
    assert len(found.fills.lots) > 20
    assert variations.over(window).figures(CHANGES) == own.figures(CHANGES)


@pytest.mark.parametrize("window", [EARLY, LATE], ids=["early", "late"])
def test_other_days_run_as_in_the_exact_engine(variations: Variations, window: Window) -> None:
    shorter = variations.over(window)
    shorter.run({})
    prepared = shorter._cuts.get("[]")
    require_equal(run_both(prepared, random_set(prepared.settings, 1)))


def test_other_days_share_the_readings(variations: Variations) -> None:
    variations.run({})
    shorter = variations.over(EARLY)
    shorter.run({})
    assert shorter._cuts.get("[]").view is variations._cuts.get("[]").view


def test_a_new_window_of_a_reading_shares_the_altcoins(variations: Variations) -> None:
    changes = {"rotation.credit.window": 30, "rotation.pair_window": 20}
    before = lists(variations.run({}))
    found = lists(variations.run(changes))
    own = Variations(with_changes(variations.config, changes), variations.market, variations.window)
    assert repr(found) == repr(lists(own.run({}))) != repr(before)
    altcoins = {id(prepared.view.altcoins) for prepared in variations._prepared._values.values()}
    assert len(altcoins) == 1 < len(variations._prepared)


def test_few_sets_of_windows_are_kept_and_a_dropped_one_is_made_anew(
    variations: Variations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(variation, "MOST_KEPT", 3)
    few = Variations(variations.config, variations.market, variations.window)
    sets = [{"rotation.credit.window": 40 + number, "costs.fee": 0.001 * number} for number in range(6)]
    found = [repr(lists(few.run(changes))) for changes in (*sets, sets[0])]
    assert found[-1] == found[0] != found[1]
    kept = (few._prepared, few._observed, few._cuts, few._shared)
    assert [len(values) for values in kept] == [3, 3, 3, 3]


def test_a_set_after_one_with_other_costs_has_its_own(variations: Variations) -> None:
    expected = repr(lists(variations.run({})))
    other = Variations(variations.config, variations.market, variations.window)
    assert repr(lists(other.run({"costs.fee": 0.02, "costs.slippage.major": 0.05}))) != expected
    assert repr(lists(other.run({}))) == expected


def test_choices_over_days_are_those_of_each_day(variations: Variations) -> None:
    variations.run({})
    view = variations._cuts.get("[]").view
    shares = view.altcoins.shares_over(view.days)
    for i in range(0, len(view.days), 50):
        chosen = {symbol: by_day[i] for symbol, by_day in sorted(shares.items()) if by_day[i]}
        assert chosen == view.altcoins.choose(view.days[i])
    assert np.count_nonzero(sum(shares.values())) > 1000


@pytest.mark.parametrize(
    "changes",
    [
        {"altcoins.volume_days": 20},
        {"altcoins.minimum_volume": 2e6, "altcoins.count": 3, "altcoins.largest_share": 0.4},
        {"altcoins.seasoned_days": 90, "altcoins.pause_days": 3, "altcoins.breadth_window": 30},
        {"altcoins.volatility_span": 20, "altcoins.volatility_floor": 0.5, "altcoins.momentum_days": [20, 40]},
    ],
    ids=lambda changes: " ".join(changes),
)
def test_altcoins_of_a_set_after_others_are_those_of_its_config(
    variations: Variations, changes: dict[str, object]
) -> None:
    variations.run({})
    found = variations._shared_by(changes)[0]
    own = PreparedMarket(with_changes(variations.config, changes), variations.market, variations.window)
    assert found.shares.tolist() == own.shares.tolist()
    assert repr([column.tolist() for column in found.coins]) == repr([column.tolist() for column in own.coins])
    for name, column in own.view.observed._asdict().items():
        np.testing.assert_array_equal(found.view.observed._asdict()[name], column)
