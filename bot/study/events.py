"""Events of an index: breakouts, and breakouts that are sustained, by the rotation's own rule with all gates off."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from bot.core.market import Floats
from bot.study.plan import Signal
from strategies.indicators import Ints, prior_high, run_length
from strategies.rotation.conditions import is_breakout
from strategies.rotation.rules import Reason, Rules, Stage
from strategies.rotation.state import Memory, Observation
from strategies.rotation.step import step


class Breakouts(NamedTuple):
    """Breakouts of an index, ascending: the row of each, and the row that confirms it or -1. Both have shape (n,)."""

    rows: Ints
    confirmed_at: Ints

    @property
    def confirmations(self) -> Ints:
        """Rows that confirm a breakout, ascending."""
        return self.confirmed_at[self.confirmed_at >= 0]


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
    confirmed_at = np.full(len(rows), -1, np.int64)
    for place, row in enumerate(rows.tolist()):
        # Only the sessions after a breakout: in STABLE, `step` waits for one and changes nothing.
        seen = (
            _observation(i, float(closes[i]), float(before[i]), bool(is_record[i]), int(base[i]), int(since[i]))
            for i in range(row, len(closes))
        )
        confirmed_at[place] = _confirmation(rules, seen)
    return Breakouts(rows, confirmed_at)


def _confirmation(rules: Rules, observations: Iterable[Observation]) -> int:
    """Return the session that confirms the breakout of the first observation, or -1."""
    memory = Memory()
    for seen in observations:
        outcome = step(rules, memory, seen)
        memory = outcome.memory
        if outcome.reasons & Reason.CONFIRMED:
            return seen.session
        if memory.stage != Stage.ARMED:
            return -1
    return -1


def _observation(row: int, close: float, before: float, is_record: bool, base: int, since: int) -> Observation:
    """Return the observation of a session on which every gate is open and ETH gives no sign."""
    return Observation(
        session=row,
        new_session=True,
        close=close,
        prior_high=before,
        is_record=is_record,
        base=base,
        sessions_since_record=since,
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
