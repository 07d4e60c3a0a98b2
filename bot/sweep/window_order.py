"""Order of sets in which those with the same windows follow each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.sweep.axes import changes_market
from bot.sweep.key_effects import changes_arrays, changes_observations, changes_readings


def in_window_order(drawn: Sequence[Mapping[str, object]]) -> list[tuple[int, Mapping[str, object]]]:
    """Number the sets and sort them by the values that their arrays depend on, the slowest to prepare first.

    Sets that differ only in numbers of the rule keep their order.

    Parameters
    ----------
    drawn
        Sets as values by dotted config key. All have the same keys.

    Returns
    -------
    list
        Number of each set in `drawn`, and the set.
    """
    names = sorted(filter(changes_arrays, drawn[0]), key=_speed)
    return sorted(enumerate(drawn), key=lambda one: [repr(one[1][name]) for name in names])


def _speed(name: str) -> int:
    """Return how fast a new value of a key is prepared, from 0 (slowest) to 4."""
    if changes_market(name):
        return 0
    if name.startswith("altcoins."):
        return 1
    return 2 if changes_readings(name) else 3 if changes_observations(name) else 4
