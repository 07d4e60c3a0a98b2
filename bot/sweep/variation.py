"""Run parameter sets on a prepared market: what sets have in common is computed once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from functools import cache, reduce
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
from bot.sweep.axes import BASKET, DELAY, START, RunAxes, changes_market, delay_of, market_of_set, window_of_set
from bot.sweep.numbers_of_sets import RUN_FIELDS, TARGET_FIELDS, rule_fields, with_fields
from bot.sweep.run_figures import SetFigures, figures_of_run
from strategies.rotation.state import ObservedColumns
from strategies.rotation.view import RotationView

_Section = TypeVar("_Section", bound=BaseModel)
_OF_THE_RULE = frozenset(
    {"entry", "breakout", "trail", "stages", "weights", "gates", "risk_exits", "gated.patience_sessions"}
    | {"eth_stop.measure", "eth_stop.drawdown", "eth_stop.atr_multiple", "stale.leave_after"}
)
"""Keys of the section `rotation` that no reading depends on."""


class Variations:
    """Runs of parameter sets on one market. Markets are prepared once for each set of windows.

    `is_compiled` asks for machine code, which many sets are worth.
    """

    def __init__(self, config: Config, market: Market, window: Window, is_compiled: bool = False) -> None:
        self.config, self.market, self.window = config, market, window
        self._simulation, self._settings = Simulation(is_compiled), rotation_settings(config)
        self._rule_fields = rule_fields(self._settings)
        self._preparing = Lock()  # threads share what is prepared
        self._markets: dict[str, Market] = {"[]": market}
        self._prepared: dict[str, PreparedMarket] = {}
        self._alike: dict[str, PreparedMarket] = {}  # by market, and by market and section `altcoins`
        self._cuts: dict[str, PreparedMarket] = {}
        self._observed: dict[str, tuple[ObservedColumns, np.ndarray, np.ndarray]] = {}
        self._shared: dict[str, tuple[PreparedMarket, RunInputs]] = {}

    def over(self, window: Window) -> Variations:
        """Return the runs on other days of the same market; readings and choices of coins are shared.

        Its results are those of a `Variations` made for that window.
        """
        other = copy(self)
        other.window, other._cuts, other._shared = window, {}, {}
        return other

    def run(self, changes: Mapping[str, object]) -> SimulatedRun:
        """Simulate one set; `changes` are values by key of the grid."""
        return next(self.runs([changes]))

    def figures(self, changes: Mapping[str, object]) -> SetFigures:
        """Simulate one set and return its figures over its own days."""
        return next(self.figures_of([changes]))

    def figures_of(self, sets: Sequence[Mapping[str, object]]) -> Iterator[SetFigures]:
        """Simulate sets, and yield the figures of each over its own days in the order of the sets."""
        for changes, run in zip(sets, self.runs(sets), strict=True):
            prepared = self._shared_by(changes)[0]
            # Entries count by the decisions that are carried out inside the window.
            first = prepared.first - delay_of(changes)
            yield figures_of_run(run, float(self.config.start_equity), first, prepared.window.start)

    def runs(self, sets: Sequence[Mapping[str, object]]) -> Iterator[SimulatedRun]:
        """Simulate sets; neighbours that share their arrays run in one call."""
        for _, group in groupby(sets, key=lambda changes: id(self._shared_by(changes))):
            alike = list(group)
            numbers = [self._numbers_of(changes) for changes in alike]
            yield from self._simulation.each(numbers, self._shared_by(alike[0])[1])

    def _numbers_of(self, changes: Mapping[str, object]) -> SetNumbers:
        return SetNumbers(
            with_fields(self._settings.rules, self._rule_fields, changes),
            with_fields(self._settings.target_rules, TARGET_FIELDS, changes),
            with_fields(self._shared_by(changes)[0].numbers, RUN_FIELDS, changes),
        )

    def _shared_by(self, changes: Mapping[str, object]) -> tuple[PreparedMarket, RunInputs]:
        """Return the market and the arrays of a set, which it shares with the sets of the same windows and costs."""
        key = _key({name: value for name, value in changes.items() if _changes_arrays(name)})
        with self._preparing:
            if key not in self._shared:
                prepared = self._prepared_for(changes)
                observed, stale, stressed = self._observed_for(prepared, changes)
                stress: Any = changes.get("costs.stress_multiplier", self.config.costs.stress_multiplier)
                multipliers = np.where(stressed[prepared.first :][: prepared.days], stress, 1.0)
                coins = self._at_costs(prepared, changes)
                arrays = RunInputs(
                    self._simulation.observations(observed), stale, prepared.shares, coins, multipliers, prepared.first
                )
                self._shared[key] = prepared, arrays
            return self._shared[key]

    def _prepared_for(self, changes: Mapping[str, object]) -> PreparedMarket:
        own = {name: value for name, value in changes.items() if _changes_readings(name)}
        market = self._market_for(own)
        key, window = _key(own), window_of_set(market, self.window, changes)
        if key not in self._prepared:
            coins = _key({name: value for name, value in own.items() if not name.startswith("rotation.")})
            alike = _key({name: value for name, value in own.items() if changes_market(name)})
            of = self._alike.get(coins) or self._alike.get(alike)
            # Other changes are left out: the next set of the same readings has its own.
            made = PreparedMarket(with_changes(self.config, own), market, window, of)
            self._prepared[key] = made
            for shared in (coins, alike):
                self._alike.setdefault(shared, made)
        cut = key if window == self.window else f"{key} {window}"
        if cut not in self._cuts:
            prepared = self._prepared[key]
            self._cuts[cut] = prepared if prepared.window == window else prepared.over(window)
        return self._cuts[cut]

    def _market_for(self, changes: Mapping[str, object]) -> Market:
        own = {name: value for name, value in changes.items() if changes_market(name)}
        key = _key(own)
        if key not in self._markets:
            self._markets[key] = market_of_set(self.market, own)
        return self._markets[key]

    def _observed_for(
        self, prepared: PreparedMarket, changes: Mapping[str, object]
    ) -> tuple[ObservedColumns, np.ndarray, np.ndarray]:
        own = {name: value for name, value in changes.items() if _changes_observations(name)}
        key = _key(own)
        if key not in self._observed:
            settings = rotation_settings(with_changes(self.config, own))
            is_same = settings == prepared.settings
            view = prepared.view if is_same else RotationView(prepared.market, settings, of=prepared.view)
            self._observed[key] = view.observed, view.stale, view.credit_stress
        return self._observed[key]

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


@cache
def _changes_readings(name: str) -> bool:
    """True for a key on which readings, eligible coins or the choice of coins depend."""
    if changes_market(name):
        return True
    section, _, key = name.partition(".")
    if section == "altcoins":
        return key != "choose_every_days"
    return section == "rotation" and key not in _OF_THE_RULE and key.partition(".")[0] not in _OF_THE_RULE


@cache
def _changes_observations(name: str) -> bool:
    """True for a key on which what `step` reads depends: readings, and the switches of gates and exits."""
    return _changes_readings(name) or name.startswith(("rotation.gates", "rotation.risk"))


@cache
def _changes_arrays(name: str) -> bool:
    """True for a key on which the arrays of a run depend; other keys are numbers of the rule and of the book."""
    is_cost = name.startswith("costs.") and name not in RUN_FIELDS
    return is_cost or name in (START, DELAY) or _changes_observations(name)


def _key(changes: Mapping[str, object]) -> str:
    return repr(sorted(changes.items()))
