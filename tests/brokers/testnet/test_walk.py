"""No class of the exchange library reaches a host that is not pinned, whatever is called on it.

Each is walked twice: as it is, which shows that the walk does reach hosts, and with the sealed session in the place
of its own. `make soak` walks them all.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import product
from urllib.parse import urlsplit

import ccxt
import pytest

from bot.brokers.testnet.guard import TESTNETS, Testnet
from tests.brokers.testnet.walk import Mode, Recorder, Tried, bare, guarded, has_demo, walk

pytestmark = pytest.mark.slow

LIBRARIES = sorted({Testnet(name).library for name in TESTNETS})
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
        profiles = [Testnet(one) for one in TESTNETS if Testnet(one).library == name] or [Testnet("binance")]
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
    mode = Mode.SANDBOX if profile.library == name else Mode.DEMO
    walk(guarded(profile.library, profile, mode), recorder)
    assert recorder.hosts == {urlsplit(Testnet(name).origin).hostname}


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
