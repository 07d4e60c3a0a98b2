"""Prices, instruments and endings of a run's coins as arrays, for the compiled simulation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np

from bot.core.market import Floats
from bot.core.orders import SettlementCause
from bot.core.prices import ByRow, Prices
from bot.core.run_plan import RunPlan
from bot.core.window import Window
from strategies.indicators import Bools, Ints

DEAD, SOURCE_ENDS, RENAMED = 1, 2, 3
_CAUSES = {SettlementCause.DEAD: DEAD, SettlementCause.SOURCE_ENDS: SOURCE_ENDS, SettlementCause.RENAMED: RENAMED}


class CoinTable(NamedTuple):
    """Coins of a run by column, sorted by symbol. Days are rows; row 0 is the day before the first decision.

    Attributes
    ----------
    close, open, median_volume, volatility
        Newest close, open, newest median volume and newest daily volatility of each day, shape (days + 1, coins).
    fresh, quarantined
        True if the close is of the day; if purchases at its first midnight are blocked. Shape (days + 1, coins).
    step, tick, min_notional, min_quantity, fee, slippage
        Rules and costs of each coin, shape (coins,).
    settled_on, cause, into, ratio
        Row of the day of the settlement, or the number of rows; its cause; the column and the units of the successor.
        Shape (coins,).
    """

    close: Floats
    open: Floats
    median_volume: Floats
    volatility: Floats
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


def coin_table(plan: RunPlan, days: Window, symbols: Sequence[str]) -> CoinTable:
    """Lay out the coins of a plan on days of its market; `cut_to` adds the settlements of a run.

    Parameters
    ----------
    plan
        Plan of the market, with or without decisions.
    days
        First and last UTC day.
    symbols
        Coins that may be held, sorted; successors of renamed coins are among them.
    """
    prices = Prices(plan.market, plan.median_volume, plan.volatility, days.start, days.end)
    coins = [prices.columns(symbol) for symbol in symbols]
    rules = [plan.rules.instruments[symbol] for symbol in symbols]
    none = np.zeros(len(symbols), np.int64)

    def by_day(name: str) -> Any:
        return np.column_stack([getattr(coin, name) for coin in coins])

    def numbers(name: str) -> Floats:
        return np.array([float(getattr(rule, name)) for rule in rules])

    return CoinTable(
        close=by_day("close"),
        open=by_day("open"),
        median_volume=by_day("median_volume"),
        volatility=by_day("volatility"),
        fresh=by_day("fresh"),
        quarantined=by_day("quarantined"),
        step=numbers("step"),
        tick=numbers("tick"),
        min_notional=numbers("min_notional"),
        min_quantity=numbers("min_quantity"),
        fee=numbers("fee"),
        slippage=numbers("slippage"),
        settled_on=none + len(coins[0].close),
        cause=none,
        into=none - 1,
        ratio=np.ones(len(symbols)),
    )


def newest_values(plan: RunPlan, days: Window, symbols: Sequence[str], by_row: ByRow) -> Floats:
    """Lay out the newest value of coins by day; NaN before the first row.

    Parameters
    ----------
    plan, days, symbols
        As for `coin_table`.
    by_row
        Computes the values of a coin's rows, such as the plan's `median_volume` (USD) or `volatility` (a share a day).

    Returns
    -------
    array of float
        Shape (days + 1, coins).
    """
    midnights = np.arange(np.datetime64(days.start, "D") - 1, np.datetime64(days.end, "D") + 1)
    found = np.full((len(midnights), len(symbols)), np.nan)
    for column, symbol in enumerate(symbols):
        series = plan.market.priced(symbol)
        newest = np.searchsorted(series.dates, midnights, side="right") - 1
        begun = newest >= 0
        if begun.any():
            found[begun, column] = by_row(series)[newest[begun]]
    return found


def cut_to(table: CoinTable, plan: RunPlan, symbols: Sequence[str], first: int, window: Window) -> CoinTable:
    """Cut a table to the days of a run, with the settlements of its plan.

    Parameters
    ----------
    table
        Coins on every day of the market.
    plan
        Plan of the run, whose settlements depend on its last day.
    symbols
        Coins by column.
    first
        Days from the first of the table to the first of the run.
    window
        First and last UTC day of the run.
    """
    never = (window.end - window.start).days + 2
    rows = slice(first, first + never)
    endings = [plan.endings.get(symbol) for symbol in symbols]

    def row_of(day: date) -> int:
        return max((day - window.start).days + 1, 1)

    return table._replace(
        close=table.close[rows],
        open=table.open[rows],
        median_volume=table.median_volume[rows],
        volatility=table.volatility[rows],
        fresh=table.fresh[rows],
        quarantined=table.quarantined[rows],
        settled_on=np.array([never if e is None else row_of(e[0]) for e in endings]),
        cause=np.array([0 if e is None else _CAUSES[e[1].cause] for e in endings]),
        into=np.array([-1 if e is None or e[1].into is None else symbols.index(e[1].into) for e in endings]),
        ratio=np.array([1.0 if e is None else float(e[1].ratio) for e in endings]),
    )
