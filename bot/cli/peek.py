"""Write a peek to the log of plans before a command shows outcomes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click


def note_command(state: Path, last_day: date | None) -> None:
    """Write the running command to the log of plans if it shows days after the date of the registered plan.

    Parameters
    ----------
    state
        State folder of the config.
    last_day
        Newest UTC day that the command shows; None shows none.

    Raises
    ------
    LedgerError
        If the log cannot be written, or its chain is broken.
    """
    from bot.infra.clock import SystemClock
    from bot.ledger.plan_log import note_peek

    context = click.get_current_context(silent=True)
    if last_day is not None and context is not None:
        note_peek(state, context.command_path, last_day, SystemClock().now())
