"""Short names of a run's codes, for tables and charts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.report.labels import PLAIN, Labels

STAGES = {
    "STABLE": "waiting in the stablecoin",
    "ARMED": "breakout seen",
    "CONFIRMED": "confirmed",
    "ETH": "in {eth}",
    "ALTS": "in {eth} and altcoins",
    "DISTRIBUTION": "winding down",
    "COOLDOWN": "cooling down",
}
"""Stages of the rotation, in its order. `stage` fills the names of coins in."""
_REASONS_OF_ROTATION = {
    "rearmed": "armed again",
    "failed": "fell under the level",
    "fell_back": "fell under the trail",
    "entered_eth": "entered {eth}",
    "no_trend": "{eth} had no trend",
    "entered_alts": "entered altcoins",
    "eth_lags_btc": "{eth} lags {btc}",
    "weak_small_caps": "{fund} weak",
    "distributed": "wound down",
    "kill_credit": "risk exit: credit stress",
    "kill_volatility": "risk exit: VIX",
    "kill_trail": "risk exit: {small_caps} under the trail",
    "kill_eth": "risk exit: {eth} stop",
    "kill_peg": "risk exit: stablecoin off its peg",
    "stale": "inputs stale",
    "stale_too_long": "inputs stale too long",
    "holds": "rebalanced",
    "peg_broken": "stablecoin off its peg",
}
_REASONS = {
    "no_volume": "unsellable: no volume was traded",
    "min_notional": "under the smallest order",
    "min_quantity": "under the smallest quantity of the venue",
    "under_one_step": "under one step of quantity",
    "cash_short": "cash ran short",
    "no_bar": "no price to trade at",
    "no_price_today": "no price that day",
    "market_closed": "no session that day",
    "no_trade_override": "no_trade in the config",
    "barred": "quarantined: its prices are in doubt",
    "missed": "its day was missed",
    "cut_to_fit": "cut to what cash and market allow",
    "simulated_not_on_testnet": "not on the testnet, simulated",
    "adopted": "taken over at the start",
    "flat": "switched to flat",
    "stop_order": "stop reached",
}


def stage(code: str, labels: Labels = PLAIN) -> str:
    """Return a stage in words; a stage of a user's own strategy by its code."""
    return labels.fill(STAGES[code]) if labels.is_rotation and code in STAGES else plain(code)


def stage_code(code: str, labels: Labels = PLAIN) -> str:
    """Return a stage as one word for a narrow column: its code, with the name of the coin that it holds."""
    # The stage ETH keeps its code in the ledger and in CSV when another coin plays the part.
    return labels.eth if labels.is_rotation and code == "ETH" else code


def reasons(codes: str, labels: Labels = PLAIN) -> str:
    """Return reason codes joined by `;` as words."""
    known = {**_REASONS, **_REASONS_OF_ROTATION} if labels.is_rotation else _REASONS
    return ", ".join(labels.fill(known[code]) if code in known else plain(code) for code in codes.split(";") if code)


def decided_because(codes: Iterable[str], labels: Labels = PLAIN) -> str:
    """Return the reasons of a decision as words; `holds` is "rebalanced" only for a fill."""
    return ", ".join("holds" if code == "holds" else reasons(code, labels) for code in codes)


def plain(code: str) -> str:
    """Return a code in snake case as words."""
    return code.replace("_", " ")


def market(manifest: Mapping[str, Any]) -> str:
    """Return the market of a run; of a folder the last two parts, since the rest may name its user."""
    name = str(manifest["market"])
    if name == "demo":
        return "DEMO: synthetic market"
    # A run that was made on Windows has backslashes in its path.
    parts = [part for part in name.replace("\\", "/").split("/") if part]
    return f"CSV folder {'/'.join(parts[-2:])}" if len(parts) > 1 else name
