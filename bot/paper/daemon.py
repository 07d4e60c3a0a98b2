"""The daemon: sleep to the next decision time, tick, and so on until it is told to stop."""

from __future__ import annotations

import ctypes
import gc
import os
import select
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import datetime, timedelta
from types import FrameType
from typing import TYPE_CHECKING

from bot.core.errors import BotError, DataError, KeysRefused, OutcomeUnknown, StoreError
from bot.core.moments import ONE_DAY, iso, midnight
from bot.core.ports import Clock
from bot.paper.heartbeat import heartbeat_path, write_beat
from bot.paper.ledgers import as_daemon, is_stopped
from bot.paper.log import open_log
from bot.paper.notifier import Notifier, Post, hiding, nobody
from bot.paper.tick import tick
from bot.services.vendors import VendorSessions, open_sessions
from bot.settings.loader import Config

if TYPE_CHECKING:
    from bot.brokers.testnet.client import TestnetExchange

_LOOK_UP = 60.0
"""Seconds of sleep at most: a machine that was suspended, or whose clock was set, is noticed within a minute."""


Open = Callable[[Config, Clock], AbstractContextManager[VendorSessions]]
"""Opens the sessions to vendors for one tick."""


class Stop:
    """Set by SIGTERM or Ctrl-C; a tick that is under way is finished.

    A pipe, since a lock that the main thread holds while it waits must not be taken in its signal handler.
    """

    def __init__(self) -> None:
        self._told, self._tell = os.pipe()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._hear)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        os.write(self._tell, b"stop")

    def wait(self, seconds: float) -> bool:
        """Wait, but not beyond the call to stop; whether that has come."""
        return bool(select.select([self._told], [], [], seconds)[0])


def next_time(config: Config, now: datetime, decided: bool) -> datetime:
    """When to tick next: at the next decision time, or soon where today could not be decided."""
    if not decided:
        return now + timedelta(minutes=config.paper.retry_minutes)
    after = timedelta(minutes=config.paper.decide_after_minutes)
    today = midnight(now.date()) + after
    return today if now < today else today + ONE_DAY


class Daemon:
    """A ledger that is ticked at every decision time, by one daemon only.

    `say` tells the terminal, `post` sends the notices of each tick. What keeps a tick from deciding is told and tried
    again: nothing is held against the ledger.
    """

    def __init__(
        self,
        config: Config,
        name: str,
        clock: Clock,
        say: Callable[[str], None],
        testnet: TestnetExchange | None = None,
        post: Post = nobody,
        opened: Open = open_sessions,
    ) -> None:
        self._opened, self._is_done, self._is_stopped = opened, False, False
        self._config, self._name, self._clock, self._testnet = config, name, clock, testnet
        self._hide = hiding(os.environ)
        self._say: Callable[[str], None] = lambda text: say(self._hide(text))
        self._notifier = Notifier(config, name, clock, post, self._warn)
        self._due = self._seen = clock.now()

    def run(self, stop: Stop) -> None:
        """Tick now, then at every decision time until it is stopped.

        Raises the errors that no later tick can mend, LedgerError where the ledger has a daemon already.
        """
        with as_daemon(self._config, self._name, self._clock):
            self._run(stop)

    def _run(self, stop: Stop) -> None:
        from loguru import logger

        open_log(self._config, self._name, self._hide)
        while not self._is_stopped_before_due(stop):
            self._is_done = self._tick()
            _give_back_memory()
            self._seen = self._clock.now()
            self._due = next_time(self._config, self._seen, self._is_done)
            logger.info("next tick of {} at {}", self._name, iso(self._due))
        logger.info("stopped; what is held stays held")
        self._say("Stopped. What is held stays held; the next start goes on where this ended.")
        with suppress(OSError):
            heartbeat_path(self._config, self._name).unlink()

    def _is_stopped_before_due(self, stop: Stop) -> bool:
        """Sleep until a tick is due; whether the call to stop came first."""
        while (left := (self._due - self._clock.now()).total_seconds()) > 0:
            now = self._clock.now()
            if now < self._seen:  # the clock was set back: what is due is not due by the clock that was wrong
                self._due = next_time(self._config, now, self._is_done)
            self._seen = now
            self._beat()
            if stop.wait(min(left, _LOOK_UP)):
                return True
        return False

    def _tick(self) -> bool:
        """One tick; whether today is decided, and every order has ended. A fault of vendors or disks is no end."""
        from loguru import logger

        self._beat()
        try:
            with self._notifier.watching(), self._opened(self._config, self._clock) as sessions:
                ticked = tick(
                    self._config,
                    self._name,
                    sessions,
                    self._clock,
                    self._testnet,
                    advance=lambda symbol, done, total: self._beat(),
                    waiting=self._say,
                )
        except (DataError, KeysRefused, OutcomeUnknown, StoreError) as problem:
            self._warn(f"not decided: {problem}")
            return False
        except BotError as problem:
            logger.error("{}", problem)
            raise
        self._tell_if_stopped()
        days = [order.at.date() for order in ticked.carried_out]
        for day in ticked.decided:
            self._tell(f"decided {day}, {days.count(day)} order(s) carried out")
        if earlier := len(days) - sum(map(days.count, ticked.decided)):
            self._tell(f"{earlier} order(s) that were left open have ended")
        for day in ticked.drifted:
            self._warn(f"{day} would be decided otherwise now; the record is kept")
        for order in ticked.left_open:
            self._warn(f"order {order.order_id} may or may not stand: it is looked up again soon")
        return not ticked.left_open

    def _tell_if_stopped(self) -> None:
        """Tell once that the user stopped the ledger: until that is taken back there is nothing else to tell."""
        was, self._is_stopped = self._is_stopped, is_stopped(self._config, self._name)
        if self._is_stopped and not was:
            self._tell(f"stopped by its user: nothing is decided until bot paper resume --ledger {self._name}")

    def _beat(self) -> None:
        """Tell that the daemon lives; where that cannot be told it trades all the same."""
        from loguru import logger

        try:
            write_beat(heartbeat_path(self._config, self._name), self._clock.now(), self._due)
        except OSError as problem:
            logger.warning("the heartbeat cannot be written: {}", problem.strerror)

    def _warn(self, problem: str) -> None:
        from loguru import logger

        logger.warning("{}", problem)
        self._say(f"{iso(self._clock.now())}  {problem}")

    def _tell(self, news: str) -> None:
        from loguru import logger

        logger.info("{}: {}", self._name, news)
        self._say(f"{iso(self._clock.now())}  {news}")


def _give_back_memory() -> None:
    """Let go of what the tick needed: a venue's client holds on to itself, and the C library to what is freed."""
    gc.collect()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):  # glibc's
        trim(0)
