"""Message on Ctrl-C: the work that a command finishes first, and the effect of a second Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import signal

_STANDARD_ERROR = 2


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
