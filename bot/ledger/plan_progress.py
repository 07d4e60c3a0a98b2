"""Progress of the registered plan as the newest follow-up found it, for pages and notices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.core.errors import LedgerError
from bot.ledger.plan_log import plan_log
from bot.ledger.text_file import write_state_text

FILE_NAME = "prospective.json"


def keep_progress(state: Path, progress: Mapping[str, Any]) -> None:
    """Write the progress of a registered plan. Raises LedgerError."""
    write_state_text(state / "study" / FILE_NAME, json.dumps(dict(progress), indent=1) + "\n")


def progress_line(state: Path, digits: int = 12) -> str | None:
    """Return the state of the registered plan in one line, with the first digits of its hash.

    None if no plan is registered. A broken log is reported in the line: pages and notices show more than the plan.
    """
    try:
        entry = plan_log(state).registered()
    except LedgerError as problem:
        return f"Registered plan unknown: {problem}"
    if entry is None:
        return None
    head = f"Plan {entry.plan_sha256[:digits]}, registered on {entry.day}"
    found = _read(state / "study" / FILE_NAME)
    if found is None or found.get("plan_sha256") != entry.plan_sha256:
        return f"{head}: `bot study status` counts its episodes"
    return f"{head}: {found['line']}"


def kept_looks(state: Path) -> dict[str, str]:
    """Return a sentence about each look of the registered plan, as the newest follow-up found it, by a key of its own.

    Empty before the first follow-up.
    """
    found = _read(state / "study" / FILE_NAME)
    looks = [] if found is None else found.get("looks", [])
    if found is None or not isinstance(looks, list):
        return {}
    plan = f"Plan {str(found.get('plan_sha256', ''))[:12]}"
    episodes = [one["episodes"] for one in looks if isinstance(one, dict) and isinstance(one.get("episodes"), int)]
    return {f"{plan} {count}": f"{plan}, look after {count} episodes: {found['line']}." for count in episodes}


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("line"), str) else None
