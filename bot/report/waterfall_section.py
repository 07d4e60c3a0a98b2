"""Section of the liquidity waterfall: layers and score at the last decision, and over the run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from bot.report import layers, numbers
from bot.report.background import spell_starts
from bot.report.contents import Contents, Json, Waterfall
from bot.report.labels import Labels
from bot.report.markup import Badge, Figure, Row, Table, paragraph, section
from bot.report.plot import DAY, Chart, Plain, over_time, watermark_of

_BANDS = {
    "easing": ("--gain", "easing, or yes"),
    "tight": ("--loss", "tight, or no"),
    "no data": ("--stable", "no data"),
}
_AS_STATE = {"yes": "easing", "no": "tight"}
_DAY = pd.Timedelta(days=1)


def waterfall(contents: Contents) -> str:
    """Return the section as HTML; "" for a run that lacks the rotation's layers."""
    found = contents.waterfall
    if found is None:
        return ""
    return section(
        "waterfall",
        "The waterfall",
        paragraph(_NOTE, "note"),
        _layers(found, contents.labels).html(),
        paragraph(layers.ARROW_NOTE, "note"),
        paragraph(layers.score_line(found.score), "lead"),
        _parts(found.score, contents.labels).html(),
        *(paragraph(remark, "note") for remark in layers.remarks_of(found.score)),
        _strip(contents, found).html(),
    )


def _layers(found: Waterfall, labels: Labels) -> Table:
    head: Row = ("Layer", "State", Figure("Value"), Figure("Change"), "Trend", "Eases when")
    day = numbers.day(found.states.index[-1])
    return Table(
        f"Liquidity by layer at the decision of {day}", head, [_layer(layer, labels) for layer in found.layers]
    )


def _layer(layer: Json, labels: Labels) -> Row:
    arrow, name = layer["arrow"], layer["name"]
    return (
        layers.layer_title(name, labels),
        _badge(layer["state"], layers.state_of(layer)),
        Figure(numbers.minus(layers.value_of(layer))),
        Figure(numbers.minus(layers.change_of(layer))),
        f"{layers.ARROWS[arrow]} {arrow}" if arrow else "",
        layers.LAYERS[name][1],
    )


def _parts(score: Json, labels: Labels) -> Table:
    return Table(
        "The four traits of a supercycle",
        ("Trait", "Holds", Figure("Value"), Figure("Threshold"), "Holds when"),
        [
            (
                layers.part_title(part["name"]),
                _badge(part["verdict"], layers.verdict_of(part)),
                *(Figure(numbers.minus(figure)) for figure in layers.figures_of(part)),
                labels.fill(layers.PARTS[part["name"]][-1]),
            )
            for part in score["parts"]
        ],
    )


def _badge(state: str, text: str) -> Badge:
    return Badge(text, state.replace(" ", "-"))


def _strip(contents: Contents, found: Waterfall) -> Chart:
    """Draw a row for each layer and part, coloured by its state on each day."""
    states = found.states
    titles = {name: _title(str(name), contents.labels) for name in states}
    spans = [(titles[name], *span) for name in states for span in _spans(states[name])]
    rows = {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": list(titles.values())[::-1],
        "range": [-0.6, len(titles) - 0.4],
        "fixedrange": True,
        "showgrid": False,
    }
    return Chart(
        "waterfall-strip",
        "Layer by layer over the run",
        "State of each layer at every decision; below them, of each trait of a supercycle.",
        [_bars(state, spans) for state in _BANDS],
        {
            **over_time(states.index, rows),
            "barmode": "overlay",
            "bargap": 0.2,
            "hovermode": "closest",
            "margin": {"l": 126},
        },
        height="tall",
        watermark=watermark_of(contents),
        swatches=list(_BANDS.values()),
    )


def _title(name: str, labels: Labels) -> str:
    return layers.layer_title(name, labels) if name in layers.LAYERS else layers.part_title(name)


def _spans(states: pd.Series) -> Iterator[tuple[str, pd.Timestamp, int]]:
    """Yield each unbroken spell of a state: state, first day, number of days."""
    # One bar a spell instead of one a day: thousands of bars would make the page slow.
    begins = spell_starts(states)
    lengths = np.diff([*begins, len(states)]).tolist()
    for state, first, days in zip(states.iloc[begins], states.index[begins], lengths, strict=True):
        yield _AS_STATE.get(state, state), first, days


def _bars(state: str, spans: list[tuple[str, str, pd.Timestamp, int]]) -> Plain:
    """Return the spells of one state as bars on the time axis."""
    mine = [(title, first, days) for title, value, first, days in spans if value == state]
    colour, _ = _BANDS[state]
    return {
        "type": "bar",
        "orientation": "h",
        "name": state,
        "showlegend": False,
        "y": [title for title, _, _ in mine],
        "base": [f"{first:%Y-%m-%d}" for _, first, _ in mine],
        "x": [days * DAY for _, _, days in mine],
        "marker": {"color": colour, "line": {"width": 0}},
        "text": [f"{first:%Y-%m-%d} to {first + (days - 1) * _DAY:%Y-%m-%d}" for _, first, days in mine],
        "textposition": "none",
        "hovertemplate": f"%{{y}}: {state}<br>%{{text}}<extra></extra>",
    }


_NOTE = (
    "Liquidity reaches markets in layers, from the central bank down to small coins. Each layer shows what was known "
    "at the decision. A layer has an effect on trades only if its gate is on in the config."
)
