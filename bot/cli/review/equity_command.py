"""Define `bot review equity`: equity of a record and of its benchmarks, a row a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cli.console import ConfigOption, JsonOption
from bot.cli.list_output import Column, CsvOption, MarkdownOption, format_of, print_list
from bot.cli.review.list_options import LimitOption, SinceOption, UntilOption, left_out, print_notes, row_filter
from bot.cli.review.review_commands import RunOption, labels_for, record_of

if TYPE_CHECKING:
    from bot.cli.list_output import Format
    from bot.core.events import Valuation

_OWN = ("date", "equity", "cash", "stage")


def equity(
    run: RunOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: LimitOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    as_markdown: MarkdownOption = False,
) -> None:
    """List the equity at each day's close beside the benchmarks.

    The columns are those of equity.csv of a run, and with `benchmarks.cash_rate` the interest of idle cash. A cell is
    empty before a benchmark's first recorded day.

    Example: bot review equity --run paper --csv
    """
    from bot.core.events import Valuation
    from bot.report.words import benchmark_name
    from bot.review.lists.filters import Page

    style = format_of(as_json, as_csv, as_markdown)
    chosen = row_filter(style, None, since, until, None, None, limit)
    record = record_of(config, run)
    found = Page(*record.newest_events(Valuation, **chosen.filters(), limit=chosen.limit))
    valued = [one.event for one in found.items]
    names = list(dict.fromkeys(name for one in valued for name in one.benchmarks))
    earned = list(dict.fromkeys(name for one in valued for name in one.interest))
    labels = labels_for(record, config)
    titles = {"date": "Day", "equity": "Equity", "cash": "Cash", "stage": "Stage"}
    titles |= {name: benchmark_name(name, labels) for name in names}
    titles |= {_interest(name): f"Interest: {titles.get(name, 'Strategy')}" for name in earned}
    columns = [
        Column(key, titles[key], key not in ("date", "stage")) for key in (*_OWN, *names, *map(_interest, earned))
    ]
    print_list("equity", columns, [_cells(one, names, earned, style) for one in valued], style)
    print_notes(style, left_out(found))


def _cells(valued: Valuation, names: list[str], earned: list[str], style: Format) -> dict[str, object]:
    from bot.ledger.codec import plain
    from bot.report.numbers import money

    shown = money if style == "table" else plain
    own = {"date": valued.day.isoformat(), "equity": shown(valued.equity), "cash": shown(valued.cash)}
    beside = {name: shown(valued.benchmarks[name]) if name in valued.benchmarks else None for name in names}
    beside |= {_interest(name): shown(valued.interest[name]) if name in valued.interest else None for name in earned}
    return {**own, "stage": valued.stage, **beside}


def _interest(name: str) -> str:
    return f"interest_{name}"
