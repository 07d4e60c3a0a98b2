"""Benchmarks of every run: holding and trend following, on the same data, costs and next-open fills."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import numpy as np

from bot.core.decision import Decision, Trade
from bot.core.instrument import to_weight
from bot.core.market import Market
from strategies.indicators import Bools, sma

FULL = to_weight(0.98)
"""Weight of a full position; the rest pays fees and gaps from close to open, as in the rotation."""
REBALANCE_DAYS = 7
"""Days between two looks at the band of a rebalanced benchmark."""
_REASONS = {stage: (stage.lower(),) for stage in ("HOLD", "IN", "OUT")}


def benchmark_decisions(market: Market, trend_days: int, since: date) -> dict[str, Sequence[Decision]]:
    """Return the decisions of every benchmark at the decision times of a market from a day on.

    Parameters
    ----------
    market
        The market of the run; `roles` name ETH and BTC.
    trend_days
        Length of the moving average of the trend benchmarks, in UTC days.
    since
        First UTC day. Weeks of a rebalanced benchmark still count from the first decision time of the market.

    Returns
    -------
    dict[str, Sequence[Decision]]
        Decisions by the benchmark's name, in the order of the report.
    """
    eth, btc = market.roles.eth, market.roles.btc
    return {
        "btc": _held(market, {btc: FULL}, since),
        "eth": _held(market, {eth: FULL}, since),
        "btc_60_stable_40": _held(market, {btc: to_weight(0.60)}, since, rebalanced=True),
        "eth_trend": _switched(market, eth, _above_average(market, eth, trend_days), since),
        "eth_while_btc_trend": _switched(market, eth, _above_average(market, btc, trend_days), since),
    }


def benchmark_inputs(market: Market) -> dict[str, tuple[str, ...]]:
    """Return the coins that each benchmark holds or reads, by its name."""
    eth, btc = market.roles.eth, market.roles.btc
    return {
        "btc": (btc,),
        "eth": (eth,),
        "btc_60_stable_40": (btc,),
        "eth_trend": (eth,),
        "eth_while_btc_trend": (eth, btc),
    }


def held(market: Market, symbol: str) -> list[Decision]:
    """Return the decisions to buy a coin once and hold it."""
    return _held(market, {symbol: FULL}, date.min)


def _held(market: Market, weights: dict[str, Decimal], since: date, rebalanced: bool = False) -> list[Decision]:
    """Buy once and hold; if `rebalanced`, trade back towards the weights every week where they left the band."""
    return [
        _decision(at, "HOLD", weights, Trade.BAND if rebalanced and i % REBALANCE_DAYS == 0 else Trade.HOLD)
        for i, at in enumerate(market.decision_moments)
        if at.date() >= since
    ]


def _switched(market: Market, symbol: str, on: Bools, since: date) -> list[Decision]:
    """Hold a full position while a condition is true, and the stablecoin while it is false."""
    # Orders only on a change: between changes the position may drift, as that of a holder does.
    changes = np.diff(on, prepend=False)
    return [
        _decision(
            at,
            "IN" if inside else "OUT",
            {symbol: FULL} if inside else {},
            Trade.NOW if change else Trade.HOLD,
        )
        for at, inside, change in zip(market.decision_moments, on.tolist(), changes.tolist(), strict=True)
        if at.date() >= since
    ]


def _decision(at: datetime, stage: str, weights: dict[str, Decimal], trade: Trade) -> Decision:
    return Decision(at, stage, stage, weights, _REASONS[stage], trade)


def _above_average(market: Market, symbol: str, days: int) -> Bools:
    """Return True at each decision time at which a coin's newest close is above its own average."""
    series = market[symbol]
    above = series.close > sma(series.close, days)
    newest = series.latest(market.decision_times)
    return (newest >= 0) & above[np.maximum(newest, 0)]
