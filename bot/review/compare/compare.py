"""Compare two records: their provenance, and the differences of the days that both decided, with causes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from bot.core.moments import ONE_DAY
from bot.core.plural import counted
from bot.review.compare.days import EVENTS, Days, OrderSummary, RecordDay, days_of, decision_of
from bot.review.compare.mismatch_causes import (
    MismatchCause,
    cause_of_end,
    decision_text,
    is_same,
    order_text,
    weights_of,
)
from bot.review.compare.overlay import Overlay, overlay
from bot.review.compare.provenance import (
    Provenance,
    ProvenanceDiff,
    provenance_diffs,
    provenance_of,
    unknown_provenance,
)
from bot.review.compare.record_mismatch import Causes, DailyMove, RecordMismatch
from bot.review.recording import Record

_LARGEST = 10
_SAME_SHARE = Decimal("1e-9")
"""Largest relative difference of holdings per unit of equity that counts as equal."""


@dataclass(frozen=True)
class Comparison:
    """Result of comparing two records; `days` are those that both decided.

    `only_first` and `only_second` count the days that one of them alone decided. `stages`, `weights`,
    `reasons` and `stops` count the days on which those differ, `orders` and `fills` the orders that differ in what was
    asked for or filled.
    """

    first: Provenance
    second: Provenance
    provenance_diffs: Sequence[ProvenanceDiff]
    notes: Sequence[str]
    days: Sequence[date]
    only_first: int
    only_second: int
    stages: int
    weights: int
    reasons: int
    stops: int
    all_orders: int
    mismatches: Sequence[RecordMismatch]
    moves: Sequence[DailyMove]
    overlay: Overlay

    @property
    def first_difference(self) -> date | None:
        """First day on which the decisions differ."""
        return next((one.day for one in self.mismatches if one.what == "decision"), None)

    @property
    def decisions(self) -> int:
        """Number of days on which the decisions differ."""
        return self._count("decision")

    @property
    def orders(self) -> int:
        """Number of orders that one side alone has, or has for another quantity."""
        return self._count("order")

    @property
    def fills(self) -> int:
        """Number of orders with other fills."""
        return self._count("fill")

    @property
    def summary(self) -> str:
        """The result as one line."""
        if not self.days:
            return f"{self.first.name} and {self.second.name} have no day in common"
        parts = [
            f"{counted(len(self.days), 'common day')}, {len(self.days) - self.decisions:,} decided the same",
            f"{counted(self.orders, 'order')} and {counted(self.fills, 'fill')} differ",
        ]
        if len(self.overlay.days) > 1:
            parts.append(f"{self.second.name} ends {self.overlay.difference[-1]:+,.2%} against {self.first.name}")
        return ", ".join(parts)

    def as_dict(self) -> dict[str, object]:
        """Format the comparison as JSON; days as YYYY-MM-DD, shares as numbers."""
        first = self.first_difference
        return {
            "summary": self.summary,
            "first": self.first.as_dict(),
            "second": self.second.as_dict(),
            "made_otherwise": [one.as_dict() for one in self.provenance_diffs],
            "notes": list(self.notes),
            "common_days": len(self.days),
            "only_first": self.only_first,
            "only_second": self.only_second,
            "first_difference": None if first is None else str(first),
            "days_apart": {
                "any": self.decisions,
                "stage": self.stages,
                "weights": self.weights,
                "reasons": self.reasons,
                "stops": self.stops,
            },
            "orders": self.all_orders,
            "orders_apart": self.orders,
            "fills_apart": self.fills,
            "equity": self.overlay.as_dict(),
            "largest_days": [move.as_dict() for move in self.moves],
            "differences": [one.as_dict() for one in self.mismatches],
        }

    def _count(self, what: str) -> int:
        return sum(one.days for one in self.mismatches if one.what == what)


def compare(first: Record, second: Record) -> Comparison:
    """Compare two records.

    Parameters
    ----------
    first, second
        Runs or forward ledgers.

    Raises
    ------
    LedgerError
        If a row of either is missing, was changed or is malformed.
    """
    days = [days_of(one.event for one in record.events(*EVENTS)) for record in (first, second)]
    made = [provenance_of(record, own) for record, own in zip((first, second), days, strict=True)]
    return compared(days[0], days[1], made[0], made[1])


def compared(first: Days, second: Days, made_first: Provenance, made_second: Provenance) -> Comparison:
    """Compare the days of two records.

    Parameters
    ----------
    first, second
        Days of each record.
    made_first, made_second
        Provenance of each record, from which differences get their causes.
    """
    diffs = provenance_diffs(made_first, made_second)
    decided = set(first.decided), set(second.decided)
    common = sorted(decided[0] & decided[1])
    differ = _Differ(first, second, diffs, is_data_known=made_first.data is not None is not made_second.data)
    laid = overlay(
        {day: value for day, value in first.equity.items() if day in decided[1]},
        {day: value for day, value in second.equity.items() if day in decided[0]},
    )
    pairs = [(first.days[day].decision, second.days[day].decision) for day in common]
    return Comparison(
        made_first,
        made_second,
        diffs,
        unknown_provenance(made_first, made_second),
        common,
        len(decided[0] - decided[1]),
        len(decided[1] - decided[0]),
        stages=sum(a.stage != b.stage for a, b in pairs if a and b),
        weights=sum(weights_of(a) != weights_of(b) for a, b in pairs if a and b),
        reasons=sum(a.reasons != b.reasons for a, b in pairs if a and b),
        stops=sum(a.stops != b.stops for a, b in pairs if a and b),
        all_orders=sum(len({*first.days[day].orders, *second.days[day].orders}) for day in common),
        mismatches=_spells(one for day in common for one in differ.mismatches(day)),
        moves=[differ.move(laid.days[i], float(laid.moves[i])) for i in laid.largest(_LARGEST)],
        overlay=laid,
    )


def _spells(mismatches: Iterable[RecordMismatch]) -> list[RecordMismatch]:
    """Join equal differences of decisions on days in a row to one."""
    found: list[RecordMismatch] = []
    last: int | None = None
    for one in mismatches:
        if one.what == "decision":
            before = found[last] if last is not None else None
            if last is not None and before is not None and _goes_on(before, one):
                found[last] = replace(before, days=before.days + 1)
                continue
            last = len(found)
        found.append(one)
    return found


def _goes_on(before: RecordMismatch, one: RecordMismatch) -> bool:
    # A stop that trails has another level each day.
    alike = replace(before, day=one.day, days=1, first=one.first, second=one.second)
    return one == alike and one.day == before.day + before.days * ONE_DAY


class _Differ:
    """Compare day after day, and remember since when, and why, the two hold different things."""

    def __init__(self, first: Days, second: Days, diffs: Sequence[ProvenanceDiff], is_data_known: bool) -> None:
        self.first, self.second = first, second
        kinds = {one.kind for one in diffs}
        causes = {MismatchCause(kind): kind in kinds for kind in ("config", "version", "strategy file", "data")}
        # A ledger keeps no hash of its data: they may differ, and stay a possible cause.
        causes[MismatchCause.DATA] |= not is_data_known
        self.made = tuple(cause for cause, differs in causes.items() if differs)
        self.broker: Causes = (MismatchCause.BROKER,) if "broker" in kinds else ()
        self.starts_differ = "start" in kinds
        self.carried: dict[date, str] = {}
        self.traded: dict[date, Causes] = {}
        self._origin = ""
        self._begun = False

    def mismatches(self, day: date) -> Iterator[RecordMismatch]:
        """Find the differences of a day."""
        a, b = self.first.days[day], self.second.days[day]
        own, other = decision_of(a), decision_of(b)
        if not self._begun:
            # Records that begin with other holdings differ before their first common decision.
            differs_from_start = self.starts_differ and _held_before(self.first, day) != _held_before(self.second, day)
            self._begun, self._origin = True, f"{day} ({MismatchCause.START})" if differs_from_start else ""
        if self._origin:
            self.carried[day] = self._origin
        found = list(self._legs(a, b))
        if not is_same(own, other):
            yield RecordMismatch(
                day,
                "decision",
                self.made or (MismatchCause.UNKNOWN,),
                decision_text(own),
                decision_text(other),
                kind=(decision_text(own, has_levels=False), decision_text(other, has_levels=False)),
            )
        yield from found
        # The fills of a day explain its return as well.
        self.traded[day] = tuple(dict.fromkeys(cause for one in found for cause in one.causes))
        # Equal holdings end a divergence; the first unequal close begins one.
        if _holds_the_same(a, b):
            self._origin = ""
        elif not self._origin:
            self._origin = f"{day} ({' or '.join(self.traded[day] or self.made or (MismatchCause.UNKNOWN,))})"

    def move(self, day: date, difference: float) -> DailyMove:
        """Explain a day's difference of returns."""
        if day in self.carried:
            return DailyMove(day, difference, (MismatchCause.CARRIED,), self.carried[day])
        prices: Causes = () if _marks_agree(self.first.days[day], self.second.days[day]) else (MismatchCause.DATA,)
        return DailyMove(day, difference, self.traded.get(day) or prices or self.made or (MismatchCause.UNKNOWN,))

    def _legs(self, a: RecordDay, b: RecordDay) -> Iterator[RecordMismatch]:
        for leg in sorted({*a.orders, *b.orders}):
            mine, theirs = a.orders.get(leg), b.orders.get(leg)
            what = _what_differs(mine, theirs)
            if what:
                causes = self._causes(a, b, mine, theirs)
                since = self.carried[a.day] if MismatchCause.CARRIED in causes else ""
                yield RecordMismatch(
                    a.day, what, causes, order_text(mine, leg[1]), order_text(theirs, leg[1]), leg[0], since
                )

    def _causes(self, a: RecordDay, b: RecordDay, mine: OrderSummary | None, theirs: OrderSummary | None) -> Causes:
        # In order of certainty: the end of an order itself, an override, the decision, earlier days, provenance.
        ends = cause_of_end(mine), cause_of_end(theirs)
        if ends[0] != ends[1]:
            return tuple(dict.fromkeys(end for end in ends if end is not None))
        if a.is_overridden != b.is_overridden:
            return (MismatchCause.OVERRIDE,)
        if not is_same(decision_of(a), decision_of(b)):
            return self.made or (MismatchCause.UNKNOWN,)
        if a.day in self.carried:
            return (MismatchCause.CARRIED,)
        return (*self.broker, *self.made) or (MismatchCause.UNKNOWN,)


def _what_differs(mine: OrderSummary | None, theirs: OrderSummary | None) -> str:
    """Return "order" if two orders differ as sent, "fill" if in their fills alone, else an empty text."""
    if mine is None or theirs is None or mine.wanted != theirs.wanted:
        return "order"
    return "" if (mine.status, mine.filled, mine.price) == (theirs.status, theirs.filled, theirs.price) else "fill"


def _held_before(days: Days, day: date) -> frozenset[str]:
    """Return the coins that a record held when a day began."""
    before = days.days.get(day - ONE_DAY)
    return frozenset(before.valued.holdings) if before is not None and before.valued is not None else frozenset()


def _holds_the_same(a: RecordDay, b: RecordDay) -> bool:
    """Return True if two records hold the same per unit of equity at a day's close."""
    if a.valued is None or b.valued is None:
        return a.valued is b.valued
    shares = [
        {symbol: held / day.valued.equity for symbol, held in day.valued.holdings.items()}
        for day in (a, b)
        if day.valued is not None and day.valued.equity
    ]
    if len(shares) < 2 or shares[0].keys() != shares[1].keys():
        return False
    return all(abs(shares[0][s] / shares[1][s] - 1) <= _SAME_SHARE for s in shares[0])


def _marks_agree(a: RecordDay, b: RecordDay) -> bool:
    if a.valued is None or b.valued is None:
        return True
    mine, theirs = a.valued.marks, b.valued.marks
    return all(mine[symbol] == theirs[symbol] for symbol in mine.keys() & theirs.keys())
