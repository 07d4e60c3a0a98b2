"""A walk-forward on the demo: what is chosen, what is traded, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from bot.backtest.check.changed_market import poisoned
from bot.backtest.engines.exact import run_exact
from bot.core.errors import ConfigError
from bot.core.events import Fill, Valuation
from bot.core.market import Market
from bot.core.moments import midnight
from bot.core.orders import Side
from bot.core.window import Window
from bot.data.demo.demo_market import DEMO
from bot.services.plans import planned
from bot.settings.loader import load_config
from bot.sweep import walk_forward as walking
from bot.sweep.exact_set import planned_set
from bot.sweep.figures_by_window import Figures
from bot.sweep.folds import Fold
from bot.sweep.variation import Variations
from bot.sweep.walk_forward import WalkForward, WalkForwardOptions, walk_forward
from bot.sweep.walk_forward_page import _drift, walk_forward_page

GRID = "rotation.breakout.confirm_closes: [3, 8]\nrotation.eth_stop.drawdown: [0.1, 0.4]\n"


def silent(done: int, total: int) -> None:
    """Take no notice of progress."""


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("grid") / "grid.yaml"
    path.write_text(GRID)
    return path


@pytest.fixture(scope="module")
def found(demo: Market, grid: Path) -> WalkForward:
    return walk_forward(load_config(), demo, WalkForwardOptions(grid), silent)


def test_equal_sets_share_the_mean_of_their_places() -> None:
    scores = np.array([0.5, 2.0, 0.5, 1.0])
    assert [walking._rank(scores, number) for number in range(4)] == [3.5, 1.0, 3.5, 2.0]


def test_whole_numbers_stay_whole_beside_a_fold_without_a_choice() -> None:
    days, key = Window(date(2020, 1, 1), date(2020, 1, 2)), "rotation.breakout.confirm_closes"
    figures = cast(Figures, dict.fromkeys(("total_return", "sharpe", "max_drawdown"), 0.5) | {"episodes": 1})
    chosen = walking.TestedFold(Fold(days, days), 7, {key: 5}, figures, figures, 1.0)
    folds = [chosen, walking.TestedFold(Fold(days, days), None, {}, figures, figures, None)]
    choices = WalkForward(folds, 8, "sharpe", *[None] * 5).choices  # type: ignore[arg-type]
    assert choices[["set", key, "test_rank"]].to_csv(index=False) == f"set,{key},test_rank\n7,5,1.0\n,,\n"


def test_chosen_values_are_written_as_in_a_sweep() -> None:
    fold = SimpleNamespace(test=SimpleNamespace(start=date(2020, 1, 1)))
    gates = [
        {"rotation.gates.credit": gate, "rotation.eth_stop.drawdown": 0.25, "altcoin_universe": ["SOL", "ADA"]}
        for gate in (True, False)
    ]
    page = _drift([cast(walking.TestedFold, SimpleNamespace(fold=fold, changes=changes)) for changes in gates])
    assert re.findall(r"<t[hd][^>]*>(?:<span[^>]*>)?([^<]+)<", page[page.index("<tbody>") :]) == [
        *("credit", "on", "off"),
        *("eth_stop.drawdown", "0.25", "0.25"),
        *("altcoin_universe", "[SOL, ADA]", "[SOL, ADA]"),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "costs.fee: [0.0, 0.001]",
            "costs.yaml: costs.fee: costs are an assumption about the market; a training would take the cheapest; "
            "expected one value, was 0.0, 0.001; leave it out of the grid, and make a run for each value with "
            "--set costs.fee=VALUE",
        ),
        ("costs.slippage.major: {low: 0.001, high: 0.01}", "expected one value, was 0.001 to 0.01;"),
        (
            "delay_days: [0, 1]",
            "costs.yaml: delay_days: a delay is an assumption about execution; a training would take the luckiest; "
            "expected one value, was 0, 1; make a run for each value, such as delay_days: [1]",
        ),
        (
            "start: [2105-01-01]",
            "costs.yaml: start: a walk-forward lays out its own days; leave it out, and give the first day with "
            "--start YYYY-MM-DD",
        ),
    ],
)
def test_costs_delay_and_start_are_no_choice(demo: Market, tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "costs.yaml").write_text(line + "\n")
    with pytest.raises(ConfigError) as caught:
        walk_forward(load_config(), demo, WalkForwardOptions(tmp_path / "costs.yaml"), silent)
    assert message in str(caught.value)


def test_a_series_that_the_market_lacks_is_refused(demo: Market, tmp_path: Path) -> None:
    (tmp_path / "grid.yaml").write_text("altcoin_universe: [[A01, A02], [SOL, A03]]\n")
    with pytest.raises(ConfigError, match="altcoin_universe: SOL is no coin of this market"):
        walk_forward(load_config(), demo, WalkForwardOptions(tmp_path / "grid.yaml"), silent)


@pytest.mark.slow
def test_one_value_of_costs_holds_for_all_curves_as_in_the_config(
    demo: Market, tmp_path: Path, found: WalkForward
) -> None:
    def run(text: str, changes: dict[str, object]) -> WalkForward:
        (tmp_path / "grid.yaml").write_text(text)
        return walk_forward(load_config(changes=changes), demo, WalkForwardOptions(tmp_path / "grid.yaml"), silent)

    in_grid = run(GRID + "costs.fee: [0.01]\n", {})
    in_config = run(GRID, {"costs": {"fee": 0.01}})
    assert in_grid.equity.equals(in_config.equity)
    assert in_grid.config == in_config.config != found.config
    pays = "All curves pay a fee of 100 bp and slippage of"
    assert pays in walk_forward_page(in_grid, DEMO, True)
    assert pays not in walk_forward_page(found, DEMO, True)
    # Dearer in every curve, also where the config trades because no training had an episode.
    assert (in_grid.equity.iloc[-1] < found.equity.iloc[-1]).all()


@pytest.mark.slow
def test_one_delay_holds_for_all_curves(demo: Market, tmp_path: Path, found: WalkForward) -> None:
    (tmp_path / "grid.yaml").write_text(GRID + "delay_days: [5]\n")
    late = walk_forward(load_config(), demo, WalkForwardOptions(tmp_path / "grid.yaml"), silent)
    assert "Orders are sent 5 days after their decision." in walk_forward_page(late, DEMO, True)
    days = _days(late)
    own = run_exact(planned_set(load_config(), demo, days, {"delay_days": 5}, "own")).events
    default = [float(event.equity) for event in own if isinstance(event, Valuation)]
    assert late.equity["default"].tolist() == default != found.equity["default"].tolist()


@pytest.mark.slow
def test_coins_outside_the_next_basket_are_sold_at_their_own_prices(demo: Market) -> None:
    first = walking.Window(date(2103, 5, 20), date(2107, 4, 27))
    second = walking.Window(date(2107, 4, 28), date(2107, 5, 20))
    baskets = [[f"A{number:02}" for number in numbers] for numbers in (range(1, 10), range(10, 20))]
    folds = [
        walking.TestedFold(Fold(days, days), 0, {"altcoin_universe": basket}, {}, {}, None)
        for days, basket in zip((first, second), baskets, strict=True)
    ]
    events = walking._joined_events(load_config(), demo, folds)
    held = {e.day: set(e.holdings) for e in events if isinstance(e, Valuation)}
    names = [{f"DEMO-{symbol}" for symbol in basket} for basket in baskets]
    assert len(held[first.end] & names[0]) == 8
    assert not held[second.start] & names[0]
    assert len(held[second.start] & names[1]) == 8
    sold = [fill for fill in events if isinstance(fill, Fill) and fill.at.date() == second.start]
    assert {fill.symbol for fill in sold if fill.side is Side.SELL} >= held[first.end] & names[0]


@pytest.mark.slow
def test_each_choice_is_the_best_of_its_training(demo: Market, found: WalkForward) -> None:
    config = load_config()
    for one in found.folds:
        if one.chosen is None:
            continue
        sets = [
            {"rotation.breakout.confirm_closes": c, "rotation.eth_stop.drawdown": d} for c in (3, 8) for d in (0.1, 0.4)
        ]
        variations = Variations(config, demo, one.fold.train)
        scores = [variations.figures(changes)["sharpe"] or 0.0 for changes in sets]
        assert one.chosen == scores.index(max(scores))
        assert one.changes == sets[one.chosen]


@pytest.mark.slow
def test_a_choice_does_not_depend_on_prices_of_its_test(demo: Market, grid: Path, found: WalkForward) -> None:
    last = found.folds[3].fold
    # Every value is absurd that is unknown when the training of this fold ends.
    absurd = poisoned(demo, midnight(last.train.end + timedelta(days=2)))
    other = walk_forward(load_config(), absurd, WalkForwardOptions(grid, end=last.test.end), silent)
    assert [one.chosen for one in other.folds] == [one.chosen for one in found.folds[:4]]
    assert [one.trained for one in other.folds] == [one.trained for one in found.folds[:4]]


@pytest.mark.slow
def test_the_joined_curve_carries_holdings_from_test_to_test(demo: Market, grid: Path) -> None:
    # With one set in every fold the joined run is that of the set, but for the trade on the first day of each test.
    grid_of_one = grid.with_name("one.yaml")
    grid_of_one.write_text("rotation.breakout.confirm_closes: [5]\n")
    options = WalkForwardOptions(grid_of_one)
    one = walk_forward(load_config(), demo, options, silent)
    own = run_exact(planned(load_config(), demo, _days(one), "own"))
    equity = np.array([float(event.equity) for event in own.events if isinstance(event, Valuation)])
    begins = {str(fold.fold.test.start) for fold in one.folds}
    first_fill = min((f.at.date() for f in own.events if isinstance(f, Fill)), default=None)
    assert first_fill is not None
    joined = one.equity["out_of_sample"]
    same = joined.to_numpy() == equity
    assert same[: int(np.argmin(same)) or len(same)].any()
    if not same.all():
        assert str(joined.index[int(np.argmin(same))].date()) in begins
    np.testing.assert_allclose(joined.to_numpy(), equity, rtol=0.01)


@pytest.mark.slow
def test_a_test_without_an_episode_has_no_rank(found: WalkForward) -> None:
    assert {one.rank is None for one in found.folds} == {True, False}
    assert all((one.rank is None) == (not one.tested["episodes"] or one.chosen is None) for one in found.folds)


@pytest.mark.slow
def test_a_difference_from_the_exact_engine_is_an_error(
    demo: Market, grid: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures_of = Variations.figures_of

    def wrong(self: Variations, sets: list[dict[str, object]]) -> Iterator[dict[str, object]]:
        for found in figures_of(self, sets):
            yield {**found, "total_return": found["total_return"] + 1e-6}  # type: ignore[operator]

    monkeypatch.setattr(Variations, "figures_of", wrong)
    with pytest.raises(AssertionError, match="the simulation and the exact engine disagree"):
        walk_forward(load_config(), demo, WalkForwardOptions(grid), silent)


def _days(found: WalkForward) -> walking.Window:
    return walking.Window(found.folds[0].fold.test.start, found.folds[-1].fold.test.end)
