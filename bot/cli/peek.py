"""Write a peek to the log of plans before a command shows outcomes."""

from __future__ import annotations

from datetime import date
from pathlib import Path


def note_command(state: Path, command: str, last_day: date | None) -> None:
    """Write a command to the log of plans if it shows days after the date of the registered plan.

    Parameters
    ----------
    state
        State folder of the config.
    command
        The command, such as "bot backtest".
    last_day
        Newest UTC day that the command shows; None shows none.

    Raises
    ------
    LedgerError
        If the log cannot be written, or its chain is broken.
    """
    from bot.infra.clock import SystemClock
    from bot.ledger.plan_log import note_peek

    if last_day is not None:
        note_peek(state, command, last_day, SystemClock().now())
