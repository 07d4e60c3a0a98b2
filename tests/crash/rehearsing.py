"""A process that rehearses on a venue on demand, each time in a child of its own that can be killed.

Its first line of input is JSON: the state folder, and spans of days. Every further line is JSON too: which span, the
ledger, the venue's port, and at which step of the desk the child kills itself, if at any. It forks, tells the child's
number, and then how the child ended. It has a single thread, and has loaded and planned everything before it forks, so
that a child begins to trade within milliseconds.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import date, timedelta
from itertools import count

import ccxt  # noqa: F401 - loaded before the first fork

from bot.config import Config
from bot.core.book import RunPlan
from bot.core.errors import BotError
from bot.core.window import Window
from bot.data.clock import SystemClock
from bot.markets import open_market
from bot.rehearsal import trade
from bot.venue.running import RunningVenue
from bot.wiring import planned
from tests.markets import config_with

LATE = timedelta(seconds=0.15)
"""How long an order may be under way: longer than the venue is told to delay one."""
UNFINISHED = 4
"""The exit code of a rehearsal that met a fault, and is to go on later."""


class Clock(SystemClock):
    """This machine's clock, whose long waits are short."""

    def sleep(self, seconds: float) -> None:
        """Wait, but never for longer than an order may be under way."""
        super().sleep(min(seconds, LATE.total_seconds()))


def plan_of(config: Config, first: date, last: date) -> RunPlan:
    """The plan of days of the demo."""
    return planned(config, open_market(config, None, "demo"), Window(first, last))


def killed_at(step: int | None) -> Callable[[str], None]:
    """A witness that kills the process at a step, for good."""
    steps = count()

    def witness(name: str) -> None:
        if next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    return witness


def rehearse(config: Config, plan: RunPlan, ledger: str, port: int, step: int | None) -> int:
    """One rehearsal, from where its ledger ends; its exit code."""
    machine = Clock()
    try:
        venue = RunningVenue(port, machine)
        trade(config, ledger, plan, venue, machine, late=LATE, witness=killed_at(step))
    except BotError as problem:
        print(f"{ledger}: {problem}", file=sys.stderr)
        return UNFINISHED
    return 0


def main() -> None:
    """Serve until the input ends."""
    told = json.loads(sys.stdin.readline())
    config = config_with({"state": told["state"]})
    plans = [plan_of(config, *map(date.fromisoformat, days)) for days in told["days"]]
    for plan in plans:
        _ = plan.prices, plan.endings  # made once, before the first fork
    gc.freeze()
    print("ready", flush=True)
    for line in sys.stdin:
        wanted = json.loads(line)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = rehearse(config, plans[wanted["days"]], wanted["ledger"], wanted["port"], wanted["step"])
            finally:
                os._exit(code)
        print(child, flush=True)
        _, ended = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(ended), flush=True)


if __name__ == "__main__":
    main()
