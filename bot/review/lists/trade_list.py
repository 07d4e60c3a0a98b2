"""List round trips: each lot from entry to exit with its profit; and the open lots.

Lots are matched first in, first out, with sixty digits: a part's share of a fee may be an endless decimal. The exact
profits of all round trips thus add up to the change of equity to its last digit; each figure on screen is rounded to
1e-8 afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext

from bot.core.decision import Decision
from bot.core.events import Episode, Valuation
from bot.core.instrument import ZERO
from bot.core.moments import iso
from bot.core.orders import Fill, OrderIntent, Settlement
from bot.ledger.recorded import Recorded
from bot.ledger.round_trips import Closed, Leg, Lot, days_between, match_lots
from bot.review.lists.reason_codes import traded_because
from bot.review.recording import Record

EXACT = Context(prec=60)
"""Digits with which lots are matched and summed."""
IGNORED = "ignored"
"""Outcome of an episode during which the bot was in another stage."""
_LAST_DIGIT = Decimal("1e-40")
_MONEY_STEP = Decimal("1e-8")
_PRICE_STEP = Decimal("1e-12")
_MIDNIGHT = "T00:00:00Z"


@dataclass(frozen=True, slots=True)
class FollowedBreakout:
    """An episode that the bot followed: its session, and the moments when it was known and over (ISO-8601, UTC).

    `over_at` is empty while it is on.
    """

    session: str
    known_at: str
    over_at: str


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """A lot, or a part of one, from entry to exit; an open lot is valued at the last mark.

    Prices and money are in the quote currency, moments ISO-8601 in UTC. `pnl` is after the fees of both sides and
    `exact` is it before rounding; `gain` is pnl over the entry's cost. `slippage` is a part of the prices already. For
    an open lot `exit_at`, `exit_stage` and `exit_reason` are empty, and `exit_price` and `pnl` are None if its mark is
    unknown. `episode` is the session of the breakout, if any.
    """

    symbol: str
    entry_at: str
    exit_at: str
    days: int
    quantity: Decimal
    entry_price: Decimal
    exit_price: Decimal | None
    fees: Decimal
    slippage: Decimal
    pnl: Decimal | None
    gain: float | None
    entry_stage: str
    exit_stage: str
    entry_reason: str
    exit_reason: str
    episode: str
    entry_order: str
    exit_order: str
    exact: Decimal | None
    legs: tuple[Leg, ...]

    @property
    def is_open(self) -> bool:
        """True if the lot is open."""
        return not self.exit_at


@dataclass(frozen=True, slots=True)
class RoundTrips:
    """Round trips in order of exit, and the open lots.

    `valued` is the day of the open lots' marks (YYYY-MM-DD), if any. `fees` and `slippage` are the sums
    over every fill and settlement, in the quote currency.
    """

    closed: Sequence[RoundTrip]
    open: Sequence[RoundTrip]
    valued: str
    fees: Decimal
    slippage: Decimal

    @property
    def all(self) -> list[RoundTrip]:
        """The round trips, then the open lots."""
        return [*self.closed, *self.open]

    @property
    def exact(self) -> Decimal | None:
        """Profit of all: equity less the start cash. Set if every mark is known."""
        parts = [trip.exact for trip in self.all]
        known = [part for part in parts if part is not None]
        with localcontext(EXACT):
            return sum(known, ZERO).quantize(_LAST_DIGIT) if len(known) == len(parts) else None


def round_trips_of(record: Record, followed: Sequence[FollowedBreakout] | None = None) -> RoundTrips:
    """Match the fills of a record to round trips.

    Parameters
    ----------
    record
        The record to read.
    followed
        Breakouts that round trips are counted to; those of the record's own rows if left out.

    Raises
    ------
    LedgerError
        If a row is missing, was changed or is malformed.
    """
    traded = list(record.events(Fill, Settlement))
    if followed is None:
        followed = breakouts(one.event for one in record.events(Episode))
    valuation = record.last_event(Valuation)
    with localcontext(EXACT):
        closed, lots = match_lots(one.event for one in traded)
        builder = _RoundTripBuilder(record, traded, followed)
        return RoundTrips(
            list(map(builder.closed, closed)),
            [builder.open(lot, valuation) for lot in lots],
            valuation.day if valuation and lots else "",
            sum((one.event.fee for one in traded), ZERO),
            sum((one.event.slippage_cost for one in traded if isinstance(one.event, Fill)), ZERO),
        )


def breakouts(episodes: Iterable[Episode]) -> list[FollowedBreakout]:
    """Return the breakouts that the bot followed."""
    return [
        FollowedBreakout(one.session.isoformat(), iso(one.known_at), iso(one.exit_at) if one.exit_at else "")
        for one in episodes
        if one.outcome != IGNORED
    ]


class _RoundTripBuilder:
    """Add stages and breakouts to matched lots."""

    def __init__(
        self, record: Record, traded: Sequence[Recorded[Fill | Settlement]], followed: Sequence[FollowedBreakout]
    ) -> None:
        # A backtest fills at the midnight of the decision; a forward run fills later and needs the orders' moments.
        is_live = not all(one.at.endswith(_MIDNIGHT) for one in traded if isinstance(one.event, Fill))
        sent = record.events(OrderIntent) if is_live else ()
        self._decided_at = {one.event.order_id: one.at for one in sent}
        moments = [
            self._moment(one.at, one.event.order_id) if isinstance(one.event, Fill) else one.at for one in traded
        ]
        self._stages = {one.at: one.event.stage for one in record.events_at(Decision, moments)}
        self._followed = sorted(followed, key=lambda one: one.known_at)

    def closed(self, part: Closed) -> RoundTrip:
        lot, pnl = part.lot, part.pnl
        entry = self._moment(lot.at, lot.order_id)
        return RoundTrip(
            lot.symbol,
            lot.at,
            part.at,
            days_between(lot.at, part.at),
            rounded(part.quantity, _PRICE_STEP),
            rounded(lot.price, _PRICE_STEP),
            rounded(part.price, _PRICE_STEP),
            rounded(part.fees),
            rounded(part.slippage),
            rounded(pnl),
            float(pnl / part.cost),
            self._stage(entry),
            self._stage(self._moment(part.at, part.order_id)),
            traded_because(lot.reason),
            traded_because(part.reason),
            self._episode(entry),
            lot.order_id,
            part.order_id,
            pnl,
            lot.legs,
        )

    def open(self, lot: Lot, valuation: Recorded[Valuation] | None) -> RoundTrip:
        mark = valuation.event.marks.get(lot.symbol) if valuation else None
        fees, cost = lot.quantity * lot.fee_each, lot.quantity * lot.price
        pnl = None if mark is None else lot.quantity * mark - cost - fees
        entry = self._moment(lot.at, lot.order_id)
        return RoundTrip(
            lot.symbol,
            lot.at,
            "",
            max(0, days_between(lot.at, valuation.at)) if valuation else 0,
            rounded(lot.quantity, _PRICE_STEP),
            rounded(lot.price, _PRICE_STEP),
            None if mark is None else rounded(mark, _PRICE_STEP),
            rounded(fees),
            rounded(lot.quantity * lot.slippage_each),
            None if pnl is None else rounded(pnl),
            None if pnl is None else float(pnl / cost),
            self._stage(entry),
            "",
            traded_because(lot.reason),
            "",
            self._episode(entry),
            lot.order_id,
            "",
            pnl,
            lot.legs,
        )

    def _moment(self, at: str, order_id: str) -> str:
        """Return the moment of the decision: that of the order, or the midnight of a settlement."""
        return self._decided_at.get(order_id, at)

    def _stage(self, decided_at: str) -> str:
        return self._stages.get(decided_at, "")

    def _episode(self, decided_at: str) -> str:
        """Return the session of the newest breakout that was on at a moment."""
        known = [one for one in self._followed if one.known_at <= decided_at]
        return known[-1].session if known and (not known[-1].over_at or decided_at <= known[-1].over_at) else ""


def rounded(amount: Decimal, step: Decimal = _MONEY_STEP) -> Decimal:
    """Round an amount for the screen: money to 1e-8 unless another step is given."""
    return amount.quantize(step)
