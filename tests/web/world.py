"""A dashboard over ledgers made by hand, asked over this machine's own wire."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.core.decision import Decision
from bot.core.events import ConfigPeriod, Event, Valuation
from bot.core.orders import Fill, Side
from bot.ledger.writer import LedgerWriter
from bot.paper.daemon_status import DaemonStatus
from bot.paper.heartbeat import Beat
from bot.review.record_labels import labels_of_record
from bot.web.dashboard_server import DashboardServer
from bot.web.site import Site

DAY = datetime(2026, 3, 2, tzinfo=UTC)
READINGS = {
    "small_caps": {"value": 2519.99, "threshold": 2718.77, "verdict": "no", "gate": None},
    "credit": {"value": 0.9999, "threshold": 0.98, "verdict": "yes", "gate": True},
    "volatility": {"value": 30.0, "threshold": 28.0, "verdict": "no", "gate": True},
    "volume": {"value": 1.2, "threshold": 1.5, "verdict": "no", "gate": False},
    "participation": {"value": None, "threshold": 2.0, "verdict": "no data", "gate": True},
    "sessions_without_record": {"value": 37.0, "threshold": 21.0, "verdict": "yes", "gate": None},
}
BEGUN = ConfigPeriod(DAY, 1, "new", "key", "hash", "0.1", "simulated", Decimal(10_000))
WAITS = Decision(DAY, "STABLE", "STABLE", {}, ("waits_for_record",), readings=READINGS)
HELD = replace(WAITS, stage="ETH", previous="CONFIRMED", weights={"ETH": Decimal("0.98")}, reasons=("entered_eth",))
FILLED = Fill(
    "r-1", DAY, "ETH", Side.BUY, Decimal("2"), Decimal("2000"), Decimal("1998"), Decimal("4"), reason="entered_eth"
)
HOLDS = Valuation(
    DAY.date(), Decimal("10200"), Decimal("5996"), "ETH", {"ETH": Decimal("2")}, marks={"ETH": Decimal("2102")}
)


def write(state: Path, name: str, *events: Event) -> None:
    """Add rows to a ledger, as a tick would."""
    with LedgerWriter.open(state / "ledgers" / f"{name}.sqlite3") as journal:
        journal.append(events)


def quiet_days(count: int) -> Iterator[Event]:
    """Days on which nothing is done."""
    for i in range(count):
        at = DAY + timedelta(days=i)
        equity = Decimal(10_000 + i)
        yield replace(WAITS, at=at)
        yield Valuation(at.date(), equity, equity, "STABLE", {})


def site_at(state: Path, **changes: Any) -> Site:
    """A site whose daemon, store and market are what a test says they are; by default there are none."""
    usual: dict[str, Any] = {
        "now": lambda: DAY + timedelta(hours=12),
        "daemon": lambda name: DaemonStatus(None, NOON),
        "expected": lambda: date(2026, 3, 2),
        "freshness": lambda: None,
        "store": lambda: None,
        "waterfall": lambda record, day: {"state": "none", "why": "There is no market."},
        "closes": lambda record, day: {"state": "none", "why": "There is no market."},
        "labels": labels_of_record,
    }
    return Site(state, **{**usual, **changes})


NOON = DAY + timedelta(hours=12)


def alive(name: str) -> DaemonStatus:
    """Return a daemon with a heartbeat a minute ago."""
    return DaemonStatus(Beat(7, NOON - timedelta(minutes=1), DAY + timedelta(days=1, minutes=15), "0.1.0"), NOON)


def stale(name: str) -> DaemonStatus:
    """Return a daemon that was killed an hour ago."""
    return DaemonStatus(Beat(7, NOON - timedelta(hours=1), DAY + timedelta(days=1, minutes=15), "0.1.0"), NOON)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; names of headers are lower case."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body as data."""
        return json.loads(self.text)

    @property
    def words(self) -> str:
        """What a reader sees of a page, in one line."""
        return " ".join(re.sub(r"<[^>]*>", " ", self.text.split("<main", 1)[-1]).split())


@dataclass(frozen=True, slots=True)
class Asking:
    """A browser that is no browser."""

    port: int
    url: str

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Ask for a path; names of headers have _ for -."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            line.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = line.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, told, answer.read().decode())
        finally:
            line.close()


@contextmanager
def dashboard(site: Site, token: str | None = None) -> Iterator[Asking]:
    """A dashboard that answers."""
    with DashboardServer(site, token=token) as server:
        yield Asking(server.port, server.url)
