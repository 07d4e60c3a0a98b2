"""An example of a daily strategy: hold ETH above its average, and sell it at a loss.

It is an example to copy, without any advice. Name it in a config:

    strategy: {file: strategies/examples/eth_with_stop.py, parameters: {stop: 0.10}}
"""

from __future__ import annotations

from bot import Decision, Today


class EthWithStop:
    """Buy ETH at `weight` above its average of `days` rows; sell it at a loss of `stop`, a share of the entry price."""

    name = "eth_with_stop"

    def __init__(self, days: int, weight: float, stop: float) -> None:
        if days < 2 or not 0 < weight <= 0.98 or not 0 < stop < 1:
            raise ValueError(f"days >= 2, 0 < weight <= 0.98, 0 < stop < 1 expected, was {days}, {weight}, {stop}")
        self.days, self.weight, self.stop = days, weight, stop

    def decide(self, today: Today) -> Decision:
        """Decide the day that begins."""
        eth = today.roles.eth
        held = today.holding(eth)
        if held and held.gain < -self.stop:
            return today.target({}, "stop_loss")
        close = today.series(eth).close
        if held is None and len(close) >= self.days and close[-1] > close[-self.days :].mean():
            return today.target({eth: self.weight}, "above_average")
        return today.hold()


def strategy(days: int = 100, weight: float = 0.98, stop: float = 0.10) -> EthWithStop:
    """Make the strategy from the config's `parameters`."""
    return EthWithStop(days, weight, stop)
