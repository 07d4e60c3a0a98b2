"""The rehearsal: days of history traded through the testnet broker on a venue of this machine, over real HTTP."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from bot.brokers.guard import Loopback
from bot.brokers.pricing import AsTraded
from bot.brokers.simulated import SimulatedBroker
from bot.brokers.testnet import TestnetBroker
from bot.brokers.testnet_exchange import TestnetExchange, open_testnet
from bot.config import Config
from bot.core.book import RunPlan
from bot.core.errors import LedgerError
from bot.core.events import Epoch
from bot.core.instrument import exact
from bot.core.market import Market
from bot.core.moments import midnight
from bot.core.window import Window
from bot.data.clock import SystemClock
from bot.forward.desk import Desk
from bot.ledger.journal import Journal
from bot.ledgers import ledger_path
from bot.markets import open_market
from bot.serving import QUOTE, open_exchange, terms_of
from bot.venue.clocks import DrivenClock
from bot.venue.server import VenueServer
from bot.version import __version__
from bot.wiring import planned, window_of

_QUARTER = timedelta(days=89)


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """How many days were ticked and orders carried out, and whether the venue's account is what the ledger says."""

    first: date
    last: date
    orders: int
    difference: str


def rehearse(
    config: Config, data_dir: Path | None, market: str, start: date | None, end: date | None, name: str
) -> Rehearsed:
    """Trade days of a market, by default the quarter that begins with the first order, on a venue of its own.

    The venue's book has depth, and takes its commission as a real one does, so that fills differ from a backtest's.
    Raises LedgerError where the ledger exists, DataError, and the errors of the testnet broker.
    """
    path = ledger_path(config, name)
    if path.exists():
        raise LedgerError("the ledger exists already", where=str(path), mend="name another, or archive it")
    found = open_market(config, data_dir, market)
    plan = _plan(config, found, window_of(found, start, end), whole=start is not None)
    days = [decision.at.date() for decision in plan.decisions]
    clock = DrivenClock(SystemClock(), plan.decisions[0].at)
    with _venue(config, found, clock, plan.cash) as exchange, Journal.open(path) as journal:
        journal.append([_epoch(config, plan)])
        pricing = AsTraded(lambda symbol, day: _open(plan, symbol, day), QUOTE)
        broker = TestnetBroker(exchange, QUOTE, pricing, SimulatedBroker())
        desk = Desk(journal, lambda first, day: plan, broker, days[0], timedelta(hours=1))
        orders = 0
        for day in days:
            clock.move_to(midnight(day))
            orders += len(desk.tick(midnight(day)).carried_out)
        desk.close(days[-1])
        return Rehearsed(days[0], days[-1], orders, _difference(exchange, desk))


def _plan(config: Config, market: Market, window: Window, whole: bool) -> RunPlan:
    """The plan of the days; without a start, of the first quarter that has something to trade."""
    plan = planned(config, market, window)
    if whole:
        return plan
    entry = next((decision.at.date() for decision in plan.decisions if decision.weights), window.start)
    return planned(config, market, Window(entry, min(entry + _QUARTER, window.end)))


@contextmanager
def _venue(config: Config, market: Market, clock: DrivenClock, cash: Decimal) -> Iterator[TestnetExchange]:
    """A venue that serves a market on a free port, and the testnet's door to it."""
    with VenueServer(open_exchange(config, market, clock, terms_of(cash)).exchange) as server:
        yield open_testnet(Loopback(int(server.url.rpartition(":")[2])), clock, {})


def _epoch(config: Config, plan: RunPlan) -> Epoch:
    first, key = plan.decisions[0].at, plan.rules.run_key
    return Epoch(first, 1, "rehearsal", key, config.fingerprint(), __version__, TestnetBroker.name, plan.cash)


def _open(plan: RunPlan, symbol: str, day: date) -> Decimal | None:
    """The public price of a day's midnight; None where the day has none."""
    prices = plan.prices
    price = prices.of(symbol).open[prices.index(day)]
    return None if math.isnan(price) else exact(price)


def _difference(exchange: TestnetExchange, desk: Desk) -> str:
    """Where the venue's account and the ledger part, asset by asset; empty where they do not."""
    there = {balance.asset: balance.free + balance.locked for balance in exchange.balances()}
    ours = {QUOTE: desk.portfolio.cash, **desk.portfolio.holdings}
    parted = sorted(asset for asset in {*there, *ours} if there.get(asset, 0) != ours.get(asset, 0))
    return ", ".join(f"{asset}: ledger {ours.get(asset, 0)}, venue {there.get(asset, 0)}" for asset in parted)
