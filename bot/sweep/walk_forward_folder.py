"""The folder of a walk-forward: its figures, tables and page."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from bot.core.errors import ConfigError, LedgerError
from bot.data.demo.demo_market import DEMO
from bot.data.store.write_lock import write_lock
from bot.infra.clock import SystemClock
from bot.infra.write_access import write_error
from bot.ledger.text_file import write_state_text
from bot.sweep.run_name import require_name
from bot.sweep.walk_forward import WalkForward
from bot.sweep.walk_forward_page import walk_forward_page

_LAST = "walkforward.json"
"""The file that is written last, so that a folder without it is one of an interrupted run."""


@contextmanager
def claimed_folder(state: Path, name: str | None) -> Iterator[Path]:
    """Make the folder of the given name, else that of the next free number, and hold it against other processes.

    The files of an interrupted run give way. A folder that is empty at the end is removed.

    Raises
    ------
    ConfigError
        The name is taken or invalid.
    LedgerError
        The folder fails to be written.
    StoreError
        Another process holds the folder, or the lock fails to be written.
    """
    parent = state / "walkforward"
    if name is not None:
        require_name(name)
    try:
        parent.mkdir(parents=True, exist_ok=True)
        folder = _next_number(parent) if name is None else parent / name
    except OSError as problem:
        raise write_error(LedgerError, parent / (name or "1"), problem) from None
    last = folder / _LAST
    if last.exists():
        raise _taken(folder)
    with write_lock(last, SystemClock(), patience=0.0):
        try:
            if last.exists():  # another process finished it after the look above
                raise _taken(folder)
            yield folder
        finally:
            last.with_suffix(".lock").unlink(missing_ok=True)
            with suppress(OSError):  # it has files
                folder.rmdir()


def _next_number(parent: Path) -> Path:
    number = 1
    while True:
        try:
            (parent / str(number)).mkdir()
        except FileExistsError:
            number += 1
        else:
            return parent / str(number)


def _taken(folder: Path) -> ConfigError:
    return ConfigError("exists already", where=str(folder), mend="give another --name")


def write_folder(found: WalkForward, folder: Path, market: str) -> dict[str, Any]:
    """Write walkforward.json, choices.csv, equity.csv and report.html; return the object of the JSON file.

    Raises LedgerError if a file cannot be written.
    """
    as_data = {
        "market": market,
        "sets": found.sets,
        "criterion": found.criterion,
        "folds": found.choices.to_dict("records"),
        "hindsight": {
            **found.hindsight.as_dict(),
            "changes": dict(found.hindsight_changes),
        },
        "figures": found.figures,
        "delay_days": found.delay,
        "config": found.config.resolved(),
    }
    write_state_text(folder / "choices.csv", found.choices.to_csv(index=False))
    write_state_text(folder / "equity.csv", found.equity.to_csv(date_format="%Y-%m-%d"))
    write_state_text(folder / "report.html", walk_forward_page(found, market, market == DEMO))
    plain: dict[str, Any] = _plain(as_data)
    write_state_text(folder / _LAST, json.dumps(plain, indent=1, allow_nan=False) + "\n")
    return plain


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: null for NaN and infinity, dates as text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, int | float | str | bool) else str(value)
