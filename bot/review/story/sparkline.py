"""Sparkline of equity in one row of a terminal."""

from __future__ import annotations

from collections.abc import Sequence

_BLOCKS = "▁▂▃▄▅▆▇█"
_ASCII = "_.-=+*#@"


def sparkline(values: Sequence[float], width: int, is_ascii: bool = False) -> str:
    """Draw values as one letter each.

    Parameters
    ----------
    values
        Any figures, in order.
    width
        Largest number of letters; of more values, each letter shows the last of an equal stretch.
    is_ascii
        True for a terminal that takes ASCII alone.
    """
    if not values:
        return ""
    steps = _ASCII if is_ascii else _BLOCKS
    count = min(width, len(values))
    shown = [values[(i + 1) * len(values) // count - 1] for i in range(count)]
    low, high = min(shown), max(shown)
    scale = (len(steps) - 1) / (high - low) if high > low else 0.0
    return "".join(steps[round((value - low) * scale)] for value in shown)
