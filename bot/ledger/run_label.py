"""Name and note of a run: what the user called it, in the manifest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.core.errors import ConfigError
from bot.core.text import printable
from bot.ledger.run_folder import named_runs

_RESERVED = ("latest", "list", "show", "rm")
"""Words that `bot runs` reads as commands or as the newest run, so they cannot name a run."""
_RUN_ID = re.compile(r"\d{8}T\d{6}Z-.*")
_LONGEST_NOTE = 500


@dataclass(frozen=True, slots=True)
class RunLabel:
    """Name and note of a run, "" if left out."""

    name: str = ""
    note: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return the keys of the manifest that have a value."""
        return {key: value for key, value in (("name", self.name), ("note", self.note)) if value}


def run_label(name: str, note: str) -> RunLabel:
    """Make the label of a run. Raises ConfigError for an invalid name or a note that is too long."""
    # The letters of a ledger's name, since commands take either.
    if not isinstance(name, str) or (name and not re.fullmatch("[A-Za-z0-9_-]{1,40}", name)):
        expected = "at most 40 of A-Z, a-z, 0-9, - and _"
        raise ConfigError("is an invalid name of a run", where="--name", expected=expected, was=repr(name))
    if name in _RESERVED or _RUN_ID.fullmatch(name) or name.startswith("-"):
        raise ConfigError(f"{name!r} is reserved by commands", where="--name", mend="choose another name")
    if not isinstance(note, str):
        raise ConfigError("is no text", where="--note", expected="text", was=repr(note))
    if len(note) > _LONGEST_NOTE:
        raise ConfigError("is too long", where="--note", expected=f"at most {_LONGEST_NOTE} characters")
    return RunLabel(name, printable(note).strip())


def require_free_name(state: Path, name: str) -> None:
    """Raise ConfigError if a run or a ledger of the state folder has the name."""
    if not name:
        return
    if name in named_runs(state / "runs"):
        mend = f"choose another, or remove that run with: bot runs rm {name}"
        raise ConfigError(f"{name!r} is the name of another run", where="--name", mend=mend)
    if (state / "ledgers" / f"{name}.sqlite3").exists():
        raise ConfigError(f"{name!r} is the name of a ledger", where="--name", mend="choose another name")


def label_of(manifest: Mapping[str, Any]) -> RunLabel:
    """Read the label of a run from its manifest."""
    return RunLabel(str(manifest.get("name", "")), str(manifest.get("note", "")))
