"""Broker of a ledger: fills simulated on live public prices, or an exchange's testnet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from bot.brokers.live_quotes import DepthQuote, LiveQuotes, LiveQuotesBroker, QuoteLimits
from bot.brokers.testnet.broker import TestnetBroker
from bot.brokers.testnet.pricing import AtPublicQuotes
from bot.core.errors import ConfigError
from bot.core.events import Event
from bot.core.instrument import to_decimal
from bot.core.ports import Broker, Clock
from bot.data.store.store import Store
from bot.ledger.testnet_account import ExpectedAccount
from bot.paper.reconcile import Reconciler
from bot.services.markets import store_path
from bot.services.plans import public_venue
from bot.services.vendors import VendorSessions, bans_path, open_vendors
from bot.settings.loader import Config

if TYPE_CHECKING:
    from bot.brokers.testnet.client import TestnetExchange

SIMULATED = LiveQuotesBroker.name
_QUOTE, _TESTNET = "USDT", "testnet"


@dataclass(frozen=True, slots=True)
class Brokerage:
    """Broker by name, and the comparison of its account with the ledger, if it has an account."""

    name: str
    broker: Broker
    compare: Callable[[ExpectedAccount], list[Event]] | None = None


def open_brokerage(
    config: Config, sessions: VendorSessions, clock: Clock, testnet: TestnetExchange | None
) -> Brokerage:
    """Open the broker of a testnet, or the simulated broker; both price fills at live public quotes."""
    limits = QuoteLimits(to_decimal(config.paper.spread_limit), timedelta(seconds=config.paper.quote_age_seconds))
    quotes = LiveQuotes(_depth_reader(config, sessions), limits, clock)
    simulated = LiveQuotesBroker(quotes)
    if testnet is None:
        return Brokerage(SIMULATED, simulated)
    # Imported here, so that the simulated broker does not load the testnets' client.
    from bot.brokers.testnet.client import keep_bans

    keep_bans(testnet, bans_path(config))
    names = config.sources.exchange.names
    broker = TestnetBroker(testnet, _QUOTE, AtPublicQuotes(quotes), simulated, names)
    return Brokerage(testnet.venue, broker, Reconciler(testnet, _QUOTE, clock, names).compare)


def brokerage_name(config: Config, requested: Literal["simulated", "testnet"] | None, began: str | None) -> str:
    """Return the name of a ledger's broker: the one that it began with, or for a new ledger the requested one.

    Raises ConfigError if the request differs from the broker that the ledger began with.
    """
    if requested is None and began is not None:
        return began
    name = f"{config.paper.testnet} {_TESTNET}" if requested == _TESTNET else SIMULATED
    require_same(began or name, name)
    return name


def require_same(began: str, name: str) -> None:
    """Raise ConfigError if a ledger began with another broker."""
    if began != name:
        mend = "name another ledger with --ledger"
        raise ConfigError("the ledger trades with another broker", expected=began, was=name, mend=mend)


def open_account(name: str, clock: Clock, environment: Mapping[str, str]) -> TestnetExchange | None:
    """Open the testnet account of a broker by its name, with the environment's keys, if the broker has an account.

    Raises ConfigError if a key is missing.
    """
    venue, _, kind = name.partition(" ")
    if kind != _TESTNET:
        return None
    # Imported here, so that the simulated broker does not load ccxt.
    from bot.brokers.testnet.client import open_testnet
    from bot.brokers.testnet.guard import Testnet

    return open_testnet(Testnet(venue), clock, environment)


def _depth_reader(config: Config, sessions: VendorSessions) -> Callable[[str], DepthQuote]:
    """Return a function that reads the order book of a coin from the venue of its candles."""
    vendors = open_vendors(config, sessions)

    def depth(symbol: str) -> DepthQuote:
        name = config.sources.exchange.names.get(symbol, symbol)
        with Store.reading(store_path(config)) as store:
            venue = public_venue(config, store, symbol)
        book = vendors.exchange(venue).book(name, config.paper.depth)
        return DepthQuote(book.bids, book.asks, book.at)

    return depth
