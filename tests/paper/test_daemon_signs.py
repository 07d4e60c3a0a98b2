"""Signs of life of the daemon: pings after good ticks alone, systemd's messages, and the nightly parity check."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.core.notice import Notice, NoticeKind
from bot.core.ports import Clock
from bot.infra.service_manager import ServiceManager
from bot.paper import nightly_parity
from bot.paper.daemon import Daemon
from bot.paper.nightly_parity import new_difference
from bot.review.compare.mismatch_causes import MismatchCause
from bot.review.compare.parity_mismatch import ParityMismatch
from bot.services.vendors import VendorSessions
from bot.settings.loader import Config
from tests.markets import config_with
from tests.paper.test_daemon import Life
from tests.paper.test_tick import FIRST_TICK, world
from tests.servers.loopback import dropped
from tests.servers.world import World

__all__ = ["world"]  # a fixture


@pytest.mark.slow
def test_a_failed_tick_sends_no_ping_and_systemd_hears_of_each_step(world: World, tmp_path: Path) -> None:
    pings: list[str] = []
    said: list[str] = []
    notices: list[Notice] = []

    def ping() -> str | None:
        pings.append(f"{world.clock.now():%d %H:%M}")
        return "the ping was not taken: HTTP 500"

    def opened(config: Config, clock: Clock) -> AbstractContextManager[VendorSessions]:
        return world.sessions(tries=1)

    def post(sent: Sequence[Notice]) -> list[str]:
        notices.extend(sent)
        return []

    world.servers.yahoo.fail(dropped())  # the first tick lacks the index
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.setblocking(False)
        heard: list[bytes] = []

        class Heard(Life):
            def wait(self, seconds: float) -> bool:
                assert seconds <= 20  # half of the watchdog's interval
                while True:
                    try:
                        heard.append(listener.recv(500))
                    except BlockingIOError:
                        return super().wait(seconds)

        manager = ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "40000000"})
        daemon = Daemon(
            world.config, "paper", world.clock, said.append, post=post, opened=opened, ping=ping, manager=manager
        )
        daemon.run(Heard(world, FIRST_TICK + timedelta(minutes=30), {}))
        while heard[-1:] != [b"STOPPING=1"]:
            heard.append(listener.recv(500))
    assert [time for time in pings if time < f"{FIRST_TICK + timedelta(minutes=9):%d %H:%M}"] == []
    assert len(pings) == 1
    assert heard[0] == b"READY=1"
    assert all(message.startswith(b"WATCHDOG=1\nSTATUS=paper: next tick ") for message in heard[1:-1])
    assert sum("the ping was not taken: HTTP 500" in line for line in said) == 1
    # The comparison ran, and found what the ledger itself explains.
    assert [line for line in said if "not compared" in line] == []
    assert [one for one in notices if "backtest" in one.title] == []


def mismatch(day: date, cause: MismatchCause = MismatchCause.UNKNOWN) -> ParityMismatch:
    return ParityMismatch(day, "decision", cause, "ETH", "STABLE")


def test_a_difference_is_a_notice_once_also_for_a_later_process(tmp_path: Path, monkeypatch: Any) -> None:
    config = config_with({"state": str(tmp_path)})
    (tmp_path / "ledgers").mkdir()
    found = [mismatch(date(2026, 3, 1), MismatchCause.SPREAD)]

    def parity_of(config: Config, record: object, **_: object) -> Any:
        unknown = sorted({one.day for one in found if one.cause is MismatchCause.UNKNOWN})
        return SimpleNamespace(mismatches=found, unknown=unknown)

    monkeypatch.setattr(nightly_parity, "parity_of", parity_of)
    assert new_difference(config, "paper") is None  # an explained one
    found += [mismatch(date(2026, 3, 2)), mismatch(date(2026, 3, 3))]
    notice = new_difference(config, "paper")
    assert notice == Notice(
        NoticeKind.DIFFERENCE,
        "paper: differs from its backtest",
        "First decision on 2026-03-02: paper ETH, backtest STABLE. 2 days without an explanation; see bot review "
        "parity paper",
    )
    assert new_difference(config, "paper") is None
    found.append(mismatch(date(2026, 3, 5)))
    later = new_difference(config, "paper")
    assert later is not None and "on 2026-03-05" in later.body
    (tmp_path / "ledgers" / "paper.parity.json").write_text("{}x")  # damaged: its days are named again
    again = new_difference(config, "paper")
    assert again is not None and "3 days" in again.body
