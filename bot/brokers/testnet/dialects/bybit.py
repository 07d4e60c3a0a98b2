"""Bybit's API v5, spot on a unified account. Written from the documentation; the real testnet was not reached."""

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
        # With the last two an order of this id exists: perhaps this very one, sent before.
        **dict.fromkeys(("10000", "10016", "10019", "110072", "170141"), Meaning.UNKNOWN),
        **dict.fromkeys(("10006", "10018"), Meaning.RATE_LIMIT),
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
"""In every request, since the same paths serve futures and options."""


class Bybit:
    """Bybit as documented for v5."""

    verified = False

    def __init__(self, venue: str) -> None:
        self._venue = venue

    def classify(self, status: int, data: object) -> ResponseMeaning:
        """Read the outcome. Errors come with HTTP status 200 and a retCode other than 0."""
        if not isinstance(data, dict) or not isinstance(code := data.get("retCode"), int):
            return ResponseMeaning(Meaning.UNKNOWN, f"HTTP {status}")
        if code == 0:
            return ACCEPTED
        return ResponseMeaning(_MEANINGS.get(str(code), Meaning.REFUSED), str(code), str(data.get("retMsg", "")))

    def time_request(self) -> VenueRequest:
        return VenueRequest("publicGetV5MarketTime", {})

    def read_time(self, data: object) -> datetime:
        return moment(json_object(data)["time"])

    def pairs_request(self) -> VenueRequest:
        return VenueRequest("publicGetV5MarketInstrumentsInfo", _SPOT)

    def read_pairs(self, data: object) -> Sequence[SpotPair]:
        return [self._pair(row) for row in _rows(data)]

    def _pair(self, row: Json) -> SpotPair:
        base, quote, lots = identifier(row["baseCoin"]), identifier(row["quoteCoin"]), json_object(row["lotSizeFilter"])
        min_notional = number(lots.get("minOrderAmt") or "0")
        rules = VenueRules(
            base,
            self._venue,
            f"{base}/{quote}",
            step=plain(positive(lots["basePrecision"])),
            tick=plain(positive(json_object(row["priceFilter"])["tickSize"])),
            min_notional=plain(min_notional) if min_notional else None,
            active=row["status"] == "Trading",
            min_quantity=bound(lots.get("minOrderQty")),
            max_quantity=bound(lots.get("maxMarketOrderQty") or lots.get("maxOrderQty")),
        )
        return SpotPair(identifier(row["symbol"]), base, quote, rules)

    def balances_request(self) -> VenueRequest:
        return VenueRequest("privateGetV5AccountWalletBalance", {"accountType": "UNIFIED"})

    def read_balances(self, data: object) -> Sequence[AssetBalance]:
        return [_balance(coin) for account in _rows(data) for coin in json_objects(account["coin"])]

    def best_ask_request(self, pair: SpotPair) -> VenueRequest | None:
        return None

    def read_best_ask(self, data: object) -> Decimal:
        raise LookupError("the best ask is not requested")

    def submit_request(self, order: MarketOrder, best_ask: Decimal | None) -> VenueRequest:
        fields = {
            **_order_fields(order.client_order_id, order.pair),
            "side": order.side.capitalize(),
            "orderType": "Market",
            "qty": f"{order.quantity:f}",
            # Without it the quantity of a purchase is an amount in the quote currency.
            "marketUnit": "baseCoin",
        }
        return VenueRequest("privatePostV5OrderCreate", fields)

    def read_submitted(self, data: object, pair: SpotPair) -> OrderReport | None:
        identifier(json_object(json_object(data)["result"])["orderId"])
        return None

    def find_requests(self, client_order_id: str, pair: SpotPair) -> Sequence[VenueRequest]:
        # An ended order moves from the first list to the second.
        fields = _order_fields(client_order_id, pair)
        return [VenueRequest("privateGetV5OrderRealtime", fields), VenueRequest("privateGetV5OrderHistory", fields)]

    def read_found(self, data: object, client_order_id: str, pair: SpotPair) -> OrderReport | None:
        reports = [_report(row, pair) for row in _rows(data)]
        return next((report for report in reports if report.client_order_id == client_order_id), None)

    def cancel_request(self, client_order_id: str, pair: SpotPair) -> VenueRequest:
        return VenueRequest("privatePostV5OrderCancel", _order_fields(client_order_id, pair))

    def fills_request(self, report: OrderReport, pair: SpotPair) -> VenueRequest:
        fields = {**_SPOT, "symbol": pair.name, "orderId": report.venue_order_id, "limit": "100"}
        return VenueRequest("privateGetV5ExecutionList", fields)

    def trades_request(self, pair: SpotPair) -> VenueRequest:
        return VenueRequest("privateGetV5ExecutionList", {**_SPOT, "symbol": pair.name, "limit": "100"})

    def read_fills(self, data: object) -> Sequence[VenueFill]:
        return [
            VenueFill(
                identifier(row["execId"]),
                positive(row["execPrice"]),
                positive(row["execQty"]),
                signed_number(row["execFee"]),
                identifier(row["feeCurrency"]),
                moment(row["execTime"]),
            )
            for row in _rows(data)
        ]


def _rows(data: object) -> list[Json]:
    return json_objects(json_object(json_object(data)["result"])["list"])


def _order_fields(client_order_id: str, pair: SpotPair) -> dict[str, str]:
    return {**_SPOT, "symbol": pair.name, "orderLinkId": client_order_id}


def _balance(row: Json) -> AssetBalance:
    total, locked = number(row["walletBalance"] or "0"), number(row.get("locked") or "0")
    return AssetBalance(identifier(row["coin"]), total - locked, locked)


def _report(row: Json, pair: SpotPair) -> OrderReport:
    if row["symbol"] != pair.name:
        raise ValueError("an order of another pair")
    return OrderReport(
        # The client id is empty for an order placed by hand.
        str(row["orderLinkId"]),
        identifier(row["orderId"]),
        pair.pair,
        Side(name_of(row["side"]).lower()),
        quantity=positive(row["qty"]),
        filled=number(row["cumExecQty"] or "0"),
        status=_STATUSES[name_of(row["orderStatus"])],
    )
