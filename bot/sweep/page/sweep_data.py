"""Data of the report of a sweep, and the names and values of its keys in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bot.core.market import Floats
from bot.sweep.evidence import Evidence
from bot.sweep.neighbours import Neighbourhood
from strategies.indicators import Ints

MOST_PARTS = 6
"""Values of a key that are shown apart; a range of more is cut in as many parts."""


@dataclass(frozen=True, slots=True, eq=False)
class SweepData:
    """A sweep with at least one set.

    Attributes
    ----------
    name, plan
        Name of the sweep, and the plan that it was begun with.
    table
        Its table, a row a set.
    evidence
        Evidence for the best set.
    neighbourhood
        Neighbours of the sets.
    comparison
        Figures of the unchanged config and of random timing, once the sweep has ended.
    keys
        Config keys with more than one value.
    """

    name: str
    plan: Mapping[str, Any]
    table: pd.DataFrame
    evidence: Evidence
    neighbourhood: Neighbourhood
    comparison: Mapping[str, Any] | None
    keys: Sequence[str]

    @property
    def returns(self) -> Floats:
        """Total return of each set, a share."""
        return self.table["total_return"].to_numpy(float)


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """The values of a key in parts: each value, or equally many sets of a range.

    Attributes
    ----------
    of_set
        Part of each set, shape (sets,).
    labels
        Value of each part; of a part of a range, its middle.
    """

    of_set: Ints
    labels: Sequence[str]


def parts_of(values: pd.Series) -> Parts:
    """Divide the values of a key into at most `MOST_PARTS` parts, numbers in their order."""
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        different, ranks = np.unique(values.to_numpy(float), return_inverse=True)
        if len(different) <= MOST_PARTS:
            return Parts(ranks.astype(np.int64), [value_text(value) for value in different.tolist()])
        of_set = ranks * MOST_PARTS // len(different)
        middles = [
            float(np.median(different[np.arange(len(different)) * MOST_PARTS // len(different) == part]))
            for part in range(MOST_PARTS)
        ]
        return Parts(of_set.astype(np.int64), [f"{middle:.3g}" for middle in middles])
    names = list(dict.fromkeys(map(value_text, values)))
    places = {name: min(place, MOST_PARTS - 1) for place, name in enumerate(names)}
    labels = names if len(names) <= MOST_PARTS else [*names[: MOST_PARTS - 1], "others"]
    return Parts(np.array([places[value_text(value)] for value in values], np.int64), labels)


def value_text(value: object) -> str:
    """Format a value of a config key."""
    if isinstance(value, bool | np.bool_):
        return "on" if value else "off"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(str, value))}]"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def short_names(keys: Sequence[str]) -> dict[str, str]:
    """Return the last part of each dotted key, or the key itself where two end alike.

    A key whose last part names a figure keeps its last two parts: `eth_stop.drawdown` stands beside a drawdown.
    """
    ends = [key.rpartition(".")[2] for key in keys]
    names = [
        ".".join(key.split(".")[-2:]) if end in _FIGURE_NAMES else end for key, end in zip(keys, ends, strict=True)
    ]
    return {key: name if ends.count(end) == 1 else key for key, name, end in zip(keys, names, ends, strict=True)}


_FIGURE_NAMES = frozenset({"drawdown", "episodes", "plateau", "set", "sharpe", "trades"})
"""Columns of a table of sets, beside which a key of the same name would be read as the result."""
