"""`bot paper`: the ledgers themselves: begun, listed, switched, copied, put away."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from bot.cli.console import ConfigOption, JsonOption, SetOption, console, print_json
from bot.cli.ledger_options import BrokerOption, LedgerOption, config_of, name_of, show

ledgers = typer.Typer()


@ledgers.command()
def new(
    ledger: Annotated[str, typer.Argument(help="The ledger's name; it must be new.")],
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

    Example: bot paper new mine --on-start wait
    """
    from bot.data.clock import SystemClock
    from bot.paper.brokerage import brokerage_name
    from bot.paper.tick import new_ledger

    resolved = config_of(config, set_)
    name = brokerage_name(resolved, broker, None)
    epoch = new_ledger(resolved, name_of(ledger), SystemClock(), on_start, name)
    told = "adopts the first weights" if epoch.on_start == "adopt" else "waits for the next entry"
    line = f"{ledger} begins on {epoch.at:%Y-%m-%d} with {epoch.cash:,.2f} ({name}), and {told}."
    console().print(line, markup=False, soft_wrap=True)


@ledgers.command(name="list")
def list_(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the ledgers: when each began, its last day, what it holds.

    Example: bot paper list
    """
    from bot.paper.ledgers import ledgers, status_of

    resolved, screen = config_of(config), console()
    told = [status_of(resolved, name) for name in ledgers(resolved)]
    if as_json:
        print_json({"ledgers": [status.as_dict() for status in told]})
        return
    if not told:
        screen.print("There is no ledger yet. Begin one with: bot paper tick", markup=False)
    for status in told:
        until, equity = status.last_day or "never", f"{float(status.equity):,.2f}"
        screen.print(f"{status.ledger:16} {status.begun} to {until:10} {status.stage:12} {equity:>14}", markup=False)


@ledgers.command()
def status(
    ledger: LedgerOption = "paper",
    config: ConfigOption = None,
    check: Annotated[bool, typer.Option("--check", help="One line, and exit code 3 where something is amiss.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show where a ledger stands: stage, money, holdings, the hash that proves its record, and its daemon.

    With --check it says in one line whether all is well, for health checks: exit code 3 if a day is overdue, or the
    daemon is silent.

    Example: bot paper status
    """
    from bot.data.clock import SystemClock
    from bot.paper.health import daemon_fields, daemon_line, require_health
    from bot.paper.heartbeat import heartbeat_path, last_beat
    from bot.paper.ledgers import status_of

    resolved, screen, now = config_of(config), console(to_error=as_json), SystemClock().now()
    if check:
        line = require_health(resolved, name_of(ledger), now)
        if as_json:
            print_json({"well": line})
        screen.print(line, markup=False, soft_wrap=True)
        return
    told, found = status_of(resolved, name_of(ledger)), last_beat(heartbeat_path(resolved, ledger))
    if as_json:
        print_json({**told.as_dict(), "daemon": daemon_fields(found, now)})
    else:
        show(screen, told, Daemon=daemon_line(found, now))


@ledgers.command(name="reduce-only")
def reduce_only(ledger: LedgerOption = "paper", config: ConfigOption = None) -> None:
    """Buy nothing more, from the next tick on. It does not sell, and it does not stop sales that are decided.

    Example: bot paper reduce-only
    """
    _switch(ledger, config, "reduce only", "Nothing more is bought; what is decided to be sold is still sold.")


@ledgers.command()
def flat(ledger: LedgerOption = "paper", config: ConfigOption = None) -> None:
    """Sell everything at the next tick, and stay out. It does not sell now: run a tick for that.

    Example: bot paper flat
    """
    _switch(
        ledger, config, "flat", "Everything is sold at the next tick, and nothing is bought. Tick now to do it now."
    )


@ledgers.command()
def stop(ledger: LedgerOption = "paper", config: ConfigOption = None) -> None:
    """Decide nothing more, from the next tick on. It does not sell: what is held stays held, whatever its price does.

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
    from bot.data.clock import SystemClock
    from bot.paper.ledgers import acknowledge as acknowledge_differences

    seen = acknowledge_differences(config_of(config), name_of(ledger), SystemClock())
    for one in seen:
        told = f"{one.at:%Y-%m-%d}  {one.asset}: the ledger accounts for {one.recorded}, the account had {one.found}"
        console().print(told, markup=False, soft_wrap=True)
    console().print("Seen: the next tick may buy again." if seen else "There is nothing to be seen.", markup=False)


@ledgers.command()
def archive(ledger: Annotated[str, typer.Argument(help="The ledger's name.")], config: ConfigOption = None) -> None:
    """Put a ledger away under its name and today's date; a new one of the same name may begin.

    Example: bot paper archive mine
    """
    from bot.data.clock import SystemClock
    from bot.paper.ledgers import archive_ledger

    target = archive_ledger(config_of(config), name_of(ledger), SystemClock())
    console().print(f"{ledger} was put away as {target}.", markup=False, soft_wrap=True)


@ledgers.command()
def backup(
    ledger: Annotated[str, typer.Argument(help="The ledger's name.")] = "paper",
    to: Annotated[Path | None, typer.Option(help="The copy; by default a new file in logs/ledgers/backup.")] = None,
    config: ConfigOption = None,
) -> None:
    """Copy a ledger, also while a daemon writes it, and check every row of the copy.

    Example: bot paper backup mine
    """
    from bot.data.clock import SystemClock
    from bot.paper.ledgers import back_up

    target, rows, head = back_up(config_of(config), name_of(ledger), SystemClock(), to)
    line = f"{ledger} was copied to {target}: {rows:,} rows, the last with the hash {head}."
    console().print(line, markup=False, soft_wrap=True)


def _switch(ledger: str, config: Path | None, mode: str, told: str) -> None:
    from bot.core.events import Mode
    from bot.data.clock import SystemClock
    from bot.paper.ledgers import switch

    switch(config_of(config), name_of(ledger), Mode(mode), SystemClock())
    console().print(told, markup=False, soft_wrap=True)
