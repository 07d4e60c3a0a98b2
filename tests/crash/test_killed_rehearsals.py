"""The bot's process is really killed, at every step and at any instant, and no order is lost or there twice."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.core.errors import LedgerError
from bot.core.market import Market
from bot.core.moments import midnight
from bot.core.orders import Fill, Settlement
from bot.core.portfolio import Portfolio
from bot.data.clock import SystemClock
from bot.ledger.decode import decode
from bot.ledger.journal import Journal
from bot.ledger.record import Row
from bot.serving import QUOTE, open_exchange, terms_of
from bot.venue.clocks import DrivenClock
from bot.venue.exchange import KEY, Exchange
from bot.venue.faults import Fault, Kind
from bot.venue.rest import Answer, Asked
from bot.venue.server import VenueServer
from bot.venue.weights import Limits
from tests.crash.rehearsing import LATE
from tests.markets import default_config

WEEK, TWO_DAYS = 0, 1
DAYS = {WEEK: ("2112-10-19", "2112-10-25"), TWO_DAYS: ("2112-10-19", "2112-10-20")}
"""The demo's busiest days: on the first everything is bought, on the second much is sold and bought."""
KILLS, SOAK_KILLS = 20, 300
KINDS = ("decision", "order", "fill", "settlement", "valuation")
DELAY = LATE.total_seconds() / 2
ORDER = {"method": "POST", "path": "order"}
FAULTS = {
    Fault(Kind.DROP, **ORDER): 0.04,
    Fault(Kind.DROP, accepted=True, **ORDER): 0.04,
    Fault(Kind.ERROR, status=503, code=-1000, **ORDER): 0.04,
    Fault(Kind.ERROR, accepted=True, status=503, code=-1001, **ORDER): 0.04,
    Fault(Kind.HTML, accepted=True, **ORDER): 0.04,
    Fault(Kind.DELAY, seconds=DELAY, **ORDER): 0.04,
    Fault(Kind.DELAY, accepted=True, seconds=DELAY, **ORDER): 0.04,
    Fault(Kind.DROP, method="GET"): 0.02,
    Fault(Kind.ERROR, method="GET", code=-1007): 0.02,
    Fault(Kind.TRUNCATED, method="GET"): 0.02,
}


class WatchedVenue(VenueServer):
    """A venue that remembers from when to when it was busy with each request."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(exchange, limits=Limits(orders=100_000))
        self.spans: list[tuple[float, float]] = []

    def answer(self, asked: Asked) -> tuple[Answer | None, Kind | None]:
        began = time.monotonic()
        try:
            return super().answer(asked)
        finally:
            self.spans.append((began, time.monotonic()))

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


class Bot:
    """A process that forks a child a rehearsal."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.killed_at = 0.0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.rehearsing"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, cwd=Path(__file__).resolve().parents[2],
        )  # fmt: skip
        self._say({"state": str(state), "days": list(DAYS.values())})
        assert self._hear() == "ready"

    def rehearse(
        self, days: int, ledger: str, venue: WatchedVenue, step: int | None = None, after: float | None = None
    ) -> int:
        """Rehearse, perhaps only up to a step or for so many seconds; the exit code, negative for a signal."""
        self._say({"days": days, "ledger": ledger, "port": venue.port, "step": step})
        child = int(self._hear())
        if after is not None:
            time.sleep(after)
            self.killed_at = time.monotonic()
            with contextlib.suppress(ProcessLookupError):  # it was done already
                os.kill(child, signal.SIGKILL)
        return int(self._hear())

    def rows(self, ledger: str) -> list[Row]:
        """A ledger, whose chain is whole."""
        with Journal.open(self.state / "ledgers" / f"{ledger}.sqlite3") as journal:
            return journal.rows

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=10)

    def _say(self, what: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def _hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture(scope="module")
def bot() -> Iterator[Bot]:
    """The process, with a state folder in memory: what is killed is a process, not the machine."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        made = Bot(Path(folder))
        yield made
        made.close()


@contextmanager
def venue_of(demo: Market) -> Iterator[WatchedVenue]:
    """A new venue that stands at the first day."""
    clock = DrivenClock(SystemClock(), midnight(date.fromisoformat(DAYS[WEEK][0])))
    cash = default_config().start_equity
    with WatchedVenue(open_exchange(default_config(), demo, clock, terms_of(cash)).exchange) as venue:
        yield venue
        assert venue.problems == []


Told = list[tuple[str, str, dict[str, Any]]]


def assert_sound(venue: WatchedVenue, rows: Sequence[Row]) -> Told:
    """Hold the venue's orders, trades and balances against the ledger's, and return what happened by the ledger."""
    account = venue.exchange.account(KEY)
    ids = [order.ticket.client_id for order in account.orders.values()]
    assert len(ids) == len(set(ids)), "an order is on the venue twice"
    names = {order.id: order.ticket.client_id for order in account.orders.values()}
    trades = [(names[trade.order_id], trade.side, trade.quantity, trade.price, trade.at) for trade in account.trades]
    fills = [event for event in map(decode, rows) if isinstance(event, Fill)]
    assert [(fill.order_id, fill.side, fill.quantity, fill.price, fill.at) for fill in fills] == trades
    assert {row.body["order_id"] for row in rows if row.kind == "order"} >= set(ids)
    portfolio = Portfolio(default_config().start_equity)
    for event in map(decode, rows):
        if isinstance(event, Fill | Settlement):
            portfolio = portfolio.apply(event)
    held = {asset: balance.free for asset, balance in account.balances.items() if balance.free}
    assert held == {QUOTE: portfolio.cash, **portfolio.holdings}
    return [(row.kind, row.at, row.body) for row in rows if row.kind in KINDS]


def undisturbed(bot: Bot, demo: Market, days: int) -> tuple[Told, float]:
    """What a rehearsal that nothing disturbs writes down, and the seconds that it takes."""
    with venue_of(demo) as venue:
        began = time.monotonic()
        assert bot.rehearse(days, f"undisturbed-{days}", venue) == 0
        took = time.monotonic() - began
        return assert_sound(venue, bot.rows(f"undisturbed-{days}")), took


def test_killed_at_every_step_of_a_busy_day_it_goes_on_as_if_nothing_had_been(bot: Bot, demo: Market) -> None:
    expected, _ = undisturbed(bot, demo, TWO_DAYS)
    orders = [at[:10] for kind, at, _ in expected if kind == "order"]
    first, second = (3 + 3 * orders.count(day) for day in DAYS[TWO_DAYS])
    assert second > 30
    for step in range(first, first + second + 2):  # and the two of the valuation at the end
        with venue_of(demo) as venue:
            script(venue, step)
            assert bot.rehearse(TWO_DAYS, f"step-{step}", venue, step) == -signal.SIGKILL
            assert gone_on(bot, TWO_DAYS, f"step-{step}", venue)
            assert assert_sound(venue, bot.rows(f"step-{step}")) == expected, f"killed at step {step}"
    with venue_of(demo) as venue:  # there is no further step
        assert bot.rehearse(TWO_DAYS, "no-step", venue, first + second + 2) == 0


def script(venue: WatchedVenue, number: int) -> None:
    """Let one order go wrong, in a way that changes with the number."""
    order = [fault for fault in FAULTS if fault.method == "POST"]
    with venue.lock:
        venue.faults.script(order[number % len(order)])


def gone_on(bot: Bot, days: int, ledger: str, venue: WatchedVenue) -> bool:
    """Go on with a rehearsal until it is done, some times over if it meets faults; whether it was."""
    return any(bot.rehearse(days, ledger, venue) == 0 for _ in range(10))


@dataclass
class Kills:
    """How many kills there were, how many came while the venue was at a request, and how many left an order on the
    venue of whose end the ledger knew nothing; over so many rehearsals."""

    kills: int = 0
    in_a_request: int = 0
    orders_unknown: int = 0
    rehearsals: int = 0


def killed_at_random(bot: Bot, demo: Market, kills: int) -> Kills:
    """Rehearse a week under faults, and kill it again and again."""
    expected, took = undisturbed(bot, demo, WEEK)
    chance, count = random.Random(kills), Kills()
    while count.kills < kills:
        count.rehearsals += 1
        ledger = f"random-{kills}-{count.rehearsals}"
        with venue_of(demo) as venue:
            with venue.lock:
                venue.faults.random(count.rehearsals, FAULTS)
            for _ in range(8):
                if count.kills < kills and bot.rehearse(WEEK, ledger, venue, after=chance.uniform(0, took)) < 0:
                    count_kill(count, bot, ledger, venue)
            assert gone_on(bot, WEEK, ledger, venue)
            assert assert_sound(venue, bot.rows(ledger)) == expected, ledger
    return count


def count_kill(count: Kills, bot: Bot, ledger: str, venue: WatchedVenue) -> None:
    """Look at what a kill came upon."""
    count.kills += 1
    count.in_a_request += any(began <= bot.killed_at <= ended for began, ended in venue.spans)
    with contextlib.suppress(LedgerError):
        known = {row.body["order_id"] for row in bot.rows(ledger) if row.kind == "order_result"}
        count.orders_unknown += not known.issuperset(
            order.ticket.client_id for order in venue.exchange.account(KEY).orders.values()
        )


def test_killed_at_random_instants_under_faults_it_ends_as_if_nothing_had_been(bot: Bot, demo: Market) -> None:
    count = killed_at_random(bot, demo, KILLS)
    assert count.kills == KILLS
    assert count.rehearsals < KILLS, "most kills must have come midway"


@pytest.mark.soak
def test_killed_at_hundreds_of_random_instants_it_ends_as_if_nothing_had_been(bot: Bot, demo: Market) -> None:
    count = killed_at_random(bot, demo, SOAK_KILLS)
    print(count)
    assert count.in_a_request > 5
    assert count.orders_unknown > 5
