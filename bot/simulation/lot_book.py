"""Holdings in lots as arrays: settlements, orders and fills of a day, compiled.

It follows `bot.core.cycle` and `bot.core.book` step by step, in floats and whole lots instead of decimals.
"""

from __future__ import annotations

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
    """Numbers of a run beside those of the rule: shares, USDT, and the column of ETH in the coin table.

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

    `wanted` has the target weights by the newest names. `live` lists the coins that are held or wanted, in order; the
    first `live_count` of them count. Loops run over these alone: a market has a hundred coins, a book five to ten.
    `orders` and `again` are those of the day. `fill_count` goes on counting where the arrays of fills are full.
    """

    cash: Floats
    lots: Floats
    wanted: Floats
    live: Ints
    live_count: Ints
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


def new_book(coins: CoinTable, cash: float, room: int) -> LotBook:
    """Return an empty book with room for a number of fills."""
    n = len(coins.step)
    return LotBook(
        np.full(1, cash),
        np.zeros(n),
        np.zeros(n),
        np.zeros(n, np.int64),
        np.zeros(1, np.int64),
        np.zeros(n),
        np.zeros(n, np.bool_),
        np.zeros(n, np.bool_),
        np.full(n, np.nan),
        np.full(n, -1, np.int64),
        np.zeros(1, np.int64),
        np.zeros(room, np.int64),
        np.zeros(room, np.int64),
        np.zeros(room, np.int64),
        np.zeros(room, np.int64),
        np.zeros(room),
    )


def close_of(book: LotBook, coins: CoinTable, coin: int, day: int) -> float:
    """Return the newest close of a coin; before its first row, that of the coin which it succeeds."""
    price: float = coins.close[day, coin]
    if np.isnan(price):
        price = book.marks[coin]
    return price


def aim(book: LotBook, decided: Floats) -> None:
    """Set the wanted weights from those of a decision, and list the coins that are held or wanted."""
    n, count = len(book.lots), 0
    book.wanted[:] = 0.0
    for coin in range(n):
        if decided[coin] > 0:
            name = coin
            while book.renamed[name] >= 0:
                name = book.renamed[name]
            book.wanted[name] += decided[coin]
    for coin in range(n):
        if book.wanted[coin] > 0 or book.lots[coin] > 0:
            book.live[count] = coin
            count += 1
        else:
            book.unfinished[coin] = False
    book.live_count[0] = count


def is_held(book: LotBook) -> bool:
    """Return True if the book holds a coin."""
    held = False
    for at in range(book.live_count[0]):
        held |= book.lots[book.live[at]] > 0
    return held


def _is_any_unfinished(book: LotBook) -> bool:
    unfinished = False
    for at in range(book.live_count[0]):
        unfinished |= book.unfinished[book.live[at]]
    return unfinished


def equity_at(book: LotBook, coins: CoinTable, day: int) -> float:
    """Value cash and holdings at the newest closes of a day, USDT."""
    total: float = book.cash[0]
    for at in range(book.live_count[0]):
        coin = book.live[at]
        if book.lots[coin] > 0:
            total += book.lots[coin] * coins.step[coin] * close_of(book, coins, coin, day)
    return total


def _whole(amount: float) -> float:
    """Round down to a whole number; a number just under one counts as it."""
    whole: float = np.floor(amount + _tie(amount))
    return whole


def _tie(amount: float) -> float:
    return TIE + FLOAT_TIE * amount


def _worse_price(coins: CoinTable, coin: int, price: float, is_buy: bool) -> float:
    """Round a price to the tick against the trader, with a finer tick where that of the table is too coarse."""
    tick = coins.tick[coin]
    if tick > price * COARSE_TICK:
        tick = 10.0 ** (np.floor(np.log10(price) + 1e-12) + 1 - PRICE_DIGITS)
    ticks = price / tick
    whole = np.ceil(ticks - _tie(ticks)) if is_buy else np.floor(ticks + _tie(ticks))
    worse: float = whole * tick
    return worse


def is_settled(book: LotBook, coins: CoinTable, day: int) -> bool:
    """Return True if a coin that is held has ended."""
    settled = False
    for at in range(book.live_count[0]):
        coin = book.live[at]
        settled |= book.lots[coin] > 0 and coins.settled_on[coin] <= day
    return settled


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
        elif coins.cause[coin] == DEAD:
            paid = close * numbers.recovery
            book.cash[0] += quantity * _worse_price(coins, coin, paid, False) if paid > 0 else 0.0
        else:
            multiplier = multipliers[day - 2] if day >= 2 else 1.0
            price = _worse_price(coins, coin, close * (1 - coins.slippage[coin] * multiplier), False)
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
    if when == TradeCode.HOLD and not _is_any_unfinished(book):
        return
    live = book.live[: book.live_count[0]]
    if not len(live):
        return
    equity = equity_at(book, coins, day - 1)
    for coin in live:
        book.orders[coin], book.again[coin] = 0.0, False
    cash = book.cash[0]
    for side in range(2):  # sales first: their proceeds pay for the purchases
        for coin in live:
            target = book.wanted[coin] * numbers.multiplier
            if book.wanted[coin] <= 0 and book.lots[coin] <= 0:
                continue
            price = close_of(book, coins, coin, day - 1)
            held = book.lots[coin]
            weight = held * coins.step[coin] * price / equity if equity else 0.0
            if not _is_due(when, book.unfinished[coin], numbers, weight, target):
                continue
            change = target * equity / price / coins.step[coin] - held
            fixed = coins.fee[coin] + coins.slippage[coin] * multiplier
            if side == 0 and change < 0:
                lots = _sendable(book, coins, numbers, coin, day, -change, np.inf)
                book.orders[coin] = -lots
                cost = fixed + _impact(coins, numbers, coin, day, lots, price)
                cash += lots * coins.step[coin] * price * (1 - cost)
            elif side == 1 and change > 0:
                if reduce_only:
                    if book.unfinished[coin] and when != TradeCode.NOW:
                        book.again[coin] = True
                    continue
                if _whole(change) > 0 and coins.quarantined[day, coin]:
                    continue
                expected = min(change, _tradable(coins, numbers, coin, day, price))
                cost = fixed + _impact(coins, numbers, coin, day, expected, price)
                limit = max(cash, 0.0) / (price * (1 + cost)) / coins.step[coin]
                lots = _sendable(book, coins, numbers, coin, day, change, limit)
                book.orders[coin] = lots
                cash -= lots * coins.step[coin] * price * (1 + cost)
    for coin in live:
        book.unfinished[coin] = book.again[coin]
    for side in range(2):
        for coin in live:
            order = book.orders[coin]
            if (side == 0 and order < 0) or (side == 1 and order > 0):
                _fill(book, coins, numbers, coin, order, multiplier, day)


def _is_due(when: int, is_unfinished: bool, numbers: RunNumbers, weight: float, target: float) -> bool:
    if when == TradeCode.NOW or is_unfinished:
        return True
    if when == TradeCode.HOLD:
        return False
    return abs(weight - target) > max(numbers.band, numbers.relative_band * target)


def _sendable(
    book: LotBook,
    coins: CoinTable,
    numbers: RunNumbers,
    coin: int,
    day: int,
    change: float,
    limit: float,
) -> float:
    """Return the lots of an order that passes the rules of its coin, and note if it is to be retried."""
    lots = _whole(change)
    if lots == 0:
        return 0.0
    if not coins.fresh[day - 1, coin]:
        book.again[coin] = True
        return 0.0
    price = close_of(book, coins, coin, day - 1)
    allowed = lots if np.isinf(limit) else min(lots, _whole(limit))
    allowed = min(allowed, _tradable(coins, numbers, coin, day, price))
    if allowed < lots:
        book.again[coin] = True
    quantity = allowed * coins.step[coin]
    if quantity * price < coins.min_notional[coin] or quantity < coins.min_quantity[coin]:
        return 0.0
    return allowed


def _tradable(coins: CoinTable, numbers: RunNumbers, coin: int, day: int, price: float) -> float:
    """Return the most lots of an order by the volume of its coin."""
    volume = coins.median_volume[day - 1, coin]
    if np.isnan(volume):
        return np.inf
    return _whole(numbers.volume_share * volume / price / coins.step[coin])


def _impact(coins: CoinTable, numbers: RunNumbers, coin: int, day: int, lots: float, price: float) -> float:
    """Return the market impact of an order as a share of the price."""
    notional = lots * coins.step[coin] * price
    volatility, volume = coins.volatility[day - 1, coin], coins.median_volume[day - 1, coin]
    return impact_share(numbers.impact, volatility, notional, volume)


def _fill(
    book: LotBook, coins: CoinTable, numbers: RunNumbers, coin: int, order: float, multiplier: float, day: int
) -> None:
    """Fill an order at the open of the day, within holding and cash."""
    opened = coins.open[day, coin]
    if np.isnan(opened):
        book.unfinished[coin] = True
        return
    is_buy, step_ = order > 0, coins.step[coin]
    slippage = coins.slippage[coin] * multiplier + _impact(coins, numbers, coin, day, abs(order), opened)
    price = _worse_price(coins, coin, opened * (1 + slippage if is_buy else 1 - slippage), is_buy)
    if is_buy:
        affordable = book.cash[0] * (1 - CASH_KEPT) / (price * (1 + coins.fee[coin])) / step_
        lots = min(order, _whole(affordable))
        book.cash[0] -= lots * step_ * price * (1 + coins.fee[coin])
    else:
        lots = -min(-order, book.lots[coin])
        book.cash[0] += -lots * step_ * price * (1 - coins.fee[coin])
    book.lots[coin] += lots
    if lots != order:
        book.unfinished[coin] = True
    if lots != 0:
        _note(book, FILL, day, coin, lots, price)


def _note(book: LotBook, kind: int, day: int, coin: int, lots: float, price: float) -> None:
    """Record a fill or a settlement."""
    at = book.fill_count[0]
    book.fill_count[0] += 1
    if at >= len(book.fill_kind):  # the caller makes room and runs again
        return
    book.fill_kind[at], book.fill_day[at], book.fill_coin[at] = kind, day, coin
    book.fill_lots[at], book.fill_price[at] = int(lots), price
