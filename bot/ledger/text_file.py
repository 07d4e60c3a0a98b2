"""Write files that are whole or absent."""

from __future__ import annotations

from pathlib import Path

from bot.core.errors import LedgerError
from bot.infra.whole_file import write_whole
from bot.infra.write_access import write_error


def write_text(path: Path, text: str) -> None:
    """Write a file that the user named, in one step. Raises LedgerError, for a missing folder too."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file that the user named, in one step. Raises LedgerError, for a missing folder too."""
    try:
        write_whole(path, content)
    except OSError as problem:
        raise write_error(LedgerError, path, problem) from None


def write_state_text(path: Path, text: str) -> None:
    """Write a file of the state folder in one step, and make its folder. Raises LedgerError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise write_error(LedgerError, path, problem) from None
    write_text(path, text)
