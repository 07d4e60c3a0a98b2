"""Ends of coins: the user's table of corporate actions, and the settlements that follow in a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

import numpy as np

from bot.core.market import Market, Series
from bot.core.moments import ONE_DAY
from bot.core.orders import SettlementCause

_PATIENCE = 14
"""Days before the end of a run in which a last row may be a vendor's delay: the coin is valued and marked stale."""


_DAY_MOVE = 1.0
"""Log return by which the value of a holding may change over an exchange, times the root of its days: a factor of 2.7
in a day. Hardly a coin moves as far; a ratio that is missing or inverted is a factor of ten or more."""


class CorporateActionKind(StrEnum):
    """Cause of the end of a coin's rows."""

    DEAD = "dead"
    RENAMED = "renamed"
    SOURCE_ENDS = "source ends"
    HALTED = "halted"


@dataclass(frozen=True, slots=True)
class CorporateAction:
    """One entry of the table; `into` and `ratio` (new units for one old) belong to a renamed coin.

    A renamed coin is exchanged on the day after `last`, whatever its file goes on with. Another entry with a `last` row
    is used only where the rows end by then, give or take two weeks.
    """

    kind: CorporateActionKind
    into: str | None = None
    ratio: Decimal = Decimal(1)
    last: date | None = None


@dataclass(frozen=True, slots=True)
class ScheduledSettlement:
    """The settlement of a coin's holding on the day after its last row."""

    symbol: str
    cause: SettlementCause
    into: str | None = None
    ratio: Decimal = Decimal(1)
    warning: str | None = None


@dataclass(frozen=True, slots=True)
class EndingSchedule:
    """Scheduled settlements by UTC day, and the reason why an entry of the table is left out, by symbol."""

    due: Mapping[date, list[ScheduledSettlement]]
    unused: Mapping[str, str]


def schedule_endings(market: Market, table: Mapping[str, CorporateAction], last_day: date) -> EndingSchedule:
    """Check the table of endings against the data and schedule the settlements of coins that end during a run.

    Parameters
    ----------
    market
        Series of all coins.
    table
        The user's entries by symbol.
    last_day
        Last UTC day of the run.

    Returns
    -------
    EndingSchedule
        A coin counts as dead, with a warning, if its entry is absent or contradicts its rows and its last row is more
        than 14 days before `last_day`. A fund is then settled at its last close.
    """
    due: dict[date, list[ScheduledSettlement]] = {}
    unused: dict[str, str] = {}
    for symbol in sorted(market):
        series = market[symbol]
        if not series.kind.may_be_held or not len(series):
            continue
        action = table.get(symbol)
        if action is not None and (why := _misfit(market, series, action)) is not None:
            unused[symbol] = f"the entry of {symbol} in `endings` ({_named(action)}) is not used: {why}"
            action = None
        if action is None:
            ended = _undeclared(series, unused.get(symbol), last_day)
        else:
            ended = _declared(market, series, action)
        if ended is not None and ended[0] < last_day:
            due.setdefault(ended[0] + ONE_DAY, []).append(ended[1])
    return EndingSchedule(due, unused)


def scheduled_settlements(
    market: Market, table: Mapping[str, CorporateAction], last_day: date
) -> Mapping[date, list[ScheduledSettlement]]:
    """Schedule the settlements of coins that end during a run, by UTC day; see `schedule_endings`."""
    return schedule_endings(market, table, last_day).due


def without_old_names(market: Market, table: Mapping[str, CorporateAction]) -> Market:
    """Cut the rows of renamed coins after their `last` day, with a note on each.

    Vendors often serve the old name for months beside the new one: the coin would count twice.
    """
    series, notes = dict(market.series), list(market.notes)
    for symbol, action in sorted(table.items()):
        old = series.get(symbol)
        if old is None or not len(old) or action.last is None or not _is_renamed(market, action):
            continue
        if _first(old) <= action.last < _last(old):
            series[symbol] = old.until(np.datetime64(action.last + ONE_DAY, "s"))
            notes.append(f"{symbol}: rows after {action.last}, when it became {action.into}, are ignored")
    return replace(market, series=series, notes=tuple(notes))


def _misfit(market: Market, series: Series, action: CorporateAction) -> str | None:
    """Return the reason why an entry contradicts the rows of its coin, if it does."""
    if action.last is None or action.kind is CorporateActionKind.HALTED:
        return None
    if _first(series) > action.last:
        return f"its rows begin on {_first(series)}"
    if (_last(series) - action.last).days <= _PATIENCE:
        return None
    if action.kind is not CorporateActionKind.RENAMED:
        return f"its rows go on to {_last(series)}"
    return None if _is_renamed(market, action) else f"its rows go on to {_last(series)}, and {action.into} has none"


def _undeclared(series: Series, unused: str | None, last_day: date) -> tuple[date, ScheduledSettlement] | None:
    if (last_day - _last(series)).days <= _PATIENCE:
        return None
    without = unused or f"{series.symbol} ends without an entry in `endings`"
    if not series.kind.is_coin:
        # Shares of a fund that is closed are paid out at their value.
        warning = f"{without}: settled at its last close"
        return _last(series), ScheduledSettlement(series.symbol, SettlementCause.SOURCE_ENDS, warning=warning)
    warning = f"{without}: settled as dead" if unused is None else f"{without}; {series.symbol} is settled as dead"
    return _last(series), ScheduledSettlement(series.symbol, SettlementCause.DEAD, warning=warning)


def _declared(market: Market, series: Series, action: CorporateAction) -> tuple[date, ScheduledSettlement] | None:
    symbol, last = series.symbol, _last(series)
    early = None
    if action.last is not None and (action.last - last).days > _PATIENCE:
        early = f"{symbol} ends on {last}, before the {action.last} of its entry in `endings`: settled then"
    match action.kind:
        case CorporateActionKind.HALTED:
            return None
        case CorporateActionKind.DEAD:
            return last, ScheduledSettlement(symbol, SettlementCause.DEAD, warning=early)
        case CorporateActionKind.SOURCE_ENDS:
            return last, ScheduledSettlement(symbol, SettlementCause.SOURCE_ENDS, warning=early)
        case CorporateActionKind.RENAMED:
            day = last if action.last is None or early else action.last
            return day, _exchange(market, series, action, day, early)


def _exchange(
    market: Market, series: Series, action: CorporateAction, day: date, early: str | None
) -> ScheduledSettlement:
    """Schedule an exchange into another coin, or a sale at the last close where the prices contradict it."""
    symbol, into = series.symbol, action.into
    refused = f"{symbol} became {into}, of which there are no rows"
    if into is not None and _is_renamed(market, action):
        refused = _contradiction(series, market[into], action, day)
        if not refused:
            warning = early or _late(market[into], action, day, symbol)
            return ScheduledSettlement(symbol, SettlementCause.RENAMED, into, action.ratio, warning)
    return ScheduledSettlement(symbol, SettlementCause.SOURCE_ENDS, warning=f"{refused}: settled at its last close")


def _late(new: Series, action: CorporateAction, day: date, symbol: str) -> str | None:
    """Return a warning of a successor whose rows begin long after the exchange: its holding has no price until then."""
    first = _first(new)
    if (first - day).days <= _PATIENCE:
        return None
    return (
        f"{symbol} became {action.into} on {day}, whose rows begin on {first}: a holding stays at its last close until "
        "then, marked stale; check `last` in `endings`"
    )


def _contradiction(old: Series, new: Series, action: CorporateAction, day: date) -> str:
    """Hold the value of a holding before an exchange against that after it; "" if a few days can explain both."""
    i = int(old.dates.searchsorted(np.datetime64(day, "D"), side="right")) - 1
    # The last row of a successor that ended before: it is settled by its own entry on the next day.
    j = min(int(new.dates.searchsorted(old.dates[i])), len(new) - 1)
    before, after = float(old.close[i]), float(new.close[j])
    days = max(abs(int((new.dates[j] - old.dates[i]).astype(int))), 1)
    fitting = before / after
    if abs(math.log(fitting / float(action.ratio))) <= _DAY_MOVE * math.sqrt(days):
        return ""
    return (
        f"{old.symbol} became {new.symbol} on {day} with a ratio of {action.ratio:f} in `endings`, but its last close "
        f"is {before:g} and the first of {new.symbol} {after:g}: a ratio of about {_plain(fitting)} would fit"
    )


def _plain(ratio: float) -> str:
    """Return a ratio in three digits, written out."""
    return f"{float(f'{ratio:.3g}'):,.12g}" if ratio >= 1 else f"{float(f'{ratio:.3g}'):.12f}".rstrip("0")


def _is_renamed(market: Market, action: CorporateAction) -> bool:
    """Return True for a renaming into a coin of which the market has rows."""
    is_there = action.into is not None and action.into in market and len(market[action.into]) > 0
    return action.kind is CorporateActionKind.RENAMED and is_there


def _named(action: CorporateAction) -> str:
    into = f" to {action.into}" if action.into else ""
    return f"{action.kind}{into}, last {action.last}"


def _first(series: Series) -> date:
    day: date = series.dates[0].item()
    return day


def _last(series: Series) -> date:
    day: date = series.dates[-1].item()
    return day
