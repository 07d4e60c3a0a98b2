"""One table of fields per event: it encodes and decodes the row's body, and names the columns of the CSVs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
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


@dataclass(frozen=True, slots=True)
class Field:
    """A key of a body and the event's attribute that it holds.

    Attributes
    ----------
    key
        Key of the body.
    codec
        Codec of the value.
    attribute
        Name of the attribute; "" if it is the key.
    derived
        The field is only written: its value is computed from others.
    absent_if_empty
        The field is left out of the body if the attribute is empty, and then read as the attribute's default.
    newer
        The field is missing in ledgers of older versions, and then read as the attribute's default.
    spread
        The attribute is a mapping, written as keys of the body itself.
    """

    key: str
    codec: Codec[Any]
    attribute: str = ""
    derived: bool = False
    absent_if_empty: bool = False
    newer: bool = False
    spread: bool = False

    @property
    def name(self) -> str:
        """Name of the event's attribute."""
        return self.attribute or self.key


@dataclass(frozen=True)
class EventFields:
    """The kind of an event in the ledger and its fields, in the order of the body's keys.

    `moment` is the attribute that gives the row's moment, with `write_moment` and `read_moment` between the two;
    `build` makes the event of its attributes.
    """

    kind: str
    event: type[Event]
    fields: tuple[Field, ...]
    moment: str = "at"
    write_moment: Callable[[Any], str] = iso
    read_moment: Callable[[str], date] = read_moment
    build: Callable[..., Event] | None = None

    @cached_property
    def columns(self) -> dict[str, Field]:
        """Fields by key."""
        return {field.key: field for field in self.fields}

    def encode(self, event: Event) -> tuple[str, dict[str, object]]:
        """Write an event of this type as the row's moment and body."""
        body: dict[str, object] = {}
        for field, name, write in self._written:
            value = getattr(event, name)
            if field.spread:
                body.update(write(value))
            elif value or not field.absent_if_empty:
                body[field.key] = write(value)
        return self.write_moment(getattr(event, self.moment)), body

    def decode(self, at: str, body: Mapping[str, object]) -> Event:
        """Read the event of a row's moment and body.

        Raises KeyError, TypeError, ValueError or InvalidOperation for a malformed body.
        """
        attributes: dict[str, object] = {self.moment: self.read_moment(at)}
        for name, key, read in self._required:
            attributes[name] = read(body[key])
        for name, key, read in self._optional:
            if key in body:
                attributes[name] = read(body[key])
        for field in self._derived:
            # The event has no place for it, but the CSVs print it as it stands in the body.
            field.codec.read(body[field.key])
        for field in self._spread:
            attributes[field.name] = field.codec.read({k: v for k, v in body.items() if k not in self.columns})
        return self._make(**attributes)

    @cached_property
    def _make(self) -> Callable[..., Event]:
        return self.build or self.event

    # A review of a long ledger decodes millions of rows, so fields are sorted by kind once.
    @cached_property
    def _written(self) -> list[tuple[Field, str, Callable[[Any], Any]]]:
        return [(field, field.name, field.codec.write) for field in self.fields]

    @cached_property
    def _required(self) -> list[tuple[str, str, Callable[[object], object]]]:
        return [one for field, one in self._read if not (field.absent_if_empty or field.newer)]

    @cached_property
    def _optional(self) -> list[tuple[str, str, Callable[[object], object]]]:
        return [one for field, one in self._read if field.absent_if_empty or field.newer]

    @cached_property
    def _read(self) -> list[tuple[Field, tuple[str, str, Callable[[object], object]]]]:
        readable = (field for field in self.fields if not (field.derived or field.spread))
        return [(field, (field.name, field.key, field.codec.read)) for field in readable]

    @cached_property
    def _derived(self) -> list[Field]:
        return [field for field in self.fields if field.derived]

    @cached_property
    def _spread(self) -> list[Field]:
        return [field for field in self.fields if field.spread]


def _order_result(
    full_reason: str, status: OrderStatus, order_id: str, at: datetime, symbol: str, side: Side, quantity: Decimal
) -> OrderResult:
    # Only the end of an order that was not filled in full has a code; a decision's codes may be spelt like one.
    reason, end, detail = (full_reason, None, "")
    if status is not OrderStatus.FILLED:
        reason, end, detail = OrderResult.split_reason(full_reason)
    return OrderResult(order_id, at, symbol, side, quantity, status, reason, end, detail)


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
            ),
        ),
        EventFields("order", OrderIntent, (*_ORDER, _REASON)),
        EventFields(
            "order_result",
            OrderResult,
            (
                *_LEG,
                Field("quantity", MONEY_FROM_ZERO),  # an order below one step ends unsent, with zero coins
                Field("reason", TEXT, "full_reason"),
                Field("status", code_of(OrderStatus)),
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
