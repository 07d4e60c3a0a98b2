"""Decoded events of a ledger, each with its row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

from bot.core.events import Event
from bot.ledger.decode import decode
from bot.ledger.event_fields import EVENT_FIELDS
from bot.ledger.row import Row

E_co = TypeVar("E_co", covariant=True)
E = TypeVar("E")
E1 = TypeVar("E1")
E2 = TypeVar("E2")
E3 = TypeVar("E3")


@dataclass(frozen=True, slots=True)
class Recorded(Generic[E_co]):
    """An event and the row that holds it.

    Read values from `event` (`one.event.stage`, exact `Decimal`), its number and moment from `sequence`, `at` and
    `day`. Use `to_dict` to pass the text of the ledger on as JSON.
    """

    row: Row
    event: E_co

    @property
    def sequence(self) -> int:
        """Number of the row, from 1."""
        return self.row.sequence

    @property
    def at(self) -> str:
        """Moment of the row, ISO-8601 in UTC to the second."""
        return self.row.at

    @property
    def day(self) -> str:
        """UTC date of the row, YYYY-MM-DD."""
        return self.row.at[:10]

    def to_dict(self) -> dict[str, Any]:
        """Return the row as JSON: `at`, then the body's keys; money is decimal text."""
        return {"at": self.row.at, **{key: value for key, value in self.row.body.items() if key != "at"}}


@overload
def recorded(rows: Iterable[Row], one: type[E], /, *, path: Path | None = None) -> Iterator[Recorded[E]]: ...
@overload
def recorded(
    rows: Iterable[Row], one: type[E1], two: type[E2], /, *, path: Path | None = None
) -> Iterator[Recorded[E1 | E2]]: ...
@overload
def recorded(
    rows: Iterable[Row], one: type[E1], two: type[E2], three: type[E3], /, *, path: Path | None = None
) -> Iterator[Recorded[E1 | E2 | E3]]: ...
@overload
def recorded(rows: Iterable[Row], /, *types: type[object], path: Path | None = None) -> Iterator[Recorded[Event]]: ...


def recorded(rows: Iterable[Row], /, *types: type[object], path: Path | None = None) -> Iterator[Recorded[Any]]:
    """Decode the rows of some event types, one at a time and in their order.

    Parameters
    ----------
    rows
        Rows of a ledger.
    types
        Types of events to decode; every type by default.
    path
        File of the ledger, for the message of an error.

    Raises
    ------
    LedgerError
        If a body is malformed; the message names the row.
    """
    kinds = frozenset(kinds_of(types))
    for row in rows:
        if not kinds or row.kind in kinds:
            yield Recorded(row, decode(row, path))


def kinds_of(types: Iterable[type[object]]) -> list[str]:
    """Return the ledger's kind of each event type."""
    return [EVENT_FIELDS[one].kind for one in types]
