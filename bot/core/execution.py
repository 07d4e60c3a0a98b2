"""Fill price, fee and affordable quantity of an order at the open, the same in every engine."""

from __future__ import annotations

from decimal import Decimal

from bot.core.instrument import Instrument, to_decimal
from bot.core.orders import Fill, OrderIntent, Side

CASH_KEPT = Decimal("1e-6")
"""The share of cash that no buy may touch, so that a float's last digit never decides an order."""


def fill_price(open_price: float, side: Side, slippage: Decimal, instrument: Instrument) -> Decimal:
    """Compute the price of a fill.

    Parameters
    ----------
    open_price
        Open of the day in the quote currency.
    side
        Side of the order: a buy pays more, a sell gets less.
    slippage
        Share of the price.
    instrument
        Gives the tick to which the price is rounded.

    Returns
    -------
    Decimal
        Price in the quote currency, on the tick.
    """
    worse = 1 + slippage if side is Side.BUY else 1 - slippage
    return instrument.price(to_decimal(open_price) * worse)


def affordable(cash: Decimal, price: Decimal, instrument: Instrument) -> Decimal:
    """Compute the largest quantity that the cash pays for, fee included, rounded down to the step."""
    spendable = cash * (1 - CASH_KEPT)
    return instrument.quantity(spendable / (price * (1 + instrument.fee)))


def fill(order: OrderIntent, quantity: Decimal, price: Decimal, open_price: float, instrument: Instrument) -> Fill:
    """Make the fill of a quantity of an order at a price, with its fee in the quote currency."""
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
