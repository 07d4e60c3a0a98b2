"""Cash, holdings in lots and fills of a run as arrays, compiled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bot.core.market import Floats
from bot.simulation.coin_table import CoinTable
from strategies.indicators import Bools, Ints

FILL, SETTLED, EXCHANGED = 0, 1, 2


class RunNumbers(NamedTuple):
    """Numbers of a run beside those of the rule: shares, amounts in the quote currency, and ETH's column.

    `delay` has the days between a decision and its orders.
    """

    cash: float
    band: float
    relative_band: float
    volume_share: float
    impact: float
    recovery: float
    multiplier: float
    eth: int
    delay: int


class FillColumns(NamedTuple):
    """Fills and settlements of a run in order, shape (rows,).

    Attributes
    ----------
    kind
        FILL, SETTLED (in cash) or EXCHANGED (a row for the old coin, then one for the new).
    number, coin
        Number of the day, counted as decisions are, and column of the coin.
    lots
        Signed lots.
    price
        Price of a fill; NaN of a settlement.
    """

    kind: Ints
    number: Ints
    coin: Ints
    lots: Ints
    price: Floats


class LotBook(NamedTuple):
    """State of a book as arrays: cash is the first entry of `cash`, `renamed` is the column of the new name or -1.

    `decided` has the target weights of the newest decision, `wanted` those by the newest names. `live` lists the coins
    that are held or wanted, in order; the first `live_count` of them count. Loops run over these alone: a market has a
    hundred coins, a book five to ten. `changes`, `orders` and `again` are those of the day. `fill_count` goes on
    counting where the arrays of fills are full.

    The books of many sets are one `LotBook` whose arrays have an axis more, shape (sets, ...).
    """

    cash: Floats
    lots: Floats
    decided: Floats
    wanted: Floats
    live: Ints
    live_count: Ints
    changes: Floats
    orders: Floats
    again: Bools
    unfinished: Bools
    marks: Floats
    renamed: Ints
    fill_count: Ints
    fill_kind: Ints
    fill_day: Ints
    fill_coin: Ints
    fill_lots: Ints
    fill_price: Floats


class Holdings(NamedTuple):
    """Summary of the holdings of a book.

    Attributes
    ----------
    is_any
        True if a coin is held.
    settled_on
        Row of the coin table in which the first held coin is settled; the number of rows if no coin is.
    is_unfinished
        True if an order is retried on the next day.
    """

    is_any: bool
    settled_on: int
    is_unfinished: bool


def new_books(cash: Sequence[float], coins: CoinTable, room: int) -> LotBook:
    """Return an empty book for each amount of cash, with room for a number of fills; arrays of shape (sets, ...)."""
    sets, n = len(cash), len(coins.step)
    return LotBook(
        cash=np.array(cash).reshape(sets, 1),
        lots=np.zeros((sets, n)),
        decided=np.zeros((sets, n)),
        wanted=np.zeros((sets, n)),
        live=np.zeros((sets, n), np.int64),
        live_count=np.zeros((sets, 1), np.int64),
        changes=np.zeros((sets, n)),
        orders=np.zeros((sets, n)),
        again=np.zeros((sets, n), np.bool_),
        unfinished=np.zeros((sets, n), np.bool_),
        marks=np.full((sets, n), np.nan),
        renamed=np.full((sets, n), -1, np.int64),
        fill_count=np.zeros((sets, 1), np.int64),
        fill_kind=np.empty((sets, room), np.int64),
        fill_day=np.empty((sets, room), np.int64),
        fill_coin=np.empty((sets, room), np.int64),
        fill_lots=np.empty((sets, room), np.int64),
        fill_price=np.empty((sets, room)),
    )


def book_of(books: LotBook, row: int) -> LotBook:
    """Return the book of one set."""
    return LotBook(
        books.cash[row],
        books.lots[row],
        books.decided[row],
        books.wanted[row],
        books.live[row],
        books.live_count[row],
        books.changes[row],
        books.orders[row],
        books.again[row],
        books.unfinished[row],
        books.marks[row],
        books.renamed[row],
        books.fill_count[row],
        books.fill_kind[row],
        books.fill_day[row],
        books.fill_coin[row],
        books.fill_lots[row],
        books.fill_price[row],
    )


def close_of(book: LotBook, coins: CoinTable, coin: int, day: int) -> float:
    """Return the newest close of a coin; before its first row, that of the coin which it succeeds."""
    price: float = coins.close[day, coin]
    if np.isnan(price):
        price = book.marks[coin]
    return price


def aim(book: LotBook) -> None:
    """Set the wanted weights from those of the newest decision, and list the coins that are held or wanted."""
    n, count = len(book.lots), 0
    book.wanted[:] = 0.0
    for coin in range(n):
        if book.decided[coin] > 0:
            name = coin
            while book.renamed[name] >= 0:
                name = book.renamed[name]
            book.wanted[name] += book.decided[coin]
    for coin in range(n):
        if book.wanted[coin] > 0 or book.lots[coin] > 0:
            book.live[count] = coin
            count += 1
        else:
            book.unfinished[coin] = False
    book.live_count[0] = count


# The two functions take single arrays: compiled code counts a reference for each array of an argument, and the whole
# book and table have thirty.
def holdings_of(lots: Floats, unfinished: Bools, live: Ints, count: int, settled_on: Ints, never: int) -> Holdings:
    """Summarise the holdings of a book.

    Parameters
    ----------
    lots, unfinished, live
        Arrays of `LotBook`, shape (coins,).
    count
        Number of coins in `live`.
    settled_on
        Array of `CoinTable`, shape (coins,).
    never
        Number of rows of the table.
    """
    is_any, first, is_unfinished = False, never, False
    for at in range(count):
        coin = live[at]
        if lots[coin] > 0:
            is_any, first = True, min(first, settled_on[coin])
        is_unfinished |= unfinished[coin]
    return Holdings(is_any, first, is_unfinished)


def equity_at(
    cash: float, lots: Floats, live: Ints, count: int, marks: Floats, close: Floats, step: Floats, day: int
) -> float:
    """Value cash and holdings at the newest closes of a day, in the quote currency."""
    total = cash
    for at in range(count):
        coin = live[at]
        if lots[coin] > 0:
            price = close[day, coin]
            total += lots[coin] * step[coin] * (marks[coin] if np.isnan(price) else price)
    return total


def note_fill(book: LotBook, kind: int, day: int, coin: int, lots: float, price: float) -> None:
    """Record a fill or a settlement."""
    at = book.fill_count[0]
    book.fill_count[0] += 1
    if at >= len(book.fill_kind):  # the caller makes room and runs again
        return
    book.fill_kind[at], book.fill_day[at], book.fill_coin[at] = kind, day, coin
    book.fill_lots[at], book.fill_price[at] = int(lots), price
