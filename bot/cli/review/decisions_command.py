"""Define `bot review decisions`: stage, share in coins and reasons of each day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

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
from bot.cli.review.review_commands import RunOption, labels_for, record_of

if TYPE_CHECKING:
    from bot.core.decision import Decision
    from bot.ledger.recorded import Recorded
    from bot.report.labels import Labels

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

    With --symbol, those that give the coin a weight.

    Example: bot review decisions --reason kill_volatility
    """
    from bot.core.decision import Decision
    from bot.review.lists.filters import Page

    style = format_of(as_json, as_csv, as_markdown)
    chosen = row_filter(style, symbol, since, until, reason, None, limit)
    record = record_of(config, run)
    found = Page(*record.newest_events(Decision, **chosen.filters(), limit=chosen.limit))
    labels = labels_for(record, config)
    rows = [_decision_cells(one, labels) if style == "table" else _decision_record(one) for one in found.items]
    print_list("decisions", _DECISION_COLUMNS[style == "table"], rows, style)
    print_notes(style, left_out(found))


def _decision_record(one: Recorded[Decision]) -> dict[str, object]:
    from bot.ledger.codec import AMOUNTS

    decision = one.event
    return {
        "at": one.at,
        "stage": decision.stage,
        "previous_stage": decision.previous,
        "trade": decision.trade,
        "reduce_only": decision.reduce_only,
        "reasons": list(decision.reasons),
        "weights": AMOUNTS.write(decision.weights),
    }


def _decision_cells(one: Recorded[Decision], labels: Labels) -> dict[str, object]:
    from bot.report import names
    from bot.report.numbers import percent

    decision = one.event
    weights = [weight for weight in map(float, decision.weights.values()) if weight]
    stage, previous = (names.stage_code(code, labels) for code in (decision.stage, decision.previous))
    return {
        "day": one.day,
        "stage": stage if stage == previous else f"{previous} > {stage}",
        "coins": len(weights),
        "share": percent(sum(weights)),
        "trade": decision.trade,
        "why": names.decided_because(decision.reasons, labels),
    }
