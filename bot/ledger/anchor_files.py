"""Anchors of a ledger: the text that is time-stamped, and the files of the tokens beside the ledger."""

from __future__ import annotations

import glob
import os
import re
from pathlib import Path

from bot.core.errors import LedgerError
from bot.infra.whole_file import place_new, temporary_beside
from bot.infra.write_access import write_error

_NAME = re.compile(r"\.anchor-([1-9][0-9]{0,14})\.tsr")


def anchored_text(row: int, head: str) -> bytes:
    """Return the text that is time-stamped: `N:HASH`, the form in which heads are printed everywhere."""
    return f"{row}:{head}".encode()


def anchor_path(ledger: Path, row: int) -> Path:
    """Return the file of the token of a row."""
    return ledger.with_name(f"{ledger.stem}.anchor-{row}.tsr")  # no ledger's name has a dot


def anchor_files(ledger: Path) -> dict[int, Path]:
    """Return the files of a ledger's tokens by row, in order; a file with another name is left out."""
    found = {}
    for path in ledger.parent.glob(f"{glob.escape(ledger.stem)}.anchor-*.tsr"):
        if (name := _NAME.fullmatch(path.name[len(ledger.stem) :])) is not None:
            found[int(name[1])] = path
    return dict(sorted(found.items()))


def keep_anchor(ledger: Path, row: int, token: bytes) -> Path:
    """Write a token beside its ledger and return its path; a file that exists is kept. Raises LedgerError."""
    target = anchor_path(ledger, row)
    try:
        with temporary_beside(target) as temporary:
            with temporary.open("wb") as opened:
                opened.write(token)
                opened.flush()
                os.fsync(opened.fileno())
            return place_new(temporary, target)
    except FileExistsError:
        raise LedgerError("exists already and is kept as it is", where=str(target)) from None
    except OSError as problem:
        raise write_error(LedgerError, target, problem) from None


def copy_anchors(ledger: Path, to: Path) -> None:
    """Copy the tokens of a ledger beside a copy of it. Raises LedgerError."""
    for row, path in anchor_files(ledger).items():
        try:
            token = path.read_bytes()
        except OSError as problem:
            raise LedgerError(f"cannot be read: {problem.strerror}", where=str(path)) from None
        keep_anchor(to, row, token)


def move_anchors(ledger: Path, to: Path) -> None:
    """Move the tokens of a ledger beside its new path. Raises OSError."""
    for row, path in anchor_files(ledger).items():
        path.rename(anchor_path(to, row))
