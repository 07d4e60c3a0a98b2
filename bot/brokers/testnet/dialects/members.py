"""Read the members of a venue's list one by one: an odd member is left out, and the others are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeVar

from bot.brokers.testnet.dialects.json_values import PARSE_ERRORS, Json, describe, json_list, json_object
from bot.core.text import printable

Member = TypeVar("Member")
_SHOWN = 40


class Members(tuple[Member, ...]):
    """Valid members of a list, in its order; `left_out` has name and fault of each other member, `unread` the names."""

    left_out: tuple[str, ...]
    unread: frozenset[str]

    def __new__(
        cls, valid: Iterable[Member], left_out: Iterable[str] = (), unread: Iterable[str] = ()
    ) -> Members[Member]:
        """Make the tuple of the valid members."""
        members = super().__new__(cls, valid)
        members.left_out, members.unread = tuple(left_out), frozenset(unread)
        return members


def read_members(rows: object, name_key: str, read: Callable[[Json], Member]) -> Members[Member]:
    """Read each member of a JSON list.

    Parameters
    ----------
    rows : object
        The list.
    name_key : str
        Key of a member's name, for the message.
    read : callable
        Reads one member. Raises one of PARSE_ERRORS for an odd one.

    Raises
    ------
    ValueError
        Every member of a list that has some is odd: the whole answer has another form than documented.
    """
    valid: list[Member] = []
    left_out: list[str] = []
    unread: list[str] = []
    names = Counter(_name(row, name_key) for row in json_list(rows))
    for row in json_list(rows):
        name = _name(row, name_key)
        try:
            if names[name] > 1:
                raise ValueError("listed more than once")
            valid.append(read(json_object(row)))
        except PARSE_ERRORS as problem:
            unread.append(name)
            left_out.append(f"{printable(name)[:_SHOWN]} ({describe(problem)})")
    if left_out and not valid:
        raise ValueError(f"no valid member, such as {left_out[0]}")
    return Members(valid, left_out, unread)


def _name(row: object, key: str) -> str:
    return str(row.get(key) if isinstance(row, dict) else None)
