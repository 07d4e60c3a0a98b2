"""Binance's spot API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
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
    json_list,
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
from bot.core.instrument import VenueRules
from bot.core.orders import Side

_MEANINGS = MappingProxyType(
    {
        # Internal errors and timeouts: Binance documents the execution status as unknown.
        **dict.fromkeys(("-1000", "-1001", "-1006", "-1007"), Meaning.UNKNOWN),
        **dict.fromkeys(("-1003", "-1008", "-1015"), Meaning.RATE_LIMIT),
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
    """Binance as documented for the spot API, and the local venue."""

    verified = True

    def __init__(self, venue: str) -> None:
        self._venue = venue

    def classify(self, status: int, data: object) -> ResponseMeaning:
        """Read the outcome. Errors are {"code": a number below zero, "msg": ...}, with any HTTP status."""
        if isinstance(data, dict) and isinstance(code := data.get("code"), int) and code < 0:
            message = str(data.get("msg", ""))
            # -2010 is a refusal, but with this text an order of the same id is open: perhaps this very one, sent
            # before. Once it has ended the id is accepted again, so the text must lead to a look-up.
            meaning = Meaning.UNKNOWN if message == _DUPLICATE else _MEANINGS.get(str(code), Meaning.REFUSED)
            return ResponseMeaning(meaning, str(code), message)
        return ACCEPTED if 200 <= status < 300 else ResponseMeaning(Meaning.UNKNOWN, f"HTTP {status}")

    def time_request(self) -> VenueRequest:
        return VenueRequest("publicGetTime", {})

    def read_time(self, data: object) -> datetime:
        return moment(json_object(data)["serverTime"])

    def pairs_request(self) -> VenueRequest:
        return VenueRequest("publicGetExchangeInfo", {})

    def read_pairs(self, data: object) -> Sequence[SpotPair]:
        rows = json_objects(json_object(data)["symbols"])
        return [self._pair(row) for row in rows if row.get("isSpotTradingAllowed") is not False]

    def _pair(self, row: Json) -> SpotPair:
        filters = {name_of(each["filterType"]): each for each in json_objects(row["filters"])}
        notional = filters.get("NOTIONAL") or filters.get("MIN_NOTIONAL") or {}
        min_notional = number(notional.get("minNotional", "0"))
        base, quote = identifier(row["baseAsset"]), identifier(row["quoteAsset"])
        # A market order must pass both filters of quantities.
        lots = [filters["LOT_SIZE"], filters.get("MARKET_LOT_SIZE", {})]
        smallest, largest = ([bound(lot.get(name)) for lot in lots] for name in ("minQty", "maxQty"))
        rules = VenueRules(
            base,
            self._venue,
            f"{base}/{quote}",
            step=plain(positive(filters["LOT_SIZE"]["stepSize"])),
            tick=plain(positive(filters["PRICE_FILTER"]["tickSize"])),
            min_notional=plain(min_notional) if min_notional else None,
            # Other statuses, such as CANCEL_ONLY, refuse new orders.
            active=row["status"] == "TRADING" and "MARKET" in json_list(row["orderTypes"]),
            min_quantity=max((quantity for quantity in smallest if quantity), default=None),
            max_quantity=min((quantity for quantity in largest if quantity), default=None),
        )
        return SpotPair(identifier(row["symbol"]), base, quote, rules)

    def balances_request(self) -> VenueRequest:
        return VenueRequest("privateGetAccount", {"omitZeroBalances": "false"})

    def read_balances(self, data: object) -> Sequence[AssetBalance]:
        return [
            AssetBalance(identifier(row["asset"]), number(row["free"]), number(row["locked"]))
            for row in json_objects(json_object(data)["balances"])
        ]

    def best_ask_request(self, pair: SpotPair) -> VenueRequest | None:
        return None

    def read_best_ask(self, data: object) -> Decimal:
        raise LookupError("the best ask is not requested")

    def submit_request(self, order: MarketOrder, best_ask: Decimal | None) -> VenueRequest:
        fields = {
            "symbol": order.pair.name,
            "side": order.side.upper(),
            "type": "MARKET",
            "quantity": f"{order.quantity:f}",
            "newClientOrderId": order.client_order_id,
            "newOrderRespType": "FULL",
        }
        return VenueRequest("privatePostOrder", fields)

    def read_submitted(self, data: object, pair: SpotPair) -> OrderReport | None:
        order = json_object(data)
        at = moment(order["transactTime"])
        fills = tuple(_fill(row, row["tradeId"], at) for row in json_objects(order["fills"]))
        return _report(order, pair, fills)

    def find_requests(self, client_order_id: str, pair: SpotPair) -> Sequence[VenueRequest]:
        return [VenueRequest("privateGetOrder", {"symbol": pair.name, "origClientOrderId": client_order_id})]

    def read_found(self, data: object, client_order_id: str, pair: SpotPair) -> OrderReport | None:
        return _report(json_object(data), pair)

    def cancel_request(self, client_order_id: str, pair: SpotPair) -> VenueRequest:
        return VenueRequest("privateDeleteOrder", {"symbol": pair.name, "origClientOrderId": client_order_id})

    def fills_request(self, report: OrderReport, pair: SpotPair) -> VenueRequest:
        fields = {"symbol": pair.name, "orderId": report.venue_order_id, "limit": "1000"}
        return VenueRequest("privateGetMyTrades", fields)

    def trades_request(self, pair: SpotPair) -> VenueRequest:
        return VenueRequest("privateGetMyTrades", {"symbol": pair.name, "limit": "1000"})

    def read_fills(self, data: object) -> Sequence[VenueFill]:
        return [_fill(row, row["id"], moment(row["time"])) for row in json_objects(data)]


def _fill(row: Json, fill_id: object, at: datetime) -> VenueFill:
    return VenueFill(
        identifier(fill_id),
        positive(row["price"]),
        positive(row["qty"]),
        signed_number(row["commission"]),
        identifier(row["commissionAsset"]),
        at,
    )


def _report(order: Json, pair: SpotPair, fills: tuple[VenueFill, ...] = ()) -> OrderReport:
    if order["symbol"] != pair.name:
        raise ValueError("an order of another pair")
    return OrderReport(
        identifier(order["clientOrderId"]),
        identifier(order["orderId"]),
        pair.pair,
        Side(name_of(order["side"]).lower()),
        quantity=positive(order["origQty"]),
        filled=number(order["executedQty"]),
        status=_STATUSES[name_of(order["status"])],
        fills=fills,
    )
