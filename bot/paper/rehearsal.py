"""The rehearsal: days of history traded through the testnet broker on a venue of this machine, over real HTTP."""

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
from bot.core.book import Book, RunPlan
from bot.core.errors import DataError, LedgerError, OutcomeUnknown
from bot.core.events import ConfigPeriod
from bot.core.instrument import ZERO, to_decimal
from bot.core.market import Market
from bot.core.moments import ONE_DAY, iso, midnight
from bot.core.orders import Fill, OrderResult
from bot.core.portfolio import Portfolio
from bot.core.ports import Clock
from bot.core.window import Window
from bot.infra.version import __version__
from bot.ledger.decode import decode
from bot.ledger.record import Row
from bot.ledger.writer import LedgerWriter
from bot.paper.forward_trader import ForwardTrader
from bot.paper.ledgers import ledger_path, open_ledger
from bot.paper.reconcile import Reconciler
from bot.services.local_exchange import QUOTE, open_exchange, terms_of
from bot.services.markets import open_market
from bot.services.plans import planned, window_of
from bot.settings.loader import Config
from bot.venue.http.server import VenueServer
from bot.venue.matching.clocks import DrivenClock
from bot.venue.running_venue import RunningVenue

_QUARTER = timedelta(days=89)
_ON_ITS_OWN, _ON_A_RUNNING = "rehearsal", "rehearsal on a running venue"
"""Why the epoch of a ledger began, which tells where its account is."""
_LATE = timedelta(seconds=2)
"""How long after it was sent an order may still come into being on a running venue, which can be told to delay."""
_TRIES = 3
"""How often a day is ticked that leaves orders of which nobody knows how they ended."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What the ledger says of the days, and where the venue's account says otherwise.

    `slippage_cost` is that of all fills, against the day's public price, in the quote currency.
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
) -> Rehearsed:
    """Trade days of a market, by default the quarter that begins with the first order, on a venue of its own.

    The venue's book has depth, and takes its commission as a real one does, so that fills differ from a backtest's.
    With a port it is a venue that runs there already and serves the same market: the days begin where its clock
    stands, and a rehearsal that was killed goes on under the same ledger. Raises LedgerError where the ledger cannot
    be begun or taken up, DataError, and the errors of the testnet broker.
    """
    rows = _written(config, name)
    if venue_port is None:
        _require_unwritten(config, name, rows)
        found = open_market(config, data_dir, market)
        plan = _plan(config, found, start, end)
        with _venue(config, found, plan, machine) as port:
            return trade(config, name, plan, RunningVenue(port, machine), machine, _ON_ITS_OWN)
    venue = RunningVenue(venue_port, machine)
    found = open_market(config, data_dir, market)
    _require_same_market(config, found, venue, machine, exactly=not rows)
    begun = date.fromisoformat(rows[0].at[:10]) if rows else None
    plan = _plan(config, found, start, end, begun, _next_midnight(venue.market_time()))
    return trade(config, name, plan, venue, machine, _ON_A_RUNNING, _LATE)


def trade(
    config: Config,
    name: str,
    plan: RunPlan,
    venue: RunningVenue,
    machine: Clock,
    why: str = _ON_A_RUNNING,
    late: timedelta = timedelta(0),
    witness: Callable[[str], None] = lambda step: None,
) -> Rehearsed:
    """Trade the days of a plan on a venue, from where the ledger ends; `witness` is told each step of the desk."""
    exchange = open_testnet(Loopback(venue.port, late), venue, {})
    days = [decision.at.date() for decision in plan.decisions]
    epoch, rows = _epoch(config, plan, why), _written(config, name)
    left = _last_decided(rows)
    if rows:
        _require_begun_so(rows[0], epoch, days[-1], ledger_path(config, name))
    _require_clock(venue.market_time(), left, days[0], ledger_path(config, name))
    _require_account(exchange, plan, rows)
    with open_ledger(config, name, machine) as journal:
        if not journal.rows:
            journal.append([epoch])
        pricing = AsTraded(lambda symbol, day: _open(plan, symbol, day), QUOTE)
        broker = TestnetBroker(exchange, QUOTE, pricing, SimulatedBroker())
        compare = Reconciler(exchange, QUOTE, venue, {}).compare
        desk = ForwardTrader(journal, lambda first, day: plan, broker, days[0], timedelta(hours=1), compare, witness)
        for day in days[days.index(left) if left else 0 :]:
            if venue.market_time() < midnight(day):
                venue.move_to(midnight(day))
            _finish(desk, day)
        desk.close(days[-1])
        return _told(days, journal.rows, _difference(exchange, desk.portfolio))


def _finish(desk: ForwardTrader, day: date) -> None:
    """Tick until every order of a day has an end. Raises OutcomeUnknown where one has none after some tries."""
    for _ in range(_TRIES):
        ticked = desk.tick(midnight(day))
        if not ticked.left_open:
            return
    raise OutcomeUnknown(
        f"the venue does not tell how {len(ticked.left_open)} order(s) of {day} ended",
        mend="go on with the same command and ledger",
    )


# --- the ledger ------------------------------------------------------------------------------------------------


def _written(config: Config, name: str) -> Sequence[Row]:
    """The rows of a ledger; none where it was never begun."""
    path = ledger_path(config, name)
    if not path.exists():
        return ()
    with LedgerWriter.open(path) as journal:
        return journal.rows


def _require_unwritten(config: Config, name: str, rows: Sequence[Row]) -> None:
    if not rows:
        return
    path, ended = str(ledger_path(config, name)), rows[-1].kind == "valuation"
    if rows[0].body.get("why") != _ON_ITS_OWN or ended:
        raise LedgerError("the ledger exists already", where=path, mend="name another, or archive it")
    raise LedgerError(
        f"holds a rehearsal that ended midway, on {rows[-1].at[:10]}: its venue is gone, and the account with it",
        where=path,
        mend=f"put it away with: bot paper archive --ledger {name}",
    )


def _last_decided(rows: Sequence[Row]) -> date | None:
    return next((date.fromisoformat(row.at[:10]) for row in reversed(rows) if row.kind == "decision"), None)


def _require_begun_so(first: Row, epoch: ConfigPeriod, last: date, path: Path) -> None:
    """Raise LedgerError unless a ledger was begun with the same config, market and days, and on such a venue."""
    begun = decode(first)
    if begun == epoch:
        return
    if not isinstance(begun, ConfigPeriod) or begun.why != epoch.why:
        raise LedgerError(f"holds no {epoch.why}", where=str(path), mend="name another")
    told = (
        ("config", begun.config_hash[:12], epoch.config_hash[:12]),
        ("version of the bot", begun.version, epoch.version),
        ("first day", f"{begun.at:%Y-%m-%d}", f"{epoch.at:%Y-%m-%d}"),
        ("market, or another last day", f"key {begun.run_key[:12]}", f"key {epoch.run_key[:12]} to {last}"),
    )
    changed, expected, was = next(one for one in told if one[1] != one[2])
    raise LedgerError(
        f"was begun with another {changed}",
        where=str(path),
        expected=expected,
        was=was,
        mend="go on with what it was begun with, or name another",
    )


def _require_clock(market_time: datetime, left: date | None, first: date, path: Path) -> None:
    """Raise LedgerError unless the venue stands at the last day that was decided, or the one after."""
    since, until = (left, left + ONE_DAY) if left else (date.min, first)
    if market_time in (midnight(since), midnight(until)) if left else market_time <= midnight(until):
        return
    raise LedgerError(
        "the venue's clock does not stand where this ledger would go on",
        where=str(path),
        expected=f"{since} or {until}" if left else f"{until} or before",
        was=iso(market_time),
        mend="a venue that was started anew needs a new ledger" if left else "start the venue on an earlier day",
    )


def _epoch(config: Config, plan: RunPlan, why: str) -> ConfigPeriod:
    first, key = plan.decisions[0].at, plan.rules.run_key
    return ConfigPeriod(first, 1, why, key, config.fingerprint(), __version__, TestnetBroker.name, plan.cash)


def _told(days: Sequence[date], rows: Sequence[Row], difference: str) -> Rehearsed:
    events = [decode(row) for row in rows]
    fills = [event for event in events if isinstance(event, Fill)]
    orders = sum(isinstance(event, OrderResult) for event in events)
    cost = sum((fill.slippage_cost for fill in fills), ZERO)
    return Rehearsed(days[0], days[-1], orders, len(fills), cost, difference)


# --- the days --------------------------------------------------------------------------------------------------


def _plan(
    config: Config,
    market: Market,
    start: date | None,
    end: date | None,
    begun: date | None = None,
    earliest: date | None = None,
) -> RunPlan:
    """The plan of the days; without a start, of a quarter: the one begun, or the next that has something to trade."""
    window = window_of(market, start or begun or earliest, end)
    if start is not None:
        return planned(config, market, window)
    entry = begun
    if entry is None:
        decisions = planned(config, market, window).decisions
        entry = next((decision.at.date() for decision in decisions if decision.weights), window.start)
    return planned(config, market, Window(entry, min(entry + _QUARTER, window.end)))


def _next_midnight(moment: datetime) -> date:
    """The first day whose midnight is not over."""
    return moment.date() if moment == midnight(moment.date()) else moment.date() + ONE_DAY


# --- the venue -------------------------------------------------------------------------------------------------


@contextmanager
def _venue(config: Config, market: Market, plan: RunPlan, machine: Clock) -> Iterator[int]:
    """A venue that serves a market from a plan's first day on, and its port."""
    clock = DrivenClock(machine, plan.decisions[0].at)
    with VenueServer(open_exchange(config, market, clock, terms_of(plan.cash)).exchange) as server:
        yield int(server.url.rpartition(":")[2])


def _require_same_market(config: Config, market: Market, venue: RunningVenue, machine: Clock, exactly: bool) -> None:
    """Raise DataError where the venue tells other prices of the moment than the market, or lists what that lacks.

    `exactly`: also where the venue lacks a pair, as one may that was taken off its list since.
    """
    here = open_exchange(config, market, DrivenClock(machine, venue.market_time())).exchange
    ours = {listing.pair: here.market.price(listing.pair) or ZERO for listing in here.market.listings()}
    theirs = venue.prices()
    asked = ours.keys() | theirs.keys() if exactly else theirs.keys()
    parted = next((pair for pair in sorted(asked) if ours.get(pair) != theirs.get(pair)), None)
    if parted is not None:
        expected, was = (f"{prices[parted]:f}" if parted in prices else "no such pair" for prices in (ours, theirs))
        raise DataError(
            f"the venue serves another market than {market.name}",
            where=f"{parted} on port {venue.port}",
            expected=expected,
            was=was,
            mend="give both the same --data-dir and config",
        )


def _require_account(exchange: TestnetExchange, plan: RunPlan, rows: Sequence[Row]) -> None:
    """Raise LedgerError unless the account of a new ledger is new, and that of one that has traded is not."""
    new, where = Portfolio(plan.cash), exchange.venue
    difference = _difference(exchange, new)
    if not rows and difference:
        raise LedgerError(
            "the venue's account is not new",
            where=where,
            was=difference,
            mend="start the venue anew, with the config's start_equity as --cash",
        )
    book = Book(plan)
    book.recall(event for event in map(decode, rows) if event is not None)
    if book.portfolio != new and not difference:
        raise LedgerError(
            "the venue's account is a new one: what this ledger traded is gone", where=where, mend="name another ledger"
        )


def _open(plan: RunPlan, symbol: str, day: date) -> Decimal | None:
    """The public price of a day's midnight; None where the day has none."""
    prices = plan.prices
    price = prices.of(symbol).open[prices.index(day)]
    return None if math.isnan(price) else to_decimal(price)


def _difference(exchange: TestnetExchange, portfolio: Portfolio) -> str:
    """Where the venue's account and a portfolio part, asset by asset; empty where they do not."""
    there = {balance.asset: balance.free + balance.locked for balance in exchange.balances()}
    ours = {QUOTE: portfolio.cash, **portfolio.holdings}
    parted = sorted(asset for asset in {*there, *ours} if there.get(asset, 0) != ours.get(asset, 0))
    return ", ".join(f"{asset}: ledger {ours.get(asset, 0)}, venue {there.get(asset, 0)}" for asset in parted)
