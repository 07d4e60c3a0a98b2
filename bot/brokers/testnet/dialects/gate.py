"""Gate's API v4, spot account; not tried against the real testnet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_UP, Decimal
from types import MappingProxyType
from typing import Any

from bot.brokers.testnet.dialects.dialect import (
    OBEYED,
    MarketOrder,
    Meaning,
    RefusalMeaning,
    SpotPair,
    VenueRequest,
    moment,
    number,
    plain,
    positive,
    signed_number,
    text,
)
from bot.brokers.testnet.reports import AssetBalance, OrderReport, VenueFill, VenueStatus
from bot.core.errors import OutcomeUnknown
from bot.core.instrument import VenueRules
from bot.core.orders import Side

_MEANINGS = MappingProxyType(
    {
        **dict.fromkeys(("INTERNAL", "SERVER_ERROR", "TOO_BUSY", "REPEATED_CREATION"), Meaning.UNKNOWN),
        **dict.fromkeys(("TOO_MANY_REQUESTS", "TOO_FAST"), Meaning.TOO_OFTEN),
        **dict.fromkeys(("INVALID_KEY", "INVALID_SIGNATURE", "IP_FORBIDDEN", "FORBIDDEN", "READ_ONLY"), Meaning.KEY),
        "ORDER_NOT_FOUND": Meaning.MISSING,
        "REQUEST_EXPIRED": Meaning.WRONG_TIME,
    }
)
_PAGE = 100
_ABOVE_ASK = Decimal("1.05")
"""How far above the best ask an order to buy may be filled: a market order to buy would be one by amount of money."""
_SPOT = MappingProxyType({"account": "spot"})


class Gate:
    """As documented for v4. A client id is written `t-` and the id, and known to the venue for a short time only."""

    tried = False

    def __init__(self, venue: str) -> None:
        self._venue = venue

    def verdict(self, status: int, said: Any) -> RefusalMeaning:
        """Errors are {"label": ..., "message": ...}."""
        if isinstance(said, dict) and isinstance(label := said.get("label"), str) and label:
            return RefusalMeaning(_MEANINGS.get(label, Meaning.REFUSED), label, str(said.get("message", "")))
        sound = 200 <= status < 300 and isinstance(said, dict | list)
        return OBEYED if sound else RefusalMeaning(Meaning.UNKNOWN, f"HTTP {status}")

    def time(self) -> VenueRequest:
        return VenueRequest("publicSpotGetTime", {})

    def read_time(self, said: Any) -> datetime:
        return moment(said["server_time"])

    def listings(self) -> VenueRequest:
        return VenueRequest("publicSpotGetCurrencyPairs", {})

    def read_listings(self, said: Any) -> Sequence[SpotPair]:
        return [self._listing(one) for one in said]

    def _listing(self, one: Mapping[str, Any]) -> SpotPair:
        base, quote = text(one["base"]), text(one["quote"])
        least = number(one.get("min_quote_amount") or "0")
        rules = VenueRules(
            base,
            self._venue,
            f"{base}/{quote}",
            step=Decimal(1).scaleb(-int(one["amount_precision"])),
            tick=Decimal(1).scaleb(-int(one["precision"])),
            min_notional=plain(least) if least else None,
            active=one["trade_status"] == "tradable",
        )
        return SpotPair(text(one["id"]), base, quote, rules)

    def balances(self) -> VenueRequest:
        return VenueRequest("privateSpotGetAccounts", {})

    def read_balances(self, said: Any) -> Sequence[AssetBalance]:
        return [AssetBalance(text(one["currency"]), number(one["available"]), number(one["locked"])) for one in said]

    def best_ask(self, listing: SpotPair) -> VenueRequest | None:
        return VenueRequest("publicSpotGetTickers", {"currency_pair": listing.name})

    def read_best_ask(self, said: Any) -> Decimal:
        return positive(said[0]["lowest_ask"])

    def submit(self, order: MarketOrder, best_ask: Decimal | None) -> VenueRequest:
        fields = {
            **_SPOT,
            "text": f"t-{order.client_order_id}",
            "currency_pair": order.listing.name,
            "side": str(order.side),
            "type": "market",
            "amount": f"{order.quantity:f}",
            "time_in_force": "ioc",
        }
        if best_ask is not None:
            tick = order.listing.rules.tick
            price = (best_ask * _ABOVE_ASK / tick).to_integral_value(ROUND_UP) * tick
            fields |= {"type": "limit", "price": f"{price:f}"}
        return VenueRequest("privateSpotPostOrders", fields)

    def read_submitted(self, said: Any, listing: SpotPair) -> OrderReport | None:
        return _report(said, listing)

    def find(self, client_order_id: str, listing: SpotPair) -> Sequence[VenueRequest]:
        one = {**_SPOT, "order_id": f"t-{client_order_id}", "currency_pair": listing.name}
        finished = {**_SPOT, "currency_pair": listing.name, "status": "finished", "limit": str(_PAGE)}
        return [VenueRequest("privateSpotGetOrdersOrderId", one), VenueRequest("privateSpotGetOrders", finished)]

    def read_found(self, said: Any, client_order_id: str, listing: SpotPair) -> OrderReport | None:
        if isinstance(said, dict):
            return _report(said, listing)
        found = next((one for one in said if one["text"] == f"t-{client_order_id}"), None)
        if found is None and len(said) >= _PAGE:
            raise OutcomeUnknown("the order may have ended before the oldest that is shown", where=self._venue)
        return None if found is None else _report(found, listing)

    def cancel(self, client_order_id: str, listing: SpotPair) -> VenueRequest:
        fields = {**_SPOT, "order_id": f"t-{client_order_id}", "currency_pair": listing.name}
        return VenueRequest("privateSpotDeleteOrdersOrderId", fields)

    def fills(self, report: OrderReport, listing: SpotPair) -> VenueRequest:
        fields = {**_SPOT, "currency_pair": listing.name, "order_id": report.venue_order_id}
        return VenueRequest("privateSpotGetMyTrades", fields)

    def trades(self, listing: SpotPair) -> VenueRequest:
        return VenueRequest("privateSpotGetMyTrades", {**_SPOT, "currency_pair": listing.name})

    def read_fills(self, said: Any) -> Sequence[VenueFill]:
        return [_fill(one) for one in said]


def _fill(one: Mapping[str, Any]) -> VenueFill:
    fee, asset = signed_number(one["fee"]), one.get("fee_currency")
    if not fee and (of_gate := signed_number(one.get("gt_fee") or "0")):
        fee, asset = of_gate, "GT"
    at = moment(one["create_time_ms"])
    return VenueFill(text(one["id"]), positive(one["price"]), positive(one["amount"]), fee, text(asset), at)


def _report(said: Mapping[str, Any], listing: SpotPair) -> OrderReport:
    if said["currency_pair"] != listing.name:
        raise ValueError("an order of another pair")
    quantity, left = positive(said["amount"]), number(said["left"])
    begun = VenueStatus.PARTIAL if left < quantity else VenueStatus.OPEN
    statuses = {"open": begun, "closed": VenueStatus.FILLED, "cancelled": VenueStatus.CANCELED}
    return OrderReport(
        str(said["text"]).removeprefix("t-"),
        text(said["id"]),
        listing.pair,
        Side(said["side"]),
        quantity=quantity,
        filled=quantity - left,
        status=statuses[said["status"]],
    )
