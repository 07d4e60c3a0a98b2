"""Look-ahead, found by experiment: a decision that changes when the future is taken away has read it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

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
        peeks += [early.at for early, full in zip(before, decisions, strict=False) if early != full][:1]
    return min(peeks, default=None)


def even_cuts(decisions: Sequence[Decision], count: int) -> list[datetime]:
    """Moments spread evenly over the decisions, for `first_peek`."""
    return [decisions[len(decisions) * (i + 1) // (count + 1)].at for i in range(count)]
