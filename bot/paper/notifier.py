"""Notifier: choose the notices of a ledger, send them, and report addresses that failed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bot.brokers.testnet.guard import TESTNETS, Testnet
from bot.brokers.testnet.keys import KEY_NAMES
from bot.core.decision import Decision
from bot.core.errors import BotError, ConfigError, LedgerError
from bot.core.events import Valuation
from bot.core.notice import Notice, NoticeKind
from bot.core.ports import Clock
from bot.data.vendors.public_venues import VENUES
from bot.ledger.record import read_ledger, verify_ledger
from bot.ledger.recorded import recorded
from bot.ledger.row import Row
from bot.paper.health import FindingKind
from bot.paper.health_facts import check_ledger, daemon_status
from bot.paper.ledgers import ledger_path, status_of
from bot.paper.tick_notices import error_notice, fault_notice, head_notice, last_day, notices_of
from bot.report.labels import labels_of
from bot.settings.loader import Config

ADDRESSES = "BOT_NOTIFY_URLS"
"""Environment variable with the addresses of notices, in apprise's form, separated by spaces or lines."""
Post = Callable[[Sequence[Notice]], list[str]]
"""Sends notices and returns a line for each address that failed."""
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
    secrets = sorted({*keys, *environment.get(ADDRESSES, "").split()} - {""}, key=len, reverse=True)

    def hide(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, "(hidden)")
        return text

    return hide


def no_post(notices: Sequence[Notice]) -> list[str]:
    """Drop all notices."""
    return []


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
        if _EXCHANGES.search(unquote(address).casefold()):
            raise ConfigError(
                f"address {number} is one of an exchange, where no notice is sent", where=ADDRESSES, mend="leave it out"
            )
    return addresses


def _exchanges() -> re.Pattern[str]:
    """Return a pattern of the domains of all known exchanges, with any subdomain."""
    hosts = {venue.host for venue in VENUES.values()} | {urlsplit(Testnet(v).origin).netloc for v in TESTNETS}
    domains = {".".join(host.split(".")[-2:]) for host in hosts}
    return re.compile(rf"(?<![a-z0-9-])({'|'.join(map(re.escape, sorted(domains)))})(?![a-z0-9-])")


_EXCHANGES = _exchanges()


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
            mend="pip install 'small-cap-rotation[notify]'",
        )
    harmless = {name: value for name, value in environment.items() if name.upper() in _FOR_DELIVERY}
    hide, patience = secret_filter(environment), config.notify.patience_seconds
    return lambda notices: _deliver([(hide(n.title), hide(n.body)) for n in notices], addresses, harmless, patience)


def _shown_by(show: Callable[[str], None]) -> Post:
    def post(notices: Sequence[Notice]) -> list[str]:
        for notice in notices:
            show(f"Notice ({notice.kind}): {notice.title}\n  {notice.body}")
        return []

    return post


def _deliver(
    messages: Sequence[tuple[str, str]], addresses: Sequence[str], environment: Mapping[str, str], patience: float
) -> list[str]:
    """Send titles and texts from a separate process, which is killed after `patience` seconds."""
    given = json.dumps({"addresses": addresses, "messages": messages})
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
        return [f"notices: the sending process cannot be started: {problem.strerror}"]
    ended: dict[int, str] = dict(map(json.loads, done.decode().splitlines()))
    problems = ((number + 1, ended.get(number, unknown)) for number in range(len(addresses)))
    return [f"notices: address {number} of {len(addresses)} {problem}" for number, problem in problems if problem]


class Notifier:
    """Sends the notices of each tick of a ledger. A failed delivery is shown through `say`, and the tick goes on.

    An error and a fault of the health check are sent once a UTC day and kind, however often a tick is tried.
    """

    def __init__(self, config: Config, name: str, clock: Clock, post: Post, say: Callable[[str], None]) -> None:
        self._config, self._name, self._clock, self._post, self._say = config, name, clock, post, say
        self._sent_on: dict[type[Exception] | FindingKind, date] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Send notices of the rows that the block adds to the ledger, and of the error that ends it."""
        before = _rows(self._config, self._name)
        try:
            yield
        except Exception as problem:
            # Rows of a failed tick are real: an order may have been filled before the error.
            self._send([*self._news(before), *self._error(problem)])
            raise
        news = self._news(before)
        self._send([*news, *self._faults(news)])

    def _news(self, before: Sequence[Row] | None) -> list[Notice]:
        now = _rows(self._config, self._name)
        if before is None or now is None:
            return []
        added = now[len(before) :]
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
            faults = check_ledger(self._config, self._name, status).faults
        except BotError:  # the next tick raises it
            return []
        first = [fault for fault in faults if self._is_first_today(fault.kind)]
        is_reported = any(notice.kind is NoticeKind.DIFFERENCE for notice in news)
        return [
            fault_notice(self._name, fault)
            for fault in first
            if not (is_reported and fault.kind is FindingKind.BALANCE_UNEXPLAINED)
        ]

    def _is_first_today(self, kind: type[Exception] | FindingKind) -> bool:
        today = self._clock.now().date()
        before = self._sent_on.get(kind)
        self._sent_on[kind] = today
        return before != today

    def _send(self, notices: Sequence[Notice]) -> None:
        chosen = [notice for notice in notices if notice.kind in self._config.notify.kinds]
        for problem in self._post(chosen) if chosen else []:
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
    return [head_notice(name, decided[-1], *verify_ledger(ledger_path(config, name)), valued[-1] if valued else None)]


def _rows(config: Config, name: str) -> list[Row] | None:
    """Read the rows of a ledger, if it is readable; the tick itself reports an unreadable one."""
    path = ledger_path(config, name)
    try:
        return list(read_ledger(path)) if path.is_file() else []
    except LedgerError:
        return None
