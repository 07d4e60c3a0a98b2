"""Round trips: each lot from entry to exit, what it went through, and what it earned; and the lots still open.

Lots are matched first in, first out, with sixty digits: a part's share of a fee need not be a finite decimal. So what
all of them earned adds up to what the equity has changed, to the last digit that it has; each figure that is shown is
then rounded to 1e-8.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal, localcontext
from typing import Any

from bot.core.errors import LedgerError
from bot.core.moments import ONE_DAY
from bot.ledger.record import Row
from bot.ledger.round_trips import Closed, Leg, Lot, days_between, matched
from bot.review.recording import Record

_EXACT = Context(prec=60)
_LAST_DIGIT = Decimal("1e-40")
_STEP = Decimal("1e-8")
_FINE = Decimal("1e-12")
"""How far amounts are rounded, and how far quantities and prices."""
_MIDNIGHT = "T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Breakout:
    """An episode as trips are counted to it: its session, when it was known, and when it was over, empty if it is not.

    An episode that the bot did not follow is none.
    """

    session: str
    known_at: str
    over_at: str


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """A lot, or a part of one, from entry to exit; of a lot that is still open the last mark stands in for the exit.

    While it is open `exit_at`, `exit_stage` and `exit_reason` are empty; `exit_price` is None where no mark is known.
    `pnl` is after the fees of both sides, and what it would be at the mark while it is open. `slippage` is what the
    distance from the reference prices cost, and is in the prices already. `episode` is the session of the breakout,
    empty where there is none or nobody knows. `exact` is the pnl without rounding.
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
        """Whether the lot is still held."""
        return not self.exit_at


@dataclass(frozen=True, slots=True)
class Excursion:
    """The worst and the best daily close while a lot was open, as returns against its entry price."""

    worst: float
    best: float


@dataclass(frozen=True, slots=True)
class RoundTrips:
    """Every round trip in order of exit, and the lots still open; `valued` is the day of their marks, if there is one.

    `fees` and `slippage` are those of every fill and settlement.
    """

    closed: Sequence[RoundTrip]
    open: Sequence[RoundTrip]
    valued: str
    fees: Decimal
    slippage: Decimal

    @property
    def all(self) -> list[RoundTrip]:
        """The round trips, then the lots still open."""
        return [*self.closed, *self.open]

    @property
    def exact(self) -> Decimal | None:
        """What all of them earned: equity less what it started with. None where a mark is not known."""
        parts = [trip.exact for trip in self.all]
        known = [part for part in parts if part is not None]
        with localcontext(_EXACT):
            return sum(known, Decimal(0)).quantize(_LAST_DIGIT) if len(known) == len(parts) else None


def round_trips_of(record: Record, breakouts: Sequence[Breakout] | None = None) -> RoundTrips:
    """The round trips of a record; without breakouts they are those that its own rows tell of. Raises LedgerError."""
    fills, settlements = list(record.rows("fill")), list(record.rows("settlement"))
    with localcontext(_EXACT):
        closed, lots = matched(list(map(_told, fills)), list(map(_told, settlements)))
        valuation = record.last("valuation")
        marks: dict[str, str] = valuation.body.get("marks", {}) if valuation else {}
        told = _Told(record, fills, settlements, recorded_breakouts(record) if breakouts is None else breakouts)
        return RoundTrips(
            list(map(told.trip, closed)),
            [told.lot(lot, marks, valuation) for lot in lots],
            valuation.at[:10] if valuation and lots else "",
            sum((Decimal(row.body["fee"]) for row in (*fills, *settlements)), Decimal(0)),
            sum(map(_slippage, fills), Decimal(0)),
        )


def recorded_breakouts(record: Record) -> list[Breakout]:
    """The episodes that a record's own rows tell of and that the bot followed; a forward ledger has none."""
    return [
        Breakout(row.body["session"], row.at, row.body["exit_at"])
        for row in record.rows("episode")
        if row.body["outcome"] != "ignored"
    ]


def excursions(record: Record, trips: Sequence[RoundTrip]) -> list[Excursion | None]:
    """For each trip how far its closes went against it and for it, from its entry up to the day before its exit.

    Daily closes only, the marks of the valuations: what a day's own low and high were is not in a ledger. None where
    a lot saw no close, or the marks of a day are not known. Raises LedgerError.
    """
    spans = _merged((trip.entry_at[:10], trip.exit_at[:10] or "9999-12-31") for trip in trips)
    closes: dict[str, tuple[list[str], list[float | None]]] = defaultdict(lambda: ([], []))
    for first, end in spans:
        until = None if end > "9999" else date.fromisoformat(end) - ONE_DAY
        for row in record.rows("valuation", since=date.fromisoformat(first), until=until):
            marks = row.body.get("marks", {})
            for symbol in row.body["holdings"]:
                days, prices = closes[symbol]
                days.append(row.at[:10])
                prices.append(float(marks[symbol]) if symbol in marks else None)
    return [_excursion(trip, closes) for trip in trips]


@dataclass(frozen=True, slots=True)
class Group:
    """What the trips that have something in common earned; `pnl` is of those that are over, `unrealised` of the others.

    `gains` are the trips with a profit; `fees` and `slippage` are of all that are counted.
    """

    key: str
    trips: int
    gains: int
    open: int
    pnl: Decimal
    unrealised: Decimal | None
    fees: Decimal
    slippage: Decimal
    days: float | None


KEYS: dict[str, Callable[[RoundTrip], str]] = {
    "coin": lambda trip: trip.symbol,
    "stage": lambda trip: trip.entry_stage,
    "episode": lambda trip: trip.episode,
    "reason": lambda trip: trip.exit_reason,
}
"""What trips can be grouped by: the coin, the stage at entry, the breakout, and the reason for the exit."""


def grouped(trips: Iterable[RoundTrip], by: str) -> list[Group]:
    """The trips in groups, the largest profit first; `by` is one of KEYS."""
    groups: dict[str, list[RoundTrip]] = defaultdict(list)
    for trip in trips:
        groups[KEYS[by](trip)].append(trip)
    return sorted((group(key, members) for key, members in groups.items()), key=lambda one: (-one.pnl, one.key))


def group(key: str, trips: Sequence[RoundTrip]) -> Group:
    """Some trips as one group. Sums are of the exact figures, and rounded at the end."""
    closed = [trip for trip in trips if not trip.is_open]
    held = [trip for trip in trips if trip.is_open]
    unrealised = [trip.exact for trip in held if trip.exact is not None]
    with localcontext(_EXACT):
        pnl = _rounded(sum((trip.exact for trip in closed if trip.exact is not None), Decimal(0)))
        at_marks = _rounded(sum(unrealised, Decimal(0))) if len(unrealised) == len(held) else None
    return Group(
        key,
        len(closed),
        sum(1 for trip in closed if trip.exact is not None and trip.exact > 0),
        len(held),
        pnl,
        at_marks,
        sum((trip.fees for trip in trips), Decimal(0)),
        sum((trip.slippage for trip in trips), Decimal(0)),
        sum(trip.days for trip in closed) / len(closed) if closed else None,
    )


class _Told:
    """What a record says of the moments at which lots came and went."""

    def __init__(
        self, record: Record, fills: Sequence[Row], settlements: Sequence[Row], breakouts: Sequence[Breakout]
    ) -> None:
        # Only who trades live fills an order later than at the midnight that decided it.
        is_live = not all(fill.at.endswith(_MIDNIGHT) for fill in fills)
        self._decided_at = {row.body["order_id"]: row.at for row in record.rows("order")} if is_live else {}
        moments = [self._moment(row.at, row.body["order_id"]) for row in fills] + [row.at for row in settlements]
        self._stages: dict[str, str] = {row.at: row.body["stage"] for row in record.at("decision", moments)}
        self._breakouts = sorted(breakouts, key=lambda one: one.known_at)

    def trip(self, part: Closed) -> RoundTrip:
        lot, pnl = part.lot, part.pnl
        entry = self._moment(lot.at, lot.order_id)
        return RoundTrip(
            lot.symbol,
            lot.at,
            part.at,
            days_between(lot.at, part.at),
            _rounded(part.quantity, _FINE),
            _rounded(lot.price, _FINE),
            _rounded(part.price, _FINE),
            _rounded(part.fees),
            _rounded(part.slippage),
            _rounded(pnl),
            float(pnl / part.cost),
            self._stage(entry),
            self._stage(self._moment(part.at, part.order_id)),
            lot.reason,
            part.reason,
            self._episode(entry),
            lot.order_id,
            part.order_id,
            pnl,
            lot.legs,
        )

    def lot(self, lot: Lot, marks: dict[str, str], valuation: Row | None) -> RoundTrip:
        mark = Decimal(marks[lot.symbol]) if lot.symbol in marks else None
        fees, cost = lot.quantity * lot.fee_each, lot.quantity * lot.price
        pnl = None if mark is None else lot.quantity * mark - cost - fees
        entry = self._moment(lot.at, lot.order_id)
        return RoundTrip(
            lot.symbol,
            lot.at,
            "",
            max(0, days_between(lot.at, valuation.at)) if valuation else 0,
            _rounded(lot.quantity, _FINE),
            _rounded(lot.price, _FINE),
            None if mark is None else _rounded(mark, _FINE),
            _rounded(fees),
            _rounded(lot.quantity * lot.slippage_each),
            None if pnl is None else _rounded(pnl),
            None if pnl is None else float(pnl / cost),
            self._stage(entry),
            "",
            lot.reason,
            "",
            self._episode(entry),
            lot.order_id,
            "",
            pnl,
            lot.legs,
        )

    def _moment(self, at: str, order_id: str) -> str:
        """When it was decided: an order's moment, or the midnight of a settlement."""
        return self._decided_at.get(order_id, at)

    def _stage(self, decided_at: str) -> str:
        return self._stages.get(decided_at, "")

    def _episode(self, decided_at: str) -> str:
        """The newest breakout that was known then and not over."""
        known = [one for one in self._breakouts if one.known_at <= decided_at]
        return known[-1].session if known and (not known[-1].over_at or decided_at <= known[-1].over_at) else ""


def _told(row: Row) -> dict[str, Any]:
    return {"at": row.at, **row.body}


def _slippage(fill: Row) -> Decimal:
    body = fill.body
    price, reference, quantity = (Decimal(body[name]) for name in ("price", "reference_price", "quantity"))
    return quantity * (price - reference if body["side"] == "buy" else reference - price)


def _excursion(trip: RoundTrip, closes: dict[str, tuple[list[str], list[float | None]]]) -> Excursion | None:
    gains: list[float] = []
    ends = [*(leg.at[:10] for leg in trip.legs[1:]), trip.exit_at[:10] or "9999-12-31"]
    for leg, end in zip(trip.legs, ends, strict=True):
        days, prices = closes.get(leg.symbol, ([], []))
        for price in prices[bisect_left(days, leg.at[:10]) : bisect_left(days, end)]:
            if price is None:
                return None
            gains.append(price / float(leg.price) - 1)
    return Excursion(min(gains), max(gains)) if gains else None


def _merged(spans: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Spans of days, each from one to before another, without those that overlap."""
    merged: list[tuple[str, str]] = []
    for first, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((first, end))
    return merged


def _rounded(amount: Decimal, step: Decimal = _STEP) -> Decimal:
    """An amount without the digits that nobody wants to see."""
    return amount.quantize(step)


def start_of(record: Record) -> Decimal:
    """The cash that a record began with. Raises LedgerError where nothing tells."""
    epoch = record.first("epoch")
    if epoch is not None:
        return Decimal(epoch.body["cash"])
    if record.folder is not None:
        return Decimal(str(record.folder.json("manifest.json")["config"]["start_equity"]))
    raise LedgerError("does not tell what it began with", where=str(record.path), mend="name the run's folder")
