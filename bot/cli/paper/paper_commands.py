"""`bot paper`: trade forward on paper, on live prices or over history."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli.console import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    MarketOption,
    SetOption,
    console,
    end_with,
    parse_day,
    print_json,
    progress,
    require_one_market,
)
from bot.cli.paper.options import BrokerOption, LedgerOption, config_of, name_of, sayer, show
from bot.core.errors import ConfigError, DataError, LedgerError, OutcomeUnknown

if TYPE_CHECKING:
    from rich.console import Console

    from bot.brokers.testnet.client import TestnetExchange
    from bot.paper.forward_trader import TickResult
    from bot.paper.ledgers import LedgerStatus
    from bot.paper.notifier import Post
    from bot.settings.loader import Config

paper = typer.Typer(help="Trade forward on paper: simulated fills on live public prices.", invoke_without_command=True)
NotifyDryRunOption = Annotated[
    bool, typer.Option("--notify-dry-run", help="Print the notices of each tick instead of sending them.")
]


@paper.callback()
def _help(context: typer.Context) -> None:
    """Trade forward on paper: simulated fills on live public prices."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@paper.command()
def tick(
    ledger: LedgerOption = "paper",
    broker: BrokerOption = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    notify_dry_run: NotifyDryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Fetch what is new, decide what is not decided, and fill orders on what is quoted now. Safe to repeat.

    For cron or systemd, once a day a quarter of an hour after 00:00 UTC, and as often as you like. No order leaves this
    machine, but with --broker testnet: those go to an exchange's testnet, for play money. Exit code 3 if a row that is
    needed has not come: nothing is decided, and the next tick makes up for it. Exit code 4 if nobody knows how an order
    ended: the next tick looks it up.

    Example: bot paper tick --ledger mine
    """
    from bot.infra.clock import SystemClock
    from bot.paper.ledgers import status_of
    from bot.paper.notifier import Notifier
    from bot.paper.tick import tick as paper_tick
    from bot.services.vendors import open_sessions

    resolved, clock, screen = config_of(config, set_), SystemClock(), console(to_error=as_json)
    testnet = _testnet(resolved, name_of(ledger), broker, screen)
    post, say = _post(resolved, screen, notify_dry_run), sayer(screen)
    notifier = Notifier(resolved, ledger, clock, post, say)
    with notifier.watching(), open_sessions(resolved, clock) as sessions, progress(screen) as advance:
        ticked = paper_tick(resolved, ledger, sessions, clock, testnet, advance, say)
    tell_tick(screen, ticked, status_of(resolved, ledger), as_json)


@paper.command()
def run(
    ledger: LedgerOption = "paper",
    broker: BrokerOption = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    notify_dry_run: NotifyDryRunOption = False,
) -> None:
    """Tick every day until it is stopped: sleeps to the next decision time, ticks, and so on.

    What keeps it from deciding is written to logs/bot.log, and tried again some minutes later. SIGTERM and Ctrl-C end
    it after the tick that is under way, with exit code 0; what is held stays held. A ledger has one daemon: a second
    one ends at once with exit code 5.

    Example: bot paper run
    """
    from bot.infra.clock import SystemClock
    from bot.paper.daemon import Daemon, Stop

    resolved, screen = config_of(config, set_), console()
    testnet = _testnet(resolved, name_of(ledger), broker, screen)
    post = _post(resolved, screen, notify_dry_run)
    Daemon(resolved, ledger, SystemClock(), sayer(screen), testnet, post).run(Stop())


@paper.command()
def notify(
    ledger: LedgerOption = "paper",
    config: ConfigOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the notices instead of sending them.")] = False,
) -> None:
    """Send the notices of a ledger's last decided day once more, and its head: to try your addresses.

    They go to BOT_NOTIFY_URLS of the environment. Exit code 3 if one of the addresses is not reached.

    Example: bot paper notify --dry-run
    """
    from bot.paper.notifier import ADDRESSES, addresses_of, latest_notices

    resolved, screen = config_of(config), console()
    notices = latest_notices(resolved, name_of(ledger))
    if not (dry_run or addresses_of(os.environ)):
        raise ConfigError("has no address to send to", where=ADDRESSES, mend="docs/notices.md, or try --dry-run")
    problems = _post(resolved, screen, dry_run)(notices)
    if problems:
        raise DataError("; ".join(problems))
    screen.print(f"{len(notices)} notice(s) {'shown, none sent' if dry_run else 'sent'}.", markup=False)


@paper.command()
def replay(
    data_dir: DataDirOption = None,
    market: MarketOption = "auto",
    start: Annotated[str | None, typer.Option(help="First day of trading, YYYY-MM-DD.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day of trading, YYYY-MM-DD.")] = None,
    ledger: Annotated[str, typer.Option("--ledger", "-l", help="The ledger's name; it must be new.")] = "replay",
    config: ConfigOption = None,
    set_: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the forward code over history with a driven clock, and hold it against the backtest of the same days.

    Without --data-dir it reads the store, or the demo market. Exit code 1 would mean that the two differ: a bug.

    Example: bot paper replay --data-dir prices --start 2020-01-01 --end 2020-12-31
    """
    from bot.paper.ledgers import status_of
    from bot.paper.replay_check import replay_history

    require_one_market(market, data_dir)
    resolved, screen = config_of(config, set_), console(to_error=as_json)
    days = parse_day(start, "--start"), parse_day(end, "--end")
    ticks = replay_history(resolved, data_dir, market, days[0], days[1], name_of(ledger))
    told = status_of(resolved, ledger)
    if as_json:
        print_json({"ticks": ticks, **told.to_dict()})
    screen.print(f"{ticks:,} ticks, each row the same as in the backtest of these days.", markup=False)
    show(screen, told)


@paper.command()
def rehearse(
    data_dir: DataDirOption = None,
    market: MarketOption = "auto",
    start: Annotated[str | None, typer.Option(help="First day of trading, YYYY-MM-DD.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day of trading, YYYY-MM-DD.")] = None,
    venue_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Trade on a venue that runs already, and drive its clock.")
    ] = None,
    ledger: Annotated[
        str, typer.Option("--ledger", "-l", help="The ledger's name; it must be new, but with --venue-port.")
    ] = "rehearsal",
    config: ConfigOption = None,
    set_: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Trade a quarter of history through the testnet broker on a venue of this machine, over real HTTP.

    Orders go through ccxt and the guard to a Binance-like exchange that is started for it: no keys, no network. At the
    end the venue's account is held against the ledger: exit code 5 if they differ.

    With --venue-port it trades on a venue that was started with `bot venue serve --driven` on the same market and
    config, and whose account is new. Killed at any instant, it goes on when it is started again with the same ledger.

    Example: bot paper rehearse
    """
    from bot.infra.clock import SystemClock
    from bot.paper.ledgers import status_of
    from bot.paper.rehearsal import rehearse as rehearse_days

    require_one_market(market, data_dir)
    resolved, screen = config_of(config, set_), console(to_error=as_json)
    days = parse_day(start, "--start"), parse_day(end, "--end")
    done = rehearse_days(resolved, data_dir, market, days[0], days[1], name_of(ledger), SystemClock(), venue_port)
    told = status_of(resolved, ledger)
    screen.print(f"{done.first} to {done.last}: {done.orders} orders on the venue, over HTTP.", markup=False)
    screen.print(f"Fills: {done.fills}, which cost {done.slippage_cost:,.2f} of slippage in all.", markup=False)
    screen.print(f"Account and ledger: {done.difference or 'the same, to the last digit'}.", markup=False)
    show(screen, told)
    fills = {"orders": done.orders, "fills": done.fills, "slippage_cost": str(done.slippage_cost)}
    parted = LedgerError("the venue's account is not what the ledger says", where=ledger, was=done.difference)
    as_data = {**fills, "difference": done.difference, **told.to_dict()}
    end_with(parted if done.difference else None, as_json, as_data)


def tell_tick(screen: Console, ticked: TickResult, told: LedgerStatus, as_json: bool) -> None:
    """Say what a tick did and where the ledger stands, and end with an error's code where it left orders open."""
    days = ", ".join(map(str, ticked.decided)) or "nothing: it was decided already"
    is_stopped = told.mode == "stopped" and not ticked.decided
    line = (
        f"Stopped: nothing is decided until bot paper resume --ledger {told.ledger}"
        if is_stopped
        else (f"Decided: {days}. Orders carried out: {len(ticked.carried_out)}.")
    )
    sayer(screen)(line)
    show(screen, told)
    left = OutcomeUnknown(
        f"{len(ticked.left_open)} order(s) may or may not stand",
        where=told.ledger,
        mend="tick again in a minute: it looks them up first",
    )
    as_data = {"decided": [str(day) for day in ticked.decided], **told.to_dict()}
    end_with(left if ticked.left_open else None, as_json, as_data)


def _testnet(
    config: Config, ledger: str, asked: Literal["simulated", "testnet"] | None, screen: Console
) -> TestnetExchange | None:
    """The testnet that a ledger trades on, if it does, and a word about it. Raises ConfigError."""
    from bot.infra.clock import SystemClock
    from bot.paper.broker_choice import brokerage_name, open_account
    from bot.paper.ledgers import broker_of

    testnet = open_account(brokerage_name(config, asked, broker_of(config, ledger)), SystemClock(), os.environ)
    if testnet is not None:
        tried = "tried on a venue of this machine, not" if testnet.verified else "not tried"
        told = f"Orders go to the {testnet.venue}, for play money; {tried} against the real testnet."
        screen.print(told, markup=False, soft_wrap=True)
    return testnet


def _post(config: Config, screen: Console, dry_run: bool) -> Post:
    """Who sends the notices. Raises ConfigError."""
    from bot.paper.notifier import open_post

    return open_post(config, os.environ, sayer(screen) if dry_run else None)
