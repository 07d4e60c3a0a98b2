"""Define the ledger commands of `bot paper`: new, list, status, switches, acknowledge, archive, backup."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli.complete_names import complete_ledgers
from bot.cli.console import ConfigOption, JsonOption, SetOption, console, end_with, print_json
from bot.cli.paper.options import BrokerOption, LedgerOption, config_of, line_printer, name_of, show
from bot.core.errors import LedgerError
from bot.core.plural import counted
from bot.report.names import stage_code
from bot.report.numbers import cents, to_ascii

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from bot.paper.ledgers import LedgerStatus
    from bot.settings.loader import Config

ledgers = typer.Typer()


@ledgers.command()
def new(
    ledger: Annotated[str, typer.Option("--ledger", "-l", help="The ledger's name; it must be new.")] = "paper",
    broker: BrokerOption = None,
    on_start: Annotated[
        Literal["adopt", "wait"] | None,
        typer.Option(help="adopt: buy today's weights at once; wait: stay out until the next entry."),
    ] = None,
    config: ConfigOption = None,
    set_: SetOption = None,
) -> None:
    """Begin a ledger today, and choose its start. The first tick begins one too, as the config says.

    With `wait` it stays in stablecoins until the strategy has left the market and enters again. Without --on-start the
    config decides.

    Example: bot paper new --ledger mine --on-start wait
    """
    from bot.infra.clock import SystemClock
    from bot.paper.broker_choice import brokerage_name
    from bot.paper.tick import new_ledger

    resolved = config_of(config, set_)
    name = brokerage_name(resolved, broker, None)
    epoch = new_ledger(resolved, name_of(ledger), SystemClock(), on_start, name)
    start = "adopts the first weights" if epoch.on_start == "adopt" else "waits for the next entry"
    line = f"{ledger} begins on {epoch.at:%Y-%m-%d} with {epoch.cash:,.2f} ({name}), and {start}."
    console().print(line, markup=False, soft_wrap=True)


@ledgers.command(name="list")
def list_(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the ledgers: when each began, its last day, its stage, its equity.

    A damaged ledger is marked, and its error ends the list with exit code 5.

    Example: bot paper list
    """
    from bot.paper.ledgers import ledgers, status_of

    resolved, screen = config_of(config), console(to_error=as_json)
    # A damaged ledger must not hide the others, so its error waits until all are listed.
    found: list[LedgerStatus] = []
    damaged: dict[str, LedgerError] = {}
    for name in ledgers(resolved):
        try:
            found.append(status_of(resolved, name))
        except LedgerError as problem:
            damaged[name] = problem
    if found or damaged:
        _show_all(screen, found, damaged, resolved)
    else:
        screen.print("No ledger yet. Begin one with: bot paper tick", markup=False)
    as_data = {
        "ledgers": [status.to_dict() for status in found],
        "damaged": [{"ledger": name, "error": problem.as_dict()} for name, problem in damaged.items()],
    }
    end_with(next(iter(damaged.values()), None), as_json, as_data)


@ledgers.command()
def status(
    ledger: LedgerOption = "paper",
    config: ConfigOption = None,
    check: Annotated[bool, typer.Option("--check", help="Print one line; exit code 3 if a check fails.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show a ledger: stage, money, holdings, the hash of its last row, and its daemon.

    --check is for health checks. It prints one line, with exit code 3 if a day is overdue, the daemon is silent, an
    order has an unknown status, or the testnet balance has an unexplained change.

    Example: bot paper status
    """
    from bot.infra.clock import SystemClock
    from bot.ledger.anchor_files import anchor_files
    from bot.ledger.plan_progress import progress_line
    from bot.paper.daemon_status import DaemonState, daemon_status
    from bot.paper.ledgers import has_begun, ledger_path, status_of

    resolved, screen, now = config_of(config), console(to_error=as_json), SystemClock().now()
    name = name_of(ledger)
    daemon = daemon_status(resolved, name, now)
    # A daemon that was started before its first decision has no ledger yet, which is no error.
    is_awaited = daemon.state is DaemonState.ALIVE and not has_begun(resolved, name)
    if check:
        from bot.paper.health_facts import (
            require_health,  # it loads the market's modules, which a status can do without
        )

        line = require_health(resolved, name, now)
        if as_json:
            print_json({"well": line})
        screen.print(line, markup=False, soft_wrap=True)
        return
    if is_awaited:
        if as_json:
            print_json({"ledger": name, "daemon": daemon.to_dict()})
        line_printer(screen)(f"{name} begins with the first day that can be decided. Daemon {daemon.line}.")
        return
    found, plan = status_of(resolved, name), progress_line(resolved.state)
    anchored = max(anchor_files(ledger_path(resolved, name)), default=None)
    if as_json:
        print_json({**found.to_dict(), "daemon": daemon.to_dict(), "plan": plan, "anchored_row": anchored})
    else:
        more = {"Daemon": daemon.line} | ({} if plan is None else {"Study": plan})
        if anchored is not None:
            more["Anchor"] = f"a token of row {anchored:,}, not verified here: bot review verify --anchors"
        show(screen, found, resolved, **more)


@ledgers.command(name="reduce-only")
def reduce_only(ledger: LedgerOption = "paper", config: ConfigOption = None) -> None:
    """Stop all buying from the next decision on. Open positions are kept, and decided sales go on.

    Example: bot paper reduce-only
    """
    _switch(ledger, config, "reduce only", "Buying stops. Decided sales go on.")


@ledgers.command()
def flat(ledger: LedgerOption = "paper", config: ConfigOption = None) -> None:
    """Sell everything at the next decision, at 00:15 UTC, and stay out.

    A day is decided once. If today is already decided, the sale is tomorrow's decision; otherwise the next tick sells.

    Example: bot paper flat
    """
    _switch(ledger, config, "flat", "Everything is sold at the next decision, and buying stops. That is {when}.")


@ledgers.command()
def stop(ledger: LedgerOption = "paper", config: ConfigOption = None) -> None:
    """Stop deciding. Open positions are kept at any price.

    Example: bot paper stop
    """
    _switch(ledger, config, "stopped", "Stopped. Open positions are kept and are no longer checked.")


@ledgers.command()
def resume(ledger: LedgerOption = "paper", config: ConfigOption = None) -> None:
    """End reduce-only, flat or stop.

    Example: bot paper resume
    """
    _switch(ledger, config, "on", "The next tick decides and trades again, and catches up on missed days.")


@ledgers.command()
def acknowledge(ledger: LedgerOption = "paper", config: ConfigOption = None) -> None:
    """Confirm an unexplained change of the testnet balance. The balance itself is left as it is.

    Buying on the testnet stops until then. After it, the balance as found is the new base.

    Example: bot paper acknowledge
    """
    from bot.infra.clock import SystemClock
    from bot.paper.ledgers import acknowledge as acknowledge_differences

    seen = acknowledge_differences(config_of(config), name_of(ledger), SystemClock(), line_printer(console()))
    for one in seen:
        line = f"{one.at:%Y-%m-%d}  {one.asset}: the ledger has {one.recorded}, the account had {one.found}"
        console().print(line, markup=False, soft_wrap=True)
    console().print("Acknowledged. The next tick may buy again." if seen else "No unexplained change.", markup=False)


@ledgers.command()
def archive(
    ledger: Annotated[str, typer.Option("--ledger", "-l", help="The ledger's name.", autocompletion=complete_ledgers)],
    config: ConfigOption = None,
) -> None:
    """Move a ledger, damaged or not, to the archive under its name and the time. Its name is free for a new one.

    Exit code 5 while a daemon trades it.

    Example: bot paper archive --ledger mine
    """
    from bot.infra.clock import SystemClock
    from bot.paper.ledgers import archive_ledger

    target = archive_ledger(config_of(config), name_of(ledger), SystemClock(), line_printer(console()))
    console().print(f"{ledger} was archived as {target}.", markup=False, soft_wrap=True)


@ledgers.command()
def backup(
    ledger: LedgerOption = "paper",
    to: Annotated[Path | None, typer.Option(help="The copy; by default a new file in logs/ledgers/backup.")] = None,
    config: ConfigOption = None,
) -> None:
    """Copy a ledger, even while a daemon writes it, and check every row of the copy.

    Example: bot paper backup --ledger mine
    """
    from bot.infra.clock import SystemClock
    from bot.paper.ledgers import back_up

    target, rows, head = back_up(config_of(config), name_of(ledger), SystemClock(), to)
    line = f"{ledger} was copied to {target}: {counted(rows, 'row')}, the last with the hash {head}."
    console().print(line, markup=False, soft_wrap=True)


def _switch(ledger: str, config: Path | None, mode: str, text: str) -> None:
    """Record the new trading state and print its effect; `{when}` is the time of the next decision."""
    from bot.core.events import TradingState
    from bot.infra.clock import SystemClock
    from bot.paper.ledgers import next_decision, set_trading_state

    resolved, clock, say = config_of(config), SystemClock(), line_printer(console())
    is_news = set_trading_state(resolved, name_of(ledger), TradingState(mode), clock, say)
    # The same switch twice writes one row: the ledger records changes.
    say(text.format(when=next_decision(resolved, ledger, clock.now())) if is_news else f"{ledger} is already {mode}.")


def _show_all(
    screen: Console, found: Sequence[LedgerStatus], damaged: Mapping[str, LedgerError], config: Config
) -> None:
    from rich import box
    from rich.table import Table

    from bot.paper.ledgers import labels_of_ledger

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("Ledger", overflow="fold")
    for name in ("Since", "Until", "Stage"):
        table.add_column(name, no_wrap=True)
    table.add_column("Equity", justify="right", no_wrap=True)
    for status in found:
        equity = to_ascii(cents(status.equity))
        stage = stage_code(status.stage, labels_of_ledger(config, status.strategy))
        table.add_row(status.ledger, status.begun, status.last_day or "never", stage, equity)
    for name in damaged:
        table.add_row(name, "", "", "damaged", "", style="red")
    screen.print(table)
