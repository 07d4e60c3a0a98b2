"""The signed questions: the account, its orders and its trades, in Binance's own shapes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from bot.core.instrument import ZERO
from bot.core.orders import Side
from bot.venue.http.endpoint import Endpoint, MeteredExchange, always, by_symbol, milliseconds
from bot.venue.http.parameters import Parameters
from bot.venue.http.refusal import Refusal, malformed
from bot.venue.matching.account import Account
from bot.venue.matching.exactness import exactly, written
from bot.venue.matching.order import AccountTrade, Order, OrderRequest, OrderType, TimeInForce


class _Detail(StrEnum):
    """How much an accepted order tells of itself."""

    ACK = "ACK"
    RESULT = "RESULT"
    FULL = "FULL"


class _Way(StrEnum):
    BUY = "BUY"
    SELL = "SELL"


def _account(desk: MeteredExchange, parameters: Parameters, key: str) -> Any:
    omit_zero = parameters.text("omitZeroBalances") == "true"
    account = desk.exchange.account(key)
    assets = {listing.base for listing in desk.exchange.listings()} | {desk.exchange.terms.quote, *account.balances}
    balances = [
        {"asset": asset, "free": written(held.free), "locked": written(held.locked)}
        for asset in sorted(assets)
        if (held := account.balances[asset]).free or held.locked or not omit_zero
    ]
    fees = {written(listing.instrument.fee) for listing in desk.exchange.listings()}
    fee = fees.pop() if len(fees) == 1 else written(ZERO)
    return {
        "makerCommission": int(Decimal(fee) * 10_000),
        "takerCommission": int(Decimal(fee) * 10_000),
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {"maker": fee, "taker": fee, "buyer": written(ZERO), "seller": written(ZERO)},
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


def _place(desk: MeteredExchange, parameters: Parameters, key: str) -> Any:
    ticket, detail = _ticket(desk, parameters)
    parameters.require_all_read()
    desk.weights.charge_order(desk.clock.wire())
    return _placed(desk.exchange.place(key, ticket), detail)


def _test(desk: MeteredExchange, parameters: Parameters, key: str) -> Any:
    ticket, _ = _ticket(desk, parameters)
    parameters.skip("computeCommissionRates")
    parameters.require_all_read()
    desk.exchange.examine(key, ticket)
    return {}


def _ticket(desk: MeteredExchange, parameters: Parameters) -> tuple[OrderRequest, _Detail]:
    pair = desk.exchange.listing(parameters.symbol()).pair
    side = Side(parameters.choice("side", _Way, -1117, "Invalid side.").lower())
    kind = parameters.choice("type", OrderType, -1116, "Invalid orderType.")
    price, quantity = parameters.decimal("price"), parameters.decimal("quantity")
    in_quote = parameters.decimal("quoteOrderQty")
    usual = _Detail.ACK if kind is OrderType.LIMIT_MAKER else _Detail.FULL
    detail = usual
    if "newOrderRespType" in parameters.sent:
        detail = parameters.choice("newOrderRespType", _Detail, -1136, "Invalid newOrderRespType.")
    client_id = parameters.client_id("newClientOrderId") or desk.exchange.next_client_id()
    parameters.skip("selfTradePreventionMode", "strategyId", "strategyType")
    _require_shape(kind, price, quantity, in_quote)
    in_force = TimeInForce.GTC
    if kind is OrderType.LIMIT:
        in_force = parameters.choice("timeInForce", TimeInForce, -1115, "Invalid timeInForce.")
    elif parameters.text("timeInForce") is not None:
        raise Refusal(-1106, "Parameter 'timeInForce' sent when not required.")
    return OrderRequest(pair, side, kind, quantity, client_id, price, in_quote, in_force), detail


def _require_shape(kind: OrderType, price: Decimal | None, quantity: Decimal | None, in_quote: Decimal | None) -> None:
    """Raise Refusal where a kind of order lacks a parameter, or has one too many."""
    if kind is not OrderType.MARKET:
        if in_quote is not None:
            raise Refusal(-1106, "Parameter 'quoteOrderQty' sent when not required.")
        if quantity is None:
            raise malformed("quantity")
        if price is None:
            raise malformed("price")
        return
    if price is not None:
        raise Refusal(-1106, "Parameter 'price' sent when not required.")
    if quantity is None and in_quote is None:
        raise Refusal(-1102, "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!")
    if quantity is not None and in_quote is not None:
        raise Refusal(-1106, "Parameter 'quoteOrderQty' sent when not required.")


def _cancel(desk: MeteredExchange, parameters: Parameters, key: str) -> Any:
    pair, order_id, client_id = _named(parameters)
    own_id = parameters.client_id("newClientOrderId")
    parameters.require_all_read()
    order = desk.exchange.cancel(key, pair, order_id, client_id)
    return _cancelled(order, own_id or desk.exchange.next_client_id())


def _cancel_all(desk: MeteredExchange, parameters: Parameters, key: str) -> Any:
    pair = desk.exchange.listing(parameters.symbol()).pair
    parameters.require_all_read()
    found = _of(desk.exchange.account(key), pair, only_open=True)
    if not found:
        raise Refusal(-2011, "Unknown order sent.")
    return [
        _cancelled(desk.exchange.cancel(key, pair, order.id, None), desk.exchange.next_client_id()) for order in found
    ]


# --- looking up ----------------------------------------------------------------------------------------------------


def _order(desk: MeteredExchange, parameters: Parameters, key: str) -> Any:
    pair, order_id, client_id = _named(parameters)
    return _told(desk.exchange.order(key, pair, order_id, client_id))


def _open_orders(desk: MeteredExchange, parameters: Parameters, key: str) -> Any:
    pair = parameters.optional_symbol()
    if pair is not None:
        desk.exchange.listing(pair)
    return [_told(order) for order in _of(desk.exchange.account(key), pair, only_open=True)]


def _all_orders(desk: MeteredExchange, parameters: Parameters, key: str) -> Any:
    pair = desk.exchange.listing(parameters.symbol()).pair
    first, count = parameters.whole("orderId"), parameters.limit(500, 1000)
    since, until = parameters.whole("startTime"), parameters.whole("endTime")
    found = [
        _told(order)
        for order in _of(desk.exchange.account(key), pair)
        if (first is None or order.id >= first) and _within(milliseconds(order.placed_at), since, until)
    ]
    return found[-count:] if first is None and since is None else found[:count]


def _my_trades(desk: MeteredExchange, parameters: Parameters, key: str) -> Any:
    pair = desk.exchange.listing(parameters.symbol()).pair
    order_id, first, count = parameters.whole("orderId"), parameters.whole("fromId"), parameters.limit(500, 1000)
    since, until = parameters.whole("startTime"), parameters.whole("endTime")
    found = [
        _told_trade(trade)
        for trade in desk.exchange.account(key).trades
        if trade.pair == pair
        and order_id in (None, trade.order_id)
        and (first is None or trade.id >= first)
        and _within(milliseconds(trade.at), since, until)
    ]
    return found[-count:] if first is None and since is None else found[:count]


def _within(stamp: int, since: int | None, until: int | None) -> bool:
    return (since is None or since <= stamp) and (until is None or stamp <= until)


def _of(account: Account, pair: str | None, only_open: bool = False) -> list[Order]:
    orders = account.open if only_open else account.orders
    return [order for order in orders.values() if pair in (None, order.ticket.pair)]


def _named(parameters: Parameters) -> tuple[str, int | None, str | None]:
    """The pair, and the order's id or its client's."""
    pair, order_id = parameters.symbol(), parameters.whole("orderId")
    client_id = parameters.client_id("origClientOrderId")
    if order_id is None and client_id is None:
        raise Refusal(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!")
    return pair, order_id, client_id


# --- shapes --------------------------------------------------------------------------------------------------------


def _placed(order: Order, detail: _Detail) -> dict[str, Any]:
    ticket = order.ticket
    told: dict[str, Any] = {
        "symbol": ticket.pair,
        "orderId": order.id,
        "orderListId": -1,
        "clientOrderId": ticket.client_id,
        "transactTime": milliseconds(order.placed_at),
    }
    if detail is not _Detail.ACK:
        told |= _state(order) | {"workingTime": milliseconds(order.placed_at)}
    if detail is _Detail.FULL:
        told["fills"] = [
            {
                "price": written(trade.price),
                "qty": written(trade.quantity),
                "commission": written(trade.commission),
                "commissionAsset": trade.commission_asset,
                "tradeId": trade.id,
            }
            for trade in order.trades
        ]
    return told


def _cancelled(order: Order, own_id: str) -> dict[str, Any]:
    return {
        "symbol": order.ticket.pair,
        "origClientOrderId": order.ticket.client_id,
        "orderId": order.id,
        "orderListId": -1,
        "clientOrderId": own_id,
        "transactTime": milliseconds(order.updated_at),
    } | _state(order)


def _told(order: Order) -> dict[str, Any]:
    return {
        "symbol": order.ticket.pair,
        "orderId": order.id,
        "orderListId": -1,
        "clientOrderId": order.ticket.client_id,
        "stopPrice": written(ZERO),
        "icebergQty": written(ZERO),
        "time": milliseconds(order.placed_at),
        "updateTime": milliseconds(order.updated_at),
        "isWorking": True,
        "workingTime": milliseconds(order.placed_at),
    } | _state(order)


def _state(order: Order) -> dict[str, Any]:
    ticket = order.ticket
    return {
        "price": written(ticket.price or ZERO),
        "origQty": written(order.quantity),
        "executedQty": written(order.executed),
        "origQuoteOrderQty": written(ticket.quote_quantity or ZERO),
        "cummulativeQuoteQty": written(order.spent),
        "status": order.status,
        "timeInForce": ticket.time_in_force,
        "type": ticket.type,
        "side": ticket.side.upper(),
        "selfTradePreventionMode": "NONE",
    }


@exactly
def _told_trade(trade: AccountTrade) -> dict[str, Any]:
    return {
        "symbol": trade.pair,
        "id": trade.id,
        "orderId": trade.order_id,
        "orderListId": -1,
        "price": written(trade.price),
        "qty": written(trade.quantity),
        "quoteQty": written(trade.notional),
        "commission": written(trade.commission),
        "commissionAsset": trade.commission_asset,
        "time": milliseconds(trade.at),
        "isBuyer": trade.side is Side.BUY,
        "isMaker": trade.is_maker,
        "isBestMatch": True,
    }


SIGNED: Mapping[tuple[str, str], Endpoint] = {
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
