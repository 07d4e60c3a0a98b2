"""Background of a chart over time: the stages of the rotation, or the days on which a coin was held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from bot.report import names
from bot.report.chart_style import HELD, OTHER, STAGE_OPACITY, STAGES
from bot.report.labels import Labels
from bot.report.plot import Plain

_FOOT = 0.04  # height of the opaque strip at the foot, as a share of the chart
_FAINT = 0.1

Span = tuple[pd.Timestamp, pd.Timestamp]
"""First day, and the day after the last."""


def stage_background(stages: pd.Series) -> list[Plain]:
    """Return the background of each stage: faint over the whole height, opaque at the foot.

    Parameters
    ----------
    stages : Series of str
        Stage at each UTC day. Waiting in the stablecoin has no background.
    """
    spans = [(stage, span) for stage, span in _spans(stages) if stage != "STABLE"]
    return [
        _rectangle(span, STAGES.get(stage, OTHER), top, opacity)
        for stage, span in spans
        for top, opacity in ((1, STAGE_OPACITY), (_FOOT, 1))
    ]


def stage_swatches(stages: pd.Series, labels: Labels) -> list[tuple[str, str]]:
    """Return colour and name of each stage of a run, in the rotation's order."""
    found = set(stages)
    return [(STAGES[stage], names.stage(stage, labels)) for stage in names.STAGES if stage in found]


def held_background(spans: Iterable[Span]) -> list[Plain]:
    """Return the background of the days on which a coin was held."""
    return [_rectangle(span, HELD, top, opacity) for span in spans for top, opacity in ((1, _FAINT), (_FOOT, 1))]


def _spans(stages: pd.Series) -> Iterator[tuple[str, Span]]:
    """Yield each unbroken spell of a stage."""
    begins = spell_starts(stages)
    bounds = [*stages.index[begins], stages.index[-1] + pd.Timedelta(days=1)]
    yield from zip(stages.iloc[begins], pairwise(bounds), strict=True)


def spell_starts(states: pd.Series) -> npt.NDArray[np.intp]:
    """Find the rows at which an unbroken spell of a state begins.

    Parameters
    ----------
    states
        State of each day, at least one.

    Returns
    -------
    array of int
        Row numbers, ascending; the first is 0.
    """
    values = states.to_numpy(dtype=object)
    return np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1])))


def _rectangle(span: Span, colour: str, top: float, opacity: float) -> Plain:
    first, until = span
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": f"{first:%Y-%m-%d}",
        "x1": f"{until:%Y-%m-%d}",
        "y0": 0,
        "y1": top,
        "fillcolor": colour,
        "opacity": opacity,
        "line": {"width": 0},
        "layer": "below",
    }
