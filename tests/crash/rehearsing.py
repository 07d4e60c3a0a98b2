"""A process that rehearses on a venue on demand, each time in a child of its own that can be killed.

Its first line of input is JSON: the state folder, and spans of days. Every further line is the JSON of an `Attempt`: it
forks, kills the child if and when it is told to, and tells how it ended and when it was killed. It has a single thread,
and has loaded and planned everything before it forks, so that a child begins to trade within milliseconds. It is this
process that kills, and not the one in which the venue runs, since that would come between requests only.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from itertools import count

import ccxt  # noqa: F401 - loaded before the first fork

from bot.core.errors import BotError
from bot.core.run_plan import RunPlan
from bot.core.window import Window
from bot.infra.clock import SystemClock
from bot.paper.rehearsal import trade
from bot.services.markets import open_market
from bot.services.plans import planned
from bot.settings.loader import Config
from bot.venue.running_venue import RunningVenue
from tests.markets import config_with

SHORT = 0.01
"""Seconds of a sleep between two tries."""
UNFINISHED = 4
"""The exit code of a rehearsal that met a fault, and is to go on later."""


class Clock(SystemClock):
    """This machine's clock, on which only an order that may be under way is waited for in full."""

    def __init__(self, late: float) -> None:
        self._longest = max(late, SHORT)

    def sleep(self, seconds: float) -> None:
        """Wait, but not for as long as a patient bot would."""
        super().sleep(SHORT if seconds > self._longest else seconds)


def plan_of(config: Config, first: date, last: date) -> RunPlan:
    """The plan of days of the demo."""
    return planned(config, open_market(config, None, "demo"), Window(first, last))


def killed_at(step: int | None) -> Callable[[str], None]:
    """A step_hook that kills the process at a step, for good."""
    steps = count()

    def step_hook(name: str) -> None:
        if next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    return step_hook


@dataclass(frozen=True)
class Attempt:
    """A rehearsal of one of the spans; `late` is for how many seconds an order may be under way.

    It is killed at a numbered step of the desk, or so many seconds after it began, if at all.
    """

    days: int
    ledger: str
    port: int
    step: int | None = None
    after: float | None = None
    late: float = 0.0


@dataclass(frozen=True)
class Ended:
    """The exit code, negative for a signal, and the monotonic time at which it was killed from outside."""

    code: int
    killed_at: float


def rehearse(config: Config, plan: RunPlan, attempt: Attempt) -> int:
    """One rehearsal, from where its ledger ends; its exit code."""
    machine, late = Clock(attempt.late), timedelta(seconds=attempt.late)
    try:
        venue = RunningVenue(attempt.port, machine)
        trade(config, attempt.ledger, plan, venue, machine, late=late, step_hook=killed_at(attempt.step))
    except BotError as problem:
        print(f"{attempt.ledger}: {problem}", file=sys.stderr)
        return UNFINISHED
    return 0


def tried(config: Config, plan: RunPlan, attempt: Attempt) -> Ended:
    """A rehearsal in a child."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = rehearse(config, plan, attempt)
        finally:
            os._exit(code)
    if attempt.after is not None:
        time.sleep(attempt.after)
    at = time.monotonic()
    if attempt.after is not None:
        os.kill(child, signal.SIGKILL)  # one that is done already is still there to be waited for
    _, status = os.waitpid(child, 0)
    return Ended(os.waitstatus_to_exitcode(status), at)


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
        attempt = Attempt(**json.loads(line))
        print(json.dumps(asdict(tried(config, plans[attempt.days], attempt))), flush=True)


if __name__ == "__main__":
    main()
