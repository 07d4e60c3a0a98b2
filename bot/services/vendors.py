"""Open the vendors of a config, and the feed of each series."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.core.errors import ConfigError, did_you_mean
from bot.core.listing import Release
from bot.core.ports import Clock
from bot.core.series_kind import SeriesKind
from bot.data.store.update import Updater
from bot.data.store.update_result import UpdatePolicy
from bot.data.timeline import us_sessions
from bot.data.vendors.failures import VendorFailures
from bot.data.vendors.feed import CoinFeed, Feed, IndexFeed, Rows, SeriesFeed, VenueFeed
from bot.infra.bans import FILE_NAME
from bot.infra.network_check import require_network
from bot.services.markets import SECOND
from bot.settings.loader import Config

if TYPE_CHECKING:
    from bot.core.instrument import VenueRules
    from bot.data.store.store import Store
    from bot.data.vendors.defillama import DefiLlama
    from bot.data.vendors.fred import Fred
    from bot.data.vendors.public_exchange import PublicExchange
    from bot.data.vendors.yahoo import Yahoo, YahooSession
    from bot.infra.public_http import PublicSession
    from bot.infra.rate_limit import RetryPolicy

_SOLE = "it has no second feed: no other vendor serves it, so records wait until this one answers"
"""Note on a refusal of small caps."""
_FIRST_SESSION = date(1927, 1, 3)
"""Before the first row of any vendor, so that the calendar covers whatever comes."""


@dataclass(frozen=True)
class VendorSessions:
    """Open sessions to each kind of vendor, with the clients of the venues used so far.

    Tests direct them to servers of their own, and leave `main_hosts` empty.
    """

    yahoo: YahooSession
    fred: PublicSession
    defillama: PublicSession
    exchange: PublicSession
    venues: dict[str, PublicExchange] = field(default_factory=dict)
    main_hosts: Mapping[str, str] = field(default_factory=dict)
    """Hosts by the vendor's printed name. An update needs a connection to one of them."""

    def require_network(self) -> None:
        """Raise Unreachable, before an update spends minutes on retries, if none of the main hosts can be reached."""
        if self.main_hosts:
            require_network(self.main_hosts)

    @property
    def retry_policies(self) -> list[RetryPolicy]:
        """Rate limit and retry policy of each session."""
        return [session.retry_policy for session in (self.yahoo, self.fred, self.defillama, self.exchange)]


@dataclass
class Vendors:
    """Clients of the vendors of a config."""

    config: Config
    yahoo: Yahoo
    fred: Fred
    defillama: DefiLlama
    sessions: VendorSessions

    def exchange(self, venue: str) -> PublicExchange:
        """Return the public client of a venue, made at its first use. Raises ConfigError for an unknown venue."""
        if venue not in self.sessions.venues:
            from bot.data.vendors.public_exchange import PublicExchange

            quotes = self.config.sources.exchange.quotes
            self.sessions.venues[venue] = PublicExchange(venue, self.sessions.exchange, quotes)
        return self.sessions.venues[venue]

    def skews(self) -> dict[str, float]:
        """Return the seconds by which the clock of each host that answered is ahead of this machine's."""
        return {host: skew for policy in self.sessions.retry_policies for host, skew in policy.skew.items()}


@contextmanager
def open_sessions(config: Config, clock: Clock) -> Iterator[VendorSessions]:
    """Open the sessions to the real vendors."""
    from bot.data.vendors.defillama import DEFILLAMA_HOST
    from bot.data.vendors.fred import FRED_HOST
    from bot.data.vendors.public_venues import VENUES
    from bot.data.vendors.yahoo import YahooSession
    from bot.infra.public_http import PublicSession
    from bot.infra.rate_limit import RetryPolicy

    sources = config.sources

    def retry_policy(pause: float) -> RetryPolicy:
        return RetryPolicy(
            clock, tries=sources.tries, pause=pause, longest_wait=sources.longest_wait, patience=sources.patience
        )

    with ExitStack() as stack:
        yahoo = stack.enter_context(YahooSession(retry_policy(sources.yahoo.pause)))
        fred = stack.enter_context(PublicSession(retry_policy(sources.fred.pause), [FRED_HOST]))
        defillama = stack.enter_context(PublicSession(retry_policy(sources.defillama.pause), [DEFILLAMA_HOST]))
        hosts = [VENUES[venue].host for venue in sources.exchange.venues if venue in VENUES]
        exchange = stack.enter_context(PublicSession(retry_policy(sources.exchange.pause), hosts))
        yield VendorSessions(yahoo, fred, defillama, exchange, main_hosts=_main_hosts(config))


def open_vendors(config: Config, sessions: VendorSessions) -> Vendors:
    """Make the clients of a config's vendors over open sessions. Raises ConfigError for an unknown venue."""
    from bot.data.vendors.defillama import DefiLlama
    from bot.data.vendors.fred import Fred
    from bot.data.vendors.public_venues import VENUES
    from bot.data.vendors.yahoo import Yahoo

    for venue in config.sources.exchange.venues:
        if venue not in VENUES:
            mend = did_you_mean(venue, VENUES) or f"known: {', '.join(VENUES)}"
            raise ConfigError("is not a known venue", where="sources.exchange.venues", was=venue, mend=mend)
    # A second command must not ask a host that has just banned this address.
    for policy in sessions.retry_policies:
        policy.bans.keep_in(bans_path(config))
    yahoo = Yahoo(sessions.yahoo, config.state / "yahoo")
    return Vendors(config, yahoo, Fred(sessions.fred), DefiLlama(sessions.defillama), sessions)


def _main_hosts(config: Config) -> dict[str, str]:
    """Return the hosts of Yahoo, FRED and the first venue by their printed names."""
    from bot.data.vendors.fred import FRED_HOST
    from bot.data.vendors.public_venues import VENUES
    from bot.data.vendors.yahoo import YAHOO_HOSTS

    # An unknown venue is an error of `open_vendors`.
    venues = [venue for venue in config.sources.exchange.venues[:1] if venue in VENUES]
    coins = {venue.capitalize(): VENUES[venue].host for venue in venues}
    return {"Yahoo": YAHOO_HOSTS[-1], "FRED": FRED_HOST, **coins}


def bans_path(config: Config) -> Path:
    """Return the path of the pauses that hosts asked for, beside the store."""
    return config.state / FILE_NAME


def updater(config: Config, store: Store, clock: Clock, skews: Callable[[], Mapping[str, float]] = dict) -> Updater:
    """Make the updater of a store by the policy of the config; `skews` is passed to `Updater`."""
    settle = config.sources.settle
    minutes = {Release.UTC_DAY: settle.coins, Release.SESSION: settle.sessions}
    policy = UpdatePolicy(
        settle={release: timedelta(minutes=minutes.get(release, settle.macro)) for release in Release},
        overlap=timedelta(days=config.sources.overlap_days),
        clock_tolerance=config.sources.clock_tolerance,
    )
    # The end of the year: a daemon makes the calendar once a year.
    sessions = us_sessions(_FIRST_SESSION, date(clock.now().year, 12, 31), tuple(config.calendar.closures))
    listings = config.listings()
    listings |= {symbol + SECOND: listings[symbol] for symbol in config.sources.yahoo.aggregates}
    return Updater(store, listings, sessions, policy, clock, skews)


def feeds(config: Config, vendors: Vendors, symbols: Sequence[str] = ()) -> dict[str, Feed]:
    """Return the feeds of the given series, or of all that have one, required series first.

    Coins that have died or were renamed are updated only if they are named. Raises ConfigError for a symbol that lacks
    a feed.
    """
    known = _feeds(config, vendors)
    for symbol in symbols:
        if symbol not in known:
            expected = "a symbol that `sources` or the altcoin universe names"
            mend = did_you_mean(symbol, known) or "add it to the config, or import its CSV file"
            raise ConfigError("has no vendor", where=symbol, expected=expected, mend=mend)
    # A coin and its second source are fetched together, since each is checked against the other.
    if symbols:
        requested = dict.fromkeys(name for symbol in symbols for name in (symbol, symbol + SECOND) if name in known)
        return {symbol: known[symbol] for symbol in requested}
    roles = config.roles
    # Asking for a dead coin fails each day, and its history does not change any more.
    over = {symbol for symbol, ending in config.endings.items() if ending.kind in ("dead", "renamed")}
    # Required series first: an update that is cut short then still allows a decision.
    order = dict.fromkeys([s for s in (roles.small_caps, roles.eth, roles.btc) if s in known] + list(known))
    return {symbol: known[symbol] for symbol in order if symbol not in over}


def _feeds(config: Config, vendors: Vendors) -> dict[str, Feed]:
    sources, listings, failures = config.sources, config.listings(), VendorFailures()

    def yahoo(symbol: str, ticker: str, kind: SeriesKind) -> Rows:
        adjusted = kind is SeriesKind.ETF_ADJUSTED
        return _counted(failures, "yahoo", lambda since: vendors.yahoo.rows(symbol, ticker, since, adjusted, kind))

    found: dict[str, Feed] = {}
    for symbol, ticker in sources.yahoo.symbols.items():
        second = sources.fallbacks.get(symbol)
        found[symbol] = IndexFeed(
            "yahoo",
            yahoo(symbol, ticker, listings[symbol].kind),
            _counted(failures, "fred", partial(vendors.fred.rows, symbol, second)) if second else None,
            _SOLE if symbol == config.roles.small_caps else "",
        )
    for symbol, series in sources.fred.symbols.items():
        found[symbol] = SeriesFeed("fred", _counted(failures, "fred", partial(vendors.fred.rows, symbol, series)))
    for symbol, chain in sources.defillama.symbols.items():
        supply = _counted(failures, "defillama", partial(vendors.defillama.rows, symbol, chain))
        found[symbol] = SeriesFeed("defillama", supply)
    for symbol in config.altcoin_universe:
        if symbol not in found:
            ticker_before = sources.yahoo.aggregates.get(symbol)
            before = yahoo(symbol, ticker_before, SeriesKind.CRYPTO) if ticker_before else None
            venues = {venue: _venue(config, vendors, failures, venue, symbol) for venue in sources.exchange.venues}
            found[symbol] = CoinFeed(venues, before)
    for symbol, ticker in sources.yahoo.aggregates.items():
        found[symbol + SECOND] = SeriesFeed("yahoo", yahoo(symbol + SECOND, ticker, SeriesKind.CRYPTO))
    return found


def _venue(config: Config, vendors: Vendors, failures: VendorFailures, venue: str, symbol: str) -> VenueFeed:
    """Make the feed of a coin at a venue; its client is loaded at the first request."""
    name = config.sources.exchange.names.get(symbol, symbol)

    def rules() -> VenueRules:
        return replace(vendors.exchange(venue).rules(name), symbol=symbol)

    def notes() -> list[str]:
        from bot.data.vendors.public_exchange import take_notes

        # A venue that was left alone has no client yet.
        return take_notes(vendors.sessions.venues[venue]) if venue in vendors.sessions.venues else []

    return VenueFeed(
        rows=_counted(failures, venue, lambda since: vendors.exchange(venue).rows(symbol, name, since)),
        rules=lambda: failures.ask(venue, rules),
        notes=notes,
    )


def _counted(failures: VendorFailures, vendor: str, rows: Rows) -> Rows:
    """Return the same rows, with the vendor's failures counted."""
    return lambda since: failures.ask(vendor, lambda: rows(since))
