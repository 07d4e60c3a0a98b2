"""The benchmarks that stand beside every run, on the same data, costs and next-open fills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np

from bot.core.decision import Decision, Trade
from bot.core.instrument import to_weight
from bot.core.market import Floats, Market
from strategies.indicators import Bools, sma
from strategies.rotation.altcoins import Altcoins
from strategies.rotation.rotation import Rotation
from strategies.rotation.settings import RotationSettings
from strategies.rotation.view import RotationView

VARIANTS = ("equal_weight_altcoins", "no_altcoins")
"""The benchmarks that are the rotation with another altcoin half: they start as the strategy does."""
FULL = to_weight(0.98)
"""All in: the rest pays fees and gaps, as in the rotation."""
REBALANCE_DAYS = 7


def benchmark_decisions(view: RotationView, settings: RotationSettings, trend_days: int) -> dict[str, list[Decision]]:
    """The decisions of every benchmark, by name, at all of the view's decision times."""
    market = view.market
    eth, btc = market.roles.eth, market.roles.btc
    return {
        "equal_weight_altcoins": Rotation(settings, Altcoins.equal).decide(view),
        "no_altcoins": Rotation(settings, choose=None).decide(view),
        "btc": _held(market, {btc: FULL}),
        "eth": _held(market, {eth: FULL}),
        "btc_60_stable_40": _held(market, {btc: to_weight(0.60)}, rebalanced=True),
        "eth_trend": _switched(market, eth, _above_average(market, eth, trend_days)),
        "eth_while_btc_trend": _switched(market, eth, _above_average(market, btc, trend_days)),
    }


def _held(market: Market, weights: dict[str, Decimal], rebalanced: bool = False) -> list[Decision]:
    """Buy once and hold; rebalanced inside the band every week if told so."""
    return [
        _decision(at, "HOLD", weights, Trade.BAND if rebalanced and i % REBALANCE_DAYS == 0 else Trade.HOLD)
        for i, at in enumerate(market.decision_moments)
    ]


def _switched(market: Market, symbol: str, on: Bools) -> list[Decision]:
    """All in while a condition holds, all out otherwise."""
    changes = np.diff(on, prepend=False)
    return [
        _decision(
            at,
            "IN" if inside else "OUT",
            {symbol: FULL} if inside else {},
            Trade.NOW if change else Trade.HOLD,
        )
        for at, inside, change in zip(market.decision_moments, on.tolist(), changes.tolist(), strict=True)
    ]


def _decision(at: datetime, stage: str, weights: dict[str, Decimal], trade: Trade) -> Decision:
    return Decision(at, stage, stage, weights, (stage.lower(),), trade)


def _above_average(market: Market, symbol: str, days: int) -> Bools:
    """Whether a coin's newest close is above its own average, at each decision time."""
    series = market[symbol]
    above = series.close > sma(series.close, days)
    newest = series.latest(market.decision_times)
    return (newest >= 0) & above[np.maximum(newest, 0)]


@dataclass(frozen=True, slots=True, eq=False)
class RandomTiming:
    """What luck alone would have made of the same exposure: growth of 1, by day, at three percentiles.

    `final` holds the growth of each shift over the whole run.
    """

    low: Floats
    median: Floats
    high: Floats
    final: Floats


def random_timing(exposures: Sequence[Floats], returns: Sequence[Floats], costs: Floats, shifts: int) -> RandomTiming:
    """Shift the daily exposures around the run in a circle and compound what each shift would have earned.

    Each exposure (a share of equity at the day's open) goes with the simple return of what it is exposed to;
    `costs` are shares of equity paid on each day, and move with the exposures. The shifts are spread evenly over
    the run, so that the band is the same in every run. Percentiles are 5, 50 and 95.
    """
    n = len(costs)
    offsets = np.unique(np.linspace(0, n, min(shifts, max(n - 1, 1)) + 2).astype(int)[1:-1]) % n
    growth = np.empty((len(offsets), n))
    for k, offset in enumerate(offsets):
        earned = sum(np.roll(held, offset) * made for held, made in zip(exposures, returns, strict=True))
        np.cumprod(1 + earned - np.roll(costs, offset), out=growth[k])
    low, median, high = np.percentile(growth, [5, 50, 95], axis=0)
    return RandomTiming(low, median, high, growth[:, -1].copy())
