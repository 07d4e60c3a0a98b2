"""Binance's spot API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from bot.brokers.testnet.dialects.dialect import MarketOrder, OrderKey, SpotPair, VenueRequest
from bot.brokers.testnet.dialects.fees import read_fee, read_side
from bot.brokers.testnet.dialects.json_values import (
    PARSE_ERRORS,
    Json,
    bound,
    identifier,
    json_list,
    json_object,
    json_objects,
    member,
    moment,
    name_of,
    number,
    plain,
    positive,
)
from bot.brokers.testnet.dialects.members import Members, read_members
from bot.brokers.testnet.dialects.response_table import ACCEPTED, Meaning, ResponseMeaning, ResponseTable, meanings
from bot.brokers.testnet.reports import AssetBalance, OrderReport, VenueFill, VenueStatus
from bot.core.instrument import VenueRules
from bot.core.orders import Side
from bot.core.text import printable

_TABLE = ResponseTable(
    meanings(
        refused=(
            *(-1002, -1013, -1014, -1020, -1099, -2010, -2011, -2016, -2026),
            # Documented as faults of the request itself, which is read before anything is done.
            *(-1100, -1101, -1102, -1103, -1104, -1105, -1106, -1108, -1111, -1112, -1114, -1115, -1116, -1117),
            *(-1118, -1119, -1120, -1121, -1122, -1127, -1128, -1130, -1131, -1134, -1135, -1145, -1151, -1182),
        ),
        missing=(-2013,),
        key=(-1022, -2014, -2015),
        wrong_time=(-1021,),
        rate_limit=(-1003, -1008, -1015),
        # Internal errors, timeouts and a shutdown: Binance documents the execution status as unknown, or not at all.
        unknown=(-1000, -1001, -1006, -1007, -1016),
    ),
    texts={
        # -2010 is a refusal, but with this text an order of the same id is open: perhaps this very one, sent before.
        # Once it has ended the id is accepted again, so the text must lead to a look-up.
        ("-2010", "Duplicate order sent."): Meaning.UNKNOWN,
        ("-2011", "Unknown order sent."): Meaning.MISSING,
    },
)
_SHOWN = 60
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

    def classify(self, status: int, data: object, text: str) -> ResponseMeaning:
        """Read the outcome. Errors are {"code": a number below zero, "msg": ...}, with any HTTP status."""
        if isinstance(data, dict) and isinstance(code := data.get("code"), int) and code < 0:
            return _TABLE.of_error(str(code), str(data.get("msg", "")))
        return ACCEPTED if data is not None and 200 <= status < 300 else _TABLE.of_page(status, text)

    def time_request(self) -> VenueRequest:
        return VenueRequest("publicGetTime", {})

    def read_time(self, data: object) -> datetime:
        return moment(json_object(data)["serverTime"])

    def pairs_request(self) -> VenueRequest:
        return VenueRequest("publicGetExchangeInfo", {})

    def read_pairs(self, data: object) -> Members[SpotPair]:
        rows = json_objects(json_object(data)["symbols"])
        spot = [row for row in rows if row.get("isSpotTradingAllowed") is not False]
        return read_members(spot, "symbol", self._pair)

    def _pair(self, row: Json) -> SpotPair:
        filters = _filters(row)
        notional = filters.get("NOTIONAL") or filters.get("MIN_NOTIONAL") or {}
        min_notional = number(notional.get("minNotional", "0"))
        base, quote = identifier(row["baseAsset"]), identifier(row["quoteAsset"])
        # A market order must pass both filters of quantities.
        lots = [member(filters, "LOT_SIZE"), filters.get("MARKET_LOT_SIZE", {})]
        smallest, largest = ([bound(lot.get(name)) for lot in lots] for name in ("minQty", "maxQty"))
        rules = VenueRules(
            base,
            self._venue,
            f"{base}/{quote}",
            step=plain(positive(lots[0]["stepSize"], "stepSize")),
            tick=plain(positive(member(filters, "PRICE_FILTER")["tickSize"], "tickSize")),
            min_notional=plain(min_notional) if min_notional else None,
            # Other statuses, such as CANCEL_ONLY, refuse new orders.
            active=row["status"] == "TRADING" and "MARKET" in json_list(row["orderTypes"]),
            min_quantity=max((quantity for quantity in smallest if quantity), default=None),
            max_quantity=min((quantity for quantity in largest if quantity), default=None),
        )
        return SpotPair(identifier(row["symbol"]), base, quote, rules)

    def balances_request(self) -> VenueRequest:
        return VenueRequest("privateGetAccount", {"omitZeroBalances": "false"})

    def read_balances(self, data: object) -> Members[AssetBalance]:
        return read_members(json_object(data)["balances"], "asset", _balance)

    def price_request(self, pair: SpotPair) -> VenueRequest | None:
        return None

    def read_limit_price(self, data: object, pair: SpotPair) -> Decimal:
        raise LookupError("a market order has no limit price")

    def submit_request(self, order: MarketOrder, limit_price: Decimal | None) -> VenueRequest:
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
        if "status" not in order:
            identifier(order["orderId"])
            return None
        try:
            at = moment(order["transactTime"])
            fills = tuple(_fill(row, row["tradeId"], at, order["side"], pair) for row in json_objects(order["fills"]))
        except PARSE_ERRORS:
            fills = ()  # the trades are asked for: what became of the order is known without them
        return _report(order, pair, fills)

    def find_requests(self, key: OrderKey, pair: SpotPair) -> Sequence[VenueRequest]:
        fields = {"symbol": pair.name, "origClientOrderId": key.client_order_id}
        if key.venue_order_id:
            # With both ids Binance finds the order by its own id and compares the client id.
            fields["orderId"] = key.venue_order_id
        return [VenueRequest("privateGetOrder", fields)]

    def read_found(self, data: object, key: OrderKey, pair: SpotPair) -> OrderReport | None:
        return _report(json_object(data), pair)

    def cancel_request(self, client_order_id: str, pair: SpotPair) -> VenueRequest:
        return VenueRequest("privateDeleteOrder", {"symbol": pair.name, "origClientOrderId": client_order_id})

    def fills_request(self, report: OrderReport, pair: SpotPair, sent_at: datetime | None) -> VenueRequest:
        fields = {"symbol": pair.name, "orderId": report.venue_order_id, "limit": "1000"}
        return VenueRequest("privateGetMyTrades", fields)

    def trades_request(self, pair: SpotPair) -> VenueRequest:
        return VenueRequest("privateGetMyTrades", {"symbol": pair.name, "limit": "1000"})

    def read_fills(self, data: object, pair: SpotPair) -> Sequence[VenueFill]:
        rows = json_objects(data)
        return [
            _fill(row, row["id"], moment(row["time"]), "buy" if row.get("isBuyer") else "sell", pair) for row in rows
        ]


def _filters(row: Json) -> dict[str, Json]:
    """Return the filters of a pair by type. Raises ValueError if two of one type differ."""
    filters: dict[str, Json] = {}
    for each in json_objects(row["filters"]):
        if filters.setdefault(name := name_of(each["filterType"]), each) != each:
            raise ValueError(f"two filters {printable(name)[:_SHOWN]} differ")
    return filters


def _balance(row: Json) -> AssetBalance:
    return AssetBalance(identifier(row["asset"]), number(row["free"]), number(row["locked"]))


def _fill(row: Json, fill_id: object, at: datetime, side: object, pair: SpotPair) -> VenueFill:
    fee = read_fee(row.get("commission"), row.get("commissionAsset"), side, pair)
    price, quantity = positive(row["price"]), positive(row["qty"])
    return VenueFill(identifier(fill_id), price, quantity, fee.amount, fee.asset, at, read_side(side))


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
        # Only expired orders have one; the enum has NONE too.
        reason=printable(str(order.get("expiryReason") or ""))[:_SHOWN].removeprefix("NONE").replace(";", ","),
    )
