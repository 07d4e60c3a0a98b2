"""Binance's spot API."""

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
        **dict.fromkeys(("-1000", "-1001", "-1006", "-1007"), Meaning.UNKNOWN),
        **dict.fromkeys(("-1003", "-1008", "-1015"), Meaning.TOO_OFTEN),
        **dict.fromkeys(("-2011", "-2013"), Meaning.MISSING),
        **dict.fromkeys(("-1022", "-2014", "-2015"), Meaning.KEY),
        "-1021": Meaning.WRONG_TIME,
    }
)
_DUPLICATE = "Duplicate order sent."
_STATUSES = MappingProxyType(
    {
        "NEW": VenueStatus.OPEN,
        "PENDING_NEW": VenueStatus.OPEN,
        "PENDING_CANCEL": VenueStatus.OPEN,
        "PARTIALLY_FILLED": VenueStatus.PARTIAL,
        "FILLED": VenueStatus.FILLED,
        "CANCELED": VenueStatus.CANCELED,
        "EXPIRED": VenueStatus.EXPIRED,
        "EXPIRED_IN_MATCH": VenueStatus.EXPIRED,
        "REJECTED": VenueStatus.REJECTED,
    }
)


class Binance:
    """As documented for the spot API, and as the venue in a box speaks."""

    tried = True

    def __init__(self, venue: str) -> None:
        self._venue = venue

    def verdict(self, status: int, said: Any) -> RefusalMeaning:
        """Errors are {"code": a number below zero, "msg": ...}, whatever the status."""
        if isinstance(said, dict) and isinstance(code := said.get("code"), int) and code < 0:
            message = str(said.get("msg", ""))
            # An order of this id stands already: perhaps the very one that is asked for, sent before.
            meaning = Meaning.UNKNOWN if message == _DUPLICATE else _MEANINGS.get(str(code), Meaning.REFUSED)
            return RefusalMeaning(meaning, str(code), message)
        return OBEYED if 200 <= status < 300 else RefusalMeaning(Meaning.UNKNOWN, f"HTTP {status}")

    def time(self) -> VenueRequest:
        return VenueRequest("publicGetTime", {})

    def read_time(self, said: Any) -> datetime:
        return moment(said["serverTime"])

    def listings(self) -> VenueRequest:
        return VenueRequest("publicGetExchangeInfo", {})

    def read_listings(self, said: Any) -> Sequence[SpotPair]:
        return [self._listing(one) for one in said["symbols"] if one.get("isSpotTradingAllowed") is not False]

    def _listing(self, one: Mapping[str, Any]) -> SpotPair:
        filters = {found["filterType"]: found for found in one["filters"]}
        notional = filters.get("NOTIONAL") or filters.get("MIN_NOTIONAL") or {}
        least = number(notional.get("minNotional", "0"))
        rules = VenueRules(
            text(one["baseAsset"]),
            self._venue,
            f"{text(one['baseAsset'])}/{text(one['quoteAsset'])}",
            step=plain(positive(filters["LOT_SIZE"]["stepSize"])),
            tick=plain(positive(filters["PRICE_FILTER"]["tickSize"])),
            min_notional=plain(least) if least else None,
            active=one["status"] == "TRADING" and "MARKET" in one["orderTypes"],
        )
        return SpotPair(text(one["symbol"]), text(one["baseAsset"]), text(one["quoteAsset"]), rules)

    def balances(self) -> VenueRequest:
        return VenueRequest("privateGetAccount", {"omitZeroBalances": "false"})

    def read_balances(self, said: Any) -> Sequence[AssetBalance]:
        return [
            AssetBalance(text(one["asset"]), number(one["free"]), number(one["locked"])) for one in said["balances"]
        ]

    def best_ask(self, listing: SpotPair) -> VenueRequest | None:
        return None

    def read_best_ask(self, said: Any) -> Decimal:
        raise LookupError("is never asked")

    def submit(self, order: MarketOrder, best_ask: Decimal | None) -> VenueRequest:
        fields = {
            "symbol": order.listing.name,
            "side": order.side.upper(),
            "type": "MARKET",
            "quantity": f"{order.quantity:f}",
            "newClientOrderId": order.client_order_id,
            "newOrderRespType": "FULL",
        }
        return VenueRequest("privatePostOrder", fields)

    def read_submitted(self, said: Any, listing: SpotPair) -> OrderReport | None:
        at = moment(said["transactTime"])
        fills = tuple(
            VenueFill(
                text(one["tradeId"]),
                positive(one["price"]),
                positive(one["qty"]),
                signed_number(one["commission"]),
                text(one["commissionAsset"]),
                at,
            )
            for one in said["fills"]
        )
        return _report(said, listing, fills)

    def find(self, client_order_id: str, listing: SpotPair) -> Sequence[VenueRequest]:
        return [VenueRequest("privateGetOrder", {"symbol": listing.name, "origClientOrderId": client_order_id})]

    def read_found(self, said: Any, client_order_id: str, listing: SpotPair) -> OrderReport | None:
        return _report(said, listing)

    def cancel(self, client_order_id: str, listing: SpotPair) -> VenueRequest:
        return VenueRequest("privateDeleteOrder", {"symbol": listing.name, "origClientOrderId": client_order_id})

    def fills(self, report: OrderReport, listing: SpotPair) -> VenueRequest:
        fields = {"symbol": listing.name, "orderId": report.venue_order_id, "limit": "1000"}
        return VenueRequest("privateGetMyTrades", fields)

    def trades(self, listing: SpotPair) -> VenueRequest:
        return VenueRequest("privateGetMyTrades", {"symbol": listing.name, "limit": "1000"})

    def read_fills(self, said: Any) -> Sequence[VenueFill]:
        return [
            VenueFill(
                text(one["id"]),
                positive(one["price"]),
                positive(one["qty"]),
                signed_number(one["commission"]),
                text(one["commissionAsset"]),
                moment(one["time"]),
            )
            for one in _rows(said)
        ]


def _rows(said: Any) -> list[Any]:
    if not isinstance(said, list):
        raise TypeError("is no list")
    return said


def _report(said: Any, listing: SpotPair, fills: tuple[VenueFill, ...] = ()) -> OrderReport:
    if said["symbol"] != listing.name:
        raise ValueError("an order of another pair")
    return OrderReport(
        text(said["clientOrderId"]),
        text(said["orderId"]),
        listing.pair,
        Side(said["side"].lower()),
        quantity=positive(said["origQty"]),
        filled=number(said["executedQty"]),
        status=_STATUSES[said["status"]],
        fills=fills,
    )
