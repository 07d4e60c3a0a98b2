"""Events of a run. A ledger is the sequence of them, in the order in which they happened."""

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

    `marks` are the closes that the holdings are valued at; `stale` names the coins whose close is of an older day.
    `benchmarks` holds the equity of each benchmark at the same moment. `random_timing` holds the total returns of
    random timings of the ledger's exposure up to the day, as in `summary.json`; it is empty in a backtest. `interest`
    is what idle cash would have earned since the first day, for the `strategy` and each benchmark; equity excludes it.
    """

    day: date
    equity: Decimal
    cash: Decimal
    stage: str
    holdings: Mapping[str, Decimal]
    stale: tuple[str, ...] = ()
    marks: Mapping[str, Decimal] = field(default_factory=dict)
    benchmarks: Mapping[str, Decimal] = field(default_factory=dict)
    random_timing: Mapping[str, float] = field(default_factory=dict)
    interest: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Episode:
    """One breakout and its outcome, traded or ignored.

    `kind` is `breakout`, or `rearmed` for a record high that armed the bot after a risk exit. `outcome` is `confirmed`,
    `failed`, `expired`, `vetoed`, `open` (still armed at the end) or `ignored` (the bot was in `stage_then`).
    `returns` are simple, from the open of the UTC day after the session to the open of the UTC day after the
    session so many later; empty for a day that is still unknown. `exit_at` is the end of the episode, of any kind.
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
    """Coins whose orders were cut, held back or filled in part: they are tried again the next day."""

    at: datetime
    symbols: frozenset[str]


OnStart = Literal["adopt", "wait"]


@dataclass(frozen=True, slots=True)
class ConfigPeriod:
    """A period of a forward ledger under one config: its start values, and the reason why it began.

    `run_key` is part of the ledger's order ids; `cash` is the start cash in the stablecoin. With `on_start` "adopt" the
    first day's weights are taken at once; with "wait" the ledger waits for the next entry of the strategy. `strategy`
    is the name of a user's own strategy; "" for the rotation, and in ledgers of older versions.
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
    strategy: str = ""

    @property
    def is_history(self) -> bool:
        """True for a replay or a rehearsal, whose days are past; a daemon refuses such a ledger."""
        return self.why.startswith(("rehearsal", "replay"))


@dataclass(frozen=True, slots=True)
class VenueTrade:
    """A trade of an order at a testnet, at the testnet's own price and fee: play money, kept apart from the book's.

    `venue_order_id` is the venue's own id of the order, "" in older ledgers.
    """

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
    venue_order_id: str = ""


@dataclass(frozen=True, slots=True)
class AccountSnapshot:
    """Balances of a testnet account by asset, from which the ledger computes the expected balances."""

    at: datetime
    balances: Mapping[str, Decimal]


class BalanceCause(StrEnum):
    """Cause of a balance difference. `UNKNOWN` blocks all purchases until the user acknowledges it."""

    FEE = "fee"
    DUST = "dust"
    PARTIAL = "partial"
    MANUAL_TRADE = "manual trade"
    NOT_TRADED = "not traded"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class BalanceDifference:
    """A testnet account has `found` of an asset, the ledger expected `recorded`. `found` is expected from now on."""

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
    """A day that was decided late: at `decided_at`, due at `at`. If `missed`, its orders were dropped."""

    at: datetime
    decided_at: datetime
    missed: bool


class TradingState(StrEnum):
    """Trading state of a forward ledger, set by the user."""

    ON = "on"
    REDUCE_ONLY = "reduce only"
    FLAT = "flat"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class TradingStateChange:
    """Change of the trading state by the user."""

    at: datetime
    mode: TradingState


@dataclass(frozen=True, slots=True)
class Drift:
    """A recorded decision that differs from the strategy's decision on the prices stored for that day now."""

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
