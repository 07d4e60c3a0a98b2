"""One table of fields per event: it encodes and decodes the row's body, and names the columns of the CSVs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.core.decision import Decision, Trade
from bot.core.events import (
    AccountSnapshot,
    Acknowledged,
    BalanceCause,
    BalanceDifference,
    ConfigPeriod,
    Drift,
    Episode,
    Event,
    Late,
    OnStart,
    OrdersToRetry,
    TradingState,
    TradingStateChange,
    Valuation,
    VenueTrade,
)
from bot.core.moments import iso, midnight
from bot.core.orders import Fill, OrderIntent, OrderResult, OrderStatus, Settlement, SettlementCause, Side
from bot.ledger.codec import (
    AMOUNTS,
    AMOUNTS_FROM_ZERO,
    BPS,
    CODES,
    DAY,
    FLAG,
    JOINED,
    MOMENT,
    MONEY,
    MONEY_ABOVE_ZERO,
    MONEY_FROM_ZERO,
    POSITIVE,
    READINGS,
    RETURNS,
    SHARES,
    SYMBOLS,
    TEXT,
    TEXT_OR_NULL,
    WHOLE,
    Codec,
    ColumnType,
    code_of,
    optional,
    read_moment,
)
from bot.ledger.fields import EventFields, Field


def _order_result(
    full_reason: str,
    status: OrderStatus,
    order_id: str,
    at: datetime,
    symbol: str,
    side: Side,
    quantity: Decimal,
    stop: Decimal | None = None,
) -> OrderResult:
    # Only the end of an order that was not filled in full has a code; a decision's codes may be spelt like one.
    reason, end, detail = (full_reason, None, "")
    if status is not OrderStatus.FILLED:
        reason, end, detail = OrderResult.split_reason(full_reason)
    return OrderResult(order_id, at, symbol, side, quantity, status, reason, end, detail, stop)


def _fill(**attributes: Any) -> Fill:
    fill = Fill(**attributes)
    # A fee that takes all the coins would leave a lot of zero coins, which has no price.
    takes_all = fill.side is Side.BUY and not fill.fee_coin and fill.fee_in_kind >= fill.quantity
    if fill.fee_in_kind < 0 or takes_all or (fill.fee_coin and not fill.fee_in_kind):
        raise ValueError("a fee in coins from zero to below the quantity is expected")
    return fill


def _settlement(**attributes: Any) -> Settlement:
    settlement = Settlement(**attributes)
    if settlement.into == "":
        raise ValueError("the name of a coin or null is expected as `into`")
    return settlement


def _on_start(value: object) -> OnStart:
    if value == "adopt":
        return "adopt"
    if value == "wait":
        return "wait"
    raise ValueError("adopt or wait is expected as `on_start`")


_LEG = (Field("order_id", TEXT), Field("symbol", TEXT), Field("side", code_of(Side)))
_ORDER = (*_LEG, Field("quantity", MONEY_ABOVE_ZERO))
_REASON = Field("reason", TEXT)
_STOP = Field("stop", MONEY_ABOVE_ZERO, absent_if_empty=True)

EVENT_FIELDS: Mapping[type[object], EventFields] = {
    schema.event: schema
    for schema in (
        EventFields(
            "episode",
            Episode,
            (
                Field("kind", TEXT),
                Field("session", DAY),
                Field("close", POSITIVE),
                Field("level", POSITIVE),
                Field("base_sessions", WHOLE),
                Field("stage_then", TEXT),
                Field("outcome", TEXT),
                Field("confirmed_session", optional(DAY)),
                Field("vetoes", JOINED),
                Field("eth_at", optional(MOMENT)),
                Field("alts_at", optional(MOMENT)),
                Field("exit_at", optional(MOMENT)),
                Field("exit_reason", JOINED, "exit_reasons"),
                Field("returns", RETURNS, spread=True),
            ),
            moment="known_at",
        ),
        EventFields(
            "decision",
            Decision,
            (
                Field("stage", TEXT),
                Field("previous_stage", TEXT, "previous"),
                Field("weights", AMOUNTS),
                Field("reasons", CODES),
                Field("trade", code_of(Trade)),
                Field("reduce_only", FLAG),
                Field("readings", READINGS),
                Field("stops", AMOUNTS_FROM_ZERO, absent_if_empty=True),
            ),
        ),
        EventFields("order", OrderIntent, (*_ORDER, _REASON, _STOP)),
        EventFields(
            "order_result",
            OrderResult,
            (
                *_LEG,
                Field("quantity", MONEY_FROM_ZERO),  # an order below one step ends with zero coins
                Field("reason", TEXT, "full_reason"),
                Field("status", code_of(OrderStatus)),
                _STOP,
            ),
            build=_order_result,
        ),
        EventFields(
            "fill",
            Fill,
            (
                *_ORDER,
                _REASON,
                Field("price", MONEY_ABOVE_ZERO),
                Field("reference_price", MONEY_ABOVE_ZERO),
                Field("fee", MONEY),
                Field("slippage_bps", BPS, derived=True),
                Field("fee_in_kind", MONEY, absent_if_empty=True),
                Field("fee_coin", TEXT, absent_if_empty=True),
                _STOP,
            ),
            build=_fill,
        ),
        EventFields(
            "settlement",
            Settlement,
            (
                Field("symbol", TEXT),
                Field("quantity", MONEY_ABOVE_ZERO),
                Field("price", MONEY_FROM_ZERO),
                Field("cause", code_of(SettlementCause)),
                Field("fee", MONEY),
                Field("into", TEXT_OR_NULL),
                Field("received", MONEY_FROM_ZERO),
            ),
            build=_settlement,
        ),
        EventFields(
            "valuation",
            Valuation,
            (
                Field("equity", MONEY_FROM_ZERO),
                Field("cash", MONEY_FROM_ZERO),
                Field("stage", TEXT),
                Field("holdings", AMOUNTS_FROM_ZERO),
                Field("stale", CODES),
                Field("marks", AMOUNTS_FROM_ZERO, absent_if_empty=True),
                Field("benchmarks", AMOUNTS_FROM_ZERO, newer=True),
                Field("random_timing", SHARES, absent_if_empty=True),
                Field("interest", AMOUNTS, absent_if_empty=True),
            ),
            moment="day",
            write_moment=lambda day: iso(midnight(day)),
            read_moment=lambda text: read_moment(text).date(),
        ),
        EventFields("unfinished", OrdersToRetry, (Field("symbols", SYMBOLS),)),
        EventFields(
            "epoch",
            ConfigPeriod,
            (
                Field("number", WHOLE),
                Field("why", TEXT),
                Field("run_key", TEXT),
                Field("config_hash", TEXT),
                Field("version", TEXT),
                Field("broker", TEXT),
                Field("cash", MONEY_ABOVE_ZERO),
                Field("on_start", Codec(str, _on_start, ColumnType.TEXT), newer=True),
                Field("strategy", TEXT, absent_if_empty=True),
            ),
        ),
        EventFields("late", Late, (Field("decided_at", MOMENT), Field("missed", FLAG))),
        EventFields("switched", TradingStateChange, (Field("mode", code_of(TradingState)),)),
        EventFields(
            "venue_trade",
            VenueTrade,
            (
                Field("order_id", TEXT),
                Field("trade_id", TEXT),
                Field("base", TEXT),
                Field("quote", TEXT),
                Field("side", code_of(Side)),
                Field("quantity", MONEY_ABOVE_ZERO),
                Field("price", MONEY_ABOVE_ZERO),
                Field("fee", MONEY),
                Field("fee_asset", TEXT),
                Field("venue_order_id", TEXT, absent_if_empty=True),
            ),
        ),
        EventFields("account_seen", AccountSnapshot, (Field("balances", AMOUNTS),)),
        EventFields(
            "difference",
            BalanceDifference,
            (
                Field("asset", TEXT),
                Field("recorded", MONEY),
                Field("found", MONEY),
                Field("cause", code_of(BalanceCause)),
            ),
        ),
        EventFields("acknowledged", Acknowledged, ()),
        EventFields("drift", Drift, (Field("recorded", TEXT), Field("replayed", TEXT))),
    )
}
"""The fields of every event that a ledger can hold, by its type."""

FIELDS_OF_KIND: Mapping[str, EventFields] = {fields.kind: fields for fields in EVENT_FIELDS.values()}
"""The fields of every event, by its kind in the ledger."""


def encode(event: Event) -> tuple[str, str, dict[str, object]]:
    """Write an event as the kind, moment and body of its row."""
    fields = EVENT_FIELDS[type(event)]
    return fields.kind, *fields.encode(event)
