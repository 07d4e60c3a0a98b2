"""Warnings of a run: faults of the data, overrides in force, and orders that were cut or unfilled."""

from __future__ import annotations

from collections import Counter
from itertools import chain

import numpy as np

from bot.core.book import Book
from bot.core.cycle import Overrides
from bot.core.data_fault import GRAVE, DataFault, FaultKind, Severity
from bot.core.decision import Decision
from bot.core.market import Market
from bot.core.orders import OrderResult, OrderStatus
from bot.core.plural import counted
from bot.core.run_plan import RunPlan
from bot.core.series_kind import SeriesKind
from bot.core.stop_orders import StopState
from bot.core.window import Window
from bot.data.quality import closure_proposal, proposed_closures

_NAMED = 3
"""Number of days that a warning names before it leaves out the rest."""

_NAMED_COINS = 8
"""Number of coins that a warning names."""


def run_warnings(market: Market, window: Window, plan: RunPlan) -> list[str]:
    """Return the warnings of overrides and of data that may change a result, the gravest first."""
    of_data = (find(market, window) for find in (_prices, _without_volume, _volumes, _closures))
    return [*_overrides(plan), *chain.from_iterable(of_data), *_unused_endings(market, plan)]


def _prices(market: Market, window: Window) -> list[str]:
    """Count the series with implausible prices inside the window."""
    symbols = {
        fault.symbol
        for fault in market.faults
        if fault.kind in GRAVE and fault.severity is Severity.WARNED and window.start <= fault.first <= window.end
    }
    count = sum(symbol in market.roles.symbols or market[symbol].kind is SeriesKind.CRYPTO for symbol in symbols)
    if not count:
        return []
    text = "prices that jump or lie outside their own range"
    return [f"{count} series that this run could hold or read have {text}: `bot data check` lists them"]


def _volumes(market: Market, window: Window) -> list[str]:
    """Count the coins whose volume changes its level or its vendor inside the window."""
    shifts = [fault for fault in market.faults if _is_shift_of_a_coin(market, fault, window)]
    if not shifts:
        return []
    days = Counter(fault.first for fault in shifts).most_common()
    named = ", ".join(f"{count} on {day}" for day, count in days[:_NAMED])
    rest = " ..." if len(days) > _NAMED else ""
    coins = len({fault.symbol for fault in shifts})
    return [
        f"the volume of {counted(coins, 'coin')} changes its level or its vendor overnight: "
        f"medians across it mix the two ({named}{rest})"
    ]


def _without_volume(market: Market, window: Window) -> list[str]:
    """Count the coins that have rows and no volume up to the end of the window."""
    listed = market.of_kind(SeriesKind.CRYPTO)
    until = {coin.symbol: coin.volume[coin.dates <= np.datetime64(window.end)] for coin in listed}
    symbols = [symbol for symbol, volume in until.items() if len(volume) and not (volume > 0).any()]
    if not symbols:
        return []
    named = ", ".join(symbols[:_NAMED]) + (" ..." if len(symbols) > _NAMED else "")
    coins = counted(len(symbols), "coin has", "coins have")
    return [f"{coins} no volume, by which altcoins are chosen and orders limited: {named}"]


def _is_shift_of_a_coin(market: Market, fault: DataFault, window: Window) -> bool:
    inside = window.start <= fault.first <= window.end
    is_shift = fault.kind in (FaultKind.VOLUME_SHIFT, FaultKind.SOURCE_CHANGE)
    return inside and is_shift and market[fault.symbol].kind is SeriesKind.CRYPTO


def _closures(market: Market, window: Window) -> list[str]:
    """Propose the sessions up to the window's end on which every US series lacks its row as closures."""
    days = [day for day in proposed_closures(market) if day <= window.end]
    return [closure_proposal(days)] if days else []


def _unused_endings(market: Market, plan: RunPlan) -> list[str]:
    """Count the entries of the table of endings that contradict the rows of other coins than the targeted ones."""
    symbols = sorted(set(plan.unused_endings) - set(plan.coins))
    if not symbols:
        return []
    named = ", ".join(symbols[:_NAMED_COINS]) + (" ..." if len(symbols) > _NAMED_COINS else "")
    text = "do not fit the rows of their coins and are not used"
    return [f"{len(symbols)} entries of `endings` {text}: {named}; no target of this run is among them"]


def _overrides(plan: RunPlan) -> list[str]:
    in_force = plan.rules.overrides != Overrides()
    return ["overrides are in force, for the strategy and not for the benchmarks"] if in_force else []


def order_warnings(book: Book) -> list[str]:
    """Return the number of orders that were cut or unfilled, by status."""
    results = [event for event in book.events if isinstance(event, OrderResult)]
    counts = Counter(result.status for result in results if result.status is not OrderStatus.FILLED)
    unfilled = [
        f"{counted(n, 'order')} {status}: see orders.csv for the reasons" for status, n in sorted(counts.items())
    ]
    return unfilled


def listing_warnings(book: Book, market: Market, window: Window) -> list[str]:
    """Count the days of a run before any coin that it targets has a row: its figures are over those days too."""
    decisions = [event for event in book.events if isinstance(event, Decision)]
    coins = {symbol for decision in decisions for symbol, weight in decision.weights.items() if weight}
    starts = [(market[symbol].dates[0].item(), symbol) for symbol in coins if len(market[symbol])]
    first, symbol = min(starts, default=(window.start, ""))
    if first <= window.start:
        return []
    days, all_days = (first - window.start).days, (window.end - window.start).days + 1
    return [
        f"no coin that the strategy targets has a row before {symbol} on {first}: CAGR, Sharpe and exposure are over "
        f"all days, and on {days:,} of {all_days:,} nothing could be held"
    ]


def stop_warnings(book: Book) -> list[str]:
    """Count the days on which a coin was targeted after its stop sale and not bought, by coin, the most days first."""
    state, days = StopState(), Counter[str]()
    for event in book.events:
        state.note(event)
        if isinstance(event, Decision):
            # The state forgets its sales at a decision to trade now, which buys the coins again.
            days.update(symbol for symbol in state.sold if event.weights.get(symbol))
    again = "after a stop sold it and was not bought: a decision with trade=Trade.NOW buys it again"
    ranked = sorted(days.items(), key=lambda item: (-item[1], item[0]))
    return [f"{symbol} was targeted on {counted(n, 'day')} {again}" for symbol, n in ranked]
