"""Ctrl-C: the message on the work that a command finishes first, and interrupts that Python would lose."""

from __future__ import annotations

import contextlib
import os
import signal
import sys

_STANDARD_ERROR = 2
_AGAIN_SECONDS = 0.05
"""Time until a lost interrupt is raised again: Python has left the callback by then."""


def announce_stop(number: int, waits_for: str) -> None:
    """Say on standard error that a command stops; after Ctrl-C a second one interrupts it at once.

    Parameters
    ----------
    number
        Signal that was received. Only Ctrl-C (SIGINT) comes from a user who waits at a terminal.
    waits_for
        What the command finishes first, as the subject of a sentence.
    """
    if number != signal.SIGINT:
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Written past Python's streams: a signal may come while one of them is locked.
    with contextlib.suppress(OSError):
        os.write(_STANDARD_ERROR, f"\nStopping: {waits_for} first. Ctrl-C again stops at once.\n".encode())


def repeat_lost_interrupts() -> None:
    """Raise KeyboardInterrupt again where Python drops it: in a destructor, or the callback of a weak reference."""
    ordinary = sys.unraisablehook

    def repeat(unraisable: sys.UnraisableHookArgs) -> None:
        if issubclass(unraisable.exc_type, KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, _AGAIN_SECONDS)
        else:
            ordinary(unraisable)

    signal.signal(signal.SIGALRM, signal.default_int_handler)
    sys.unraisablehook = repeat
