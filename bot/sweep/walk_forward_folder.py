"""The folder of a walk-forward: its figures, tables and page."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.core.errors import ConfigError
from bot.data.demo.demo_market import DEMO
from bot.ledger.text_file import write_state_text
from bot.sweep.run_name import require_name
from bot.sweep.walk_forward import WalkForward
from bot.sweep.walk_forward_page import walk_forward_page

_LAST = "walkforward.json"
"""The file that is written last, so that a folder without it is one of an interrupted run."""


def new_folder(state: Path, name: str | None) -> Path:
    """Return the folder of the given name, else that of the next free number; the files of an interrupted run give way.

    Raises ConfigError for a name that is taken or invalid.
    """
    parent = state / "walkforward"
    if name is None:
        taken = {path.name for path in parent.glob("*")}
        return parent / next(str(number) for number in range(1, len(taken) + 2) if str(number) not in taken)
    require_name(name)
    if (parent / name / _LAST).exists():
        raise ConfigError("exists already", where=str(parent / name), mend="give another --name")
    return parent / name


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
