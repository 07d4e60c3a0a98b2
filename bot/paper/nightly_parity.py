"""Nightly parity check: the first unexplained difference between a ledger and its backtest is a notice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path

from bot.core.notice import Notice, NoticeKind
from bot.core.plural import counted
from bot.infra.whole_file import write_whole
from bot.ledger.recorded import recorded
from bot.ledger.row import Row
from bot.paper.ledgers import ledger_path
from bot.review.compare.backtest_of_ledger import parity_of
from bot.review.compare.days import EVENTS
from bot.review.compare.mismatch_causes import MismatchCause
from bot.review.compare.parity import Parity
from bot.review.recording import Record
from bot.settings.loader import Config


def new_difference(
    config: Config, name: str, rows: Sequence[Row] | None = None, since: date | None = None
) -> Notice | None:
    """Compare a ledger with its backtest, and return a notice of unexplained days that are new.

    Parameters
    ----------
    rows : sequence of Row, optional
        Rows of the ledger, if they are read and checked already.
    since : date, optional
        First day (UTC) to compare; by default the first of the ledger.

    Raises
    ------
    BotError
        The comparison fails.
    """
    path = ledger_path(config, name)
    kept = path.with_name(f"{name}.parity.json")
    events = None if rows is None else [one.event for one in recorded(rows, *EVENTS)]
    known, found = _read(kept), parity_of(config, Record(name, path), events=events, since=since)
    new = [day for day in found.unknown if day not in known]
    if not new:
        return None
    notice = _notice(name, found, new)
    # Before the notice is sent: a full disk then repeats it at the next start alone.
    with suppress(OSError):
        write_whole(kept, json.dumps([str(day) for day in sorted({*known, *new})]).encode() + b"\n")
    return notice


def _notice(name: str, found: Parity, new: list[date]) -> Notice:
    first = next(one for one in found.mismatches if one.day == new[0] and one.cause is MismatchCause.UNKNOWN)
    symbol = f" of {first.symbol}" if first.symbol else ""
    body = f"First {first.what}{symbol} on {first.day}: paper {first.paper}, backtest {first.backtest}. "
    body += f"{counted(len(new), 'day')} without an explanation; see bot review parity {name}"
    return Notice(NoticeKind.DIFFERENCE, f"{name}: differs from its backtest", body)


def _read(path: Path) -> set[date]:
    try:
        return {date.fromisoformat(day) for day in json.loads(path.read_text(encoding="utf-8"))}
    except (OSError, ValueError, TypeError):  # a damaged file: the next notice names its days again
        return set()
