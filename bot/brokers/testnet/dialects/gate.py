"""Gate's API v4, spot account. Written from the documentation; the real testnet was not reached."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_UP, Decimal
from types import MappingProxyType

from bot.brokers.testnet.dialects.dialect import (
    ACCEPTED,
    MarketOrder,
    Meaning,
    ResponseMeaning,
    SpotPair,
    VenueRequest,
)
from bot.brokers.testnet.dialects.json_values import (
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
from bot.brokers.testnet.reports import AssetBalance, OrderReport, VenueFill, VenueStatus
from bot.core.errors import OutcomeUnknown
from bot.core.instrument import VenueRules
from bot.core.orders import Side

_MEANINGS = MappingProxyType(
    {
        **dict.fromkeys(("INTERNAL", "SERVER_ERROR", "TOO_BUSY", "REPEATED_CREATION"), Meaning.UNKNOWN),
        **dict.fromkeys(("TOO_MANY_REQUESTS", "TOO_FAST"), Meaning.RATE_LIMIT),
        **dict.fromkeys(("INVALID_KEY", "INVALID_SIGNATURE", "IP_FORBIDDEN", "FORBIDDEN", "READ_ONLY"), Meaning.KEY),
        "ORDER_NOT_FOUND": Meaning.MISSING,
        "REQUEST_EXPIRED": Meaning.WRONG_TIME,
    }
)
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

    def classify(self, status: int, data: object) -> ResponseMeaning:
        """Read the outcome. Errors are {"label": ..., "message": ...}."""
        if isinstance(data, dict) and isinstance(label := data.get("label"), str) and label:
            return ResponseMeaning(_MEANINGS.get(label, Meaning.REFUSED), label, str(data.get("message", "")))
        is_valid = 200 <= status < 300 and isinstance(data, dict | list)
        return ACCEPTED if is_valid else ResponseMeaning(Meaning.UNKNOWN, f"HTTP {status}")

    def time_request(self) -> VenueRequest:
        return VenueRequest("publicSpotGetTime", {})

    def read_time(self, data: object) -> datetime:
        return moment(json_object(data)["server_time"])

    def pairs_request(self) -> VenueRequest:
        return VenueRequest("publicSpotGetCurrencyPairs", {})

    def read_pairs(self, data: object) -> Sequence[SpotPair]:
        return [self._pair(row) for row in json_objects(data)]

    def _pair(self, row: Json) -> SpotPair:
        base, quote = identifier(row["base"]), identifier(row["quote"])
        min_notional = number(row.get("min_quote_amount") or "0")
        rules = VenueRules(
            base,
            self._venue,
            f"{base}/{quote}",
            step=Decimal(1).scaleb(-integer(row["amount_precision"])),
            tick=Decimal(1).scaleb(-integer(row["precision"])),
            min_notional=plain(min_notional) if min_notional else None,
            active=row["trade_status"] == "tradable",
            min_quantity=bound(row.get("min_base_amount")),
            max_quantity=bound(row.get("max_base_amount")),
        )
        return SpotPair(identifier(row["id"]), base, quote, rules)

    def balances_request(self) -> VenueRequest:
        return VenueRequest("privateSpotGetAccounts", {})

    def read_balances(self, data: object) -> Sequence[AssetBalance]:
        return [
            AssetBalance(identifier(row["currency"]), number(row["available"]), number(row["locked"]))
            for row in json_objects(data)
        ]

    def best_ask_request(self, pair: SpotPair) -> VenueRequest | None:
        return VenueRequest("publicSpotGetTickers", {"currency_pair": pair.name})

    def read_best_ask(self, data: object) -> Decimal:
        return positive(json_objects(data)[0]["lowest_ask"])

    def submit_request(self, order: MarketOrder, best_ask: Decimal | None) -> VenueRequest:
        fields = {
            **_SPOT,
            "text": f"t-{order.client_order_id}",
            "currency_pair": order.pair.name,
            "side": str(order.side),
            "type": "market",
            "amount": f"{order.quantity:f}",
            "time_in_force": "ioc",
        }
        if best_ask is not None:
            tick = order.pair.rules.tick
            price = (best_ask * _LIMIT_ABOVE_ASK / tick).to_integral_value(ROUND_UP) * tick
            fields |= {"type": "limit", "price": f"{price:f}"}
        return VenueRequest("privateSpotPostOrders", fields)

    def read_submitted(self, data: object, pair: SpotPair) -> OrderReport | None:
        return _report(json_object(data), pair)

    def find_requests(self, client_order_id: str, pair: SpotPair) -> Sequence[VenueRequest]:
        # A single order is found by its client id for a short time only; later it is in the list of ended orders.
        single = {**_SPOT, "order_id": f"t-{client_order_id}", "currency_pair": pair.name}
        ended = {**_SPOT, "currency_pair": pair.name, "status": "finished", "limit": str(_PAGE)}
        return [VenueRequest("privateSpotGetOrdersOrderId", single), VenueRequest("privateSpotGetOrders", ended)]

    def read_found(self, data: object, client_order_id: str, pair: SpotPair) -> OrderReport | None:
        if isinstance(data, dict):
            return _report(data, pair)
        rows = json_objects(data)
        row = next((row for row in rows if row["text"] == f"t-{client_order_id}"), None)
        if row is None and len(rows) >= _PAGE:
            # A full page may end before the order: "missing" must be certain, since the order is then sent again.
            raise OutcomeUnknown("the order may be older than the listed ones", where=self._venue)
        return None if row is None else _report(row, pair)

    def cancel_request(self, client_order_id: str, pair: SpotPair) -> VenueRequest:
        fields = {**_SPOT, "order_id": f"t-{client_order_id}", "currency_pair": pair.name}
        return VenueRequest("privateSpotDeleteOrdersOrderId", fields)

    def fills_request(self, report: OrderReport, pair: SpotPair) -> VenueRequest:
        fields = {**_SPOT, "currency_pair": pair.name, "order_id": report.venue_order_id}
        return VenueRequest("privateSpotGetMyTrades", fields)

    def trades_request(self, pair: SpotPair) -> VenueRequest:
        return VenueRequest("privateSpotGetMyTrades", {**_SPOT, "currency_pair": pair.name})

    def read_fills(self, data: object) -> Sequence[VenueFill]:
        return [_fill(row) for row in json_objects(data)]


def _fill(row: Json) -> VenueFill:
    fee, asset = signed_number(row["fee"]), row.get("fee_currency")
    # A fee deducted in GT, Gate's own coin, has a field of its own.
    if not fee and (fee_in_gt := signed_number(row.get("gt_fee") or "0")):
        fee, asset = fee_in_gt, "GT"
    at = moment(row["create_time_ms"])
    return VenueFill(identifier(row["id"]), positive(row["price"]), positive(row["amount"]), fee, identifier(asset), at)


def _report(row: Json, pair: SpotPair) -> OrderReport:
    if row["currency_pair"] != pair.name:
        raise ValueError("an order of another pair")
    quantity, left = positive(row["amount"]), number(row["left"])
    open_status = VenueStatus.PARTIAL if left < quantity else VenueStatus.OPEN
    statuses = {"open": open_status, "closed": VenueStatus.FILLED, "cancelled": VenueStatus.CANCELED}
    return OrderReport(
        str(row["text"]).removeprefix("t-"),
        identifier(row["id"]),
        pair.pair,
        Side(name_of(row["side"])),
        quantity=quantity,
        filled=quantity - left,
        status=statuses[name_of(row["status"])],
    )
