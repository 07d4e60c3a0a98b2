"""Checks of a strategy before its backtest: decisions are reproducible, and later rows are out of reach."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest

from bot.backtest.engines.exact import run_exact
from bot.backtest.lookahead import change_times, cut_times, first_peek
from bot.core.decision import Decision
from bot.core.errors import ConfigError
from bot.core.market import Market
from bot.core.ports import Reloadable, Simulated, Strategy
from bot.services.plans import PlannedRun


def check_plan(planned: PlannedRun, count: int) -> str:
    """Check the strategy of a plan, as `check_strategy`.

    A daily strategy gets the market of each day only, so that later rows are out of reach: it is run once more by a new
    instance, and has to decide the same. One with `begin(market)` gets the whole market, and is checked with later rows
    removed.
    """
    if planned.plan.daily is None or not count:
        return check_strategy(planned.strategy, planned.plan.market, planned.decisions, count)
    again = [event for event in run_exact(planned.plan).events if isinstance(event, Decision)]
    if (changed := _first_difference(planned.decisions, again)) is not None:
        raise _not_reproducible(planned.strategy, changed, "when it is run twice with the same rows")
    strategy, market = planned.strategy, planned.plan.market
    if isinstance(strategy, Simulated) and strategy.reads_whole_market:
        return check_strategy(strategy, market, strategy.decisions(market), count)
    return (
        "Strategy check: each call of decide(today) gets only the rows known at its day, and a second run decided the "
        "same. Not checked: absurd rows, warm-up, new processes, and the use of files, network, clocks and chance; bot "
        "check does."
    )


def check_strategy(strategy: Strategy, market: Market, decisions: Sequence[Decision], count: int) -> str:
    """Refuse a strategy whose decisions depend on chance, on earlier calls, or on later rows.

    Parameters
    ----------
    strategy
        The strategy, which has made `decisions` on the whole market.
    market
        The whole history.
    decisions
        The strategy's decisions on the whole history.
    count
        Number of times at which later rows are removed; 0 skips all checks.

    Returns
    -------
    str
        Sentences for what was checked and what was left out; "" if all checks are skipped.

    Raises
    ------
    ConfigError
        If a decision changes. The error names the cause and the first day.
    """
    if not count or not decisions:
        return ""
    # First with the same rows: a decision by chance changes when rows are removed, too, but reads no later row.
    again = _first_difference(decisions, strategy.decisions(market))
    if again is not None:
        raise _not_reproducible(strategy, again, "when it is asked twice with the same rows")
    cuts = cut_times(decisions, count)
    # A new instance for each cut: one that remembers the whole history would hide that it reads later rows.
    peeks = [peek for cut in cuts if (peek := first_peek(_new(strategy), market, decisions, [cut])) is not None]
    if peeks:
        raise ConfigError(
            "the strategy reads the future",
            where=strategy.name,
            expected=f"the decision of {min(peeks).date()} to be the same when later rows are taken away",
            mend="use only market.as_of(T), or rows known at T",
        )
    _check_memory(strategy, market, decisions, cuts[len(cuts) // 2])
    return _checked(cuts, change_times(decisions))


def _checked(cuts: Sequence[datetime], changes: Sequence[datetime]) -> str:
    seen = len(set(cuts) & set(changes))
    return (
        f"Strategy check: later rows were removed at {len(cuts):,} times, {seen:,} of them among the {len(changes):,} "
        "days on which the weights change. Not checked: other days, absurd later rows, warm-up, new processes, and the "
        "use of files, network, clocks and chance; bot check does."
    )


def _check_memory(strategy: Strategy, market: Market, decisions: Sequence[Decision], cut: datetime) -> None:
    """Refuse a strategy that has passed as a new instance, and decides otherwise after other calls."""
    try:
        changed = first_peek(strategy, market, decisions, [cut])
    except ConfigError:  # the wrong number of decisions, say: those of the call before
        changed = cut
    if changed is not None:
        raise _not_reproducible(strategy, changed, "when it was asked before with other rows")


def _not_reproducible(strategy: Strategy, day: datetime, when: str) -> ConfigError:
    return ConfigError(
        f"the strategy is not reproducible: it decides differently {when}",
        where=strategy.name,
        expected=f"the same decision of {day.date()}",
        mend="the usual causes are chance without a seed of its own, and state that outlives a call of `decisions`",
    )


def _first_difference(first: Sequence[Decision], second: Sequence[Decision]) -> datetime | None:
    """Return the UTC time of the first decision of `first` that is missing from `second` or differs there."""
    return next((one.at for one, other in zip_longest(first, second) if one is not None and one != other), None)


def _new(strategy: Strategy) -> Strategy:
    return strategy.reloaded() if isinstance(strategy, Reloadable) else strategy
