"""No class of the exchange library reaches a host that is not pinned, whatever is called on it.

Each is walked twice: as it is, which shows that the walk does reach hosts, and with the sealed session in the place
of its own. `make soak` walks them all. The sessions of the other profiles are walked too: nothing of an exchange passes
those of the archive, DefiLlama, the ping and the time-stamp, and anonymous reads alone pass that of public prices.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any
from urllib.parse import urlsplit

import ccxt
import pytest
import requests

from bot.brokers.testnet.guard import TESTNETS, Testnet
from bot.data.vendors.defillama import DEFILLAMA_HOST
from bot.data.vendors.public_venues import VENUES
from bot.infra.archive_guard import FILES_HOST, LISTING_HOST, refuse_unless_archive
from bot.infra.public_http import PublicSession
from bot.infra.rate_limit import RetryPolicy
from bot.paper.anchor_request import timestamp_session
from bot.paper.health_ping import ping_session
from tests.brokers.testnet.walk import CREDENTIALS, Mode, Recorder, Tried, bare, guarded, has_demo, walk
from tests.clocks import FakeClock

pytestmark = pytest.mark.slow

LIBRARIES = sorted({Testnet(name).exchange_id for name in TESTNETS})
OTHERS = sorted(set(ccxt.exchanges) - set(LIBRARIES))
SAMPLE = random.Random(20261122).sample(OTHERS, 8)
PINNED = {
    "testnet.binance.vision",
    "api-testnet.bybit.com",
    "api-testnet.gateapi.io",
    "demo-api.binance.com",
    "api-demo.bybit.com",
}


@dataclass
class Walked:
    """What both walks over a number of classes came to."""

    hosts: set[str] = field(default_factory=set)
    guarded_hosts: set[str] = field(default_factory=set)
    sent: int = 0
    guarded_sent: int = 0
    refused: int = 0

    def add(self, name: str, recorder: Recorder) -> None:
        """Walk one class in each of its modes, without and with the guard, and hold them against each other."""
        profiles = [Testnet(one) for one in TESTNETS if Testnet(one).exchange_id == name] or [Testnet("binance")]
        for profile, mode in product(profiles, modes(name)):
            recorder.sent.clear()
            free = walk(bare(name, mode), recorder)
            self.hosts |= recorder.hosts
            self.sent += len(recorder.sent)
            recorder.sent.clear()
            recorder.refused.clear()
            held = walk(guarded(name, profile, mode), recorder)
            assert set(recorder.refused) <= {"NotSandbox"}
            compare(name, free, held)
            assert all((one.scheme, one.port, one.proxy) == ("https", 443, None) for one in recorder.sent)
            assert recorder.hosts <= {urlsplit(profile.origin).hostname}
            self.guarded_hosts |= recorder.hosts
            self.guarded_sent += len(recorder.sent)
            self.refused += len(recorder.refused)


def modes(name: str) -> list[Mode]:
    """Production and sandbox mode, and demo mode where the library has one."""
    return [*([Mode.PRODUCTION, Mode.SANDBOX]), *([Mode.DEMO] if has_demo(name) else [])]


def compare(name: str, free: list[Tried], held: list[Tried]) -> None:
    """Every call that reached a host without the guard is refused by it, or goes to a pinned host."""
    assert any(one.sent for one in free), f"the walk over {name} reaches nothing, and proves nothing"
    for one, other in zip(free, held, strict=True):
        assert one.call == other.call
        if one.sent:
            assert other.sent or other.refused, (name, one, other)
        if other.refused and not other.sent:
            # Where the library itself swallows what a call ends with, it does so without the guard too.
            assert other.ended == "NotSandbox" or other.ended == one.ended, (name, one, other)


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    return Recorder().install(monkeypatch)


@pytest.mark.parametrize("name", [*LIBRARIES, *SAMPLE])
def test_a_class_of_the_library_reaches_pinned_hosts_only(name: str, recorder: Recorder) -> None:
    walked = Walked()
    walked.add(name, recorder)
    assert walked.hosts - PINNED
    assert walked.guarded_hosts <= PINNED


@pytest.mark.parametrize("name", TESTNETS)
def test_a_pinned_class_does_reach_its_testnet(name: str, recorder: Recorder) -> None:
    profile = Testnet(name)
    mode = Mode.SANDBOX if profile.exchange_id == name else Mode.DEMO
    walk(guarded(profile.exchange_id, profile, mode), recorder)
    assert recorder.hosts == {urlsplit(Testnet(name).origin).hostname}


def _policy() -> RetryPolicy:
    return RetryPolicy(FakeClock(), pause=0.0, tries=1)


PING, AUTHORITY, DIGEST = "https://hc.example.org/ping", "http://tsa.example.org/tsr", b"\x07" * 32
CLOSED: Mapping[str, Callable[[], requests.Session]] = {
    "archive": lambda: PublicSession(_policy(), (FILES_HOST, LISTING_HOST), profile=refuse_unless_archive),
    "DefiLlama": lambda: PublicSession(_policy(), [DEFILLAMA_HOST]),
    "ping": lambda: ping_session(PING),
    "time-stamp": lambda: timestamp_session(AUTHORITY, DIGEST),
}
"""Sessions by which no request of the library may leave."""
READS = "public prices"


def session_of(profile: str) -> requests.Session:
    """The session of a profile; that of public prices may ask every venue."""
    return CLOSED[profile]() if profile in CLOSED else PublicSession(_policy(), [v.host for v in VENUES.values()])


def walk_by(name: str, profile: str, recorder: Recorder) -> tuple[int, int]:
    """Walk one class by the session of a profile; return how many requests were sent and refused."""
    refused: list[str] = []
    session = session_of(profile)
    request = session.request

    def noted(*given: Any, **named: Any) -> Any:
        before = len(recorder.sent)
        try:
            return request(*given, **named)
        except Exception as problem:
            if len(recorder.sent) == before:
                refused.append(type(problem).__name__)
            raise

    session.request = noted
    recorder.sent.clear()
    walk(bare(name, session=session), recorder)
    assert set(refused) <= {"NotPublic"}, (name, profile, set(refused))
    if profile != READS:
        assert recorder.sent == [], (name, profile)
    for sent in recorder.sent:
        assert (sent.scheme, sent.port, sent.method, sent.proxy, sent.body) == ("https", 443, "GET", None, None)
        said = f"{sent.target} {sent.headers}"
        assert not any(value in said for value in CREDENTIALS.values() if len(value) > 4), (name, sent)
        assert sent.host in {venue.host for venue in VENUES.values()}
    return len(recorder.sent), len(refused)


@pytest.mark.parametrize("profile", [*CLOSED, READS])
def test_a_class_gets_no_request_through_another_profile(profile: str, recorder: Recorder) -> None:
    for name in [*LIBRARIES, *SAMPLE[:2]]:
        assert walk_by(name, profile, recorder)[1] > 50


@pytest.mark.soak
@pytest.mark.parametrize("profile", [*CLOSED, READS])
def test_no_class_gets_a_request_through_another_profile(profile: str, recorder: Recorder) -> None:
    found = [walk_by(name, profile, recorder) for name in ccxt.exchanges]
    sent, refused = (sum(part) for part in zip(*found, strict=True))
    print(f"\n{profile}: {sent:,} requests sent, {refused:,} refusals")
    assert refused > 10_000


@pytest.mark.soak
def test_no_class_of_the_library_reaches_another_host(recorder: Recorder) -> None:
    walked = Walked()
    for name in ccxt.exchanges:
        walked.add(name, recorder)
    print(
        f"\nunguarded: {len(walked.hosts)} hosts, {walked.sent:,} requests; guarded: {walked.guarded_sent} requests "
        f"to {len(walked.guarded_hosts)} hosts, {walked.refused:,} refusals"
    )
    assert len(walked.hosts) > 100 and walked.sent > 10_000
    assert walked.guarded_hosts == PINNED
