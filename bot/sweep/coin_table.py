"""Prices, instruments and endings of a run's coins as arrays, for the compiled simulation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bot.core.book import RunPlan
from bot.core.market import Floats
from bot.core.orders import SettlementCause
from strategies.indicators import Bools, Ints

DEAD, SOURCE_ENDS, RENAMED = 1, 2, 3
_CAUSES = {SettlementCause.DEAD: DEAD, SettlementCause.SOURCE_ENDS: SOURCE_ENDS, SettlementCause.RENAMED: RENAMED}


class CoinTable(NamedTuple):
    """Coins of a run by row, sorted by symbol. Days are columns; column 0 is the day before the first decision.

    Attributes
    ----------
    close, open, median_volume
        Newest close, open and newest median volume of each day, shape (coins, days + 1).
    fresh, quarantined
        True if the close is of the day; if purchases at its first midnight are blocked. Shape (coins, days + 1).
    step, tick, min_notional, min_quantity, fee, slippage
        Rules and costs of each coin, shape (coins,).
    settled_on, cause, into, ratio
        Column of the day of the settlement, or the number of columns; its cause; the row and the units of the
        successor. Shape (coins,).
    """

    close: Floats
    open: Floats
    median_volume: Floats
    fresh: Bools
    quarantined: Bools
    step: Floats
    tick: Floats
    min_notional: Floats
    min_quantity: Floats
    fee: Floats
    slippage: Floats
    settled_on: Ints
    cause: Ints
    into: Ints
    ratio: Floats


def coin_table(plan: RunPlan, symbols: Sequence[str]) -> CoinTable:
    """Lay out the coins of a plan.

    Parameters
    ----------
    plan
        Plan with its decisions, which give the days.
    symbols
        Coins that may be held, sorted; successors of renamed coins are among them.
    """
    days = [plan.prices.of(symbol) for symbol in symbols]
    first = plan.decisions[0].at.date()
    midnights = np.arange(first.toordinal() - 1, first.toordinal() + len(plan.decisions)) - 719163
    times = midnights.astype("datetime64[D]").astype("datetime64[s]")
    rules = [plan.rules.instruments[symbol] for symbol in symbols]
    endings = [plan.endings.get(symbol) for symbol in symbols]
    never = len(times)

    def numbers(name: str) -> Floats:
        return np.array([float(getattr(rule, name)) for rule in rules])

    return CoinTable(
        close=np.array([coin.close for coin in days]),
        open=np.array([coin.open for coin in days]),
        median_volume=np.array([coin.median_volume for coin in days]),
        fresh=np.array([coin.fresh for coin in days]),
        quarantined=np.array([plan.market.is_quarantined(symbol, times) for symbol in symbols]),
        step=numbers("step"),
        tick=numbers("tick"),
        min_notional=numbers("min_notional"),
        min_quantity=numbers("min_quantity"),
        fee=numbers("fee"),
        slippage=numbers("slippage"),
        settled_on=np.array([never if e is None else max(plan.prices.index(e[0]), 1) for e in endings]),
        cause=np.array([0 if e is None else _CAUSES[e[1].cause] for e in endings]),
        into=np.array([-1 if e is None or e[1].into is None else symbols.index(e[1].into) for e in endings]),
        ratio=np.array([1.0 if e is None else float(e[1].ratio) for e in endings]),
    )
