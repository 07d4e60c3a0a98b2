"""Verify a ledger's anchors offline: each token proves that the record up to its row existed at its time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from bot.core.errors import LedgerError
from bot.core.moments import iso
from bot.core.plural import counted
from bot.infra.timestamp_token import InvalidToken, Token, digest_of, read_token, verify_token
from bot.ledger.anchor_files import anchor_files, anchored_text
from bot.ledger.ledger_file import open_to_read
from bot.ledger.record import checked_rows

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_REWRITTEN = "the record is not the one that was time-stamped: compare with a backup"


@dataclass(frozen=True, slots=True)
class AnchorProof:
    """A verified anchor: row, its hash and moment (ISO-8601 UTC), the time-stamp, and the token's file."""

    row: int
    hash: str
    at: str
    token: Token
    path: Path

    def to_dict(self) -> dict[str, object]:
        """Return the proof as plain data."""
        return {
            "row": self.row,
            "hash": self.hash,
            "of": self.at,
            "existed": iso(self.token.time),
            "authority": self.token.authority,
            "token": str(self.path),
        }


@dataclass(frozen=True, slots=True)
class AnchorCheck:
    """Result of the check of a ledger's anchors: the proofs by row, and the faults of the other tokens."""

    proofs: Sequence[AnchorProof]
    faults: Sequence[LedgerError]

    def message(self) -> str:
        """Say what the valid tokens prove."""
        first, last = self.proofs[0], self.proofs[-1]
        proved = f"row {last.row:,} ({last.at[:10]}) and those before existed on {_when(last)}"
        others = f"; {len(self.proofs):,} valid tokens from row {first.row:,} on" if len(self.proofs) > 1 else ""
        return f"{proved}: signed by {last.token.authority}{others}"


def read_kept_token(path: Path) -> Token:
    """Read the token of a file, still unverified. Raises LedgerError."""
    try:
        raw = path.read_bytes()
    except OSError as problem:
        raise LedgerError(f"cannot be read: {problem.strerror}", where=str(path)) from None
    try:
        return read_token(raw)
    except InvalidToken as problem:
        raise LedgerError(
            f"the token {problem}", where=str(path), mend="put a copy of the token in its place"
        ) from None


def verify_signature(token: Token, path: Path, trusted: Sequence[Certificate]) -> None:
    """Verify the signature of a kept token. Raises LedgerError."""
    try:
        verify_token(token, trusted)
    except InvalidToken as problem:
        mend = "name the certificate of the authority that signed it: --ca FILE"
        raise LedgerError(f"the token {problem}", where=str(path), mend=mend) from None


def verify_anchors(
    ledger: Path, rows: int, heads: Mapping[int, tuple[str, str]], trusted: Sequence[Certificate]
) -> AnchorCheck:
    """Verify every token beside a ledger whose chain was checked.

    Parameters
    ----------
    ledger
        File of the ledger.
    rows
        Number of its rows.
    heads
        Hash and moment (ISO-8601 UTC) of each row that has a token, as far as the ledger has the row.
    trusted
        Certificates of the authority.

    Returns
    -------
    AnchorCheck
        Proofs and faults; a missing token is a fault.
    """
    proofs: list[AnchorProof] = []
    faults: list[LedgerError] = []
    for row, path in anchor_files(ledger).items():
        try:
            token = read_kept_token(path)
            verify_signature(token, path, trusted)
            if row not in heads or digest_of(anchored_text(row, heads[row][0])) != token.digest:
                raise _mismatch(ledger, rows, row, token, path)
        except LedgerError as fault:
            faults.append(fault)
        else:
            proofs.append(AnchorProof(row, *heads[row], token, path))
    if not proofs and not faults:
        mend = f"time-stamp it with: bot paper anchor --ledger {ledger.stem}"
        faults.append(LedgerError("has no token: no authority proves when it existed", where=str(ledger), mend=mend))
    return AnchorCheck(proofs, faults)


def _mismatch(ledger: Path, rows: int, row: int, token: Token, path: Path) -> LedgerError:
    """Return the error of a valid token and another row: misplaced, foreign, cut off or rewritten."""
    if (own := _row_of(ledger, token)) is not None:
        return LedgerError(
            f"is the token of row {own:,}, not of row {row:,}", where=str(path), mend="put its name back"
        )
    for other in sorted(ledger.parent.glob("*.sqlite3")):
        if other != ledger and (own := _row_of(other, token, row)) is not None:
            return LedgerError(f"is the token of row {own:,} of the ledger {other.stem}", where=str(path))
    stamped = f"row {row:,} was time-stamped on {iso(token.time)}"
    if row > rows:
        what = f"ends with row {rows:,}, and {stamped}: {counted(row - rows, 'row')} cut off"
    else:
        what = f"{stamped} with another hash: rows up to it were written anew, or the token is of another ledger"
    return LedgerError(what, where=str(ledger), mend=_REWRITTEN)


def _row_of(ledger: Path, token: Token, only: int | None = None) -> int | None:
    """Return the row of a ledger that a token is of; with `only` that row alone is compared."""
    with suppress(LedgerError), closing(open_to_read(ledger)) as connection:
        rows: Iterable[tuple[int, str, str, str, str]] = checked_rows(connection, ledger)
        for raw in rows if only is None else takewhile(lambda raw: raw[0] <= only, rows):
            if (only is None or raw[0] == only) and digest_of(anchored_text(raw[0], raw[4])) == token.digest:
                return raw[0]
    return None


def _when(proof: AnchorProof) -> str:
    return f"{proof.token.time:%Y-%m-%d %H:%M:%S} UTC"
