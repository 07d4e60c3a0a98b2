"""Simulated runs of parameter sets, compiled or interpreted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple, get_type_hints

import numpy as np
import numpy.typing as npt

from bot.core.market import Floats
from bot.simulation.compiling import compiled
from bot.simulation.kernel import ManyNumbers, RunColumns, RunInputs, SetNumbers, run_sets
from bot.simulation.lot_book import FillColumns, LotBook, new_books
from bot.simulation.round_trip_count import new_purchases
from strategies.rotation.state import Observation, ObservedColumns

ROOM = 1024
"""Fills for which a run has room at first."""
_BATCH = 16
"""Sets of one call: the fixed cost of a call is then small. Their arrays take 2 MB, which the next call uses again."""
_KINDS = {bool: np.bool_, int: np.int64, float: np.float64}


class SimulatedRun(NamedTuple):
    """Stage, tranche and reasons of every decision, and equity and cash at the close of each day of the window.

    `fill_count` is the number of all fills; `fills` has as many of them as there was room for, and `round_trips` is the
    number of their round trips.
    """

    stage: npt.NDArray[np.int8]
    tranche: npt.NDArray[np.int8]
    reasons: npt.NDArray[np.uint32]
    equity: Floats
    cash: Floats
    fill_count: int
    fills: FillColumns
    round_trips: int


class Simulation:
    """Simulated runs. `is_compiled` asks for machine code; the first run takes half a minute to compile it."""

    def __init__(self, is_compiled: bool = False) -> None:
        self._is_compiled = is_compiled
        self._run_sets: Callable[..., None] = compiled(run_sets) if is_compiled else run_sets

    def observations(self, columns: ObservedColumns) -> Any:
        """Return observations by decision, as compiled or interpreted runs read them, shape (decisions,)."""
        if not self._is_compiled:
            return [Observation(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]
        # Records, as compiled code reads a field only where the rule asks for it.
        records = np.empty(len(columns.session), _record_type(Observation))
        for name, column in columns._asdict().items():
            records[name] = column
        return records

    def one(self, numbers: SetNumbers, inputs: RunInputs, room: int = ROOM) -> SimulatedRun:
        """Run one set, with room for a number of fills."""
        return next(self._batch([numbers], inputs, room))

    def each(self, sets: Sequence[SetNumbers], inputs: RunInputs) -> Iterator[SimulatedRun]:
        """Run many sets; each run has all its fills."""
        for begin in range(0, len(sets), _BATCH):
            batch = sets[begin : begin + _BATCH]
            for numbers, run in zip(batch, self._batch(batch, inputs, ROOM), strict=True):
                # Arrays of compiled code cannot grow; a set that trades more often runs twice.
                yield run if run.fill_count <= ROOM else self.one(numbers, inputs, run.fill_count)

    def _batch(self, sets: Sequence[SetNumbers], inputs: RunInputs, room: int) -> Iterator[SimulatedRun]:
        books = new_books([one.run.cash for one in sets], inputs.coins, room)
        decisions, days = (len(sets), len(inputs.is_stale)), (len(sets), len(inputs.slippage_multipliers))
        columns = RunColumns(
            np.empty(decisions, np.int8),
            np.empty(decisions, np.int8),
            np.empty(decisions, np.uint32),
            np.empty(days),
            np.empty(days),
        )
        rules, targets, numbers = zip(*sets, strict=True)
        many = ManyNumbers(rules, targets, numbers)
        if self._is_compiled:
            many = ManyNumbers(_records(rules), _records(targets), _records(numbers))
        purchases, round_trips = new_purchases(len(inputs.coins.step), room), np.zeros(len(sets), np.int64)
        self._run_sets(many, inputs, books, columns, purchases, round_trips)
        for row in range(len(sets)):
            made = int(books.fill_count[row, 0])
            fills = _fills(books, row, min(made, room), inputs.first)
            stage, tranche, reasons, equity, cash = columns
            yield SimulatedRun(
                stage[row], tranche[row], reasons[row], equity[row], cash[row], made, fills, int(round_trips[row])
            )


def _fills(books: LotBook, row: int, count: int, first: int) -> FillColumns:
    """Return the fills of a set, with days counted as decisions are."""
    return FillColumns(
        books.fill_kind[row, :count],
        books.fill_day[row, :count] + first - 1,
        books.fill_coin[row, :count],
        books.fill_lots[row, :count],
        books.fill_price[row, :count],
    )


def _records(rows: Sequence[tuple[Any, ...]]) -> Any:
    """Lay out named tuples of one class as an array of records."""
    return np.array([tuple(row) for row in rows], _record_type(type(rows[0])))


@cache
def _record_type(tuples: type) -> np.dtype[Any]:
    return np.dtype([(name, _KINDS[kind]) for name, kind in get_type_hints(tuples).items()])
