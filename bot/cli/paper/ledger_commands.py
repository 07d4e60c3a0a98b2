"""`bot paper`: the ledgers themselves: begun, listed, switched, copied, put away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli.console import ConfigOption, JsonOption, SetOption, console, end_with, print_json
from bot.cli.paper.options import BrokerOption, LedgerOption, config_of, name_of, sayer, show
from bot.core.errors import LedgerError
from bot.report.numbers import cents, to_ascii

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from bot.paper.ledgers import LedgerStatus

ledgers = typer.Typer()


@ledgers.command()
def new(
    ledger: Annotated[str, typer.Option("--ledger", "-l", help="The ledger's name; it must be new.")] = "paper",
    broker: BrokerOption = None,
    on_start: Annotated[
        Literal["adopt", "wait"] | None,
        typer.Option(help="adopt: take today's weights at once; wait: stay out until the next entry."),
    ] = None,
    config: ConfigOption = None,
    set_: SetOption = None,
) -> None:
    """Begin a ledger today. The first tick does that too; here it can be told how to start.

    With `wait` it sits in stablecoins until the strategy has left the market and enters anew. Without --on-start it is
    as the config says.

    Example: bot paper new --ledger mine --on-start wait
    """
    from bot.infra.clock import SystemClock
    from bot.paper.broker_choice import brokerage_name
    from bot.paper.tick import new_ledger

    resolved = config_of(config, set_)
    name = brokerage_name(resolved, broker, None)
    epoch = new_ledger(resolved, name_of(ledger), SystemClock(), on_start, name)
    told = "adopts the first weights" if epoch.on_start == "adopt" else "waits for the next entry"
    line = f"{ledger} begins on {epoch.at:%Y-%m-%d} with {epoch.cash:,.2f} ({name}), and {told}."
    console().print(line, markup=False, soft_wrap=True)


@ledgers.command(name="list")
def list_(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the ledgers: when each began, its last day, its stage, its equity.

    One that cannot be read is marked, and told at the end with exit code 5.

    Example: bot paper list
    """
    from bot.paper.ledgers import ledgers, status_of

    resolved, screen = config_of(config), console(to_error=as_json)
    told: list[LedgerStatus] = []
    damaged: dict[str, LedgerError] = {}
    for name in ledgers(resolved):
        try:
            told.append(status_of(resolved, name))
        except LedgerError as problem:
            damaged[name] = problem
    if told or damaged:
        _show_all(screen, told, damaged)
    else:
        screen.print("There is no ledger yet. Begin one with: bot paper tick", markup=False)
    as_data = {
        "ledgers": [status.to_dict() for status in told],
        "damaged": [{"ledger": name, "error": problem.as_dict()} for name, problem in damaged.items()],
    }
    end_with(next(iter(damaged.values()), None), as_json, as_data)


@ledgers.command()
def status(
    ledger: LedgerOption = "paper",
    config: ConfigOption = None,
    check: Annotated[bool, typer.Option("--check", help="One line, and exit code 3 where something is amiss.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show where a ledger stands: stage, money, holdings, the hash that proves its record, and its daemon.

    With --check it says in one line whether all is well, for health checks: exit code 3 if a day is overdue, the daemon
    is silent, an order has an unknown status, or the testnet balance has an unexplained change.

    Example: bot paper status
    """
    from bot.infra.clock import SystemClock
    from bot.paper.daemon_status import DaemonState
    from bot.paper.health_facts import daemon_status, require_health
    from bot.paper.ledgers import has_begun, status_of

    resolved, screen, now = config_of(config), console(to_error=as_json), SystemClock().now()
    name = name_of(ledger)
    daemon = daemon_status(resolved, name, now)
    is_awaited = daemon.state is DaemonState.ALIVE and not has_begun(resolved, name)
    if check:
        line = require_health(resolved, name, now)
        if as_json:
            print_json({"well": line})
        screen.print(line, markup=False, soft_wrap=True)
        return
    if is_awaited:
        if as_json:
            print_json({"ledger": name, "daemon": daemon.to_dict()})
        sayer(screen)(f"{name} has not begun: it does with the first day that can be decided. Daemon {daemon.line}.")
        return
    told = status_of(resolved, name)
    if as_json:
        print_json({**told.to_dict(), "daemon": daemon.to_dict()})
    else:
        show(screen, told, Daemon=daemon.line)


@ledgers.command(name="reduce-only")
def reduce_only(ledger: LedgerOption = "paper", config: ConfigOption = None) -> None:
    """Buy nothing more, from the next decision on. It does not sell, and it does not stop sales that are decided.

    Example: bot paper reduce-only
    """
    _switch(ledger, config, "reduce only", "Nothing more is bought; what is decided to be sold is still sold.")


@ledgers.command()
def flat(ledger: LedgerOption = "paper", config: ConfigOption = None) -> None:
    """Sell everything at the next decision, a quarter past midnight UTC, and stay out.

    It does not sell now: a day is decided once, and what it decided is not changed. Only where today is not decided yet
    the next tick, which may be now, sells.

    Example: bot paper flat
    """
    _switch(ledger, config, "flat", "Everything is sold at the next decision, and nothing bought. That is {when}.")


@ledgers.command()
def stop(ledger: LedgerOption = "paper", config: ConfigOption = None) -> None:
    """Decide nothing more from the next decision on. It does not sell: what is held stays held at whatever price.

    Example: bot paper stop
    """
    _switch(ledger, config, "stopped", "Nothing more is decided. What is held stays held and is not watched.")


@ledgers.command()
def resume(ledger: LedgerOption = "paper", config: ConfigOption = None) -> None:
    """Take back reduce-only, flat or stop.

    Example: bot paper resume
    """
    _switch(ledger, config, "on", "The next tick decides and trades again; missed days are made up for.")


@ledgers.command()
def acknowledge(ledger: LedgerOption = "paper", config: ConfigOption = None) -> None:
    """Say that you have seen what nothing explains on the testnet account. It mends nothing there.

    Until then nothing more is bought on it; the account as it was found counts on.

    Example: bot paper acknowledge
    """
    from bot.infra.clock import SystemClock
    from bot.paper.ledgers import acknowledge as acknowledge_differences

    seen = acknowledge_differences(config_of(config), name_of(ledger), SystemClock(), sayer(console()))
    for one in seen:
        told = f"{one.at:%Y-%m-%d}  {one.asset}: the ledger accounts for {one.recorded}, the account had {one.found}"
        console().print(told, markup=False, soft_wrap=True)
    console().print("Seen: the next tick may buy again." if seen else "There is nothing to be seen.", markup=False)


@ledgers.command()
def archive(
    ledger: Annotated[str, typer.Option("--ledger", "-l", help="The ledger's name.")], config: ConfigOption = None
) -> None:
    """Put a ledger away under its name and the present time, damaged or not; a new one of the same name may begin.

    Refused with exit code 5 while a daemon trades it.

    Example: bot paper archive --ledger mine
    """
    from bot.infra.clock import SystemClock
    from bot.paper.ledgers import archive_ledger

    target = archive_ledger(config_of(config), name_of(ledger), SystemClock(), sayer(console()))
    console().print(f"{ledger} was put away as {target}.", markup=False, soft_wrap=True)


@ledgers.command()
def backup(
    ledger: LedgerOption = "paper",
    to: Annotated[Path | None, typer.Option(help="The copy; by default a new file in logs/ledgers/backup.")] = None,
    config: ConfigOption = None,
) -> None:
    """Copy a ledger, also while a daemon writes it, and check every row of the copy.

    Example: bot paper backup --ledger mine
    """
    from bot.infra.clock import SystemClock
    from bot.paper.ledgers import back_up

    target, rows, head = back_up(config_of(config), name_of(ledger), SystemClock(), to)
    line = f"{ledger} was copied to {target}: {rows:,} rows, the last with the hash {head}."
    console().print(line, markup=False, soft_wrap=True)


def _switch(ledger: str, config: Path | None, mode: str, told: str) -> None:
    """Write down the user's word, and tell what it does: `{when}` is when the next day is decided."""
    from bot.core.events import TradingState
    from bot.infra.clock import SystemClock
    from bot.paper.ledgers import next_decision, set_trading_state

    resolved, clock, say = config_of(config), SystemClock(), sayer(console())
    is_news = set_trading_state(resolved, name_of(ledger), TradingState(mode), clock, say)
    say(told.format(when=next_decision(resolved, ledger, clock.now())) if is_news else f"{ledger} is {mode} already.")


def _show_all(screen: Console, told: Sequence[LedgerStatus], damaged: Mapping[str, LedgerError]) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("Ledger", overflow="fold")
    for name in ("Since", "Until", "Stage"):
        table.add_column(name, no_wrap=True)
    table.add_column("Equity", justify="right", no_wrap=True)
    for status in told:
        equity = to_ascii(cents(status.equity))
        table.add_row(status.ledger, status.begun, status.last_day or "never", status.stage, equity)
    for name in damaged:
        table.add_row(name, "", "", "damaged", "", style="red")
    screen.print(table)
