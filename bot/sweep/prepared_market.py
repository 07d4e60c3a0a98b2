"""A market prepared for a sweep: arrays that all parameter sets share, or share with those of the same windows."""

from __future__ import annotations

import numpy as np

from bot.core.book import RunPlan
from bot.core.errors import ConfigError
from bot.core.market import Floats, Market
from bot.core.window import Window
from bot.services.plans import run_plan, with_decisions
from bot.services.run_key import run_key
from bot.services.strategy_settings import rotation_settings
from bot.settings.loader import Config
from bot.sweep.coin_table import CoinTable, coin_table
from bot.sweep.lot_book import RunNumbers
from strategies.rotation.rotation import Rotation
from strategies.rotation.settings import RotationSettings
from strategies.rotation.view import RotationView


class PreparedMarket:
    """The market, the view and the coins of one config, as arrays for the simulation.

    Raises ConfigError for settings that the simulation lacks: manual overrides and `on_start: wait`.
    """

    def __init__(self, config: Config, market: Market, window: Window) -> None:
        _require_simulated(config)
        self.config, self.market, self.window = config, market, window
        self.settings: RotationSettings = rotation_settings(config)
        self.view = RotationView(market, self.settings)
        self.symbols = self._symbols()
        self.shares = self._shares()
        self.plan = self._plan()
        self.coins: CoinTable = coin_table(self.plan, self.symbols)
        self.first = (window.start - market.decision_moments[0].date()).days
        self.multipliers = np.array([float(multiplier) for multiplier in self.plan.slippage_multipliers])

    @property
    def numbers(self) -> RunNumbers:
        """Numbers of the run."""
        sizing = self.plan.rules.sizing
        return RunNumbers(
            cash=float(self.plan.cash),
            band=float(sizing.band),
            relative_band=float(sizing.relative_band),
            volume_share=float(sizing.volume_share),
            recovery=float(self.plan.recovery),
            multiplier=float(self.plan.rules.overrides.multiplier),
            eth=self.symbols.index(self.market.roles.eth),
        )

    def _symbols(self) -> list[str]:
        """Return ETH, every altcoin that is ever eligible, and their successors, sorted."""
        eligible = self.view.altcoins.eligible_over(self.view.days)
        chosen = {symbol for symbol, days in eligible.items() if days.any()}
        self._eligible_days = (
            np.any(list(eligible.values()), axis=0) if eligible else np.zeros(len(self.view.days), bool)
        )
        plan = run_plan(self.config, self.market, self.window, run_key(self.config, self.market, self.window))
        becomes = {s.symbol: s.into for due in plan.settlings.values() for s in due if s.into}
        found, added = set[str](), {self.market.roles.eth, *chosen}
        while added:
            found |= added
            added = {becomes[symbol] for symbol in added if symbol in becomes} - found
        return sorted(found)

    def _shares(self) -> Floats:
        """Return the altcoins that a choice after each day takes, as shares, shape (decisions, coins)."""
        shares = np.zeros((len(self.view.days), len(self.symbols)))
        place = {symbol: row for row, symbol in enumerate(self.symbols)}
        for number in np.flatnonzero(self._eligible_days):
            for symbol, share in self.view.altcoins.choose(self.view.days[number]).items():
                shares[number, place[symbol]] = share
        return shares

    def _plan(self) -> RunPlan:
        rotation = Rotation(self.settings)
        plan = run_plan(self.config, self.market, self.window, run_key(self.config, self.market, self.window))
        stressed = frozenset(rotation.stressed(self.market))
        return with_decisions(plan, self.window, rotation.decide(self.view), stressed)


def _require_simulated(config: Config) -> None:
    overrides = config.overrides
    if config.on_start != "adopt" or overrides.reduce_only or overrides.no_trade:
        raise ConfigError("a sweep runs without manual overrides, from the first day on", where="overrides, on_start")
