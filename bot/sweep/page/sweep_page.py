"""Report of a sweep as one static HTML file that opens offline, made from its file alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path

from bot.core.errors import LedgerError
from bot.core.plural import counted
from bot.data.demo.demo_market import DEMO
from bot.ledger.text_file import write_text
from bot.report import numbers
from bot.report.drawing import Drawing
from bot.report.markup import Figure, Row, Table, bullets, facts, paragraph, section
from bot.report.plot import WATERMARK
from bot.report.static_page import static_page
from bot.sweep.evidence import evidence_of, ranked
from bot.sweep.neighbours import Neighbourhood, varied_keys
from bot.sweep.page.heat_maps import MOST_MAPS, heat_maps, pair_count
from bot.sweep.page.parallel_axes import parallel_axes
from bot.sweep.page.result_histogram import result_histogram
from bot.sweep.page.sweep_data import SweepData, short_names, value_text
from bot.sweep.sweep_file import SweepFile

_SHOWN = 20


def write_report(file: SweepFile) -> Path:
    """Write the report of a sweep beside its file and return its path.

    Raises
    ------
    LedgerError
        If the sweep is empty so far or is damaged, or writing fails.
    """
    path = file.path.with_suffix(".html")
    write_text(path, render(data_of(file)))
    return path


def data_of(file: SweepFile) -> SweepData:
    """Read the data of the report. Raises LedgerError for a sweep that is empty so far."""
    found = evidence_of(file)
    if found is None:
        raise LedgerError("the sweep has no sets yet", where=str(file.path), mend="go on with --resume")
    plan, table = file.plan(), file.table()
    near = Neighbourhood(table, is_grid=plan["sampler"] == "grid")
    keys = [key for key in varied_keys(table) if len(set(map(repr, table[key].tolist()))) > 1]
    return SweepData(file.name, plan, table, found, near, file.comparison(), keys)


def render(sweep: SweepData) -> str:
    """Return the report as HTML."""
    style = (files("bot.sweep.page") / "sweep.css").read_text(encoding="utf-8")
    return static_page(f"Sweep {sweep.name}", [style], _head(sweep), _sections(sweep))


def _head(sweep: SweepData) -> str:
    found, plan = sweep.evidence, sweep.plan
    *sentences, luck = found.sentences()
    count = counted(found.trials, "parameter set")
    part = "" if found.trials == plan["count"] else f" of {plan['count']:,}: the sweep has not ended"
    return "".join(
        (
            paragraph(WATERMARK, "watermark") if plan["market"] == DEMO else "",
            f"<h1>Sweep {escape(sweep.name)}: {escape(count + part)}</h1>",
            paragraph(luck, "result"),
            facts(
                (
                    ("Trials (N)", numbers.count(found.trials)),
                    ("Deflated Sharpe (DSR)", numbers.ratio(found.deflated_sharpe)),
                    ("Overfitting (PBO)", numbers.ratio(found.pbo)),
                    ("Episodes of the best set", numbers.count(found.episodes)),
                    ("Plateau of the best set", numbers.percent(found.plateau, 0)),
                )
            ),
            bullets(sentences),
            facts(
                (
                    ("Market", plan["market"]),
                    ("Window", f"{plan['days'][0]} to {plan['days'][1]}, {counted(found.months, 'month')}"),
                    ("Sets", f"{plan['sampler']}, {found.distinct:,} with different returns"),
                    ("Config", plan["config"][:12]),
                    ("Version", plan["version"]),
                )
            ),
        )
    )


def _sections(sweep: SweepData) -> Iterator[str]:
    yield section("results", "All results", *(drawing.html() for drawing in result_histogram(sweep)))
    yield section("best", "Best sets by final equity", _best_table(sweep).html(), paragraph(_TABLE_NOTE, "note"))
    yield section("maps", "Neighbourhoods", *_maps(sweep))
    yield section("lines", "Parallel coordinates", *_drawn(parallel_axes(sweep), _ONE_VALUE))


def _maps(sweep: SweepData) -> Iterator[str]:
    drawings, pairs = heat_maps(sweep), pair_count(sweep)
    if drawings:
        which = "" if pairs <= MOST_MAPS else f" These are the {MOST_MAPS} of {pairs} pairs whose medians differ most."
        yield paragraph(_MAPS_NOTE + which)
    yield f'<div class="maps">{"".join(_drawn(drawings, _ONE_KEY))}</div>'


def _drawn(drawings: Sequence[Drawing], without: str) -> list[str]:
    return [drawing.html() for drawing in drawings] or [paragraph(without)]


def _best_table(sweep: SweepData) -> Table:
    names = short_names(sweep.keys)
    head = ["Final equity", "Total return", "Drawdown", "Sharpe", "Trades", "Episodes", "Plateau"]
    rows: list[Row] = []
    best = ranked(sweep.table)[:_SHOWN]
    # Records keep the type of each column; a row of numbers alone would turn its integers into floats.
    for row, one in zip(best, sweep.table.loc[best].to_dict("records"), strict=True):
        plateau = sweep.neighbourhood.plateau(row).equity
        figures = (
            numbers.money(one["final_equity"]),
            numbers.growth(one["total_return"]),
            numbers.percent(one["max_drawdown"]),
            numbers.ratio(one["sharpe"]),
            numbers.count(one["trades"]),
            numbers.count(one["episodes"]),
            numbers.percent(plateau / one["final_equity"] if plateau else plateau, 0),
        )
        values = (value_text(sweep.table[key][row]) for key in sweep.keys)
        rows.append((str(one["set"]), *map(Figure, figures), *map(Figure, values)))
    caption = f"The best {len(rows)} of {counted(len(sweep.table), 'set')}"
    return Table(caption, ("Set", *map(Figure, (*head, *names.values()))), rows)


_TABLE_NOTE = (
    "Plateau: the median final equity of the set's neighbours, at most its own, as a share of its own. A low share "
    "means that the set is a peak: one step of one key loses the rest."
)
_MAPS_NOTE = (
    "Each cell is the median total return of all sets with these two values, over all other keys; a stronger colour is "
    "higher, on one scale for all maps. The frame is the cell of the best set. A range of more than six values is cut "
    "in six parts of equally many values, named by their middle."
)
_ONE_KEY = "Fewer than two keys vary, so that there is no pair to draw."
_ONE_VALUE = "No key varies."
