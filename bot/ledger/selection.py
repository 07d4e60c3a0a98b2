"""Select rows of a ledger by kind, day, coin, reason and outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.core.moments import ONE_DAY

# `instr` first, since it is much faster than parsing the JSON of every row.
# A body of invalid JSON is selected: the check of its hash then reports the row as changed.
_SYMBOL = """(CASE WHEN instr(body, ?) = 0 THEN 0 WHEN json_valid(body) THEN (
    json_extract(body, '$.symbol') = ? OR EXISTS (SELECT 1 FROM json_each(body, '$.weights') WHERE key = ?)
) ELSE 1 END)"""
_REASON = """(CASE WHEN instr(body, ?) = 0 THEN 0 WHEN json_valid(body) THEN (
    instr(';' || json_extract(body, '$.reason') || ';', ';' || ? || ';')
    OR instr(';' || json_extract(body, '$.exit_reason') || ';', ';' || ? || ';')
    OR EXISTS (SELECT 1 FROM json_each(body, '$.reasons') WHERE value = ?)
) ELSE 1 END)"""
_OUTCOME = """(CASE WHEN json_valid(body) THEN
    coalesce(json_extract(body, '$.outcome'), json_extract(body, '$.status')) = ? ELSE 1 END)"""


@dataclass(frozen=True, slots=True)
class Selection:
    """Conditions that a row must meet; an empty one holds for every row.

    Attributes
    ----------
    kinds
        Kinds of events.
    since, until
        First and last day (UTC) of the row's moment.
    symbol
        Coin that the row is about, or to which a decision gives weight.
    reason
        Code among the reasons of the row.
    outcome
        Status of an order, or outcome of an episode.
    moments
        Moments of the rows, ISO-8601 in UTC.
    head
        Number of the last row to read.
    after
        Number of the row after which to read.
    """

    kinds: Sequence[str] = ()
    since: date | None = None
    until: date | None = None
    symbol: str | None = None
    reason: str | None = None
    outcome: str | None = None
    moments: Sequence[str] | None = None
    head: int | None = None
    after: int = 0

    def clause(self) -> tuple[str, list[object]]:
        """Return the WHERE clause, "" for all rows, and its values."""
        parts: list[tuple[str, list[object]]] = []
        if self.kinds:
            parts.append((f"kind IN ({', '.join('?' * len(self.kinds))})", list(self.kinds)))
        if self.since is not None:
            parts.append(("at >= ?", [self.since.isoformat()]))
        if self.until is not None:
            # Moments are compared as text; date.max has no next day, and "9999-99" is above all of its moments.
            end = "9999-99" if self.until == date.max else (self.until + ONE_DAY).isoformat()
            parts.append(("at < ?", [end]))
        if self.moments is not None:
            parts.append((f"at IN ({', '.join('?' * len(self.moments))})", list(self.moments)))
        if self.head is not None:
            parts.append(("sequence <= ?", [self.head]))
        if self.after:
            parts.append(("sequence > ?", [self.after]))
        for condition, value in ((_SYMBOL, self.symbol), (_REASON, self.reason), (_OUTCOME, self.outcome)):
            if value is not None:
                parts.append((condition, [value] * condition.count("?")))
        where = " AND ".join(condition for condition, _ in parts)
        return (f"WHERE {where}" if where else ""), [value for _, values in parts for value in values]
