"""Define `bot review orders`: every order with how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

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
    from bot.report.labels import Labels

_ORDER_COLUMNS: Mapping[bool, Sequence[Column]] = {
    True: (
        Column("day", "Day"),
        Column("order", "Order"),
        Column("quantity", "Quantity", True),
        Column("price", "Price", True),
        Column("fee", "Fee", True),
        Column("bps", "Bps", True),
        Column("id", "Id"),
        Column("outcome", "Ended"),
    ),
    False: tuple(
        Column(key, key)
        for key in (
            "order_id",
            "decision_at",
            "symbol",
            "side",
            "quantity",
            "outcome",
            "filled",
            "price",
            "fee",
            "slippage_bps",
            "reason",
            "why",
            "stop",
        )
    ),
}
_ID_SHOWN = 6  # enough to find an order among a few hundred, and to fit 80 columns


def orders(
    run: RunOption = None,
    symbol: SymbolOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    reason: ReasonOption = None,
    outcome: Annotated[
        Literal["filled", "partial", "unfilled", "skipped", "open"] | None,
        typer.Option(help="End of the order; skipped: kept back; open: status still unknown."),
    ] = None,
    limit: LimitOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    as_markdown: MarkdownOption = False,
) -> None:
    """List every order with its end: mean price, fee, slippage in basis points, and the reason of a cut or skip.

    Example: bot review orders --outcome skipped
    """
    from bot.review.lists.order_list import as_dict, orders_of
    from bot.review.lists.reason_codes import recorded_code

    style = format_of(as_json, as_csv, as_markdown)
    chosen = row_filter(style, symbol, since, until, recorded_code(reason), outcome, limit)
    record = record_of(config, run)
    found = orders_of(record, chosen)
    rows = [as_dict(line) for line in found.items]
    # Levels are there in records with stop orders alone, as in the files of a run.
    if not any(row["stop"] for row in rows):
        rows = [{key: value for key, value in row.items() if key != "stop"} for row in rows]
    labels = labels_for(record, config)
    shown = [_order_cells(row, labels) for row in rows] if style == "table" else rows
    has_stops = any("stop" in row for row in rows)
    columns = [column for column in _ORDER_COLUMNS[style == "table"] if column.key != "stop" or has_stops]
    print_list("orders", columns, shown, style)
    print_notes(style, left_out(found))


def _order_cells(line: Mapping[str, Any], labels: Labels) -> dict[str, object]:
    from bot.report import names
    from bot.report.numbers import NOTHING, minus, money, price

    why = names.reasons(";".join(line["why"]), labels)
    bps = f"{float(line['slippage_bps']):.1f}" if line["slippage_bps"] else NOTHING
    return {
        "day": line["decision_at"][:10],
        "order": f"{line['side']} {line['symbol']}" + (f", stop {price(line['stop'])}" if line.get("stop") else ""),
        "quantity": price(line["quantity"]),
        "price": price(line["price"]),
        "fee": money(line["fee"]) if line["price"] else NOTHING,
        "bps": minus(bps) if line["slippage_bps"] else bps,
        "id": line["order_id"][:_ID_SHOWN] + "..",
        "outcome": f"{line['outcome']}: {why}" if why else line["outcome"],
    }
