"""Which rows of a ledger are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.core.moments import ONE_DAY

# A body that is no JSON is let through: it is found out when its row is held against its hash.
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
    """Rows of some kinds, of all if none is named, whose moment lies from a day to a day.

    `symbol` is the coin that a row is about, or that a decision gives weight to; `reason` a code
    that is among its reasons; `outcome` how an order or an episode ended. `moments` names the moments themselves.
    Rows after the `head` are not there.
    """

    kinds: Sequence[str] = ()
    since: date | None = None
    until: date | None = None
    symbol: str | None = None
    reason: str | None = None
    outcome: str | None = None
    moments: Sequence[str] | None = None
    head: int | None = None

    def clause(self) -> tuple[str, list[object]]:
        """The WHERE clause, empty for all rows, and its values."""
        parts: list[tuple[str, list[object]]] = []
        if self.kinds:
            parts.append((f"kind IN ({', '.join('?' * len(self.kinds))})", list(self.kinds)))
        if self.since is not None:
            parts.append(("at >= ?", [self.since.isoformat()]))
        if self.until is not None:
            end = "9999-99" if self.until == date.max else (self.until + ONE_DAY).isoformat()
            parts.append(("at < ?", [end]))
        if self.moments is not None:
            parts.append((f"at IN ({', '.join('?' * len(self.moments))})", list(self.moments)))
        if self.head is not None:
            parts.append(("sequence <= ?", [self.head]))
        for condition, value in ((_SYMBOL, self.symbol), (_REASON, self.reason), (_OUTCOME, self.outcome)):
            if value is not None:
                parts.append((condition, [value] * condition.count("?")))
        where = " AND ".join(condition for condition, _ in parts)
        return (f"WHERE {where}" if where else ""), [value for _, values in parts for value in values]
