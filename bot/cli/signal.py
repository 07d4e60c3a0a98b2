"""Define `bot signal`: stage and reasons of a day, readings, waterfall and supercycle score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.console import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    MarketOption,
    SetOption,
    console,
    end_with,
    parse_changes,
    parse_day,
    require_one_market,
)
from bot.core.errors import DataError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from bot.report.labels import Labels


def signal(
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    market: MarketOption = "auto",
    at: Annotated[str | None, typer.Option(help="The day, YYYY-MM-DD: decided at its 00:00 UTC.")] = None,
    set_: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the decision of one day: the stage and its reasons, each reading, the waterfall and the supercycle score.

    The newest decision of an old store is shown with its age first; exit code 3 if it is too old to act on.

    Example: bot signal --data-dir prices --at 2021-02-01
    """
    from bot.infra.clock import SystemClock
    from bot.report.labels import labels_of
    from bot.services.markets import open_market
    from bot.services.signals import signal_age, signal_at
    from bot.settings.loader import load_config

    require_one_market(market, data_dir)
    resolved = load_config(config, parse_changes(set_))
    found = signal_at(resolved, open_market(resolved, data_dir, market), parse_day(at, "--at"))
    decided, today = date.fromisoformat(found["at"][:10]), SystemClock().now().date()
    # A day that was asked for is meant to be old.
    age = None if at is not None else signal_age(resolved, found["market"], decided, today)
    if age is not None:
        found["age_days"] = age.days
        console(to_error=as_json).print(f"Warning: {age.line}.", markup=False, soft_wrap=True)
    if not as_json:
        _show(console(), found, labels_of(resolved.resolved(), name=found["strategy"]))
    too_old = DataError(age.line, where="signal") if age is not None and age.is_too_old else None
    end_with(too_old, as_json, found)


def _show(screen: Console, found: dict[str, Any], labels: Labels) -> None:
    from rich.markup import escape

    from bot.report.names import stage_code
    from bot.report.numbers import figure, to_ascii
    from bot.report.reading_sentences import reading_sentence
    from bot.report.words import reading_text, reason_sentence
    from bot.review.why.gauge import gauges_of

    screen.print(
        f"Market: {escape(found['market'])}. Decided at {found['at']}. Paper only, not advice.\n", soft_wrap=True
    )
    if not labels.is_rotation:
        screen.print(f"Strategy: {labels.strategy.title}", markup=False, soft_wrap=True)
    else:
        screen.print(f"{found['trigger']['line']}.", markup=False, soft_wrap=True)
        for fault in found["trigger"]["faults"]:
            screen.print(f"Warning: {fault}.", markup=False, soft_wrap=True)
    came = "" if found["stage"] == found["previous_stage"] else f" (was {stage_code(found['previous_stage'], labels)})"
    screen.print(f"Stage: [bold]{escape(stage_code(found['stage'], labels))}[/]{escape(came)}")
    for code in found["reasons"]:
        screen.print(f"  {escape(reason_sentence(code, labels))}")
    weights = ", ".join(f"{symbol} {float(weight):.1%}" for symbol, weight in found["weights"].items())
    screen.print(f"Targets: {escape(weights) or 'none'}; the rest in the stablecoin.\n")
    if "stops" in found:
        stops = ", ".join(f"{symbol} at {level}" for symbol, level in found["stops"].items())
        screen.print(f"Stops: {escape(stops)}.\n")
    table = _table("Reading", "Now", "Needs", "Verdict", "Gate")
    for name, gauge in gauges_of(found["readings"], labels).items():
        words = reading_sentence(name, gauge.value, gauge.threshold, labels)
        table.add_row(
            escape(words.subject if words else reading_text(name, labels)),
            to_ascii(words.now if words else figure(name, gauge.value)),
            to_ascii(words.needs if words else figure(name, gauge.threshold)),
            escape(gauge.verdict),
            "on" if gauge.gate is True else "off" if gauge.gate is False else "",
        )
    if found["readings"]:
        screen.print(table)
    if labels.is_rotation:
        _show_waterfall(screen, found["waterfall"], labels)
        _show_supercycle(screen, found["supercycle"])
    for warning in found["warnings"]:
        screen.print(f"Warning: {warning}.", markup=False)


def _show_waterfall(screen: Console, layers: Sequence[Mapping[str, Any]], labels: Labels) -> None:
    """Print the layers from the top of the risk curve to its foot."""
    from rich.markup import escape

    from bot.report.layers import ARROW_NOTE, ARROWS, change_of, layer_title, state_of, value_of

    table = _table("Waterfall", "Value", "Change", "Trend", "State")
    for layer in layers:
        arrow = layer["arrow"] or ""
        table.add_row(
            escape(layer_title(layer["name"], labels)),
            value_of(layer),
            change_of(layer),
            arrow if screen.options.ascii_only else ARROWS.get(arrow, ""),
            _coloured(layer["state"], state_of(layer)),
        )
    screen.print(table)
    screen.print(f"{ARROW_NOTE}\n")


def _show_supercycle(screen: Console, score: Mapping[str, Any]) -> None:
    """Print the score and its parts."""
    from bot.report.layers import figures_of, part_words, remarks_of, score_line, verdict_of

    screen.print(score_line(score))
    table = _table("Part", "Value", "Threshold", "Verdict")
    for part in score["parts"]:
        table.add_row(part_words(part["name"]), *figures_of(part), _coloured(part["verdict"], verdict_of(part)))
    screen.print(table)
    for remark in remarks_of(score):
        screen.print(remark)


def _table(*columns: str) -> Table:
    """Return an empty table; columns of figures are aligned right."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for name in columns:
        table.add_column(name, justify="right" if name in ("Value", "Threshold", "Change") else "left")
    return table


def _coloured(verdict: str, text: str) -> str:
    """Colour a verdict: green for easing or yes, dim for no data."""
    colour = {"easing": "green", "yes": "green", "no data": "dim"}.get(verdict)
    return f"[{colour}]{text}[/]" if colour else text
