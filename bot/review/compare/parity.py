"""Compare each day of a ledger with a backtest of it, and find the cause of each difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from bot.core.invariants import not_none
from bot.core.moments import ONE_DAY, midnight
from bot.core.orders import Settlement, Side
from bot.core.plural import counted
from bot.ledger.codec import plain
from bot.review.compare.days import DayLeg, Days, OrderSummary, RecordDay, decision_of
from bot.review.compare.mismatch_causes import MismatchCause, cause_of_end, decision_text, is_same, order_text
from bot.review.compare.overlay import Overlay, overlay
from bot.review.compare.parity_mismatch import ParityMismatch

_SAME_CLOSE = Decimal("1e-9")
"""Largest relative difference of two closes that counts as equal."""


@dataclass(frozen=True, slots=True)
class Known:
    """Facts beside the two records that explain differences.

    Attributes
    ----------
    band
        Share by which price and quantity of a fill may differ.
    late_after
        Time after its midnight from which a decision counts as late.
    changed
        Sentence about other code that made a day; empty for the same code.
    rule
        Sentence about a strategy file that may have changed; empty for a built-in strategy.
    priced_until
        Last day with prices.
    news
        Rows of the store, in words, that a decision of a day, made at a moment, could not know; else empty.
    span
        Lowest and highest price of a coin on a day, if it has a bar.
    """

    band: Decimal
    late_after: timedelta
    changed: Callable[[date], str]
    rule: str
    priced_until: date
    news: Callable[[date, datetime], str]
    span: Callable[[str, date], tuple[Decimal, Decimal] | None]


@dataclass(frozen=True)
class Parity:
    """Result of comparing the days of a ledger with a backtest.

    `left_out` has the days that were left out, by cause. `fills` counts the orders that either side filled,
    `fills_same` those of them that agree within the band. `overlay` has the backtest's equity first.
    """

    name: str
    days: tuple[date, ...]
    same_decisions: int
    fills: int
    fills_same: int
    band: Decimal
    mismatches: tuple[ParityMismatch, ...]
    left_out: Mapping[str, tuple[date, ...]]
    overlay: Overlay

    @property
    def unknown(self) -> list[date]:
        """Days with an unexplained difference."""
        return sorted({one.day for one in self.mismatches if one.cause is MismatchCause.UNKNOWN})

    @property
    def causes(self) -> dict[str, int]:
        """Number of differences by cause, the most frequent first."""
        return {str(cause): count for cause, count in Counter(one.cause for one in self.mismatches).most_common()}

    @property
    def summary(self) -> str:
        """The result as one line."""
        parts = ["no day is compared"]
        if self.days:
            fills = f"{self.fills_same} of {counted(self.fills, 'fill')} within {_percent(self.band)}"
            parts = [counted(len(self.days), "day"), f"{counted(self.same_decisions, 'decision')} the same", fills]
        tracking = self.overlay.tracking
        if tracking is not None:
            parts.append(f"tracking difference {tracking:.2%} a year")
        left = [f"{counted(len(days), 'day')} not compared ({why})" for why, days in self.left_out.items()]
        return ", ".join([*parts, *left])

    def as_dict(self) -> dict[str, object]:
        """Format the result as JSON; days as YYYY-MM-DD, shares as numbers."""
        return {
            "ledger": self.name,
            "summary": self.summary,
            "first_day": str(self.days[0]) if self.days else None,
            "last_day": str(self.days[-1]) if self.days else None,
            "days": len(self.days),
            "decisions_same": self.same_decisions,
            "fills": self.fills,
            "fills_within_band": self.fills_same,
            "fill_band": float(self.band),
            "causes": self.causes,
            "unknown_days": [str(day) for day in self.unknown],
            "not_compared": {why: [str(day) for day in days] for why, days in self.left_out.items()},
            "equity": self.overlay.as_dict(),
            "differences": [one.as_dict() for one in self.mismatches],
        }


def parity(
    name: str,
    ledger: Days,
    expected: Days,
    equity: Mapping[date, Decimal],
    left_out: Mapping[str, tuple[date, ...]],
    known: Known,
) -> Parity:
    """Compare the days of a ledger with a backtest of each of them, started from the ledger's holdings.

    Parameters
    ----------
    name
        Name of the ledger.
    ledger
        Days of the ledger.
    expected
        Days of the backtest: those that are compared.
    equity
        Equity of an independent backtest at each close, in the quote currency, from the close before the first day on.
    left_out
        Days that are left out, by cause in words.
    known
        Facts that explain differences.
    """
    comparer = _Comparer(ledger, expected, known)
    mismatches = tuple(one for day in expected.days for one in comparer.mismatches(day))
    counted = [pair for day in expected.days for pair in comparer.filled(day)]
    differing = {(one.day, one.symbol) for one in mismatches if one.what in ("fill", "order")}
    missed = {one.day for one in mismatches if one.what == "decision"}
    own = {day: value for day, value in ledger.equity.items() if day in equity}
    begun = min(equity, default=None)
    if begun is not None:
        own.setdefault(begun, equity[begun])
    return Parity(
        name,
        tuple(expected.days),
        len(expected.days) - len(missed),
        len(counted),
        sum(pair not in differing for pair in counted),
        known.band,
        mismatches,
        left_out,
        overlay(equity, own),
    )


@dataclass
class _Comparer:
    """Compare day after day."""

    ledger: Days
    expected: Days
    known: Known

    def mismatches(self, day: date) -> Iterator[ParityMismatch]:
        """Find the differences of a day."""
        paper, backtest = self.ledger.days[day], self.expected.days[day]
        own, replayed = decision_of(paper), decision_of(backtest)
        if not is_same(own, replayed):
            cause, detail = self._redecided(paper)
            texts = decision_text(own), decision_text(replayed)
            yield ParityMismatch(day, "decision", cause, *texts, detail=detail)
        yield from self._settlements(paper, backtest)
        if day <= self.known.priced_until:
            for leg in sorted({*paper.orders, *backtest.orders}):
                yield from self._order(paper, backtest, leg)
        yield from self._marks(paper, backtest)

    def filled(self, day: date) -> list[tuple[date, str]]:
        """Return the coins of which either side filled an order, for a day with prices."""
        if day > self.known.priced_until:
            return []
        both = [*self.ledger.days[day].orders.items(), *self.expected.days[day].orders.items()]
        return sorted({(day, leg.symbol) for leg, order in both if order.filled})

    # --- orders ------------------------------------------------------------------------------------------------

    def _order(self, paper: RecordDay, backtest: RecordDay, leg: DayLeg) -> Iterator[ParityMismatch]:
        mine, theirs = paper.orders.get(leg), backtest.orders.get(leg)
        what = "fill" if mine is not None and theirs is not None else "order"
        found = self._why_apart(paper, backtest, leg, mine, theirs)
        if found is not None:
            cause, detail = found
            side = leg[1]
            yield ParityMismatch(
                paper.day, what, cause, order_text(mine, side), order_text(theirs, side), leg[0], detail
            )

    def _why_apart(
        self, paper: RecordDay, backtest: RecordDay, leg: DayLeg, mine: OrderSummary | None, theirs: OrderSummary | None
    ) -> tuple[MismatchCause, str] | None:
        """Find the cause of an order's difference, if any."""
        end = cause_of_end(mine)
        if mine is not None and theirs is not None and mine.why == theirs.why and mine.wanted == theirs.wanted:
            end = None if mine.filled == theirs.filled else end
        agree = self._agree(mine, theirs)
        if agree and end is not MismatchCause.NOT_LISTED:
            return None
        # Stopping the ledger misses its days: the user's switch is the cause, and the missed day its effect.
        if end is not None and not (end is MismatchCause.MISSED and paper.was_stopped):
            return end, "" if mine is None else mine.why.replace("_", " ").replace(";", ", ")
        if paper.is_overridden:
            return MismatchCause.OVERRIDE, _overridden(paper)
        if mine is not None and theirs is not None and mine.filled and theirs.filled:
            if not self._near(mine.filled, theirs.filled):
                return self._replanned(paper, backtest)
            return self._priced_apart(paper, leg, mine, theirs)
        lacking = cause_of_end(theirs)
        return (lacking, "in the backtest") if lacking is not None else self._replanned(paper, backtest)

    def _replanned(self, paper: RecordDay, backtest: RecordDay) -> tuple[MismatchCause, str]:
        """Find the cause of other orders: another decision, or other data under the same one."""
        same = is_same(decision_of(paper), decision_of(backtest))
        return self._revised(paper) if same else self._redecided(paper)

    def _agree(self, mine: OrderSummary | None, theirs: OrderSummary | None) -> bool:
        """Return True if both sides filled the same within the band, or ended alike unfilled."""
        if mine is None or theirs is None or not (mine.filled and theirs.filled):
            both_sent = mine is not None and theirs is not None and mine.status == theirs.status
            return both_sent or (mine is None and theirs is None)
        (price, reference), (other_price, other_reference) = _fill_prices(mine), _fill_prices(theirs)
        return (
            self._near(mine.filled, theirs.filled)
            and self._near(price, other_price)
            and self._near(price / reference, other_price / other_reference)
        )

    def _near(self, one: Decimal, other: Decimal) -> bool:
        return abs(one / other - 1) <= self.known.band

    def _priced_apart(
        self, paper: RecordDay, leg: DayLeg, mine: OrderSummary, theirs: OrderSummary
    ) -> tuple[MismatchCause, str]:
        """Find the cause of another price: slippage, or a market that moved before the fill."""
        (price, reference), (other_price, other_reference) = _fill_prices(mine), _fill_prices(theirs)
        sign = 1 if leg[1] is Side.BUY else -1
        moved = reference / other_reference - 1
        slipped = sign * ((price / reference) - (other_price / other_reference))
        # A reference outside the day's range is a fault, whatever slippage or lateness could explain.
        span = self.known.span(leg[0], paper.day)
        if span is not None and not span[0] * (1 - self.known.band) <= reference <= span[1] * (1 + self.known.band):
            return MismatchCause.UNKNOWN, (
                f"its reference {plain(reference.normalize())} is no price of that day, which went from "
                f"{plain(span[0])} to {plain(span[1])}"
            )
        # The larger part of the difference names the cause.
        if abs(slipped) >= abs(moved):
            return MismatchCause.SPREAD, f"{float(slipped):+.2%} of slippage beyond the assumed"
        at = mine.first_fill or midnight(paper.day)
        return MismatchCause.LATE, f"filled at {at:%H:%M} UTC, the market had moved {float(moved):+.2%} since 00:00"

    # --- decisions, settlements, closes ------------------------------------------------------------------------

    def _redecided(self, paper: RecordDay) -> tuple[MismatchCause, str]:
        """Find the cause of another decision."""
        cause, detail = self._revised(paper)
        # A ledger keeps no hash of a user's strategy file, so a change of it can be assumed but not proved.
        if cause is MismatchCause.UNKNOWN and self.known.rule:
            return MismatchCause.CHANGED, self.known.rule
        return cause, detail

    def _revised(self, paper: RecordDay) -> tuple[MismatchCause, str]:
        """Find what changed since a day was decided: prices, or code."""
        news = self.known.news(paper.day, paper.decided_by(self.known.late_after))
        if news:
            return MismatchCause.REVISED, news
        changed = self.known.changed(paper.day)
        if changed:
            return MismatchCause.CHANGED, changed
        if paper.drift is not None:
            return MismatchCause.REVISED, "the ledger noted a drift of this day"
        return MismatchCause.UNKNOWN, ""

    def _settlements(self, paper: RecordDay, backtest: RecordDay) -> Iterator[ParityMismatch]:
        for symbol in sorted({*paper.settled, *backtest.settled}):
            mine, theirs = paper.settled.get(symbol), backtest.settled.get(symbol)
            if mine is not None and theirs is not None and mine.cause is theirs.cause and mine.into == theirs.into:
                continue
            later = any(symbol in day.settled for at, day in self.ledger.days.items() if at > paper.day)
            cause, detail = (MismatchCause.REVISED, "its end was known later") if later else self._revised(paper)
            yield ParityMismatch(paper.day, "settlement", cause, _settled(mine), _settled(theirs), symbol, detail)

    def _marks(self, paper: RecordDay, backtest: RecordDay) -> Iterator[ParityMismatch]:
        """Find the closes that differ."""
        if paper.valued is None or backtest.valued is None:
            return
        mine, theirs = paper.valued.marks, backtest.valued.marks
        for symbol in sorted(mine.keys() & theirs.keys()):
            if abs(mine[symbol] / theirs[symbol] - 1) > _SAME_CLOSE:
                # A close is seen first at the next day's decision; only rows later than that are news.
                cause, detail = self._revised(self.ledger.days.get(paper.day + ONE_DAY, paper))
                closes = plain(mine[symbol]), plain(theirs[symbol])
                yield ParityMismatch(paper.day, "valuation", cause, *closes, symbol, detail)


def _settled(settlement: Settlement | None) -> str:
    return "nothing" if settlement is None else f"settled ({settlement.cause})"


def _overridden(day: RecordDay) -> str:
    if day.was_stopped:
        return "the ledger was stopped"
    return "the testnet account differed, and nobody had acknowledged it" if day.unclear else f"switched to {day.mode}"


def _percent(share: Decimal) -> str:
    return f"{plain((share * 100).normalize())}%"


def _fill_prices(order: OrderSummary) -> tuple[Decimal, Decimal]:
    """Return the mean price and the reference price of an order that was filled."""
    return not_none(order.price, "the price of a fill"), not_none(order.reference, "the reference of a fill")
