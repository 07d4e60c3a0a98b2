"""Effects of a grid key: which arrays of a run have to be computed again when its value changes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from bot.sweep.axes import DELAY, START, changes_market
from bot.sweep.numbers_of_sets import RUN_FIELDS

_OF_THE_RULE = frozenset(
    {"entry", "breakout", "trail", "stages", "weights", "gates", "risk_exits", "gated.patience_sessions"}
    | {"eth_stop.measure", "eth_stop.drawdown", "eth_stop.atr_multiple", "stale.leave_after"}
)
"""Keys of the section `rotation` without an effect on readings."""


@cache
def changes_readings(name: str) -> bool:
    """Return True for a key that changes readings, eligible coins or the choice of coins."""
    if changes_market(name):
        return True
    section, _, key = name.partition(".")
    if section == "altcoins":
        return key != "choose_every_days"
    return section == "rotation" and key not in _OF_THE_RULE and key.partition(".")[0] not in _OF_THE_RULE


@cache
def changes_observations(name: str) -> bool:
    """Return True for a key that changes the inputs of `step`: readings, and the switches of gates and exits."""
    return changes_readings(name) or name.startswith(("rotation.gates", "rotation.risk"))


@cache
def changes_arrays(name: str) -> bool:
    """Return True for a key that changes arrays of a run. Other keys are numbers of the rule and of the book."""
    is_cost = name.startswith("costs.") and name not in RUN_FIELDS
    return is_cost or name in (START, DELAY) or changes_observations(name)


def key_of(changes: Mapping[str, object]) -> str:
    """Return values by key as text, the key of a cache."""
    return repr(sorted(changes.items()))


def key_of_arrays(changes: Mapping[str, object]) -> str:
    """Return the values of a set that its arrays depend on as text, the key of a cache."""
    return key_of({name: value for name, value in changes.items() if changes_arrays(name)})
