"""What the codes of a run are called in a table or a chart, where a few words have to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.report.words import RUN_NAMES

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
    "cash_short": "cash ran short",
    "no_bar": "no price to trade at",
    "no_price_today": "no price that day",
    "no_trade_override": "no_trade in the config",
    "barred": "barred: its prices are in doubt",
    "missed": "its day was missed",
    "cut_to_fit": "cut to what cash and market allow",
    "simulated_not_on_testnet": "not on the testnet, simulated",
    "adopted": "taken over at the start",
    "flat": "switched to flat",
}


def benchmark(key: str) -> str:
    """The name of the strategy or of a benchmark."""
    return RUN_NAMES.get(key, plain(key))


def stage(code: str) -> str:
    """A stage in words; a user's own strategy has its own stages."""
    return STAGES.get(code, plain(str(code)))


def reasons(codes: str) -> str:
    """Reason codes joined by `;`, as words."""
    return ", ".join(_REASONS.get(code, plain(code)) for code in codes.split(";") if code)


def decided_because(codes: Iterable[str]) -> str:
    """The reasons of a decision as words: one that only holds on trades nothing by itself."""
    return ", ".join("holds" if code == "holds" else reasons(code) for code in codes)


def plain(code: str) -> str:
    """A code in snake case as words."""
    return code.replace("_", " ")


def market(manifest: Mapping[str, Any]) -> str:
    """Which market a run is on; of a folder the last two parts, since the rest may say who lives there."""
    name = str(manifest["market"])
    if name == "demo":
        return "DEMO: synthetic market"
    parts = [part for part in name.replace("\\", "/").split("/") if part]
    return f"CSV folder {'/'.join(parts[-2:])}" if len(parts) > 1 else name
