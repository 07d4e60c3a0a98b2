"""The bot's process is really killed, at every step and at any instant, and no order is lost or there twice."""

from __future__ import annotations

import json
import math
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.core.market import Market
from bot.core.moments import midnight
from bot.core.orders import Fill, Settlement, Side
from bot.core.portfolio import Portfolio
from bot.infra.clock import SystemClock
from bot.ledger.decode import decode
from bot.ledger.row import Row
from bot.ledger.writer import LedgerWriter
from bot.services.local_exchange import QUOTE, open_exchange, terms_of
from bot.venue.http.injected_faults import InjectedFault, InjectedKind
from bot.venue.http.rest import IncomingRequest, Reply
from bot.venue.http.server import VenueServer
from bot.venue.http.weights import RequestLimits
from bot.venue.matching.clocks import DrivenClock
from bot.venue.matching.exchange import KEY, Exchange
from tests.crash.rehearsing import UNFINISHED, Attempt, Ended
from tests.markets import default_config

pytestmark = pytest.mark.slow

WEEK, TWO_DAYS = 0, 1
DAYS = {WEEK: ("2112-10-19", "2112-10-25"), TWO_DAYS: ("2112-10-12", "2112-10-13")}
"""Busy days of the demo: on the first of each span everything is bought, on the second much is sold and bought."""
KILLS, SOAK_KILLS = 20, 300
KINDS = ("decision", "order", "fill", "settlement", "valuation")
LATE, DELAY = 0.1, 0.01
"""Seconds for which the bot takes it that an order may be under way, and for which the venue is told to delay one."""
ORDER = {"method": "POST", "path": "order"}
FAULTS = {
    InjectedFault(InjectedKind.DROP, **ORDER): 0.04,
    InjectedFault(InjectedKind.DROP, accepted=True, **ORDER): 0.04,
    InjectedFault(InjectedKind.ERROR, status=503, code=-1000, **ORDER): 0.04,
    InjectedFault(InjectedKind.ERROR, accepted=True, status=503, code=-1001, **ORDER): 0.04,
    InjectedFault(InjectedKind.HTML, accepted=True, **ORDER): 0.04,
    InjectedFault(InjectedKind.DELAY, seconds=DELAY, **ORDER): 0.04,
    InjectedFault(InjectedKind.DELAY, accepted=True, seconds=DELAY, **ORDER): 0.04,
    InjectedFault(InjectedKind.DROP, method="GET"): 0.02,
    InjectedFault(InjectedKind.ERROR, method="GET", code=-1007): 0.02,
    InjectedFault(InjectedKind.TRUNCATED, method="GET"): 0.02,
}


class WatchedVenue(VenueServer):
    """A venue that remembers from when to when it was busy with each request."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(exchange, limits=RequestLimits(orders=100_000))
        self.spans: list[list[float]] = []

    def answer(self, asked: IncomingRequest) -> tuple[Reply | None, InjectedKind | None]:
        span = [time.monotonic(), math.inf]
        self.spans.append(span)
        try:
            return super().answer(asked)
        finally:
            span[1] = time.monotonic()

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


class Bot:
    """A process that forks a child a rehearsal."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.rehearsing"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parents[2],
        )
        self._say({"state": str(state), "days": list(DAYS.values())})
        assert self._hear() == "ready"

    def rehearse(self, attempt: Attempt) -> Ended:
        """Rehearse, perhaps only until it is killed."""
        self._say(asdict(attempt))
        return Ended(**json.loads(self._hear()))

    def rows(self, ledger: str) -> list[Row]:
        """A ledger, whose chain is whole."""
        with LedgerWriter.open(self.state / "ledgers" / f"{ledger}.sqlite3") as journal:
            return journal.rows

    def copied(self, ledger: str, name: str) -> str:
        """The name of a new ledger, which is a copy of another."""
        shutil.copy(self.state / "ledgers" / f"{ledger}.sqlite3", self.state / "ledgers" / f"{name}.sqlite3")
        return name

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
def venue_of(exchange: Exchange) -> Iterator[WatchedVenue]:
    """A venue that lets an exchange be reached."""
    with WatchedVenue(exchange) as venue:
        yield venue
        assert venue.problems == []


def new_exchange(demo: Market, days: int) -> Exchange:
    """The exchange of the first day, with a new account."""
    clock = DrivenClock(SystemClock(), midnight(date.fromisoformat(DAYS[days][0])))
    return open_exchange(default_config(), demo, clock, terms_of(default_config().start_equity)).exchange


Told = list[tuple[str, str, dict[str, Any]]]


def assert_sound(venue: WatchedVenue, rows: Sequence[Row]) -> Told:
    """Hold the venue's orders, trades and balances against the ledger's, and return what happened by the ledger."""
    account = venue.exchange.account(KEY)
    ids = [order.request.client_id for order in account.orders.values()]
    assert len(ids) == len(set(ids)), "an order is on the venue twice"
    names = {order.id: order.request.client_id for order in account.orders.values()}
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
    with venue_of(new_exchange(demo, days)) as venue:
        began = time.monotonic()
        assert bot.rehearse(Attempt(days, f"undisturbed-{days}", venue.port)).code == 0
        took = time.monotonic() - began
        return assert_sound(venue, bot.rows(f"undisturbed-{days}")), took


@pytest.fixture(scope="module")
def week(bot: Bot, demo: Market) -> tuple[Told, float]:
    """The undisturbed week of both tests of random kills: its ledger has one name in the one state folder."""
    return undisturbed(bot, demo, WEEK)


def test_killed_at_every_step_of_a_busy_day_it_goes_on_as_if_nothing_had_been(bot: Bot, demo: Market) -> None:
    expected, _ = undisturbed(bot, demo, TWO_DAYS)
    orders = [(at[:10], body["side"]) for kind, at, body in expected if kind == "order"]
    first, second = ([side for at, side in orders if at == day] for day in DAYS[TWO_DAYS])
    assert len(second) > 5 and set(second) == set(Side)
    # A tick has four steps of its own; the second process ticks the first day again, which has one. The last two are
    # those of the valuation at the end.
    before, steps = 4 + 3 * len(first), 1 + 4 + 3 * len(second) + 2
    with venue_of(new_exchange(demo, TWO_DAYS)) as venue:
        assert bot.rehearse(Attempt(TWO_DAYS, "begun", venue.port, before)).code == -signal.SIGKILL
    for step in range(steps):
        exchange = deepcopy(venue.exchange, {id(venue.exchange.price_path): venue.exchange.price_path})
        with venue_of(exchange) as copied:
            script(copied, step)
            attempt = Attempt(TWO_DAYS, bot.copied("begun", f"step-{step}"), copied.port, step)
            assert bot.rehearse(attempt).code == -signal.SIGKILL
            assert is_gone_on_with(bot, attempt)
            assert assert_sound(copied, bot.rows(attempt.ledger)) == expected, f"killed at step {step}"
    with venue_of(venue.exchange) as again:
        assert bot.rehearse(Attempt(TWO_DAYS, "begun", again.port, steps)).code == 0, "there is a further step"


def script(venue: WatchedVenue, number: int) -> None:
    """Let one order go wrong, in a way that changes with the number."""
    order = [fault for fault in FAULTS if fault.method == "POST" and fault.kind is not InjectedKind.DELAY]
    with venue.lock:
        venue.faults.script(order[number % len(order)])


def is_gone_on_with(bot: Bot, attempt: Attempt) -> bool:
    """Go on with a rehearsal, some times over if it meets faults; whether it came to its end."""
    undisturbed = replace(attempt, step=None, after=None)
    return any(bot.rehearse(undisturbed).code == 0 for _ in range(10))


@dataclass
class Kills:
    """How many kills there were, how many came while the venue was at a request, and how many left an order on the
    venue of whose end the ledger knew nothing; over so many rehearsals."""

    kills: int = 0
    in_a_request: int = 0
    orders_unknown: int = 0
    rehearsals: int = 0

    def see(self, bot: Bot, ledger: str, venue: WatchedVenue, killed_at: float) -> None:
        """Look at what a kill came upon."""
        self.kills += 1
        self.in_a_request += any(began <= killed_at <= ended for began, ended in venue.spans)
        known = {row.body["order_id"] for row in bot.rows(ledger) if row.kind == "order_result"}
        with venue.lock:
            there = {order.request.client_id for order in venue.exchange.account(KEY).orders.values()}
        self.orders_unknown += not known >= there


def killed_at_random(bot: Bot, demo: Market, week: tuple[Told, float], kills: int) -> Kills:
    """Rehearse a week under faults, and kill it again and again."""
    expected, took = week
    chance, count = random.Random(kills), Kills()
    while count.kills < kills:
        count.rehearsals += 1
        with venue_of(new_exchange(demo, WEEK)) as venue:
            with venue.lock:
                venue.faults.random(count.rehearsals, FAULTS)
            attempt = Attempt(WEEK, f"random-{kills}-{count.rehearsals}", venue.port, late=LATE)
            while True:
                after = chance.uniform(0, 2 * took) if count.kills < kills else None
                ended = bot.rehearse(replace(attempt, after=after))
                if ended.code == -signal.SIGKILL:
                    count.see(bot, attempt.ledger, venue, ended.killed_at)
                elif ended.code != UNFINISHED:
                    break
            assert ended.code == 0
            assert assert_sound(venue, bot.rows(attempt.ledger)) == expected, attempt.ledger
    return count


def test_killed_at_random_instants_under_faults_it_ends_as_if_nothing_had_been(
    bot: Bot, demo: Market, week: tuple[Told, float]
) -> None:
    assert killed_at_random(bot, demo, week, KILLS).kills == KILLS


@pytest.mark.soak
def test_killed_at_hundreds_of_random_instants_it_ends_as_if_nothing_had_been(
    bot: Bot, demo: Market, week: tuple[Told, float]
) -> None:
    count = killed_at_random(bot, demo, week, SOAK_KILLS)
    print(count)
    assert count.in_a_request > 0
    assert count.orders_unknown > 5
