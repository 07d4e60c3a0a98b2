"""Who carries a ledger's orders out: fills simulated on live public prices, or an exchange's testnet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from bot.brokers.live_quotes import Depth, Limits, LiveQuotes, LiveQuotesBroker
from bot.brokers.pricing import AtPublicQuotes
from bot.brokers.testnet import TestnetBroker
from bot.config import Config
from bot.core.errors import ConfigError
from bot.core.events import Event
from bot.core.instrument import Instrument, exact
from bot.core.ports import Broker, Clock
from bot.data.exchange import VENUES
from bot.data.store import Store
from bot.forward.reconcile import Account, Reconciler
from bot.markets import store_path
from bot.sourcing import Sessions, open_vendors

if TYPE_CHECKING:
    from bot.brokers.testnet_exchange import TestnetExchange

SIMULATED = LiveQuotesBroker.name
_QUOTE, _TESTNET = "USDT", "testnet"


@dataclass(frozen=True, slots=True)
class Brokerage:
    """A broker by name, and what holds its account against the ledger, where it has one."""

    name: str
    broker: Broker
    compare: Callable[[Account], list[Event]] | None = None


def open_brokerage(config: Config, sessions: Sessions, clock: Clock, testnet: TestnetExchange | None) -> Brokerage:
    """The broker on a testnet, or without one the simulated broker; both count at live public prices."""
    limits = Limits(exact(config.paper.spread_limit), timedelta(seconds=config.paper.quote_age_seconds))
    quotes = LiveQuotes(_depth(config, sessions), limits, clock)
    simulated = LiveQuotesBroker(quotes)
    if testnet is None:
        return Brokerage(SIMULATED, simulated)
    names = config.sources.exchange.names
    broker = TestnetBroker(testnet, _QUOTE, AtPublicQuotes(quotes), simulated, names)
    return Brokerage(testnet.venue, broker, Reconciler(testnet, _QUOTE, clock, names).compare)


def brokerage_name(config: Config, asked: Literal["simulated", "testnet"] | None, began: str | None) -> str:
    """The brokerage of a ledger: that with which it began, or for a new one that which is asked for.

    Raises ConfigError where another one is asked for than that with which it began.
    """
    if asked is None and began is not None:
        return began
    name = f"{config.paper.testnet} {_TESTNET}" if asked == _TESTNET else SIMULATED
    require_same(began or name, name)
    return name


def require_same(began: str, name: str) -> None:
    """Raise ConfigError where a ledger began with another brokerage."""
    if began != name:
        mend = "name another ledger with --ledger"
        raise ConfigError("the ledger trades with another broker", expected=began, was=name, mend=mend)


def open_account(name: str, clock: Clock, environment: Mapping[str, str]) -> TestnetExchange | None:
    """The testnet of a brokerage by its name, with the environment's keys; None for the simulated one.

    Raises ConfigError where a key is missing.
    """
    venue, _, kind = name.partition(" ")
    if kind != _TESTNET:
        return None
    from bot.brokers.guard import Testnet
    from bot.brokers.testnet_exchange import open_testnet

    return open_testnet(Testnet(venue), clock, environment)


def venue_instruments(config: Config, instruments: Mapping[str, Instrument]) -> dict[str, Instrument]:
    """Instruments by the rules that their public venues told last; those without keep the config's."""
    found = dict(instruments)
    with Store.reading(store_path(config)) as store:
        for rules in store.rules():
            known = found.get(rules.symbol)
            if known is not None and rules.venue == _public_venue(config, store, rules.symbol):
                least = rules.min_notional or known.min_notional
                found[rules.symbol] = replace(known, step=rules.step, tick=rules.tick, min_notional=least)
    return found


def _public_venue(config: Config, store: Store, symbol: str) -> str:
    """The venue that tells a coin's candles, the first of the config where the store does not know."""
    stored = store.rows_of(symbol)
    told_by = [] if stored is None else [source.partition(" ")[0] for _, source in stored.sources]
    return next((name for name in reversed(told_by) if name in VENUES), config.sources.exchange.venues[0])


def _depth(config: Config, sessions: Sessions) -> Callable[[str], Depth]:
    """Asks the venue that tells a coin's candles for its order book."""
    vendors = open_vendors(config, sessions)

    def depth(symbol: str) -> Depth:
        name = config.sources.exchange.names.get(symbol, symbol)
        with Store.reading(store_path(config)) as store:
            venue = _public_venue(config, store, symbol)
        book = vendors.exchange(venue).book(name, config.paper.depth)
        return Depth(book.bids, book.asks, book.at)

    return depth
