"""Numbers of parameter sets: from dotted config keys to the fields of the tuples that compiled code reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeVar

from strategies.rotation.config_paths import leaves
from strategies.rotation.rules import Rules
from strategies.rotation.settings import RotationSettings

_Numbers = TypeVar("_Numbers", bound=NamedTuple)

Fields = Mapping[str, tuple[str, str]]
"""Field of a config key, and the word for which the field is true; "" for a number or a switch."""
TARGET_FIELDS: Fields = {
    "rotation.weights.eth_first": ("eth_first", ""),
    "rotation.weights.eth_full": ("eth_full", ""),
    "rotation.weights.altcoins": ("altcoins", ""),
    "rotation.weights.distribution": ("distribution", ""),
    "altcoins.choose_every_days": ("choose_every_days", ""),
    "sizing.rebalance_days": ("rebalance_days", ""),
}
RUN_FIELDS: Fields = {
    **{f"sizing.{name}": (name, "") for name in ("band", "relative_band", "volume_share")},
    "costs.impact": ("impact", ""),
    "delay_days": ("delay", ""),
}


def rule_fields(settings: RotationSettings) -> Fields:
    """Return the fields of `Rules` by config key."""
    keys = {"_".join(path): ".".join(("rotation", *path)) for path, _ in leaves(settings.rotation)}
    parts = [name.partition("_is_") for name in Rules._fields]
    return {keys[path]: (name, word) for name, (path, _, word) in zip(Rules._fields, parts, strict=True)}


def with_fields(numbers: _Numbers, fields: Fields, changes: Mapping[str, object]) -> _Numbers:
    """Return numbers with the values of the changes that have a field; other changes are ignored."""
    values: dict[str, object] = {}
    for key, value in changes.items():
        name, word = fields.get(key, ("", ""))
        if word:
            values[name] = value == word
        elif name:
            # A whole number in YAML may stand for a float; another type would be compiled anew.
            values[name] = float(value) if isinstance(getattr(numbers, name), float) else value  # type: ignore[arg-type]
    return numbers._replace(**values) if values else numbers
