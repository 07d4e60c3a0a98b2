"""The benchmarks that stand beside every run, on the same data, costs and next-open fills."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np

from bot.core.decision import Decision, Trade
from bot.core.instrument import exact_weight
from bot.core.market import Floats, Market
from strategies.altcoins import Altcoins
from strategies.indicators import Bools, sma
from strategies.rotation import Rotation, eth_instead
from strategies.settings import RotationSettings
from strategies.view import RotationView

FULL = exact_weight(0.98)
"""All in: the rest pays fees and gaps, as in the rotation."""
REBALANCE_DAYS = 7


def benchmark_decisions(view: RotationView, settings: RotationSettings, trend_days: int) -> dict[str, list[Decision]]:
    """The decisions of every benchmark, by name, at all of the view's decision times."""
    market = view.market
    eth, btc = market.roles.eth, market.roles.btc
    return {
        "equal_weight_altcoins": Rotation(settings, Altcoins.equal).decide(view),
        "no_altcoins": Rotation(settings, eth_instead).decide(view),
        "btc": _held(market, {btc: FULL}),
        "eth": _held(market, {eth: FULL}),
        "btc_60_stable_40": _held(market, {btc: exact_weight(0.60)}, rebalanced=True),
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


def random_timing(eth: Floats, altcoins: Floats, eth_return: Floats, altcoin_return: Floats,
                  eth_cost: float, altcoin_cost: float, shifts: int) -> RandomTiming:  # fmt: skip
    """Shift the daily exposures around the run in a circle and compound what each shift would have earned.

    Exposures are shares of equity, returns simple and daily, costs shares of the notional traded. The shifts are
    spread evenly over the run, so that the band is the same in every run. Percentiles are 5, 50 and 95.
    """
    n = len(eth)
    offsets = np.unique(np.linspace(0, n, min(shifts, n - 1) + 2).astype(int)[1:-1])
    growth = np.empty((len(offsets), n))
    turnover = np.abs(np.diff(eth, prepend=0.0)) * eth_cost + np.abs(np.diff(altcoins, prepend=0.0)) * altcoin_cost
    for k, offset in enumerate(offsets):
        earned = np.roll(eth, offset) * eth_return + np.roll(altcoins, offset) * altcoin_return
        np.cumprod(1 + earned - np.roll(turnover, offset), out=growth[k])
    low, median, high = np.percentile(growth, [5, 50, 95], axis=0)
    return RandomTiming(low, median, high, growth[:, -1].copy())
