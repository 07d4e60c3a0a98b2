"""The events of a run, in the order in which they happen. The ledger is nothing but these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from bot.core.decision import Decision
from bot.core.orders import Fill, OrderIntent, OrderResult, Settlement


@dataclass(frozen=True, slots=True)
class Valued:
    """The book at a UTC day's close: equity and cash in the stablecoin, and the coins it is marked with.

    `stale` names holdings that are valued at an older close because the day has none; `benchmarks` holds the
    equity of each benchmark at the same moment.
    """

    day: date
    equity: Decimal
    cash: Decimal
    stage: str
    holdings: Mapping[str, Decimal]
    stale: tuple[str, ...] = ()
    benchmarks: Mapping[str, Decimal] = field(default_factory=dict)


Event = Decision | OrderIntent | OrderResult | Fill | Settlement | Valued
