"""Every finding of the judge of health, on the four surfaces that show it: they must agree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.core.errors import BotError
from bot.core.events import BalanceCause, BalanceDifference, Event, TradingState, TradingStateChange
from bot.core.notice import NoticeKind
from bot.data.store.store import Store
from bot.paper.daemon_status import DaemonStatus
from bot.paper.health import FindingKind, FindingSeverity, HealthFacts, StoreFreshness, judge
from bot.paper.health_facts import require_health
from bot.paper.heartbeat import Beat, Heartbeat, heartbeat_path
from bot.services.markets import store_path
from bot.web.site_sources import site_of
from tests.paper.test_notifier import Ledger
from tests.paper.test_tick_notices import BEGUN, BUY, DAY, FILLED, HELD
from tests.web.world import dashboard

NOON = DAY + timedelta(hours=12)
UNEXPLAINED = BalanceDifference(NOON, "ETH", Decimal(2), Decimal(1), BalanceCause.UNKNOWN)
STOPPED = TradingStateChange(NOON, TradingState.STOPPED)


def heartbeat(ago: timedelta) -> Callable[[Ledger], None]:
    """Return a step that writes the heartbeat of a daemon so long before noon."""

    def write(ledger: Ledger) -> None:
        Heartbeat(heartbeat_path(ledger.config, "mine")).beat(NOON - ago, NOON + timedelta(hours=6))

    return write


def empty_store(ledger: Ledger) -> None:
    """Make a market store without a row."""
    with Store.writing(store_path(ledger.config)):
        pass


def damaged_store(ledger: Ledger) -> None:
    """Put a file that is no database in the place of the market store."""
    store_path(ledger.config).write_bytes(b"no database" * 100)


CASES: dict[str, tuple[Sequence[Event], Callable[[Ledger], None] | None, datetime, list[FindingKind]]] = {
    "decided": ([BEGUN, HELD], None, NOON, []),
    "decided, a daemon lives": ([BEGUN, HELD], heartbeat(timedelta(minutes=1)), NOON, []),
    "stopped long ago": ([BEGUN, HELD, STOPPED], None, NOON + timedelta(days=9), []),
    "waits for prices": ([], heartbeat(timedelta(minutes=1)), NOON, []),
    "a replay": ([replace(BEGUN, why="replay"), HELD, BUY, FILLED], None, NOON + timedelta(days=9), []),
    "the daemon is silent": ([BEGUN, HELD], heartbeat(timedelta(hours=1)), NOON, [FindingKind.DAEMON_STALE]),
    "no row, no daemon": ([], None, NOON, [FindingKind.NOT_BEGUN]),
    "an order of unknown status": ([BEGUN, HELD, BUY], None, NOON, [FindingKind.ORDERS_UNKNOWN]),
    "the same, a daemon lives": (
        [BEGUN, HELD, BUY],
        heartbeat(timedelta(minutes=1)),
        NOON,
        [FindingKind.ORDERS_UNKNOWN],
    ),
    "the same, stopped": ([BEGUN, HELD, BUY, STOPPED], None, NOON, [FindingKind.ORDERS_UNKNOWN]),
    "the same in a rehearsal": (
        [replace(BEGUN, why="rehearsal"), HELD, BUY],
        None,
        NOON,
        [FindingKind.ORDERS_UNKNOWN],
    ),
    "an unexplained balance": ([BEGUN, HELD, UNEXPLAINED], None, NOON, [FindingKind.BALANCE_UNEXPLAINED]),
    "an overdue day": ([BEGUN, HELD], None, NOON + timedelta(days=1), [FindingKind.DAY_OVERDUE]),
    "two at once": (
        [BEGUN, HELD, BUY],
        None,
        NOON + timedelta(days=1),
        [FindingKind.ORDERS_UNKNOWN, FindingKind.DAY_OVERDUE],
    ),
    "a store without a row": ([BEGUN, HELD], empty_store, NOON, [FindingKind.STORE_STALE]),
    "a damaged store": ([BEGUN, HELD], damaged_store, NOON, [FindingKind.STORE_UNREADABLE]),
}
WARNINGS = {FindingKind.STORE_STALE, FindingKind.STORE_UNREADABLE}


def checked(ledger: Ledger, now: datetime) -> tuple[bool, str]:
    """Return what `bot paper status --check` finds, and its line."""
    try:
        return True, require_health(ledger.config, "mine", now)
    except BotError as problem:
        assert problem.exit_code in (3, 5)
        return False, str(problem)


@pytest.mark.parametrize("case", CASES)
def test_the_four_surfaces_agree(tmp_path: Path, case: str) -> None:
    events, prepare, now, kinds = CASES[case]
    ledger = Ledger(tmp_path)
    ledger.write(*events)
    if prepare is not None:
        prepare(ledger)
    ledger.clock.set(now)
    faults = [kind for kind in kinds if kind not in WARNINGS]

    is_well, line = checked(ledger, now)
    assert is_well is not bool(faults)

    if events:  # without a row there is no record that a page could show
        with dashboard(site_of(ledger.config, ledger.clock)) as asking:
            answer, page = asking.ask("/healthz?run=mine"), asking.ask("/api/health?run=mine").json
            words = asking.ask("/health?run=mine").words
        assert answer.status == (503 if faults else 200)
        assert page["is_well"] is not bool(faults)
        assert [finding["kind"] for finding in page["findings"]] == kinds
        assert ("Healthy:" in words) is not bool(faults)
        for finding in page["findings"]:
            assert finding["message"] in line
            assert finding["message"] in answer.text

    with ledger.notifier().watching():
        pass
    sent = [notice.title for notice in ledger.sent.notices if notice.kind is NoticeKind.ERROR]
    expected = [kind for kind in faults if kind is not FindingKind.NOT_BEGUN]  # a tick begins the ledger
    assert sent == [f"mine: {kind}" for kind in expected]


def test_every_finding_has_a_case() -> None:
    assert {kind for *_, kinds in CASES.values() for kind in kinds} == set(FindingKind)


class TestTheJudge:
    FACTS = HealthFacts("mine", DaemonStatus(None, NOON), DAY.date(), first_day=DAY.date(), last_day=DAY.date())

    def test_is_healthy_where_nothing_is_found(self) -> None:
        verdict = judge(self.FACTS)
        assert (verdict.findings, verdict.is_healthy, verdict.line) == ((), True, "decided 2026-03-02")

    def test_puts_a_warning_behind_the_summary_and_stays_healthy(self) -> None:
        verdict = judge(replace(self.FACTS, store=StoreFreshness(DAY - timedelta(days=3))))
        assert verdict.is_healthy
        assert [finding.severity for finding in verdict.findings] == [FindingSeverity.WARNING]
        assert verdict.line == (
            "decided 2026-03-02; warning: the market store has no row from 2026-03-02 or later; "
            "its newest came 2026-02-27T00:00:00Z"
        )

    @pytest.mark.parametrize(("seen", "found"), [(DAY - timedelta(seconds=1), 1), (DAY, 0)])
    def test_takes_a_store_for_fresh_from_the_midnight_of_the_expected_day(self, seen: datetime, found: int) -> None:
        assert len(judge(replace(self.FACTS, store=StoreFreshness(seen))).findings) == found

    def test_leaves_open_orders_alone_while_their_tick_runs(self) -> None:
        ticking = DaemonStatus(Beat(7, NOON, NOON, "0.1"), NOON)
        facts = replace(self.FACTS, open_orders=2)
        assert judge(replace(facts, daemon=ticking)).is_healthy
        (fault,) = judge(replace(facts, daemon=replace(ticking, is_after_tick=True))).faults
        assert fault.message == "2 orders have an unknown status"

    def test_counts_an_overdue_day_from_the_first_day_of_a_ledger_without_a_decision(self) -> None:
        facts = replace(self.FACTS, last_day=None, expected=date(2026, 3, 3))
        (fault,) = judge(facts).faults
        assert fault.text == "a day is overdue: expected 2026-03-03, was none decided"
