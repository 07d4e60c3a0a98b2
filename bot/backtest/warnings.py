"""What a run has to say against itself: stale inputs, absent series, overrides, orders that came to nothing."""

from __future__ import annotations

from collections import Counter

import numpy as np

from bot.core.book import Book, RunPlan
from bot.core.cycle import Overrides
from bot.core.data_fault import DataFault, FaultKind, Severity
from bot.core.errors import DataError
from bot.core.market import SeriesKind
from bot.core.orders import OrderResult, OrderStatus
from bot.core.window import Window
from strategies.indicators import Bools
from strategies.rotation.view import RotationView

_NAMED = 3
"""How many days a caveat names before it leaves out the rest."""

_GRAVE = {FaultKind.JUMP, FaultKind.POWER_OF_TEN, FaultKind.OUTSIDE_RANGE}
"""The faults of prices that warn and could make a run's money."""


def run_warnings(view: RotationView, window: Window, plan: RunPlan) -> list[str]:
    """The caveats that stand before anything is traded, the gravest first. Raises DataError for a dead input."""
    return [
        *_staleness(view, window),
        *_absences(view, window),
        *_bars(view, window),
        *_prices(view, window),
        *_volumes(view, window),
        *_overrides(plan),
    ]


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


def _bars(view: RotationView, window: Window) -> list[str]:
    """Which series were barred before the run ended, why, and what would admit them."""
    warnings = []
    for symbol, since in sorted(view.market.quarantined.items()):
        if since.astype("datetime64[D]") > np.datetime64(window.end):
            continue
        why = next(f for f in view.market.faults if f.symbol == symbol and f.severity is Severity.QUARANTINED)
        is_coin = view.market[symbol].kind.is_coin and symbol not in view.required
        effect = "is not bought" if is_coin else "is not believed, and nothing is bought while a rule needs it"
        admit = f"quality: {{admit: [{symbol}]}} in the config admits it"
        warnings.append(f"{symbol} {effect} from {since.astype('datetime64[D]')} on: {why.text} ({why.first}); {admit}")
    return warnings


def _prices(view: RotationView, window: Window) -> list[str]:
    """How many series have prices inside the run that can hardly be right."""
    market, read = view.market, view.market.roles.symbols
    symbols = {
        fault.symbol
        for fault in market.faults
        if fault.kind in _GRAVE and fault.severity is Severity.WARNED and window.start <= fault.first <= window.end
    }
    count = sum(symbol in read or market[symbol].kind is SeriesKind.CRYPTO for symbol in symbols)
    if not count:
        return []
    told = "prices that jump or lie outside their own range"
    return [f"{count} series that this run could hold or read have {told}: `bot data check` lists them"]


def _volumes(view: RotationView, window: Window) -> list[str]:
    """Whose volume changed its level overnight, or its vendor, inside the run."""
    shifts = [fault for fault in view.market.faults if _is_shift_of_a_coin(view, fault, window)]
    if not shifts:
        return []
    days = Counter(fault.first for fault in shifts).most_common()
    named = ", ".join(f"{count} on {day}" for day, count in days[:_NAMED])
    rest = " ..." if len(days) > _NAMED else ""
    coins = len({fault.symbol for fault in shifts})
    return [
        f"the volume of {coins} coin(s) changes its level or its vendor overnight: "
        f"medians across it mix the two ({named}{rest})"
    ]


def _is_shift_of_a_coin(view: RotationView, fault: DataFault, window: Window) -> bool:
    inside = window.start <= fault.first <= window.end
    return (
        inside
        and fault.kind in (FaultKind.VOLUME_SHIFT, FaultKind.SOURCE_CHANGE)
        and view.market[fault.symbol].kind is SeriesKind.CRYPTO
    )


def _inside(view: RotationView, window: Window) -> Bools:
    """Which decision times lie inside the window."""
    days = view.times.astype("datetime64[D]")
    inside: Bools = (days >= np.datetime64(window.start)) & (days <= np.datetime64(window.end))
    return inside


def _overrides(plan: RunPlan) -> list[str]:
    in_force = plan.rules.overrides != Overrides()
    return ["overrides are in force, for the strategy and not for the benchmarks"] if in_force else []


def order_warnings(book: Book) -> list[str]:
    """What the book warned of, and how many orders were not filled in full, by status."""
    results = [event for event in book.events if isinstance(event, OrderResult)]
    counts = Counter(result.status for result in results if result.status is not OrderStatus.FILLED)
    unfilled = [f"{n} order(s) {status}: see orders.csv for the reasons" for status, n in sorted(counts.items())]
    return [*book.warnings, *unfilled]
