"""Interface of a venue's dialect: build requests, classify responses, read them into exact values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Protocol

from bot.brokers.testnet.dialects.members import Members
from bot.brokers.testnet.dialects.response_table import ResponseMeaning
from bot.brokers.testnet.reports import AssetBalance, OrderReport, VenueFill
from bot.core.instrument import VenueRules
from bot.core.orders import Side


class VenueRequest(NamedTuple):
    """A request: ccxt's name of the endpoint, and the fields as texts."""

    endpoint: str
    fields: Mapping[str, str]


class OrderKey(NamedTuple):
    """Ids and time of an order to look up.

    `venue_order_id` is the venue's own id, "" before it is known. `sent_at` is the time of sending, or a time of up to
    a day before it (UTC); None if it is unknown.
    """

    client_order_id: str
    venue_order_id: str = ""
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SpotPair:
    """A spot pair: the venue's own name of it, its currencies and its rules.

    `sides` are the sides that the venue takes orders of. `up_rate` is the largest distance of a limit price above the
    last price, as a share of it, if the venue states one.
    """

    name: str
    base: str
    quote: str
    rules: VenueRules
    sides: frozenset[Side] = frozenset(Side)
    up_rate: Decimal | None = None

    def __post_init__(self) -> None:
        least, most = self.rules.min_quantity, self.rules.max_quantity
        if least is not None and most is not None and least > most:
            raise ValueError("the least quantity is above the largest")

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

    def classify(self, status: int, data: object, text: str) -> ResponseMeaning:
        """Read the outcome from HTTP status and body together; `data` is None for a body without JSON."""
        ...

    def time_request(self) -> VenueRequest: ...
    def read_time(self, data: object) -> datetime: ...
    def pairs_request(self) -> VenueRequest: ...
    def read_pairs(self, data: object) -> Members[SpotPair]: ...
    def balances_request(self) -> VenueRequest: ...
    def read_balances(self, data: object) -> Members[AssetBalance]: ...

    def price_request(self, pair: SpotPair) -> VenueRequest | None:
        """Return the request that must come before a purchase, or None."""
        ...

    def read_limit_price(self, data: object, pair: SpotPair) -> Decimal:
        """Read the limit price of a purchase, in the quote currency."""
        ...

    def submit_request(self, order: MarketOrder, limit_price: Decimal | None) -> VenueRequest: ...

    def read_submitted(self, data: object, pair: SpotPair) -> OrderReport | None:
        """Read the new order, or return None if the venue only confirms that it took the request."""
        ...

    def find_requests(self, key: OrderKey, pair: SpotPair) -> Sequence[VenueRequest]:
        """Build the requests that together find an order if it exists."""
        ...

    def read_found(self, data: object, key: OrderKey, pair: SpotPair) -> OrderReport | None: ...
    def cancel_request(self, client_order_id: str, pair: SpotPair) -> VenueRequest: ...
    def fills_request(self, report: OrderReport, pair: SpotPair, sent_at: datetime | None) -> VenueRequest: ...
    def trades_request(self, pair: SpotPair) -> VenueRequest: ...
    def read_fills(self, data: object, pair: SpotPair) -> Sequence[VenueFill]: ...
