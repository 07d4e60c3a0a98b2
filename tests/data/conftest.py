"""The three vendors on this machine, with empty books, and the real clients' sessions on them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.services.vendors import VendorSessions
from tests.clocks import FakeClock
from tests.servers.wired import Servers, all_servers, loopback_sessions


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def servers() -> Iterator[Servers]:
    with all_servers() as servers:
        yield servers


@pytest.fixture
def sessions(servers: Servers, clock: FakeClock) -> Iterator[VendorSessions]:
    with loopback_sessions(servers.urls, clock) as sessions:
        yield sessions
