"""Random parameter sets of the rotation, and their runs by the exact engine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from bot.backtest.engines.exact import run_exact
from bot.core.book import Book
from bot.core.events import Valuation
from bot.core.orders import Fill, Side
from bot.services.plans import with_decisions
from bot.simulation.kernel import RunInputs, SetNumbers
from bot.simulation.lot_book import FILL
from bot.simulation.prepared_market import PreparedMarket
from bot.simulation.simulation import SimulatedRun, Simulation
from strategies.rotation.rotation import Rotation
from strategies.rotation.settings import RotationSettings
from strategies.rotation.view import RotationView

INTERPRETED = Simulation()


@dataclass(frozen=True)
class RandomSet:
    """One random set: settings of the rotation, sizing, a factor of the costs, and the coefficient of impact."""

    settings: RotationSettings
    band: Decimal
    volume_share: Decimal
    costs: Decimal
    impact: float


def random_set(base: RotationSettings, seed: int) -> RandomSet:
    """Draw a set around a config; one in three leaves a part of it as it is."""
    random = np.random.default_rng(seed)
    rotation = base.rotation
    gates = {name: bool(random.integers(2)) for name in ("relative_strength", "credit", "volatility", "trend")}
    exits = {name: bool(random.integers(4)) for name in ("credit", "volatility", "trail", "eth_drawdown", "peg")}
    changed = replace(
        rotation,
        entry=str(random.choice(["article", "gated"])),
        breakout=replace(
            rotation.breakout,
            base_sessions=int(random.integers(5, 60)),
            confirm_closes=int(random.integers(1, 8)),
            confirm_within=int(random.integers(3, 20)),
            floor=round(float(random.uniform(0.9, 0.99)), 3),
        ),
        trail=replace(rotation.trail, of_level=round(float(random.uniform(0.9, 0.99)), 3)),
        stages=replace(
            rotation.stages,
            full_after_sessions=int(random.integers(1, 15)),
            altcoins_after_sessions=int(random.integers(3, 40)),
            leave_altcoins_days=int(random.integers(1, 10)),
            quiet_sessions=int(random.integers(20, 120)),
            weak_sessions=int(random.integers(3, 30)),
            distribution_sessions=int(random.integers(3, 40)),
            cooldown_sessions=int(random.integers(1, 30)),
        ),
        weights=replace(
            rotation.weights,
            eth_first=round(float(random.uniform(0.1, 0.49)), 4),
            eth_full=round(float(random.uniform(0.5, 0.98)), 4),
            altcoins=round(float(random.uniform(0.1, 0.49)), 4),
            distribution=round(float(random.uniform(0.0, 1.0)), 4),
        ),
        gates=replace(rotation.gates, **gates),
        risk_exits=replace(rotation.risk_exits, **exits),
        eth_stop=replace(
            rotation.eth_stop,
            measure=str(random.choice(["drawdown", "atr"])),
            drawdown=round(float(random.uniform(0.1, 0.5)), 3),
        ),
    )
    settings = replace(
        base,
        rotation=changed,
        altcoins=replace(base.altcoins, choose_every_days=int(random.integers(1, 30))),
        sizing=replace(base.sizing, rebalance_days=int(random.integers(1, 30))),
    )
    band = Decimal(str(round(float(random.uniform(0, 0.1)), 3)))
    volume_share = Decimal(str(random.choice(["0.01", "0.0001", "0.000003"])))
    costs = Decimal(str(random.choice(["0", "1", "4"])))
    return RandomSet(settings, band, volume_share, costs, float(random.choice([0.0, 1.0, 5.0])))


@dataclass(frozen=True)
class BothRuns:
    """The same set by the exact engine and by the simulation."""

    book: Book
    view: RotationView
    run: SimulatedRun
    symbols: list[str]

    def exact_fills(self) -> list[tuple[int, str, int, float]]:
        """Number of the decision, coin, signed lots and price of each fill."""
        rules, first = self.book.plan.rules.instruments, self.view.market.decision_moments[0]
        return [
            (
                (fill.at - first).days,
                fill.symbol,
                (1 if fill.side is Side.BUY else -1) * rules[fill.symbol].lots(fill.quantity),
                float(fill.price),
            )
            for fill in self.book.events
            if isinstance(fill, Fill)
        ]

    def simulated_fills(self) -> list[tuple[int, str, int, float]]:
        """The same of the simulation."""
        columns = zip(*(column.tolist() for column in self.run.fills), strict=True)
        return [
            (number, self.symbols[coin], lots, price) for kind, number, coin, lots, price in columns if kind == FILL
        ]

    def exact_equity(self) -> list[float]:
        """Equity at each close."""
        return [float(event.equity) for event in self.book.events if isinstance(event, Valuation)]


def run_both(prepared: PreparedMarket, drawn: RandomSet, simulation=INTERPRETED, room=4096) -> BothRuns:  # type: ignore[no-untyped-def]
    """Run a set by both."""
    view = RotationView(prepared.market, drawn.settings, of=prepared.view)
    plan, rules = prepared.plan, prepared.plan.rules
    instruments = {
        symbol: replace(made, fee=made.fee * drawn.costs, slippage=made.slippage * drawn.costs)
        for symbol, made in rules.instruments.items()
    }
    sizing = replace(rules.sizing, band=drawn.band, volume_share=drawn.volume_share)
    plan = replace(plan, rules=replace(rules, instruments=instruments, sizing=sizing, impact=drawn.impact))
    rotation = Rotation(drawn.settings)
    stressed = {at for at, is_one in zip(prepared.market.decision_moments, view.credit_stress, strict=True) if is_one}
    own = with_decisions(plan, prepared.window, rotation.decide(view), stressed)
    factor = float(drawn.costs)
    coins = prepared.coins._replace(fee=prepared.coins.fee * factor, slippage=prepared.coins.slippage * factor)
    sizes = {"band": float(drawn.band), "volume_share": float(drawn.volume_share), "impact": drawn.impact}
    numbers = prepared.numbers._replace(**sizes)
    multipliers = np.array([float(multiplier) for multiplier in own.slippage_multipliers])
    arrays = RunInputs(
        simulation.observations(view.observed), view.stale, prepared.shares, coins, multipliers, prepared.first
    )
    run = simulation.one(SetNumbers(drawn.settings.rules, drawn.settings.target_rules, numbers), arrays, room)
    return BothRuns(run_exact(own), view, run, prepared.symbols)


def require_equal(both: BothRuns) -> None:
    """Hold the simulation of a set against the exact engine."""
    assert both.run.stage.tolist() == [outcome.stage for outcome in both.view.path]
    assert both.run.tranche.tolist() == [outcome.tranche for outcome in both.view.path]
    assert both.run.reasons.tolist() == [int(outcome.reasons) for outcome in both.view.path]
    exact, simulated = both.exact_fills(), both.simulated_fills()
    assert [fill[:3] for fill in simulated] == [fill[:3] for fill in exact]
    # The fallback tick of 1e-12 is finer than a float of a price of 4 after two products: there one tick may differ.
    np.testing.assert_allclose([f[3] for f in simulated], [f[3] for f in exact], rtol=1e-12)
    np.testing.assert_allclose(both.run.equity, both.exact_equity(), rtol=1e-9)
