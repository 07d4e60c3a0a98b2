"""The plan of one run: the inputs of an engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from bot.core.corporate_actions import ScheduledSettlement
from bot.core.cycle import TradingRules
from bot.core.daily_rule import DailyRule
from bot.core.decision import Decision
from bot.core.market import Market
from bot.core.prices import ByRow, Prices


@dataclass(frozen=True)
class RunPlan:
    """Inputs of an engine for one run; the same plan always gives the same run.

    Attributes
    ----------
    decisions
        One a day, in order, from the first to the last day of trading; empty with `daily`.
    slippage_multipliers
        One for each decision: 1, or `stress_multiplier` on stressed days.
    settlings
        Scheduled settlements by UTC day.
    unused_endings
        Why an entry of the table of endings does not fit the data, by symbol.
    recovery
        Share of its last close that a dead coin pays.
    cash
        Start cash in the stablecoin.
    adopt
        Take the first decision's weights at once; else wait for a decision of empty weights, then for the next entry.
    begins_with_entry
        The first decision is an entry itself: the one before it had no weights.
    median_volume
        Computes a coin's median daily volume in USD, one value a row.
    volatility
        Computes the standard deviation of a coin's daily log returns, one value a row.
    daily
        A strategy that decides day by day, with the state of the book that asks it.
    """

    market: Market
    decisions: Sequence[Decision]
    slippage_multipliers: Sequence[Decimal]
    rules: TradingRules
    settlings: Mapping[date, Sequence[ScheduledSettlement]]
    recovery: Decimal
    stress_multiplier: Decimal
    cash: Decimal
    adopt: bool
    median_volume: ByRow = field(repr=False)
    volatility: ByRow = field(repr=False)
    begins_with_entry: bool = False
    unused_endings: Mapping[str, str] = field(default_factory=dict)
    daily: DailyRule | None = None

    @cached_property
    def times(self) -> Sequence[datetime]:
        """The UTC midnight of each decision, in order."""
        return self.daily.times if self.daily else [decision.at for decision in self.decisions]

    @cached_property
    def prices(self) -> Prices:
        """Prices of the coins on the days of the run."""
        first, last = self.times[0].date(), self.times[-1].date()
        return Prices(self.market, self.median_volume, self.volatility, first, last)

    @cached_property
    def endings(self) -> dict[str, tuple[date, ScheduledSettlement]]:
        """The settlement of each coin that ends, with its first day."""
        return {settling.symbol: (day, settling) for day, due in self.settlings.items() for settling in due}

    @property
    def coins(self) -> list[str]:
        """Symbols of all coins that may be held: those ever targeted and their successors, over several renamings."""
        becomes = {s.symbol: s.into for due in self.settlings.values() for s in due if s.into}
        found: set[str] = set()
        added = {symbol for decision in self.decisions for symbol in decision.weights}
        added |= set(self.daily.coins) if self.daily else set()
        while added:
            found |= added
            added = {becomes[symbol] for symbol in added if symbol in becomes} - found
        return sorted(found)
