"""The rotation's vocabulary: its stages, its reasons, and its numbers, plain enough to compile."""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from typing import NamedTuple


class Stage(IntEnum):
    """Where the rotation stands."""

    STABLE = 0
    ARMED = 1
    CONFIRMED = 2
    ETH = 3
    ALTS = 4
    DISTRIBUTION = 5
    COOLDOWN = 6


class Reason(IntEnum):
    """Why a decision is what it is: one bit each, since a decision may have several."""

    BREAKOUT = 1
    REARMED = 1 << 1
    FAILED = 1 << 2
    CONFIRMED = 1 << 3
    EXPIRED = 1 << 4
    VETOED = 1 << 5
    FELL_BACK = 1 << 6
    ENTERED_ETH = 1 << 7
    NO_TREND = 1 << 8
    SECOND_TRANCHE = 1 << 9
    ENTERED_ALTS = 1 << 10
    ETH_LAGS_BTC = 1 << 11
    NO_NEW_RECORD = 1 << 12
    WEAK_SMALL_CAPS = 1 << 13
    RESUMED = 1 << 14
    DISTRIBUTED = 1 << 15
    COOLED_DOWN = 1 << 16
    KILL_CREDIT = 1 << 17
    KILL_VOLATILITY = 1 << 18
    KILL_TRAIL = 1 << 19
    KILL_ETH = 1 << 20
    KILL_PEG = 1 << 21
    STALE = 1 << 22
    STALE_TOO_LONG = 1 << 23
    WAITS_FOR_RECORD = 1 << 24
    WAITS_FOR_CLOSES = 1 << 25
    WAITS_FOR_GATES = 1 << 26
    WAITS_FOR_TREND = 1 << 27
    HOLDS = 1 << 28
    COOLS_DOWN = 1 << 29
    THIN_TRADING = 1 << 30
    PEG_BROKEN = 1 << 31


@cache
def reason_codes(bits: int) -> tuple[str, ...]:
    """The reasons that are set, as codes, in the order of `Reason`."""
    return tuple(reason.name.lower() for reason in Reason if bits & reason)


class Rules(NamedTuple):
    """The numbers of `step`; config/default.yaml says what each means and why it is what it is."""

    gated: bool
    min_base: int
    confirm_closes: int
    confirm_within: int
    floor: float
    trail_of_level: float
    trail_of_high: float
    patience_sessions: int
    full_after_sessions: int
    altcoins_after_sessions: int
    leave_altcoins_days: int
    quiet_sessions: int
    weak_sessions: int
    distribution_sessions: int
    cooldown_sessions: int
    stale_after: int
    stale_leave_after: int
    kill_on_credit: bool
    kill_on_volatility: bool
    kill_on_trail: bool
    kill_on_eth: bool
    kill_on_peg: bool
    eth_stop_is_atr: bool
    eth_drawdown: float
    atr_multiple: float


class Memory(NamedTuple):
    """What the rotation remembers from one decision to the next. It is never saved: a start replays it.

    Sessions are counted by their row number in the small-cap index.
    """

    stage: int = Stage.STABLE
    stage_session: int = 0
    came_from: int = Stage.STABLE  # the stage that DISTRIBUTION may return to
    level: float = 0.0
    high: float = 0.0
    closes_above: int = 0
    breakout_session: int = 0
    confirmed_session: int = 0
    eth_session: int = 0
    eth_high: float = 0.0
    tranche: int = 0
    pair_weak_days: int = 0
    killed: bool = False  # since the last arming


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


class Outcome(NamedTuple):
    """What `step` returns."""

    memory: Memory
    stage: int
    tranche: int
    reasons: int
