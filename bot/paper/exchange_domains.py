"""Domains of all known exchanges: notices and pings to them are refused."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from bot.brokers.testnet.guard import TESTNETS, Testnet
from bot.data.vendors.public_venues import VENUES


def names_exchange(address: str) -> bool:
    """Return True if an address has the domain of a known exchange, with any subdomain, also in escaped letters."""
    return _EXCHANGES.search(unquote(address).casefold()) is not None


def _exchanges() -> re.Pattern[str]:
    hosts = {venue.host for venue in VENUES.values()} | {urlsplit(Testnet(v).origin).netloc for v in TESTNETS}
    domains = {".".join(host.split(".")[-2:]) for host in hosts}
    return re.compile(rf"(?<![a-z0-9-])({'|'.join(map(re.escape, sorted(domains)))})(?![a-z0-9-])")


_EXCHANGES = _exchanges()
