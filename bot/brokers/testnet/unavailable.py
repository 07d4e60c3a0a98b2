"""Errors of a testnet as those of a broker: exit code 4, with advice that fits a testnet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.core.errors import DataError, TestnetUnavailable
from bot.infra.vendor_errors import Blocked, NotListed, RateLimited, Refused, Unreachable, WrongAnswer, WrongClock

_ADVICE: dict[type[DataError], str | None] = {
    Blocked: "this testnet is closed to your country: begin a new ledger on another one, --set paper.testnet=NAME",
    WrongClock: "set this machine's clock, for example with NTP, then tick again",
    RateLimited: "wait for the pause to end, then tick again; the daemon does so by itself",
    Unreachable: "tick again in some minutes: orders that may have been sent are looked up first",
    Refused: None,
    WrongAnswer: None,
    NotListed: None,
}
"""Advice by the kind of error; None keeps that of the error."""


@contextmanager
def testnet_errors() -> Iterator[None]:
    """Raise TestnetUnavailable in place of the errors of vendors that a testnet shares with them."""
    try:
        yield
    except tuple(_ADVICE) as problem:
        advice = next(text for kind, text in _ADVICE.items() if isinstance(problem, kind))
        parts = {"where": problem.where, "expected": problem.expected, "was": problem.was}
        mend = problem.mend if advice is None else advice
        raise TestnetUnavailable(problem.what, mend=mend, **parts) from None
