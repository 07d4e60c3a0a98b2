"""What the faults of a market come to: ok, warned, or barred from a moment on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

import numpy as np

from bot.core.data_fault import DataFault, FaultKind, Severity
from bot.core.market import Market, Series
from bot.data.quality.calendar_faults import silence
from bot.data.quality.inspection import in_order, inspect
from bot.data.quality.thresholds import QualityRules


class Standing(StrEnum):
    """The verdict on a series; the gravest first."""

    QUARANTINED = "barred"
    WARNED = "warned"
    OK = "ok"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known against a series, and from which moment it is barred: None if it is not, or is allowed."""

    symbol: str
    standing: Standing
    faults: tuple[DataFault, ...]
    quarantined_from: datetime | None

    @property
    def quarantine_faults(self) -> list[DataFault]:
        """The faults that bar, the first known first."""
        return [fault for fault in self.faults if fault.severity is Severity.QUARANTINED]


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """All faults of one kind of one series, for people: from the first to the last, `text` as the first has it."""

    symbol: str
    standing: Standing
    kind: FaultKind
    first: date
    last: date
    count: int
    known_from: datetime
    text: str


def verdicts(
    market: Market,
    rules: QualityRules,
    now: np.datetime64 | None = None,
    seconds: Mapping[str, Series] | None = None,
) -> dict[str, Verdict]:
    """The verdict on every series of a market, by symbol.

    `now` is the moment up to which silence is counted, by default the newest that any series knows; `seconds` are
    the same series from second sources.
    """
    known = [series.known_at[-1] for series in market.values() if len(series)]
    if now is None:
        now = max(known, default=np.datetime64(0, "s"))
    found = {}
    for symbol, series in market.items():
        second = (seconds or {}).get(symbol)
        faults = inspect(series, market.sessions, rules, second) + silence(series, now, rules)
        found[symbol] = _verdict(symbol, tuple(in_order(faults)), symbol in rules.allow)
    return found


def _verdict(symbol: str, faults: tuple[DataFault, ...], allowed: bool) -> Verdict:
    barring = [fault.known_at for fault in faults if fault.severity is Severity.QUARANTINED]
    if barring and not allowed:
        return Verdict(symbol, Standing.QUARANTINED, faults, min(barring))
    return Verdict(symbol, Standing.WARNED if faults else Standing.OK, faults, None)


def with_quality_flags(market: Market, rules: QualityRules, seconds: Mapping[str, Series] | None = None) -> Market:
    """The market with its faults, and with what they bar; `seconds` are the same series from second sources."""
    found = verdicts(market, rules, seconds=seconds)
    barred = {
        symbol: np.datetime64(verdict.quarantined_from.replace(tzinfo=None), "s")
        for symbol, verdict in found.items()
        if verdict.quarantined_from is not None
    }
    return replace(market, quarantined=barred, faults=tuple(f for verdict in found.values() for f in verdict.faults))


def verdicts_of(market: Market) -> dict[str, Verdict]:
    """The verdict on every series of a market that was judged, by symbol."""
    faults: dict[str, list[DataFault]] = {symbol: [] for symbol in market}
    for fault in market.faults:
        faults[fault.symbol].append(fault)
    return {
        symbol: _verdict(symbol, tuple(found), symbol not in market.quarantined)
        for symbol, found in sorted(faults.items())
    }


def summary(found: Mapping[str, Verdict]) -> list[SummaryRow]:
    """What was found, one row for each kind of fault of each series: the barred first, then by symbol and kind."""
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
