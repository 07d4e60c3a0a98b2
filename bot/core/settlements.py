"""Settlement of a holding: what a coin that dies, ends or is renamed leaves in the book."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from bot.core.corporate_actions import ScheduledSettlement
from bot.core.execution import fill_price
from bot.core.instrument import ZERO, Instrument, to_decimal
from bot.core.orders import Settlement, SettlementCause, Side


def settle_holding(
    settling: ScheduledSettlement,
    quantity: Decimal,
    close: float,
    at: datetime,
    instruments: Mapping[str, Instrument],
    recovery: Decimal,
    slippage_multiplier: Decimal,
) -> Settlement:
    """Compute the settlement of a holding.

    Parameters
    ----------
    settling
        Coin, cause and successor.
    quantity
        Quantity held, in coins.
    close
        Last close of the coin, in the quote currency.
    at
        UTC midnight that begins the day.
    instruments
        Trading rules by symbol.
    recovery
        Share of its last close that a dead coin pays.
    slippage_multiplier
        Multiplier of the slippage with which a coin that ends otherwise is sold.
    """
    symbol, cause = settling.symbol, settling.cause
    if settling.into is not None:
        received = instruments[settling.into].quantity(quantity * settling.ratio)
        return Settlement(at, symbol, quantity, to_decimal(close), cause, into=settling.into, received=received)
    instrument = instruments[symbol]
    if cause is SettlementCause.DEAD:
        recovered = to_decimal(close) * recovery
        paid = instrument.worse_price(recovered, Side.SELL) if recovered else ZERO
        return Settlement(at, symbol, quantity, paid, cause)
    price = fill_price(close, Side.SELL, instrument.slippage * slippage_multiplier, instrument)
    return Settlement(at, symbol, quantity, price, cause, quantity * price * instrument.fee)
