"""Define `bot study`: the honest test of a plan, and its prospective verdict."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

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
from bot.cli.peek import note_command
from bot.cli.study_worlds import PlanOption, worlds
from bot.cli.whole_summaries import WholeSummaries

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from bot.study.study import Study

study = typer.Typer(cls=WholeSummaries, invoke_without_command=True)
_SECTIONS = "verdict, nulls, replication, placebos, reverse, leadlag, multiverse, dropone, tables or benchmarks"


@study.callback()
def run(
    context: typer.Context,
    plan: PlanOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    market: MarketOption = "auto",
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", help=f"Compute the verdict and this section, without a report: {_SECTIONS}; repeatable."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Test the claim of a plan on a market, and write study.json and report.html.

    Finished sections are kept, so that an interrupted study goes on where it ended. It needs the extra `study`. Exit
    code 2 for a faulty plan, 3 for a missing series or a hole in it, 5 for a broken log of plans.

    Example: bot study --data-dir prices
    """
    if context.invoked_subcommand is not None:
        return
    from bot.services.markets import chosen
    from bot.settings.loader import load_config
    from bot.study.study import run_study

    require_one_market(market, data_dir)
    screen = console(to_error=as_json)
    resolved = load_config(config)
    screen.print(market_line(chosen(resolved, data_dir, market)), markup=False, soft_wrap=True)
    with screen.status("Reading prices") as status:
        found = run_study(
            plan, data_dir, config=resolved, market=market, only=only or (), begin=lambda title: status.update(title)
        )
    note_command(resolved.state, "bot study", date.fromisoformat(found.figures["data_to"]))
    _show(screen, found, is_whole=not only)
    if as_json:
        print_json(dict(found.figures))


def _show(screen: Console, found: Study, is_whole: bool) -> None:
    from bot.study.page.plan_names import names_of
    from bot.study.page.verdict_head import label_sentence

    figures = found.figures
    verdict, sections = figures["verdict"], figures["sections"]
    screen.print(f"\n{figures['plan']['claim']}", markup=False)
    screen.print(f"[bold]{verdict['word']}[/], retrospective: {_span(sections['verdict'])}. Paper only, not advice.")
    screen.print(f"{figures['universe']['line']}.", markup=False, soft_wrap=True)
    for label in sections["verdict"]["labels"]:
        if label["holds"]:
            screen.print(f"  Doubt: {label_sentence(label, figures, names_of(figures))}", markup=False, soft_wrap=True)
        elif "unknown" in label:
            screen.print(f"  Unknown if {label['name']}: {label['unknown']}", markup=False, soft_wrap=True)
    if verdict["n"]:
        screen.print(_figures_table(verdict))
    screen.print(_episodes_table(figures["episodes"]))
    for name, section in sections.items():
        screen.print(f"{name}: {section['sentence']}", markup=False, soft_wrap=True)
        for note in section.get("notes", []):
            screen.print(f"  {note}", markup=False, soft_wrap=True)
    screen.print(f"\nIt does not show: {sections['verdict']['does_not_show']}", markup=False, soft_wrap=True)
    if is_whole:
        screen.print(f"Report: {found.report}", markup=False, soft_wrap=True)


def _span(verdict: dict[str, Any]) -> str:
    return f"outcomes from {verdict['first']} to {verdict['last']}"


def _figures_table(verdict: dict[str, Any]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE, show_header=False, pad_edge=False)
    bound = verdict["bound"]
    rows = {
        "Counted episodes": f"{verdict['n']} of {verdict['sessions']:,} sessions",
        "Independent placements": f"{verdict['placements']:.1f}",
        "Excess (log)": f"{verdict['excess']:+.3f}; without the best episode {_signed(verdict['excess_without_best'])}",
        "p for a lead": f"{verdict['p_up']:.3f} ({verdict['count_up']} of {verdict['sessions']} shifts)",
        "p against the effect": f"{verdict['p_low']:.4f} ({verdict['count_low']} shifts)",
        "Rejected effects (log)": "none" if bound is None else f"{bound:+.2f} and more",
        "Smallest detectable effect (log)": f"{verdict['detectable']:+.2f}",
    }
    for name, text in rows.items():
        table.add_row(name, text)
    return table


def _signed(value: float | None) -> str:
    return "unknown" if value is None else f"{value:+.3f}"


def _episodes_table(episodes: list[dict[str, Any]]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Session")
    table.add_column("Outcome (log)", justify="right")
    table.add_column("Counted")
    for row in episodes:
        # Events long before the outcome's first price would fill the screen; study.json has them all.
        if row["y"] is not None or row["reason"] == "open":
            outcome = "" if row["y"] is None else f"{row['y']:+.3f}"
            table.add_row(row["session"], outcome, "yes" if row["counted"] else f"no: {row['reason']}")
    return table


@study.command()
def register(plan: PlanOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Begin a prospective plan: write its content, its hash and the date to logs/study/plans.jsonl.

    From then on `bot study status` counts the episodes whose breakout comes after this date. Keep the hash somewhere
    else: it proves that the plan came before its outcomes.

    Example: bot study register --plan config/study.yaml
    """
    from bot.infra.clock import SystemClock
    from bot.settings.loader import load_config
    from bot.study.plan import load_plan
    from bot.study.registration import register as register_plan

    resolved, found, screen = load_config(config), load_plan(plan), console(to_error=as_json)
    entry = register_plan(resolved.state, found, SystemClock().now())
    screen.print(f"Registered on {entry.day}: {found.name}.", markup=False)
    screen.print(f"Plan {entry.plan_sha256}", markup=False, soft_wrap=True)
    screen.print(f"Line {entry.number} of the log: {entry.hash}. Keep both hashes elsewhere.", soft_wrap=True)
    if as_json:
        print_json({"plan_sha256": entry.plan_sha256, "registered_on": str(entry.day), "hash": entry.hash})


@study.command()
def status(
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    market: MarketOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Show the prospective verdict of the registered plan: episodes so far, the next look, its date and its odds.

    Example: bot study status
    """
    from bot.infra.clock import SystemClock
    from bot.services.markets import chosen
    from bot.settings.loader import load_config
    from bot.study.prospective import status_lines
    from bot.study.registration import status_of

    require_one_market(market, data_dir)
    screen = console(to_error=as_json)
    resolved = load_config(config)
    found = status_of(resolved, data_dir, market, SystemClock().now())
    screen.print(market_line(chosen(resolved, data_dir, market)), markup=False, soft_wrap=True)
    for line in status_lines(found):
        screen.print(line, markup=False, soft_wrap=True)
    if as_json:
        print_json(found)


study.command()(worlds)
