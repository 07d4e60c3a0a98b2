"""What every question is answered from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.venue.http.parameters import Parameters
from bot.venue.http.weights import Weights
from bot.venue.matching.clocks import VenueClock
from bot.venue.matching.exchange import Exchange


@dataclass(frozen=True, slots=True)
class MeteredExchange:
    """The exchange, and how much was asked of it."""

    exchange: Exchange
    weights: Weights

    @property
    def clock(self) -> VenueClock:
        """The exchange's time."""
        return self.exchange.clock


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One question: how it is answered, what it weighs, and whether it must be signed.

    `answer` is given the desk, the parameters and the key, which is empty for a question that needs none; `weigh` the
    parameters as they were sent.
    """

    answer: Callable[[MeteredExchange, Parameters, str], Any]
    weigh: Callable[[Mapping[str, str]], int]
    signed: bool = False


def always(weight: int) -> Callable[[Mapping[str, str]], int]:
    """The same weight, whatever is asked."""
    return lambda sent: weight


def by_symbol(one: int, every: int) -> Callable[[Mapping[str, str]], int]:
    """A weight for one pair, and one for all of them."""
    return lambda sent: one if "symbol" in sent else every


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return round(moment.timestamp() * 1000)
