"""Data of a study: the plan, the market, and the events and outcomes by it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import TypeVar, cast

from bot.core.errors import DataError
from bot.core.market import Market
from bot.data.demo.generator import PREFIX as DEMO_PREFIX
from bot.services.plans import endings_for
from bot.services.strategy_settings import rotation_settings
from bot.settings.loader import Config
from bot.study.axis import Index, index_of
from bot.study.baskets import Baskets, as_basket, is_basket
from bot.study.breakouts import Breakouts, event_rules, find_breakouts
from bot.study.counted import Episodes, count_episodes
from bot.study.event_file import events_of_file, require_causal
from bot.study.outcomes import OutcomeSeries, Price, outcome_of
from bot.study.plan import StudyPlan
from bot.study.plan_values import Event
from bot.study.shifts import ShiftTest
from strategies.indicators import Ints
from strategies.rotation.settings import RotationSettings

_T = TypeVar("_T")


class StudyData:
    """A plan on a market. Each index, outcome and test is computed at its first use and kept."""

    def __init__(self, plan: StudyPlan, config: Config, market: Market) -> None:
        self.plan, self.config, self.market = plan, config, market
        self.settings: RotationSettings = rotation_settings(config)
        self._results: dict[Callable[[StudyData], object], object] = {}
        self.index = lru_cache(maxsize=None)(self._index)
        self.events = lru_cache(maxsize=None)(self._events)
        self.outcome = lru_cache(maxsize=None)(self._outcome)

    def symbol(self, name: str) -> str:
        """Return the name of a series in the market: series of the demo have a prefix."""
        prefixed = DEMO_PREFIX + name
        return prefixed if prefixed in self.market else name

    def symbols(self, name: str) -> str:
        """Return a series, or a ratio "A/B", by the names in the market."""
        return "/".join(map(self.symbol, name.split("/")))

    def has(self, name: str) -> bool:
        """True if the market can make an outcome: it has the series, both of a ratio "A/B", or a basket."""
        return is_basket(name) or all(self.has_series(part) for part in name.split("/"))

    def has_series(self, name: str) -> bool:
        """True if the market has rows of a series."""
        symbol = self.symbol(name)
        return symbol in self.market and len(self.market[symbol]) > 0

    def require_series(self, name: str) -> None:
        """Raise DataError, with the file that is missing, unless the market has rows of a series."""
        if not self.has_series(name):
            mend = f"add {name}.csv to the folder, or to the store with: bot data import"
            raise DataError(
                f"the plan reads {name}, of which there are no rows", where=f"market {self.market.name}", mend=mend
            )

    def _index(self, name: str) -> Index:
        self.require_series(name)
        return index_of(self.market, self.symbol(name))

    def _outcome(self, name: str, series: str, horizon: int, price: Price) -> OutcomeSeries:
        """Return an outcome on the sessions of a series' index."""
        sessions = self.index(series).sessions
        if is_basket(name):
            return self.baskets.outcome(as_basket(name), sessions, horizon)
        for part in name.split("/"):
            self.require_series(part)
        return outcome_of(self.market, self.symbols(name), sessions, horizon, price)

    @cached_property
    def baskets(self) -> Baskets:
        """The altcoins of the market as holdings."""
        return Baskets(self.market, self.settings, endings_for(self.config, self.market), self.config.recovery)

    def once(self, compute: Callable[[StudyData], _T]) -> _T:
        """Return the result of a function of this study, computed at its first use."""
        if compute not in self._results:
            self._results[compute] = compute(self)
        return cast(_T, self._results[compute])

    def _events(self, series: str, event: Event, base: int, closes: int) -> Ints:
        """Return the rows of a series' events by the rule of the plan, with another base or number of closes."""
        rules = event_rules(self.settings.rules, self.plan.signal, base, closes)
        found = find_breakouts(self.index(series).closes, rules)
        return found.events(event)

    @cached_property
    def default_events(self) -> Ints:
        """Rows of the events of the plan's own signal."""
        index, file = self.index(self.plan.signal.series), self.plan.signal.file
        rows = self.events_on(index)
        if file is not None:
            require_causal(file, index, rows)
        return rows

    def events_on(self, index: Index) -> Ints:
        """Return the rows of the events of the plan's signal on an index; on a redrawn one too."""
        signal = self.plan.signal
        if signal.file is not None:
            return events_of_file(signal.file, index)
        found = self._breakouts(index)
        return found.events(signal.event)

    @cached_property
    def default_breakouts(self) -> Ints:
        """Row of the breakout of each event; of an event by the user's own rule, its own row."""
        signal = self.plan.signal
        if signal.file is not None:
            return self.default_events
        return self._breakouts(self.index(signal.series)).beginnings(signal.event)

    def _breakouts(self, index: Index) -> Breakouts:
        signal = self.plan.signal
        rules = event_rules(self.settings.rules, signal, signal.base_sessions, signal.confirm_closes)
        return find_breakouts(index.closes, rules)

    def episodes(self, events: Ints, outcome: OutcomeSeries) -> Episodes:
        """Count events by the spacing of the plan, cut to the sessions of an outcome."""
        spacing = self.plan.signal.spacing
        return count_episodes(events, spacing.sessions, spacing.start, outcome.first, outcome.last)

    def test(self, episodes: Episodes, outcome: OutcomeSeries) -> ShiftTest | None:
        """Return the shift test of counted episodes; None without one."""
        counted = episodes.counted
        return ShiftTest(outcome.known, counted - outcome.first, outcome.horizon) if len(counted) else None

    @cached_property
    def default_outcome(self) -> OutcomeSeries:
        """The plan's own outcome."""
        rule = self.plan.outcome
        return self.outcome(rule.series, self.plan.signal.series, rule.horizon, rule.price)

    @cached_property
    def default_episodes(self) -> Episodes:
        """The plan's own episodes."""
        return self.episodes(self.default_events, self.default_outcome)

    @cached_property
    def default_test(self) -> ShiftTest:
        """The plan's own test. Raises DataError if all events are left out."""
        test = self.test(self.default_episodes, self.default_outcome)
        if test is None:
            raise DataError("no event has a known outcome", where=f"plan {self.plan.name}", expected="one at least")
        return test

    @cached_property
    def series_sha256(self) -> dict[str, str]:
        """Hash of the rows of each series of the market."""
        return {symbol: self.market[symbol].sha256 for symbol in sorted(self.market)}

    @cached_property
    def data_sha256(self) -> str:
        """Hash of the rows of all series of the market."""
        return hashlib.sha256(json.dumps(self.series_sha256).encode()).hexdigest()
