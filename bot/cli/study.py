"""Define `bot study`: the honest test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.console import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    MarketOption,
    console,
    market_line,
    print_json,
    require_one_market,
)

if TYPE_CHECKING:
    from rich.console import Console

    from bot.study.run import Study

study = typer.Typer(help="Test the thesis: verdict, evidence, report.", invoke_without_command=True)


@study.callback()
def run(
    context: typer.Context,
    plan: Annotated[Path | None, typer.Option(help="Plan of the study; config/study.yaml by default.")] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    market: MarketOption = "auto",
    only: Annotated[list[str] | None, typer.Option(help="Compute this section alone; may be given again.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Test the thesis on a market and write study.json and report.html.

    Finished sections are kept, so that an interrupted study goes on where it ended.

    Example: bot study --data-dir prices --only verdict
    """
    if context.invoked_subcommand is not None:
        return
    from bot.services.markets import chosen
    from bot.settings.loader import load_config
    from bot.study.run import run_study

    require_one_market(market, data_dir)
    screen = console(to_error=as_json)
    resolved = load_config(config)
    screen.print(market_line(chosen(resolved, data_dir, market)), markup=False, soft_wrap=True)
    with screen.status("Reading prices") as status:
        found = run_study(
            plan, data_dir, config=resolved, market=market, only=only or (), begin=lambda title: status.update(title)
        )
    if as_json:
        print_json(dict(found.figures))
    else:
        _show(screen, found)


def _show(screen: Console, found: Study) -> None:
    for section in found.figures["sections"].values():
        screen.print(section["sentence"], markup=False, soft_wrap=True)
