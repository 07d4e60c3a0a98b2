"""Notifier: choose the notices of a ledger, send them, and report addresses that failed."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from importlib.util import find_spec
from pathlib import Path

from bot.brokers.testnet.keys import KEY_NAMES
from bot.core.decision import Decision
from bot.core.errors import BotError, ConfigError, LedgerError
from bot.core.events import Valuation
from bot.core.install_hint import install_command
from bot.core.notice import Notice, NoticeKind
from bot.core.ports import Clock
from bot.ledger.plan_progress import progress_line
from bot.ledger.record import read_end, read_ledger, read_rows
from bot.ledger.recorded import Recorded, recorded
from bot.ledger.row import Row
from bot.ledger.selection import Selection
from bot.paper.daemon_status import daemon_status
from bot.paper.exchange_domains import names_exchange
from bot.paper.health import FindingKind
from bot.paper.health_facts import check_ledger
from bot.paper.health_ping import PING_URL
from bot.paper.ledger_state import LedgerState
from bot.paper.ledgers import ledger_path, status_of
from bot.paper.outbox import AddressPost, LocalPost, Outbox, Post, no_post
from bot.paper.tick_notices import error_notice, fault_notice, head_notice, last_day, notices_of, summary_notices
from bot.paper.tick_result import TickResult
from bot.report import numbers
from bot.report.labels import labels_of
from bot.settings.loader import Config

ADDRESSES = "BOT_NOTIFY_URLS"
"""Environment variable with the addresses of notices, in apprise's form, separated by spaces or lines."""
_PAUSES = (1.0, 3.0)
"""Seconds before an address that failed is tried again, within the patience of one delivery."""
_DELIVERY = Path(__file__).with_name("notice_delivery.py")
# A list of what is passed, not of what is held back: the names of other programs' secrets are unknown here.
_FOR_DELIVERY = frozenset(
    [
        *("PATH", "PYTHONPATH", "PYTHONHOME", "PYTHONUTF8", "VIRTUAL_ENV", "SYSTEMROOT", "HOME", "TMPDIR"),
        *("TEMP", "TMP", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"),
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    ]
)
"""Variables that Python, a proxy and TLS need; the process that sends notices gets these alone."""


def secret_filter(environment: Mapping[str, str]) -> Callable[[str], str]:
    """Return a function that removes the environment's keys and addresses from a text."""
    # The longest first: a secret may be a part of another one.
    keys = [environment.get(name, "").strip() for pair in KEY_NAMES.values() for name in pair]
    addresses = [*environment.get(ADDRESSES, "").split(), environment.get(PING_URL, "").strip()]
    secrets = sorted({*keys, *addresses} - {""}, key=len, reverse=True)

    def hide(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, "(hidden)")
        return text

    return hide


def addresses_of(environment: Mapping[str, str]) -> list[str]:
    """Read the addresses of notices.

    Raises ConfigError for an invalid address and for an address of an exchange; addresses are secrets, so the
    message gives only their number.
    """
    addresses = environment.get(ADDRESSES, "").split()
    for number, address in enumerate(addresses, start=1):
        if "://" not in address:
            expected = "kind://..., as apprise writes it"
            raise ConfigError(f"address {number} is invalid", where=ADDRESSES, expected=expected)
        if names_exchange(address):
            raise ConfigError(
                f"address {number} is one of an exchange, where no notice is sent", where=ADDRESSES, mend="leave it out"
            )
    return addresses


def open_post(config: Config, environment: Mapping[str, str], show: Callable[[str], None] | None = None) -> Post:
    """Return the sender of notices to the environment's addresses; with `show` notices are only shown (dry run).

    Raises ConfigError if an address is refused, or apprise is missing.
    """
    if show is not None:
        return _shown_by(show)
    addresses = addresses_of(environment)
    if not addresses:
        return no_post
    if find_spec("apprise") is None:
        raise ConfigError(
            "notices are sent by apprise, which is not installed",
            where=ADDRESSES,
            mend=install_command("notify"),
        )
    harmless = {name: value for name, value in environment.items() if name.upper() in _FOR_DELIVERY}
    hide, patience = secret_filter(environment), config.notify.patience_seconds

    def deliver(batches: Sequence[Sequence[Notice]]) -> tuple[list[list[int]], list[str]]:
        messages = [[(hide(notice.title), hide(notice.body)) for notice in batch] for batch in batches]
        return _deliver(messages, addresses, harmless, patience)

    return AddressPost([_mark(address) for address in addresses], deliver)


def _mark(address: str) -> str:
    """Return a mark by which an address is known again; a file may hold it in place of the secret."""
    return hashlib.sha256(f"notices to {address}".encode()).hexdigest()[:16]


def _shown_by(show: Callable[[str], None]) -> Post:
    return LocalPost(lambda notice: show(f"Notice ({notice.kind}): {notice.title}\n  {notice.body}"))


def _deliver(
    messages: Sequence[Sequence[tuple[str, str]]],
    addresses: Sequence[str],
    environment: Mapping[str, str],
    patience: float,
) -> tuple[list[list[int]], list[str]]:
    """Send titles and texts from a separate process, which is killed after `patience` seconds.

    Returns
    -------
    tuple
        For each address the indices of the messages that it did not take, and a line for each address that failed.
    """
    pauses = [pause for pause in _PAUSES if sum(_PAUSES) * 2 < patience]
    numbers = [number for number, batch in enumerate(messages) if batch]
    chosen = {"addresses": [addresses[i] for i in numbers], "messages": [messages[i] for i in numbers]}
    given = json.dumps({**chosen, "pauses": pauses})
    everything = [list(range(len(batch))) for batch in messages]
    unknown = "was not reached: the sending process failed"
    try:
        done = subprocess.run(
            [sys.executable, "-P", str(_DELIVERY)],
            input=given.encode(),
            env=environment,
            timeout=patience,
            capture_output=True,
            check=False,
        ).stdout
    except subprocess.TimeoutExpired as late:
        done, unknown = late.stdout or b"", f"did not answer within {patience:g} s"
    except OSError as problem:
        return everything, [f"notices: the sending process cannot be started: {problem.strerror}"]
    failed, problems = [list[int]() for _ in messages], dict.fromkeys(numbers, unknown)
    for number in numbers:
        failed[number] = everything[number]
    for place, text, refused in map(json.loads, done.decode().splitlines()):
        problems[numbers[place]], failed[numbers[place]] = text, refused
    of = len(addresses)
    return failed, [f"notices: address {number + 1} of {of} {text}" for number, text in problems.items() if text]


class Notifier:
    """Sends the notices of each tick of a ledger. A failed delivery is shown through `say`, and the tick goes on.

    An error and a fault of the health check are sent once a UTC day and kind, however often a tick is tried.
    """

    def __init__(self, config: Config, name: str, clock: Clock, post: Post, say: Callable[[str], None]) -> None:
        self._config, self._name, self._clock, self._say = config, name, clock, say
        self._outbox = Outbox(ledger_path(config, name).with_name(f"{name}.notices.json"), clock, post)
        self._sent_on: dict[type[Exception] | FindingKind | str, date] = {}

    @contextmanager
    def watching(self) -> Iterator[Callable[[TickResult], None]]:
        """Send notices of the rows that the block adds to the ledger, and of the error that ends it.

        Yields a function for the result of a tick, whose missing series and days are reported with them. Rows that a
        killed tick wrote and did not report are reported too, and an exit that could not be sent is sent again.
        """
        before = self._last_row()
        results: list[TickResult] = []
        try:
            yield results.append
        except Exception as problem:
            if isinstance(problem, LedgerError) and not self._is_readable():
                before = None
            # Rows of a failed tick are real: an order may have been filled before the error.
            self._send([*self._news(before), *self._error(problem)], is_readable=before is not None)
            raise
        news = [*self._news(before), *(notice for result in results for notice in self._summary(result))]
        self._send([*news, *self._faults(news)])

    def send(self, notice: Notice) -> None:
        """Send a notice that belongs to no row of the ledger."""
        self._send([notice])

    def retry(self) -> None:
        """Send the notices whose pause after a failure is over."""
        for problem in self._outbox.retry():
            self._say(problem)

    def _summary(self, ticked: TickResult) -> list[Notice]:
        """Return the notices of what a tick lacked; the same text once a UTC day."""
        return [one for one in summary_notices(self._name, ticked) if self._is_first_today(f"{one.title}: {one.body}")]

    def _last_row(self) -> int | None:
        """Return the number of the last row, 0 for a missing ledger; None if its file is unreadable."""
        path = ledger_path(self._config, self._name)
        try:
            return read_end(path)[0] if path.is_file() else 0
        except LedgerError:  # the tick itself reports it
            return None

    def _is_readable(self) -> bool:
        """Return True if every row of the ledger can be decoded."""
        path = ledger_path(self._config, self._name)
        try:
            for _ in read_ledger(path) if path.is_file() else ():
                pass
        except LedgerError:
            return False
        return True

    def _added(self, before: int) -> list[Row]:
        """Return the rows that are still to be reported, given the last row before the tick."""
        path, reported = ledger_path(self._config, self._name), self._outbox.reported(before)
        try:
            return list(read_rows(path, Selection(after=reported))) if path.is_file() else []
        except LedgerError:  # the tick itself reports it
            return []

    def _news(self, before: int | None) -> list[Notice]:
        if before is None:
            return []
        added = self._added(before)
        return [
            *notices_of(self._name, added, labels_of(self._config.resolved())),
            *_head(self._config, self._name, added),
        ]

    def _error(self, problem: Exception) -> list[Notice]:
        if not self._is_first_today(type(problem)):
            return []
        message = str(problem) if isinstance(problem, BotError) else "A bug ended it; logs/bot.log has more."
        return [error_notice(self._name, message)]

    def _faults(self, news: Sequence[Notice]) -> list[Notice]:
        """Notices of the faults that a tick left behind; a difference that `news` reports already is left out."""
        status = replace(daemon_status(self._config, self._name, self._clock.now()), is_after_tick=True)
        try:
            # The tick checked the whole chain when it opened the ledger.
            faults = check_ledger(self._config, self._name, status, is_verified=True).faults
        except BotError:  # the next tick raises it
            return []
        first = [fault for fault in faults if self._is_first_today(fault.kind)]
        is_reported = any(notice.kind is NoticeKind.DIFFERENCE for notice in news)
        return [
            fault_notice(self._name, fault)
            for fault in first
            if not (is_reported and fault.kind is FindingKind.BALANCE_UNEXPLAINED)
        ]

    def _is_first_today(self, kind: type[Exception] | FindingKind | str) -> bool:
        today = self._clock.now().date()
        before = self._sent_on.get(kind)
        self._sent_on[kind] = today
        return before != today

    def _send(self, notices: Sequence[Notice], is_readable: bool = True) -> None:
        chosen = [notice for notice in notices if notice.kind in self._config.notify.kinds]
        for problem in self._outbox.send(chosen, self._last_row() if is_readable else None):
            self._say(problem)


def latest_notices(config: Config, name: str) -> list[Notice]:
    """Return the notices of a ledger's last decided day; the head is always among them. Raises LedgerError."""
    status_of(config, name)
    rows = last_day(list(read_ledger(ledger_path(config, name))))
    if not rows:
        raise LedgerError("no decision yet", where=name, mend="bot paper tick")
    found = [*notices_of(name, rows, labels_of(config.resolved())), *_head(config, name, rows)]
    return [notice for notice in found if notice.kind in {*config.notify.kinds, NoticeKind.HEAD}]


def _head(config: Config, name: str, rows: Sequence[Row]) -> list[Notice]:
    """Return the notice of the head if these rows decide a day."""
    decided = list(recorded(rows, Decision))
    if not decided:
        return []
    valued = list(recorded(rows, Valuation))
    count, head = read_end(ledger_path(config, name))  # the tick or status has verified the chain
    plan = progress_line(config.state, digits=64)  # a whole hash, which proves the date of the plan
    beside = _beside(config, name, count, valued[-1]) if valued else ""
    return [head_notice(name, decided[-1], count, head, valued[-1] if valued else None, plan, beside)]


def _beside(config: Config, name: str, rows: int, valued: Recorded[Valuation]) -> str:
    """Return the growth of a ledger, of holding its two coins, and of random timing, in one line."""
    state = LedgerState(ledger_path(config, name), rows)
    periods = state.periods()
    found = state.beside(periods[0].cash, valued) if periods else None
    if found is None:
        return ""
    labels = labels_of(config.resolved())
    median = found.random_timing.get("total_return_50")
    luck = "" if median is None else f"median of random timing {numbers.growth(median)}"
    return numbers.to_ascii(", ".join(filter(None, [numbers.growth(found.own), found.held_in_short(labels), luck])))
