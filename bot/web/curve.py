"""The curve of a record: what it was worth at each day's close, and the stage it stood in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from bot.report.metrics import drawdowns, performance
from bot.review.recording import Record


@dataclass(frozen=True, slots=True)
class Curve:
    """Equity and the share in coins by day, the stage, and the equity of each benchmark that was valued with it.

    `days` are ISO dates; `start` is what it began with.
    """

    start: float

    days: Sequence[str]
    equity: Sequence[float]
    exposure: Sequence[float]
    stages: Sequence[str]
    benchmarks: dict[str, list[float]]

    @property
    def falls(self) -> list[float]:
        """The fall from the highest value so far, at each day."""
        return [float(fall) for fall in drawdowns(np.array([self.start, *self.equity]))[1:]]

    def figures(self) -> dict[str, float | None]:
        """Return and risk since the start; nothing before the first close."""
        if not self.equity or not self.start:
            return {}
        return {**performance(np.array(self.equity), self.start), "exposure": sum(self.exposure) / len(self)}

    def spells(self) -> list[tuple[str, int, int]]:
        """Each unbroken spell of a stage: which, the place of its first day, and the place after its last."""
        spells: list[tuple[str, int, int]] = []
        for stage, same in groupby(self.stages):
            first = spells[-1][2] if spells else 0
            spells.append((stage, first, first + sum(1 for _ in same)))
        return spells

    def __len__(self) -> int:
        return len(self.days)


def curve_of(record: Record) -> Curve:
    """The curve of everything that a record has valued. Raises LedgerError."""
    bodies = [(row.at[:10], row.body) for row in record.rows("valuation")]
    equity = [float(body["equity"]) for _, body in bodies]
    names = list(bodies[0][1]["benchmarks"]) if bodies else []
    return Curve(
        start=_start(record) or (equity[0] if equity else 0.0),
        days=[day for day, _ in bodies],
        equity=equity,
        exposure=[
            1 - float(body["cash"]) / worth if worth else 0.0 for (_, body), worth in zip(bodies, equity, strict=True)
        ],
        stages=[body["stage"] for _, body in bodies],
        benchmarks={name: [float(body["benchmarks"].get(name, "nan")) for _, body in bodies] for name in names},
    )


def _start(record: Record) -> float | None:
    """What a record began with, as its manifest or its first epoch says."""
    if record.folder is not None:
        return float(record.folder.json("manifest.json")["config"]["start_equity"])
    epoch = record.first("epoch")
    return float(epoch.body["cash"]) if epoch else None
