"""Define `bot review decisions`: stage, share in coins and reasons of each day."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.cli.console import ConfigOption, JsonOption
from bot.cli.list_output import Column, CsvOption, MarkdownOption, format_of, print_list
from bot.cli.review.list_options import (
    LimitOption,
    ReasonOption,
    SinceOption,
    SymbolOption,
    UntilOption,
    left_out,
    print_notes,
    row_filter,
)
from bot.cli.review.review_commands import RunOption, record_of

_DECISION_COLUMNS: Mapping[bool, Sequence[Column]] = {
    True: (
        Column("day", "Day"),
        Column("stage", "Stage"),
        Column("coins", "Coins", True),
        Column("share", "Share", True),
        Column("trade", "Trade"),
        Column("why", "Why"),
    ),
    False: tuple(
        Column(key, key) for key in ("at", "stage", "previous_stage", "weights", "trade", "reduce_only", "reasons")
    ),
}


def decisions(
    run: RunOption = None,
    symbol: SymbolOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    reason: ReasonOption = None,
    limit: LimitOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    as_markdown: MarkdownOption = False,
) -> None:
    """List the decisions: stage, share in coins, reasons.

    With --symbol those that give the coin weight.

    Example: bot review decisions --reason kill_volatility
    """
    from bot.review.lists.filters import Page

    style = format_of(as_json, as_csv, as_markdown)
    chosen = row_filter(style, symbol, since, until, reason, None, limit)
    record = record_of(config, run)
    found = Page(*record.newest("decision", **chosen.filters(), limit=chosen.limit))
    row = _decision_cells if style == "table" else _decision_record
    print_list("decisions", _DECISION_COLUMNS[style == "table"], [row(one.at, one.body) for one in found.items], style)
    print_notes(style, left_out(found))


def _decision_record(at: str, body: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("stage", "previous_stage", "trade", "reduce_only")
    told = {"at": at, **{key: body[key] for key in keys}, "reasons": ";".join(body["reasons"])}
    return {**told, "weights": json.dumps(body["weights"])}


def _decision_cells(at: str, body: Mapping[str, Any]) -> dict[str, Any]:
    from bot.report import names
    from bot.report.numbers import percent

    weights = [weight for weight in map(float, body["weights"].values()) if weight]
    came = body["stage"] != body["previous_stage"]
    return {
        "day": at[:10],
        "stage": f"{body['previous_stage']} > {body['stage']}" if came else body["stage"],
        "coins": len(weights),
        "share": percent(sum(weights)),
        "trade": body["trade"],
        "why": names.decided_because(body["reasons"]),
    }
