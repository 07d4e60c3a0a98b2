"""Signed endpoints: account, orders and trades, with the fields of Binance."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum

from bot.core.instrument import ZERO
from bot.core.orders import Side
from bot.venue.http.endpoint import Endpoint, Json, MeteredExchange, always, by_symbol, milliseconds
from bot.venue.http.parameters import Parameters
from bot.venue.matching.account import Account
from bot.venue.matching.commission import CommissionMode
from bot.venue.matching.exact_decimals import exact, format_decimal
from bot.venue.matching.order import AccountTrade, Order, OrderRequest, OrderType, SelfTradeMode, TimeInForce
from bot.venue.matching.refusal import Refusal, malformed


class _ResponseType(StrEnum):
    """Detail of the response to a new order."""

    ACK = "ACK"
    RESULT = "RESULT"
    FULL = "FULL"


class _OrderSide(StrEnum):
    BUY = "BUY"
    SELL = "SELL"


def _account(metered: MeteredExchange, parameters: Parameters, key: str) -> object:
    omit_zero = parameters.text("omitZeroBalances") == "true"
    account = metered.exchange.account(key)
    assets = {listing.base for listing in metered.exchange.market.listings()} | {
        metered.exchange.terms.quote,
        *account.balances,
    }
    balances = [
        {"asset": asset, "free": format_decimal(balance.free), "locked": format_decimal(balance.locked)}
        for asset in sorted(assets)
        if (balance := account.balances[asset]).free or balance.locked or not omit_zero
    ]
    is_free = metered.exchange.terms.commission is CommissionMode.ZERO
    listings = metered.exchange.market.listings()
    fees = {format_decimal(ZERO if is_free else listing.instrument.fee) for listing in listings}
    # Binance has one fee an account. Pairs may differ here, and then the account shows none.
    fee = fees.pop() if len(fees) == 1 else format_decimal(ZERO)
    return {
        "makerCommission": int(Decimal(fee) * 10_000),
        "takerCommission": int(Decimal(fee) * 10_000),
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {"maker": fee, "taker": fee, "buyer": format_decimal(ZERO), "seller": format_decimal(ZERO)},
        "canTrade": True,
        "canWithdraw": False,
        "canDeposit": False,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": max((milliseconds(order.updated_at) for order in account.orders.values()), default=0),
        "accountType": "SPOT",
        "balances": balances,
        "permissions": ["SPOT"],
        "uid": 1,
    }


# --- placing and cancelling ----------------------------------------------------------------------------------------


def _place(metered: MeteredExchange, parameters: Parameters, key: str) -> object:
    request, response_type = _order_request(metered, parameters)
    # Checked before the order is counted and placed: a misspelt parameter must leave the account as it is.
    parameters.require_all_read()
    metered.weights.charge_order(metered.clock.server_time())
    return _placed_to_json(metered.exchange.place(key, request), response_type)


def _test(metered: MeteredExchange, parameters: Parameters, key: str) -> object:
    request, _ = _order_request(metered, parameters)
    parameters.ignore("computeCommissionRates")
    parameters.require_all_read()
    metered.exchange.check_order(key, request)
    return {}


def _order_request(metered: MeteredExchange, parameters: Parameters) -> tuple[OrderRequest, _ResponseType]:
    pair = metered.exchange.market.listing(parameters.symbol()).pair
    side = Side(parameters.choice("side", _OrderSide, -1117, "Invalid side.").lower())
    kind = parameters.choice("type", OrderType, -1116, "Invalid orderType.")
    price, quantity = parameters.decimal("price"), parameters.decimal("quantity")
    quote_quantity = parameters.decimal("quoteOrderQty")
    # Binance answers a maker order in short by default, since it cannot have a fill yet.
    default = _ResponseType.ACK if kind is OrderType.LIMIT_MAKER else _ResponseType.FULL
    response_type = default
    if "newOrderRespType" in parameters.sent:
        response_type = parameters.choice("newOrderRespType", _ResponseType, -1136, "Invalid newOrderRespType.")
    client_id = parameters.client_id("newClientOrderId") or metered.exchange.next_client_id()
    parameters.ignore("strategyId", "strategyType")
    self_trade = _self_trade_mode(parameters)
    _require_parameters(kind, price, quantity, quote_quantity)
    in_force = TimeInForce.GTC
    if kind is OrderType.LIMIT:
        in_force = parameters.choice("timeInForce", TimeInForce, -1115, "Invalid timeInForce.")
    elif parameters.text("timeInForce") is not None:
        raise Refusal(-1106, "Parameter 'timeInForce' sent when not required.")
    request = OrderRequest(pair, side, kind, quantity, client_id, price, quote_quantity, in_force, self_trade)
    return request, response_type


def _self_trade_mode(parameters: Parameters) -> SelfTradeMode:
    """Return the self-trade mode, EXPIRE_MAKER by default. Raises Refusal for one that pairs here do not allow."""
    if "selfTradePreventionMode" not in parameters.sent:
        return SelfTradeMode.EXPIRE_MAKER
    refusal = "This symbol does not allow the specified self-trade prevention mode."
    return parameters.choice("selfTradePreventionMode", SelfTradeMode, -1013, refusal)


def _require_parameters(
    kind: OrderType, price: Decimal | None, quantity: Decimal | None, quote_quantity: Decimal | None
) -> None:
    """Raise Refusal for a missing parameter of an order type, and for one too many."""
    if kind is not OrderType.MARKET:
        if quote_quantity is not None:
            raise Refusal(-1106, "Parameter 'quoteOrderQty' sent when not required.")
        if quantity is None:
            raise malformed("quantity")
        if price is None:
            raise malformed("price")
        return
    if price is not None:
        raise Refusal(-1106, "Parameter 'price' sent when not required.")
    if quantity is None and quote_quantity is None:
        raise Refusal(-1102, "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!")
    if quantity is not None and quote_quantity is not None:
        raise Refusal(-1106, "Parameter 'quoteOrderQty' sent when not required.")


def _cancel(metered: MeteredExchange, parameters: Parameters, key: str) -> object:
    pair, order_id, client_id = _order_reference(parameters)
    cancel_id = parameters.client_id("newClientOrderId")
    parameters.require_all_read()
    order = metered.exchange.cancel(key, pair, order_id, client_id)
    return _cancelled_to_json(order, cancel_id or metered.exchange.next_client_id())


def _cancel_all(metered: MeteredExchange, parameters: Parameters, key: str) -> object:
    pair = metered.exchange.market.listing(parameters.symbol()).pair
    parameters.require_all_read()
    rows = _orders_in(metered.exchange.account(key), pair, only_open=True)
    if not rows:
        raise Refusal(-2011, "Unknown order sent.")
    return [
        _cancelled_to_json(metered.exchange.cancel(key, pair, order.id, None), metered.exchange.next_client_id())
        for order in rows
    ]


# --- looking up ----------------------------------------------------------------------------------------------------


def _order(metered: MeteredExchange, parameters: Parameters, key: str) -> object:
    pair, order_id, client_id = _order_reference(parameters)
    return _to_json(metered.exchange.order(key, pair, order_id, client_id))


def _open_orders(metered: MeteredExchange, parameters: Parameters, key: str) -> object:
    pair = parameters.optional_symbol()
    if pair is not None:
        metered.exchange.market.listing(pair)
    return [_to_json(order) for order in _orders_in(metered.exchange.account(key), pair, only_open=True)]


def _all_orders(metered: MeteredExchange, parameters: Parameters, key: str) -> object:
    pair = metered.exchange.market.listing(parameters.symbol()).pair
    first, count = parameters.integer("orderId"), parameters.limit(500, 1000)
    start, end = parameters.integer("startTime"), parameters.integer("endTime")
    rows = [
        _to_json(order)
        for order in _orders_in(metered.exchange.account(key), pair)
        if (first is None or order.id >= first) and _within(milliseconds(order.placed_at), start, end)
    ]
    return rows[-count:] if first is None and start is None else rows[:count]


def _my_trades(metered: MeteredExchange, parameters: Parameters, key: str) -> object:
    pair = metered.exchange.market.listing(parameters.symbol()).pair
    order_id, first, count = parameters.integer("orderId"), parameters.integer("fromId"), parameters.limit(500, 1000)
    start, end = parameters.integer("startTime"), parameters.integer("endTime")
    rows = [
        _trade_to_json(trade)
        for trade in metered.exchange.account(key).trades
        if trade.pair == pair
        and order_id in (None, trade.order_id)
        and (first is None or trade.id >= first)
        and _within(milliseconds(trade.at), start, end)
    ]
    # The newest rows, but the oldest ones from a given start on: a client pages forward from there.
    return rows[-count:] if first is None and start is None else rows[:count]


def _within(stamp: int, start: int | None, end: int | None) -> bool:
    return (start is None or start <= stamp) and (end is None or stamp <= end)


def _orders_in(account: Account, pair: str | None, only_open: bool = False) -> list[Order]:
    orders = account.open if only_open else account.orders
    return [order for order in orders.values() if pair in (None, order.request.pair)]


def _order_reference(parameters: Parameters) -> tuple[str, int | None, str | None]:
    """Return the pair, and the order id or the client id."""
    pair, order_id = parameters.symbol(), parameters.integer("orderId")
    client_id = parameters.client_id("origClientOrderId")
    if order_id is None and client_id is None:
        raise Refusal(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!")
    return pair, order_id, client_id


# --- shapes --------------------------------------------------------------------------------------------------------


def _placed_to_json(order: Order, response_type: _ResponseType) -> Json:
    request = order.request
    body: Json = {
        "symbol": request.pair,
        "orderId": order.id,
        "orderListId": -1,
        "clientOrderId": request.client_id,
        "transactTime": milliseconds(order.placed_at),
    }
    if response_type is not _ResponseType.ACK:
        body |= _state_to_json(order) | {"workingTime": milliseconds(order.placed_at)}
    if response_type is _ResponseType.FULL:
        body["fills"] = [
            {
                "price": format_decimal(trade.price),
                "qty": format_decimal(trade.quantity),
                "commission": format_decimal(trade.commission),
                "commissionAsset": trade.commission_asset,
                "tradeId": trade.id,
            }
            for trade in order.trades
        ]
    return body


def _cancelled_to_json(order: Order, cancel_id: str) -> Json:
    return {
        "symbol": order.request.pair,
        "origClientOrderId": order.request.client_id,
        "orderId": order.id,
        "orderListId": -1,
        "clientOrderId": cancel_id,
        "transactTime": milliseconds(order.updated_at),
    } | _state_to_json(order)


def _to_json(order: Order) -> Json:
    return {
        "symbol": order.request.pair,
        "orderId": order.id,
        "orderListId": -1,
        "clientOrderId": order.request.client_id,
        "stopPrice": format_decimal(ZERO),
        "icebergQty": format_decimal(ZERO),
        "time": milliseconds(order.placed_at),
        "updateTime": milliseconds(order.updated_at),
        "isWorking": True,
        "workingTime": milliseconds(order.placed_at),
    } | _state_to_json(order)


def _state_to_json(order: Order) -> Json:
    request = order.request
    more: Json = {}
    if order.expiry is not None:
        more["expiryReason"] = order.expiry
    if order.prevented:
        more["preventedQuantity"] = format_decimal(order.prevented)
    return {
        "price": format_decimal(request.price or ZERO),
        "origQty": format_decimal(order.quantity),
        "executedQty": format_decimal(order.executed),
        "origQuoteOrderQty": format_decimal(request.quote_quantity or ZERO),
        "cummulativeQuoteQty": format_decimal(order.spent),
        "status": order.status,
        "timeInForce": request.time_in_force,
        "type": request.type,
        "side": request.side.upper(),
        "selfTradePreventionMode": request.self_trade,
    } | more


@exact
def _trade_to_json(trade: AccountTrade) -> Json:
    return {
        "symbol": trade.pair,
        "id": trade.id,
        "orderId": trade.order_id,
        "orderListId": -1,
        "price": format_decimal(trade.price),
        "qty": format_decimal(trade.quantity),
        "quoteQty": format_decimal(trade.notional),
        "commission": format_decimal(trade.commission),
        "commissionAsset": trade.commission_asset,
        "time": milliseconds(trade.at),
        "isBuyer": trade.side is Side.BUY,
        "isMaker": trade.is_maker,
        "isBestMatch": True,
    }


def _order_counts(metered: MeteredExchange, parameters: Parameters, key: str) -> object:
    weights = metered.weights
    rows = (
        ("SECOND", 10, weights.limits.orders, weights.orders),
        ("DAY", 1, weights.limits.orders_a_day, weights.orders_a_day),
    )
    return [
        {"rateLimitType": "ORDERS", "interval": interval, "intervalNum": number, "limit": limit, "count": count}
        for interval, number, limit, count in rows
    ]


SIGNED: Mapping[tuple[str, str], Endpoint] = {
    ("GET", "rateLimit/order"): Endpoint(_order_counts, always(40), signed=True),
    ("GET", "account"): Endpoint(_account, always(20), signed=True),
    ("POST", "order"): Endpoint(_place, always(1), signed=True),
    ("POST", "order/test"): Endpoint(_test, always(1), signed=True),
    ("GET", "order"): Endpoint(_order, always(4), signed=True),
    ("DELETE", "order"): Endpoint(_cancel, always(1), signed=True),
    ("GET", "openOrders"): Endpoint(_open_orders, by_symbol(6, 80), signed=True),
    ("DELETE", "openOrders"): Endpoint(_cancel_all, always(1), signed=True),
    ("GET", "allOrders"): Endpoint(_all_orders, always(20), signed=True),
    ("GET", "myTrades"): Endpoint(_my_trades, lambda sent: 5 if "orderId" in sent else 20, signed=True),
}
