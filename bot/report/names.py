"""What the codes of a run are called when a person reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

STAGES = {
    "STABLE": "waiting in the stablecoin",
    "ARMED": "breakout seen",
    "CONFIRMED": "confirmed",
    "ETH": "in ETH",
    "ALTS": "in ETH and altcoins",
    "DISTRIBUTION": "winding down",
    "COOLDOWN": "cooling down",
}
"""The stages of the rotation, in its order."""

_BENCHMARKS = {
    "strategy": ("This strategy", "Strategy"),
    "equal_weight_altcoins": ("This strategy, altcoins weighted equally", "Equal altcoins"),
    "no_altcoins": ("This strategy, ETH in place of altcoins", "No altcoins"),
    "btc": ("Holding BTC", "Holding BTC"),
    "eth": ("Holding ETH", "Holding ETH"),
    "btc_60_stable_40": ("60% BTC, 40% stablecoin", "60% BTC"),
    "eth_trend": ("ETH above its {days}-day average", "ETH trend"),
    "eth_while_btc_trend": ("ETH while BTC is above its {days}-day average", "ETH, BTC trend"),
}

_REASONS = {
    "rearmed": "armed again",
    "failed": "fell under the level",
    "fell_back": "fell under the trail",
    "entered_eth": "entered ETH",
    "no_trend": "ETH had no trend",
    "entered_alts": "entered altcoins",
    "eth_lags_btc": "ETH lags BTC",
    "weak_small_caps": "small caps weak",
    "distributed": "wound down",
    "kill_credit": "kill: credit stress",
    "kill_volatility": "kill: VIX",
    "kill_trail": "kill: small caps under the trail",
    "kill_eth": "kill: ETH stop",
    "kill_peg": "kill: stablecoin off its peg",
    "stale": "inputs stale",
    "stale_too_long": "inputs stale too long",
    "holds": "rebalanced",
    "peg_broken": "stablecoin off its peg",
    "min_notional": "under the smallest order",
    "eth": "ETH",
    "btc": "BTC",
}


def benchmark(key: str, trend_days: int) -> str:
    """The name of the strategy or a benchmark, in full."""
    return _BENCHMARKS[key][0].format(days=trend_days) if key in _BENCHMARKS else words(key)


def short_benchmark(key: str) -> str:
    """The same in a few letters, to stand at the end of a line in a chart."""
    return _BENCHMARKS[key][1] if key in _BENCHMARKS else words(key)


def reasons(codes: str) -> str:
    """Reason codes joined by `;`, as words."""
    return ", ".join(_REASONS.get(code, words(code)) for code in codes.split(";") if code)


def words(code: str) -> str:
    """A code in snake case as words."""
    return code.replace("_", " ")


def market(manifest: Mapping[str, Any]) -> str:
    """Which market a run is on; of a folder the last two parts, since the rest says where somebody lives."""
    name = str(manifest["market"])
    if name == "demo":
        return "DEMO: synthetic market"
    parts = [part for part in name.replace("\\", "/").split("/") if part]
    return f"CSV folder {'/'.join(parts[-2:])}" if "/" in name or "\\" in name else name
