"""Heads of a ledger that were kept elsewhere: read them, and prove that a ledger still contains them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.core.errors import ConfigError, LedgerError
from bot.core.plural import counted

_HEAD = r"(?P<rows>[0-9]{1,15}):(?P<hash>[0-9a-fA-F]{64})(?![0-9a-zA-Z])"
_NOTICE = (
    r"(?P<said>[0-9]{1,15})\s+rows\s+up\s+to\s+[0-9-]{10};\s+keep\s+this,\s+it\s+proves\s+them:\s*"
    r"(?:(?P<again>[0-9]{1,15}):)?(?P<proof>[0-9a-zA-Z]*)"
)
_TITLE = r"(?P<ledger>[A-Za-z0-9_-]{1,40}):\s+the\s+record\s+of\s+[0-9]{4}-[0-9]{2}-[0-9]{2}"
# Apprise and mail programs break lines anywhere between words, so each pattern takes any white space there.
_FOUND = re.compile(rf"{_TITLE}|{_NOTICE}|(?<![0-9a-zA-Z:]){_HEAD}")
_COPY = re.compile(r"-[0-9]{8}T[0-9]{6}Z(-[0-9]+)?$")
"""End of the name of a backup or an archived ledger, after the ledger's own name."""
_SHAPE = "N:HASH, the number of a row and its hash of 64 hexadecimal digits"
_LONGEST = 64 * 2**20


@dataclass(frozen=True, slots=True)
class KeptHead:
    """Number and hash of a ledger's last row at some moment, and the place where the copy is kept."""

    rows: int
    hash: str
    where: str = "--head"


def parse_head(text: str) -> KeptHead:
    """Parse a head of the form `N:HASH`. Raises ConfigError."""
    found = re.fullmatch(_HEAD, text.strip())
    if found is None or int(found["rows"]) == 0:
        raise ConfigError("is no head", where="--head", expected=_SHAPE, was=repr(text[:100]))
    return KeptHead(int(found["rows"]), found["hash"].lower())


def read_heads(file: Path, ledger: str) -> list[KeptHead]:
    """Read the heads of a ledger from a file of notices, of this version or of 0.1.0.

    Parameters
    ----------
    file
        Text with notices of one or more ledgers, or lines of the form `N:HASH`.
    ledger
        Name of the ledger; heads under another ledger's title are left out.

    Raises
    ------
    ConfigError
        The file cannot be read, has a head that is cut off, or has no head of the ledger.
    """
    ledger = _COPY.sub("", ledger)
    text, heads, of = _text(file), list[KeptHead](), ledger
    for found in _FOUND.finditer(text):
        if found["ledger"] is not None:
            of = found["ledger"]
            continue
        where = f"{file} line {text.count(chr(10), 0, found.start()) + 1}"
        rows, digits = found["rows"] or found["again"] or found["said"], found["hash"] or found["proof"]
        if not re.fullmatch("[0-9a-fA-F]{64}", digits) or found["again"] not in (None, found["said"]) or int(rows) == 0:
            # Passed over, the head would count as proved.
            raise ConfigError("has a head that is cut off or changed", where=where, expected=_SHAPE, was=found[0][-80:])
        if of == ledger:
            heads.append(KeptHead(int(rows), digits.lower(), where))
    if not heads:
        mend = "give a file of its head notices, or one head with --head N:HASH"
        raise ConfigError(f"has no head of {ledger}", where=str(file), expected=_SHAPE, mend=mend)
    return heads


def missing_head(heads: Iterable[KeptHead], rows: int, hashes: dict[int, str], path: Path) -> LedgerError | None:
    """Return the error of the first kept head that a ledger of some rows lacks, if there is one.

    Parameters
    ----------
    heads
        Heads that were kept elsewhere.
    rows
        Number of rows of the ledger.
    hashes
        Hash of each row that a head names, as far as the ledger has the row.
    path
        File of the ledger.
    """
    for head in sorted(heads, key=lambda head: head.rows):
        if head.rows > rows:
            lost = counted(head.rows - rows, "row")
            what = f"ends with row {rows:,}, and a head of row {head.rows:,} was kept: {lost} cut off"
        elif hashes[head.rows] != head.hash:
            what = f"row {head.rows:,} has another hash than the head that was kept: rows up to it were written anew"
        else:
            continue
        mend = "the record is not the one that the head was kept of: compare with a backup"
        return LedgerError(
            what,
            where=str(path),
            expected=f"{head.rows}:{head.hash} ({head.where})",
            was=_present(head, hashes),
            mend=mend,
        )
    return None


def heads_message(heads: Sequence[KeptHead]) -> str:
    """Say that a ledger contains every kept head."""
    last = max(heads, key=lambda head: head.rows)
    count = "the head that was kept" if len(heads) == 1 else f"all {len(heads):,} heads that were kept"
    return f"contains {count}, up to row {last.rows:,}"


def _present(head: KeptHead, hashes: dict[int, str]) -> str:
    return f"{head.rows}:{hashes[head.rows]}" if head.rows in hashes else "no such row"


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            raw = opened.read(_LONGEST + 1)
    except OSError as problem:
        raise ConfigError(f"cannot be read: {problem.strerror}", where=str(file)) from None
    if len(raw) > _LONGEST:
        raise ConfigError("is too large for a file of notices", where=str(file), expected="at most 64 MB")
    # Notices copied from a mail program may be in any encoding; a head is ASCII in all of them but UTF-16.
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    return raw.decode(encoding, "replace")
