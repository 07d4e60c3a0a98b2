"""Frequency of Python's garbage collection in a process of the bot."""

from __future__ import annotations

import gc

_ALLOCATIONS = 50_000
"""Net allocations of containers per collection of the youngest objects; Python's default of 700 suits small scripts."""


def collect_rarely() -> None:
    """Collect garbage less often, and leave the modules that are loaded already out of it."""
    # A backtest or a review keeps millions of records to its end, and almost none of them in cycles. With the default
    # hundreds of collections walk them in vain.
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, 20, 20)


def collect_new_objects_only() -> None:
    """Leave all objects that exist now out of later collections, in a process that collects rarely."""
    # Only there: a test's process, which runs many daemons, would keep the cycles of all of them.
    if gc.get_threshold()[0] == _ALLOCATIONS:
        gc.freeze()
