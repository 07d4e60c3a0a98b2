"""Runs of the rotation over arrays: stages and targets by the rule, orders and fills in lots.

It follows `bot.core.cycle` and `bot.core.book` step by step, in floats and whole lots instead of decimals. A test holds
its decisions, lots and prices against the exact engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bot.core import instrument
from bot.core.market import Floats
from bot.simulation.coin_table import CoinTable
from bot.simulation.lot_book import (
    Holdings,
    LotBook,
    RunNumbers,
    aim,
    book_of,
    equity_at,
    holdings_of,
)
from bot.simulation.lot_trades import settle, trade
from bot.simulation.round_trip_count import OpenPurchases, round_trip_count
from strategies.indicators import Bools, Ints
from strategies.rotation.rules import Rules
from strategies.rotation.state import Breakout, EthPosition, Memory, Observation
from strategies.rotation.step import step
from strategies.rotation.targets import Position, Target, TargetRules, TradeCode, WeightSource, target_of, trade_of

WEIGHT_STEPS = float(1 / instrument.WEIGHT_STEP)


class SetNumbers(NamedTuple):
    """Numbers of one parameter set."""

    rules: Rules
    targets: TargetRules
    run: RunNumbers


class ManyNumbers(NamedTuple):
    """Numbers of many parameter sets: sequences, or arrays of records, which compiled code reads by the same names."""

    rules: Sequence[Rules]
    targets: Sequence[TargetRules]
    run: Sequence[RunNumbers]


class RunInputs(NamedTuple):
    """Arrays that the runs of many sets share.

    Attributes
    ----------
    seen
        Observations by decision from the origin of the market on, from `Simulation.observations`, shape (decisions,).
    is_stale
        True where purchases are blocked, shape (decisions,).
    shares
        Altcoins that a choice on each day would take, as shares of their part, shape (decisions, coins).
    coins
        Prices and rules.
    slippage_multipliers
        Factor on the slippage by day of the window, shape (days,).
    first
        Number of the first day of the window, counted as decisions are, at least the delay.
    """

    seen: Sequence[Observation]
    is_stale: Bools
    shares: Floats
    coins: CoinTable
    slippage_multipliers: Floats
    first: int


class RunColumns(NamedTuple):
    """Stage, tranche and reasons by decision, equity and cash at the close of each day; shape (sets, ...) for many."""

    # Integers are as narrow as their values: to allocate the memory of a run takes as long as its arithmetic.

    stage: npt.NDArray[np.int8]
    tranche: npt.NDArray[np.int8]
    reasons: npt.NDArray[np.uint32]
    equity: Floats
    cash: Floats


def run_sets(
    sets: ManyNumbers,
    inputs: RunInputs,
    books: LotBook,
    columns: RunColumns,
    purchases: OpenPurchases,
    round_trips: Ints,
) -> None:
    """Run the rotation with the numbers of each set.

    Parameters
    ----------
    sets, inputs
        Numbers of each set, and arrays that the sets share.
    books, columns, round_trips
        Results: fills, days, and the number of round trips, shape (sets,).
    purchases
        Memory to count round trips.
    """
    for row in range(len(sets.rules)):
        of_row = RunColumns(
            columns.stage[row], columns.tranche[row], columns.reasons[row], columns.equity[row], columns.cash[row]
        )
        book = book_of(books, row)
        _run(sets.rules[row], sets.targets[row], sets.run[row], inputs, book, of_row)
        round_trips[row] = round_trip_count(book, purchases)


def _run(
    rules: Rules, targets: TargetRules, numbers: RunNumbers, inputs: RunInputs, book: LotBook, columns: RunColumns
) -> None:
    seen, is_stale, shares, coins, multipliers, first = inputs
    days = len(multipliers)
    memory, target = _start(), Target(Position(0, 0, 0), WeightSource.NOTHING.value, False, 0.0, 0.0, 0.0)
    cash, lots, live, live_count, unfinished, marks = (
        book.cash,
        book.lots,
        book.live,
        book.live_count,
        book.unfinished,
        book.marks,
    )
    close, step_of, settled_on = coins.close, coins.step, coins.settled_on
    holdings, has_changed = Holdings(False, len(close), False), False
    decided = len(is_stale) + numbers.delay - first
    columns.equity[decided:], columns.cash[decided:] = np.nan, np.nan  # days after the last decision
    for number in range(len(is_stale)):
        outcome = step(rules, memory, seen[number])
        memory = outcome.memory
        before = target
        target = target_of(targets, before.position, number, outcome.stage, outcome.tranche, is_stale[number])
        if not _keeps_weights(before, target):
            _set_weights(book.decided, target, shares, number, numbers.eth)
            aim(book)
            has_changed = True
        columns.stage[number], columns.tranche[number] = outcome.stage, outcome.tranche
        columns.reasons[number] = outcome.reasons
        acted = number + numbers.delay
        if acted >= first and acted - first < days:
            day = acted - first + 1  # row 0 of the coin table is the day before the first
            if has_changed:
                holdings = holdings_of(lots, unfinished, live, live_count[0], settled_on, len(close))
                has_changed = False
            if target.source == WeightSource.NOTHING and not holdings.is_any:
                # Out of the market, as on most days: nothing to settle, trade or value.
                columns.equity[day - 1] = columns.cash[day - 1] = cash[0]
                continue
            if holdings.settled_on <= day:
                settle(book, coins, numbers, multipliers, day)
                aim(book)
                holdings = holdings_of(lots, unfinished, live, live_count[0], settled_on, len(close))
            when = TradeCode.NOW.value if day == 1 else trade_of(targets, before.position, target.position, number)
            if when != TradeCode.HOLD or holdings.is_unfinished:
                trade(book, coins, numbers, when, target.reduce_only, multipliers[day - 1], day)
                has_changed = True
            columns.cash[day - 1] = cash[0]
            columns.equity[day - 1] = equity_at(cash[0], lots, live, live_count[0], marks, close, step_of, day)


def _keeps_weights(before: Target, target: Target) -> bool:
    """Return True if a decision has the weights of the decision before."""
    if target.source == WeightSource.ETH:
        return before.source == WeightSource.ETH and before.eth == target.eth
    return target.source == WeightSource.BEFORE or target.source == before.source == WeightSource.NOTHING


def _set_weights(weights: Floats, target: Target, shares: Floats, number: int, eth: int) -> None:
    """Set the weights of a decision from those of the decision before."""
    if target.source == WeightSource.CUT:
        for coin in range(len(weights)):
            weights[coin] = rounded_weight(weights[coin] * target.kept)
        return
    weights[:] = 0.0
    if target.source != WeightSource.NOTHING:
        weights[eth] = rounded_weight(target.eth)
    if target.source == WeightSource.CHOICE:
        for coin in range(len(weights)):
            if shares[number, coin] > 0:
                weights[coin] = rounded_weight(target.altcoins * shares[number, coin])


def _start() -> Memory:
    return Memory(0, 0, 0, 0, False, Breakout(0.0, 0.0, 0, 0, 0), EthPosition(0, 0.0, 0))


def rounded_weight(weight: float) -> float:
    """Round a weight down to 1e-9 as `to_weight`, which rounds the decimal text of a float."""
    nearest: float = np.floor(weight * WEIGHT_STEPS + 0.5)
    rounded = nearest / WEIGHT_STEPS
    # A float under the float of its nearest step has a decimal text under that step too.
    return rounded if rounded <= weight else (nearest - 1.0) / WEIGHT_STEPS
