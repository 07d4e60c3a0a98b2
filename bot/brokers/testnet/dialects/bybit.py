"""Bybit's API v5, spot on a unified account. Written from the documentation; the real testnet was not reached."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from bot.brokers.testnet.dialects.dialect import MarketOrder, OrderKey, SpotPair, VenueRequest
from bot.brokers.testnet.dialects.fees import read_fee, read_side
from bot.brokers.testnet.dialects.json_values import (
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
from bot.brokers.testnet.dialects.response_table import (
    ACCEPTED,
    Meaning,
    PageRule,
    ResponseMeaning,
    ResponseTable,
    meanings,
)
from bot.brokers.testnet.reports import AssetBalance, OrderReport, VenueFill, VenueStatus
from bot.core.instrument import VenueRules
from bot.core.orders import Side

_TABLE = ResponseTable(
    meanings(
        refused=(
            *(10001, 10017, 10020, 10024, 10027, 10028, 10029, 10032, 100028),
            *(110003, 110004, 110007, 110008, 110010, 110012, 110020, 110045, 110051, 110052, 110053, 110065, 110066),
            *(170010, 170011, 170019, 170031, 170033, 170034, 170036, 170037, 170105, 170115, 170116, 170117, 170121),
            *(170124, 170130, 170131, 170132, 170133, 170134, 170135, 170136, 170137, 170139, 170140, 170142, 170143),
            *(170144, 170145, 170148, 170151, 170157, 170159, 170190, 170191, 170192, 170193, 170194, 170197, 170198),
            *(170199, 170200, 170201, 170202, 170203, 170204, 170206, 170209, 170210, 170217, 170218, 170221, 170223),
            *(170224, 170226, 170227, 170228, 170229, 170241, 170344, 170371, 170372),
        ),
        missing=(110001, 170213),
        key=(10003, 10004, 10005, 10007, 10008, 10010, 33004),
        wrong_time=(10002,),
        rate_limit=(10006, 10009, 10018, 170005, 170222),
        # Timeouts, faults of the network and of the server, "Submitted to the system for processing!" (170035) and
        # duplicate ids (10014, 110072, 170141), with which the order exists: perhaps this very one, sent before.
        unknown=(
            *(10000, 10014, 10016, 10019, 110072, 170001, 170007, 170032, 170035, 170141, 170146, 170147, 170149),
            *(170150, 170234),
        ),
    ),
    pages=(
        # The retry policy pauses for ten minutes after it.
        PageRule(403, "access too frequent", Meaning.RATE_LIMIT),
        PageRule(401, "", Meaning.KEY),
    ),
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
_ONE_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_SPOT = MappingProxyType({"category": "spot"})
"""In every request, since the same paths serve futures and options."""


class Bybit:
    """Bybit as documented for v5."""

    verified = False

    def __init__(self, venue: str) -> None:
        self._venue = venue

    def classify(self, status: int, data: object, text: str) -> ResponseMeaning:
        """Read the outcome. Errors come with HTTP status 200 and a retCode other than 0."""
        if not isinstance(data, dict) or not isinstance(code := data.get("retCode"), int):
            return _TABLE.of_page(status, text)
        if code == 0:
            return ACCEPTED if 200 <= status < 300 else ResponseMeaning(Meaning.UNKNOWN, f"HTTP {status}")
        return _TABLE.of_error(str(code), str(data.get("retMsg", "")))

    def time_request(self) -> VenueRequest:
        return VenueRequest("publicGetV5MarketTime", {})

    def read_time(self, data: object) -> datetime:
        return moment(json_object(data)["time"])

    def pairs_request(self) -> VenueRequest:
        return VenueRequest("publicGetV5MarketInstrumentsInfo", _SPOT)

    def read_pairs(self, data: object) -> Members[SpotPair]:
        return read_members(_rows(data), "symbol", self._pair)

    def _pair(self, row: Json) -> SpotPair:
        base, quote, lots = identifier(row["baseCoin"]), identifier(row["quoteCoin"]), member(row, "lotSizeFilter")
        min_notional = number(lots.get("minOrderAmt") or "0")
        rules = VenueRules(
            base,
            self._venue,
            f"{base}/{quote}",
            step=plain(positive(lots["basePrecision"], "basePrecision")),
            tick=plain(positive(member(row, "priceFilter")["tickSize"], "tickSize")),
            min_notional=plain(min_notional) if min_notional else None,
            active=row["status"] == "Trading",
            min_quantity=bound(lots.get("minOrderQty")),
            max_quantity=bound(lots.get("maxMarketOrderQty") or lots.get("maxOrderQty")),
        )
        return SpotPair(identifier(row["symbol"]), base, quote, rules)

    def balances_request(self) -> VenueRequest:
        return VenueRequest("privateGetV5AccountWalletBalance", {"accountType": "UNIFIED"})

    def read_balances(self, data: object) -> Members[AssetBalance]:
        coins = [coin for account in _rows(data) for coin in json_list(account["coin"])]
        return read_members(coins, "coin", _balance)

    def price_request(self, pair: SpotPair) -> VenueRequest | None:
        return None

    def read_limit_price(self, data: object, pair: SpotPair) -> Decimal:
        raise LookupError("a market order has no limit price")

    def submit_request(self, order: MarketOrder, limit_price: Decimal | None) -> VenueRequest:
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

    def find_requests(self, key: OrderKey, pair: SpotPair) -> Sequence[VenueRequest]:
        # An ended order moves from the first list to the second, which shows seven days: the last ones by default.
        fields = _order_fields(key.client_order_id, pair)
        if key.venue_order_id:
            fields["orderId"] = key.venue_order_id
        ended = {**fields, **_week_of(key.sent_at)}
        return [VenueRequest("privateGetV5OrderRealtime", fields), VenueRequest("privateGetV5OrderHistory", ended)]

    def read_found(self, data: object, key: OrderKey, pair: SpotPair) -> OrderReport | None:
        row = next((row for row in _rows(data) if row.get("orderLinkId") == key.client_order_id), None)
        return None if row is None else _report(row, pair)

    def cancel_request(self, client_order_id: str, pair: SpotPair) -> VenueRequest:
        return VenueRequest("privatePostV5OrderCancel", _order_fields(client_order_id, pair))

    def fills_request(self, report: OrderReport, pair: SpotPair, sent_at: datetime | None) -> VenueRequest:
        fields = {**_SPOT, "symbol": pair.name, "orderId": report.venue_order_id, "limit": "100"}
        return VenueRequest("privateGetV5ExecutionList", {**fields, **_week_of(sent_at)})

    def trades_request(self, pair: SpotPair) -> VenueRequest:
        return VenueRequest("privateGetV5ExecutionList", {**_SPOT, "symbol": pair.name, "limit": "100"})

    def read_fills(self, data: object, pair: SpotPair) -> Sequence[VenueFill]:
        return [_fill(row, pair) for row in _rows(data)]


def _fill(row: Json, pair: SpotPair) -> VenueFill:
    fee = read_fee(row.get("execFee"), row.get("feeCurrency"), row.get("side"), pair)
    return VenueFill(
        identifier(row["execId"]),
        positive(row["execPrice"]),
        positive(row["execQty"]),
        fee.amount,
        fee.asset,
        moment(row["execTime"]),
        read_side(row.get("side")),
    )


def _week_of(sent_at: datetime | None) -> dict[str, str]:
    """Return the longest period that a history can be asked for, from a day before an order was sent."""
    if sent_at is None:
        return {}
    start = sent_at - _ONE_DAY
    return {"startTime": _milliseconds(start), "endTime": _milliseconds(start + _WEEK)}


def _milliseconds(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))


def _rows(data: object) -> list[Json]:
    return json_objects(json_object(json_object(data)["result"])["list"])


def _order_fields(client_order_id: str, pair: SpotPair) -> dict[str, str]:
    return {**_SPOT, "symbol": pair.name, "orderLinkId": client_order_id}


def _balance(row: Json) -> AssetBalance:
    total, locked = number(row["walletBalance"] or "0"), number(row.get("locked") or "0")
    return AssetBalance(identifier(row["coin"]), total - min(locked, total), min(locked, total))


def _report(row: Json, pair: SpotPair) -> OrderReport:
    if row["symbol"] != pair.name:
        raise ValueError("an order of another pair")
    if row.get("marketUnit") == "quoteCoin":
        raise ValueError("an order in an amount of money")
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
