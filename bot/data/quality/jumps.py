"""Closes that jump: beyond what the past makes likely, or by a power of ten."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.core.data_fault import DataFault, FaultKind, Severity
from bot.core.market import Floats, Series, SeriesKind
from bot.data.quality.fault_spells import Bools, Ints, begins, counted, of_rows
from bot.data.quality.thresholds import QualityRules

_TO_SIGMA = 1.4826
"""The standard deviation of a normal law over its median absolute deviation."""
_AMOUNT = 1000.0
"""A macro series over this is an amount, whose growth means something; a rate near zero doubles for nothing."""
_NO_ROWS: Ints = np.array([], np.intp)
_SHARED = 0.5
"""A second source shares a jump when it moves the same way by at least this part of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """The log return of each row, NaN where there is none, and the root of how many rows' time it took."""

    returns: Floats
    stretch: Floats

    @classmethod
    def of(cls, series: Series) -> Moves:
        """The moves of a series' closes."""
        close = series.close
        with np.errstate(divide="ignore", invalid="ignore"):
            returns = np.log(close[1:] / close[:-1])
        returns[~np.isfinite(returns)] = np.nan
        steps = np.diff(np.searchsorted(series.due, series.known_at))
        return cls(np.append(np.nan, returns), np.sqrt(np.append(1, np.maximum(steps, 1))))

    def median_before(self, rows: Ints, window: int) -> tuple[Floats, Ints]:
        """The median size of the moves in the `window` rows before each of some, and how many moves there were."""
        padded = np.append(np.full(window, np.nan), np.abs(self.returns))
        past = np.lib.stride_tricks.sliding_window_view(padded, window)[rows]
        counts = np.count_nonzero(~np.isnan(past), axis=1)
        ordered = np.sort(past, axis=1)  # NaN stand last
        pick = np.arange(len(rows))
        upper, lower = counts // 2, np.maximum(counts - 1, 0) // 2
        medians: Floats = (ordered[pick, lower] + ordered[pick, np.minimum(upper, window - 1)]) / 2
        return medians, counts.astype(np.intp)


def jumps(series: Series, moves: Moves, second: Series | None, rules: QualityRules) -> list[DataFault]:
    """Rows whose close jumps by more than `jump_sigmas` robust sigmas of the past, and no second source moved along.

    The sigma is that of the rows before alone. A longer gap allows a longer way, as the root of time. A second
    source counts with the rows that were known when this one was.
    """
    least = rules.jump_least.of(series.kind) * moves.stretch
    moved = np.abs(moves.returns) > least
    if series.kind is SeriesKind.MACRO:
        moved &= series.close > _AMOUNT
    candidates = np.flatnonzero(moved)
    beyond = candidates[_beyond_sigmas(moves, candidates, rules)]
    rows = [i for i in beyond if second is None or not _is_shared(series, second, int(i), moves)]
    return of_rows(
        series,
        rows,
        FaultKind.JUMP,
        lambda i: (
            f"close {series.close[i]:g} after {series.close[i - 1]:g}: more than "
            f"{rules.jump_sigmas:g} sigmas of the rows before"
        ),
    )


def _beyond_sigmas(moves: Moves, rows: Ints, rules: QualityRules) -> Bools:
    """Which of some rows moved further than the rows before make likely; none of those with too few rows before."""
    typical, counts = moves.median_before(rows, rules.jump_window)
    limit = rules.jump_sigmas * _TO_SIGMA * typical * moves.stretch[rows]
    beyond: Bools = (counts >= rules.jump_window_least) & (np.abs(moves.returns[rows]) > limit)
    return beyond


def _is_shared(series: Series, second: Series, i: int, moves: Moves) -> bool:
    """Whether a second source, as far as it was known with row `i`, moved the same way between the same dates."""
    here, before = second.row(series.dates[i]), second.row(series.dates[i - 1])
    if here is None or before is None or second.known_at[here] > series.known_at[i]:
        return False
    with np.errstate(divide="ignore", invalid="ignore"):
        move = np.log(second.close[here] / second.close[before])
    return bool(move / moves.returns[i] >= _SHARED)


def powers_of_ten(series: Series, moves: Moves, rules: QualityRules) -> list[DataFault]:
    """Rows whose close is ten, a hundred, a thousand times the one before, or that part of it.

    A changed unit or a redenomination: from here on the past is in another currency. A second source that shares
    it proves that it is real, and not that what is held was changed with it. Over a gap a price can go that far by
    itself, so that only a way beyond what the rows before allow for so long a time bars.
    """
    rows = _thousands(series, moves, rules) if series.kind is SeriesKind.MACRO else _tens(moves, rules)
    near = moves.stretch[rows] <= np.sqrt(1 + (rules.macro_gap if series.kind is SeriesKind.MACRO else 0))
    least = rules.jump_least.of(series.kind) * moves.stretch[rows]
    sure = near | (_beyond_sigmas(moves, rows, rules) & (np.abs(moves.returns[rows]) > least))
    return [
        *of_rows(
            series,
            rows[sure],
            FaultKind.POWER_OF_TEN,
            lambda i: f"close {series.close[i]:g} after {series.close[i - 1]:g}: a changed unit or a redenomination",
            Severity.QUARANTINED,
        ),
        *of_rows(
            series,
            rows[~sure],
            FaultKind.POWER_OF_TEN,
            lambda i: f"close {series.close[i]:g} after {series.close[i - 1]:g}, over a gap: a changed unit?",
        ),
    ]


def _tens(moves: Moves, rules: QualityRules) -> Ints:
    """The rows whose move is ten, a hundred, a thousand times, or that part."""
    tens = moves.returns / np.log(10)
    powers = np.round(tens)
    with np.errstate(invalid="ignore"):
        return np.flatnonzero((np.abs(powers) >= 1) & (np.abs(tens - powers) <= rules.power_of_ten))


def _thousands(series: Series, moves: Moves, rules: QualityRules) -> Ints:
    """The rows of a series told in money that are about a thousand times the one before, or that part of it.

    Millions for billions. An amount near zero grows a thousandfold by itself, so both must be more than `money_least`.
    """
    if series.symbol not in rules.money:
        return _NO_ROWS
    smaller = np.minimum(series.close, np.append(np.nan, series.close[:-1]))
    with np.errstate(invalid="ignore"):
        by_thousand = np.abs(np.abs(moves.returns) / np.log(10) - 3) <= rules.power_of_thousand
        return np.flatnonzero(by_thousand & (smaller >= rules.money_least))


def unexpected_levels(series: Series, rules: QualityRules) -> list[DataFault]:
    """Rows whose close lies outside what its unit allows: millions for billions, per cent for shares."""
    if series.symbol not in rules.levels:
        return []
    low, high = rules.levels[series.symbol]
    rows = np.flatnonzero((series.close < low) | (series.close > high))
    return of_rows(
        series,
        rows,
        FaultKind.UNEXPECTED_LEVEL,
        lambda i: f"close {series.close[i]:g} is not from {low:g} to {high:g}: another unit?",
        Severity.QUARANTINED,
    )


def erratic(series: Series, moves: Moves, rules: QualityRules) -> list[DataFault]:
    """Where a coin begins to have wild days undone on the day after by the handful: its closes are hardly prices."""
    if not series.kind.is_coin:
        return []
    limit, before = rules.erratic_move.of(series.kind), np.append(np.nan, moves.returns[:-1])
    undone = (np.abs(before) > limit) & (-moves.returns * np.sign(before) >= rules.erratic_undone * np.abs(before))
    rows = begins(counted(undone, rules.erratic_window) >= rules.erratic_moves, rules.erratic_window)
    return of_rows(
        series,
        rows,
        FaultKind.ERRATIC,
        lambda i: (
            f"{rules.erratic_moves} moves over {limit:g} (log) within {rules.erratic_window} rows were undone "
            "on the day after"
        ),
    )
