"""Endpoint of the exchange's REST API: handler, weight and signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.venue.http.parameters import Parameters
from bot.venue.http.weights import Weights
from bot.venue.matching.clocks import VenueClock
from bot.venue.matching.exchange import Exchange

Json = dict[str, object]
"""A JSON object of a response."""


@dataclass(frozen=True, slots=True)
class MeteredExchange:
    """The exchange and the request weights used so far."""

    exchange: Exchange
    weights: Weights

    @property
    def clock(self) -> VenueClock:
        """Clock of the exchange."""
        return self.exchange.clock


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint.

    Attributes
    ----------
    answer : callable
        Handler with exchange, parameters and API key ("" for a public endpoint). Returns a value for JSON.
    weigh : callable
        Request weight, from the parameters as sent.
    signed : bool
        True if the request needs a key and a signature.
    """

    answer: Callable[[MeteredExchange, Parameters, str], object]
    weigh: Callable[[Mapping[str, str]], int]
    signed: bool = False


def always(weight: int) -> Callable[[Mapping[str, str]], int]:
    """Return a weight function with a constant result."""
    return lambda sent: weight


def by_symbol(one: int, every: int) -> Callable[[Mapping[str, str]], int]:
    """Return a weight function with one result for a single pair and another for all pairs."""
    return lambda sent: one if "symbol" in sent else every


def milliseconds(moment: datetime) -> int:
    """Return a time as milliseconds since 1970.

    Parameters
    ----------
    moment : datetime
        Time with its zone.
    """
    return round(moment.timestamp() * 1000)
