"""One run of the rotation over arrays: stages and targets by the rule, orders and fills in lots.

It follows `bot.core.cycle` and `bot.core.book` step by step, in floats and whole lots instead of decimals. A test holds
its decisions, lots and prices against the exact engine.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bot.core import instrument
from bot.core.market import Floats
from bot.simulation.coin_table import CoinTable
from bot.simulation.lot_book import (
    FillColumns,
    LotBook,
    RunNumbers,
    aim,
    equity_at,
    new_book,
    settle,
    state_of,
    trade,
)
from strategies.indicators import Bools, Ints
from strategies.rotation.rules import Rules
from strategies.rotation.state import Breakout, EthPosition, Memory, Observation, ObservedColumns
from strategies.rotation.step import step
from strategies.rotation.targets import Position, Target, TargetRules, TradeCode, WeightSource, target_of

WEIGHT_STEPS = float(1 / instrument.WEIGHT_STEP)


class SimulatedRun(NamedTuple):
    """Stage, tranche and reasons of every decision, and equity and cash at the close of each day of the window.

    `fill_count` is the number of all fills; `fills` has as many of them as there was room for.
    """

    stage: Ints
    tranche: Ints
    reasons: Ints
    equity: Floats
    cash: Floats
    fill_count: int
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
    room: int,
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
        Number of the first day of the window, counted as decisions are, at least the delay.
    room
        Fills that are kept.
    """
    decisions, days = len(is_stale), len(slippage_multipliers)
    stage_of, tranche_of = np.zeros(decisions, np.int64), np.zeros(decisions, np.int64)
    reasons_of, equity_of, cash_of = np.zeros(decisions, np.int64), np.zeros(days), np.zeros(days)
    book = new_book(coins, numbers.cash, room)
    memory, position = _start(), Position(0, 0, 0)
    weights, before = np.zeros(len(coins.step)), WeightSource.NOTHING.value
    lots, live, live_count, unfinished, marks = book.lots, book.live, book.live_count, book.unfinished, book.marks
    close, step_of, settled_on = coins.close, coins.step, coins.settled_on
    for number in range(decisions):
        outcome = step(rules, memory, _observation(seen, number))
        memory = outcome.memory
        target = target_of(targets, position, number, outcome.stage, outcome.tranche, is_stale[number])
        position = target.position
        if target.source != WeightSource.BEFORE and not target.source == before == WeightSource.NOTHING:
            _set_weights(weights, target, shares, number, numbers.eth)
            aim(book, weights)
        before = target.source
        stage_of[number], tranche_of[number], reasons_of[number] = outcome.stage, outcome.tranche, outcome.reasons
        acted = number + numbers.delay
        if acted >= first and acted - first < days:
            day = acted - first + 1  # row 0 of the coin table is the day before the first
            state = state_of(lots, unfinished, live, live_count[0], settled_on, day)
            if target.source == WeightSource.NOTHING and not state.is_held:
                # Out of the market, as on most days: nothing to settle, trade or value.
                equity_of[day - 1] = cash_of[day - 1] = book.cash[0]
                continue
            if state.is_settled:
                settle(book, coins, numbers, slippage_multipliers, day)
                aim(book, weights)
                state = state_of(lots, unfinished, live, live_count[0], settled_on, day)
            when = TradeCode.NOW.value if day == 1 else target.trade
            if when != TradeCode.HOLD or state.is_unfinished:
                trade(book, coins, numbers, when, target.reduce_only, slippage_multipliers[day - 1], day)
            cash_of[day - 1] = book.cash[0]
            equity_of[day - 1] = equity_at(book.cash[0], lots, live, live_count[0], marks, close, step_of, day)
    made = int(book.fill_count[0])
    return SimulatedRun(stage_of, tranche_of, reasons_of, equity_of, cash_of, made, _kept_fills(book, made, first))


def _kept_fills(book: LotBook, made: int, first: int) -> FillColumns:
    kept = min(made, len(book.fill_kind))
    return FillColumns(
        book.fill_kind[:kept],
        book.fill_day[:kept] + first - 1,
        book.fill_coin[:kept],
        book.fill_lots[:kept],
        book.fill_price[:kept],
    )


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


def rounded_weight(weight: float) -> float:
    """Round a weight down to 1e-9 as `to_weight`, which rounds the decimal text of a float."""
    nearest: float = np.floor(weight * WEIGHT_STEPS + 0.5)
    rounded = nearest / WEIGHT_STEPS
    # A float under the float of its nearest step has a decimal text under that step too.
    return rounded if rounded <= weight else (nearest - 1.0) / WEIGHT_STEPS
