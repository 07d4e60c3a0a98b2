"""Holdings in lots as arrays: settlements, orders and fills of a day, compiled.

It follows `bot.core.cycle` and `bot.core.book` step by step, in floats and whole lots instead of decimals.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bot.core import execution, instrument
from bot.core.impact import impact_share
from bot.core.market import Floats
from bot.simulation.coin_table import DEAD, RENAMED, CoinTable
from strategies.indicators import Bools, Ints
from strategies.rotation.targets import TradeCode

FILL, SETTLED, EXCHANGED = 0, 1, 2
TIE, FLOAT_TIE = 1e-9, 4e-16
"""Distance from a whole number of lots or ticks up to which a float counts as that number: absolute, and relative."""
CASH_KEPT = float(execution.CASH_KEPT)
COARSE_TICK = float(instrument.COARSE_TICK)
PRICE_DIGITS = instrument.PRICE_DIGITS


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


def _whole(amount: float) -> float:
    """Round down to a whole number; a number just under one counts as it."""
    whole: float = np.floor(amount + _tie(amount))
    return whole


def _tie(amount: float) -> float:
    return TIE + FLOAT_TIE * amount


def _worse_price(tick: float, price: float, is_buy: bool) -> float:
    """Round a price to the tick against the trader, with a finer tick where that of the table is too coarse."""
    if tick > price * COARSE_TICK:
        tick = 10.0 ** (np.floor(np.log10(price) + 1e-12) + 1 - PRICE_DIGITS)
    ticks = price / tick
    whole = np.ceil(ticks - _tie(ticks)) if is_buy else np.floor(ticks + _tie(ticks))
    worse: float = whole * tick
    return worse


def settle(book: LotBook, coins: CoinTable, numbers: RunNumbers, multipliers: Floats, day: int) -> None:
    """Settle the holdings of coins that have ended; `aim` lists the holdings anew."""
    for coin in range(len(book.lots)):
        if book.lots[coin] <= 0 or coins.settled_on[coin] > day:
            continue
        quantity = book.lots[coin] * coins.step[coin]
        close = close_of(book, coins, coin, coins.settled_on[coin] - 1)
        if coins.cause[coin] == RENAMED:
            into = coins.into[coin]
            received = _whole(quantity * coins.ratio[coin] / coins.step[into])
            _note(book, EXCHANGED, day, coin, -book.lots[coin], np.nan)
            _note(book, EXCHANGED, day, into, received, np.nan)
            book.lots[into] += received
            book.marks[into] = close / coins.ratio[coin]
            book.renamed[coin] = into
            book.unfinished[into] |= book.unfinished[coin]
            book.unfinished[coin] = False
        elif coins.cause[coin] == DEAD:
            paid = close * numbers.recovery
            book.cash[0] += quantity * _worse_price(coins.tick[coin], paid, False) if paid > 0 else 0.0
        else:
            multiplier = multipliers[day - 2] if day >= 2 else 1.0
            price = _worse_price(coins.tick[coin], close * (1 - coins.slippage[coin] * multiplier), False)
            book.cash[0] += quantity * price * (1 - coins.fee[coin])
        if coins.cause[coin] != RENAMED:
            _note(book, SETTLED, day, coin, -book.lots[coin], np.nan)
        book.lots[coin] = 0.0


def trade(
    book: LotBook,
    coins: CoinTable,
    numbers: RunNumbers,
    when: int,
    reduce_only: bool,
    multiplier: float,
    day: int,
) -> None:
    """Plan the orders towards the wanted weights, sells first, and fill them at the open of their day."""
    live = book.live[: book.live_count[0]]
    if _set_changes(book, live, coins, numbers, when, day):
        _plan(book, live, coins, numbers, when, reduce_only, multiplier, day)
        _fill(book, live, coins, numbers.impact, multiplier, day)
    for coin in live:
        book.unfinished[coin] = book.again[coin]


# The loops read single numbers of the table: calls with the whole table cost more than the arithmetic.
def _set_changes(book: LotBook, live: Ints, coins: CoinTable, numbers: RunNumbers, when: int, day: int) -> bool:
    """Set the change of each holding towards its target, in lots with fractions. Returns True if a trade is due."""
    is_any = False
    equity = equity_at(book.cash[0], book.lots, live, len(live), book.marks, coins.close, coins.step, day - 1)
    for coin in live:
        book.orders[coin], book.again[coin], book.changes[coin] = 0.0, False, 0.0
        target, held, close = book.wanted[coin] * numbers.multiplier, book.lots[coin], coins.close[day - 1, coin]
        if book.wanted[coin] > 0 or held > 0:
            price, step = book.marks[coin] if np.isnan(close) else close, coins.step[coin]
            weight = held * step * price / equity if equity else 0.0
            if _is_due(when, book.unfinished[coin], numbers.band, numbers.relative_band, weight, target):
                book.changes[coin] = target * equity / price / step - held
                is_any |= book.changes[coin] != 0
    return is_any


def _plan(
    book: LotBook,
    live: Ints,
    coins: CoinTable,
    numbers: RunNumbers,
    when: int,
    reduce_only: bool,
    multiplier: float,
    day: int,
) -> None:
    """Set the lots of the day's orders, and which coins are retried on the next day."""
    cash, changes = book.cash[0], book.changes
    for side in range(2):  # sales first: their proceeds pay for the purchases
        for coin in live:
            change = changes[coin]
            if change == 0 or (change > 0) != (side == 1):
                continue
            close, step = coins.close[day - 1, coin], coins.step[coin]
            price = book.marks[coin] if np.isnan(close) else close
            if side == 1 and reduce_only:
                if book.unfinished[coin] and when != TradeCode.NOW:
                    book.again[coin] = True
                continue
            whole = _whole(abs(change))
            if side == 1 and whole > 0 and coins.quarantined[day, coin]:
                continue
            volume, volatility = coins.median_volume[day - 1, coin], coins.volatility[day - 1, coin]
            cost = coins.fee[coin] + coins.slippage[coin] * multiplier
            tradable = _tradable(numbers.volume_share, volume, price, step)
            limit = np.inf
            if side == 1:
                cost += impact_share(numbers.impact, volatility, min(change, tradable) * step * price, volume)
                limit = _whole(max(cash, 0.0) / (price * (1 + cost)) / step)
            lots = min(whole, limit, tradable) if coins.fresh[day - 1, coin] else 0.0
            if lots < whole:
                book.again[coin] = True
            quantity = lots * step
            if quantity * price < coins.min_notional[coin] or quantity < coins.min_quantity[coin]:
                continue
            if side == 1:
                book.orders[coin] = lots
                cash -= quantity * price * (1 + cost)
            else:
                book.orders[coin] = -lots
                cost += impact_share(numbers.impact, volatility, quantity * price, volume)
                cash += quantity * price * (1 - cost)


def _fill(book: LotBook, live: Ints, coins: CoinTable, coefficient: float, multiplier: float, day: int) -> None:
    """Fill the orders at the open of the day, sells first, within holdings and cash."""
    money, held_lots, again = book.cash, book.lots, book.again
    for side in range(2):
        for coin in live:
            order = book.orders[coin]
            if order == 0 or (order > 0) != (side == 1):
                continue
            opened = coins.open[day, coin]
            if np.isnan(opened):
                again[coin] = True
                continue
            step, fee = coins.step[coin], coins.fee[coin]
            volume, volatility = coins.median_volume[day - 1, coin], coins.volatility[day - 1, coin]
            impact = impact_share(coefficient, volatility, abs(order) * step * opened, volume)
            slippage = coins.slippage[coin] * multiplier + impact
            if side == 1:
                price = _worse_price(coins.tick[coin], opened * (1 + slippage), True)
                lots = min(order, _whole(money[0] * (1 - CASH_KEPT) / (price * (1 + fee)) / step))
                money[0] -= lots * step * price * (1 + fee)
            else:
                price = _worse_price(coins.tick[coin], opened * (1 - slippage), False)
                lots = -min(-order, held_lots[coin])
                money[0] -= lots * step * price * (1 - fee)
            held_lots[coin] += lots
            if lots != order:
                again[coin] = True
            if lots != 0:
                _note(book, FILL, day, coin, lots, price)


def _is_due(when: int, is_late: bool, band: float, relative_band: float, weight: float, target: float) -> bool:
    if when == TradeCode.NOW or is_late:
        return True
    if when == TradeCode.HOLD:
        return False
    return abs(weight - target) > max(band, relative_band * target)


def _tradable(volume_share: float, volume: float, price: float, step: float) -> float:
    """Return the most lots of an order by the volume of its coin."""
    if np.isnan(volume):
        return np.inf
    return _whole(volume_share * volume / price / step)


def _note(book: LotBook, kind: int, day: int, coin: int, lots: float, price: float) -> None:
    """Record a fill or a settlement."""
    at = book.fill_count[0]
    book.fill_count[0] += 1
    if at >= len(book.fill_kind):  # the caller makes room and runs again
        return
    book.fill_kind[at], book.fill_day[at], book.fill_coin[at] = kind, day, coin
    book.fill_lots[at], book.fill_price[at] = int(lots), price
