"""Interface of a venue's dialect: build requests, classify responses, read them into exact values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum, auto
from typing import NamedTuple, Protocol

from bot.brokers.testnet.reports import AssetBalance, OrderReport, VenueFill
from bot.core.instrument import VenueRules
from bot.core.orders import Side


class VenueRequest(NamedTuple):
    """A request: ccxt's name of the endpoint, and the fields as texts."""

    endpoint: str
    fields: Mapping[str, str]


class Meaning(Enum):
    """Outcome of a request, read from its response."""

    ACCEPTED = auto()
    REFUSED = auto()
    UNKNOWN = auto()
    """The venue may have acted on the request."""
    MISSING = auto()
    """The venue states that the order does not exist."""
    WRONG_TIME = auto()
    KEY = auto()
    RATE_LIMIT = auto()


class ResponseMeaning(NamedTuple):
    """Outcome of a request, with the venue's own code and text."""

    meaning: Meaning
    code: str = ""
    text: str = ""


ACCEPTED = ResponseMeaning(Meaning.ACCEPTED)


@dataclass(frozen=True, slots=True)
class SpotPair:
    """A spot pair: the venue's own name of it, its currencies and its rules."""

    name: str
    base: str
    quote: str
    rules: VenueRules

    @property
    def pair(self) -> str:
        """The name in BASE/QUOTE form, such as ETH/USDT."""
        return self.rules.pair


class MarketOrder(NamedTuple):
    """A validated market order; `quantity` is in coins."""

    client_order_id: str
    pair: SpotPair
    side: Side
    quantity: Decimal


class Dialect(Protocol):
    """The API of one venue.

    `data` is a response decoded from JSON with Decimal for fractions. Readers raise ArithmeticError, LookupError,
    TypeError or ValueError if it has another shape.
    """

    verified: bool
    """True if orders were placed with it on a local double of the venue. No real testnet was reached so far."""

    def classify(self, status: int, data: object) -> ResponseMeaning: ...
    def time_request(self) -> VenueRequest: ...
    def read_time(self, data: object) -> datetime: ...
    def pairs_request(self) -> VenueRequest: ...
    def read_pairs(self, data: object) -> Sequence[SpotPair]: ...
    def balances_request(self) -> VenueRequest: ...
    def read_balances(self, data: object) -> Sequence[AssetBalance]: ...

    def best_ask_request(self, pair: SpotPair) -> VenueRequest | None:
        """Return the request that must come before a purchase, or None."""
        ...

    def read_best_ask(self, data: object) -> Decimal: ...
    def submit_request(self, order: MarketOrder, best_ask: Decimal | None) -> VenueRequest: ...

    def read_submitted(self, data: object, pair: SpotPair) -> OrderReport | None:
        """Read the new order, or return None if the venue only confirms that it took the request."""
        ...

    def find_requests(self, client_order_id: str, pair: SpotPair) -> Sequence[VenueRequest]:
        """Build the requests that together find an order if it exists."""
        ...

    def read_found(self, data: object, client_order_id: str, pair: SpotPair) -> OrderReport | None: ...
    def cancel_request(self, client_order_id: str, pair: SpotPair) -> VenueRequest: ...
    def fills_request(self, report: OrderReport, pair: SpotPair) -> VenueRequest: ...
    def trades_request(self, pair: SpotPair) -> VenueRequest: ...
    def read_fills(self, data: object) -> Sequence[VenueFill]: ...
