"""Notable events of a forward ledger, in words: config changes, late days, drift, switches, account differences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from bot.core.events import (
    Acknowledged,
    BalanceDifference,
    ConfigPeriod,
    Drift,
    Event,
    Late,
    TradingStateChange,
)
from bot.core.text import printable
from bot.ledger.codec import plain
from bot.ledger.recorded import Recorded
from bot.report import numbers

NOTABLE_EVENTS = (ConfigPeriod, Late, Drift, TradingStateChange, BalanceDifference, Acknowledged)
"""Types of the events that have entries beside decisions and trades."""


def notable_days(events: Iterable[Recorded[Event]]) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """Join the events of one type and day to one sentence.

    Yields
    ------
    tuple
        UTC date (YYYY-MM-DD), sentence, and numbers of the rows; late days that were traded are left out.
    """
    days: dict[tuple[str, type[Event]], list[Recorded[Event]]] = defaultdict(list)
    for one in events:
        days[one.day, type(one.event)].append(one)
    for (day, _), found in days.items():
        text = _text([one.event for one in found])
        if text:
            yield day, text, tuple(one.sequence for one in found)


def _text(events: Sequence[Event]) -> str:
    match events[-1]:
        case ConfigPeriod() as period:
            return _period(period)
        case Late():
            return _late([one for one in events if isinstance(one, Late)])
        case Drift():
            return "decided again on what is known now, this day would be decided otherwise; the record is kept"
        case TradingStateChange() as change:
            return f"the user's switch: {change.mode}"
        case BalanceDifference():
            return _differences([one for one in events if isinstance(one, BalanceDifference)])
        case Acknowledged():
            return "the user has seen the differences of the testnet account"
        case other:
            raise TypeError(f"a notable event is expected, was {other!r}")


def _period(period: ConfigPeriod) -> str:
    begun = "the ledger begins" if period.number == 1 else f"epoch {period.number} begins"
    return f"{begun} with {numbers.money(period.cash)} ({printable(period.broker)}; {printable(period.why)})"


def _late(days: Sequence[Late]) -> str:
    if not any(one.missed for one in days):
        return ""
    return f"decided only on {days[-1].decided_at:%Y-%m-%d}, too late: its orders were not sent"


def _differences(differences: Sequence[BalanceDifference]) -> str:
    each = ", ".join(
        f"{printable(one.asset)} {plain(one.found)} where the ledger accounts for {plain(one.recorded)} ({one.cause})"
        for one in differences
    )
    return f"the testnet account had {each}"
