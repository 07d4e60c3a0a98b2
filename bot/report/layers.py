"""Words and figures of the waterfall's layers and the supercycle's parts, for terminal, page and report."""

from __future__ import annotations

from bot.report.contents import Json
from bot.report.labels import PLAIN, Labels
from bot.report.numbers import dollars

LAYERS = {
    "net_liquidity": ("Net liquidity", "it grew over its span"),
    "treasury_account": ("Treasury account", "it fell over its span: the Treasury spends"),
    "credit": ("Credit", "the gate credit finds no stress"),
    "broad_equities": ("Broad equities", "above their average and above their close a span ago"),
    "small_cap_strength": ("{Fund} / broad", "above the average and above the value a span ago"),
    "small_cap_trend": ("{Small_cap} trend", "close > fast average > slow average"),
    "eth": ("{eth}", "above its average"),
    "altcoin_breadth": ("Altcoin breadth", "enough altcoins are above their averages"),
    "stablecoin_supply": ("Stablecoin supply", "it grew over its span"),
}
"""Title of each layer, and the condition under which it eases. `layer_title` fills the names of coins in."""

PARTS = {
    "long_run": (
        "Long run",
        "sessions above L, past median",
        "{of_small_caps} run has more sessions above its breakout's level than the median of past runs",
    ),
    "dips_bought": (
        "Dips bought",
        "share in time, at least",
        "enough of {of_the_small_caps} pullbacks return to the old high in time",
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
"""Title of each part of the supercycle score, its value and threshold in words, and its condition."""

ARROWS = {"up": "\N{UPWARDS ARROW}", "flat": "\N{RIGHTWARDS ARROW}", "down": "\N{DOWNWARDS ARROW}"}

ARROW_NOTE = "The arrow is the change, flat if it is small; the state is the result of the rule."
"""Note that explains a flat or falling arrow of a layer that eases."""


def layer_title(name: str, labels: Labels = PLAIN) -> str:
    """Return the title of a layer."""
    return labels.fill(LAYERS[name][0])


def part_title(name: str) -> str:
    """Return the title of a part."""
    return PARTS[name][0]


def part_words(name: str) -> str:
    """Return the title of a part with its value and threshold in words."""
    return ": ".join(PARTS[name][:2])


def value_of(layer: Json) -> str:
    """Format a layer's value with its unit; "" if data are missing."""
    value, unit = layer["value"], layer["unit"]
    if value is None:
        return ""
    if unit == "share":
        return f"{value:z.1%}"
    if unit == "ratio":
        return f"{value:.4f}"
    return dollars(value * 1e6 if unit == "$ million" else value) if unit.startswith("$") else f"{value:,.2f}"


def change_of(layer: Json) -> str:
    """Format a layer's change over its span; "" if data are missing."""
    change = layer["change"]
    if change is None:
        return ""
    text = f"{100 * change:+z.1f} points" if layer["change_unit"] == "difference" else f"{change:+z.1%}"
    text = text.removeprefix("+") if text.startswith("+0.0") else text
    return f"{text} in {layer['span']}"


def state_of(layer: Json) -> str:
    """Return easing, tight, or the reason why data are missing."""
    return f"{layer['state']}: {layer['note']}" if layer["note"] else str(layer["state"])


def verdict_of(part: Json) -> str:
    """Return the verdict (`yes`, `no`), or the reason why data are missing."""
    return f"{part['verdict']}: {part['note']}" if part["verdict"] == "no data" else str(part["verdict"])


def figures_of(part: Json) -> tuple[str, str]:
    """Format a part's value and threshold; "" if data are missing."""
    return _figure(part["name"], part["value"]), _figure(part["name"], part["threshold"])


def remarks_of(score: Json) -> list[str]:
    """Return the notes of the parts that have data."""
    parts = (part for part in score["parts"] if part["note"] and part["verdict"] != "no data")
    return [f"{part_title(part['name'])}: {part['note']}." for part in parts]


def score_line(score: Json) -> str:
    """Return the score in one sentence; it counts the parts with data and those whose data are missing."""
    known, parts = score["known"], len(score["parts"])
    if not known:
        return f"Supercycle score: no data for any of its {parts} parts."
    text = f"Supercycle score: {score['score']} of {known} known parts"
    missing = parts - known
    return f"{text}; no data for the other {missing}." if missing else f"{text}."


def _figure(part: str, value: float | None) -> str:
    if value is None:
        return ""
    digits = {"long_run": ",g", "dips_bought": ".0%", "sectors_rotate": ".2%"}.get(part, ".4f")
    return f"{value:{digits}}"
