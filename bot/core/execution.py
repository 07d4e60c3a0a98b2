"""Fill price, fee and affordable quantity of an order at the open, the same in every engine."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from bot.core.instrument import Instrument, to_decimal
from bot.core.moments import ONE_DAY
from bot.core.orders import Fill, OrderIntent, Side

CASH_KEPT = Decimal("1e-6")
"""Share of cash that is kept back from a purchase, so that the last digit of a float cannot decide an order."""


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
        Gives the tick to which the price is rounded, against the side.

    Returns
    -------
    Decimal
        Price in the quote currency, on the tick.
    """
    worse = 1 + slippage if side is Side.BUY else 1 - slippage
    return instrument.worse_price(to_decimal(open_price) * worse, side)


def affordable(cash: Decimal, price: Decimal, instrument: Instrument) -> Decimal:
    """Compute the largest quantity that the cash pays for.

    Parameters
    ----------
    cash
        Cash in the quote currency.
    price
        Fill price in the quote currency.
    instrument
        Gives the fee and the step.

    Returns
    -------
    Decimal
        Quantity in coins, fee included, rounded down to the step.
    """
    spendable = cash * (1 - CASH_KEPT)
    return instrument.quantity(spendable / (price * (1 + instrument.fee)))


def fill(order: OrderIntent, quantity: Decimal, price: Decimal, open_price: float, instrument: Instrument) -> Fill:
    """Make the fill of an order.

    Parameters
    ----------
    order
        The order.
    quantity
        Filled quantity in coins.
    price
        Fill price in the quote currency, slippage included.
    open_price
        Open of the day, or the price at which a stop was triggered: the reference of the slippage.
    instrument
        Gives the fee as a share of the notional.

    Returns
    -------
    Fill
        Its fee is in the quote currency.
    """
    # A daily bar doesn't say when a stop was reached: its fill has the last second of the day, after every purchase.
    at = order.at if order.stop is None else order.at + ONE_DAY - timedelta(seconds=1)
    return Fill(
        order.order_id,
        at,
        order.symbol,
        order.side,
        quantity,
        price,
        to_decimal(open_price),
        quantity * price * instrument.fee,
        order.reason,
        stop=order.stop,
    )
