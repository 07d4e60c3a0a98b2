"""Equity curve of a record: its value and stage at each day's close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from bot.core.events import ConfigPeriod, Valuation
from bot.report.metrics import drawdowns, performance
from bot.review.recording import Record


@dataclass(frozen=True, slots=True)
class Curve:
    """Daily equity, share in coins, stage, and the equity of each benchmark that was valued with it.

    `days` are ISO dates (UTC); `start` is the equity at the start, in the quote currency; `exposure` is a share of
    equity. All sequences have one item a day.
    """

    start: float
    days: Sequence[str]
    equity: Sequence[float]
    exposure: Sequence[float]
    stages: Sequence[str]
    benchmarks: dict[str, list[float]]

    @property
    def falls(self) -> list[float]:
        """Fall from the highest value so far at each day, as a negative share."""
        return [float(fall) for fall in drawdowns(np.array([self.start, *self.equity]))[1:]]

    def figures(self) -> dict[str, float | None]:
        """Return the return and risk since the start; empty before the first close."""
        if not self.equity or not self.start:
            return {}
        return {**performance(np.array(self.equity), self.start), "exposure": sum(self.exposure) / len(self)}

    def monthly(self) -> dict[str, list[float | None]]:
        """Return the return of each month by year: twelve months, then the year; empty outside the record."""
        ends: dict[str, float] = {day[:7]: value for day, value in zip(self.days, self.equity, strict=True)}
        table: dict[str, list[float | None]] = {}
        before = opening = self.start
        for month, value in ends.items():
            if month[:4] not in table:
                table[month[:4]], opening = [None] * 13, before
            table[month[:4]][int(month[5:]) - 1] = value / before - 1 if before else None
            table[month[:4]][12] = value / opening - 1 if opening else None
            before = value
        return table

    def spells(self) -> list[tuple[str, int, int]]:
        """Return each unbroken spell of a stage: the stage, the index of its first day, the index after its last."""
        spells: list[tuple[str, int, int]] = []
        for stage, same in groupby(self.stages):
            first = spells[-1][2] if spells else 0
            spells.append((stage, first, first + sum(1 for _ in same)))
        return spells

    def since(self, first: int) -> Curve:
        """Return the curve from the day with an index on."""
        benchmarks = {name: values[first:] for name, values in self.benchmarks.items()}
        sliced = (self.days[first:], self.equity[first:], self.exposure[first:], self.stages[first:])
        return Curve(self.start, *sliced, benchmarks)

    def __len__(self) -> int:
        return len(self.days)


def exposure_of(valuation: Valuation) -> float:
    """Return the share of equity in coins at a close.

    Returns
    -------
    float
        1 less cash over equity; 0 for an equity of zero.
    """
    equity = float(valuation.equity)
    return 1 - float(valuation.cash) / equity if equity else 0.0


def curve_of(record: Record) -> Curve:
    """Read the curve of every valuation of a record.

    Returns
    -------
    Curve
        Values in the quote currency. A benchmark that a valuation lacks is NaN there.

    Raises
    ------
    LedgerError
        If the record is unreadable.
    """
    valued = [one.event for one in record.events(Valuation)]
    equity = [float(one.equity) for one in valued]
    names = dict.fromkeys(name for one in valued for name in one.benchmarks)
    return Curve(
        start=_start(record) or (equity[0] if equity else 0.0),
        days=[one.day.isoformat() for one in valued],
        equity=equity,
        exposure=[exposure_of(one) for one in valued],
        stages=[one.stage for one in valued],
        benchmarks={name: [float(one.benchmarks.get(name, "nan")) for one in valued] for name in names},
    )


def _start(record: Record) -> float | None:
    if record.folder is not None:
        return float(record.folder.json("manifest.json")["config"]["start_equity"])
    period = record.first_event(ConfigPeriod)
    return float(period.event.cash) if period else None
