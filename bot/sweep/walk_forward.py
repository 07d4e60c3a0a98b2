"""Walk-forward: choose a parameter set on past days, trade it on the days that follow, and repeat."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pandas as pd

from bot.backtest.engines.exact import run_exact
from bot.core.events import Event, Valuation
from bot.core.market import Floats, Market
from bot.core.window import Window
from bot.report.metrics import performance
from bot.services.call_arguments import config_argument, date_argument, folder_argument, path_argument, require_word
from bot.services.markets import open_market
from bot.services.plans import window_of
from bot.settings.loader import Config
from bot.simulation.prepared_market import require_simulated
from bot.sweep.assumptions import assumptions_of
from bot.sweep.axes import delay_of
from bot.sweep.contradictions import require_consistent, require_runnable
from bot.sweep.evidence import Evidence, evidence
from bot.sweep.exact_set import planned_set
from bot.sweep.figures_by_window import Figures, figures_by_window
from bot.sweep.folds import Fold, folds_of
from bot.sweep.grid import Sampler, load_grid
from bot.sweep.run_figures import FIGURES, MONTHLY
from bot.sweep.sweep import DEFAULT_GRID, GRID_FILE, WORTH_COMPILING
from bot.sweep.variation import Variations, with_changes
from strategies.indicators import Ints

Criterion = Literal["sharpe", "total_return"]
CURVES = ("out_of_sample", "hindsight", "default")
_RUN_KEY = "walk-forward"
_RELATIVE = 1e-9


@dataclass(frozen=True, slots=True)
class WalkForwardOptions:
    """Options of a walk-forward: the grid, how sets are drawn from it, spans in months, and the days of trading."""

    grid: Path
    train: int = 48
    test: int = 12
    is_anchored: bool = False
    criterion: Criterion = "sharpe"
    sampler: Sampler = "grid"
    sets: int | None = None
    seed: int = 0
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class TestedFold:
    """A fold with its choice.

    Attributes
    ----------
    chosen
        Number of the best set of the training; None if no set has an episode there, so that the config trades.
    changes
        The set's values by config key.
    trained, tested
        Figures of the chosen set on the days of training and of test, each begun in cash.
    rank
        Place of the chosen set in the test, 1 for the best; sets of equal figures share the mean of their places. None
        if the chosen set has no episode in the test.
    """

    fold: Fold
    chosen: int | None
    changes: Mapping[str, object]
    trained: Figures
    tested: Figures
    rank: float | None


@dataclass(frozen=True, slots=True, eq=False)
class WalkForward:
    """Result of a walk-forward.

    Attributes
    ----------
    folds
        Oldest first.
    sets
        Number N of sets that each training compares.
    criterion
        Figure by which sets are chosen.
    hindsight
        Evidence for the set that was best over all days of test, known only afterwards.
    hindsight_changes
        Its values by config key.
    equity
        Equity at each day's close, in the quote currency: columns `out_of_sample`, `hindsight` and `default`.
    config
        Config of the run, with the costs that the grid assumes.
    delay
        Days between a decision and its orders.
    """

    folds: Sequence[TestedFold]
    sets: int
    criterion: Criterion
    hindsight: Evidence
    hindsight_changes: Mapping[str, object]
    equity: pd.DataFrame
    config: Config
    delay: int

    @property
    def figures(self) -> dict[str, dict[str, float | None]]:
        """Return and risk of each curve."""
        return {name: performance(self.equity[name].to_numpy(), float(self.config.start_equity)) for name in CURVES}

    @property
    def choices(self) -> pd.DataFrame:
        """Return a row a fold: its days, the chosen set with its values, and its figures in training and test."""
        rows = [_row(found) for found in self.folds]
        # A fold without a choice has no values. As floats, the set and the counts of the others would end in .0.
        return pd.DataFrame({name: _column([row.get(name) for row in rows]) for name in dict.fromkeys(chain(*rows))})


def run_walk_forward(
    grid: Path | str = DEFAULT_GRID,
    data_dir: Path | str | None = None,
    *,
    config: Path | str | Config | None = None,
    market: str = "auto",
    train: int = 48,
    test: int = 12,
    anchored: bool = False,
    criterion: Criterion = "sharpe",
    sampler: Sampler = "grid",
    sets: int | None = None,
    seed: int = 0,
    start: date | str | None = None,
    end: date | str | None = None,
    advance: Callable[[int, int], None] = lambda done, total: None,
) -> WalkForward:
    """Choose a set on each training, trade it on the days that follow, and compare the joined curve.

    Parameters
    ----------
    grid, data_dir, config, market, sampler, sets, seed, start, end
        As for `run_sweep`.
    train, test
        Months of a training and of a test.
    anchored
        Let every training begin on the first day.
    criterion
        Figure by which a training chooses.
    advance
        Called with the number of finished and of all sets.

    Raises
    ------
    BotError
        An error of `bot.core.errors`.
    """
    resolved = config_argument(config)
    require_word("--criterion", criterion, get_args(Criterion))
    file = path_argument("grid", grid, GRID_FILE)
    days = date_argument("start", start), date_argument("end", end)
    options = WalkForwardOptions(file, train, test, anchored, criterion, sampler, sets, seed, *days)
    opened = open_market(resolved, folder_argument("data_dir", data_dir), market)
    return walk_forward(resolved, opened, options, advance)


def walk_forward(
    config: Config, market: Market, options: WalkForwardOptions, advance: Callable[[int, int], None]
) -> WalkForward:
    """Run a walk-forward on an open market. Raises ConfigError, DataError.

    Raises
    ------
    AssertionError
        If the exact engine gives another result than the simulation, which is a bug.
    """
    require_simulated(config)
    grid = load_grid(options.grid, config)
    assumed = assumptions_of(grid, options.grid)
    drawn = list(grid.sets(options.sampler, options.sets, options.seed))
    require_consistent(drawn, config, options.grid)
    window = window_of(market, options.start, options.end)
    require_runnable(drawn, market, window, options.grid)
    sessions = market[market.roles.small_caps].dates
    folds = folds_of(window, sessions, options.train, options.test, options.is_anchored)
    runs = 2 * len(folds) * len(drawn)
    variations = Variations(config, market, window, runs >= WORTH_COMPILING)
    days = Window(folds[0].test.start, window.end)
    windows = [*(fold.train for fold in folds), *(fold.test for fold in folds)]
    *of_folds, afterwards = figures_by_window([variations.over(one) for one in (*windows, days)], drawn, advance)
    tested, count = [], len(folds)
    for fold, in_train, in_test in zip(folds, of_folds[:count], of_folds[count:], strict=True):
        found = _tested(fold, in_train, in_test, drawn, options.criterion)
        tested.append(found or _unchanged(fold, variations, assumed))
    hindsight = _best(afterwards, options.criterion)
    joined = _equity(_joined_events(config, market, tested))
    _require_same(tested[0], joined, float(config.start_equity))
    curves = {
        "out_of_sample": joined,
        "hindsight": _exact(config, market, days, drawn[hindsight]),
        "default": _exact(config, market, days, assumed),
    }
    index = pd.date_range(days.start, days.end, name="day")
    return WalkForward(
        tested,
        len(drawn),
        options.criterion,
        _evidence(afterwards, drawn, options.sampler == "grid", hindsight),
        drawn[hindsight],
        pd.DataFrame(curves, index),
        with_changes(config, assumed),
        delay_of(assumed),
    )


def _tested(
    fold: Fold,
    trained: Sequence[Figures],
    tested: Sequence[Figures],
    drawn: Sequence[Mapping[str, object]],
    criterion: Criterion,
) -> TestedFold | None:
    """Choose the best set of a training and rank it in the test. Returns None if no set has an episode in training."""
    if not any(figures["episodes"] for figures in trained):
        return None
    chosen = _best(trained, criterion)
    rank = _rank(_scores(tested, criterion), chosen) if tested[chosen]["episodes"] else None
    return TestedFold(fold, chosen, drawn[chosen], trained[chosen], tested[chosen], rank)


def _unchanged(fold: Fold, variations: Variations, assumed: Mapping[str, object]) -> TestedFold:
    """Return a fold without a choice: the config trades, with the costs and the delay of the grid."""
    trained, tested = (variations.over(window).figures(assumed) for window in (fold.train, fold.test))
    return TestedFold(fold, None, assumed, trained, tested, None)


def _evidence(figures: Sequence[Figures], drawn: Sequence[Mapping[str, object]], is_grid: bool, best: int) -> Evidence:
    rows = [
        {"set": number, **changes, **{name: found[name] for name in FIGURES}}
        for number, (changes, found) in enumerate(zip(drawn, figures, strict=True))
    ]
    returns = np.array([np.frombuffer(found[MONTHLY], "<f4") for found in figures], float).T
    return evidence(pd.DataFrame(rows), returns, is_grid, best)


def _scores(figures: Sequence[Figures], criterion: Criterion) -> Floats:
    """Return the figure by which sets are compared; a set that stays in cash counts as 0."""
    return np.array([float(found[criterion] or 0.0) for found in figures])


def _best(figures: Sequence[Figures], criterion: Criterion) -> int:
    """Return the number of the best set, the first of equal ones."""
    return int(np.argmax(_scores(figures, criterion)))


def _rank(scores: Floats, chosen: int) -> float:
    """Return the place of a set, 1 for the highest score; equal ones share the mean of their places."""
    above: Ints = scores > scores[chosen]
    return float(above.sum() + ((scores == scores[chosen]).sum() + 1) / 2)


def _joined_events(config: Config, market: Market, folds: Sequence[TestedFold]) -> list[Event]:
    """Run the chosen sets one after the other by the exact engine. Each starts with the holdings of the one before.

    The first day of a test moves the portfolio to the targets of its own set, and pays for it.
    """
    past: list[Event] = []
    for found in folds:
        held = next((event.holdings for event in reversed(past) if isinstance(event, Valuation)), {})
        plan = planned_set(config, market, found.fold.test, found.changes, _RUN_KEY, held)
        past += run_exact(replace(plan, adopt=True), past).events
    return past


def _exact(config: Config, market: Market, days: Window, changes: Mapping[str, object]) -> Floats:
    return _equity(run_exact(planned_set(config, market, days, changes, _RUN_KEY)).events)


def _equity(events: Iterable[Event]) -> Floats:
    return np.array([float(event.equity) for event in events if isinstance(event, Valuation)])


def _require_same(first: TestedFold, equity: Floats, start_equity: float) -> None:
    """Compare the simulation of the first test with the exact engine; both begin in cash."""
    days = (first.fold.test.end - first.fold.test.start).days + 1
    expected, was = equity[days - 1] / start_equity - 1, float(first.tested["total_return"] or 0.0)
    if abs(was - expected) > _RELATIVE * max(1.0, abs(expected)):
        raise AssertionError(f"the simulation and the exact engine disagree on set {first.chosen}: {was}, {expected}")


def _column(values: Sequence[object]) -> pd.Series:
    """Return a column in which whole numbers stay whole beside absent values, which are None."""
    return pd.Series(values, dtype=object if set(map(type, values)) == {int, type(None)} else None)


def _row(found: TestedFold) -> dict[str, object]:
    fold = found.fold
    return {
        "train_start": fold.train.start,
        "train_end": fold.train.end,
        "test_start": fold.test.start,
        "test_end": fold.test.end,
        "set": found.chosen,
        **found.changes,
        **{f"train_{name}": found.trained[name] for name in _SHOWN},
        **{f"test_{name}": found.tested[name] for name in _SHOWN},
        "test_rank": found.rank,
    }


_SHOWN = ("total_return", "sharpe", "max_drawdown", "episodes")
