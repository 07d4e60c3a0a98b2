"""Neighbours of the sets of a sweep, and the plateau on which a set stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pandas as pd

from bot.core.market import Floats
from bot.sweep.run_figures import FIGURES
from strategies.indicators import Bools, Ints


@dataclass(frozen=True, slots=True)
class Plateau:
    """Plateau of a set.

    Attributes
    ----------
    row
        Row of the set in the table.
    equity
        Median final equity of its neighbours, at most its own, in the quote currency, if it has any neighbour.
    neighbours
        Number of neighbours.
    """

    row: int
    equity: float | None
    neighbours: int


def varied_keys(table: pd.DataFrame) -> list[str]:
    """Return the config keys of a table, in order."""
    return [str(column) for column in table.columns if column != "set" and column not in FIGURES]


class Neighbourhood:
    """The sets of a sweep in the space of their varied keys.

    Two sets of a grid are neighbours if one key differs by one step: the next smaller or larger number of that key, or
    any other switch or name, as these are unordered. A drawn set has as neighbours the 2 d sets that are nearest to
    it, d being the number of keys that vary. The distance is Euclidean. Each number counts as its rank among the
    numbers of its key, from 0 to 1, so that a logarithmic range is scaled too; two switches or names are 1 apart.

    Parameters
    ----------
    table
        Table of the sweep.
    is_grid
        True if the sets are the combinations of a grid, False if they were drawn.
    """

    def __init__(self, table: pd.DataFrame, is_grid: bool) -> None:
        ranked = [_ranks(table[key].tolist()) for key in varied_keys(table)]
        varied = [(ranks, is_ordered) for ranks, is_ordered in ranked if ranks.any()]
        self._ranks: Ints = np.array([ranks for ranks, _ in varied], np.int64).reshape(len(varied), len(table)).T
        self._is_ordered: Bools = np.array([is_ordered for _, is_ordered in varied], np.bool_)
        self._equity: Floats = table["final_equity"].to_numpy(float)
        self._is_grid = is_grid
        self._rows = {tuple(ranks): row for row, ranks in enumerate(self._ranks.tolist())}
        self._tops = self._ranks.max(axis=0, initial=0)

    def plateau(self, row: int) -> Plateau:
        """Compute the plateau of the set in a row of the table: a good one means that small changes keep the result."""
        near = self._one_step(row) if self._is_grid else self._nearest(row)
        if not near:
            return Plateau(row, None, 0)
        return Plateau(row, float(min(np.median(self._equity[near]), self._equity[row])), len(near))

    def best_plateau(self) -> Plateau | None:
        """Find the set with the highest plateau; of equal ones that with the higher final equity."""
        best: Plateau | None = None
        for row in np.argsort(-self._equity, kind="stable").tolist():
            # A plateau is at most the set's own final equity, so that no later set can have a higher one.
            if best is not None and best.equity is not None and self._equity[row] <= best.equity:
                break
            found = self.plateau(row)
            if found.equity is not None and (best is None or best.equity is None or found.equity > best.equity):
                best = found
        return best

    def _one_step(self, row: int) -> list[int]:
        own = self._ranks[row].tolist()
        near = []
        for axis, rank in enumerate(own):
            top = int(self._tops[axis])
            others = (rank - 1, rank + 1) if self._is_ordered[axis] else chain(range(rank), range(rank + 1, top + 1))
            moved = (tuple((*own[:axis], other, *own[axis + 1 :])) for other in others)
            near += [self._rows[place] for place in moved if place in self._rows]
        return near

    def _nearest(self, row: int) -> list[int]:
        apart = np.abs(self._ranks - self._ranks[row])
        scaled = np.where(self._is_ordered, apart / np.maximum(self._tops, 1), apart > 0)
        distances = (scaled**2).sum(axis=1)
        # Copies of the set lie at no distance: they would speak for it without being a change.
        others, count = np.flatnonzero(distances > 0), 2 * len(self._tops)
        if len(others) > count:
            # A sort of all sets would take most of the time of a report.
            others = others[distances[others] <= np.partition(distances[others], count - 1)[count - 1]]
        near = others[np.argsort(distances[others], kind="stable")][:count]
        return [int(other) for other in near]


def _ranks(values: Sequence[object]) -> tuple[Ints, bool]:
    """Return the rank of each value among the different ones, from 0, and True for numbers.

    Switches and names are ranked by first use.
    """
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) == len(values):
        _, ranks = np.unique(np.array(numbers, float), return_inverse=True)
        return ranks.astype(np.int64), True
    places = {name: place for place, name in enumerate(dict.fromkeys(map(repr, values)))}
    return np.array([places[repr(value)] for value in values], np.int64), False
