"""The daemon: sleep to the next decision time, tick, and so on until it is told to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from types import FrameType
from typing import TYPE_CHECKING

from bot.config import Config
from bot.core.errors import BotError, DataError, StoreError
from bot.core.moments import ONE_DAY, iso, midnight
from bot.core.ports import Clock
from bot.paper import tick
from bot.sourcing import open_sessions

if TYPE_CHECKING:
    from bot.brokers.testnet_exchange import TestnetExchange

_LOOK_UP = 60.0
"""Seconds of sleep at most: a machine that was suspended, or whose clock was set, is noticed within a minute."""


class Stop:
    """Set by SIGTERM or Ctrl-C; a tick that is under way is finished."""

    def __init__(self) -> None:
        self._told = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._hear)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self._told.set()

    def wait(self, seconds: float) -> bool:
        """Wait, but not beyond the call to stop; whether that has come."""
        return self._told.wait(seconds)


def next_time(config: Config, now: datetime, decided: bool) -> datetime:
    """When to tick next: at the next decision time, or soon where today could not be decided."""
    if not decided:
        return now + timedelta(minutes=config.paper.retry_minutes)
    after = timedelta(minutes=config.paper.decide_after_minutes)
    today = midnight(now.date()) + after
    return today if now < today else today + ONE_DAY


def run_for_ever(
    config: Config,
    name: str,
    clock: Clock,
    say: Callable[[str], None],
    testnet: TestnetExchange | None = None,
    stop: Stop | None = None,
) -> None:
    """Tick now, then at every decision time until it is stopped.

    What keeps a tick from deciding is told and tried again: nothing is held against the ledger. Raises the errors that
    no later tick can mend.
    """
    from loguru import logger

    logger.remove()  # the terminal is told by `say`
    logger.add(config.state / "bot.log", rotation="5 MB", retention=5, diagnose=False, backtrace=False)
    stop = stop or Stop()
    due = clock.now()
    while True:
        while (left := (due - clock.now()).total_seconds()) > 0:
            if stop.wait(min(left, _LOOK_UP)):
                logger.info("stopped; what is held stays held")
                say("Stopped. What is held stays held; the next start goes on where this ended.")
                return
        decided = _tick(config, name, clock, testnet, say)
        due = next_time(config, clock.now(), decided)
        logger.info("next tick of {} at {}", name, iso(due))


def _tick(config: Config, name: str, clock: Clock, testnet: TestnetExchange | None, say: Callable[[str], None]) -> bool:
    """One tick; whether today is decided, and every order has ended. A fault of vendors or disks is no end."""
    from loguru import logger

    try:
        with open_sessions(config, clock) as sessions:
            ticked = tick(config, name, sessions, clock, testnet, waiting=say)
    except (DataError, StoreError) as problem:
        logger.warning("{}", problem)
        say(f"{iso(clock.now())}  not decided: {problem}")
        return False
    except BotError as problem:
        logger.error("{}", problem)
        raise
    for day in ticked.decided:
        logger.info("{} decided {}, {} orders", name, day, len(ticked.carried_out))
        say(f"{iso(clock.now())}  decided {day}, {len(ticked.carried_out)} order(s) carried out")
    for day in ticked.drifted:
        logger.warning("{} would be decided otherwise now; the record is kept", day)
    for order in ticked.left_open:
        logger.warning("order {} may or may not stand: it is looked up again soon", order.order_id)
    return not ticked.left_open
