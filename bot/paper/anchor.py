"""Anchor a ledger: have its head time-stamped by an authority, and keep the token beside the ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.core.errors import ConfigError, DataError, LedgerError
from bot.core.moments import iso
from bot.infra.timestamp_token import (
    InvalidToken,
    Token,
    build_request,
    digest_of,
    load_certificates,
    read_token,
    require_library,
    verify_token,
)
from bot.ledger.anchor_files import anchor_path, anchored_text, keep_anchor
from bot.ledger.record import verify_ledger
from bot.paper.anchor_request import ask_authority, checked_authority
from bot.paper.ledgers import existing_path
from bot.review.integrity.anchors import read_kept_token, verify_signature
from bot.settings.loader import Config

Asker = Callable[[str, bytes, bytes], bytes]
"""Asks an authority: address, body and digest; returns the answer's body."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A time-stamped head: row number, hash, token, its file, and whether it is new and its signature was verified."""

    row: int
    head: str
    token: Token
    path: Path
    is_new: bool
    is_verified: bool

    def to_dict(self) -> dict[str, object]:
        """Return the anchor as plain data."""
        return {
            "row": self.row,
            "hash": self.head,
            "time": iso(self.token.time),
            "authority": self.token.authority,
            "token": str(self.path),
            "is_new": self.is_new,
            "is_verified": self.is_verified,
        }


def anchor_ledger(config: Config, name: str, ask: Asker = ask_authority) -> Anchor:
    """Check every row of a ledger, have its head time-stamped, and write the token beside it.

    A head that has a token already keeps it. The answer is verified before it is written: it must be of this head and
    this request, and with `anchor.certificate` signed by that authority.

    Parameters
    ----------
    config
        Config with the authority.
    name
        Name of the ledger.
    ask
        Sender of the request.

    Raises
    ------
    ConfigError
        The authority is missing, its address is refused, or the extra `anchor` is missing.
    LedgerError
        The ledger is missing or damaged, or the token cannot be written.
    DataError
        The authority is out of reach, or its answer is another thing than a valid time-stamp of this head.
    """
    if not config.anchor.authority:
        raise ConfigError("names no authority", where="anchor.authority", mend="docs/anchors.md says how to choose one")
    require_library()
    url = checked_authority(config.anchor.authority)
    trusted = load_certificates(config.anchor.certificate) if config.anchor.certificate else []
    path = existing_path(config, name)
    row, head = verify_ledger(path)
    text, kept = anchored_text(row, head), anchor_path(path, row)
    if kept.exists():
        token = read_kept_token(kept)
        if token.digest != digest_of(text):
            mend = "move the token away, and see: bot review verify --anchors"
            raise LedgerError(f"is a token of another record than row {row:,} of {name}", where=str(kept), mend=mend)
        if trusted:
            verify_signature(token, kept, trusted)
        return Anchor(row, head, token, kept, is_new=False, is_verified=bool(trusted))
    request = build_request(text)
    answer = ask(url, request.body, digest_of(text))
    try:
        token = read_token(answer)
    except InvalidToken as problem:
        raise DataError(f"the answer {problem}", where=url) from None
    if token.digest != digest_of(text) or token.nonce != request.nonce:
        raise DataError("the answer is of another request", where=url, mend="nothing was written; try again later")
    if trusted:
        try:
            verify_token(token, trusted)
        except InvalidToken as problem:
            raise DataError(f"the answer {problem}", where=url, mend="check anchor.certificate") from None
    return Anchor(row, head, token, keep_anchor(path, row, answer), is_new=True, is_verified=bool(trusted))
