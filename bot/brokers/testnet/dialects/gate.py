"""Gate's API v4, spot account. Written from the documentation; the real testnet was not reached."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from types import MappingProxyType

from bot.brokers.testnet.dialects.dialect import MarketOrder, OrderKey, SpotPair, VenueRequest
from bot.brokers.testnet.dialects.fees import read_fee, read_side
from bot.brokers.testnet.dialects.json_values import (
    PARSE_ERRORS,
    Json,
    bound,
    identifier,
    integer,
    json_object,
    json_objects,
    moment,
    name_of,
    number,
    plain,
    positive,
    signed_number,
)
from bot.brokers.testnet.dialects.members import Members, read_members
from bot.brokers.testnet.dialects.response_table import ACCEPTED, ResponseMeaning, ResponseTable, meanings
from bot.brokers.testnet.reports import AssetBalance, OrderReport, VenueFill, VenueStatus
from bot.core.errors import OutcomeUnknown
from bot.core.instrument import ZERO, VenueRules
from bot.core.orders import Side

_TABLE = ResponseTable(
    meanings(
        refused=(
            *("INVALID_PARAM_VALUE", "INVALID_PROTOCOL", "INVALID_ARGUMENT", "INVALID_REQUEST_BODY", "BAD_REQUEST"),
            *("MISSING_REQUIRED_PARAM", "INVALID_CONTENT_TYPE", "NOT_ACCEPTABLE", "METHOD_NOT_ALLOWED", "NOT_FOUND"),
            *("ACCOUNT_LOCKED", "SUB_ACCOUNT_LOCKED", "SUB_ACCOUNT_NOT_FOUND", "USER_NOT_FOUND", "TRADE_RESTRICTED"),
            *("INVALID_PRECISION", "INVALID_CURRENCY", "INVALID_CURRENCY_PAIR", "POC_FILL_IMMEDIATELY"),
            *("ORDER_CLOSED", "ORDER_CANCELLED", "QUANTITY_NOT_ENOUGH", "BALANCE_NOT_ENOUGH", "AMOUNT_TOO_LITTLE"),
            *("AMOUNT_TOO_MUCH", "TOO_MANY_CURRENCY_PAIRS", "TOO_MANY_ORDERS", "MIXED_ACCOUNT_TYPE", "FOK_NOT_FILL"),
            *("PRICE_THRESHOLD_EXCEEDED", "INSUFFICIENT_AVAILABLE"),
        ),
        missing=("ORDER_NOT_FOUND", "CLIENT_ID_NOT_FOUND"),
        key=(
            *("INVALID_KEY", "INVALID_SIGNATURE", "INVALID_CREDENTIALS", "AUTHENTICATION_FAILED"),
            *("IP_FORBIDDEN", "FORBIDDEN", "READ_ONLY"),
        ),
        wrong_time=("REQUEST_EXPIRED",),
        rate_limit=("TOO_MANY_REQUESTS", "TOO_FAST"),
        # Faults of the server, and an id that exists already: perhaps this very order, sent before.
        unknown=("INTERNAL", "SERVER_ERROR", "TOO_BUSY", "REPEATED_CREATION"),
    )
)
_SIDES = MappingProxyType(
    {
        "tradable": frozenset(Side),
        "buyable": frozenset({Side.BUY}),
        "sellable": frozenset({Side.SELL}),
    }
)
"""Sides that can be traded, by `trade_status`; none for other values."""
_ENDED_BY_VENUE = frozenset(
    {
        "ioc",
        "fok",
        "poc",
        "stp",
        "small",
        "depth_not_enough",
        "trader_not_enough",
        "price_protect_cancelled",
        "liquidate_cancelled",
    }
)
"""Values of `finish_as` with which the venue itself ended the rest of an order."""
_PAGE = 100
_LIMIT_ABOVE_ASK = Decimal("1.05")
"""Limit of a purchase as a factor of the best ask. Gate's market orders to buy take an amount of money, not coins."""
_SPOT = MappingProxyType({"account": "spot"})
"""In every request, since the same paths serve margin accounts."""


class Gate:
    """Gate as documented for v4. A client id is sent as `t-` and the id; the venue keeps it for a short time only."""

    verified = False

    def __init__(self, venue: str) -> None:
        self._venue = venue

    def classify(self, status: int, data: object, text: str) -> ResponseMeaning:
        """Read the outcome. Errors are {"label": ..., "message": ...}."""
        if isinstance(data, dict) and isinstance(label := data.get("label"), str) and label:
            return _TABLE.of_error(label, str(data.get("message", "")))
        is_valid = 200 <= status < 300 and isinstance(data, dict | list)
        return ACCEPTED if is_valid else _TABLE.of_page(status, text)

    def time_request(self) -> VenueRequest:
        return VenueRequest("publicSpotGetTime", {})

    def read_time(self, data: object) -> datetime:
        return moment(json_object(data)["server_time"])

    def pairs_request(self) -> VenueRequest:
        return VenueRequest("publicSpotGetCurrencyPairs", {})

    def read_pairs(self, data: object) -> Members[SpotPair]:
        return read_members(data, "id", self._pair)

    def _pair(self, row: Json) -> SpotPair:
        base, quote = identifier(row["base"]), identifier(row["quote"])
        min_notional = number(row.get("min_quote_amount") or "0")
        sides = _SIDES.get(name_of(row["trade_status"]), frozenset())
        up_rate = number(row.get("up_rate") or "0")
        rules = VenueRules(
            base,
            self._venue,
            f"{base}/{quote}",
            step=Decimal(1).scaleb(-integer(row["amount_precision"])),
            tick=Decimal(1).scaleb(-integer(row["precision"])),
            min_notional=plain(min_notional) if min_notional else None,
            active=bool(sides),
            min_quantity=bound(row.get("min_base_amount")),
            max_quantity=bound(row.get("max_base_amount")),
        )
        return SpotPair(identifier(row["id"]), base, quote, rules, sides, up_rate or None)

    def balances_request(self) -> VenueRequest:
        return VenueRequest("privateSpotGetAccounts", {})

    def read_balances(self, data: object) -> Members[AssetBalance]:
        return read_members(data, "currency", _balance)

    def price_request(self, pair: SpotPair) -> VenueRequest | None:
        return VenueRequest("publicSpotGetTickers", {"currency_pair": pair.name})

    def read_limit_price(self, data: object, pair: SpotPair) -> Decimal:
        """Return 5% above the best ask, at most `up_rate` above the last price: the venue refuses a higher price."""
        row = json_objects(data)[0]
        if row.get("currency_pair", pair.name) != pair.name:
            raise ValueError("a ticker of another pair")
        ask, tick = positive(row["lowest_ask"], "lowest_ask"), pair.rules.tick
        price = (ask * _LIMIT_ABOVE_ASK / tick).to_integral_value(ROUND_UP) * tick
        if pair.up_rate is None:
            return price
        # It is not documented which of the two prices the share is of: the lower bound holds for both.
        base = min(ask, positive(row.get("last") or ask))
        return min(price, (base * (1 + pair.up_rate) / tick).to_integral_value(ROUND_DOWN) * tick)

    def submit_request(self, order: MarketOrder, limit_price: Decimal | None) -> VenueRequest:
        fields = {
            **_SPOT,
            "text": f"t-{order.client_order_id}",
            "currency_pair": order.pair.name,
            "side": str(order.side),
            "type": "market",
            "amount": f"{order.quantity:f}",
            "time_in_force": "ioc",
        }
        if limit_price is not None:
            fields |= {"type": "limit", "price": f"{limit_price:f}"}
        return VenueRequest("privateSpotPostOrders", fields)

    def read_submitted(self, data: object, pair: SpotPair) -> OrderReport | None:
        return _report(json_object(data), pair)

    def find_requests(self, key: OrderKey, pair: SpotPair) -> Sequence[VenueRequest]:
        single = {**_SPOT, "order_id": key.venue_order_id or f"t-{key.client_order_id}", "currency_pair": pair.name}
        if key.venue_order_id:
            return [VenueRequest("privateSpotGetOrdersOrderId", single)]
        # By its client id an order is found for a short time only; later it is in the list of ended orders.
        ended = {**_SPOT, "currency_pair": pair.name, "status": "finished", "limit": str(_PAGE)}
        return [VenueRequest("privateSpotGetOrdersOrderId", single), VenueRequest("privateSpotGetOrders", ended)]

    def read_found(self, data: object, key: OrderKey, pair: SpotPair) -> OrderReport | None:
        if isinstance(data, dict):
            return _report(data, pair)
        rows = json_objects(data)
        row = next((row for row in rows if row.get("text") == f"t-{key.client_order_id}"), None)
        if row is None and len(rows) >= _PAGE:
            # A full page may end before the order: "missing" must be certain, since the order is then sent again.
            raise OutcomeUnknown("the order may be older than the listed ones", where=self._venue)
        return None if row is None else _report(row, pair)

    def cancel_request(self, client_order_id: str, pair: SpotPair) -> VenueRequest:
        fields = {**_SPOT, "order_id": f"t-{client_order_id}", "currency_pair": pair.name}
        return VenueRequest("privateSpotDeleteOrdersOrderId", fields)

    def fills_request(self, report: OrderReport, pair: SpotPair, sent_at: datetime | None) -> VenueRequest:
        fields = {**_SPOT, "currency_pair": pair.name, "order_id": report.venue_order_id}
        return VenueRequest("privateSpotGetMyTrades", fields)

    def trades_request(self, pair: SpotPair) -> VenueRequest:
        return VenueRequest("privateSpotGetMyTrades", {**_SPOT, "currency_pair": pair.name})

    def read_fills(self, data: object, pair: SpotPair) -> Sequence[VenueFill]:
        return [_fill(row, pair) for row in json_objects(data)]


def _balance(row: Json) -> AssetBalance:
    return AssetBalance(identifier(row["currency"]), number(row["available"]), number(row["locked"]))


def _fill(row: Json, pair: SpotPair) -> VenueFill:
    amount, asset = row.get("fee"), row.get("fee_currency")
    # A fee deducted in GT, Gate's own coin, or in points has a field of its own, and `fee` is then zero.
    for name, paid_in in (("gt_fee", "GT"), ("point_fee", "POINT")):
        if not _amount(amount) and _amount(row.get(name)):
            amount, asset = row[name], paid_in
    fee = read_fee(amount, asset, row.get("side"), pair)
    at = moment(row.get("create_time_ms") or number(row["create_time"]) * 1000)
    price, quantity, side = positive(row["price"]), positive(row["amount"]), read_side(row.get("side"))
    return VenueFill(identifier(row["id"]), price, quantity, fee.amount, fee.asset, at, side)


def _amount(value: object) -> Decimal:
    try:
        return signed_number(value)
    except PARSE_ERRORS:
        return ZERO


def _report(row: Json, pair: SpotPair) -> OrderReport:
    if row["currency_pair"] != pair.name:
        raise ValueError("an order of another pair")
    side = Side(name_of(row["side"]))
    if side is Side.BUY and row.get("type") == "market":
        raise ValueError("an order in an amount of money")
    quantity, left = positive(row["amount"]), number(row["left"])
    return OrderReport(
        str(row["text"]).removeprefix("t-"),
        identifier(row["id"]),
        pair.pair,
        side,
        quantity=quantity,
        filled=quantity - left,
        status=_status(name_of(row["status"]), row.get("finish_as"), quantity, left),
    )


def _status(status: str, finish_as: object, quantity: Decimal, left: Decimal) -> VenueStatus:
    """Read the status together with `finish_as`: a `closed` order may have ended with a part unfilled."""
    if status == "open":
        return VenueStatus.PARTIAL if left < quantity else VenueStatus.OPEN
    if status not in ("closed", "cancelled"):
        raise ValueError("an unknown status")
    if not left:
        return VenueStatus.FILLED
    is_expired = finish_as in _ENDED_BY_VENUE or status == "closed"
    return VenueStatus.EXPIRED if is_expired else VenueStatus.CANCELED
