"""Fields of an event: keys of a row's body, and the attributes that they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from bot.core.events import (
    Event,
)
from bot.core.moments import iso
from bot.ledger.codec import (
    Codec,
    read_moment,
)


@dataclass(frozen=True, slots=True)
class Field:
    """A key of a body and the event's attribute that it holds.

    Attributes
    ----------
    key
        Key of the body.
    codec
        Codec of the value.
    attribute
        Name of the attribute; "" if it is the key.
    derived
        The field is only written: its value is computed from others.
    absent_if_empty
        The field is left out of the body if the attribute is empty, and then read as the attribute's default.
    newer
        The field is missing in ledgers of older versions, and then read as the attribute's default.
    spread
        The attribute is a mapping, written as keys of the body itself.
    """

    key: str
    codec: Codec[Any]
    attribute: str = ""
    derived: bool = False
    absent_if_empty: bool = False
    newer: bool = False
    spread: bool = False

    @property
    def name(self) -> str:
        """Name of the event's attribute."""
        return self.attribute or self.key


@dataclass(frozen=True)
class EventFields:
    """The kind of an event in the ledger and its fields, in the order of the body's keys.

    `moment` is the attribute that gives the row's moment, with `write_moment` and `read_moment` between the two;
    `build` makes the event of its attributes.
    """

    kind: str
    event: type[Event]
    fields: tuple[Field, ...]
    moment: str = "at"
    write_moment: Callable[[Any], str] = iso
    read_moment: Callable[[str], date] = read_moment
    build: Callable[..., Event] | None = None

    @cached_property
    def columns(self) -> dict[str, Field]:
        """Fields by key."""
        return {field.key: field for field in self.fields}

    def encode(self, event: Event) -> tuple[str, dict[str, object]]:
        """Write an event of this type as the row's moment and body."""
        body: dict[str, object] = {}
        for field, name, write in self._written:
            value = getattr(event, name)
            if field.spread:
                body.update(write(value))
            elif value or not field.absent_if_empty:
                body[field.key] = write(value)
        return self.write_moment(getattr(event, self.moment)), body

    def decode(self, at: str, body: Mapping[str, object]) -> Event:
        """Read the event of a row's moment and body.

        Raises KeyError, TypeError, ValueError or InvalidOperation for a malformed body.
        """
        attributes: dict[str, object] = {self.moment: self.read_moment(at)}
        for name, key, read in self._required:
            attributes[name] = read(body[key])
        for name, key, read in self._optional:
            if key in body:
                attributes[name] = read(body[key])
        for field in self._derived:
            # The event has no place for it, but the CSVs print it as it stands in the body.
            field.codec.read(body[field.key])
        for field in self._spread:
            attributes[field.name] = field.codec.read({k: v for k, v in body.items() if k not in self.columns})
        return self._make(**attributes)

    @cached_property
    def _make(self) -> Callable[..., Event]:
        return self.build or self.event

    # A review of a long ledger decodes millions of rows, so fields are sorted by kind once.
    @cached_property
    def _written(self) -> list[tuple[Field, str, Callable[[Any], Any]]]:
        return [(field, field.name, field.codec.write) for field in self.fields]

    @cached_property
    def _required(self) -> list[tuple[str, str, Callable[[object], object]]]:
        return [one for field, one in self._read if not (field.absent_if_empty or field.newer)]

    @cached_property
    def _optional(self) -> list[tuple[str, str, Callable[[object], object]]]:
        return [one for field, one in self._read if field.absent_if_empty or field.newer]

    @cached_property
    def _read(self) -> list[tuple[Field, tuple[str, str, Callable[[object], object]]]]:
        readable = (field for field in self.fields if not (field.derived or field.spread))
        return [(field, (field.name, field.key, field.codec.read)) for field in readable]

    @cached_property
    def _derived(self) -> list[Field]:
        return [field for field in self.fields if field.derived]

    @cached_property
    def _spread(self) -> list[Field]:
        return [field for field in self.fields if field.spread]
