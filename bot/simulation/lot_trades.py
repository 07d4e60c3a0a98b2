"""Settlements, orders and fills of a day in lots, compiled.

It follows `bot.core.cycle` and `bot.core.book` step by step, in floats and whole lots instead of decimals.
"""

from __future__ import annotations

import numpy as np

from bot.core import execution, instrument
from bot.core.impact import impact_share
from bot.core.market import Floats
from bot.simulation.coin_table import DEAD, RENAMED, CoinTable
from bot.simulation.lot_book import EXCHANGED, FILL, SETTLED, LotBook, RunNumbers, close_of, equity_at, note_fill
from strategies.indicators import Ints
from strategies.rotation.targets import TradeCode

TIE, FLOAT_TIE = 1e-9, 4e-16
"""Distance from a whole number of lots or ticks up to which a float counts as that number: absolute, and relative."""
CASH_KEPT = float(execution.CASH_KEPT)
COARSE_TICK = float(instrument.COARSE_TICK)
PRICE_DIGITS = instrument.PRICE_DIGITS


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
            note_fill(book, EXCHANGED, day, coin, -book.lots[coin], np.nan)
            note_fill(book, EXCHANGED, day, into, received, np.nan)
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
            note_fill(book, SETTLED, day, coin, -book.lots[coin], np.nan)
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
                note_fill(book, FILL, day, coin, lots, price)


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
