"""The real clients on the servers of this machine, in this process or in another one.

    with all_servers() as servers:
        servers.yahoo.charts["^RUT"] = Chart(rows(...))
        with loopback_sessions(servers.urls, FakeClock()) as sessions:
            Yahoo(sessions.yahoo).rows("RUT", "^RUT", None, adjusted=False)

`urls` is plain text by host: a process that is to be killed gets it through its environment, as JSON.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from curl_cffi.requests import Response
from requests.adapters import HTTPAdapter

from bot.core.ports import Clock
from bot.data.vendors.defillama import DEFILLAMA_HOST
from bot.data.vendors.fred import FRED_HOST
from bot.data.vendors.public_venues import VENUES
from bot.data.vendors.yahoo import YAHOO_HOSTS, YahooSession
from bot.infra.public_http import PublicSession
from bot.infra.rate_limit import RetryPolicy
from bot.services.vendors import VendorSessions
from tests.servers.defillama import DefiLlamaServer
from tests.servers.exchange import ExchangeServer
from tests.servers.fred import FredServer
from tests.servers.loopback import LoopbackServer
from tests.servers.yahoo import YahooServer


@dataclass(frozen=True)
class Servers:
    """One of each vendor."""

    yahoo: YahooServer
    fred: FredServer
    defillama: DefiLlamaServer
    exchange: ExchangeServer

    @property
    def each(self) -> tuple[LoopbackServer, ...]:
        """Every server."""
        return self.yahoo, self.fred, self.defillama, self.exchange

    @property
    def urls(self) -> dict[str, str]:
        """The server that stands in for each host; every venue is the same exchange, and speaks as Binance does."""
        found = dict.fromkeys(YAHOO_HOSTS, self.yahoo.url)
        found |= {FRED_HOST: self.fred.url, DEFILLAMA_HOST: self.defillama.url}
        return found | {venue.host: self.exchange.url for venue in VENUES.values()}


@contextlib.contextmanager
def all_servers() -> Iterator[Servers]:
    """All four servers, with empty books."""
    with (
        YahooServer() as yahoo,
        FredServer() as fred,
        DefiLlamaServer() as defillama,
        ExchangeServer() as exchange,
    ):
        yield Servers(yahoo, fred, defillama, exchange)


class LoopbackAdapter(HTTPAdapter):
    """Carries requests for known hosts to servers on the loopback, and no others anywhere."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        super().__init__()
        self._urls = urls

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        carried = request.copy()
        carried.url = _elsewhere(request.url or "", self._urls)
        return super().send(carried, *args, **kwargs)


class LoopbackYahooSession(YahooSession):
    """Yahoo's session with its last step turned to the loopback."""

    def __init__(self, retry_policy: RetryPolicy, urls: Mapping[str, str], **rules: Any) -> None:
        super().__init__(retry_policy, **rules)
        self._urls = urls

    def transfer(self, url: str, params: dict[str, Any]) -> Response:
        return super().transfer(_elsewhere(url, self._urls), params)


def _elsewhere(url: str, urls: Mapping[str, str]) -> str:
    host, slash, rest = url.removeprefix("https://").partition("/")
    return urls[host.removesuffix(":443")] + slash + rest


@contextlib.contextmanager
def loopback_sessions(
    urls: Mapping[str, str], clock: Clock, *, tries: int = 4, pause: float = 0.25, **rules: Any
) -> Iterator[VendorSessions]:
    """Sessions that lead to `urls`; `rules` are those of a public session, for tests of its patience."""

    def public(*hosts: str) -> PublicSession:
        return PublicSession(
            RetryPolicy(clock, tries=tries, pause=pause), hosts, adapter=LoopbackAdapter(urls), **rules
        )

    with (
        LoopbackYahooSession(RetryPolicy(clock, tries=tries, pause=pause), urls) as yahoo,
        public(FRED_HOST) as fred,
        public(DEFILLAMA_HOST) as defillama,
        public(*(venue.host for venue in VENUES.values())) as exchange,
    ):
        yield VendorSessions(yahoo, fred, defillama, exchange)
