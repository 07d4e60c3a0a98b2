"""Rehearsal: trade days of history through the testnet broker on a venue on this machine, over real HTTP."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from bot.brokers.simulated import SimulatedBroker
from bot.brokers.testnet.broker import TestnetBroker
from bot.brokers.testnet.client import TestnetExchange, open_testnet
from bot.brokers.testnet.guard import Loopback
from bot.brokers.testnet.pricing import AsTraded
from bot.core.book import Book
from bot.core.decision import Decision
from bot.core.errors import DataError, LedgerError, OutcomeUnknown
from bot.core.events import ConfigPeriod, Valuation
from bot.core.instrument import ZERO, to_decimal
from bot.core.market import Market
from bot.core.moments import ONE_DAY, iso, midnight
from bot.core.orders import Fill, OrderResult
from bot.core.plural import counted
from bot.core.portfolio import Portfolio
from bot.core.ports import Clock
from bot.core.run_plan import RunPlan
from bot.core.window import Window
from bot.infra.version import __version__
from bot.ledger.decode import decode
from bot.ledger.portfolio_fold import recall_recorded
from bot.ledger.recorded import recorded
from bot.ledger.row import Row
from bot.ledger.writer import LedgerWriter
from bot.paper.coins_only import forward_run, require_coin_roles
from bot.paper.forward_trader import Beside, ForwardTrader
from bot.paper.ledger_benchmarks import LedgerBenchmarks
from bot.paper.ledgers import ledger_path, open_ledger
from bot.paper.reconcile import Reconciler
from bot.paper.stop_support import require_simulated_stops
from bot.services.local_exchange import QUOTE, open_exchange, terms_of
from bot.services.markets import open_market
from bot.services.plans import PlannedRun, own_strategy_name, window_of
from bot.services.run_key import period_hash
from bot.settings.loader import Config
from bot.venue.http.server import VenueServer
from bot.venue.matching.clocks import DrivenClock
from bot.venue.running_venue import RunningVenue

_QUARTER = timedelta(days=89)
_ON_ITS_OWN, _ON_A_RUNNING = "rehearsal", "rehearsal on a running venue"
"""Reason of the config period; it says where the account of the ledger is."""
_LATE = timedelta(seconds=2)
"""Time in which an order may still arrive at a running venue, whose tests can delay it."""
_TRIES = 3
"""Ticks of a day that leaves orders of unknown status."""


@dataclass(frozen=True, slots=True)
class RehearsalResult:
    """Totals of a rehearsal; `difference` is where the venue's account differs from the ledger, or "".

    `slippage_cost` sums all fills against the day's public price, in the quote currency.
    """

    first: date
    last: date
    orders: int
    fills: int
    slippage_cost: Decimal
    difference: str


def rehearse(
    config: Config,
    data_dir: Path | None,
    market: str,
    start: date | None,
    end: date | None,
    name: str,
    machine: Clock,
    venue_port: int | None = None,
) -> RehearsalResult:
    """Trade days of a market, by default the quarter from the first order on, on a venue of its own.

    Parameters
    ----------
    machine : Clock
        Real clock of this machine.
    venue_port : int, optional
        Port of a running venue that serves the same market. The days begin at its clock, and a rehearsal that was
        killed continues under the same ledger.

    Returns
    -------
    RehearsalResult
        The venue's order book has depth and it takes a commission, so fills differ from those of a backtest.

    Raises
    ------
    LedgerError
        The ledger exists, or differs from the rehearsal to continue.
    DataError
        The venue serves another market.
    BrokerError
        The testnet broker failed.
    """
    require_coin_roles(config)
    rows = _written(config, name)
    if venue_port is None:
        _require_unwritten(config, name, rows)
        found = open_market(config, data_dir, market)
        run = _planned(config, found, start, end)
        require_simulated_stops(run.decisions, f"of a {_ON_ITS_OWN}")
        beside = _benchmarks(config, run)
        with _venue(config, found, run.plan, machine) as port:
            return trade(config, name, run.plan, RunningVenue(port, machine), machine, _ON_ITS_OWN, beside=beside)
    venue = RunningVenue(venue_port, machine)
    found = open_market(config, data_dir, market)
    require_same_market(config, found, venue, machine, exactly=not rows)
    begun = date.fromisoformat(rows[0].at[:10]) if rows else None
    run = _planned(config, found, start, end, begun, _next_midnight(venue.market_time()))
    require_simulated_stops(run.decisions, f"of a {_ON_A_RUNNING}")
    return trade(config, name, run.plan, venue, machine, _ON_A_RUNNING, _LATE, beside=_benchmarks(config, run))


def trade(
    config: Config,
    name: str,
    plan: RunPlan,
    venue: RunningVenue,
    machine: Clock,
    why: str = _ON_A_RUNNING,
    late: timedelta = timedelta(0),
    step_hook: Callable[[str], None] = lambda step: None,
    beside: Beside = lambda valued, rows, unwritten: valued,
) -> RehearsalResult:
    """Trade the days of a plan on a venue, from the end of the ledger on; `step_hook` gets the name of each step."""
    exchange = open_testnet(Loopback(venue.port, late), venue, {})
    days = [at.date() for at in plan.times]
    period, rows = _first_period(config, plan, why), _written(config, name)
    left = _last_decided(rows)
    if rows:
        _require_same_start(rows[0], period, days[-1], ledger_path(config, name))
    _require_clock(venue.market_time(), left, days[0], ledger_path(config, name))
    _require_account(exchange, plan, rows)
    with open_ledger(config, name, machine) as writer:
        if not writer.rows:
            writer.append([period])
        pricing = AsTraded(lambda symbol, day: _open(plan, symbol, day), QUOTE)
        broker = TestnetBroker(exchange, QUOTE, pricing, SimulatedBroker())
        compare = Reconciler(exchange, QUOTE, venue, {}).compare
        trader = ForwardTrader(
            writer, lambda first, day: plan, broker, days[0], timedelta(hours=1), compare, step_hook, beside
        )
        # The last decided day once more: a kill may have left some of its orders open.
        for day in days[days.index(left) if left else 0 :]:
            if venue.market_time() < midnight(day):
                venue.move_to(midnight(day))
            _finish(trader, day)
        trader.close(days[-1])
        return _result(days, writer.rows, _difference(exchange, trader.portfolio))


def _finish(trader: ForwardTrader, day: date) -> None:
    """Tick until every order of a day has an end. Raises OutcomeUnknown if one is still open after some tries."""
    for _ in range(_TRIES):
        ticked = trader.tick(midnight(day))
        if not ticked.left_open:
            return
    raise OutcomeUnknown(
        f"unknown status after {_TRIES} ticks: {counted(len(ticked.left_open), 'order')} of {day}",
        mend="continue with the same command and ledger",
    )


# --- the ledger ------------------------------------------------------------------------------------------------


def _written(config: Config, name: str) -> Sequence[Row]:
    """Read the rows of a ledger; empty before its first one."""
    path = ledger_path(config, name)
    if not path.exists():
        return ()
    with LedgerWriter.open(path) as writer:
        return writer.rows


def _require_unwritten(config: Config, name: str, rows: Sequence[Row]) -> None:
    if not rows:
        return
    path, ended = str(ledger_path(config, name)), isinstance(decode(rows[-1]), Valuation)
    first = decode(rows[0])
    if not isinstance(first, ConfigPeriod) or first.why != _ON_ITS_OWN or ended:
        raise LedgerError("the ledger exists already", where=path, mend="name another with --ledger, or archive it")
    raise LedgerError(
        f"holds a rehearsal that was interrupted on {rows[-1].at[:10]}; its venue and account no longer exist",
        where=path,
        mend=f"archive it with: bot paper archive --ledger {name}",
    )


def _last_decided(rows: Sequence[Row]) -> date | None:
    return next((one.event.at.date() for one in recorded(reversed(rows), Decision)), None)


def _require_same_start(first: Row, period: ConfigPeriod, last: date, path: Path) -> None:
    """Raise LedgerError unless a ledger began with the same config, market and days, and on such a venue."""
    begun = decode(first)
    if begun == period:
        return
    if not isinstance(begun, ConfigPeriod) or begun.why != period.why:
        raise LedgerError(f"holds no {period.why}", where=str(path), mend="name another")
    parts = (
        ("config", begun.config_hash[:12], period.config_hash[:12]),
        ("version of the bot", begun.version, period.version),
        ("first day", f"{begun.at:%Y-%m-%d}", f"{period.at:%Y-%m-%d}"),
        ("market, or another last day", f"key {begun.run_key[:12]}", f"key {period.run_key[:12]} to {last}"),
    )
    changed, expected, was = next(one for one in parts if one[1] != one[2])
    raise LedgerError(
        f"began with another {changed}",
        where=str(path),
        expected=expected,
        was=was,
        mend="continue with what it began with, or name another with --ledger",
    )


def _require_clock(market_time: datetime, left: date | None, first: date, path: Path) -> None:
    """Raise LedgerError unless the venue's clock is at the last decided day or the day after."""
    since, until = (left, left + ONE_DAY) if left else (date.min, first)
    if market_time in (midnight(since), midnight(until)) if left else market_time <= midnight(until):
        return
    raise LedgerError(
        "the venue's clock differs from the day at which this ledger continues",
        where=str(path),
        expected=f"{since} or {until}" if left else f"{until} or before",
        was=iso(market_time),
        mend="a restarted venue needs a new ledger" if left else "start the venue on an earlier day",
    )


def _first_period(config: Config, plan: RunPlan, why: str) -> ConfigPeriod:
    first, key = plan.times[0], plan.rules.run_key
    name = own_strategy_name(config)
    return ConfigPeriod(
        first, 1, why, key, period_hash(config), __version__, TestnetBroker.name, plan.cash, strategy=name
    )


def _result(days: Sequence[date], rows: Sequence[Row], difference: str) -> RehearsalResult:
    events = [decode(row) for row in rows]
    fills = [event for event in events if isinstance(event, Fill)]
    orders = sum(isinstance(event, OrderResult) for event in events)
    cost = sum((fill.slippage_cost for fill in fills), ZERO)
    return RehearsalResult(days[0], days[-1], orders, len(fills), cost, difference)


# --- the days --------------------------------------------------------------------------------------------------


def _planned(
    config: Config,
    market: Market,
    start: date | None,
    end: date | None,
    begun: date | None = None,
    earliest: date | None = None,
) -> PlannedRun:
    """Plan the days; by default a quarter: the one begun, else the next with an entry."""
    window = window_of(market, start or begun or earliest, end)
    if start is not None:
        return forward_run(config, market, window)
    entry = begun
    if entry is None:
        decisions = window.cut(forward_run(config, market, window).decisions)
        entry = next((decision.at.date() for decision in decisions if decision.weights), window.start)
    return forward_run(config, market, Window(entry, min(entry + _QUARTER, window.end)))


def _benchmarks(config: Config, run: PlannedRun) -> Beside:
    return LedgerBenchmarks(run, run.plan.times[-1].date(), config).beside


def _next_midnight(moment: datetime) -> date:
    """Return the first day whose midnight (UTC) is at or after a moment."""
    return moment.date() if moment == midnight(moment.date()) else moment.date() + ONE_DAY


# --- the venue -------------------------------------------------------------------------------------------------


@contextmanager
def _venue(config: Config, market: Market, plan: RunPlan, machine: Clock) -> Iterator[int]:
    """Start a venue that serves a market from a plan's first day on, and return its port."""
    clock = DrivenClock(machine, plan.times[0])
    with VenueServer(open_exchange(config, market, clock, terms_of(plan.cash)).exchange) as server:
        yield int(server.url.rpartition(":")[2])


def require_same_market(config: Config, market: Market, venue: RunningVenue, machine: Clock, exactly: bool) -> None:
    """Raise DataError if the venue's prices differ from the market's, or it lists an unknown pair.

    With `exactly` a missing pair is an error too; later in a rehearsal a pair may have been delisted.
    """
    here = open_exchange(config, market, DrivenClock(machine, venue.market_time())).exchange
    ours = {listing.pair: here.market.price(listing.pair) or ZERO for listing in here.market.listings()}
    theirs = venue.prices()
    pairs = ours.keys() | theirs.keys() if exactly else theirs.keys()
    mismatch = next((pair for pair in sorted(pairs) if ours.get(pair) != theirs.get(pair)), None)
    if mismatch is not None:
        expected, was = (f"{prices[mismatch]:f}" if mismatch in prices else "no such pair" for prices in (ours, theirs))
        raise DataError(
            f"the venue serves another market than {market.name}",
            where=f"{mismatch} on port {venue.port}",
            expected=expected,
            was=was,
            mend="give both the same --data-dir and config",
        )


def _require_account(exchange: TestnetExchange, plan: RunPlan, rows: Sequence[Row]) -> None:
    """Raise LedgerError unless a new ledger has a new account, and a ledger that has traded its own."""
    new, where = Portfolio(plan.cash), exchange.venue
    difference = _difference(exchange, new)
    if not rows and difference:
        raise LedgerError(
            "the venue's account has traded already",
            where=where,
            was=difference,
            mend="restart the venue with the config's start_equity as --cash",
        )
    book = Book(plan)
    recall_recorded(book, map(decode, rows))
    if book.portfolio != new and not difference:
        raise LedgerError(
            "the venue's account is new: the trades of this ledger are lost", where=where, mend="name another ledger"
        )


def _open(plan: RunPlan, symbol: str, day: date) -> Decimal | None:
    """Return the public price at a day's midnight (UTC), if the day has one."""
    prices = plan.prices
    price = prices.of(symbol).open[prices.index(day)]
    return None if math.isnan(price) else to_decimal(price)


def _difference(exchange: TestnetExchange, portfolio: Portfolio) -> str:
    """Return the assets in which the venue's account differs from a portfolio; "" if they are the same."""
    there = {balance.asset: balance.free + balance.locked for balance in exchange.balances()}
    ours = {QUOTE: portfolio.cash, **portfolio.holdings}
    mismatches = sorted(asset for asset in {*there, *ours} if there.get(asset, 0) != ours.get(asset, 0))
    return ", ".join(f"{asset}: ledger {ours.get(asset, 0)}, venue {there.get(asset, 0)}" for asset in mismatches)
