"""Daemon: tick at every decision time until it is stopped."""

from __future__ import annotations

import ctypes
import gc
import os
import select
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import date, datetime, timedelta
from types import FrameType
from typing import TYPE_CHECKING

from bot.core.errors import BotError, DataError, KeysRefused, OutcomeUnknown, StoreError, TestnetUnavailable
from bot.core.moments import ONE_DAY, iso, midnight
from bot.core.notice import Notice, NoticeKind
from bot.core.plural import counted
from bot.core.ports import Clock
from bot.infra.garbage import collect_new_objects_only
from bot.infra.interrupt import announce_stop
from bot.infra.service_manager import ServiceManager
from bot.ledger.record import read_rows
from bot.ledger.selection import Selection
from bot.paper.anchor import anchor_ledger
from bot.paper.health_ping import Ping
from bot.paper.heartbeat import Heartbeat, heartbeat_path
from bot.paper.ledgers import daemon_lock, has_begun, is_stopped, ledger_path
from bot.paper.log import open_log
from bot.paper.nightly_parity import new_difference
from bot.paper.notifier import Notifier, secret_filter
from bot.paper.outbox import Post, no_post
from bot.paper.tick import tick, tick_from
from bot.paper.tick_cache import TickCache
from bot.paper.tick_result import TickResult
from bot.paper.tick_source import TickSource
from bot.services.vendors import VendorSessions, open_sessions
from bot.settings.loader import Config
from bot.study.registration import follow

if TYPE_CHECKING:
    from bot.brokers.testnet.client import TestnetExchange

_LOOK_UP = 60.0
"""Longest sleep in seconds, so that a suspended machine or a changed clock is noticed within a minute."""
_COMPARED_AGAIN = timedelta(days=7)
"""Days before the last comparison with the backtest that the next one compares again."""

Open = Callable[[Config, Clock], AbstractContextManager[VendorSessions]]
"""Opens the vendor sessions of one tick."""


class Stop:
    """Stop request, set by SIGTERM, SIGHUP or Ctrl-C; a running tick is finished first. nohup keeps SIGHUP ignored.

    A second Ctrl-C interrupts the tick, as a kill does: the next start recovers its orders.

    It is a pipe, because a signal handler that takes a lock can block on the main thread.
    """

    def __init__(self) -> None:
        self._reading_end, self._writing_end = os.pipe()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            # nohup starts a process with SIGHUP ignored: it is to outlive its terminal.
            if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._request)

    def _request(self, number: int, frame: FrameType | None) -> None:
        os.write(self._writing_end, b"stop")
        announce_stop(number, "a running tick is finished")

    def wait(self, seconds: float) -> bool:
        """Wait up to so many seconds; return True as soon as a stop is requested."""
        return bool(select.select([self._reading_end], [], [], seconds)[0])


def next_time(config: Config, now: datetime, decided: bool, waiting: bool = False) -> datetime:
    """Return the UTC time of the next tick: the next decision time, or some minutes from now if today failed.

    With `waiting` only orders without a quote are open.
    """
    if not (decided or waiting):
        return now + timedelta(minutes=config.paper.retry_minutes)
    after = timedelta(minutes=config.paper.decide_after_minutes)
    today = midnight(now.date()) + after
    due = today if now < today else today + ONE_DAY
    return min(due, now + timedelta(minutes=config.paper.quote_retry_minutes)) if waiting else due


class Daemon:
    """Daemon of one ledger, which has at most one.

    `say` writes to the terminal, `post` sends the notices of each tick. A tick that fails to decide is reported and
    tried again some minutes later. `source` replaces the
    vendors and the testnet; `look_up` is the longest sleep in seconds. `ping` is sent after each good tick, `manager`
    gets the signs of life.
    """

    def __init__(
        self,
        config: Config,
        name: str,
        clock: Clock,
        say: Callable[[str], None],
        testnet: TestnetExchange | None = None,
        post: Post = no_post,
        opened: Open = open_sessions,
        source: TickSource | None = None,
        look_up: float = _LOOK_UP,
        ping: Ping = lambda: None,
        manager: ServiceManager | None = None,
    ) -> None:
        self._ping, self._manager = ping, manager or ServiceManager({})
        self._ping_failed_on: date | None = None
        self._compared_on: date | None = None
        self._compared_until: date | None = None
        self._anchored_on: date | None = None
        self._source, self._look_up = source, min(look_up, self._manager.longest_pause or look_up)
        self._opened, self._is_done, self._is_stopped, self._is_waiting = opened, False, False, False
        self._config, self._name, self._clock, self._testnet = config, name, clock, testnet
        self._hide = secret_filter(os.environ)
        self._say: Callable[[str], None] = lambda text: say(self._hide(text))
        self._notifier = Notifier(config, name, clock, post, self._warn)
        self._due = self._seen = clock.now()
        self._cache, self._heartbeat = TickCache(), Heartbeat(heartbeat_path(config, name))

    def run(self, stop: Stop) -> None:
        """Tick now, then at every decision time until it is stopped.

        Raises
        ------
        LedgerError
            If the ledger has a daemon already.
        BotError
            Any error that a repetition of the tick leaves in place, such as a wrong config.
        """
        with daemon_lock(self._config, self._name, self._clock):
            self._run(stop)

    def _run(self, stop: Stop) -> None:
        from loguru import logger

        open_log(self._config, self._name, self._hide)
        self._manager.ready()
        has_ticked = False
        while not self._is_stopped_before_due(stop):
            self._is_done = self._tick()
            _give_back_memory()
            if not has_ticked:
                collect_new_objects_only()  # libraries and rows of the first tick, which stay to the end
            has_ticked = True
            self._seen = self._clock.now()
            self._due = next_time(self._config, self._seen, self._is_done, self._is_waiting)
            logger.info("next tick of {} at {}", self._name, iso(self._due))
        self._manager.stopping()
        logger.info("stopped; open positions are kept")
        self._say("Stopped. Open positions are kept. Restart to continue.")
        with suppress(OSError):
            self._heartbeat.remove()

    def _is_stopped_before_due(self, stop: Stop) -> bool:
        """Sleep until a tick is due; return True if a stop is requested first."""
        while (left := (self._due - self._clock.now()).total_seconds()) > 0:
            now = self._clock.now()
            if now < self._seen:  # the clock was set back, so the due time came from a wrong clock
                self._due = next_time(self._config, now, self._is_done, self._is_waiting)
            self._seen = now
            self._beat()
            self._notifier.retry()
            if stop.wait(min(left, self._look_up)):
                return True
        return False

    def _tick(self) -> bool:
        """Tick once; return True if today is decided and every order has ended.

        Faults of vendors, disks and keys can pass by themselves, so the daemon goes on after them.
        """
        from loguru import logger

        self._beat()
        self._is_waiting = False
        try:
            with self._notifier.watching() as report:
                ticked = self._tick_once()
                report(ticked)
        except (DataError, KeysRefused, OutcomeUnknown, StoreError, TestnetUnavailable) as problem:
            self._warn(f"not decided: {problem}")
            return False
        except BotError as problem:
            logger.error("{}", problem)
            raise
        self._report_stop()
        days = [order.at.date() for order in ticked.carried_out]
        for day in ticked.decided:
            self._report(f"decided {day}, {counted(days.count(day), 'order')} executed")
        if earlier := len(days) - sum(map(days.count, ticked.decided)):
            self._report(f"{counted(earlier, 'open order')} of an earlier tick ended")
        for line in ticked.problems():
            self._warn(line)
        for order in ticked.left_open:
            self._warn(f"order {order.order_id} has an unknown status; it is looked up again soon")
        # A rehearsal's prices are of the past: a registered plan waits for those of the store.
        if self._source is None and (plan := follow(self._config, self._clock.now())) is not None:
            self._report(plan)
        if self._source is None and not ticked.left_open:
            self._compare_with_backtest()
            self._anchor()
            self._send_ping()
        self._is_waiting = bool(ticked.waiting)
        return not (ticked.left_open or ticked.waiting)

    def _compare_with_backtest(self) -> None:
        """Compare the ledger with its backtest once a UTC day, and send a notice of a new difference.

        All days are compared after the start and on the first tick of a month, else those of the last week.
        """
        today = self._clock.now().date()
        if self._compared_on == today or not has_begun(self._config, self._name):
            return
        self._compared_on = today
        # A difference of an older day comes from a change of its prices, which has an explanation, or of the code,
        # which starts the daemon anew.
        last = self._compared_until
        since = None if last is None or last.month != today.month else last - _COMPARED_AGAIN
        try:
            later = read_rows(ledger_path(self._config, self._name), Selection(after=len(self._cache.rows.rows)))
            notice = new_difference(self._config, self._name, [*self._cache.rows.rows, *later], since)
            self._compared_until = today
        except BotError as problem:  # the tick has done its work, which stays valid
            self._warn(f"not compared with the backtest: {problem}")
            return
        if notice is not None:
            self._warn(f"{notice.title}: {notice.body}")
            self._notifier.send(notice)

    def _anchor(self) -> None:
        """Have the head time-stamped once a UTC day, if the config says so; the next day's covers a missed one."""
        today = self._clock.now().date()
        if not self._config.anchor.daily or self._anchored_on == today or not has_begun(self._config, self._name):
            return
        self._anchored_on = today
        try:
            found = anchor_ledger(self._config, self._name)
        except BotError as problem:  # the tick has done its work, which stays valid
            self._warn(f"not time-stamped: {problem}")
            self._notifier.send(Notice(NoticeKind.ERROR, f"{self._name}: not time-stamped", str(problem)))
            return
        self._report(f"row {found.row:,} is time-stamped by {found.token.authority}")

    def _send_ping(self) -> None:
        """Send the ping; a failure is reported once a UTC day."""
        today = self._clock.now().date()
        if (problem := self._ping()) is not None and self._ping_failed_on != today:
            self._ping_failed_on = today
            self._warn(problem)

    def _tick_once(self) -> TickResult:
        if self._source is not None:
            return tick_from(self._source, self._config, self._name, self._clock, self._cache)
        with self._opened(self._config, self._clock) as sessions:
            return tick(
                self._config,
                self._name,
                sessions,
                self._clock,
                self._testnet,
                advance=lambda symbol, done, total: self._beat(),
                waiting=self._say,
                cache=self._cache,
            )

    def _report_stop(self) -> None:
        """Report once that the user stopped the ledger."""
        was, self._is_stopped = self._is_stopped, is_stopped(self._config, self._name)
        if self._is_stopped and not was:
            self._report(f"stopped by its user: no day is decided until bot paper resume --ledger {self._name}")

    def _beat(self) -> None:
        """Write the heartbeat; a failure is only logged, since trading works the same with a stale one."""
        from loguru import logger

        self._manager.alive(f"{self._name}: next tick {iso(self._due)}")
        try:
            self._heartbeat.beat(self._clock.now(), self._due)
        except OSError as problem:
            logger.warning("the heartbeat cannot be written: {}", problem.strerror)

    def _warn(self, problem: str) -> None:
        from loguru import logger

        logger.warning("{}", problem)
        self._say(f"{iso(self._clock.now())}  {problem}")

    def _report(self, news: str) -> None:
        from loguru import logger

        logger.info("{}: {}", self._name, news)
        self._say(f"{iso(self._clock.now())}  {news}")


def _give_back_memory() -> None:
    """Return the memory of a tick to the system between ticks."""
    # A venue's client is a reference cycle, and the C library keeps freed memory.
    gc.collect()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):  # only in glibc
        trim(0)
