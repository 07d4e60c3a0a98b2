"""One run of the rotation over arrays: stages and targets by the rule, orders and fills in lots.

It follows `bot.core.cycle` and `bot.core.book` step by step, in floats and whole lots instead of decimals. A test holds
its decisions, lots and prices against the exact engine.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bot.core.market import Floats
from bot.sweep.coin_table import DEAD, RENAMED, CoinTable
from strategies.indicators import Bools, Ints
from strategies.rotation.rules import Rules
from strategies.rotation.state import Breakout, EthPosition, Memory, Observation, ObservedColumns
from strategies.rotation.step import step
from strategies.rotation.targets import Position, TargetRules, TradeCode, WeightSource, target_of

FILL, SETTLED, EXCHANGED = 0, 1, 2
TIE, FLOAT_TIE = 1e-9, 4e-16
"""Distance from a whole number of lots or ticks up to which a float counts as that number: absolute, and relative."""
CASH_KEPT = 1e-6
WEIGHT_STEP = 1e-9
COARSE_TICK = 0.01
_DIGITS = 6


class RunNumbers(NamedTuple):
    """Numbers of a run beside those of the rule: shares, USDT, and the row of ETH in the coin table."""

    cash: float
    band: float
    relative_band: float
    volume_share: float
    recovery: float
    multiplier: float
    eth: int


class FillColumns(NamedTuple):
    """Fills and settlements of a run in order, shape (rows,).

    Attributes
    ----------
    kind
        FILL, SETTLED (in cash) or EXCHANGED (a row for the old coin, then one for the new).
    number, coin
        Number of the decision, and row of the coin.
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


class SimulatedRun(NamedTuple):
    """Stage, tranche and reasons of every decision, and equity and cash at the close of each day of the window."""

    stage: Ints
    tranche: Ints
    reasons: Ints
    equity: Floats
    cash: Floats
    fills: FillColumns


def simulate(
    rules: Rules,
    targets: TargetRules,
    numbers: RunNumbers,
    seen: ObservedColumns,
    is_stale: Bools,
    shares: Floats,
    coins: CoinTable,
    slippage_multipliers: Floats,
    first: int,
) -> SimulatedRun:
    """Run the rotation.

    Parameters
    ----------
    rules, targets, numbers
        Numbers of the config.
    seen
        Observations by decision from the origin of the market on, shape (decisions,).
    is_stale
        True where nothing is bought, shape (decisions,).
    shares
        Altcoins that a choice on each day would take, as shares of their part, shape (decisions, coins).
    coins
        Prices and rules.
    slippage_multipliers
        Factor on the slippage by day of the window, shape (days,).
    first
        Number of the first decision of the window.
    """
    decisions, days = len(is_stale), len(slippage_multipliers)
    stage_of, tranche_of = np.zeros(decisions, np.int64), np.zeros(decisions, np.int64)
    reasons_of, equity_of, cash_of = np.zeros(decisions, np.int64), np.zeros(days), np.zeros(days)
    book = _new_book(coins, numbers.cash)
    memory, position = _start(), Position(0, 0, 0)
    weights = np.zeros(len(coins.step))
    for number in range(decisions):
        outcome = step(rules, memory, _observation(seen, number))
        memory = outcome.memory
        target = target_of(targets, position, number, outcome.stage, outcome.tranche, is_stale[number])
        position = target.position
        if target.source == WeightSource.CUT:
            for coin in range(len(weights)):
                weights[coin] = _rounded_weight(weights[coin] * target.kept)
        elif target.source != WeightSource.BEFORE:
            weights[:] = 0.0
            if target.source != WeightSource.NOTHING:
                weights[numbers.eth] = _rounded_weight(target.eth)
            if target.source == WeightSource.CHOICE:
                for coin in range(len(weights)):
                    if shares[number, coin] > 0:
                        weights[coin] = _rounded_weight(target.altcoins * shares[number, coin])
        stage_of[number], tranche_of[number], reasons_of[number] = outcome.stage, outcome.tranche, outcome.reasons
        if number >= first and number - first < days:
            day = number - first + 1  # column 0 of the coin table is the day before the first
            if target.source == WeightSource.NOTHING and not (book.lots > 0).any():
                # Out of the market, as on most days: nothing to settle, trade or value.
                book.unfinished[:] = False
                equity_of[day - 1] = cash_of[day - 1] = book.cash[0]
                continue
            _settle(book, coins, numbers, slippage_multipliers, day)
            trade = TradeCode.NOW.value if day == 1 else target.trade
            _trade(book, coins, numbers, weights, trade, target.reduce_only, slippage_multipliers[day - 1], day)
            equity_of[day - 1], cash_of[day - 1] = _equity(book, coins, day), book.cash[0]
    count = int(book.fill_count[0])
    fills = FillColumns(
        book.fill_kind[:count],
        book.fill_day[:count] + first - 1,
        book.fill_coin[:count],
        book.fill_lots[:count],
        book.fill_price[:count],
    )
    return SimulatedRun(stage_of, tranche_of, reasons_of, equity_of, cash_of, fills)


class _BookArrays(NamedTuple):
    """State of a book as arrays: cash is the first entry of `cash`, `renamed` is the row of the new name or -1."""

    cash: Floats
    lots: Floats
    unfinished: Bools
    marks: Floats
    renamed: Ints
    fill_count: Ints
    fill_kind: Ints
    fill_day: Ints
    fill_coin: Ints
    fill_lots: Ints
    fill_price: Floats


def _new_book(coins: CoinTable, cash: float) -> _BookArrays:
    n, room = len(coins.step), coins.close.shape[1] * 8 + 64
    return _BookArrays(
        np.full(1, cash),
        np.zeros(n),
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


def _start() -> Memory:
    return Memory(0, 0, 0, 0, False, Breakout(0.0, 0.0, 0, 0, 0), EthPosition(0, 0.0, 0))


def _observation(seen: ObservedColumns, i: int) -> Observation:
    return Observation(
        seen.session[i],
        seen.new_session[i],
        seen.close[i],
        seen.prior_high[i],
        seen.is_record[i],
        seen.base[i],
        seen.sessions_since_record[i],
        seen.gates_pass[i],
        seen.credit_stress[i],
        seen.volatility_kill[i],
        seen.rs_up[i],
        seen.rs_weak_sessions[i],
        seen.eth_close[i],
        seen.eth_above_trend[i],
        seen.eth_range[i],
        seen.pair_above[i],
        seen.pair_below[i],
        seen.breadth_passes[i],
        seen.peg_broken[i],
        seen.thin_trading[i],
        seen.missed[i],
    )


def _rounded_weight(weight: float) -> float:
    """Round a weight down to 1e-9, as `to_weight`."""
    rounded: float = np.floor(weight / WEIGHT_STEP + 1e-6) * WEIGHT_STEP
    return rounded


def _close(book: _BookArrays, coins: CoinTable, coin: int, day: int) -> float:
    """Return the newest close of a coin; before its first row, that of the coin which it succeeds."""
    price: float = coins.close[coin, day]
    if np.isnan(price):
        price = book.marks[coin]
    return price


def _equity(book: _BookArrays, coins: CoinTable, day: int) -> float:
    total: float = book.cash[0]
    for coin in range(len(book.lots)):
        if book.lots[coin] > 0:
            total += book.lots[coin] * coins.step[coin] * _close(book, coins, coin, day)
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
        tick = 10.0 ** (np.floor(np.log10(price) + 1e-12) + 1 - _DIGITS)
    ticks = price / tick
    whole = np.ceil(ticks - _tie(ticks)) if is_buy else np.floor(ticks + _tie(ticks))
    worse: float = whole * tick
    return worse


def _settle(book: _BookArrays, coins: CoinTable, numbers: RunNumbers, multipliers: Floats, day: int) -> None:
    """Settle the holdings of coins that have ended."""
    for coin in range(len(book.lots)):
        if book.lots[coin] <= 0 or coins.settled_on[coin] > day:
            continue
        quantity = book.lots[coin] * coins.step[coin]
        close = _close(book, coins, coin, coins.settled_on[coin] - 1)
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


def _trade(
    book: _BookArrays,
    coins: CoinTable,
    numbers: RunNumbers,
    decided: Floats,
    trade: int,
    reduce_only: bool,
    multiplier: float,
    day: int,
) -> None:
    """Plan the orders of a decision, sells first, and fill them at the open of its day."""
    n = len(book.lots)
    if trade == TradeCode.HOLD and not book.unfinished.any():
        return
    weights = np.zeros(n)
    for coin in range(n):
        name = coin
        while book.renamed[name] >= 0:
            name = book.renamed[name]
        weights[name] += decided[coin]
    if not (weights > 0).any() and not (book.lots > 0).any():
        book.unfinished[:] = False
        return
    equity = _equity(book, coins, day - 1)
    orders, again = np.zeros(n), np.zeros(n, np.bool_)
    cash = book.cash[0]
    for side in range(2):  # sales first: their proceeds pay for the purchases
        for coin in range(n):
            target = weights[coin] * numbers.multiplier
            if weights[coin] <= 0 and book.lots[coin] <= 0:
                continue
            price = _close(book, coins, coin, day - 1)
            held = book.lots[coin]
            weight = held * coins.step[coin] * price / equity if equity else 0.0
            if not _is_due(trade, book.unfinished[coin], numbers, weight, target):
                continue
            change = target * equity / price / coins.step[coin] - held
            cost = coins.fee[coin] + coins.slippage[coin] * multiplier
            if side == 0 and change < 0:
                lots = _sendable(book, coins, numbers, coin, day, -change, np.inf, again)
                orders[coin] = -lots
                cash += lots * coins.step[coin] * price * (1 - cost)
            elif side == 1 and change > 0:
                if reduce_only:
                    if book.unfinished[coin] and trade != TradeCode.NOW:
                        again[coin] = True
                    continue
                if _whole(change) > 0 and coins.quarantined[coin, day]:
                    continue
                limit = max(cash, 0.0) / (price * (1 + cost)) / coins.step[coin]
                lots = _sendable(book, coins, numbers, coin, day, change, limit, again)
                orders[coin] = lots
                cash -= lots * coins.step[coin] * price * (1 + cost)
    book.unfinished[:] = again
    for side in range(2):
        for coin in range(n):
            if (side == 0 and orders[coin] < 0) or (side == 1 and orders[coin] > 0):
                _fill(book, coins, coin, orders[coin], multiplier, day)


def _is_due(trade: int, is_unfinished: bool, numbers: RunNumbers, weight: float, target: float) -> bool:
    if trade == TradeCode.NOW or is_unfinished:
        return True
    if trade == TradeCode.HOLD:
        return False
    return abs(weight - target) > max(numbers.band, numbers.relative_band * target)


def _sendable(
    book: _BookArrays,
    coins: CoinTable,
    numbers: RunNumbers,
    coin: int,
    day: int,
    wanted: float,
    limit: float,
    again: Bools,
) -> float:
    """Return the lots of an order that passes the rules of its coin; `again` notes that it is to be retried."""
    lots = _whole(wanted)
    if lots == 0:
        return 0.0
    if not coins.fresh[coin, day - 1]:
        again[coin] = True
        return 0.0
    price = _close(book, coins, coin, day - 1)
    allowed = lots if np.isinf(limit) else min(lots, _whole(limit))
    volume = coins.median_volume[coin, day - 1]
    if not np.isnan(volume):
        allowed = min(allowed, _whole(numbers.volume_share * volume / price / coins.step[coin]))
    if allowed < lots:
        again[coin] = True
    quantity = allowed * coins.step[coin]
    if quantity * price < coins.min_notional[coin] or quantity < coins.min_quantity[coin]:
        return 0.0
    return allowed


def _fill(book: _BookArrays, coins: CoinTable, coin: int, order: float, multiplier: float, day: int) -> None:
    """Fill an order at the open of the day, within holding and cash."""
    opened = coins.open[coin, day]
    if np.isnan(opened):
        book.unfinished[coin] = True
        return
    is_buy, step_ = order > 0, coins.step[coin]
    slippage = coins.slippage[coin] * multiplier
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


def _note(book: _BookArrays, kind: int, day: int, coin: int, lots: float, price: float) -> None:
    """Record a fill or a settlement."""
    at = book.fill_count[0]
    book.fill_kind[at], book.fill_day[at], book.fill_coin[at] = kind, day, coin
    book.fill_lots[at], book.fill_price[at] = int(lots), price
    book.fill_count[0] += 1
