"""Ends of coins: the user's table of corporate actions, and the settlements that follow in a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from bot.core.market import Market
from bot.core.moments import ONE_DAY
from bot.core.orders import SettlementCause

_PATIENCE = 14
"""Days before the end of a run in which a last row may be a vendor's delay: the coin is valued and marked stale."""


class CorporateActionKind(StrEnum):
    """Cause of the end of a coin's rows."""

    DEAD = "dead"
    RENAMED = "renamed"
    SOURCE_ENDS = "source ends"
    HALTED = "halted"


@dataclass(frozen=True, slots=True)
class CorporateAction:
    """One entry of the table; `into` and `ratio` (new units for one old) belong to a renamed coin.

    An entry with a `last` row counts only where the rows end by then, give or take two weeks.
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


def scheduled_settlements(
    market: Market, table: Mapping[str, CorporateAction], last_day: date
) -> dict[date, list[ScheduledSettlement]]:
    """Schedule the settlements of coins that end during a run.

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
    dict[date, list[ScheduledSettlement]]
        Settlements by day. A coin that the table lacks counts as dead, with a warning, if its last row is more than 14
        days before `last_day`.
    """
    due: dict[date, list[ScheduledSettlement]] = {}
    for symbol in sorted(market):
        series = market[symbol]
        if not series.kind.is_coin or not len(series):
            continue
        last: date = series.dates[-1].item()
        ending = table.get(symbol)
        if ending is not None and ending.last is not None and (last - ending.last).days > _PATIENCE:
            ending = None  # the rows go on long after: the entry may be about an earlier coin of the same name
        settling = _settling(market, symbol, ending, (last_day - last).days)
        if settling is not None and last < last_day:
            due.setdefault(last + ONE_DAY, []).append(settling)
    return due


def _settling(
    market: Market, symbol: str, ending: CorporateAction | None, days_before_end: int
) -> ScheduledSettlement | None:
    if ending is None:
        warning = f"{symbol} ends without an entry in `endings`: settled as dead"
        return (
            ScheduledSettlement(symbol, SettlementCause.DEAD, warning=warning) if days_before_end > _PATIENCE else None
        )
    match ending.kind:
        case CorporateActionKind.HALTED:
            return None
        case CorporateActionKind.DEAD:
            return ScheduledSettlement(symbol, SettlementCause.DEAD)
        case CorporateActionKind.RENAMED if ending.into in market:
            return ScheduledSettlement(symbol, SettlementCause.RENAMED, ending.into, ending.ratio)
        case CorporateActionKind.RENAMED:
            warning = f"{symbol} became {ending.into}, of which there are no rows: settled at its last close"
            return ScheduledSettlement(symbol, SettlementCause.SOURCE_ENDS, warning=warning)
        case CorporateActionKind.SOURCE_ENDS:
            return ScheduledSettlement(symbol, SettlementCause.SOURCE_ENDS)
