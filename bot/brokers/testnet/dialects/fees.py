"""Fee of a trade, and the currency that it was taken in."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from bot.brokers.testnet.dialects.dialect import SpotPair
from bot.brokers.testnet.dialects.json_values import PARSE_ERRORS, identifier, signed_number
from bot.core.instrument import ZERO
from bot.core.orders import Side


class VenueFee(NamedTuple):
    """Amount of a fee in units of `asset`; below zero for a rebate."""

    amount: Decimal
    asset: str


def read_fee(amount: object, asset: object, side: object, pair: SpotPair) -> VenueFee:
    """Read the fee of a trade; a missing currency follows the side, "buy" or "sell" in any case.

    A fee is taken from what the trade brings: the coin of a purchase, the quote currency of a sale. A rebate is paid in
    the other one (Bybit API v5, "Spot Fee Currency Instruction"). An unreadable amount is read as zero: only the
    accounts need it, and the comparison of the balances finds the difference.
    """
    try:
        fee = signed_number(amount)
    except PARSE_ERRORS:
        fee = ZERO
    try:
        return VenueFee(fee, identifier(asset))
    except PARSE_ERRORS:
        pass
    is_in_base = (str(side).lower() == "buy") == (fee >= 0)
    return VenueFee(fee, pair.base if is_in_base else pair.quote)


def read_side(side: object) -> Side | None:
    """Read the side of a trade, "buy" or "sell" in any case; None for another text."""
    text = str(side).lower()
    return Side(text) if text in tuple(Side) else None
