"""Config keys that were added after version 0.1.0: an older config gets their defaults and keeps its hash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ADDED: Mapping[tuple[str, ...], object] = {
    ("calendar",): {"closures": []},
    ("paper", "quote_retry_minutes"): 15,
    ("quality", "window_gaps"): 0.02,
    ("quality", "same_rows"): 60,
    ("watch",): {
        "near": {
            "small_caps": 0.01,
            "level": 0.01,
            "eth_trend": 0.02,
            "relative_strength": 0.005,
            "credit": 0.015,
            "volatility_kill": 0.10,
            "small_cap_stop": 0.01,
            "eth_stop": 0.05,
            "eth_btc": 0.02,
        },
        "other": 0.01,
        "gone_factor": 2.0,
    },
    ("sources", "defillama"): {"pause": 1.0, "symbols": {"STABLECOIN_SUPPLY_USD": "all"}},
}
"""Default of each added key by its path, as config/*.yaml and `Config.resolved` have it."""


def with_added_keys(data: Mapping[str, object]) -> dict[str, object]:
    """Return the data of a config with the default of each added key that they lack.

    A file that extends default.yaml has the keys already; one that is complete by itself may be older than they are.
    """
    filled = dict(data)
    for path, default in ADDED.items():
        filled = _with(filled, path, _listed(default, data))
    return filled


def without_added_keys(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resolved config without the added keys that have their default, as it is hashed.

    The hash decides whether a ledger begins a new period, so an upgrade must not change it. A key with another value
    stays in.
    """
    kept = dict(plain)
    for path, default in ADDED.items():
        kept = _without(kept, path, default)
    return kept


def _listed(default: object, data: Mapping[str, object]) -> object:
    """Return a default with those of its symbols that the config lists: the schema refuses others."""
    if not isinstance(default, Mapping) or not isinstance(default.get("symbols"), Mapping):
        return default
    table = data.get("symbols")
    known = table if isinstance(table, Mapping) else {}
    return {**default, "symbols": {symbol: name for symbol, name in default["symbols"].items() if symbol in known}}


def _with(section: Mapping[str, object], path: tuple[str, ...], default: object) -> dict[str, object]:
    name, *rest = path
    if not rest:
        return {name: default, **section}
    inner = section.get(name)
    # A section that is missing altogether is an error of the file, which a part of it would hide.
    return {**section, name: _with(inner, tuple(rest), default)} if isinstance(inner, Mapping) else dict(section)


def _without(section: Mapping[str, Any], path: tuple[str, ...], default: object) -> dict[str, Any]:
    name, *rest = path
    if rest and isinstance(section.get(name), Mapping):
        return {**section, name: _without(section[name], tuple(rest), default)}
    return {key: value for key, value in section.items() if rest or key != name or value != default}
