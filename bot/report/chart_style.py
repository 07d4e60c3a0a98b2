"""Style of every chart, in the report and on the dashboard: colours, dashes and line widths.

A colour is the name of a property of page.css, the one palette, which has a light and a dark value of each.
"""

from __future__ import annotations

from bot.report import names

CURVES = {
    "equal_weight_altcoins": ("--altcoins", "dot"),
    "no_altcoins": ("--altcoins", "dash"),
    "btc": ("--btc", "solid"),
    "eth": ("--eth", "solid"),
    "btc_60_stable_40": ("--btc", "dot"),
    "eth_trend": ("--eth", "dot"),
    "eth_while_btc_trend": ("--eth", "dash"),
    "strategy": ("--strategy", "solid"),
}
"""Colour and dash of each curve, in the order in which they are drawn: colour is the coin, dash the variant."""
OTHER = "--muted"
"""Colour of a curve or stage of a user's own strategy."""
HELD = "--strategy"
"""Colour of the days on which a coin was held."""
SIDES = {"buy": "--gain", "sell": "--loss"}
"""Colour of a trade by its side."""
STAGES = {stage: f"--{stage.lower()}" for stage in names.STAGES}
"""Colour of each stage of the rotation."""
STAGE_OPACITY = 0.22
"""Opacity of a stage behind a chart; the strip at its foot is opaque."""

# Line widths in pixels.
MAIN_WIDTH = 2.5
BENCHMARK_WIDTH = 1.3
EMPHASIS_WIDTH = 2
FAINT_WIDTH = 1
DEFAULT_WIDTH = 1.5
INDEX_WIDTH = 1.2
HAIR_WIDTH = 0.8

_LINES = {
    "strategy": ("--strategy", MAIN_WIDTH, ""),
    "planted": ("--planted", BENCHMARK_WIDTH, ""),
    "eth": ("--eth", BENCHMARK_WIDTH, ""),
    "btc": ("--btc", BENCHMARK_WIDTH, ""),
    "price": ("--ink", INDEX_WIDTH, ""),
    "record": ("--level", BENCHMARK_WIDTH, "6 4"),
}
"""Colour, width and dashes of the lines of the dashboard, by their class."""


def css() -> str:
    """Return the style sheet of the dashboard's charts, in the report's colours and widths."""
    rules = [f"rect.wash {{ opacity: {STAGE_OPACITY}; }}", f".line.thin {{ stroke-width: {EMPHASIS_WIDTH}; }}"]
    for look, (colour, width, dashes) in _LINES.items():
        dash = f" stroke-dasharray: {dashes};" if dashes else ""
        rules += [
            f".line.{look} {{ stroke: var({colour}); }}",
            f".line.{look}:not(.thin) {{ stroke-width: {width};{dash} }}",
            f".area.{look} {{ fill: var({colour}); }}",
            f".swatch.{look} {{ background: var({colour}); }}",
        ]
    # Waiting in the stablecoin has no background, so that the other stages stand out.
    drawn = {stage.lower(): colour for stage, colour in STAGES.items() if stage != "STABLE"}
    for stage, colour in {**drawn, "other": OTHER, "held": HELD}.items():
        rules += [
            f"rect.stage-{stage} {{ fill: var({colour}); }}",
            f".swatch.stage-{stage}, .rail .now.stage-{stage} i {{ background: var({colour}); }}",
        ]
    for side, colour in SIDES.items():
        rules.append(f".mark.{side} {{ fill: var({colour}); color: var({colour}); }}")
    return "\n".join(rules) + "\n"
