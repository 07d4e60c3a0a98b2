"""Warnings of readings that missing rows made unknown: when they would have decided, since which row, at what cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from bot.core.market import Series
from bot.core.moments import Times, newest
from bot.core.series_kind import SeriesKind
from strategies.indicators import LONG_WINDOW, Bools
from strategies.rotation.conditions import is_stale
from strategies.rotation.reading import Reading
from strategies.rotation.rules import Stage
from strategies.rotation.view import RotationView

_NAMED = 3
"""Dates that a warning names before it counts the rest."""


@dataclass
class _Use:
    """The use of one reading: the decisions that waited for it, and those on which an exit or a count was blind."""

    reading: Reading
    decisive: Bools
    exits: dict[str, Bools] = field(default_factory=dict)


def unread_warnings(view: RotationView, inside: Bools) -> list[str]:
    """Return the warnings of the readings that a decision or an exit inside a window found unknown.

    Parameters
    ----------
    view
        The market as the rotation reads it.
    inside : array of bool
        The decisions of the window.
    """
    stages = np.array([outcome.stage for outcome in view.path])
    before = np.concatenate(([Stage.STABLE.value], stages[:-1]))
    held = (before >= Stage.ETH) & (before <= Stage.DISTRIBUTION)
    uses = {name: _Use(reading, np.zeros(len(stages), bool)) for name, reading in view.readings.items()}
    _mark_gates(view, inside, uses)
    _mark_stages(view, stages, before, uses)
    _mark_exits(view, uses)
    warnings = []
    for name, use in uses.items():
        decisive = use.decisive & inside
        exits = {exit_: blind & inside for exit_, blind in use.exits.items() if (blind & inside).any()}
        if decisive.any() or exits:
            warnings.append(_warning(view, name, use.reading, decisive, exits, held))
    return warnings + _shortened(view, inside)


def _mark_gates(view: RotationView, inside: Bools, uses: dict[str, _Use]) -> None:
    """Mark the decisions that an unknown gate kept from confirming: the closes were there, and no known gate failed."""
    unknown = {name: _is_unknown(view, view.gates[name]) for name in view.gates_on}
    for i in np.flatnonzero(inside):
        outcome = view.path[i]
        armed = outcome.conditions if outcome.conditions.closes_above.holds else outcome.ahead
        if armed.closes_above.holds and armed.level.holds:
            failing = view.failing_gates(int(i))
            if all(unknown[name][i] for name in failing):
                for name in failing:
                    uses[name].decisive[i] = True


def _mark_stages(
    view: RotationView, stages: np.ndarray[tuple[int], np.dtype[np.int64]], before: Bools, uses: dict[str, _Use]
) -> None:
    """Mark the decisions on which ETH's trend or ETH/BTC was due and unknown."""
    trend, pair = uses["eth_trend"], uses["eth_btc"]
    if view.settings.rules.entry_is_gated:
        trend.decisive |= (stages == Stage.CONFIRMED) & ~trend.reading.is_known
    due = np.array([outcome.ahead.sessions_for_altcoins.holds for outcome in view.path], bool)
    pair.decisive |= (due | (before == Stage.ALTS)) & ~pair.reading.is_known


def _mark_exits(view: RotationView, uses: dict[str, _Use]) -> None:
    """Mark the sessions, or days, on which an exit that is on had no value to look at."""
    rules, new = view.settings.rules, view.source.new_session()
    every_day = np.ones(len(new), bool)
    table = (
        ("credit", "credit", rules.risk_exits_credit, new),
        ("volatility_kill", "volatility", rules.risk_exits_volatility, new),
        ("small_caps", "trail", rules.risk_exits_trail, new),
        ("eth_trend", "eth_drawdown", rules.risk_exits_eth_drawdown, every_day),
        ("peg_broken", "peg", rules.risk_exits_peg, every_day),
        ("relative_strength", "weak_small_caps", True, new),
    )
    for name, exit_, is_on, looks in table:
        if is_on:
            reading = uses[name].reading
            # ETH's stop reads its close; the average of the same reading belongs to the gated entry.
            unknown = np.isnan(reading.value) if exit_ == "eth_drawdown" else ~reading.is_known
            uses[name].exits[exit_] = looks & reading.available & unknown


def _is_unknown(view: RotationView, reading: Reading) -> Bools:
    unknown: Bools = reading.available & (~reading.is_known | is_stale(view.settings.rules, reading.missed))
    return unknown


def _warning(
    view: RotationView, name: str, reading: Reading, decisive: Bools, exits: dict[str, Bools], held: Bools
) -> str:
    unknown = np.logical_or.reduce([decisive, *exits.values()])
    parts = []
    if decisive.any():
        parts.append(f"{name} could not be read on {_dates(view, decisive, reading)}, when it would have decided")
    for exit_, blind in exits.items():
        row = "day" if reading.sources and reading.sources[0].kind.is_coin else "session"
        cost = f"exit {exit_} was blind on {_count(blind, row)}"
        parts.append(f"{cost}, {np.count_nonzero(blind & held)} of them with coins held")
    cause = _cause(view, reading, view.times[unknown]) or f"its window of {_reach(reading)} rows is not whole"
    head, *rest = parts
    return "; ".join([f"{head}: {cause}", *rest])


def _shortened(view: RotationView, inside: Bools) -> list[str]:
    """Say in one line which averages of readings in use are of fewer rows than their window, and since which row."""
    new, said = view.source.new_session() & inside, []
    in_use = view.gates_on | view.kills | {"eth_btc"} | ({"eth_trend"} if view.settings.rules.entry_is_gated else set())
    for name in (name for name in view.readings if name in in_use):
        reading = view.readings[name]
        leaves = [leaf for leaf in _leaves(reading) if leaf.reach >= LONG_WINDOW]
        looks = inside if leaves and leaves[0].sources[0].kind.is_coin else new
        short = np.zeros(len(inside), bool)
        for leaf in leaves:
            for series in leaf.sources:
                short |= looks & leaf.is_known & (_missing_in_reach(series, view.times, leaf.reach) > 0)
        if short.any():
            row = "day" if looks is inside else "session"
            said.append(f"{name} on {_count(short, row)} ({_cause(view, reading, view.times[short])})")
    return [f"averaged over the rows that are there: {'; '.join(said)}"] if said else []


# --- the rows that are missing -----------------------------------------------------------------------------


def _leaves(reading: Reading) -> list[Reading]:
    """Return the readings with series of their own that a reading is made of."""
    return [leaf for part in reading.parts for leaf in _leaves(part)] if reading.parts else [reading]


def _reach(reading: Reading) -> int:
    return max(leaf.reach for leaf in _leaves(reading))


def _missing_in_reach(series: Series, times: Times, reach: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Count the rows that a series lacks among the last `reach` due ones, at each time."""
    before = np.concatenate(([0], np.cumsum(np.isnan(series.on_calendar("close")))))
    end = newest(series.due, times) + 1
    counts: np.ndarray[tuple[int], np.dtype[np.int64]] = before[end] - before[np.maximum(end - reach, 0)]
    return counts


def _cause(view: RotationView, reading: Reading, times: Times) -> str:
    """Name the rows that the series of a reading lack within its reach at some times."""
    found = {}
    for leaf in _leaves(reading):
        for series in leaf.sources:
            lacking = np.flatnonzero(np.isnan(series.on_calendar("close")))
            ends = newest(series.due, times)
            # A missing row counts at a time if it is among the last `reach` rows that were due by then.
            first, last = np.searchsorted(ends, lacking), np.searchsorted(ends, lacking + leaf.reach)
            causes = series.due[lacking[first < last]]
            if len(causes):
                found[series.symbol] = f"{series.symbol} lacks {_named(_row_dates(series, causes))}"
    return ", ".join(found.values())


def _row_dates(series: Series, due: Times) -> list[str]:
    """Return the dates of rows by the times at which they were due."""
    days = due.astype("datetime64[D]")
    # A coin's day is due at the midnight that ends it; a US session closes on its own date in UTC too.
    return [str(day) for day in (days - 1 if series.kind.is_coin else days)]


def _dates(view: RotationView, at: Bools, reading: Reading) -> str:
    """Return the dates of the sessions, or of the coins' days, that some decisions looked at."""
    if reading.sources and reading.sources[0].kind is SeriesKind.CRYPTO:
        return _named([str(day) for day in view.days[at]])
    rows = view.source.session_rows()[at]
    return _named(list(dict.fromkeys(str(day) for day in view.source.sessions[rows])))


def _count(at: Bools, row: str) -> str:
    count = np.count_nonzero(at)
    return f"{count} {row}{'' if count == 1 else 's'}"


def _named(dates: Sequence[str]) -> str:
    more = len(dates) - _NAMED
    return ", ".join(dates[:_NAMED]) + (f" and {more} more up to {dates[-1]}" if more > 0 else "")
