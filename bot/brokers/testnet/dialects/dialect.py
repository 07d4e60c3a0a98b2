"""What every venue's dialect must say, and what they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum, auto
from typing import Any, NamedTuple, Protocol

from bot.brokers.testnet.reports import AssetBalance, OrderReport, VenueFill
from bot.core.instrument import VenueRules
from bot.core.orders import Side


class VenueRequest(NamedTuple):
    """A request: the library's name of the endpoint, and the fields as texts."""

    endpoint: str
    fields: Mapping[str, str]


class Meaning(Enum):
    """What an answer means for what was asked."""

    OBEYED = auto()
    REFUSED = auto()
    UNKNOWN = auto()
    """It may or may not have been obeyed."""
    MISSING = auto()
    """The venue says for certain that there is no such order."""
    WRONG_TIME = auto()
    KEY = auto()
    TOO_OFTEN = auto()


class RefusalMeaning(NamedTuple):
    """A meaning, with the venue's own code and text."""

    meaning: Meaning
    code: str = ""
    text: str = ""


OBEYED = RefusalMeaning(Meaning.OBEYED)


@dataclass(frozen=True, slots=True)
class SpotPair:
    """A spot pair: the venue's own name of it, its currencies, and its rules."""

    name: str
    base: str
    quote: str
    rules: VenueRules

    @property
    def pair(self) -> str:
        """The name by which everybody knows it, such as ETH/USDT."""
        return self.rules.pair


class MarketOrder(NamedTuple):
    """A market order, checked."""

    client_order_id: str
    listing: SpotPair
    side: Side
    quantity: Decimal


class Dialect(Protocol):
    """One venue's way to speak. Readers raise ArithmeticError, LookupError, TypeError or ValueError at nonsense."""

    tried: bool
    """Whether orders were ever placed with it, if only on a double of the venue; none was on a real testnet."""

    def verdict(self, status: int, said: Any) -> RefusalMeaning: ...
    def time(self) -> VenueRequest: ...
    def read_time(self, said: Any) -> datetime: ...
    def listings(self) -> VenueRequest: ...
    def read_listings(self, said: Any) -> Sequence[SpotPair]: ...
    def balances(self) -> VenueRequest: ...
    def read_balances(self, said: Any) -> Sequence[AssetBalance]: ...

    def best_ask(self, listing: SpotPair) -> VenueRequest | None:
        """What must be asked before buying, or None."""
        ...

    def read_best_ask(self, said: Any) -> Decimal: ...
    def submit(self, order: MarketOrder, best_ask: Decimal | None) -> VenueRequest: ...

    def read_submitted(self, said: Any, listing: SpotPair) -> OrderReport | None:
        """The order, or None where the venue only says that it has taken it."""
        ...

    def find(self, client_order_id: str, listing: SpotPair) -> Sequence[VenueRequest]:
        """The questions of which one must find an order, if it exists."""
        ...

    def read_found(self, said: Any, client_order_id: str, listing: SpotPair) -> OrderReport | None: ...
    def cancel(self, client_order_id: str, listing: SpotPair) -> VenueRequest: ...
    def fills(self, report: OrderReport, listing: SpotPair) -> VenueRequest: ...
    def trades(self, listing: SpotPair) -> VenueRequest: ...
    def read_fills(self, said: Any) -> Sequence[VenueFill]: ...


def number(said: Any) -> Decimal:
    """A number that is zero or more, from a venue's text. Raises ValueError otherwise."""
    found = Decimal(said) if isinstance(said, str | int | Decimal) and not isinstance(said, bool) else Decimal("nan")
    if not found.is_finite() or found < 0:
        raise ValueError("no number of zero or more")
    return found


def signed_number(said: Any) -> Decimal:
    """A finite number, such as a fee, which a rebate takes below zero. Raises ValueError otherwise."""
    return -number(said[1:]) if isinstance(said, str) and said.startswith("-") else number(said)


def positive(said: Any) -> Decimal:
    """A number above zero. Raises ValueError otherwise."""
    if (found := number(said)) <= 0:
        raise ValueError("no number above zero")
    return found


def plain(found: Decimal) -> Decimal:
    """The same number without trailing zeros and without an exponent."""
    return Decimal(f"{found.normalize():f}")


def text(said: Any) -> str:
    """An identifier: a text that is not empty, or a whole number. Raises ValueError otherwise."""
    if isinstance(said, bool) or not isinstance(said, str | int) or said == "":
        raise ValueError("no identifier")
    return str(said)


def moment(milliseconds: Any) -> datetime:
    """A time from milliseconds since 1970, which some venues write with a fraction."""
    return datetime.fromtimestamp(int(number(milliseconds)) / 1000, UTC)
