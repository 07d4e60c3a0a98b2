"""Run parameter sets on a prepared market: what sets have in common is computed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from functools import reduce
from threading import Lock
from typing import TypeVar

import numpy as np
from pydantic import BaseModel

from bot.core.market import Floats, Market
from bot.core.window import Window
from bot.services.plans import trading_rules
from bot.services.strategy_settings import rotation_settings
from bot.settings.loader import Config
from bot.sweep.coin_table import CoinTable
from bot.sweep.prepared_market import PreparedMarket
from bot.sweep.run_figures import SetFigures, figures_of_run
from bot.sweep.simulation import SimulatedRun, simulate
from strategies.rotation.settings import RotationSettings
from strategies.rotation.state import ObservedColumns
from strategies.rotation.view import RotationView

_Section = TypeVar("_Section", bound=BaseModel)
_ROOM = 4096
"""Fills for which a run has room at first."""
Simulation = Callable[..., SimulatedRun]
_OF_THE_RULE = frozenset(
    {"entry", "breakout", "trail", "stages", "weights", "gates", "risk_exits", "gated.patience_sessions"}
    | {"eth_stop.measure", "eth_stop.drawdown", "eth_stop.atr_multiple", "stale.leave_after"}
)
"""Keys of the section `rotation` that no reading depends on."""


class Variations:
    """Runs of parameter sets on one market. Markets are prepared once for each set of windows.

    `simulation` is `simulate`, as it is or compiled.
    """

    def __init__(self, config: Config, market: Market, window: Window, simulation: Simulation = simulate) -> None:
        self.config, self.market, self.window = config, market, window
        self._simulate = simulation
        self._preparing = Lock()  # threads share what is prepared
        self._prepared: dict[str, PreparedMarket] = {}
        self._cuts: dict[str, PreparedMarket] = {}
        self._observed: dict[str, tuple[ObservedColumns, np.ndarray, np.ndarray]] = {}

    def over(self, window: Window) -> Variations:
        """Return the runs on other days of the same market; readings and choices of coins are shared.

        Its results are those of a `Variations` made for that window.
        """
        other = copy(self)
        other.window, other._cuts = window, {}
        return other

    def run(self, changes: Mapping[str, object]) -> SimulatedRun:
        """Simulate one set; `changes` are values by dotted config key."""
        config = with_changes(self.config, changes)
        settings = rotation_settings(config)
        with self._preparing:
            prepared = self._prepared_for(config, changes)
            observed, stale, stressed = self._observed_for(prepared, settings, changes)
        stressed_days = stressed[prepared.first :][: prepared.days]
        multipliers = np.where(stressed_days, config.costs.stress_multiplier, 1.0)
        inputs = (
            settings.rules,
            settings.target_rules,
            prepared.numbers._replace(
                band=config.sizing.band,
                relative_band=config.sizing.relative_band,
                volume_share=config.sizing.volume_share,
            ),
            observed,
            stale,
            prepared.shares,
            self._at_costs(prepared, config, changes),
            multipliers,
            prepared.first,
        )
        run = self._simulate(*inputs, _ROOM)
        # Arrays of compiled code cannot grow; a set that trades every day runs twice.
        return run if run.fill_count <= _ROOM else self._simulate(*inputs, run.fill_count)

    def figures(self, changes: Mapping[str, object]) -> SetFigures:
        """Simulate one set and return its figures."""
        first = (self.window.start - self.market.decision_moments[0].date()).days
        return figures_of_run(self.run(changes), float(self.config.start_equity), first, self.window.start)

    def _prepared_for(self, config: Config, changes: Mapping[str, object]) -> PreparedMarket:
        key = _key(changes, _changes_readings)
        if key not in self._prepared:
            self._prepared[key] = PreparedMarket(config, self.market, self.window)
        if key not in self._cuts:
            prepared = self._prepared[key]
            self._cuts[key] = prepared if prepared.window == self.window else prepared.over(self.window)
        return self._cuts[key]

    def _observed_for(
        self, prepared: PreparedMarket, settings: RotationSettings, changes: Mapping[str, object]
    ) -> tuple[ObservedColumns, np.ndarray, np.ndarray]:
        key = _key(
            changes, lambda name: _changes_readings(name) or name.startswith(("rotation.gates", "rotation.risk"))
        )
        if key not in self._observed:
            view = RotationView(self.market, settings, of=prepared.view)
            self._observed[key] = view.observed, view.stale, view.credit_stress
        return self._observed[key]

    def _at_costs(self, prepared: PreparedMarket, config: Config, changes: Mapping[str, object]) -> CoinTable:
        if not any(name.startswith("costs.") for name in changes):
            return prepared.coins
        rules = trading_rules(config, self.market, "sweep").instruments

        def numbers(name: str) -> Floats:
            return np.array([float(getattr(rules[symbol], name)) for symbol in prepared.symbols])

        return prepared.coins._replace(fee=numbers("fee"), slippage=numbers("slippage"))


def with_changes(config: Config, changes: Mapping[str, object]) -> Config:
    """Return a config with other values by dotted key. The values are validated with the grid."""
    return reduce(lambda made, change: _with(made, change[0].split("."), change[1]), changes.items(), config)


def _with(section: _Section, path: list[str], value: object) -> _Section:
    name, *rest = path
    inner = _with(getattr(section, name), rest, value) if rest else value
    return section.model_copy(update={name: inner})


def _changes_readings(name: str) -> bool:
    """True for a key on which readings, eligible coins or the choice of coins depend."""
    section, _, key = name.partition(".")
    if section == "altcoins":
        return key != "choose_every_days"
    return section == "rotation" and key not in _OF_THE_RULE and key.partition(".")[0] not in _OF_THE_RULE


def _key(changes: Mapping[str, object], chosen: Callable[[str], bool]) -> str:
    return repr(sorted((name, value) for name, value in changes.items() if chosen(name)))
