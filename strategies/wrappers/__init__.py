"""Wrappers around any strategy: a drawdown breaker and a volatility target."""

from strategies.wrappers.drawdown_breaker import DrawdownBreaker
from strategies.wrappers.volatility_target import VolatilityTarget

__all__ = ["DrawdownBreaker", "VolatilityTarget"]
