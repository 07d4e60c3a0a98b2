"""`bot paper`: trade forward on paper, on live prices or over history."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bot.cli.console import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    MarketOption,
    SetOption,
    console,
    parse_changes,
    parse_day,
    print_json,
    require_one_market,
)
from bot.core.errors import ConfigError, DataError

if TYPE_CHECKING:
    from rich.console import Console

    from bot.brokers.testnet_exchange import TestnetExchange
    from bot.config import Config
    from bot.ledgers import Status
    from bot.notifying import Post

paper = typer.Typer(help="Trade forward on paper: simulated fills on live public prices.", invoke_without_command=True)
LedgerOption = Annotated[str, typer.Option("--ledger", "-l", help="The ledger's name.")]
BrokerOption = Annotated[
    Literal["simulated", "testnet"] | None,
    typer.Option("--broker", help="Who fills orders; a ledger keeps the one it began with."),
]
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
    needed has not come: nothing is decided, and the next tick makes up for it.

    Example: bot paper tick --ledger mine
    """
    from bot.data.clock import SystemClock
    from bot.ledgers import status_of
    from bot.notifying import Notifier
    from bot.paper import tick as paper_tick
    from bot.sourcing import open_sessions

    resolved, clock, screen = _config(config, set_), SystemClock(), console(to_error=as_json)
    testnet = _testnet(resolved, _name(ledger), broker, screen)
    post, say = _post(resolved, screen, notify_dry_run), _sayer(screen)
    notifier = Notifier(resolved, ledger, clock, post, say)
    with notifier.watching(), open_sessions(resolved, clock) as sessions:
        ticked = paper_tick(resolved, ledger, sessions, clock, testnet, waiting=screen.print)
    told = status_of(resolved, ledger)
    if as_json:
        print_json({"decided": [str(day) for day in ticked.decided], **told.as_dict()})
    days = ", ".join(map(str, ticked.decided)) or "nothing: it was decided already"
    screen.print(f"Decided: {days}. Orders carried out: {len(ticked.carried_out)}.", markup=False)
    if ticked.left_open:
        told_open = "may or may not stand at the testnet: tick again in a minute, they are looked up first"
        screen.print(f"{len(ticked.left_open)} order(s) {told_open}.", markup=False, soft_wrap=True)
    _show(screen, told)


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
    it after the tick that is under way, with exit code 0; what is held stays held.

    Example: bot paper run
    """
    from bot.data.clock import SystemClock
    from bot.loop import Daemon, Stop

    resolved, screen = _config(config, set_), console()
    testnet = _testnet(resolved, _name(ledger), broker, screen)
    post = _post(resolved, screen, notify_dry_run)
    Daemon(resolved, ledger, SystemClock(), _sayer(screen), testnet, post).run(Stop())


@paper.command()
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
    from bot.brokerage import brokerage_name
    from bot.data.clock import SystemClock
    from bot.paper import new_ledger

    resolved = _config(config, set_)
    name = brokerage_name(resolved, broker, None)
    epoch = new_ledger(resolved, _name(ledger), SystemClock(), on_start, name)
    told = "adopts the first weights" if epoch.on_start == "adopt" else "waits for the next entry"
    line = f"{ledger} begins on {epoch.at:%Y-%m-%d} with {epoch.cash:,.2f} ({name}), and {told}."
    console().print(line, markup=False, soft_wrap=True)


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
    from bot.notifying import ADDRESSES, addresses_of, latest_notices

    resolved, screen = _config(config, None), console()
    notices = latest_notices(resolved, _name(ledger))
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
    from bot.ledgers import status_of
    from bot.paper import replay_history

    require_one_market(market, data_dir)
    resolved, screen = _config(config, set_), console(to_error=as_json)
    days = parse_day(start, "--start"), parse_day(end, "--end")
    ticks = replay_history(resolved, data_dir, market, days[0], days[1], _name(ledger))
    told = status_of(resolved, ledger)
    if as_json:
        print_json({"ticks": ticks, **told.as_dict()})
    screen.print(f"{ticks:,} ticks, each row the same as in the backtest of these days.", markup=False)
    _show(screen, told)


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
    end the venue's account is held against the ledger.

    With --venue-port it trades on a venue that was started with `bot venue serve --driven` on the same market and
    config, and whose account is new. Killed at any instant, it goes on when it is started again with the same ledger.

    Example: bot paper rehearse
    """
    from bot.data.clock import SystemClock
    from bot.ledgers import status_of
    from bot.rehearsal import rehearse as rehearse_days

    require_one_market(market, data_dir)
    resolved, screen = _config(config, set_), console(to_error=as_json)
    days = parse_day(start, "--start"), parse_day(end, "--end")
    done = rehearse_days(resolved, data_dir, market, days[0], days[1], _name(ledger), SystemClock(), venue_port)
    told = status_of(resolved, ledger)
    if as_json:
        fills = {"orders": done.orders, "fills": done.fills, "slippage_cost": str(done.slippage_cost)}
        print_json({**fills, "difference": done.difference, **told.as_dict()})
    screen.print(f"{done.first} to {done.last}: {done.orders} orders on the venue, over HTTP.", markup=False)
    screen.print(f"Fills: {done.fills}, which cost {done.slippage_cost:,.2f} of slippage in all.", markup=False)
    screen.print(f"Account and ledger: {done.difference or 'the same, to the last digit'}.", markup=False)
    _show(screen, told)


@paper.command(name="list")
def list_(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the ledgers: when each began, its last day, what it holds.

    Example: bot paper list
    """
    from bot.ledgers import ledgers, status_of

    resolved, screen = _config(config, None), console()
    told = [status_of(resolved, name) for name in ledgers(resolved)]
    if as_json:
        print_json({"ledgers": [status.as_dict() for status in told]})
        return
    if not told:
        screen.print("There is no ledger yet. Begin one with: bot paper tick", markup=False)
    for status in told:
        until, equity = status.last_day or "never", f"{float(status.equity):,.2f}"
        screen.print(f"{status.ledger:16} {status.begun} to {until:10} {status.stage:12} {equity:>14}", markup=False)


@paper.command()
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
    from bot.health import daemon_fields, daemon_line, require_health
    from bot.heartbeat import heartbeat_path, last_beat
    from bot.ledgers import status_of

    resolved, screen, now = _config(config, None), console(to_error=as_json), SystemClock().now()
    if check:
        line = require_health(resolved, _name(ledger), now)
        if as_json:
            print_json({"well": line})
        screen.print(line, markup=False, soft_wrap=True)
        return
    told, found = status_of(resolved, _name(ledger)), last_beat(heartbeat_path(resolved, ledger))
    if as_json:
        print_json({**told.as_dict(), "daemon": daemon_fields(found, now)})
    else:
        _show(screen, told, Daemon=daemon_line(found, now))


@paper.command(name="reduce-only")
def reduce_only(ledger: LedgerOption = "paper", config: ConfigOption = None) -> None:
    """Buy nothing more, from the next tick on. It does not sell, and it does not stop sales that are decided.

    Example: bot paper reduce-only
    """
    _switch(ledger, config, "reduce only", "Nothing more is bought; what is decided to be sold is still sold.")


@paper.command()
def flat(ledger: LedgerOption = "paper", config: ConfigOption = None) -> None:
    """Sell everything at the next tick, and stay out. It does not sell now: run a tick for that.

    Example: bot paper flat
    """
    _switch(
        ledger, config, "flat", "Everything is sold at the next tick, and nothing is bought. Tick now to do it now."
    )


@paper.command()
def stop(ledger: LedgerOption = "paper", config: ConfigOption = None) -> None:
    """Decide nothing more, from the next tick on. It does not sell: what is held stays held, whatever its price does.

    Example: bot paper stop
    """
    _switch(ledger, config, "stopped", "Nothing more is decided. What is held stays held and is not watched.")


@paper.command()
def resume(ledger: LedgerOption = "paper", config: ConfigOption = None) -> None:
    """Take back reduce-only, flat or stop.

    Example: bot paper resume
    """
    _switch(ledger, config, "on", "The next tick decides and trades again; missed days are made up for.")


@paper.command()
def acknowledge(ledger: LedgerOption = "paper", config: ConfigOption = None) -> None:
    """Say that you have seen what nothing explains on the testnet account. It mends nothing there.

    Until then nothing more is bought on it; the account as it was found counts on.

    Example: bot paper acknowledge
    """
    from bot.data.clock import SystemClock
    from bot.ledgers import acknowledge as acknowledge_differences

    seen = acknowledge_differences(_config(config, None), _name(ledger), SystemClock())
    for one in seen:
        told = f"{one.at:%Y-%m-%d}  {one.asset}: the ledger accounts for {one.recorded}, the account had {one.found}"
        console().print(told, markup=False, soft_wrap=True)
    console().print("Seen: the next tick may buy again." if seen else "There is nothing to be seen.", markup=False)


@paper.command()
def archive(ledger: Annotated[str, typer.Argument(help="The ledger's name.")], config: ConfigOption = None) -> None:
    """Put a ledger away under its name and today's date; a new one of the same name may begin.

    Example: bot paper archive mine
    """
    from bot.data.clock import SystemClock
    from bot.ledgers import archive_ledger

    target = archive_ledger(_config(config, None), _name(ledger), SystemClock())
    console().print(f"{ledger} was put away as {target}.", markup=False, soft_wrap=True)


@paper.command()
def backup(
    ledger: Annotated[str, typer.Argument(help="The ledger's name.")] = "paper",
    to: Annotated[Path | None, typer.Option(help="The copy; by default a new file in logs/ledgers/backup.")] = None,
    config: ConfigOption = None,
) -> None:
    """Copy a ledger, also while a daemon writes it, and check every row of the copy.

    Example: bot paper backup mine
    """
    from bot.data.clock import SystemClock
    from bot.ledgers import back_up

    target, rows, head = back_up(_config(config, None), _name(ledger), SystemClock(), to)
    line = f"{ledger} was copied to {target}: {rows:,} rows, the last with the hash {head}."
    console().print(line, markup=False, soft_wrap=True)


def _switch(ledger: str, config: Path | None, mode: str, told: str) -> None:
    from bot.core.events import Mode
    from bot.data.clock import SystemClock
    from bot.ledgers import switch

    switch(_config(config, None), _name(ledger), Mode(mode), SystemClock())
    console().print(told, markup=False, soft_wrap=True)


def _testnet(
    config: Config, ledger: str, asked: Literal["simulated", "testnet"] | None, screen: Console
) -> TestnetExchange | None:
    """The testnet that a ledger trades on, if it does, and a word about it. Raises ConfigError."""
    from bot.brokerage import brokerage_name, open_account
    from bot.data.clock import SystemClock
    from bot.ledgers import broker_of

    testnet = open_account(brokerage_name(config, asked, broker_of(config, ledger)), SystemClock(), os.environ)
    if testnet is not None:
        tried = "tried on a venue of this machine, not" if testnet.tried else "not tried"
        told = f"Orders go to the {testnet.venue}, for play money; {tried} against the real testnet."
        screen.print(told, markup=False, soft_wrap=True)
    return testnet


def _config(file: Path | None, set_: list[str] | None) -> Config:
    from bot.config import load_config

    return load_config(file, parse_changes(set_))


def _name(ledger: str) -> str:
    """A ledger's name, which is a file's too. Raises ConfigError."""
    if not ledger.replace("-", "").replace("_", "").isalnum() or len(ledger) > 40:
        raise ConfigError("is no name for a ledger", where="--ledger", expected="letters, digits, - and _", was=ledger)
    return ledger


def _sayer(screen: Console) -> Callable[[str], None]:
    """Prints text as it is."""
    return partial(screen.print, markup=False, soft_wrap=True)


def _post(config: Config, screen: Console, dry_run: bool) -> Post:
    """Who sends the notices. Raises ConfigError."""
    from bot.notifying import open_post

    return open_post(config, os.environ, _sayer(screen) if dry_run else None)


def _show(screen: Console, told: Status, **more: str) -> None:
    lines: dict[str, Any] = {
        "Ledger": f"{told.ledger} ({told.mode}), {told.broker}, since {told.begun}, epoch {told.epochs}",
        "Stage": f"{told.stage}: {told.why}",
        "Equity": f"{float(told.equity):,.2f} at the close of {told.valued}" if told.valued else "not valued yet",
        "Cash": f"{float(told.cash):,.2f}",
        "Holds": ", ".join(f"{quantity} {symbol}" for symbol, quantity in told.holdings.items()) or "no coin",
        "Open": f"{told.open_orders} order(s)",
        "Head": told.head,
        **more,
    }
    if told.testnet:
        moved = ", ".join(f"{asset} {amount}" for asset, amount in told.testnet.items())
        lines["Testnet"] = f"{moved} (play money at the testnet's own prices, no part of the equity)"
    if told.unknown:
        lines["Unclear"] = f"{', '.join(told.unknown)} changed on the testnet account; nothing is bought until: " + (
            f"bot paper acknowledge --ledger {told.ledger}"
        )
    for name, value in lines.items():
        screen.print(f"{name:8} {value}", markup=False, soft_wrap=True)
    screen.print("Paper only, not advice: no real order was placed.", markup=False)
