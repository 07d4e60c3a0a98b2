"""The events of a run, in the order in which they happen. The ledger is nothing but these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from bot.core.decision import Decision
from bot.core.orders import Fill, OrderIntent, OrderResult, Settlement, Side


@dataclass(frozen=True, slots=True)
class Valuation:
    """The book at a UTC day's close: equity and cash in the stablecoin, and the coins it is marked with.

    `marks` are the closes that the holdings are valued at; `stale` names those that are of an older day because this
    one has none. `benchmarks` holds the equity of each benchmark at the same moment.
    """

    day: date
    equity: Decimal
    cash: Decimal
    stage: str
    holdings: Mapping[str, Decimal]
    stale: tuple[str, ...] = ()
    marks: Mapping[str, Decimal] = field(default_factory=dict)
    benchmarks: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Episode:
    """One breakout and what became of it, whether the bot traded it or not.

    `kind` is `breakout`, or `rearmed` for a record that armed the bot after a kill. `outcome` is `confirmed`,
    `failed`, `expired`, `vetoed`, `open` (still armed at the end) or `ignored` (the bot stood in `stage_then`).
    `returns` are simple, from the open of the UTC day after the session to the open of the UTC day after the
    session so many later; None where that day is not known. `exit_at` is when the episode ended, in whatever way.
    """

    kind: str
    session: date
    known_at: datetime
    close: float
    level: float
    base_sessions: int
    stage_then: str
    outcome: str
    confirmed_session: date | None
    vetoes: tuple[str, ...]
    eth_at: datetime | None
    alts_at: datetime | None
    exit_at: datetime | None
    exit_reasons: tuple[str, ...]
    returns: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class OrdersToRetry:
    """The coins whose orders were cut, held back or not filled in full: they are tried again the next day."""

    at: datetime
    symbols: frozenset[str]


OnStart = Literal["adopt", "wait"]


@dataclass(frozen=True, slots=True)
class ConfigPeriod:
    """A stretch of a forward ledger under one config: what it began with, and why it began.

    `run_key` names the ledger's orders; `cash` is what it started with, in the stablecoin. `on_start` says whether it
    took the first day's weights at once, or waits until the strategy has left and enters anew.
    """

    at: datetime
    number: int
    why: str
    run_key: str
    config_hash: str
    version: str
    broker: str
    cash: Decimal
    on_start: OnStart = "adopt"

    @property
    def is_history(self) -> bool:
        """Whether its days are long past: a replay or a rehearsal, which no daemon goes on with."""
        return self.why.startswith(("rehearsal", "replay"))


@dataclass(frozen=True, slots=True)
class VenueTrade:
    """A trade of an order at a testnet, at the testnet's own price and fee: play money, kept apart from the book's."""

    at: datetime
    order_id: str
    trade_id: str
    base: str
    quote: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_asset: str


@dataclass(frozen=True, slots=True)
class AccountSnapshot:
    """What a testnet account has of each asset, from which on the ledger accounts for it."""

    at: datetime
    balances: Mapping[str, Decimal]


class BalanceCause(StrEnum):
    """Why a testnet account is not what the ledger accounts for. `UNKNOWN` ends all new risk until it is seen."""

    FEE = "fee"
    DUST = "dust"
    PARTIAL = "partial"
    MANUAL_TRADE = "manual trade"
    NOT_TRADED = "not traded"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class BalanceDifference:
    """A testnet account has `found` of an asset where the ledger accounts for `recorded`; what is found counts on."""

    at: datetime
    asset: str
    recorded: Decimal
    found: Decimal
    cause: BalanceCause


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The user has seen every difference so far."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Late:
    """A day that was decided late: `decided_at`, though it was due at `at`. Its orders were not sent if `missed`."""

    at: datetime
    decided_at: datetime
    missed: bool


class TradingState(StrEnum):
    """What a forward ledger may do: the user's switch."""

    ON = "on"
    REDUCE_ONLY = "reduce only"
    FLAT = "flat"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class TradingStateChange:
    """The user's hand on the switch."""

    at: datetime
    mode: TradingState


@dataclass(frozen=True, slots=True)
class Drift:
    """A recorded decision that the strategy would not make again on what the store says of that day now."""

    at: datetime
    recorded: str
    replayed: str


Event = (
    Episode
    | Decision
    | OrderIntent
    | OrderResult
    | Fill
    | Settlement
    | Valuation
    | OrdersToRetry
    | ConfigPeriod
    | Late
    | Drift
    | TradingStateChange
    | VenueTrade
    | AccountSnapshot
    | BalanceDifference
    | Acknowledged
)
