"""The page in a real Chromium: it swaps itself for what a tick wrote, and says when the daemon is gone."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from bot.infra.clock import SystemClock
from bot.ledger.record import count_rows
from bot.ledger.selection import Selection
from bot.paper.daemon_status import DaemonStatus
from bot.paper.ledgers import ledger_path
from bot.paper.rehearsal import rehearse
from tests.markets import config_with
from tests.web.world import BEGUN, FILLED, HELD, HOLDS, Asking, alive, dashboard, quiet_days, site_at, stale, write

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


def seen(asking: Asking, path: str, profile: Path) -> str:
    """The document as a browser has it nine seconds after it was opened; those seconds pass in a moment."""
    done = subprocess.run(
        [
            str(CHROMIUM),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            f"--user-data-dir={profile}",
            "--virtual-time-budget=9000",
            "--dump-dom",
            asking.url + path,
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


class Daemon:
    """A daemon that does something while a page is open: when it is first asked after the page came."""

    def __init__(self) -> None:
        self.told = alive
        self.left, self.act = 0, lambda: None

    def arm(self, act: Callable[[], None], after: int) -> None:
        """Do this at the first question after those that a page puts as it is made."""
        self.left, self.act = after + 1, act

    def __call__(self, name: str) -> DaemonStatus:
        self.left -= 1
        if self.left == 0:
            self.act()
        return self.told(name)


class HeldClock(SystemClock):
    """The machine's clock, which stands still from the first fill of a ledger until it is let go."""

    def __init__(self, ledger: Path) -> None:
        self.ledger = ledger
        self.is_held, self.let_go = threading.Event(), threading.Event()

    def now(self) -> datetime:
        if not self.let_go.is_set() and self.ledger.exists() and count_rows(self.ledger, Selection(("fill",))):
            self.is_held.set()
            self.let_go.wait(60)
        return super().now()


def test_a_fill_appears_on_the_open_page(tmp_path: Path) -> None:
    state, daemon = tmp_path / "state", Daemon()
    write(state, "paper", BEGUN, *quiet_days(3))
    with dashboard(site_at(state, daemon=daemon)) as asking:
        assert "No trade yet." in asking.ask("/").text
        daemon.arm(lambda: write(state, "paper", HELD, FILLED, HOLDS), after=2)
        document = seen(asking, "/", tmp_path / "profile")
    assert "Bought 2 ETH at 2,000.00: entered ETH." in document
    assert "No trade yet." not in document
    assert re.search(r'id="status"[^>]*>Updated\. Daemon alive', document)


def test_a_killed_daemon_shows_as_stale_on_the_open_page(tmp_path: Path) -> None:
    state, daemon = tmp_path / "state", Daemon()
    write(state, "paper", BEGUN, *quiet_days(3))

    def killed() -> None:
        daemon.told = stale

    with dashboard(site_at(state, daemon=daemon)) as asking:
        assert "Daemon alive" in asking.ask("/portfolio").text
        daemon.arm(killed, after=2)
        document = seen(asking, "/portfolio", tmp_path / "profile")
    assert re.search(r'id="status"[^>]*>Updated\. Daemon stale', document)
    assert re.search(r'id="pulse" class="pulse unwell">.*paper: Daemon stale since', document)


def test_a_run_on_the_venue_fills_the_open_page(tmp_path: Path) -> None:
    config, daemon = config_with({"state": str(tmp_path / "state")}), Daemon()
    clock = HeldClock(ledger_path(config, "paper"))
    first, last = date(2103, 3, 21), date(2103, 3, 30)
    run = threading.Thread(target=rehearse, args=(config, None, "demo", first, last, "paper", clock))

    def goes_on() -> None:
        clock.let_go.set()
        run.join()

    run.start()
    with dashboard(site_at(config.state, daemon=daemon)) as asking:
        assert clock.is_held.wait(60)
        before = asking.ask("/api/trades").json["fills"]["total"]
        daemon.arm(goes_on, after=1)  # what is over has no daemon to be judged by
        document = seen(asking, "/trades", tmp_path / "profile")
        after = asking.ask("/api/trades").json["fills"]["total"]
    assert 0 < before < after
    assert f"{after} fills, the newest first" in document
    assert re.search(r'id="status"[^>]*>Updated\.', document)
