"""Config keys that were added after version 0.1.0: an older config gets their defaults and keeps its hash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ADDED: Mapping[tuple[str, ...], object] = {
    ("benchmarks", "own"): None,
    ("benchmarks", "cash_rate"): None,
    ("symbols", "DGS3MO"): "macro next session",
    ("quality", "levels", "DGS3MO"): [-5.0, 30.0],
    ("calendar",): {"closures": []},
    ("costs", "impact"): 0.0,
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
    ("names",): {"RUT": "Russell 2000"},
    ("anchor",): {"authority": "", "certificate": None, "daily": False},
    ("sources", "defillama"): {"pause": 1.0, "symbols": {"STABLECOIN_SUPPLY_USD": "all"}},
    ("quality", "record_window"): 250,
    ("quality", "record_least"): 60,
    ("quality", "record_sigmas"): 6.0,
    ("quality", "record_band"): 0.003,
    ("quality", "known_difference"): 0.05,
    ("quality", "known_closes"): {
        "RUT": {
            "1999-12-31": 504.75,
            "2009-03-09": 343.26,
            "2018-12-24": 1266.92,
            "2020-03-18": 991.16,
            "2023-10-27": 1636.94,
        },
        "BTC": {
            "2016-06-30": 673.34,
            "2018-09-30": 6625.56,
            "2020-09-30": 10784.49,
            "2022-09-30": 19431.79,
            "2024-09-30": 63329.5,
        },
        "ETH": {
            "2016-06-30": 12.46,
            "2018-09-30": 232.85,
            "2020-09-30": 359.94,
            "2022-09-30": 1327.98,
            "2024-09-30": 2603.06,
        },
    },
    ("sources", "archive"): {
        "pause": 0.25,
        "read": True,
        "quote": "USDT",
        "names": {
            "BCC": "BCH",
            "BCHABC": "BCH",
            "BCHSV": "BSV",
            "BTT": "BTT_OLD",
            "BTTC": "BTT",
            "IOTA": "MIOTA",
            "LUNA": "LUNC",
        },
        "relisted": {"LUNA": {"coin": "LUNA2", "since": "2022-05-28"}},
        "left_out": [
            "AEUR",
            "AUD",
            "BFUSD",
            "BIDR",
            "BKRW",
            "BRL",
            "BVND",
            "EUR",
            "EURI",
            "GBP",
            "IDRT",
            "NGN",
            "PAX",
            "PAXG",
            "RUB",
            "SUSD",
            "TRY",
            "UAH",
            "USD1",
            "USDS",
            "USDSB",
            "XUSD",
            "ZAR",
        ],
    },
    ("sources", "fallbacks"): {"VIX": "VIXCLS"},
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
