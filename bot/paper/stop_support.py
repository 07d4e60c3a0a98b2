"""Refuse stop orders where they cannot be placed: on an exchange's testnet and on the venue of a rehearsal."""

from __future__ import annotations

from collections.abc import Iterable

from bot.brokers.simulated import SimulatedBroker
from bot.core.decision import Decision
from bot.core.errors import ConfigError
from bot.core.events import Event
from bot.core.moments import iso


def require_simulated_stops(events: Iterable[Event], broker: str) -> None:
    """Raise ConfigError if a decision gives stops and the broker's fills are not simulated."""
    if broker == SimulatedBroker.name:
        return
    found = next((event for event in events if isinstance(event, Decision) and event.stops), None)
    if found is not None:
        symbol, level = next(iter(found.stops.items()))
        raise ConfigError(
            f"stop orders are simulated only: the broker {broker} gets market orders only",
            where=f"the decision of {iso(found.at)}",
            was=f"a stop of {symbol} at {level:f}",
            mend="trade a simulated ledger (--broker simulated), or give no `stops`",
        )
