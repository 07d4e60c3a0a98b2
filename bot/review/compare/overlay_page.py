"""HTML page of a comparison: both equity curves, their difference, and its causes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from html import escape

import pandas as pd

from bot.report import numbers
from bot.report.markup import Figure, Row, Table, bullets, facts, folded, paragraph, section
from bot.report.metrics import PERIODS_PER_YEAR
from bot.report.page import page
from bot.report.plot import Chart, Plain, axis, dates, end_labels, line, log_axis, over_time, rounded
from bot.review.compare.compare import Comparison
from bot.review.compare.overlay import Overlay
from bot.review.compare.parity import Parity

_MANY = 200
"""Newest differences on the page; the command and its JSON have all of them."""
_UNFOLDED = 20
_WIDE = 10.0
"""Difference of the equities, as a share, from which its labels meet the title of their axis."""
_MOVES_HEAD: Row = (Figure("Day"), Figure("B less A"), "Cause", "Differ since")
_SIGNS = ("circle", "x", "triangle-down", "square-open", "diamond-open", "circle-open")
TRACKING_NOTE = (
    "The tracking difference is the standard deviation of the daily differences of the two returns, for a year of "
    f"{PERIODS_PER_YEAR} days: coins trade every day."
)


def parity_page(found: Parity) -> str:
    """Format the comparison of a ledger with its backtest as HTML."""
    causes = [(one.day, str(one.cause)) for one in found.mismatches]
    rows: list[Row] = [
        (Figure(str(one.day)), one.what, one.symbol, one.cause, one.paper, one.backtest, one.detail)
        for one in found.mismatches[-_MANY:]
    ]
    head: Row = (Figure("Day"), "What", "Coin", "Cause", "Paper", "Backtest", "Because")
    warned = f"Nothing explains what differs on {', '.join(map(str, found.unknown))}." if found.unknown else ""
    top = (
        "<h1>Paper against backtest</h1>",
        paragraph(f"{found.name}: {found.summary}.", "result"),
        f'<div class="caveats"><h2>A fault</h2>{bullets([warned])}</div>' if warned else "",
        facts([*_figures(found.overlay), *((cause, f"{count}") for cause, count in found.causes.items())]),
    )
    return page(
        f"Paper against backtest: {found.name}",
        "".join(top),
        [
            _charts(found.overlay, "Backtest", "Paper", causes, "The marks are the days that differ."),
            _listed("differences", "Differences", head, rows, len(found.mismatches)),
        ],
    )


def comparison_page(found: Comparison) -> str:
    """Format the comparison of two records as HTML."""
    first, second = found.first.name, found.second.name
    made: list[Row] = [(one.name, one.kind, one.first, one.second) for one in found.provenance_diffs]
    moves: list[Row] = [
        (Figure(str(move.day)), Figure(_signed(move.difference)), " or ".join(move.causes), move.apart_since)
        for move in found.moves
    ]
    rows: list[Row] = [
        (
            Figure(str(one.day)),
            Figure(str(one.days)),
            one.what,
            one.symbol,
            " or ".join(one.causes),
            one.first,
            one.second,
        )
        for one in found.mismatches[-_MANY:]
    ]
    head: Row = (Figure("Day"), Figure("Days"), "What", "Coin", "Cause", "A", "B")
    top = (
        "<h1>Two records side by side</h1>",
        paragraph(f"{found.summary}.", "result"),
        facts([("A", first), ("B", second), *_figures(found.overlay)]),
        "".join(paragraph(note, "note") for note in found.notes),
    )
    causes = [(move.day, " or ".join(move.causes)) for move in found.moves]
    return page(
        f"{first} and {second}",
        "".join(top),
        [
            _charts(found.overlay, "A", "B", causes, "The marks are the days of the largest difference."),
            _listed("made", "Provenance", ("Name", "Kind", "A", "B"), made, len(made)),
            _listed("largest", "Days of the largest difference", _MOVES_HEAD, moves, len(moves)),
            _listed("differences", "Differences", head, rows, len(found.mismatches)),
        ],
    )


# --- charts ------------------------------------------------------------------------------------------------------


def _charts(laid: Overlay, first: str, second: str, causes: Sequence[tuple[date, str]], marked: str) -> str:
    if len(laid.days) < 2:
        return section("figures", "Over time", paragraph("There are not two days to draw yet."))
    charts = (_equity(laid, first, second), _difference(laid, first, second, causes, marked), _tracking(laid))
    return section("figures", "Over time", *(chart.html() for chart in charts), paragraph(TRACKING_NOTE, "note"))


def _equity(laid: Overlay, first: str, second: str) -> Chart:
    index = pd.DatetimeIndex(list(laid.days))
    x = dates(index)
    lines = [
        line(
            name,
            x,
            values * 100,
            colour,
            width=width,
            legendgroup=name,
            meta=escape(name),
            hovertemplate="%{y:.2f}",
        )
        for name, values, colour, width in (
            (first, laid.first, "--planted", 2.5),
            (second, laid.second, "--strategy", 1.5),
        )
    ]
    return Chart(
        "overlay",
        "The two equities",
        f"Equity at each day's close, both 100 on {laid.days[0]}.",
        [*lines, *end_labels(lines, f"{index[-1]:%Y-%m-%d}")],
        _over_time(index, log_axis(f"Equity, 100 on {laid.days[0]}", lines)),
        height="tall",
    )


def _difference(laid: Overlay, first: str, second: str, causes: Sequence[tuple[date, str]], marked: str) -> Chart:
    index = pd.DatetimeIndex(list(laid.days))
    share = dict(zip(laid.days, laid.difference.tolist(), strict=True))
    # Without a cause there is no mark to explain.
    note = f"Equity of {second} over that of {first}, less one. {marked if causes else ''}".rstrip()
    area = {"fill": "tozeroy", "fillcolor": "--strategy-soft", "width": 1.5, "hovertemplate": "%{y:.2%}"}
    return Chart(
        "difference",
        "Difference of the equities",
        note,
        [line("Difference", dates(index), laid.difference, "--strategy", **area), *_marks(share, causes)],
        _over_time(index, axis("Difference (%)", tickformat=",.2~%"), wide=bool(abs(laid.difference).max() >= _WIDE)),
    )


def _marks(share: dict[date, float], causes: Iterable[tuple[date, str]]) -> list[Plain]:
    """Mark each day with a difference; one trace per cause."""
    by_cause: dict[str, list[date]] = {}
    for day, cause in causes:
        if day in share and day not in by_cause.setdefault(cause, []):
            by_cause[cause].append(day)
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": escape(cause),
            "x": [str(day) for day in days],
            "y": rounded(share[day] for day in days),
            "marker": {
                "symbol": _SIGNS[i % len(_SIGNS)],
                "size": 8,
                "color": "--level",
                "line": {"width": 2, "color": "--level"},
            },
            "hovertemplate": f"{escape(cause)}<extra></extra>",
        }
        for i, (cause, days) in enumerate(by_cause.items())
    ]


def _tracking(laid: Overlay) -> Chart:
    index = pd.DatetimeIndex(list(laid.days))
    values = [float("nan") if value is None else value for value in laid.running_tracking]
    return Chart(
        "tracking",
        "Tracking difference so far",
        "Of all days up to each one, for a year.",
        [line("Tracking difference", dates(index), values, "--strategy", hovertemplate="%{y:.2%}")],
        _over_time(index, axis("Tracking difference (%)", tickformat=".2~%", rangemode="tozero")),
    )


def _over_time(index: pd.DatetimeIndex, vertical: Plain, *, wide: bool = False) -> Plain:
    """Lay out few days, whose ticks take two lines; `wide` leaves room for labels such as 20,000%."""
    return {**over_time(index, vertical), "margin": {"b": 44, "l": 88} if wide else {"b": 44}}


# --- words -------------------------------------------------------------------------------------------------------


def _figures(laid: Overlay) -> list[tuple[str, str]]:
    fields = laid.as_dict()
    if not fields["days"]:
        return []
    return [
        ("Days", f"{fields['first_day']} to {fields['last_day']}"),
        ("Difference at the end", _signed(fields["difference_at_the_end"])),
        ("Largest difference", f"{_signed(fields['largest_difference'])} on {fields['largest_difference_on']}"),
        ("Tracking difference a year", numbers.NOTHING if laid.tracking is None else f"{laid.tracking:.2%}"),
    ]


def _listed(identity: str, title: str, head: Row, rows: Sequence[Row], count: int) -> str:
    """Format a section with a table of the newest rows, folded if it is long."""
    if not rows:
        return section(identity, title, paragraph("No difference."))
    caption = f"The last {len(rows)} of {count:,}" if count > len(rows) else f"All {count:,}"
    table = Table(title, head, rows).html()
    return section(identity, title, folded(caption, table, unfolded=len(rows) <= _UNFOLDED))


def _signed(share: float) -> str:
    return numbers.minus(f"{share:+z,.2%}")
