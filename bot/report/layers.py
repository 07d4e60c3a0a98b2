"""The waterfall's layers and the supercycle's parts in words and figures, for terminal and report alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.report.numbers import dollars

LAYERS = {
    "net_liquidity": ("Net liquidity", "it grew over its span"),
    "treasury_account": ("Treasury account", "it fell over its span: the Treasury spends"),
    "credit": ("Credit", "the gate credit finds no stress"),
    "broad_equities": ("Broad equities", "above their average and above their close a span ago"),
    "small_cap_strength": ("Small caps / broad", "above the average and above the value a span ago"),
    "small_cap_trend": ("Small-cap trend", "close > fast average > slow average"),
    "eth": ("ETH", "above its average"),
    "altcoin_breadth": ("Altcoin breadth", "enough altcoins are above their averages"),
    "stablecoin_supply": ("Stablecoin supply", "it grew over its span"),
}
"""The title of each layer, and when it eases."""

PARTS = {
    "long_run": (
        "Long run",
        "sessions above L, past median",
        "small caps' run has more sessions above its breakout's level than the median of past runs",
    ),
    "dips_bought": (
        "Dips bought",
        "share in time, at least",
        "so large a share of small caps' pullbacks came back to the old high in time",
    ),
    "sectors_rotate": (
        "Sectors rotate",
        "dispersion, its median",
        "sectors' returns lie further apart than usual, and correlate less than before",
    ),
    "high_beta": (
        "High beta",
        "over low volatility, before",
        "high beta over low volatility is above its value a span ago",
    ),
}
"""The title of each part of the supercycle score, what its value and threshold are, and when it holds."""

ARROWS = {"up": "\N{UPWARDS ARROW}", "flat": "\N{RIGHTWARDS ARROW}", "down": "\N{DOWNWARDS ARROW}"}

ARROW_NOTE = "The arrow tells the change, flat where it is small; the state tells the rule."
"""Why an arrow may be flat, or point down, while its layer eases."""


def layer_title(name: str) -> str:
    """A layer's name as a reader knows it."""
    return LAYERS[name][0]


def part_title(name: str) -> str:
    """A part's name as a reader knows it."""
    return PARTS[name][0]


def part_words(name: str) -> str:
    """A part's name, and what its value and threshold are."""
    return ": ".join(PARTS[name][:2])


def value_of(layer: Mapping[str, Any]) -> str:
    """A layer's value with its unit; empty without data."""
    value, unit = layer["value"], layer["unit"]
    if value is None:
        return ""
    if unit == "share":
        return f"{value:z.1%}"
    if unit == "ratio":
        return f"{value:.4f}"
    return dollars(value * 1e6 if unit == "$ million" else value) if unit.startswith("$") else f"{value:,.2f}"


def change_of(layer: Mapping[str, Any]) -> str:
    """A layer's change over its span; empty without data."""
    change = layer["change"]
    if change is None:
        return ""
    told = f"{100 * change:+z.1f} points" if layer["change_unit"] == "difference" else f"{change:+z.1%}"
    told = told.removeprefix("+") if told.startswith("+0.0") else told
    return f"{told} in {layer['span']}"


def state_of(layer: Mapping[str, Any]) -> str:
    """Easing, tight, or why there are no data."""
    return f"{layer['state']}: {layer['note']}" if layer["note"] else str(layer["state"])


def verdict_of(part: Mapping[str, Any]) -> str:
    """Yes, no, or why there are no data."""
    return f"{part['verdict']}: {part['note']}" if part["verdict"] == "no data" else str(part["verdict"])


def figures_of(part: Mapping[str, Any]) -> tuple[str, str]:
    """A part's value and threshold; empty without data."""
    return _figure(part["name"], part["value"]), _figure(part["name"], part["threshold"])


def remarks_of(score: Mapping[str, Any]) -> list[str]:
    """What there is to say about parts beyond their figures."""
    parts = (part for part in score["parts"] if part["note"] and part["verdict"] != "no data")
    return [f"{part_title(part['name'])}: {part['note']}." for part in parts]


def score_line(score: Mapping[str, Any]) -> str:
    """The score in one sentence; parts without data are told apart from parts that do not hold."""
    known, parts = score["known"], len(score["parts"])
    if not known:
        return f"Supercycle score: no data for any of its {parts} parts."
    told = f"Supercycle score: {score['score']} of {known} known parts"
    missing = parts - known
    return f"{told}; no data for the other {missing}." if missing else f"{told}."


def _figure(part: str, value: float | None) -> str:
    if value is None:
        return ""
    digits = {"long_run": ",g", "dips_bought": ".0%", "sectors_rotate": ".2%"}.get(part, ".4f")
    return f"{value:{digits}}"
