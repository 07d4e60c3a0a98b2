"""The formulas of the rotation's rule: `step` decides by them, readings and sentences repeat their results.

Prices are index points or dollars, counts are sessions or days. A missing price is NaN. A comparison with it is False,
so a stop holds on a missing price.
"""

from __future__ import annotations

from typing import overload

from strategies.decimals import is_above, is_at_most, is_below
from strategies.indicators import Bools, Ints
from strategies.rotation.rules import Rules, Stage
from strategies.rotation.state import UNSEEN, Condition, Conditions, Memory, Observation


@overload
def is_breakout(rules: Rules, is_record: bool, base: int) -> bool: ...
@overload
def is_breakout(rules: Rules, is_record: Bools, base: Ints) -> Bools: ...
def is_breakout(rules: Rules, is_record: bool | Bools, base: int | Ints) -> bool | Bools:
    """Return True for a record that ends a long enough base.

    Parameters
    ----------
    is_record : bool or array of bool
        The close is above every close before it.
    base : int or array of int
        Sessions without a record before this one.

    Returns
    -------
    bool or array of bool
    """
    return is_record & (base >= rules.breakout_base_sessions)


def base_needed(rules: Rules, killed: bool) -> int:
    """Return the length of the base that arms, in sessions; 0 after a risk exit, when any record arms."""
    return 0 if killed else rules.breakout_base_sessions


@overload
def is_stale(rules: Rules, missed: int) -> bool: ...
@overload
def is_stale(rules: Rules, missed: Ints) -> Bools: ...
def is_stale(rules: Rules, missed: int | Ints) -> bool | Bools:
    """Return True if an input is too old to buy on; `missed` counts its late rows, in sessions or days."""
    return missed > rules.stale_after


def trail_of(rules: Rules, level: float, high: float) -> float:
    """Return the trailing stop on small caps, in index points: of_level x max(level, of_high x highest close)."""
    return rules.trail_of_level * max(level, rules.trail_of_high * high)


def eth_stop_of(rules: Rules, high: float, mean_range: float) -> float:
    """Return ETH's stop in dollars: a share, or a multiple of the mean true range, under its highest close."""
    if rules.eth_stop_measure_is_atr:
        return high - rules.eth_stop_atr_multiple * mean_range
    return high * (1 - rules.eth_stop_drawdown)


def conditions_of(rules: Rules, memory: Memory, seen: Observation) -> Conditions:
    """Return the conditions that the stage in memory looks at, on one observation."""
    stage, breakout, eth = memory.stage, memory.breakout, memory.eth
    without_record = level = closes = armed = floor = trend = small_cap_stop = eth_stop = UNSEEN
    full = altcoins = lags = quiet = weak = distributing = cooling = UNSEEN
    if stage == Stage.STABLE:
        without_record = _at_least(seen.sessions_since_record, base_needed(rules, memory.killed))
    elif stage == Stage.COOLDOWN:
        cooling = _at_least(seen.session - memory.stage_session, rules.stages_cooldown_sessions)
    else:
        level = Condition(seen.close, breakout.level, is_above(seen.close, breakout.level))
        since_confirmed = seen.session - breakout.confirmed_session
        if stage == Stage.ARMED:
            limit = rules.breakout_floor * breakout.level
            floor = Condition(seen.close, limit, not is_below(seen.close, limit))  # `not`: a missing close holds
            closes = _at_least(breakout.closes_above, rules.breakout_confirm_closes)
            armed = _at_least(seen.session - breakout.session, rules.breakout_confirm_within)
        else:
            trail = trail_of(rules, breakout.level, breakout.high)
            small_cap_stop = Condition(seen.close, trail, not is_below(seen.close, trail))
        if stage == Stage.CONFIRMED:
            trend = _at_least(since_confirmed, rules.gated_patience_sessions)
        elif stage != Stage.ARMED:
            stop = eth_stop_of(rules, eth.high, seen.eth_range)
            eth_stop = Condition(seen.eth_close, stop, not is_at_most(seen.eth_close, stop))
        if stage == Stage.ETH or stage == Stage.ALTS:
            # A record before the confirmation is old news by then: the later of both begins the count.
            quiet = _at_least(min(since_confirmed, seen.sessions_since_record), rules.stages_quiet_sessions)
            weak = _at_least(seen.rs_weak_sessions, rules.stages_weak_sessions)
        if stage == Stage.ETH:
            full = _at_least(seen.session - eth.session, rules.stages_full_after_sessions)
            altcoins = _at_least(since_confirmed, rules.stages_altcoins_after_sessions)
        elif stage == Stage.ALTS:
            lags = _at_least(eth.pair_weak_days, rules.stages_leave_altcoins_days)
        elif stage == Stage.DISTRIBUTION:
            distributing = _at_least(seen.session - memory.stage_session, rules.stages_distribution_sessions)
    return Conditions(
        sessions_without_record=without_record,
        level=level,
        closes_above=closes,
        sessions_armed=armed,
        floor=floor,
        sessions_for_trend=trend,
        small_cap_stop=small_cap_stop,
        eth_stop=eth_stop,
        sessions_for_full=full,
        sessions_for_altcoins=altcoins,
        days_eth_lags=lags,
        sessions_quiet=quiet,
        sessions_weak=weak,
        sessions_distributing=distributing,
        sessions_cooling=cooling,
    )


def _at_least(count: int, limit: int) -> Condition:
    return Condition(float(count), float(limit), count >= limit)
