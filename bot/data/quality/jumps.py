"""Closes that jump: further than the past makes likely, or by a power of ten."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.core.data_fault import DataFault, FaultKind, Severity
from bot.core.market import Floats, Series
from bot.core.series_kind import SeriesKind
from bot.data.quality.fault_spells import Bools, Ints, count_within, faults_at, find_starts
from bot.data.quality.thresholds import QualityRules

_TO_SIGMA = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation (Rousseeuw and Croux, 1993)."""
_AMOUNT = 1000.0
"""Level above which a macro series is an amount. Below it is a rate, which doubles near zero in ordinary times."""
_RISE, _FALL = 1.3, -4.0
"""log10 of 20 times and of a 10,000th: no price moves as far from one row to the next. The largest real rise of a coin
is 8 times (HEX, 2019-12-23), the deepest real fall to a 3,400th (LUNC, 2022-05-12)."""
_NO_ROWS: Ints = np.array([], np.intp)
_SHARED = 0.5
"""Share of a jump by which a second source must move the same way to confirm it."""


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """Log return of each row (NaN: unknown), and the square root of the number of due rows that it spans."""

    returns: Floats
    stretch: Floats

    @classmethod
    def of(cls, series: Series) -> Moves:
        """Return the moves of a series' closes."""
        close = series.close
        with np.errstate(divide="ignore", invalid="ignore"):
            returns = np.log(close[1:] / close[:-1])
        returns[~np.isfinite(returns)] = np.nan
        steps = np.diff(np.searchsorted(series.due, series.known_at))
        return cls(np.append(np.nan, returns), np.sqrt(np.append(1, np.maximum(steps, 1))))

    def median_before(self, rows: Ints, window: int) -> tuple[Floats, Ints]:
        """Return the median size of the moves in the rows before some rows.

        Parameters
        ----------
        rows
            Positions in the series.
        window
            Number of rows before each.

        Returns
        -------
        tuple of arrays
            Median absolute log return, and the number of known moves, one each a row.
        """
        padded = np.append(np.full(window, np.nan), np.abs(self.returns))
        past = np.lib.stride_tricks.sliding_window_view(padded, window)[rows]
        counts = np.count_nonzero(~np.isnan(past), axis=1)
        # A sort puts NaN last, so the median is picked by the count of known values; nanmedian is far slower.
        ordered = np.sort(past, axis=1)
        pick = np.arange(len(rows))
        upper, lower = counts // 2, np.maximum(counts - 1, 0) // 2
        medians: Floats = (ordered[pick, lower] + ordered[pick, np.minimum(upper, window - 1)]) / 2
        return medians, counts.astype(np.intp)


def find_jumps(series: Series, moves: Moves, second: Series | None, rules: QualityRules) -> list[DataFault]:
    """Find rows whose close jumps by more than `jump_sigmas` robust sigmas, unless a second source confirms it.

    Parameters
    ----------
    moves
        Log returns of the same series.
    second
        The same series from a second source, read up to the time at which the row was known.

    Returns
    -------
    list of DataFault
        The sigma is that of the rows before alone: 1.4826 times their median absolute log return. It grows with the
        square root of the gap before the row.
    """
    least = rules.jump_least.of(series.kind) * moves.stretch
    moved = np.abs(moves.returns) > least
    if series.kind is SeriesKind.MACRO:
        moved &= series.close > _AMOUNT
    candidates = np.flatnonzero(moved)
    beyond = candidates[_beyond_sigmas(moves, candidates, rules)]
    rows = [i for i in beyond if second is None or not _is_shared(series, second, int(i), moves)]
    return faults_at(
        series,
        rows,
        FaultKind.JUMP,
        lambda i: (
            f"close {series.close[i]:g} after {series.close[i - 1]:g}: more than "
            f"{rules.jump_sigmas:g} sigmas of the rows before"
        ),
    )


def _beyond_sigmas(moves: Moves, rows: Ints, rules: QualityRules) -> Bools:
    """Return True for each row that moved further than the sigma limit; False where too few rows come before."""
    typical, counts = moves.median_before(rows, rules.jump_window)
    limit = rules.jump_sigmas * _TO_SIGMA * typical * moves.stretch[rows]
    beyond: Bools = (counts >= rules.jump_window_least) & (np.abs(moves.returns[rows]) > limit)
    return beyond


def _is_shared(series: Series, second: Series, i: int, moves: Moves) -> bool:
    """Return True if a second source, as known with row `i`, moved the same way between the same dates."""
    here, before = second.row(series.dates[i]), second.row(series.dates[i - 1])
    if here is None or before is None or second.known_at[here] > series.known_at[i]:
        return False
    with np.errstate(divide="ignore", invalid="ignore"):
        move = np.log(second.close[here] / second.close[before])
    return bool(move / moves.returns[i] >= _SHARED)


def find_powers_of_ten(series: Series, moves: Moves, rules: QualityRules) -> list[DataFault]:
    """Find rows whose close is 10, 100, 1000 times the one before, or that part of it, or moves as no price does.

    It is a changed unit or a redenomination, and the series is quarantined from the row on. Over a gap a price can move
    that far by itself: then it is quarantined only beyond the sigma limit, and otherwise warned.

    Parameters
    ----------
    moves
        Log returns of the same series.
    """
    # A second source is not asked: it would prove that the change is real, and holdings are still in the old unit.
    rows = _thousands(series, moves, rules) if series.kind is SeriesKind.MACRO else _tens(moves, rules)
    near = moves.stretch[rows] <= np.sqrt(1 + (rules.macro_gap if series.kind is SeriesKind.MACRO else 0))
    least = rules.jump_least.of(series.kind) * moves.stretch[rows]
    sure = near | (_beyond_sigmas(moves, rows, rules) & (np.abs(moves.returns[rows]) > least))
    return [
        *faults_at(
            series,
            rows[sure],
            FaultKind.POWER_OF_TEN,
            lambda i: f"close {series.close[i]:g} after {series.close[i - 1]:g}: a changed unit or a redenomination",
            Severity.QUARANTINED,
        ),
        *faults_at(
            series,
            rows[~sure],
            FaultKind.POWER_OF_TEN,
            lambda i: f"close {series.close[i]:g} after {series.close[i - 1]:g}, over a gap: a changed unit?",
        ),
    ]


def _tens(moves: Moves, rules: QualityRules) -> Ints:
    """Return the rows that moved by a power of ten, up or down, or further than a price moves."""
    tens = moves.returns / np.log(10)
    powers = np.round(tens)
    with np.errstate(invalid="ignore"):
        by_ten = (np.abs(powers) >= 1) & (np.abs(tens - powers) <= rules.power_of_ten)
        # A redenomination need not be by a power of ten: 24,000 new units came for one MKR.
        return np.flatnonzero(by_ten | (tens >= _RISE) | (tens <= _FALL))


def _thousands(series: Series, moves: Moves, rules: QualityRules) -> Ints:
    """Return the rows of a money series that are about 1000 times the one before, or that part of it.

    Vendors mix up millions and billions.
    """
    if series.symbol not in rules.money:
        return _NO_ROWS
    # An amount near zero grows a thousandfold by itself, so both rows must be above `money_least`.
    smaller = np.minimum(series.close, np.append(np.nan, series.close[:-1]))
    with np.errstate(invalid="ignore"):
        by_thousand = np.abs(np.abs(moves.returns) / np.log(10) - 3) <= rules.power_of_thousand
        return np.flatnonzero(by_thousand & (smaller >= rules.money_least))


def find_unexpected_levels(series: Series, rules: QualityRules) -> list[DataFault]:
    """Find rows whose close is outside the range of its unit: millions for billions, per cent for shares."""
    if series.symbol not in rules.levels:
        return []
    low, high = rules.levels[series.symbol]
    rows = np.flatnonzero((series.close < low) | (series.close > high))
    return faults_at(
        series,
        rows,
        FaultKind.UNEXPECTED_LEVEL,
        lambda i: f"close {series.close[i]:g} is not from {low:g} to {high:g}: another unit?",
        Severity.QUARANTINED,
    )


def find_erratic(series: Series, moves: Moves, rules: QualityRules) -> list[DataFault]:
    """Find the start of each spell in which a coin's large moves are undone the day after."""
    if not series.kind.is_coin:
        return []
    limit, before = rules.erratic_move.of(series.kind), np.append(np.nan, moves.returns[:-1])
    undone = (np.abs(before) > limit) & (-moves.returns * np.sign(before) >= rules.erratic_undone * np.abs(before))
    rows = find_starts(count_within(undone, rules.erratic_window) >= rules.erratic_moves, rules.erratic_window)
    return faults_at(
        series,
        rows,
        FaultKind.ERRATIC,
        lambda i: (
            f"{rules.erratic_moves} moves over {limit:g} (log) within {rules.erratic_window} rows were undone "
            "on the day after"
        ),
    )
