"""Stages, reasons and numbers of the rotation, plain enough to compile."""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from typing import NamedTuple


class Stage(IntEnum):
    """Stages of the rotation, in the order of a full cycle."""

    STABLE = 0
    ARMED = 1
    CONFIRMED = 2
    ETH = 3
    ALTS = 4
    DISTRIBUTION = 5
    COOLDOWN = 6


class Reason(IntEnum):
    """Reasons of a decision, one bit each: a decision may have several."""

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
    """Return the codes of the reasons that are set, in the order of `Reason`."""
    return tuple(reason.name.lower() for reason in Reason if bits & reason)


class Rules(NamedTuple):
    """The numbers of `step`, named by their paths under `rotation` in the config, which gives the reason of each.

    A field `..._is_<word>` is true where the config has that word.
    """

    entry_is_gated: bool
    breakout_base_sessions: int
    breakout_confirm_closes: int
    breakout_confirm_within: int
    breakout_floor: float
    trail_of_level: float
    trail_of_high: float
    gated_patience_sessions: int
    stages_full_after_sessions: int
    stages_altcoins_after_sessions: int
    stages_leave_altcoins_days: int
    stages_quiet_sessions: int
    stages_weak_sessions: int
    stages_distribution_sessions: int
    stages_cooldown_sessions: int
    stale_after: int
    stale_leave_after: int
    risk_exits_credit: bool
    risk_exits_volatility: bool
    risk_exits_trail: bool
    risk_exits_eth_drawdown: bool
    risk_exits_peg: bool
    eth_stop_measure_is_atr: bool
    eth_stop_drawdown: float
    eth_stop_atr_multiple: float
