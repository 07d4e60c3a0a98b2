"""Define `bot paper`: tick, run, notify, replay and rehearse."""

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
from bot.cli.paper.options import BrokerOption, LedgerOption, config_of, line_printer, name_of, show
from bot.cli.whole_summaries import WholeSummaries
from bot.core.errors import BotError, ConfigError, DataError, LedgerError, OutcomeUnknown
from bot.core.plural import counted

if TYPE_CHECKING:
    from rich.console import Console

    from bot.brokers.testnet.client import TestnetExchange
    from bot.paper.ledgers import LedgerStatus
    from bot.paper.outbox import Post
    from bot.paper.tick_result import TickResult
    from bot.settings.loader import Config

paper = typer.Typer(
    cls=WholeSummaries,
    help="Trade forward on paper: simulated fills on live public prices.",
    invoke_without_command=True,
)
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
    """Fetch new prices, decide today, and fill the orders at current quotes. Safe to repeat.

    Run it from cron or systemd daily at 00:15 UTC, or more often. Orders stay on this machine; with --broker testnet
    they go to an exchange's testnet, for play money. Exit code 3 if a required row is missing: the day stays open and
    the next tick decides it; or if an order waits for a quote: the next tick of the day tries it again. Exit code 4 if
    an order has an unknown status: the next tick looks it up.

    Example: bot paper tick --ledger mine
    """
    from bot.infra.clock import SystemClock
    from bot.paper.health_ping import open_ping
    from bot.paper.ledgers import status_of
    from bot.paper.notifier import Notifier
    from bot.paper.tick import tick as paper_tick
    from bot.services.vendors import open_sessions
    from bot.study.registration import follow

    resolved, clock, screen = config_of(config, set_), SystemClock(), console(to_error=as_json)
    ping, testnet = open_ping(os.environ), _testnet(resolved, name_of(ledger), broker, screen)
    post, say = _post(resolved, screen, notify_dry_run), line_printer(screen)
    notifier = Notifier(resolved, ledger, clock, post, say)
    # Watched from outside the sessions, so that a tick which fails in them is reported too.
    with notifier.watching() as report, open_sessions(resolved, clock) as sessions, progress(screen) as advance:
        ticked = paper_tick(resolved, ledger, sessions, clock, testnet, advance, say)
        report(ticked)
    if (line := follow(resolved, clock.now())) is not None:
        say(line)
    if not ticked.left_open and (problem := ping()) is not None:
        say(problem)
    print_tick(screen, ticked, status_of(resolved, ledger), resolved, as_json)


@paper.command()
def run(
    ledger: LedgerOption = "paper",
    broker: BrokerOption = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    notify_dry_run: NotifyDryRunOption = False,
    venue_port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Trade on a running venue of this machine, and move its clock."),
    ] = None,
    data_dir: DataDirOption = None,
    market: MarketOption = "auto",
) -> None:
    """Run a tick every day until stopped: sleep to the next decision time, tick, repeat.

    A tick that fails is written to logs/bot.log and repeated some minutes later. SIGTERM, SIGHUP and Ctrl-C end it
    after the current tick, with exit code 0; open positions are kept. A ledger has one daemon: a second ends with exit
    code 5.

    With --venue-port it trades offline on a venue started by `bot venue serve --driven` on the same market and config.
    Instead of sleeping it moves the venue's clock, until the prices of --data-dir or --market end.

    Example: bot paper run
    """
    from bot.infra.clock import SystemClock
    from bot.infra.service_manager import ServiceManager
    from bot.paper.daemon import Daemon, Stop
    from bot.paper.health_ping import open_ping

    require_one_market(market, data_dir)
    resolved, screen = config_of(config, set_), console()
    if venue_port is not None:
        from bot.paper.venue_run import run_on_venue

        if broker is not None:
            raise ConfigError("--venue-port names the broker already", where="--broker", mend="leave --broker out")
        post, say = _post(resolved, screen, notify_dry_run), line_printer(screen)
        run_on_venue(resolved, data_dir, market, name_of(ledger), venue_port, SystemClock(), say, post)
        return
    if data_dir is not None or market != "auto":
        where = "--data-dir" if data_dir is not None else "--market"
        raise ConfigError("needs --venue-port: the daemon trades on live prices", where=where)
    testnet = _testnet(resolved, name_of(ledger), broker, screen)
    post = _post(resolved, screen, notify_dry_run)
    ping, manager = open_ping(os.environ), ServiceManager(os.environ)
    Daemon(resolved, ledger, SystemClock(), line_printer(screen), testnet, post, ping=ping, manager=manager).run(Stop())


@paper.command()
def notify(
    ledger: LedgerOption = "paper",
    config: ConfigOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the notices instead of sending them.")] = False,
) -> None:
    """Send the notices of a ledger's last decided day again, and its head, to test your addresses.

    They go to BOT_NOTIFY_URLS of the environment. Exit code 3 if an address is unreachable.

    Example: bot paper notify --dry-run
    """
    from bot.paper.notifier import ADDRESSES, addresses_of, latest_notices

    resolved, screen = config_of(config), console()
    notices = latest_notices(resolved, name_of(ledger))
    # Without this a test of the addresses would pass with none of them set.
    if not (dry_run or addresses_of(os.environ)):
        raise ConfigError("has no address to send to", where=ADDRESSES, mend="docs/notices.md, or try --dry-run")
    problems = _post(resolved, screen, dry_run)(notices)
    if problems:
        raise DataError("; ".join(problems))
    screen.print(f"{counted(len(notices), 'notice')} {'printed' if dry_run else 'sent'}.", markup=False)


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
    """Run the forward code over history with a simulated clock, and compare it with the backtest of the same days.

    Without --data-dir it reads the store, or the demo market. Exit code 1 if the two differ, which is a bug.

    Example: bot paper replay --data-dir prices --start 2020-01-01 --end 2020-12-31
    """
    from bot.paper.ledgers import status_of
    from bot.paper.replay_check import replay_history

    require_one_market(market, data_dir)
    resolved, screen = config_of(config, set_), console(to_error=as_json)
    days = parse_day(start, "--start"), parse_day(end, "--end")
    ticks = replay_history(resolved, data_dir, market, days[0], days[1], name_of(ledger))
    status = status_of(resolved, ledger)
    if as_json:
        print_json({"ticks": ticks, **status.to_dict()})
    screen.print(f"{counted(ticks, 'tick')}, each row the same as in the backtest of these days.", markup=False)
    show(screen, status, resolved)


@paper.command()
def rehearse(
    data_dir: DataDirOption = None,
    market: MarketOption = "auto",
    start: Annotated[str | None, typer.Option(help="First day of trading, YYYY-MM-DD.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day of trading, YYYY-MM-DD.")] = None,
    venue_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Trade on a running venue, and move its clock.")
    ] = None,
    ledger: Annotated[
        str, typer.Option("--ledger", "-l", help="The ledger's name; it must be new, except with --venue-port.")
    ] = "rehearsal",
    config: ConfigOption = None,
    set_: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Trade a quarter of history through the testnet broker on a venue of this machine, over real HTTP.

    Orders go through ccxt and the guard to a Binance-like exchange on this machine, offline and with constant keys. At
    the end the venue's account is compared with the ledger: exit code 5 if they differ.

    With --venue-port it trades on a venue started by `bot venue serve --driven` on the same market and config, with a
    new account. After a kill it resumes when started again with the same ledger.

    Example: bot paper rehearse
    """
    from bot.infra.clock import SystemClock
    from bot.paper.ledgers import status_of
    from bot.paper.rehearsal import rehearse as rehearse_days

    require_one_market(market, data_dir)
    resolved, screen = config_of(config, set_), console(to_error=as_json)
    days = parse_day(start, "--start"), parse_day(end, "--end")
    done = rehearse_days(resolved, data_dir, market, days[0], days[1], name_of(ledger), SystemClock(), venue_port)
    status = status_of(resolved, ledger)
    screen.print(f"{done.first} to {done.last}: {counted(done.orders, 'order')} on the venue, over HTTP.", markup=False)
    screen.print(f"Fills: {done.fills}, which cost {done.slippage_cost:,.2f} of slippage in all.", markup=False)
    screen.print(f"Account and ledger: {done.difference or 'the same, to the last digit'}.", markup=False)
    show(screen, status, resolved)
    fills = {"orders": done.orders, "fills": done.fills, "slippage_cost": str(done.slippage_cost)}
    mismatch = LedgerError("the venue's account differs from the ledger", where=ledger, was=done.difference)
    as_data = {**fills, "difference": done.difference, **status.to_dict()}
    end_with(mismatch if done.difference else None, as_json, as_data)


def print_tick(screen: Console, ticked: TickResult, status: LedgerStatus, config: Config, as_json: bool) -> None:
    """Print the result of a tick and the ledger's status.

    Exit with code 4 if it left orders of unknown status open, and with code 3 if orders wait for a quote.
    """
    if ticked.decided:
        line = f"Decided: {', '.join(map(str, ticked.decided))}. Orders carried out: {ticked.filled}."
    elif status.mode == "stopped":
        line = f"Stopped. Resume with: bot paper resume --ledger {status.ledger}"
    else:
        line = f"No new decision: today is already decided. Orders carried out: {ticked.filled}."
    for text in (line, *ticked.problems()):
        line_printer(screen)(text)
    show(screen, status, config)
    # Printed after the status, and an exit code of its own: cron should tick again soon.
    left: BotError | None = None
    if ticked.left_open:
        left = OutcomeUnknown(
            f"{counted(len(ticked.left_open), 'order has', 'orders have')} an unknown status",
            where=status.ledger,
            mend="tick again in a minute: it looks them up first",
        )
    elif ticked.waiting:
        left = DataError(
            f"{counted(len(ticked.waiting), 'order waits', 'orders wait')} for a quote",
            where=status.ledger,
            was="; ".join(f"{one.order.side} {one.order.symbol}: {one.why}" for one in ticked.waiting),
            mend="tick again within the hour: orders that wait are tried again until the day ends (UTC)",
        )
    # The ledger's keys last: where a name is taken twice, scripts of 0.1.0 expect the status.
    end_with(left, as_json, {**ticked.to_dict(), **status.to_dict()})


def _testnet(
    config: Config, ledger: str, chosen: Literal["simulated", "testnet"] | None, screen: Console
) -> TestnetExchange | None:
    """Open the testnet of a ledger, if it trades on one, and print its name. Raises ConfigError."""
    from bot.brokers.testnet.unavailable import testnet_errors
    from bot.infra.clock import SystemClock
    from bot.paper.broker_choice import brokerage_name, open_account
    from bot.paper.ledgers import broker_of

    name = brokerage_name(config, chosen, broker_of(config, ledger))
    with testnet_errors():
        testnet = open_account(name, SystemClock(), os.environ)
    # The user must see where orders go before the first one is sent.
    if testnet is not None:
        verified = "verified on a venue of this machine, not" if testnet.verified else "not verified"
        line = f"Orders go to the {testnet.venue}, for play money; {verified} against the real testnet."
        screen.print(line, markup=False, soft_wrap=True)
    return testnet


def _post(config: Config, screen: Console, dry_run: bool) -> Post:
    """Return the sender of notices, or a printer of them. Raises ConfigError."""
    from bot.paper.notifier import open_post

    return open_post(config, os.environ, line_printer(screen) if dry_run else None)
