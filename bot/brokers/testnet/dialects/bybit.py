"""Bybit's API v5, spot on a unified account; not tried against the real testnet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
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
from bot.core.instrument import VenueRules
from bot.core.orders import Side

_MEANINGS = MappingProxyType(
    {
        # The last two say that an order of this id stands already: perhaps the very one, sent before.
        **dict.fromkeys(("10000", "10016", "10019", "110072", "170141"), Meaning.UNKNOWN),
        **dict.fromkeys(("10006", "10018"), Meaning.TOO_OFTEN),
        **dict.fromkeys(("110001", "170213"), Meaning.MISSING),
        **dict.fromkeys(("10003", "10004", "10005", "10010", "33004"), Meaning.KEY),
        "10002": Meaning.WRONG_TIME,
    }
)
_STATUSES = MappingProxyType(
    {
        "New": VenueStatus.OPEN,
        "PartiallyFilled": VenueStatus.PARTIAL,
        "Filled": VenueStatus.FILLED,
        "Cancelled": VenueStatus.CANCELED,
        "PartiallyFilledCanceled": VenueStatus.CANCELED,
        "Deactivated": VenueStatus.EXPIRED,
        "Rejected": VenueStatus.REJECTED,
    }
)
_SPOT = MappingProxyType({"category": "spot"})


class Bybit:
    """As documented for v5."""

    tried = False

    def __init__(self, venue: str) -> None:
        self._venue = venue

    def verdict(self, status: int, said: Any) -> RefusalMeaning:
        """Errors come with status 200 and a retCode that is not 0."""
        code = said.get("retCode") if isinstance(said, dict) else None
        if not isinstance(code, int):
            return RefusalMeaning(Meaning.UNKNOWN, f"HTTP {status}")
        return (
            OBEYED
            if code == 0
            else RefusalMeaning(_MEANINGS.get(str(code), Meaning.REFUSED), str(code), str(said.get("retMsg", "")))
        )

    def time(self) -> VenueRequest:
        return VenueRequest("publicGetV5MarketTime", {})

    def read_time(self, said: Any) -> datetime:
        return moment(said["time"])

    def listings(self) -> VenueRequest:
        return VenueRequest("publicGetV5MarketInstrumentsInfo", _SPOT)

    def read_listings(self, said: Any) -> Sequence[SpotPair]:
        return [self._listing(one) for one in said["result"]["list"]]

    def _listing(self, one: Mapping[str, Any]) -> SpotPair:
        base, quote, lots = text(one["baseCoin"]), text(one["quoteCoin"]), one["lotSizeFilter"]
        least = number(lots.get("minOrderAmt") or "0")
        rules = VenueRules(
            base,
            self._venue,
            f"{base}/{quote}",
            step=plain(positive(lots["basePrecision"])),
            tick=plain(positive(one["priceFilter"]["tickSize"])),
            min_notional=plain(least) if least else None,
            active=one["status"] == "Trading",
        )
        return SpotPair(text(one["symbol"]), base, quote, rules)

    def balances(self) -> VenueRequest:
        return VenueRequest("privateGetV5AccountWalletBalance", {"accountType": "UNIFIED"})

    def read_balances(self, said: Any) -> Sequence[AssetBalance]:
        return [_balance(one) for account in said["result"]["list"] for one in account["coin"]]

    def best_ask(self, listing: SpotPair) -> VenueRequest | None:
        return None

    def read_best_ask(self, said: Any) -> Decimal:
        raise LookupError("is never asked")

    def submit(self, order: MarketOrder, best_ask: Decimal | None) -> VenueRequest:
        fields = {
            **_one(order.client_order_id, order.listing),
            "side": order.side.capitalize(),
            "orderType": "Market",
            "qty": f"{order.quantity:f}",
            "marketUnit": "baseCoin",
        }
        return VenueRequest("privatePostV5OrderCreate", fields)

    def read_submitted(self, said: Any, listing: SpotPair) -> OrderReport | None:
        text(said["result"]["orderId"])
        return None

    def find(self, client_order_id: str, listing: SpotPair) -> Sequence[VenueRequest]:
        # Orders that ended leave the first list for the second.
        one = _one(client_order_id, listing)
        return [VenueRequest("privateGetV5OrderRealtime", one), VenueRequest("privateGetV5OrderHistory", one)]

    def read_found(self, said: Any, client_order_id: str, listing: SpotPair) -> OrderReport | None:
        reports = [_report(one, listing) for one in said["result"]["list"]]
        return next((found for found in reports if found.client_order_id == client_order_id), None)

    def cancel(self, client_order_id: str, listing: SpotPair) -> VenueRequest:
        return VenueRequest("privatePostV5OrderCancel", _one(client_order_id, listing))

    def fills(self, report: OrderReport, listing: SpotPair) -> VenueRequest:
        fields = {**_SPOT, "symbol": listing.name, "orderId": report.venue_order_id, "limit": "100"}
        return VenueRequest("privateGetV5ExecutionList", fields)

    def trades(self, listing: SpotPair) -> VenueRequest:
        return VenueRequest("privateGetV5ExecutionList", {**_SPOT, "symbol": listing.name, "limit": "100"})

    def read_fills(self, said: Any) -> Sequence[VenueFill]:
        return [
            VenueFill(
                text(one["execId"]),
                positive(one["execPrice"]),
                positive(one["execQty"]),
                signed_number(one["execFee"]),
                text(one["feeCurrency"]),
                moment(one["execTime"]),
            )
            for one in said["result"]["list"]
        ]


def _one(client_order_id: str, listing: SpotPair) -> dict[str, str]:
    return {**_SPOT, "symbol": listing.name, "orderLinkId": client_order_id}


def _balance(one: Mapping[str, Any]) -> AssetBalance:
    whole, locked = number(one["walletBalance"] or "0"), number(one.get("locked") or "0")
    return AssetBalance(text(one["coin"]), whole - locked, locked)


def _report(said: Any, listing: SpotPair) -> OrderReport:
    if said["symbol"] != listing.name:
        raise ValueError("an order of another pair")
    # A client id is empty where the order was placed by hand.
    return OrderReport(
        str(said["orderLinkId"]),
        text(said["orderId"]),
        listing.pair,
        Side(said["side"].lower()),
        quantity=positive(said["qty"]),
        filled=number(said["cumExecQty"] or "0"),
        status=_STATUSES[said["orderStatus"]],
    )
