"""Names of runs and ledgers for the completion of the shell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.core.errors import BotError

_NEWEST = 30
"""Number of run ids that are offered; named runs are offered all."""


def complete_runs(ctx: Any, incomplete: str) -> list[str]:
    """Return the names and ids of runs that begin as typed."""
    return [name for name in _run_names(_state(ctx)) if name.startswith(incomplete)]


def complete_ledgers(ctx: Any, incomplete: str) -> list[str]:
    """Return the names of ledgers that begin as typed."""
    return [name for name in _ledger_names(_state(ctx)) if name.startswith(incomplete)]


def complete_records(ctx: Any, incomplete: str) -> list[str]:
    """Return the names of ledgers, then of runs, that begin as typed."""
    state = _state(ctx)
    return [name for name in (*_ledger_names(state), *_run_names(state)) if name.startswith(incomplete)]


def _ledger_names(state: Path | None) -> list[str]:
    return [] if state is None else sorted(path.stem for path in (state / "ledgers").glob("*.sqlite3"))


def _run_names(state: Path | None) -> list[str]:
    from bot.ledger.run_folder import list_runs, named_runs

    if state is None:
        return []
    runs = state / "runs"
    ids = [folder.run_id for folder in list_runs(runs)[:_NEWEST]]
    return [*(["latest"] if ids else []), *named_runs(runs), *ids]


def _state(ctx: Any) -> Path | None:
    """Return the state folder of the command that is typed, if its config is valid."""
    from bot.settings.state_folder import state_folder

    config = ctx.params.get("config")
    try:
        return state_folder(None if config is None else Path(config))
    except (BotError, OSError):  # a shell must not see an error while a command is typed
        return None
