"""The parameters of a request: read once, each in its own form, and none left over."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar
from urllib.parse import parse_qsl

from bot.venue.http.refusal import Refusal, illegal, malformed

_NUMBER = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
_WHOLE = r"^[0-9]{1,20}$"
_SYMBOL = r"^[A-Z0-9-_.]{1,20}$"
_CLIENT_ID = r"^[\.A-Z\:/a-z0-9_-]{1,36}$"
_Choice = TypeVar("_Choice", bound=StrEnum)


class Parameters:
    """What was sent, of the query and the body together."""

    def __init__(self, sent: Mapping[str, str]) -> None:
        self.sent = sent
        self._read: set[str] = set()

    @classmethod
    def of(cls, query: str, body: str) -> Parameters:
        """Read both texts. Raises Refusal for a name that comes twice."""
        pairs = parse_qsl(query, keep_blank_values=True) + parse_qsl(body, keep_blank_values=True)
        if len({name for name, _ in pairs}) < len(pairs):
            raise Refusal(-1101, "Duplicate values for a parameter detected.")
        return cls(dict(pairs))

    def require_all_read(self) -> None:
        """Raise Refusal where something was sent that nobody asked for."""
        if len(self._read) < len(self.sent):
            read, sent = len(self._read), len(self.sent)
            raise Refusal(
                -1104, f"Not all sent parameters were read; read '{read}' parameter(s) but was sent '{sent}'."
            )

    def text(self, name: str) -> str | None:
        """A parameter as it is, None if it was not sent. Raises Refusal for an empty one."""
        found = self.sent.get(name)
        if found is None:
            return None
        self._read.add(name)
        if not found:
            raise Refusal(-1105, f"Parameter '{name}' was empty.")
        return found

    def required(self, name: str) -> str:
        """A parameter that has to be there."""
        found = self.sent.get(name)
        if not found:
            raise malformed(name)
        self._read.add(name)
        return found

    def symbol(self) -> str:
        """The pair, which has to be there."""
        return _legal("symbol", self.required("symbol"), _SYMBOL)

    def optional_symbol(self) -> str | None:
        """The pair, if one is named."""
        return self.symbol() if "symbol" in self.sent else None

    def symbols(self) -> list[str] | None:
        """The pairs, if a list of them is named."""
        found = self.text("symbols")
        if found is None:
            return None
        try:
            names = json.loads(found)
        except ValueError:
            names = None
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise illegal("symbols", r'^\["[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}\]$')
        return [_legal("symbols", name, _SYMBOL) for name in names]

    def whole(self, name: str) -> int | None:
        """A whole number, if it was sent."""
        found = self.text(name)
        return None if found is None else int(_legal(name, found, _WHOLE))

    def limit(self, usual: int, most: int) -> int:
        """How many rows are wanted."""
        found = self.whole("limit")
        if found == 0:
            raise malformed("limit")
        return usual if found is None else min(found, most)

    def decimal(self, name: str) -> Decimal | None:
        """A number, if it was sent. Raises Refusal for one that is not above zero."""
        found = self.text(name)
        if found is None:
            return None
        number = Decimal(_legal(name, found, _NUMBER))
        if not number:
            raise Refusal(-1013, f"Invalid {name}.")
        return number

    def client_id(self, name: str) -> str | None:
        """A client's id of an order, if it was sent."""
        found = self.text(name)
        return None if found is None else _legal(name, found, _CLIENT_ID)

    def choice(self, name: str, of: type[_Choice], code: int, told: str) -> _Choice:
        """One of a few words; another one is refused with a code and text of its own."""
        found = self.required(name)
        try:
            return of(found)
        except ValueError:
            raise Refusal(code, told) from None

    def moment(self, name: str) -> datetime | None:
        """Milliseconds since 1970, if they were sent."""
        found = self.whole(name)
        # Far beyond any clock, and a day short of what Python can count.
        latest = 253_402_128_000_000
        return None if found is None else datetime.fromtimestamp(min(found, latest) / 1000, UTC)

    def skip(self, *names: str) -> None:
        """Read parameters that change nothing here."""
        self._read |= self.sent.keys() & set(names)


def _legal(name: str, text: str, legal: str) -> str:
    if not re.fullmatch(legal.strip("^$"), text):
        raise illegal(name, legal)
    return text
