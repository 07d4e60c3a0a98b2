"""Define `bot venue`: an exchange on this machine that takes the bot's orders offline."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli.console import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    SetOption,
    console,
    market_line,
    parse_changes,
    parse_day,
    print_json,
    stop_event,
)
from bot.cli.whole_summaries import WholeSummaries
from bot.core.errors import ConfigError

if TYPE_CHECKING:
    from bot.services.local_exchange import Opened
    from bot.venue.http.server import VenueServer

venue = typer.Typer(
    cls=WholeSummaries,
    help="An exchange on this machine, Binance-compatible, with play money.",
    invoke_without_command=True,
)


@venue.callback()
def _help(context: typer.Context) -> None:
    """An exchange on this machine, Binance-compatible, with play money."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@venue.command()
def serve(
    data_dir: DataDirOption = None,
    start: Annotated[
        str | None, typer.Option(help="The venue's first day, YYYY-MM-DD; it begins at 00:00 UTC.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port on 127.0.0.1; 0 takes a free one.")] = 8788,
    driven: Annotated[bool, typer.Option("--driven", help="Stop its clock; a client moves it.")] = False,
    cash: Annotated[str, typer.Option(help="USDT in the account at the start.")] = "10000",
    fees: Annotated[
        Literal["in-kind", "bnb", "zero"],
        typer.Option("--fees", help="Commission out of what is received, out of 10 BNB in the account, or none."),
    ] = "in-kind",
    config: ConfigOption = None,
    set_: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Serve the prices of a folder, or of the demo market, as a spot exchange that takes orders, until Ctrl-C.

    It listens on 127.0.0.1 only. Its keys are constants, valid on this exchange alone.

    Example: bot venue serve --driven
    """
    from bot.infra.clock import SystemClock
    from bot.services.local_exchange import open_exchange, terms_of, venue_clock
    from bot.services.markets import open_market
    from bot.settings.loader import load_config
    from bot.venue.http.server import VenueServer

    resolved = load_config(config, parse_changes(set_))
    terms = terms_of(_amount(cash), fees)
    market = open_market(resolved, data_dir, "demo")
    clock = venue_clock(market, SystemClock(), parse_day(start, "--start"), driven)
    opened = open_exchange(resolved, market, clock, terms)
    try:
        server = VenueServer(opened.exchange, port)
    except OSError as problem:
        raise ConfigError(
            f"port {port} of 127.0.0.1 cannot be opened", was=problem.strerror, mend="name another with --port"
        ) from None
    with server, stop_event() as ended:
        if as_json:
            print_json(_as_json(server, opened, driven))
        else:
            _show(server, opened, market.name, driven)
        ended.wait()
    console(to_error=as_json).print("The venue is closed. Its state is discarded.")


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(-1)  # refused below, with the same error as a negative amount
    if not amount.is_finite() or amount < 0:
        raise ConfigError(
            "is not an amount", where="--cash", expected="a number of USDT, zero or above", was=repr(text)
        )
    return amount


def _as_json(server: VenueServer, opened: Opened, driven: bool) -> dict[str, object]:
    from bot.venue.matching.exchange import KEY, SECRET

    return {
        "url": server.url,
        "api": server.api,
        "key": KEY,
        "secret": SECRET,
        "now": opened.exchange.clock.now().isoformat(),
        "driven": driven,
        "pairs": [listing.pair for listing in opened.exchange.market.listings()],
        "left_out": list(opened.left_out),
    }


def _show(server: VenueServer, opened: Opened, market: str, driven: bool) -> None:
    from bot.venue.matching.exchange import KEY, SECRET

    screen, exchange = console(), opened.exchange
    clock = "stopped until a client moves it" if driven else "runs"
    pairs = [listing.pair for listing in exchange.market.listings()]
    lines = [
        market_line(market),
        f"Venue: {server.api}",
        f"Keys: {KEY} / {SECRET}, valid on this exchange alone",
        f"Clock: {exchange.clock.now():%Y-%m-%d %H:%M} UTC, {clock} ({server.url}/venue/clock)",
        f"Pairs: {len(pairs)}, such as {', '.join(pairs[:3])}",
        *([f"Left out, since an exchange cannot name them: {', '.join(opened.left_out)}"] if opened.left_out else []),
        "Stop with Ctrl-C. The state is discarded then.",
    ]
    for line in lines:
        screen.print(line, markup=False, soft_wrap=True)
