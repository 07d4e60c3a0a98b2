"""Run parameter sets on a prepared market: what sets have in common is computed once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from functools import reduce
from itertools import groupby
from threading import Lock
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel

from bot.core.market import Market
from bot.core.window import Window
from bot.services.plans import slippage_class
from bot.services.strategy_settings import rotation_settings
from bot.settings.loader import Config
from bot.simulation.coin_table import CoinTable
from bot.simulation.kernel import RunInputs, SetNumbers
from bot.simulation.prepared_market import PreparedMarket
from bot.simulation.simulation import SimulatedRun, Simulation
from bot.sweep.axes import BASKET, RunAxes, changes_market, delay_of, market_of_set, window_of_set
from bot.sweep.key_effects import changes_observations, changes_readings, key_of, key_of_arrays
from bot.sweep.lru_cache import LruCache
from bot.sweep.numbers_of_sets import RUN_FIELDS, TARGET_FIELDS, rule_fields, with_fields
from bot.sweep.run_figures import SetFigures, figures_of_run
from strategies.indicators import Bools
from strategies.rotation.view import RotationView

_Section = TypeVar("_Section", bound=BaseModel)
_Shared = tuple[PreparedMarket, RunInputs]
_Observed = tuple[Any, Bools, Bools]
"""Observations as the simulation reads them, and where inputs are stale and credit shows stress."""
MOST_KEPT = 32
"""Sets of windows whose arrays are kept, at 1.4 to 9 MB each. Sets in window order need one for each thread."""
MOST_KEPT_OF_OTHER_DAYS = 2
"""`MOST_KEPT` for each further window of trading days, of which a walk-forward has many."""


class Variations:
    """Runs of parameter sets on one market. Markets are prepared once for each set of windows.

    The `MOST_KEPT` most recently used sets of windows are kept, so sets should come in the order of `in_window_order`.
    `is_compiled` asks for machine code, which pays off for many sets.
    """

    def __init__(self, config: Config, market: Market, window: Window, is_compiled: bool = False) -> None:
        self.config, self.market, self.window = config, market, window
        self._simulation, self._settings = Simulation(is_compiled), rotation_settings(config)
        self._rule_fields = rule_fields(self._settings)
        self._preparing = Lock()  # threads share what is prepared
        self._markets = LruCache[Market](MOST_KEPT)
        self._prepared = LruCache[PreparedMarket](MOST_KEPT)
        self._alike = LruCache[PreparedMarket](MOST_KEPT)  # by market, and by market and section `altcoins`
        self._observed = LruCache[_Observed](MOST_KEPT)
        self._cuts = LruCache[PreparedMarket](MOST_KEPT)
        self._shared = LruCache[_Shared](MOST_KEPT)

    def over(self, window: Window) -> Variations:
        """Return the runs on other days of the same market; readings and choices of coins are shared.

        Its results are those of a `Variations` made for that window.
        """
        other = copy(self)
        other.window = window
        other._cuts, other._shared = LruCache(MOST_KEPT_OF_OTHER_DAYS), LruCache(MOST_KEPT_OF_OTHER_DAYS)
        return other

    def run(self, changes: Mapping[str, object]) -> SimulatedRun:
        """Simulate one set; `changes` are values by key of the grid."""
        return next(self.runs([changes]))

    def figures(self, changes: Mapping[str, object]) -> SetFigures:
        """Simulate one set and return its figures over its own days."""
        return next(self.figures_of([changes]))

    def figures_of(self, sets: Sequence[Mapping[str, object]]) -> Iterator[SetFigures]:
        """Simulate sets, and yield the figures of each over its own days in the order of the sets."""
        for changes, prepared, run in self._each(sets):
            # Entries count by the decisions that are carried out inside the window.
            first = prepared.first - delay_of(changes)
            yield figures_of_run(run, float(self.config.start_equity), first, prepared.window.start)

    def runs(self, sets: Sequence[Mapping[str, object]]) -> Iterator[SimulatedRun]:
        """Simulate sets, and yield the run of each in the order of the sets."""
        return (run for _, _, run in self._each(sets))

    def _each(
        self, sets: Sequence[Mapping[str, object]]
    ) -> Iterator[tuple[Mapping[str, object], PreparedMarket, SimulatedRun]]:
        """Simulate sets; neighbours that share their arrays run in one call."""
        for _, group in groupby(sets, key=key_of_arrays):
            alike = list(group)
            prepared, inputs = self._shared_by(alike[0])
            numbers = [self._numbers_of(changes, prepared) for changes in alike]
            for changes, run in zip(alike, self._simulation.each(numbers, inputs), strict=True):
                yield changes, prepared, run

    def _numbers_of(self, changes: Mapping[str, object], prepared: PreparedMarket) -> SetNumbers:
        return SetNumbers(
            with_fields(self._settings.rules, self._rule_fields, changes),
            with_fields(self._settings.target_rules, TARGET_FIELDS, changes),
            with_fields(prepared.numbers, RUN_FIELDS, changes),
        )

    def _shared_by(self, changes: Mapping[str, object]) -> _Shared:
        """Return the market and the arrays of a set, which it shares with the sets of the same windows and costs."""
        with self._preparing:
            return self._shared.get_or_make(key_of_arrays(changes), lambda: self._arrays_of(changes))

    def _arrays_of(self, changes: Mapping[str, object]) -> _Shared:
        prepared = self._prepared_for(changes)
        seen, stale, stressed = self._observed_for(prepared, changes)
        stress: Any = changes.get("costs.stress_multiplier", self.config.costs.stress_multiplier)
        multipliers = np.where(stressed[prepared.first :][: prepared.days], stress, 1.0)
        coins = self._at_costs(prepared, changes)
        return prepared, RunInputs(seen, stale, prepared.shares, coins, multipliers, prepared.first)

    def _prepared_for(self, changes: Mapping[str, object]) -> PreparedMarket:
        own = {name: value for name, value in changes.items() if changes_readings(name)}
        market = self._market_for(own)
        key, window = key_of(own), window_of_set(market, self.window, changes)
        prepared = self._prepared.get_or_make(key, lambda: self._made(own, market, window))
        cut = key if window == self.window else f"{key} {window}"
        return self._cuts.get_or_make(cut, lambda: prepared if prepared.window == window else prepared.over(window))

    def _made(self, own: Mapping[str, object], market: Market, window: Window) -> PreparedMarket:
        """Prepare a market for the keys of its readings. Arrays that do not depend on them are shared."""
        coins = key_of({name: value for name, value in own.items() if not name.startswith("rotation.")})
        alike = key_of({name: value for name, value in own.items() if changes_market(name)})
        of = self._alike.get(coins) or self._alike.get(alike)
        # Other changes are left out: the next set of the same readings has its own.
        made = PreparedMarket(with_changes(self.config, own), market, window, of)
        for shared in (coins, alike):
            self._alike.get_or_make(shared, lambda: made)
        return made

    def _market_for(self, changes: Mapping[str, object]) -> Market:
        own = {name: value for name, value in changes.items() if changes_market(name)}
        if not own:
            return self.market
        return self._markets.get_or_make(key_of(own), lambda: market_of_set(self.market, own))

    def _observed_for(self, prepared: PreparedMarket, changes: Mapping[str, object]) -> _Observed:
        own = {name: value for name, value in changes.items() if changes_observations(name)}
        return self._observed.get_or_make(key_of(own), lambda: self._observations(prepared, own))

    def _observations(self, prepared: PreparedMarket, own: Mapping[str, object]) -> _Observed:
        settings = rotation_settings(with_changes(self.config, own))
        is_same = settings == prepared.settings
        view = prepared.view if is_same else RotationView(prepared.market, settings, of=prepared.view)
        return self._simulation.observations(view.observed), view.stale, view.credit_stress

    def _at_costs(self, prepared: PreparedMarket, changes: Mapping[str, object]) -> CoinTable:
        costs = {name: value for name, value in changes.items() if name.startswith("costs.")}
        if not costs:
            return prepared.coins
        config = with_changes(self.config, costs)
        classes = prepared.slippage_classes
        if "costs.large_coins" in costs:
            classes = [slippage_class(config, prepared.market, symbol) for symbol in prepared.symbols]
        shares = {name: float(getattr(config.costs.slippage, name)) for name in set(classes)}
        return prepared.coins._replace(
            fee=np.full(len(classes), float(config.costs.fee)), slippage=np.array([shares[name] for name in classes])
        )


def with_changes(config: Config, changes: Mapping[str, object]) -> Config:
    """Return a config with other values by dotted key. The values are validated with the grid.

    A delay and a start belong to the run.
    """
    own = [(key, value) for key, value in changes.items() if key == BASKET or key not in RunAxes.model_fields]
    return reduce(lambda made, change: _with(made, change[0].split("."), change[1]), own, config)


def _with(section: _Section, path: list[str], value: object) -> _Section:
    name, *rest = path
    inner = _with(getattr(section, name), rest, value) if rest else value
    return section.model_copy(update={name: inner})
