"""Inputs and results of one decision of the rotation, plain enough to compile: tuples of scalars with named fields."""

from __future__ import annotations

from typing import NamedTuple

from bot.core.market import Floats
from strategies.indicators import Bools, Ints
from strategies.rotation.rules import Stage


class Breakout(NamedTuple):
    """The breakout that armed the rotation: prices in index points, sessions as row numbers of the small-cap index."""

    level: float = 0.0
    high: float = 0.0
    closes_above: int = 0
    session: int = 0
    confirmed_session: int = 0


class EthPosition(NamedTuple):
    """ETH since it was bought: session of the entry, highest close since, days in a row that ETH lags BTC."""

    session: int = 0
    high: float = 0.0
    pair_weak_days: int = 0


class Memory(NamedTuple):
    """State that one decision hands to the next. It is folded again at each start, from the first decision on.

    `came_from` is the stage that DISTRIBUTION may return to; `killed` is true from a risk exit to the next arming.
    """

    stage: int = Stage.STABLE
    stage_session: int = 0
    came_from: int = Stage.STABLE
    tranche: int = 0
    killed: bool = False
    breakout: Breakout = Breakout()
    eth: EthPosition = EthPosition()


class Observation(NamedTuple):
    """All that `step` reads of the market at one decision."""

    session: int
    new_session: bool
    close: float
    prior_high: float
    is_record: bool
    base: int
    sessions_since_record: int
    gates_pass: bool
    credit_stress: bool
    volatility_kill: bool
    rs_up: bool
    rs_weak_sessions: int
    eth_close: float
    eth_above_trend: bool
    eth_range: float
    pair_above: bool
    pair_below: bool
    breadth_passes: bool
    peg_broken: bool
    thin_trading: bool
    missed: int


class ObservedColumns(NamedTuple):
    """The fields of `Observation` as arrays, one entry a decision time, shape (decisions,)."""

    session: Ints
    new_session: Bools
    close: Floats
    prior_high: Floats
    is_record: Bools
    base: Ints
    sessions_since_record: Ints
    gates_pass: Bools
    credit_stress: Bools
    volatility_kill: Bools
    rs_up: Bools
    rs_weak_sessions: Ints
    eth_close: Floats
    eth_above_trend: Bools
    eth_range: Floats
    pair_above: Bools
    pair_below: Bools
    breadth_passes: Bools
    peg_broken: Bools
    thin_trading: Bools
    missed: Ints


class Condition(NamedTuple):
    """A number that the rule compares with a limit, and the result; NaN where a stage lacks the condition."""

    value: float
    limit: float
    holds: bool


UNSEEN = Condition(float("nan"), float("nan"), False)


class Conditions(NamedTuple):
    """The conditions of a stage in a fixed order; `UNSEEN` stands for those of other stages."""

    sessions_without_record: Condition = UNSEEN
    level: Condition = UNSEEN
    closes_above: Condition = UNSEEN
    sessions_armed: Condition = UNSEEN
    floor: Condition = UNSEEN
    sessions_for_trend: Condition = UNSEEN
    small_cap_stop: Condition = UNSEEN
    eth_stop: Condition = UNSEEN
    sessions_for_full: Condition = UNSEEN
    sessions_for_altcoins: Condition = UNSEEN
    days_eth_lags: Condition = UNSEEN
    sessions_quiet: Condition = UNSEEN
    sessions_weak: Condition = UNSEEN
    sessions_distributing: Condition = UNSEEN
    sessions_cooling: Condition = UNSEEN


class Outcome(NamedTuple):
    """Result of `step`.

    `conditions` are those of the stage that the decision found, `ahead` those of the stage that it leaves, on the
    same observation: the next decision looks at them.
    """

    memory: Memory
    stage: int
    tranche: int
    reasons: int
    conditions: Conditions
    ahead: Conditions
