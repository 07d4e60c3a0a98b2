"""Parameters of a request, with Binance's checks and texts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar
from urllib.parse import parse_qsl

from bot.venue.matching.refusal import Refusal, illegal, malformed

_NUMBER = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
_WHOLE = r"^[0-9]{1,20}$"
_SYMBOL = r"^[A-Z0-9-_.]{1,20}$"
_CLIENT_ID = r"^[\.A-Z\:/a-z0-9_-]{1,36}$"
_Choice = TypeVar("_Choice", bound=StrEnum)


class Parameters:
    """Parameters of query and body. Each getter marks its parameter as read."""

    def __init__(self, sent: Mapping[str, str]) -> None:
        self.sent = sent
        self._read: set[str] = set()

    @classmethod
    def parse(cls, query: str, body: str) -> Parameters:
        """Parse query and body. Raises Refusal for a name that occurs twice."""
        pairs = parse_qsl(query, keep_blank_values=True) + parse_qsl(body, keep_blank_values=True)
        # Which of two values counts would be a guess, in a request that may move money.
        if len({name for name, _ in pairs}) < len(pairs):
            raise Refusal(-1101, "Duplicate values for a parameter detected.")
        return cls(dict(pairs))

    def require_all_read(self) -> None:
        """Raise Refusal for parameters that are unknown to the endpoint."""
        if len(self._read) < len(self.sent):
            read, sent = len(self._read), len(self.sent)
            raise Refusal(
                -1104, f"Not all sent parameters were read; read '{read}' parameter(s) but was sent '{sent}'."
            )

    def text(self, name: str) -> str | None:
        """Return a parameter; absent is None. Raises Refusal for an empty one."""
        value = self.sent.get(name)
        if value is None:
            return None
        self._read.add(name)
        if not value:
            raise Refusal(-1105, f"Parameter '{name}' was empty.")
        return value

    def required(self, name: str) -> str:
        """Return a required parameter."""
        value = self.sent.get(name)
        if not value:
            raise malformed(name)
        self._read.add(name)
        return value

    def symbol(self) -> str:
        """Return the required pair."""
        return _legal("symbol", self.required("symbol"), _SYMBOL)

    def optional_symbol(self) -> str | None:
        """Return the pair if one is sent."""
        return self.symbol() if "symbol" in self.sent else None

    def symbols(self) -> list[str] | None:
        """Return the list of pairs if one is sent."""
        value = self.text("symbols")
        if value is None:
            return None
        try:
            names = json.loads(value)
        except ValueError:
            names = None
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise illegal("symbols", r'^\["[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}\]$')
        return [_legal("symbols", name, _SYMBOL) for name in names]

    def integer(self, name: str) -> int | None:
        """Return a whole number if one is sent."""
        value = self.text(name)
        return None if value is None else int(_legal(name, value, _WHOLE))

    def limit(self, usual: int, most: int) -> int:
        """Return the number of rows, `usual` by default and at most `most`."""
        value = self.integer("limit")
        if value == 0:
            raise malformed("limit")
        return usual if value is None else min(value, most)  # Binance cuts a larger number silently

    def decimal(self, name: str) -> Decimal | None:
        """Return a number above zero if one is sent. Raises Refusal for zero."""
        value = self.text(name)
        if value is None:
            return None
        number = Decimal(_legal(name, value, _NUMBER))
        if not number:
            raise Refusal(-1013, f"Invalid {name}.")
        return number

    def client_id(self, name: str) -> str | None:
        """Return a client order id if one is sent."""
        value = self.text(name)
        return None if value is None else _legal(name, value, _CLIENT_ID)

    def choice(self, name: str, kind: type[_Choice], code: int, message: str) -> _Choice:
        """Return a required member of an enum. Raises Refusal with `code` and `message` for another value."""
        value = self.required(name)
        try:
            return kind(value)
        except ValueError:
            raise Refusal(code, message) from None

    def moment(self, name: str) -> datetime | None:
        """Return a UTC time from milliseconds since 1970, if one is sent."""
        value = self.integer(name)
        # One day before the last one that Python can represent: endpoints add up to a day.
        latest = 253_402_128_000_000
        return None if value is None else datetime.fromtimestamp(min(value, latest) / 1000, UTC)

    def ignore(self, *names: str) -> None:
        """Accept parameters of Binance and discard them."""
        self._read |= self.sent.keys() & set(names)


def _legal(name: str, text: str, legal: str) -> str:
    if not re.fullmatch(legal.strip("^$"), text):
        raise illegal(name, legal)
    return text
