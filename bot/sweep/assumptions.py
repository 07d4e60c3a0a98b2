"""Assumptions of a walk-forward: costs and delay, the same for each set. A training chooses the other keys."""

from __future__ import annotations

from pathlib import Path

from bot.core.errors import ConfigError
from bot.sweep.axes import DELAY, START, is_assumed
from bot.sweep.grid import Axis, Grid


def assumptions_of(grid: Grid, path: Path) -> dict[str, object]:
    """Return the costs and the delay of a grid, each of one value, by key.

    Raises
    ------
    ConfigError
        If costs or delay have several values, or the grid has a start.
    """
    found: dict[str, object] = {}
    for axis in grid.axes:
        where = f"{path}: {axis.key}"
        if axis.key == START:
            mend = "leave it out, and give the first day with --start YYYY-MM-DD"
            raise ConfigError("a walk-forward lays out its own days", where=where, mend=mend)
        if not is_assumed(axis.key):
            continue
        if len(axis.values) != 1:
            raise ConfigError(_reason(axis), where=where, expected="one value", was=_values(axis), mend=_mend(axis))
        found[axis.key] = axis.values[0]
    return found


def _reason(axis: Axis) -> str:
    if axis.key == DELAY:
        return "a delay is an assumption about execution; a training would take the luckiest"
    return "costs are an assumption about the market; a training would take the cheapest"


def _values(axis: Axis) -> str:
    if not axis.values:
        return f"{axis.low:g} to {axis.high:g}"
    return ", ".join(map(str, axis.values[:5])) + (", ..." if len(axis.values) > 5 else "")


def _mend(axis: Axis) -> str:
    if axis.key == DELAY:
        return f"make a run for each value, such as {DELAY}: [1]"
    return f"leave it out of the grid, and make a run for each value with --set {axis.key}=VALUE"
