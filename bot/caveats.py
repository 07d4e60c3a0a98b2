"""What a run has to say against itself: stale inputs, absent series, overrides, orders that came to nothing."""

from __future__ import annotations

from collections import Counter

import numpy as np

from bot.core.book import Book, RunPlan
from bot.core.cycle import Overrides
from bot.core.errors import DataError
from bot.core.orders import OrderResult, OrderStatus
from bot.core.window import Window
from strategies.indicators import Bools
from strategies.view import RotationView


def caveats(view: RotationView, window: Window, plan: RunPlan) -> list[str]:
    """The caveats that stand before anything is traded, the gravest first. Raises DataError for a dead input."""
    return [*_staleness(view, window), *_absences(view, window), *_overrides(plan)]


def _staleness(view: RotationView, window: Window) -> list[str]:
    """On how many days small caps, ETH or BTC were too old to decide on. Raises DataError if it was all of them."""
    warnings, inside = [], _inside(view, window)
    for symbol in view.required:
        stale = view.market[symbol].missed(view.times[inside]) > view.settings.rules.stale_after
        if stale.all():
            last = view.market[symbol].dates[-1]
            raise DataError(f"{symbol} ends on {last}, before the run begins", where=f"market {view.market.name}")
        if stale.any():
            days = f"{np.count_nonzero(stale)} of {len(stale)} days"
            warnings.append(f"{symbol} is stale on {days}: nothing is bought on them")
    return warnings


def _absences(view: RotationView, window: Window) -> list[str]:
    """Which gates and kills are off for want of data."""
    inside, kills = _inside(view, window), view.kills
    warnings = []
    for name, reading in view.readings.items():
        parts = [part for part, on in (("gate", name in view.settings.gates), ("kill", name in kills)) if on]
        if parts and not reading.available[inside].all():
            when = "throughout" if not reading.available[inside].any() else "for a part of the run"
            warnings.append(f"{' and '.join(parts)} {name} off {when}: the series are absent or have ended")
    if view.settings.rules.eth_stop_is_atr and np.isnan(view.source.eth_range()[inside]).all():
        warnings.append("the ETH stop is off throughout: its true range needs ETH's highs and lows")
    return warnings


def _inside(view: RotationView, window: Window) -> Bools:
    """Which decision times lie inside the window."""
    days = view.times.astype("datetime64[D]")
    inside: Bools = (days >= np.datetime64(window.start)) & (days <= np.datetime64(window.end))
    return inside


def _overrides(plan: RunPlan) -> list[str]:
    in_force = plan.rules.overrides != Overrides()
    return ["overrides are in force, for the strategy and not for the benchmarks"] if in_force else []


def order_caveats(book: Book) -> list[str]:
    """What the book warned of, and how many orders were not filled in full, by status."""
    results = [event for event in book.events if isinstance(event, OrderResult)]
    counts = Counter(result.status for result in results if result.status is not OrderStatus.FILLED)
    unfilled = [f"{n} order(s) {status}: see orders.csv for the reasons" for status, n in sorted(counts.items())]
    return [*book.warnings, *unfilled]
