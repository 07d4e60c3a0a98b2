"""Events of an index: breakouts, and breakouts that are sustained, by the rotation's own rule with all gates off."""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bot.core.market import Floats
from bot.study.plan import Signal
from bot.study.plan_values import Event
from strategies.decimals import TIE, is_above, is_below
from strategies.indicators import Ints, prior_high, run_length
from strategies.rotation.conditions import is_breakout
from strategies.rotation.rules import Reason, Rules, Stage
from strategies.rotation.state import Memory, Observation
from strategies.rotation.step import step


class Breakouts(NamedTuple):
    """Breakouts of an index, ascending: the row of each, and the row that confirms it or -1. Both have shape (n,)."""

    rows: Ints
    confirmed_at: Ints

    def events(self, kind: Event) -> Ints:
        """Return the row of each event of a kind, ascending: of the breakout, or of the session that confirms it."""
        return self.rows if kind == "breakout" else self.confirmed_at[self.confirmed_at >= 0]

    def beginnings(self, kind: Event) -> Ints:
        """Return the row of the breakout of each event of a kind, shape as `events`."""
        return self.rows if kind == "breakout" else self.rows[self.confirmed_at >= 0]


def event_rules(rules: Rules, signal: Signal, base: int, closes: int) -> Rules:
    """Return the numbers of the rotation with those of a plan's signal, and another base or number of closes."""
    return rules._replace(
        entry_is_gated=True,  # so that a confirmed breakout waits where it is found
        breakout_base_sessions=base,
        breakout_confirm_closes=closes,
        breakout_confirm_within=signal.confirm_within,
        breakout_floor=signal.floor,
    )


def find_breakouts(closes: Floats, rules: Rules) -> Breakouts:
    """Find every breakout of an index and the session that confirms it.

    The rotation's `step` decides with every gate open. It begins with an empty memory at each breakout, so that a
    breakout counts whatever stage the rotation is in.

    Parameters
    ----------
    closes
        Closes by session, shape (sessions,).
    rules
        Numbers of the rule, as `event_rules` gives them.
    """
    before = prior_high(closes)
    is_record = closes > before
    since = run_length(~is_record)
    base = np.concatenate(([0], since[:-1])) if len(since) else since
    rows = np.flatnonzero(is_breakout(rules, is_record, base))
    # A breakout that is still armed after `confirm_within` sessions expires: no later close matters.
    at = rows[:, None] + np.arange(rules.breakout_confirm_within + 1)
    places = _places(closes[np.minimum(at, len(closes) - 1)], before[rows, None], rules)
    places[at >= len(closes)] = _Place.END
    delays = np.array([_sessions_to_confirm(rules, seen.tobytes()) for seen in places], np.int64)
    return Breakouts(rows, np.where(delays >= 0, rows + delays, -1))


class _Place(IntEnum):
    """Place of a close by the comparisons that the rule makes with the level and the floor."""

    BETWEEN = 0
    ABOVE = 1
    TIED_ABOVE = 2
    BELOW_FLOOR = 3
    END = 4


def _places(closes: Floats, levels: Floats, rules: Rules) -> npt.NDArray[np.uint8]:
    places = np.full(closes.shape, _Place.BETWEEN, np.uint8)
    places[closes > levels] = _Place.TIED_ABOVE  # counted as a close above, and yet equal as a decimal
    places[is_above(closes, levels)] = _Place.ABOVE
    places[is_below(closes, rules.breakout_floor * levels)] = _Place.BELOW_FLOOR
    return places


@lru_cache(maxsize=100_000)
def _sessions_to_confirm(rules: Rules, places: bytes) -> int:
    """Return the sessions from a breakout to its confirmation by `step`, or -1.

    While a breakout is armed, prices enter the rule by their places alone, so that one of each place stands for all,
    at a level of 1: redrawn indices ask for the same places again and again.
    """
    price = {
        _Place.BETWEEN: 1.0,
        _Place.ABOVE: 1.5,
        _Place.TIED_ABOVE: 1 + TIE / 4,
        _Place.BELOW_FLOOR: rules.breakout_floor / 2,
    }
    memory = Memory()
    for session, place in enumerate(places):
        if place == _Place.END:
            return -1
        outcome = step(rules, memory, _observation(rules, session, price[_Place(place)]))
        memory = outcome.memory
        if outcome.reasons & Reason.CONFIRMED:
            return session
        if memory.stage != Stage.ARMED:
            return -1
    return -1


def _observation(rules: Rules, session: int, close: float) -> Observation:
    """Return a session from a breakout of the level 1 on, with every gate open and ETH silent."""
    is_breakout = session == 0
    return Observation(
        session=session,
        new_session=True,
        close=close,
        prior_high=1.0,
        is_record=is_breakout,
        base=rules.breakout_base_sessions if is_breakout else 0,
        sessions_since_record=session,
        gates_pass=True,
        credit_stress=False,
        volatility_kill=False,
        rs_up=True,
        rs_weak_sessions=0,
        eth_close=float("nan"),
        eth_above_trend=False,
        eth_range=float("nan"),
        pair_above=False,
        pair_below=False,
        breadth_passes=False,
        peg_broken=False,
        thin_trading=False,
        missed=0,
    )
