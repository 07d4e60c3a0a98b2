"""HTML page of a walk-forward: the joined curve, the choice of each fold, and how the chosen values drift."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from bot.core.plural import counted
from bot.report import numbers
from bot.report.chart_style import BENCHMARK_WIDTH, FAINT_WIDTH, MAIN_WIDTH, OTHER
from bot.report.headline import costs_text
from bot.report.labels import labels_of
from bot.report.markup import Badge, Cell, Figure, Row, Table, facts, paragraph, section
from bot.report.page import page
from bot.report.plot import WATERMARK, Chart, Plain, dates, end_labels, line, log_axis, over_time
from bot.sweep.folds import EMBARGO, PURGE
from bot.sweep.page.sweep_data import short_names, value_text
from bot.sweep.walk_forward import TestedFold, WalkForward

_CURVES = {
    "hindsight": ("Best in hindsight", "--planted", BENCHMARK_WIDTH),
    "default": ("Unchanged config", "--btc", BENCHMARK_WIDTH),
    "out_of_sample": ("Walk-forward", "--strategy", MAIN_WIDTH),
}
_FIGURES = ("Total return", "CAGR", "Drawdown", "Sharpe")
NOT_SHOWN = (
    "A test has at most a few episodes, so a good rank in one of them says little. Sets were written down by "
    "people who know the history, and so the test is out of sample for the choice alone."
)
RESERVED = (
    f"A training leaves out the {PURGE} + {EMBARGO} sessions before its test: an entry there has its outcome in the "
    "test."
)


def walk_forward_page(found: WalkForward, market: str, is_demo: bool) -> str:
    """Format a walk-forward as HTML."""
    folds = found.folds
    top = (
        "<h1>Walk-forward</h1>",
        paragraph(result_sentence(found), "result"),
        facts(
            [
                ("Market", market),
                ("Days of test", f"{folds[0].fold.test.start} to {folds[-1].fold.test.end}"),
                ("Sets compared", f"{found.sets:,}"),
                ("Chosen by", criterion_name(found)),
                ("Episodes out of sample", str(episodes_out_of_sample(found))),
            ]
        ),
        paragraph(_assumed(found), "note"),
    )
    return page(
        "Walk-forward",
        "".join(top),
        [
            section(
                "curves",
                "Out of sample",
                _chart(found, is_demo).html(),
                _figures(found).html(),
                paragraph(hindsight_sentence(found), "note"),
            ),
            section("folds", "The choice of each training", _folds(folds).html(), paragraph(RESERVED, "note")),
            section("drift", "Do the chosen values stay?", _drift(folds)),
            section("limits", "What it does not show", paragraph(NOT_SHOWN)),
        ],
    )


def _assumed(found: WalkForward) -> str:
    """Tell the costs and the delay of all curves."""
    resolved = found.config.resolved()
    late = f" Orders are sent {counted(found.delay, 'day')} after their decision." if found.delay else ""
    return f"All curves pay {costs_text(resolved['costs'], labels_of(resolved))}.{late}"


def result_sentence(found: WalkForward) -> str:
    """Compare the joined curve with the unchanged config and with the best set in hindsight."""
    made = {name: numbers.growth(figures["total_return"]) for name, figures in found.figures.items()}
    return (
        f"Out of sample {made['out_of_sample']}, the unchanged config {made['default']}; the best of {found.sets:,} "
        f"sets in hindsight {made['hindsight']}, which rests on "
        f"{counted(found.hindsight.episodes, 'episode')}."
    )


def hindsight_sentence(found: WalkForward) -> str:
    """Return the evidence for the best set in hindsight."""
    return f"Of the best set in hindsight: {' '.join(found.hindsight.on_the_choice())}"


def criterion_name(found: WalkForward) -> str:
    """Return the figure by which sets were chosen, as a reader calls it."""
    return "Sharpe" if found.criterion == "sharpe" else "Total return"


def episodes_out_of_sample(found: WalkForward) -> int:
    """Count the entries into ETH of the chosen sets on the days of test."""
    return sum(int(one.tested["episodes"] or 0) for one in found.folds)


def rank_text(found: TestedFold) -> str:
    """Return the place of the chosen set in its test, or nothing where the test has no episode."""
    return numbers.NOTHING if found.rank is None else f"{found.rank:g}"


def _chart(found: WalkForward, is_demo: bool) -> Chart:
    index = found.equity.index
    x = dates(index)
    lines = [
        line(name, x, found.equity[key], colour, width=width, legendgroup=key, meta=name, hovertemplate="%{y:,.0f}")
        for key, (name, colour, width) in _CURVES.items()
    ]
    start_equity = float(found.config.start_equity)
    layout = over_time(index, log_axis("Equity (log)", lines))
    return Chart(
        "walkforward",
        "Equity of the chosen sets, joined",
        f"Value of {numbers.money(start_equity)} at each day's close. A vertical line begins a test; the "
        "number above the curves counts the episodes of its chosen set.",
        [*lines, *end_labels(lines, f"{index[-1]:%Y-%m-%d}"), _counts(found)],
        {**layout, "shapes": [_begin(one) for one in found.folds]},
        height="tall",
        watermark=WATERMARK if is_demo else "",
    )


def _counts(found: WalkForward) -> Plain:
    """Write the number of episodes of each test at its middle, over the curves."""
    middles = [pd.Timestamp(f.fold.test.start) + (f.fold.test.end - f.fold.test.start) / 2 for f in found.folds]
    return {
        "type": "scatter",
        "mode": "text",
        "x": [f"{middle:%Y-%m-%d}" for middle in middles],
        "y": [float(found.equity.to_numpy().max()) * 1.15] * len(middles),
        "text": [str(one.tested["episodes"]) for one in found.folds],
        "textfont": {"color": OTHER},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _begin(found: TestedFold) -> Plain:
    day = str(found.fold.test.start)
    style = {"color": OTHER, "width": FAINT_WIDTH, "dash": "dot"}
    return {"type": "line", "x0": day, "x1": day, "yref": "paper", "y0": 0, "y1": 1, "line": style}


def _figures(found: WalkForward) -> Table:
    rows: list[Row] = [
        (
            _CURVES[name][0],
            Figure(numbers.growth(figures["total_return"])),
            Figure(numbers.change(figures["cagr"])),
            Figure(numbers.percent(figures["max_drawdown"])),
            Figure(numbers.ratio(figures["sharpe"])),
        )
        for name, figures in found.figures.items()
    ]
    return Table("The three curves over all days of test", ("", *map(Figure, _FIGURES)), rows, marked=0)


def _folds(folds: Sequence[TestedFold]) -> Table:
    head: Row = (
        Figure("Test from"),
        Figure("Training"),
        Figure("Set"),
        Figure("Return in training"),
        Figure("Sharpe"),
        Figure("Episodes"),
        Figure("Return in test"),
        Figure("Sharpe"),
        Figure("Drawdown"),
        Figure("Episodes"),
        Figure("Rank"),
    )
    return Table("Each fold, with the figures of its chosen set", head, [_fold(one) for one in folds])


def _fold(found: TestedFold) -> Row:
    train, test = found.fold.train, found.fold.test
    trained, tested = found.trained, found.tested
    return (
        Figure(str(test.start)),
        Figure(f"{train.start} to {train.end}"),
        Figure("config" if found.chosen is None else str(found.chosen)),
        Figure(numbers.growth(trained["total_return"])),
        Figure(numbers.ratio(trained["sharpe"])),
        Figure(str(trained["episodes"])),
        Figure(numbers.growth(tested["total_return"])),
        Figure(numbers.ratio(tested["sharpe"])),
        Figure(numbers.percent(tested["max_drawdown"])),
        Figure(str(tested["episodes"])),
        Figure(rank_text(found)),
    )


def _drift(folds: Sequence[TestedFold]) -> str:
    keys = list(dict.fromkeys(key for one in folds for key in one.changes))
    if not keys:
        return paragraph("No training chose a set.")
    head: Row = ("Key", *(Figure(str(one.fold.test.start)) for one in folds))
    # The last part of a key: the whole one covers the values on a narrow screen.
    rows = [(name, *_values(key, folds)) for key, name in short_names(keys).items()]
    changes = sum(isinstance(cell, Badge) for row in rows for cell in row)
    sentence = f"{changes} of {len(keys) * (len(folds) - 1)} values differ from those of the fold before (marked)."
    return Table("Chosen values by the first day of the test", head, rows).html() + paragraph(sentence, "note")


def _values(key: str, folds: Sequence[TestedFold]) -> list[Cell]:
    """Return the chosen values of a key by fold; a badge marks one that differs from the choice before it."""
    cells: list[Cell] = []
    before: object = None
    for one in folds:
        value = one.changes.get(key)
        text = numbers.NOTHING if value is None else value_text(value)
        is_new = before is not None and value is not None and value != before
        cells.append(Badge(text, "changed") if is_new else Figure(text))
        before = before if value is None else value
    return cells
