"""How an order for the open is filled: price, fee, and what the cash allows. The same in every engine."""

from __future__ import annotations

from decimal import Decimal

from bot.core.instrument import Instrument, to_decimal
from bot.core.orders import Fill, OrderIntent, Side

CASH_KEPT = Decimal("1e-6")
"""The share of cash that no buy may touch, so that a float's last digit never decides an order."""


def fill_price(open_price: float, side: Side, slippage: Decimal, instrument: Instrument) -> Decimal:
    """The open, made worse by the slippage (a share of the price), on the tick."""
    worse = 1 + slippage if side is Side.BUY else 1 - slippage
    return instrument.price(to_decimal(open_price) * worse)


def affordable(cash: Decimal, price: Decimal, instrument: Instrument) -> Decimal:
    """The largest quantity that cash pays for, fee included."""
    spendable = cash * (1 - CASH_KEPT)
    return instrument.quantity(spendable / (price * (1 + instrument.fee)))


def fill(order: OrderIntent, quantity: Decimal, price: Decimal, open_price: float, instrument: Instrument) -> Fill:
    """The fill of a quantity of an order at a price."""
    return Fill(
        order.order_id,
        order.at,
        order.symbol,
        order.side,
        quantity,
        price,
        to_decimal(open_price),
        quantity * price * instrument.fee,
        order.reason,
    )
