"""Check the installation: disk, store, safety guards, keys, vendors and clock."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bot.brokers.testnet.guard import Testnet, refuse_unless_sandbox
from bot.brokers.testnet.keys import KEY_NAMES
from bot.core.errors import BotError, DataError, NotSandbox, StoreError
from bot.core.market import Market
from bot.core.ports import Clock
from bot.data.store.store import Store
from bot.data.vendors.public_venues import VENUES
from bot.infra.version import __version__
from bot.infra.write_access import is_write_denied, write_error
from bot.services.markets import store_path, stored_market
from bot.services.vendors import Vendors, VendorSessions, bans_path, open_vendors
from bot.settings.loader import Config

if TYPE_CHECKING:
    from bot.brokers.testnet.client import TestnetExchange

_LITTLE_ROOM, _NO_ROOM = 1_000_000_000, 100_000_000
"""Bytes: a store of all series takes about 60 MB, a run's folder 10."""
_A_LITTLE = timedelta(days=10)
"""Period of the small request to a vendor; it holds a weekly row that comes a day late."""


class CheckVerdict(StrEnum):
    """Verdict of a check."""

    SOUND = "ok"
    NOTE = "note"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class DoctorCheck:
    """The result of one check, in a line."""

    name: str
    verdict: CheckVerdict
    text: str


def examine(
    config: Config,
    clock: Clock,
    sessions: VendorSessions,
    environment: Mapping[str, str],
    testnet: Callable[[str], TestnetExchange] | None = None,
) -> Iterator[DoctorCheck]:
    """Run every check, also after a fault in one of them.

    `testnet` opens a venue's testnet, by default with the keys of the environment; venues that lack keys are left out.
    """
    yield DoctorCheck("bot", CheckVerdict.SOUND, f"version {__version__}, Python {sys.version.split()[0]}")
    yield DoctorCheck("config", CheckVerdict.SOUND, f"valid, hash {config.fingerprint()[:8]}")
    yield _disk(config.state)
    yield from _store(config, clock)
    yield _guard()
    yield _sandbox()
    yield _keys(environment)
    for venue, names in KEY_NAMES.items():
        if all(environment.get(name) for name in names):
            yield _testnet(venue, clock, testnet or partial(_opened, config, clock=clock, environment=environment))
    yield from _sources(config, clock, sessions)
    yield _clock(config, sessions)


def _disk(state: Path) -> DoctorCheck:
    folder = next(path for path in (state.absolute(), *state.absolute().parents) if path.is_dir())
    if is_write_denied(state):
        return DoctorCheck("disk", CheckVerdict.FAULT, str(write_error(StoreError, state)))
    free = shutil.disk_usage(folder).free
    verdict = (
        CheckVerdict.FAULT if free < _NO_ROOM else CheckVerdict.NOTE if free < _LITTLE_ROOM else CheckVerdict.SOUND
    )
    return DoctorCheck("disk", verdict, f"{free / 1e9:,.1f} GB free at {folder}")


def _store(config: Config, clock: Clock) -> Iterator[DoctorCheck]:
    path = store_path(config)
    if not path.is_file():
        yield DoctorCheck("store", CheckVerdict.NOTE, "none yet; make one with: bot data update")
        return
    try:
        with Store.reading(path) as store:
            store.check_integrity()
            count = len(store.symbols())
    except StoreError as problem:
        yield DoctorCheck("store", CheckVerdict.FAULT, str(problem))
        return
    yield DoctorCheck(
        "store", CheckVerdict.SOUND, f"whole, {count} series, {path.stat().st_size / 1e6:,.0f} MB, {path}"
    )
    try:
        market = stored_market(config)
    except (DataError, StoreError) as problem:
        yield DoctorCheck("freshness", CheckVerdict.FAULT, str(problem))
        return
    yield _freshness(config, clock, market)


def _freshness(config: Config, clock: Clock, market: Market) -> DoctorCheck:
    """Count the sessions or days by which each required series is late."""
    roles, now = config.roles, np.array([clock.now().astimezone(UTC).replace(tzinfo=None)], "datetime64[s]")
    behind = {symbol: int(market[symbol].missed(now)[0]) for symbol in (roles.small_caps, roles.eth, roles.btc)}
    text = ", ".join(f"{symbol} to {market[symbol].dates[-1]}" for symbol in behind)
    limit = config.rotation.stale.after
    if max(behind.values()) > limit:
        late = ", ".join(f"{symbol} by {missed}" for symbol, missed in behind.items() if missed > limit)
        return DoctorCheck(
            "freshness", CheckVerdict.FAULT, f"{text}; late: {late} sessions or days; bring in: bot data update"
        )
    return DoctorCheck("freshness", CheckVerdict.SOUND, text)


def _guard() -> DoctorCheck:
    """Try four forbidden requests on the guard of public data. They are refused before sending."""
    from bot.core.errors import NotPublic
    from bot.infra.public_http import refuse_unless_public

    hosts = ["api.binance.com"]
    forbidden: dict[str, Callable[[], None]] = {
        "an order": lambda: refuse_unless_public("POST", "https://api.binance.com/api/v3/order", hosts),
        "a signature": lambda: refuse_unless_public(
            "GET", "https://api.binance.com/api/v3/account", hosts, ["signature"]
        ),
        "another host": lambda: refuse_unless_public("GET", "https://example.org/", hosts),
        "an unencrypted request": lambda: refuse_unless_public("GET", "http://api.binance.com/api/v3/time", hosts),
    }
    let_through = []
    for name, attempt in forbidden.items():
        try:
            attempt()
        except NotPublic:
            continue
        let_through.append(name)
    if let_through:
        return DoctorCheck("guard", CheckVerdict.FAULT, f"lets through: {', '.join(let_through)}")
    return DoctorCheck("guard", CheckVerdict.SOUND, f"refuses {', '.join(forbidden)}; no command places a real order")


def _opened(config: Config, venue: str, clock: Clock, environment: Mapping[str, str]) -> TestnetExchange:
    from bot.brokers.testnet.client import keep_bans, open_testnet

    exchange = open_testnet(Testnet(venue), clock, environment)
    keep_bans(exchange, bans_path(config))
    return exchange


def _testnet(venue: str, clock: Clock, opened: Callable[[str], TestnetExchange]) -> DoctorCheck:
    """Check that a testnet answers and accepts the keys, by reading only."""
    try:
        exchange = opened(venue)
        skew = abs((exchange.server_time() - clock.now()).total_seconds())
        assets, pairs = len(exchange.balances()), len(exchange.pairs())
    except BotError as problem:
        return DoctorCheck(f"{venue} testnet", CheckVerdict.FAULT, str(problem))
    text = f"takes the keys; {assets} assets, {pairs} pairs, its clock is {skew:.0f} s from ours"
    return DoctorCheck(f"{venue} testnet", CheckVerdict.SOUND, text)


def _sandbox() -> DoctorCheck:
    """Try a signed order on the guard for every known real exchange, and for the testnet as a control; none is sent."""
    testnet = Testnet("binance")
    if not _is_let_through(testnet, testnet.origin):
        return DoctorCheck(
            "sandbox", CheckVerdict.FAULT, f"refuses an order to {testnet.origin} too: no order can be placed"
        )
    hosts = sorted({venue.host for venue in VENUES.values()})
    if passed := [host for host in hosts if _is_let_through(testnet, f"https://{host}")]:
        return DoctorCheck(
            "sandbox", CheckVerdict.FAULT, f"lets a signed order through to {', '.join(passed)}: do not trade"
        )
    return DoctorCheck(
        "sandbox", CheckVerdict.SOUND, f"refuses a signed order to each of {len(hosts)} real exchanges (NotSandbox)"
    )


def _is_let_through(testnet: Testnet, origin: str) -> bool:
    """Return True if the guard would send a valid order to an origin."""
    headers = {"X-MBX-APIKEY": "no-key", "Content-Type": "application/x-www-form-urlencoded"}
    order = (
        "symbol=ETHUSDT&side=BUY&type=MARKET&quantity=1&newClientOrderId=r-doctor&newOrderRespType=FULL"
        f"&timestamp=1700000000000&recvWindow=10000&signature={'0' * 64}"
    )
    try:
        refuse_unless_sandbox(testnet, "no-key", "POST", f"{origin}/api/v3/order", headers, order)
    except NotSandbox:
        return False
    return True


def _keys(environment: Mapping[str, str]) -> DoctorCheck:
    """Name the keys in the environment; their values stay secret."""
    missing = {venue: [name for name in pair if not environment.get(name)] for venue, pair in KEY_NAMES.items()}
    half = [name for names in missing.values() if len(names) == 1 for name in names]
    if half:
        return DoctorCheck("keys", CheckVerdict.FAULT, f"one of two is missing: {', '.join(half)}")
    there = [venue for venue, names in missing.items() if not names]
    if there:
        return DoctorCheck("keys", CheckVerdict.SOUND, f"testnet keys for {', '.join(there)} are in the environment")
    return DoctorCheck("keys", CheckVerdict.SOUND, "no testnet keys in the environment; none are needed here")


def _sources(config: Config, clock: Clock, sessions: VendorSessions) -> Iterator[DoctorCheck]:
    """Send each vendor one small request."""
    vendors, sources = open_vendors(config, sessions), config.sources
    since = clock.now().date() - _A_LITTLE
    small_caps = sources.yahoo.symbols.get(config.roles.small_caps)
    requests: dict[str, Callable[[], object]] = {}
    if small_caps is not None:
        kind = config.listings()[config.roles.small_caps].kind
        requests["yahoo"] = lambda: vendors.yahoo.rows(config.roles.small_caps, small_caps, since, False, kind)
    if sources.fred.symbols:
        symbol, series = next(iter(sources.fred.symbols.items()))
        requests["fred"] = lambda: vendors.fred.rows(symbol, series, since)
    if sources.defillama.symbols:
        total, chain = next(iter(sources.defillama.symbols.items()))
        requests["defillama"] = lambda: vendors.defillama.rows(total, chain, since)
    for venue in sources.exchange.venues:
        requests[venue] = partial(_lists, vendors, venue, config.roles.btc)
    for name, request in requests.items():
        try:
            request()
        except BotError as problem:
            yield DoctorCheck(name, CheckVerdict.FAULT, str(problem))
        else:
            yield DoctorCheck(name, CheckVerdict.SOUND, "answers")


def _lists(vendors: Vendors, venue: str, coin: str) -> None:
    """Raise NotListed unless a venue lists the one coin that all venues have."""
    vendors.exchange(venue).pair(coin)


def _clock(config: Config, sessions: VendorSessions) -> DoctorCheck:
    skews = {host: skew for policy in sessions.retry_policies for host, skew in policy.skew.items()}
    if not skews:
        return DoctorCheck("clock", CheckVerdict.NOTE, "cannot be checked: no vendor answered")
    host = max(skews, key=lambda name: abs(skews[name]))
    text = f"at most {abs(skews[host]):,.0f} s from that of a vendor ({host})"
    is_within = abs(skews[host]) <= config.sources.clock_tolerance
    return DoctorCheck(
        "clock", CheckVerdict.SOUND if is_within else CheckVerdict.FAULT, text if is_within else f"{text}: set it"
    )
