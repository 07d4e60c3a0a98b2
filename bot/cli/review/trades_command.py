"""Define `bot review trades`: round trips and open lots, or their sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

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
from bot.cli.review.trade_groups import group_cells, group_columns, group_record

if TYPE_CHECKING:
    from pathlib import Path

    from bot.core.events import Episode
    from bot.report.labels import Labels
    from bot.review.lists.excursions import Excursion
    from bot.review.lists.filters import RowFilter
    from bot.review.lists.trade_list import RoundTrip
    from bot.review.recording import Record

_TRIP_COLUMNS: Mapping[bool, Sequence[Column]] = {
    True: (
        Column("entry", "Entry"),
        Column("exit", "Exit"),
        Column("symbol", "Coin"),
        Column("days", "Days", True),
        Column("pnl", "P&L", True),
        Column("gain", "Return", True),
        Column("worst", "Worst", True),
        Column("best", "Best", True),
        Column("why", "Why sold"),
    ),
    False: tuple(
        Column(key, key)
        for key in (
            "symbol",
            "entry_at",
            "exit_at",
            "days",
            "quantity",
            "entry_price",
            "exit_price",
            "fees",
            "slippage",
            "pnl",
            "return",
            "worst_close",
            "best_close",
            "entry_stage",
            "exit_stage",
            "entry_reason",
            "exit_reason",
            "episode",
            "entry_order",
            "exit_order",
        )
    ),
}


def trades(
    run: RunOption = None,
    by: Annotated[
        Literal["coin", "stage", "episode", "reason"] | None,
        typer.Option(help="Sum by coin, stage at entry, breakout, or reason for the exit."),
    ] = None,
    symbol: SymbolOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    reason: ReasonOption = None,
    outcome: Annotated[
        Literal["won", "lost", "open"] | None, typer.Option(help="won or lost after fees, or still open.")
    ] = None,
    limit: LimitOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    as_markdown: MarkdownOption = False,
) -> None:
    """List the round trips, first in first out, and the lots still open; or their sums with --by.

    Rows are chosen by the day of the exit. Worst and best are the daily closes while the lot was open, and its exit,
    against the entry price. --json and --csv also have prices, costs, stages and orders.

    Example: bot review trades --by episode
    """
    from bot.review.lists.excursions import excursions
    from bot.review.lists.reason_codes import shown_code
    from bot.review.lists.trade_list import breakouts, round_trips_of
    from bot.review.lists.trade_sums import grouped

    style = format_of(as_json, as_csv, as_markdown)
    chosen = row_filter(style, symbol, since, until, shown_code(reason), outcome, limit)
    record = record_of(config, run)
    # Episodes of a forward ledger are computed from the market, which takes seconds: only where a column needs them.
    needs_episodes = by == "episode" or (by is None and style != "table")
    episodes, why_none = _episodes(config, record) if needs_episodes else ([], "")
    trips = round_trips_of(record, breakouts(episodes))
    labels = labels_for(record, config)
    passed = [trip for trip in trips.all if _passes(trip, chosen)]
    if by is not None:
        groups = grouped(passed, by)
        shown = (
            [group_cells(one, by, labels) for one in groups] if style == "table" else list(map(group_record, groups))
        )
        print_list("groups", group_columns(by, style), shown, style)
        print_notes(style, why_none if by == "episode" and not episodes else "", _totals(passed))
        return
    found = chosen.newest(passed)
    # Only of the rows that are shown, since each reads the daily marks of its lot.
    seen = excursions(record, found.items)
    pairs = zip(found.items, seen, strict=True)
    rows = [_trip_cells(*pair, labels) if style == "table" else _trip_record(*pair) for pair in pairs]
    print_list("trades", _TRIP_COLUMNS[style == "table"], rows, style)
    print_notes(style, left_out(found), _totals(passed), _best_and_worst(passed))


def _episodes(config: Path | None, record: Record) -> tuple[list[Episode], str]:
    """Return the episodes of a record, and a sentence for an empty list."""
    from bot.review.lists.market_episodes import episodes_of
    from bot.settings.loader import load_config

    return episodes_of(load_config(config), record)


def _passes(trip: RoundTrip, chosen: RowFilter) -> bool:
    """Return True if a round trip matches; an open lot counts on the day of its entry."""
    outcome = "open" if trip.is_open else "won" if trip.exact is not None and trip.exact > 0 else "lost"
    return chosen.takes(trip.exit_at or trip.entry_at, trip.symbol, (trip.entry_reason, trip.exit_reason), outcome)


def _trip_record(trip: RoundTrip, seen: Excursion | None) -> dict[str, object]:
    from bot.ledger.codec import plain
    from bot.review.lists.reason_codes import codes_of

    return {
        "symbol": trip.symbol,
        "entry_at": trip.entry_at,
        "exit_at": trip.exit_at,
        "days": trip.days,
        "quantity": plain(trip.quantity),
        "entry_price": plain(trip.entry_price),
        "exit_price": None if trip.exit_price is None else plain(trip.exit_price),
        "fees": plain(trip.fees),
        "slippage": plain(trip.slippage),
        "pnl": None if trip.pnl is None else plain(trip.pnl),
        "return": None if trip.gain is None else round(trip.gain, 8),
        "worst_close": None if seen is None else round(seen.worst, 8),
        "best_close": None if seen is None else round(seen.best, 8),
        "entry_stage": trip.entry_stage,
        "exit_stage": trip.exit_stage,
        "entry_reason": codes_of(trip.entry_reason),
        "exit_reason": codes_of(trip.exit_reason),
        "episode": trip.episode,
        "entry_order": trip.entry_order,
        "exit_order": trip.exit_order,
    }


def _trip_cells(trip: RoundTrip, seen: Excursion | None, labels: Labels) -> dict[str, object]:
    from bot.report import names
    from bot.report.numbers import NOTHING, change, money

    return {
        "entry": trip.entry_at[:10],
        "exit": trip.exit_at[:10] or "open",
        "symbol": trip.symbol,
        "days": trip.days,
        "pnl": money(trip.pnl),
        "gain": change(trip.gain),
        "worst": NOTHING if seen is None else change(seen.worst),
        "best": NOTHING if seen is None else change(seen.best),
        "why": names.reasons(trip.exit_reason, labels),
    }


def _totals(trips: Sequence[RoundTrip]) -> str:
    """Format the sums of all that match."""
    from bot.report.numbers import money
    from bot.review.lists.trade_sums import group

    if not trips:
        return ""
    total = group("", trips)
    held = "" if not total.open else f"{total.open:,} still open with {money(total.unrealised)} unrealised; "
    if total.open and total.unrealised is None:
        held = f"{total.open:,} still open with unknown profit: the ledger has no marks; "
    closed = f"{total.round_trips:,} round trip{'' if total.round_trips == 1 else 's'}"
    return (
        f"{closed}, {total.gains:,} with a profit, earned {money(total.pnl)} after fees; {held}"
        f"fees {money(total.fees)}, slippage {money(total.slippage)}."
    )


def _best_and_worst(trips: Sequence[RoundTrip]) -> str:
    from bot.report.numbers import change, money

    closed = sorted((trip for trip in trips if not trip.is_open and trip.pnl is not None), key=lambda t: t.pnl or 0)
    if len(closed) < 2:
        return ""
    worst, best = (
        f"{trip.symbol}, sold {trip.exit_at[:10]}: {money(trip.pnl)} ({change(trip.gain)})"
        for trip in (closed[0], closed[-1])
    )
    return f"Best {best}. Worst {worst}."
