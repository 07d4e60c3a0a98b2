"""`bot signal`: the stage on a day, every gate's reading, threshold and verdict, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.console import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    MarketOption,
    SetOption,
    console,
    number,
    parse_changes,
    parse_day,
    print_json,
    require_one_market,
)

if TYPE_CHECKING:
    from rich.console import Console


def signal(
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    market: MarketOption = "auto",
    at: Annotated[str | None, typer.Option(help="The day, YYYY-MM-DD: decided at its 00:00 UTC.")] = None,
    set_: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the decision of one day: the stage, each reading, and the reasons.

    Example: bot signal --data-dir prices --at 2021-02-01
    """
    from bot.config import load_config
    from bot.markets import open_market
    from bot.wiring import signal_at

    require_one_market(market, data_dir)
    resolved = load_config(config, parse_changes(set_))
    told = signal_at(resolved, open_market(resolved, data_dir, market), parse_day(at, "--at"))
    if as_json:
        print_json(told)
    else:
        _show(console(), told)


def _show(screen: Console, told: dict[str, Any]) -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from bot.report.words import READINGS, sentence

    screen.print(
        f"Market: {escape(told['market'])}. Decided at {told['at']}. Paper only, not advice.\n", soft_wrap=True
    )
    came = "" if told["stage"] == told["previous_stage"] else f" (was {told['previous_stage']})"
    screen.print(f"Stage: [bold]{escape(told['stage'])}[/]{escape(came)}")
    for code in told["reasons"]:
        screen.print(f"  {escape(sentence(code))}")
    weights = ", ".join(f"{symbol} {float(weight):.1%}" for symbol, weight in told["weights"].items())
    screen.print(f"Targets: {escape(weights) or 'none'}; the rest in the stablecoin.\n")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for name in ("Reading", "Value", "Threshold", "Verdict", "Gate"):
        table.add_column(name, justify="right" if name in ("Value", "Threshold") else "left")
    for name, reading in told["readings"].items():
        table.add_row(
            READINGS.get(name, escape(name)), _figure(reading["value"]), _figure(reading["threshold"]),
            reading["verdict"], {True: "on", False: "off", None: ""}[reading.get("gate")],
        )  # fmt: skip
    screen.print(table)


def _figure(value: float | None) -> str:
    """A reading with as many digits as its size makes useful."""
    if value is None:
        return "-"
    return number(value, 4 if abs(value) < 10 else 2 if abs(value) < 100_000 else 0)
