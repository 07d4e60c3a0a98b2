"""Sums of round trips: all of them, or grouped by coin, stage, breakout or reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from bot.core.instrument import ZERO
from bot.review.lists.trade_list import EXACT, RoundTrip, rounded


@dataclass(frozen=True, slots=True)
class Group:
    """Sums of some round trips, in the quote currency; `key` is what they have in common.

    `round_trips` counts those that are closed, `gains` those of them with a profit, `open` the open lots. `pnl` is the
    profit of the closed ones, `unrealised` that of the open lots at their marks, None if a mark is unknown. `fees` and
    `slippage` are of both, `days` is the mean holding time of the closed ones, in days.
    """

    key: str
    round_trips: int
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
"""Keys to group round trips by: coin, stage at entry, breakout, and reason of the exit."""


def grouped(trips: Iterable[RoundTrip], by: str) -> list[Group]:
    """Group round trips by one of KEYS and sum each group, the largest profit first."""
    groups: dict[str, list[RoundTrip]] = defaultdict(list)
    for trip in trips:
        groups[KEYS[by](trip)].append(trip)
    return sorted((group(key, members) for key, members in groups.items()), key=lambda one: (-one.pnl, one.key))


def group(key: str, trips: Sequence[RoundTrip]) -> Group:
    """Sum some round trips. Exact figures are added and the sums rounded."""
    closed = [trip for trip in trips if not trip.is_open]
    held = [trip for trip in trips if trip.is_open]
    unrealised = [trip.exact for trip in held if trip.exact is not None]
    with localcontext(EXACT):
        pnl = rounded(sum((trip.exact for trip in closed if trip.exact is not None), ZERO))
        at_marks = rounded(sum(unrealised, ZERO)) if len(unrealised) == len(held) else None
    return Group(
        key,
        len(closed),
        sum(1 for trip in closed if trip.exact is not None and trip.exact > 0),
        len(held),
        pnl,
        at_marks,
        sum((trip.fees for trip in trips), ZERO),
        sum((trip.slippage for trip in trips), ZERO),
        sum(trip.days for trip in closed) / len(closed) if closed else None,
    )
