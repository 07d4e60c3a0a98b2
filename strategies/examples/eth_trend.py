"""An example strategy: hold ETH while its last close is above its average, else the stablecoin.

It is an example to copy, without any advice. Name it in a config:

    strategy: {file: strategies/examples/eth_trend.py, parameters: {days: 100}}
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot import Decision, Market, Trade, to_weight


class EthTrend:
    """Hold ETH at `weight` while it closes above its average of `days` rows."""

    name = "eth_trend_example"

    def __init__(self, days: int, weight: float) -> None:
        if days < 2 or not 0 < weight <= 0.98:
            raise ValueError(f"days must be 2 or more and weight in (0, 0.98], was {days} and {weight}")
        self.days, self.weight = days, to_weight(weight)

    def decisions(self, market: Market) -> Sequence[Decision]:
        """Decide at each UTC midnight from the closes known at it."""
        eth = market[market.roles.eth]
        decisions = []
        stage = "OUT"
        for moment, at in zip(market.decision_times, market.decision_moments, strict=True):
            known = eth.until(moment).close  # later rows cannot be reached from here
            average = known[-self.days :].mean()
            ready = len(known) >= self.days
            previous, stage = stage, "IN" if ready and known[-1] > average else "OUT"
            weights: dict[str, Decimal] = {eth.symbol: self.weight} if stage == "IN" else {}
            reason = "warms_up" if not ready else "above_average" if stage == "IN" else "below_average"
            trade = Trade.HOLD if stage == previous else Trade.NOW
            decisions.append(Decision(at, stage, previous, weights, (reason,), trade))
        return decisions


def strategy(days: int = 100, weight: float = 0.98) -> EthTrend:
    """Make the strategy from the config's `parameters`."""
    return EthTrend(days, weight)
