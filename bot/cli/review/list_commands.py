"""`bot review`: the lists: trades, decisions, orders, episodes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bot.cli.console import ConfigOption, JsonOption, console, parse_day
from bot.cli.list_output import Column, CsvOption, Format, MarkdownOption, format_of, print_list
from bot.cli.review.review_commands import RunOption, record_of
from bot.core.errors import ConfigError

if TYPE_CHECKING:
    from bot.review.lists.filters import Page, RowFilter
    from bot.review.lists.trade_list import Excursion, Group, RoundTrip

lists = typer.Typer()

NEWEST = 40
"""Rows of a table without --limit."""

SymbolOption = Annotated[str | None, typer.Option("--symbol", help="One coin.")]
SinceOption = Annotated[str | None, typer.Option("--since", help="First day, YYYY-MM-DD.")]
UntilOption = Annotated[str | None, typer.Option("--until", help="Last day, YYYY-MM-DD, included.")]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="A reason's code, as kill_eth.")]
LimitOption = Annotated[
    int | None, typer.Option("--limit", min=1, help="The newest so many; by default 40 in a table, else all.")
]


@lists.command()
def trades(
    run: RunOption = None,
    by: Annotated[
        Literal["coin", "stage", "episode", "reason"] | None,
        typer.Option(help="Sums by coin, stage at entry, breakout, or reason for the exit."),
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

    Days are those of the exit. Worst and best are daily closes against the entry price while the lot was open.

    Example: bot review trades --by episode
    """
    from bot.review.lists.episode_list import breakouts
    from bot.review.lists.market_episodes import episodes_of
    from bot.review.lists.trade_list import excursions, grouped, round_trips_of
    from bot.settings.loader import load_config

    asked = format_of(as_json, as_csv, as_markdown)
    wanted = _wanted(asked, symbol, since, until, reason, outcome, limit)
    record = record_of(config, run)
    is_told = by == "episode" or (by is None and asked != "table")
    episodes, why_none = episodes_of(load_config(config), record) if is_told else ([], "")
    trips = round_trips_of(record, breakouts(episodes))
    passed = [trip for trip in trips.all if _passes(trip, wanted)]
    if by is not None:
        groups = grouped(passed, by)
        shown = [_group_shown(one, by) for one in groups] if asked == "table" else list(map(_group_told, groups))
        print_list("groups", _group_columns(by, asked), shown, asked)
        _say(asked, why_none if by == "episode" and not episodes else "", _totals(passed))
        return
    found = wanted.newest(passed)
    seen = excursions(record, found.items)
    row: Callable[[RoundTrip, Excursion | None], dict[str, Any]] = _trip_shown if asked == "table" else _trip_told
    rows = [row(trip, excursion) for trip, excursion in zip(found.items, seen, strict=True)]
    print_list("trades", _TRIP_COLUMNS[asked == "table"], rows, asked)
    _say(asked, _left_out(found), _totals(passed), _best_and_worst(passed))


@lists.command()
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

    asked = format_of(as_json, as_csv, as_markdown)
    wanted = _wanted(asked, symbol, since, until, reason, None, limit)
    record = record_of(config, run)
    found = Page(*record.newest("decision", **wanted.filters(), limit=wanted.limit))
    row = _decision_shown if asked == "table" else _decision_told
    print_list("decisions", _DECISION_COLUMNS[asked == "table"], [row(one.at, one.body) for one in found.items], asked)
    _say(asked, _left_out(found))


@lists.command()
def orders(
    run: RunOption = None,
    symbol: SymbolOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    reason: ReasonOption = None,
    outcome: Annotated[
        Literal["filled", "partial", "unfilled", "skipped", "open"] | None,
        typer.Option(help="How it ended; skipped: never sent; open: nobody knows yet."),
    ] = None,
    limit: LimitOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    as_markdown: MarkdownOption = False,
) -> None:
    """List every order with how it ended: mean price, fee, slippage in basis points, and what cut or stopped it.

    Example: bot review orders --outcome skipped
    """
    from bot.review.lists.order_list import as_dict, orders_of

    asked = format_of(as_json, as_csv, as_markdown)
    wanted = _wanted(asked, symbol, since, until, reason, outcome, limit)
    found = orders_of(record_of(config, run), wanted)
    rows = [as_dict(line) for line in found.items]
    shown = list(map(_order_shown, rows)) if asked == "table" else rows
    print_list("orders", _ORDER_COLUMNS[asked == "table"], shown, asked)
    _say(asked, _left_out(found))


@lists.command()
def episodes(
    run: RunOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    reason: ReasonOption = None,
    outcome: Annotated[
        Literal["confirmed", "failed", "expired", "vetoed", "open", "ignored"] | None,
        typer.Option(help="What became of the breakout."),
    ] = None,
    limit: LimitOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    as_markdown: MarkdownOption = False,
) -> None:
    """List the breakouts, traded or not: what became of each, and ETH in the quarter after it.

    Those of a forward ledger are computed from the market as it is known now.

    Example: bot review episodes --outcome vetoed
    """
    from bot.review.lists.episode_list import listed
    from bot.review.lists.market_episodes import episodes_of
    from bot.settings.loader import load_config

    asked = format_of(as_json, as_csv, as_markdown)
    wanted = _wanted(asked, None, since, until, reason, outcome, limit)
    known, why_none = episodes_of(load_config(config), record_of(config, run))
    found = listed(known, wanted)
    shown = list(map(_episode_shown, found.items)) if asked == "table" else found.items
    print_list("episodes", _EPISODE_COLUMNS[asked == "table"], shown, asked)
    _say(asked, why_none, _left_out(found))


# --- what is asked for, and what is said below ---------------------------------------------------------------


def _wanted(
    asked: Format,
    symbol: str | None,
    since: str | None,
    until: str | None,
    reason: str | None,
    outcome: str | None,
    limit: int | None,
) -> RowFilter:
    """The filters of a list. Raises ConfigError."""
    from bot.review.lists.filters import RowFilter

    first, last = parse_day(since, "--since"), parse_day(until, "--until")
    if first is not None and last is not None and first > last:
        raise ConfigError("the list ends before it begins", expected=f"--until after {first}", was=str(last))
    return RowFilter(
        symbol and symbol.upper(), first, last, reason, outcome, limit or (NEWEST if asked == "table" else None)
    )


def _say(asked: Format, *lines: str) -> None:
    """Say something under a list; beside one that another program reads, on standard error."""
    screen = console(to_error=asked != "table")
    for line in lines:
        if line:
            screen.print(line, markup=False, soft_wrap=asked != "table")


def _left_out(found: Page[Any]) -> str:
    if not found.items:
        return "Nothing passes."
    more = f"{found.left_out:,} older left out: --limit {len(found.items) + found.left_out} shows all"
    return f"{more}, --since and --until some." if found.left_out else ""


# --- trades --------------------------------------------------------------------------------------------------

_TRIP_COLUMNS: Mapping[bool, Sequence[Column]] = {
    True: (
        Column("exit", "Exit"),
        Column("symbol", "Coin"),
        Column("days", "Days", True),
        Column("pnl", "P&L", True),
        Column("gain", "Return", True),
        Column("worst", "Worst", True),
        Column("best", "Best", True),
        Column("stage", "Bought in"),
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


def _passes(trip: RoundTrip, wanted: RowFilter) -> bool:
    """Whether a trip passes the filters; the day of one that is open is that of its entry."""
    outcome = "open" if trip.is_open else "won" if trip.exact is not None and trip.exact > 0 else "lost"
    return wanted.takes(trip.exit_at or trip.entry_at, trip.symbol, (trip.entry_reason, trip.exit_reason), outcome)


def _trip_told(trip: RoundTrip, seen: Excursion | None) -> dict[str, Any]:
    from bot.ledger.codec import plain

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
        "entry_reason": trip.entry_reason,
        "exit_reason": trip.exit_reason,
        "episode": trip.episode,
        "entry_order": trip.entry_order,
        "exit_order": trip.exit_order,
    }


def _trip_shown(trip: RoundTrip, seen: Excursion | None) -> dict[str, Any]:
    from bot.report import names
    from bot.report.numbers import NOTHING, change, money

    return {
        "exit": trip.exit_at[:10] or "open",
        "symbol": trip.symbol,
        "days": trip.days,
        "pnl": money(trip.pnl),
        "gain": change(trip.gain),
        "worst": NOTHING if seen is None else change(seen.worst),
        "best": NOTHING if seen is None else change(seen.best),
        "stage": trip.entry_stage,
        "why": names.reasons(trip.exit_reason),
    }


def _totals(trips: Sequence[RoundTrip]) -> str:
    """What all that passes the filters adds up to."""
    from bot.report.numbers import money
    from bot.review.lists.trade_list import group

    if not trips:
        return ""
    total = group("", trips)
    held = "" if not total.open else f"{total.open:,} still open with {money(total.unrealised)} unrealised; "
    if total.open and total.unrealised is None:
        held = f"{total.open:,} still open, at what profit is not known: the ledger tells no marks; "
    return (
        f"{total.trips:,} round trips, {total.gains:,} with a profit, earned {money(total.pnl)} after fees; {held}"
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


_BY = {"coin": "Coin", "stage": "Bought in", "episode": "Breakout", "reason": "Why sold"}


def _group_columns(by: str, asked: Format) -> Sequence[Column]:
    if asked != "table":
        keys = ("key", "trips", "gains", "open", "pnl", "unrealised", "fees", "slippage", "mean_days")
        return [Column(key, key, key != "key") for key in keys]
    titles = {"trips": "Trips", "gains": "Won", "days": "Days", "pnl": "P&L", "held": "Unrealised", "fees": "Fees"}
    numbers = [Column(key, title, True) for key, title in {**titles, "slippage": "Slippage"}.items()]
    return [Column("key", _BY[by]), *numbers]


def _group_told(one: Group) -> dict[str, Any]:
    from bot.ledger.codec import plain

    return {
        "key": one.key,
        "trips": one.trips,
        "gains": one.gains,
        "open": one.open,
        "pnl": plain(one.pnl),
        "unrealised": None if one.unrealised is None else plain(one.unrealised),
        "fees": plain(one.fees),
        "slippage": plain(one.slippage),
        "mean_days": None if one.days is None else round(one.days, 4),
    }


def _group_shown(one: Group, by: str) -> dict[str, Any]:
    from bot.report import names
    from bot.report.numbers import NOTHING, count, money

    named = names.reasons(one.key) or "still open" if by == "reason" else one.key or "none known"
    return {
        "key": named,
        "trips": one.trips,
        "gains": one.gains,
        "days": count(one.days),
        "pnl": money(one.pnl),
        "held": money(one.unrealised) if one.open else NOTHING,
        "fees": money(one.fees),
        "slippage": money(one.slippage),
    }


# --- decisions -----------------------------------------------------------------------------------------------

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


def _decision_told(at: str, body: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("stage", "previous_stage", "trade", "reduce_only")
    told = {"at": at, **{key: body[key] for key in keys}, "reasons": ";".join(body["reasons"])}
    return {**told, "weights": json.dumps(body["weights"])}


def _decision_shown(at: str, body: Mapping[str, Any]) -> dict[str, Any]:
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


# --- orders --------------------------------------------------------------------------------------------------

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
        )
    ),
}
_ID_SHOWN = 6


def _order_shown(line: Mapping[str, str]) -> dict[str, Any]:
    from bot.report import names
    from bot.report.numbers import NOTHING, minus, money, price

    why = names.reasons(line["why"])
    bps = f"{float(line['slippage_bps']):.1f}" if line["slippage_bps"] else NOTHING
    return {
        "day": line["decision_at"][:10],
        "order": f"{line['side']} {line['symbol']}",
        "quantity": price(line["quantity"]),
        "price": price(line["price"] or None),
        "fee": money(line["fee"]) if line["price"] else NOTHING,
        "bps": minus(bps) if line["slippage_bps"] else bps,
        "id": line["order_id"][:_ID_SHOWN] + "..",
        "outcome": f"{line['outcome']}: {why}" if why else line["outcome"],
    }


# --- episodes ------------------------------------------------------------------------------------------------

_EPISODE_COLUMNS: Mapping[bool, Sequence[Column]] = {
    True: (
        Column("session", "Session"),
        Column("outcome", "Outcome"),
        Column("confirmed", "Confirmed"),
        Column("eth", "Bought ETH"),
        Column("over", "Over"),
        Column("after", "ETH +63", True),
        Column("why", "Why"),
    ),
    False: tuple(
        Column(key, key)
        for key in (
            "session",
            "known_at",
            "kind",
            "close",
            "level",
            "base_sessions",
            "outcome",
            "confirmed_session",
            "vetoes",
            "eth_at",
            "alts_at",
            "exit_at",
            "exit_reason",
            "eth_21",
            "eth_42",
            "eth_63",
            "btc_63",
            "stage_then",
        )
    ),
}


def _episode_shown(body: Mapping[str, Any]) -> dict[str, Any]:
    from bot.report import names
    from bot.report.numbers import NOTHING, change

    ended = "" if body["exit_reason"] == body["outcome"] else names.reasons(body["exit_reason"])
    held_back = f"vetoed by {names.reasons(body['vetoes'])}" if body["vetoes"] else ""
    elsewhere = f"was in {body['stage_then']}" if body["outcome"] == "ignored" else ""
    again = "armed again" if body["kind"] == "rearmed" else ""
    return {
        "session": body["session"],
        "outcome": body["outcome"],
        "confirmed": body["confirmed_session"] or NOTHING,
        "eth": body["eth_at"][:10] or NOTHING,
        "over": body["exit_at"][:10] or NOTHING,
        "after": change(body["eth_63"] if body["eth_63"] != "" else None),
        "why": "; ".join(part for part in (again, ended, held_back, elsewhere) if part),
    }
