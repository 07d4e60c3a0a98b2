"""Look-ahead, found by experiment: a decision that changes when the future is taken away has read it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise

from bot.core.decision import Decision
from bot.core.market import Market
from bot.core.ports import Strategy


def first_peek(
    strategy: Strategy, market: Market, decisions: Sequence[Decision], cuts: Iterable[datetime]
) -> datetime | None:
    """The earliest decision that is not the same when the market ends at a cut, or None.

    `decisions` are the strategy's on the whole market. More cuts find rarer peeks; none found is no proof.
    """
    peeks = []
    for cut in cuts:
        before = strategy.decisions(market.as_of(cut))
        until = [decision for decision in decisions if decision.at <= cut]
        peeks += [early.at for early, full in zip(before, until, strict=False) if early != full][:1]
        if len(before) != len(until):
            peeks.append(cut)
    return min(peeks, default=None)


def cut_times(decisions: Sequence[Decision], count: int) -> list[datetime]:
    """Moments for `first_peek`: mostly where the weights change, since a short peek shows only there."""
    changes = [after.at for before, after in pairwise(decisions) if before.weights != after.weights]
    at_changes = _evenly(changes, count - count // 4)
    return sorted({*at_changes, *_evenly([decision.at for decision in decisions], count - len(at_changes))})


def _evenly(moments: Sequence[datetime], count: int) -> list[datetime]:
    if len(moments) <= count:
        return list(moments)
    return [moments[len(moments) * (i + 1) // (count + 1)] for i in range(count)]
