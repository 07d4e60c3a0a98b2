"""Round trips of a simulated run, matched first in, first out, as `bot.ledger.round_trips` counts them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bot.core.market import Floats
from bot.simulation.lot_book import EXCHANGED, LotBook
from strategies.indicators import Ints

_NO_ROW = -1
_LEAST_LOTS = 1e-6
"""Smallest part of a sale, in lots. Shares of renamed lots leave rounding errors below it."""


class OpenPurchases(NamedTuple):
    """Purchases with lots left: a linked list of rows of fills for each coin, from the oldest to the newest.

    Attributes
    ----------
    oldest, newest
        Row of the first and of the last purchase of a coin; -1 in an empty list. Shape (coins,).
    following, left
        Row of the coin's next purchase or -1, and lots left, by row of the fills. Shape (rows,).
    """

    oldest: Ints
    newest: Ints
    following: Ints
    left: Floats


def new_purchases(coins: int, room: int) -> OpenPurchases:
    """Return empty lists.

    Parameters
    ----------
    coins
        Number of coins.
    room
        Largest number of fills.
    """
    return OpenPurchases(np.full(coins, _NO_ROW), np.full(coins, _NO_ROW), np.full(room, _NO_ROW), np.zeros(room))


def round_trip_count(book: LotBook, purchases: OpenPurchases) -> int:
    """Count the round trips of a book.

    Parameters
    ----------
    book
        Book with its fills.
    purchases
        Memory with room for the coins and fills of the book; old contents are overwritten.

    Returns
    -------
    int
        Number of closed parts of purchases. Fills beyond the room of the book are left out.
    """
    count = 0
    purchases.oldest[:] = _NO_ROW
    for row in range(min(book.fill_count[0], len(book.fill_kind))):
        coin, lots = book.fill_coin[row], book.fill_lots[row]
        if book.fill_kind[row] == EXCHANGED:
            if lots > 0:  # the row before is that of the old coin
                _rename(purchases, book.fill_coin[row - 1], coin, lots)
        elif lots > 0:
            purchases.left[row] = lots
            _append(purchases, coin, row, row)
        else:
            count += _closed(purchases, coin, -lots)
    return count


def _append(purchases: OpenPurchases, coin: int, first: int, last: int) -> None:
    """Append a row, or a list of rows, to the list of a coin."""
    if purchases.oldest[coin] == _NO_ROW:
        purchases.oldest[coin] = first
    else:
        purchases.following[purchases.newest[coin]] = first
    purchases.newest[coin] = last
    purchases.following[last] = _NO_ROW


def _rename(purchases: OpenPurchases, coin: int, into: int, lots: float) -> None:
    """Move each purchase of a renamed coin to the new coin, at its share of the new lots."""
    first, total = purchases.oldest[coin], 0.0
    if first == _NO_ROW:
        return
    row = first
    while row != _NO_ROW:
        total += purchases.left[row]
        row = purchases.following[row]
    row = first
    while row != _NO_ROW:
        purchases.left[row] = purchases.left[row] / total * lots
        row = purchases.following[row]
    purchases.oldest[coin] = _NO_ROW
    _append(purchases, into, first, purchases.newest[coin])


def _closed(purchases: OpenPurchases, coin: int, lots: float) -> int:
    """Take sold lots from the oldest purchases and count the parts."""
    parts, row = 0, purchases.oldest[coin]
    while lots > _LEAST_LOTS and row != _NO_ROW:
        part = min(lots, purchases.left[row])
        purchases.left[row] -= part
        parts, lots = parts + 1, lots - part
        if purchases.left[row] == 0:
            row = purchases.following[row]
    purchases.oldest[coin] = row
    return parts
