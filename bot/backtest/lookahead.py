"""Look-ahead check: a decision that changes when later rows are removed has read them."""

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
    """Find the earliest decision that changes when the market ends at a cut.

    Parameters
    ----------
    strategy
        The strategy to check.
    market
        The whole history.
    decisions
        The strategy's decisions on the whole history.
    cuts
        UTC times at which the market is cut. More cuts find rarer peeks.

    Returns
    -------
    datetime or None
        UTC time of the decision, if one changes. Equal decisions are evidence only: other cuts may find a change.
    """
    peeks = []
    for cut in cuts:
        before = strategy.decisions(market.as_of(cut))
        until = [decision for decision in decisions if decision.at <= cut]
        # The first one of a cut is enough: later ones may follow from it through the strategy's memory.
        peeks += [early.at for early, full in zip(before, until, strict=False) if early != full][:1]
        if len(before) != len(until):
            peeks.append(cut)
    return min(peeks, default=None)


def cut_times(decisions: Sequence[Decision], count: int) -> list[datetime]:
    """Choose times for `first_peek`, most of them at changes of weights, where a short peek shows."""
    at_changes = evenly(change_times(decisions), count - count // 4)
    return sorted({*at_changes, *evenly([decision.at for decision in decisions], count - len(at_changes))})


def change_times(decisions: Sequence[Decision]) -> list[datetime]:
    """Return the UTC times of the decisions whose weights differ from those of the decision before."""
    return [after.at for before, after in pairwise(decisions) if before.weights != after.weights]


def evenly(moments: Sequence[datetime], count: int) -> list[datetime]:
    """Choose at most `count` of some times, evenly spaced, without the first and the last."""
    if len(moments) <= count:
        return list(moments)
    return [moments[len(moments) * (i + 1) // (count + 1)] for i in range(count)]
