"""Report of a run: one HTML file that opens offline."""

from __future__ import annotations

from html import escape

from bot.core.plural import counted
from bot.report import breakdown, charts, headline, names, rolling_charts, statistics_section
from bot.report import html_tables as tables
from bot.report.capacity_table import capacity_rows, capacity_sentences, capacity_title
from bot.report.contents import Contents, Json
from bot.report.crises import crises
from bot.report.markup import Figure, Table, bullets, facts, folded, paragraph, section
from bot.report.page import page
from bot.report.plot import watermark_of
from bot.report.price_charts import price_charts
from bot.report.ribbon import ribbon
from bot.report.waterfall_section import waterfall
from bot.report.worlds import two_worlds

_RANGES = '<div class="ranges" role="group" aria-label="Days shown in every chart over time"></div>'
_LONG = 3  # more warnings than these are folded
_MANY = 20  # more rows than these are folded


def render(contents: Contents) -> str:
    """Return the report as HTML."""
    title = f"{contents.labels.strategy.title}, {names.market(contents.manifest)}, {contents.manifest['run_id']}"
    return page(title, _head(contents), _sections(contents))


def _head(contents: Contents) -> str:
    manifest, summary = contents.manifest, contents.summary
    mark, days = watermark_of(contents), counted(len(contents.tables["equity"]), "day")
    return "".join(
        (
            paragraph(mark, "watermark") if mark else "",
            f"<h1>{escape(contents.labels.strategy.title)}, a paper backtest</h1>",
            paragraph(headline.sentence(contents), "result"),
            f'<div class="caveats"><h2>Before you read on</h2>{bullets(headline.standing_warnings(contents))}',
            _warnings(summary["warnings"]),
            "</div>",
            facts(
                (
                    ("Market", names.market(manifest)),
                    ("Window", f"{summary['start']} to {summary['end']}, {days}"),
                    ("Run", manifest["run_id"]),
                    ("Version", manifest["version"]),
                    ("Config", manifest["config_hash"][:12]),
                )
            ),
        )
    )


def _warnings(warnings: list[str]) -> str:
    title = f"Warnings of this run: {len(warnings)}"
    return folded(title, bullets(warnings), unfolded=len(warnings) <= _LONG) if warnings else ""


def _sections(contents: Contents) -> list[str]:
    own = contents.labels.is_rotation
    over_time = (charts.equity, charts.drawdown, *([ribbon] if own else []), charts.weights)
    return [
        section(
            "figures", "Key figures", tables.key_figures(contents).html(), paragraph(_figures_note(contents), "note")
        ),
        section("charts", "Over time", _RANGES, *(chart(contents).html() for chart in over_time)),
        price_charts(contents),
        section(
            "statistics",
            "Statistics",
            statistics_section.statistics_table(contents).html(),
            paragraph(statistics_section.NOTE, "note"),
        ),
        section(
            "months",
            "Month by month, year by year",
            tables.monthly_returns(contents).html(),
            statistics_section.years_table(contents).html(),
            breakdown.distribution(contents).html(),
        ),
        section(
            "risk",
            "Risk",
            *_drawdowns(contents),
            rolling_charts.volatility_chart(contents).html(),
            rolling_charts.sharpe_chart(contents).html(),
            *_stages(contents),
        ),
        crises(contents),
        section("costs", "Costs and a day's delay", _costs(contents)),
        *(_of_rotation(contents) if own else []),
        section("trades", "Trades", _trades(contents)),
        two_worlds(contents),
    ]


def _drawdowns(contents: Contents) -> list[str]:
    """Return the worst drawdowns; a run that only rose has none."""
    found = statistics_section.drawdown_table(contents)
    if not found.rows:
        return [paragraph("The strategy never closed below an earlier close.")]
    return [found.html(), paragraph(statistics_section.DRAWDOWN_NOTE, "note")]


def _stages(contents: Contents) -> list[str]:
    """Return the table of stages; a user's own strategy with a single stage lacks it."""
    is_one = not contents.labels.is_rotation and contents.tables["equity"]["stage"].nunique() == 1
    return [] if is_one else [breakdown.stages(contents).html()]


def _of_rotation(contents: Contents) -> list[str]:
    """Return the sections that rest on the rotation's readings and breakouts."""
    return [
        waterfall(contents),
        section("episodes", f"Every breakout, and the returns of {contents.labels.eth} after it", _episodes(contents)),
    ]


def _costs(contents: Contents) -> str:
    return "".join(
        (
            tables.costs(contents).html(),
            *_order_size(contents.summary),
            tables.delay(contents).html(),
            paragraph(_DELAY_NOTE, "note"),
        )
    )


def _order_size(summary: Json) -> list[str]:
    """Return what the size of orders did; runs of older versions lack it."""
    line = [paragraph(summary["order_size"]["line"])] if "order_size" in summary else []
    return [*line, *_capacity(summary["capacity"])] if "capacity" in summary else line


def _capacity(found: Json) -> list[str]:
    head, *rows = capacity_rows(found)
    table = Table(
        capacity_title(found),
        tuple(map(Figure, head)),
        [tuple(map(Figure, row)) for row in rows],
    )
    return [table.html(), *map(paragraph, capacity_sentences(found)), paragraph(_CAPACITY_NOTE, "note")]


def _episodes(contents: Contents) -> str:
    found, again = tables.episodes(contents), tables.episodes(contents, "rearmings")
    return "".join(
        (
            found.html() if found.rows else paragraph("No breakout fell into this window."),
            paragraph(_EPISODES_NOTE, "note"),
            folded(f"Records that armed the bot again after a risk exit: {len(again.rows)}", again.html())
            if again.rows
            else "",
        )
    )


def _trades(contents: Contents) -> str:
    return "".join(
        (
            _list("Coins", tables.coins(contents)),
            _list("Round trips", tables.trades(contents)),
            _list("Orders not filled in full", tables.failed_orders(contents)),
            _list("Settlements", tables.settlements(contents)),
        )
    )


def _list(title: str, table: Table) -> str:
    if not table.rows:
        return paragraph(f"{title}: none.")
    return folded(f"{title}: {len(table.rows):,}", table.html(), unfolded=len(table.rows) <= _MANY)


def _figures_note(contents: Contents) -> str:
    timing = headline.timing_left_out(contents.summary["random_timing"])
    return f"{_FIGURES_NOTE} {timing or _TIMING_NOTE}"


_FIGURES_NOTE = (
    "Sharpe and Sortino are over a rate of zero. Exposure is the mean share of equity in coins; turnover is what was "
    "traded in a year over mean equity; trades are round trips that were closed."
)
_TIMING_NOTE = "Random timing is shown at its 5th, 50th and 95th percentile."
_DELAY_NOTE = (
    "The second row executes the same decisions a day later. A large difference between the rows means that the "
    "result depends on a few days."
)
_CAPACITY_NOTE = (
    "Spread and impact are means over the worth traded, in basis points. Delay is the return less that of the same run "
    "without the volume limit, in points. Days to leave are the most that selling a position at the volume limit takes."
)
_EPISODES_NOTE = (
    "Returns are simple, without costs, from the open of the UTC day after the breakout's session to the open of "
    "the UTC day after the session that many sessions later. Windows overlap where breakouts lie close together, so "
    "there are fewer independent cases than rows."
)
