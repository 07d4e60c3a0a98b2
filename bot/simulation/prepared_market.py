"""A market prepared for a sweep: arrays that all parameter sets share, or share with those of the same windows."""

from __future__ import annotations

from copy import copy

import numpy as np

from bot.core.corporate_actions import scheduled_settlements
from bot.core.errors import ConfigError
from bot.core.market import Floats, Market
from bot.core.run_plan import RunPlan
from bot.core.window import Window
from bot.services.plans import endings_for, run_plan, slippage_class
from bot.services.strategy_settings import rotation_settings
from bot.settings.loader import Config
from bot.simulation.coin_table import CoinTable, coin_table, cut_to, newest_values
from bot.simulation.lot_book import RunNumbers
from strategies.rotation.altcoins import Altcoins, SharedArrays
from strategies.rotation.readings import KeptReadings
from strategies.rotation.settings import RotationSettings
from strategies.rotation.view import RotationView


class PreparedMarket:
    """The market, the view and the coins of one config, as arrays for the simulation.

    `of` is the same market prepared for other sets: arrays that depend on the same keys are shared. `readings` is the
    cache of another market with some of the same series, as for `Readings`. Raises ConfigError as `require_simulated`.
    """

    def __init__(
        self,
        config: Config,
        market: Market,
        window: Window,
        of: PreparedMarket | None = None,
        readings: KeptReadings | None = None,
    ) -> None:
        require_simulated(config)
        self.config, self.market = config, market
        self.settings: RotationSettings = rotation_settings(config)
        self._arrays: SharedArrays = of._arrays if of else {}
        own: KeptReadings = {} if readings is None else readings
        self._readings: KeptReadings = of._readings if of else own
        has_altcoins = of is not None and of.settings.altcoins == self.settings.altcoins
        source = of.view.source if of and of.settings.rotation == self.settings.rotation else None
        altcoins = of.view.altcoins if of and has_altcoins else self._altcoins()
        self.view: RotationView = RotationView(
            market, self.settings, altcoins=altcoins, source=source, kept=self._readings
        )
        self.symbols: list[str] = of.symbols if of else self._symbols()
        self.shares: Floats = of.shares if of and has_altcoins else self._shares()
        self._whole: CoinTable = self._coin_table(of)
        classes = of.slippage_classes if of else [slippage_class(config, market, symbol) for symbol in self.symbols]
        self.slippage_classes: list[str] = classes
        self._cut(window)

    @property
    def numbers(self) -> RunNumbers:
        """Numbers of the run."""
        sizing = self.plan.rules.sizing
        return RunNumbers(
            cash=float(self.plan.cash),
            band=float(sizing.band),
            relative_band=float(sizing.relative_band),
            volume_share=float(sizing.volume_share),
            impact=self.plan.rules.impact,
            recovery=float(self.plan.recovery),
            multiplier=float(self.plan.rules.overrides.multiplier),
            eth=self.symbols.index(self.market.roles.eth),
            delay=0,
        )

    def over(self, window: Window) -> PreparedMarket:
        """Return the same market prepared for other days of trading; view and choices of coins are shared."""
        other = copy(self)
        other._cut(window)
        return other

    def _cut(self, window: Window) -> None:
        self.window = window
        self.first = (window.start - self._every_day.start).days
        self.days = (window.end - window.start).days + 1
        # A coin without an entry in `endings` counts as dead only in a run that goes on long after its last row.
        self.plan: RunPlan = run_plan(self.config, self.market, window, "")
        self.coins: CoinTable = cut_to(self._whole, self.plan, self.symbols, self.first, window)

    @property
    def _every_day(self) -> Window:
        first, last = (self.market.decision_times[i].item().date() for i in (0, -1))
        return Window(first, max(last, self.market[self.market.roles.eth].dates[-1].item()))

    def _symbols(self) -> list[str]:
        """Return ETH, every altcoin, as any may be eligible in another set, and their successors, sorted."""
        settlings = scheduled_settlements(self.market, endings_for(self.config, self.market), self._every_day.end)
        becomes = {s.symbol: s.into for due in settlings.values() for s in due if s.into}
        found, added = set[str](), {self.market.roles.eth, *self.view.altcoins.symbols}
        while added:
            found |= added
            added = {becomes[symbol] for symbol in added if symbol in becomes} - found
        return sorted(found)

    def _altcoins(self) -> Altcoins:
        return Altcoins(self.market, self.settings.altcoins, self.settings.quality.window_gaps, self._arrays)

    def _coin_table(self, of: PreparedMarket | None) -> CoinTable:
        days = self.settings.altcoins.volume_days
        if of is not None and of.settings.altcoins.volume_days == days:
            return of._whole
        plan = run_plan(self.config, self.market, self._every_day, "")
        if of is None:
            return coin_table(plan, self._every_day, self.symbols)
        every_day, symbols = self._every_day, self.symbols
        return of._whole._replace(
            median_volume=newest_values(plan, every_day, symbols, plan.median_volume),
            volatility=newest_values(plan, every_day, symbols, plan.volatility),
        )

    def _shares(self) -> Floats:
        """Return the altcoins that a choice after each day takes, as shares, shape (decisions, coins)."""
        chosen = self.view.altcoins.shares_over(self.view.days)
        none = np.zeros(len(self.view.days))
        return np.array([chosen.get(symbol, none) for symbol in self.symbols]).T.copy()


def require_simulated(config: Config) -> None:
    """Raise ConfigError for what a simulation lacks: a user's own strategy, funds, overrides and `on_start: wait`."""
    if config.strategy.file is not None:
        mend = "compare settings of a strategy of your own with: bot backtest --set strategy.parameters.KEY=VALUE"
        raise ConfigError(
            "a sweep and a walk-forward run only the rotation, without strategy files and stop orders",
            where="strategy.file",
            mend=mend,
        )
    listings = config.listings()
    for role in ("eth", "btc"):
        if not listings[symbol := getattr(config.roles, role)].kind.is_coin:
            was = f"{symbol} ({listings[symbol].kind})"
            mend = "compare settings of such a config with: bot backtest --set KEY=VALUE"
            raise ConfigError("a sweep holds coins only", where=f"roles.{role}", expected="a coin", was=was, mend=mend)
    overrides = config.overrides
    if config.on_start != "adopt":
        mend = "--set on_start=adopt"
        raise ConfigError(
            "a sweep trades from its first day on", where="on_start", expected="adopt", was=config.on_start, mend=mend
        )
    if overrides.reduce_only or overrides.no_trade:
        mend = "--set overrides.reduce_only=false, and an empty overrides.no_trade"
        raise ConfigError("a sweep runs without manual overrides", where="overrides", mend=mend)
