"""Excursions: the worst and the best price of each round trip, of its daily closes and its exit."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot.core.events import Valuation
from bot.core.moments import ONE_DAY
from bot.review.lists.trade_list import RoundTrip
from bot.review.recording import Record

_STILL_OPEN = "9999-12-31"
Closes = tuple[list[str], list[float | None]]
"""Days on which a coin was held (YYYY-MM-DD, ascending) and its close on each; None where no mark was recorded."""


@dataclass(frozen=True, slots=True)
class Excursion:
    """Worst and best price of a lot, of its daily closes and its exit, as simple returns on its entry price."""

    worst: float
    best: float


def excursions(record: Record, round_trips: Sequence[RoundTrip]) -> list[Excursion | None]:
    """Compute the excursion of each round trip from its entry to its exit.

    A ledger has the daily closes of what was held (the marks of its valuations) and no daily highs and lows. The price
    of the exit counts too: a stop sells below each close before it.

    Parameters
    ----------
    record
        Record of the round trips.
    round_trips
        Round trips and open lots.

    Returns
    -------
    list
        One excursion per round trip; None for an open lot without a close, or if a mark of its days is missing.

    Raises
    ------
    LedgerError
        If a row is missing, was changed or is malformed.
    """
    closes = _closes(record, _merged((trip.entry_at[:10], trip.exit_at[:10] or _STILL_OPEN) for trip in round_trips))
    return [_excursion(trip, closes) for trip in round_trips]


def _closes(record: Record, spans: Iterable[tuple[str, str]]) -> dict[str, Closes]:
    """Read the closes of each coin held within some spans of days."""
    closes: dict[str, Closes] = defaultdict(lambda: ([], []))
    for first, end in spans:
        until = None if end == _STILL_OPEN else date.fromisoformat(end) - ONE_DAY
        for one in record.events(Valuation, since=date.fromisoformat(first), until=until):
            marks = one.event.marks
            for symbol in one.event.holdings:
                days, prices = closes[symbol]
                days.append(one.day)
                prices.append(float(marks[symbol]) if symbol in marks else None)
    return closes


def _excursion(trip: RoundTrip, closes: Mapping[str, Closes]) -> Excursion | None:
    gains: list[float] = []
    ends = [*(leg.at[:10] for leg in trip.legs[1:]), trip.exit_at[:10] or _STILL_OPEN]
    for leg, end in zip(trip.legs, ends, strict=True):
        days, prices = closes.get(leg.symbol, ([], []))
        # The exit comes at the open of its day, before that day's close.
        for price in prices[bisect_left(days, leg.at[:10]) : bisect_left(days, end)]:
            if price is None:
                return None
            gains.append(price / float(leg.price) - 1)
    if not trip.is_open and trip.exit_price is not None:
        gains.append(float(trip.exit_price / trip.legs[-1].price) - 1)
    return Excursion(min(gains), max(gains)) if gains else None


def _merged(spans: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Merge spans of days that overlap or touch, so that each day is read once; the end of a span is exclusive."""
    merged: list[tuple[str, str]] = []
    for first, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((first, end))
    return merged
