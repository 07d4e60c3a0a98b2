"""Health for whoever watches: /healthz, /metrics, and the version by which a page sees that it is old."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.core.events import TradingState, TradingStateChange
from bot.infra.clock import SystemClock
from bot.paper.daemon_status import DaemonState
from bot.paper.heartbeat import Heartbeat, heartbeat_path
from bot.web.site_sources import site_of
from tests.clocks import FakeClock
from tests.markets import config_with
from tests.web.world import BEGUN, DAY, FILLED, HELD, HOLDS, alive, dashboard, site_at, stale, write


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A ledger that decided its day."""
    write(tmp_path, "paper", BEGUN, HELD, FILLED, HOLDS)
    return tmp_path


def test_a_ledger_that_decided_its_day_is_well(state: Path) -> None:
    with dashboard(site_at(state, daemon=alive)) as asking:
        answer = asking.ask("/healthz")
    assert (answer.status, answer.text) == (200, "paper: decided 2026-03-02\n")


def test_a_killed_daemon_is_not(state: Path) -> None:
    with dashboard(site_at(state, daemon=stale)) as asking:
        answer = asking.ask("/healthz")
        assert (answer.status, "daemon stale since" in answer.text) == (503, True)
        assert "Fault: daemon stale since" in asking.ask("/health").words


def test_an_overdue_day_is_not_unless_the_user_stopped_it(state: Path) -> None:
    with dashboard(site_at(state, expected=lambda: date(2026, 3, 3))) as asking:
        assert (asking.ask("/healthz").status, "overdue" in asking.ask("/healthz").text) == (503, True)
        write(state, "paper", TradingStateChange(DAY, TradingState.STOPPED))
        assert asking.ask("/healthz").status == 200


def test_a_rehearsal_is_over_and_well(tmp_path: Path) -> None:
    write(tmp_path, "paper", replace(BEGUN, why="rehearsal"), HELD)
    with dashboard(site_at(tmp_path, expected=lambda: date(2030, 1, 1))) as asking:
        assert asking.ask("/healthz").text == "paper: a rehearsal, which is over\n"


def test_an_unreadable_ledger_is_not_well(tmp_path: Path) -> None:
    (tmp_path / "ledgers").mkdir()
    (tmp_path / "ledgers" / "paper.sqlite3").write_bytes(b"no database" * 100)
    with dashboard(site_at(tmp_path)) as asking:
        assert asking.ask("/healthz").status == 503
        assert 'bot_readable{ledger="paper"} 0' in asking.ask("/metrics").text


def test_the_metrics_are_in_prometheus_own_form(state: Path) -> None:
    with dashboard(site_at(state, daemon=alive)) as asking:
        answer = asking.ask("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    samples = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))
    assert samples['bot_equity{ledger="paper"}'] == "10200"
    assert samples['bot_daemon_alive{ledger="paper"}'] == "1"
    assert samples['bot_stage{ledger="paper",stage="ETH"}'] == "1"
    assert samples['bot_fills_total{ledger="paper"}'] == "1"
    assert float(samples['bot_last_decision_timestamp_seconds{ledger="paper"}']) == DAY.timestamp()
    for line in answer.text.splitlines():
        assert re.fullmatch(r'# (HELP|TYPE) bot_\w+ .+|bot_\w+(\{(\w+="[^"]*",?)+\})? [-+.\de]+', line), line
    told = re.findall(r"^# TYPE (\w+)", answer.text, re.MULTILINE)
    assert len(told) == len(set(told))


def test_a_label_cannot_end_its_line(tmp_path: Path) -> None:
    write(tmp_path, "paper", BEGUN, replace(HELD, stage='A"} 1\nevil{b="\\'))
    with dashboard(site_at(tmp_path)) as asking:
        text = asking.ask("/metrics").text
    assert 'stage="A\\"} 1\\nevil{b=\\"\\\\"} 1' in text
    assert not re.search(r"^evil", text, re.MULTILINE)


def test_the_version_changes_with_every_row_and_with_the_daemon(state: Path) -> None:
    now = {"daemon": alive}
    with dashboard(site_at(state, daemon=lambda name: now["daemon"](name))) as asking:
        first = asking.ask("/api/version").json
        assert asking.ask("/api/version").json == first
        now["daemon"] = stale
        second = asking.ask("/api/version").json
        write(state, "paper", TradingStateChange(DAY, TradingState.FLAT))
        third = asking.ask("/api/version").json
    assert len({first["version"], second["version"], third["version"]}) == 3
    assert (first["daemon"], second["daemon"], third["sequence"]) == ("alive", "stale", 5)


def test_the_heartbeat_on_disk_is_what_the_page_tells(state: Path) -> None:
    config, clock = config_with({"state": str(state)}), FakeClock(DAY + timedelta(hours=1))
    site = site_of(config, clock)
    assert site.daemon("paper").state is DaemonState.NONE
    Heartbeat(heartbeat_path(config, "paper")).beat(clock.now(), clock.now() + timedelta(hours=1))
    assert site.daemon("paper").line == "alive, next tick 2026-03-02T02:00:00Z"
    clock.sleep(301)
    assert site.daemon("paper").state is DaemonState.STALE
    assert site.expected() == date(2026, 3, 1)
    assert site.store() is None


def test_a_reader_changes_nothing(state: Path) -> None:
    before = {path: path.read_bytes() for path in state.rglob("*") if path.is_file()}
    with dashboard(site_of(config_with({"state": str(state)}), SystemClock())) as asking:
        for path in ("/", "/portfolio", "/trades", "/episodes", "/runs", "/health", "/metrics", "/healthz"):
            asking.ask(path)
    assert {path: path.read_bytes() for path in state.rglob("*") if path.is_file()} == before
