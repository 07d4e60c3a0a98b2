"""Commission of a trade: its asset and its amount."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from typing import NamedTuple

from bot.core.instrument import ZERO
from bot.core.orders import Side
from bot.venue.matching.book_shape import Level
from bot.venue.matching.pair import Pair

DISCOUNT_ASSET = "BNB"
_DISCOUNT = Decimal("0.25")
"""Share by which a commission in BNB is lower, as Binance charges it."""
_EIGHT_DECIMALS = Decimal("1e-8")


class CommissionMode(StrEnum):
    """Asset that pays the commission.

    IN_KIND is the asset that is received, as on Binance by default. QUOTE lets a purchase pay on top of its price, as
    backtests do. BNB pays a quarter less out of the account's BNB, and in kind where those are too few. ZERO is free.
    """

    IN_KIND = "in-kind"
    QUOTE = "quote"
    BNB = "bnb"
    ZERO = "zero"


class Commission(NamedTuple):
    """Amount of an asset."""

    asset: str
    amount: Decimal


def commission_of(
    mode: CommissionMode, listing: Pair, side: Side, match: Level, bnb: Decimal, bnb_price: Decimal
) -> Commission:
    """Compute the commission of one trade.

    Parameters
    ----------
    mode : CommissionMode
        Asset that pays.
    listing : Pair
        Pair with its fee, a share of the notional.
    side : Side
        Side of the account's order.
    match : Level
        Price in the quote asset and quantity in coins.
    bnb, bnb_price : Decimal
        Free BNB of the account, and the price of one in the quote asset.

    Returns
    -------
    Commission
        Exact, but in BNB it is cut at eight decimals.
    """
    fee = ZERO if mode is CommissionMode.ZERO else listing.instrument.fee
    notional = match.price * match.quantity
    if mode is CommissionMode.BNB and bnb_price > 0:
        amount = (notional * fee * (1 - _DISCOUNT) / bnb_price).quantize(_EIGHT_DECIMALS, ROUND_DOWN)
        if amount <= bnb:
            return Commission(DISCOUNT_ASSET, amount)
    if side is Side.BUY and mode is not CommissionMode.QUOTE:
        return Commission(listing.base, match.quantity * fee)
    return Commission(listing.quote, notional * fee)
