"""Verdicts on series: ok, warned, or quarantined from a time on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

import numpy as np

from bot.core.data_fault import CopySpell, DataFault, FaultKind, Severity
from bot.core.market import Market, Series
from bot.data.quality.calendar_faults import find_silence
from bot.data.quality.copies import copy_faults, find_copies
from bot.data.quality.inspection import inspect, sort_faults
from bot.data.quality.thresholds import QualityRules
from bot.data.quality.trigger_check import find_trigger_faults


class Standing(StrEnum):
    """Verdict on a series, the worst first. Values stand in `data check --json`; `label` is the word on screen."""

    QUARANTINED = "barred"
    WARNED = "warned"
    OK = "ok"

    @property
    def label(self) -> str:
        """Word on screen."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Verdict on a series, its faults, and the UTC time from which it is quarantined, if it is."""

    symbol: str
    standing: Standing
    faults: tuple[DataFault, ...]
    quarantined_from: datetime | None

    @property
    def quarantine_faults(self) -> list[DataFault]:
        """Faults that quarantine the series, the first known first."""
        return [fault for fault in self.faults if fault.severity is Severity.QUARANTINED]


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """All faults of one kind of one series: first and last date, rows affected, and the text of the first fault."""

    symbol: str
    standing: Standing
    kind: FaultKind
    first: date
    last: date
    count: int
    known_from: datetime
    text: str


def assess(
    market: Market,
    rules: QualityRules,
    now: np.datetime64 | None = None,
    seconds: Mapping[str, Series] | None = None,
    copies: list[CopySpell] | None = None,
) -> dict[str, Verdict]:
    """Check every series of a market.

    Parameters
    ----------
    market
        Series by symbol.
    rules
        Thresholds of the checks.
    now
        UTC time up to which silence is counted; by default the newest time at which a row was known.
    seconds
        Series of the same symbols from second sources.
    copies
        Coins with the rows of another; found in the market by default.

    Returns
    -------
    dict of str to Verdict
        The verdict of each symbol.
    """
    known = [series.known_at[-1] for series in market.values() if len(series)]
    if now is None:
        now = max(known, default=np.datetime64(0, "s"))
    copied = copy_faults(find_copies(market, rules) if copies is None else copies)
    of_trigger = find_trigger_faults(market, rules)
    found = {}
    for symbol, series in market.items():
        second = (seconds or {}).get(symbol)
        found_alone = inspect(series, market.sessions, rules, second) + find_silence(series, now, rules)
        faults = [*found_alone, *copied.get(symbol, ()), *(f for f in of_trigger if f.symbol == symbol)]
        found[symbol] = _verdict(symbol, tuple(sort_faults(faults)), symbol in rules.allow)
    return found


def _verdict(symbol: str, faults: tuple[DataFault, ...], allowed: bool) -> Verdict:
    times = [fault.known_at for fault in faults if fault.severity is Severity.QUARANTINED]
    if times and not allowed:
        return Verdict(symbol, Standing.QUARANTINED, faults, min(times))
    return Verdict(symbol, Standing.WARNED if faults else Standing.OK, faults, None)


def with_quality_flags(market: Market, rules: QualityRules, seconds: Mapping[str, Series] | None = None) -> Market:
    """Return the market with its faults, and the time from which each series is quarantined.

    Parameters
    ----------
    seconds
        Series of the same symbols from second sources.
    """
    copies = find_copies(market, rules)
    found = assess(market, rules, seconds=seconds, copies=copies)
    quarantined = {
        symbol: np.datetime64(verdict.quarantined_from.replace(tzinfo=None), "s")
        for symbol, verdict in found.items()
        if verdict.quarantined_from is not None
    }
    faults = tuple(fault for verdict in found.values() for fault in verdict.faults)
    return replace(market, quarantined=quarantined, faults=faults, copies=tuple(copies))


def read_verdicts(market: Market) -> dict[str, Verdict]:
    """Return the verdict of each symbol from a market that has its quality flags."""
    faults: dict[str, list[DataFault]] = {symbol: [] for symbol in market}
    for fault in market.faults:
        faults[fault.symbol].append(fault)
    return {
        symbol: _verdict(symbol, tuple(found), symbol not in market.quarantined)
        for symbol, found in sorted(faults.items())
    }


def summarize(found: Mapping[str, Verdict]) -> list[SummaryRow]:
    """Return one row for each kind of fault of each series: quarantined series first, then by symbol and kind."""
    rows = []
    for verdict in found.values():
        for kind in {fault.kind for fault in verdict.faults}:
            faults = [fault for fault in verdict.faults if fault.kind is kind]
            rows.append(
                SummaryRow(
                    verdict.symbol,
                    verdict.standing,
                    kind,
                    min(fault.first for fault in faults),
                    max(fault.last for fault in faults),
                    sum(fault.rows for fault in faults),
                    faults[0].known_at,
                    faults[0].text,
                )
            )
    order = list(Standing)
    return sorted(rows, key=lambda row: (order.index(row.standing), row.symbol, row.kind))
