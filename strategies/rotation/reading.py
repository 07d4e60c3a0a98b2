"""A reading: a value, its threshold, and the verdict, at every decision time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bot.core.market import Floats, Series
from strategies.indicators import Bools, Ints
from strategies.rotation.conditions import is_stale
from strategies.rotation.rules import Rules

Words = npt.NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class Reading:
    """One reading at every decision time: its value, its threshold, and its condition.

    `missed` counts late rows. `available` is False where a series is absent or has ended; `is_absent` is True for the
    first of the two. `sources` are the series of the value, `reach` the rows of them that it looks at, the newest
    included; a reading made of others has `parts`.
    """

    name: str
    value: Floats
    threshold: Floats
    holds: Bools
    missed: Ints
    available: Bools
    is_absent: bool = False
    sources: tuple[Series, ...] = ()
    reach: int = 1
    parts: tuple[Reading, ...] = ()

    @property
    def is_known(self) -> Bools:
        """True where value and threshold can be computed."""
        known: Bools = ~(np.isnan(self.value) | np.isnan(self.threshold))
        return known

    def missing_reason(self, rules: Rules) -> Words:
        """Return the reason of a missing value at each decision as a word; "" where the value is known."""
        cases = [~self.available, is_stale(rules, self.missed), ~self.is_known]
        wanting: Words = np.select(cases, ["absent" if self.is_absent else "ended", "stale", "not yet"], default="")
        return wanting


class ReadingTable:
    """Readings by name, as data of one decision on request.

    `progress` are readings that are left out where they are unknown; `gates` has the switch of each gate.
    """

    def __init__(
        self,
        readings: Mapping[str, Reading],
        progress: Mapping[str, Reading],
        gates: Mapping[str, bool],
        rules: Rules,
    ) -> None:
        self.readings = {**readings, **progress}
        self.progress, self.gates, self.rules = frozenset(progress), gates, rules

    def at(self, i: int) -> Mapping[str, object]:
        """Return the readings of one decision: value, threshold, verdict and gate of each.

        `gate` is True for a gate that is on, False for one that is off or has no data, and None for other readings.
        """
        # Made on request: a run has thousands of decisions, and a user reads a few of them.
        return _ReadingsAt(self, i)

    def names_at(self, i: int) -> list[str]:
        """Return the names of the readings of one decision."""
        return [name for name in self.readings if name not in self.progress or self.columns[name][0][i] is not None]

    @cached_property
    def columns(self) -> dict[str, tuple[list[float | None], list[float | None], list[str]]]:
        """Values, thresholds and verdicts by name, as lists."""
        return {name: (_known(r.value), _known(r.threshold), self._verdicts(r)) for name, r in self.readings.items()}

    def _verdicts(self, reading: Reading) -> list[str]:
        stale = is_stale(self.rules, reading.missed)
        cases = [~reading.available, stale, ~reading.is_known, reading.holds]
        verdicts: list[str] = np.select(cases, ["no data", "stale", "not yet", "yes"], default="no").tolist()
        return verdicts


class _ReadingsAt(Mapping[str, object]):
    __slots__ = ("_index", "_table")

    def __init__(self, table: ReadingTable, index: int) -> None:
        self._table, self._index = table, index

    def __getitem__(self, name: str) -> dict[str, object]:
        values, thresholds, verdicts = self._table.columns[name]
        i, is_on = self._index, self._table.gates.get(name)
        gate = is_on and verdicts[i] != "no data"
        return {"value": values[i], "threshold": thresholds[i], "verdict": verdicts[i], "gate": gate}

    def __iter__(self) -> Iterator[str]:
        return iter(self._table.names_at(self._index))

    def __len__(self) -> int:
        return len(self._table.names_at(self._index))


def _known(values: Floats) -> list[float | None]:
    return [None if value != value else value for value in values.tolist()]
