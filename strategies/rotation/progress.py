"""How far each stage has come: counters and stops of the rotation's memory, as readings, where its stage has them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bot.core.market import Floats
from strategies.indicators import Bools, Ints
from strategies.rotation.reading import Reading
from strategies.rotation.rules import Outcome, Rules, Stage

_INVESTED = (Stage.ETH, Stage.ALTS, Stage.DISTRIBUTION)


class Progress:
    """The path of a rotation, told by its counters and stops. Arrays have one entry a decision time.

    `session`, `close`, `eth_close`, `eth_range`, `since_record` and `weak_sessions` are what `step` saw.
    """

    def __init__(
        self,
        rules: Rules,
        path: Sequence[Outcome],
        session: Ints,
        close: Floats,
        eth_close: Floats,
        eth_range: Floats,
        since_record: Ints,
        weak_sessions: Ints,
    ) -> None:
        self.rules, self.session, self.close = rules, session, close
        self.eth_close, self.eth_range = eth_close, eth_range
        self.since_record, self.weak_sessions = since_record, weak_sessions
        self.stage = np.array([outcome.stage for outcome in path])
        memories = np.array([outcome.memory for outcome in path], float).reshape(len(path), -1)
        names = path[0].memory._fields if path else ()
        self.memory = dict(zip(names, memories.T, strict=False))

    def readings(self) -> dict[str, Reading]:
        """Each by name; unknown wherever the rotation stands in a stage that has no use for it."""
        if not self.memory:
            return {}
        rules, memory, session = self.rules, self.memory, self.session
        armed, confirmed, eth = (self._in(stage) for stage in (Stage.ARMED, Stage.CONFIRMED, Stage.ETH))
        invested, risky = self._in(*_INVESTED), self._in(Stage.ETH, Stage.ALTS)
        trail = rules.trail_of_level * np.maximum(memory["level"], rules.trail_of_high * memory["high"])
        since_confirmed = session - memory["confirmed_session"]
        in_stage = session - memory["stage_session"]
        quiet = np.minimum(since_confirmed, self.since_record)
        base = np.where(memory["killed"] == 1, 0, rules.min_base)  # after a kill any record arms
        needed = [
            self._reading("sessions_without_record", self._in(Stage.STABLE), self.since_record, base),
            self._reading("level", armed | confirmed | invested, self.close, memory["level"]),
            self._reading("closes_above", armed, memory["closes_above"], rules.confirm_closes),
            self._reading("sessions_armed", armed, session - memory["breakout_session"], rules.confirm_within),
            self._reading("sessions_for_trend", confirmed, since_confirmed, rules.patience_sessions),
            self._reading("small_cap_stop", confirmed | invested, self.close, trail),
            self._reading("eth_stop", invested, self.eth_close, self._eth_stop()),
            self._reading("sessions_for_altcoins", eth, since_confirmed, rules.altcoins_after_sessions),
            self._reading("sessions_quiet", risky, quiet, rules.quiet_sessions),
            self._reading("sessions_weak", risky, self.weak_sessions, rules.weak_sessions),
            self._reading("sessions_distributing", self._in(Stage.DISTRIBUTION), in_stage, rules.distribution_sessions),
            self._reading("sessions_cooling", self._in(Stage.COOLDOWN), in_stage, rules.cooldown_sessions),
        ]
        return {reading.name: reading for reading in needed}

    def _in(self, *stages: Stage) -> Bools:
        return np.isin(self.stage, stages)

    def _eth_stop(self) -> Floats:
        high = self.memory["eth_high"]
        if self.rules.eth_stop_is_atr:
            return high - self.rules.atr_multiple * self.eth_range
        return high * (1 - self.rules.eth_drawdown)

    def _reading(self, name: str, where: Bools, value: Floats | Ints, threshold: Floats | int) -> Reading:
        """A reading that holds from its threshold on, known where `where` is."""
        known = np.where(where, value, np.nan)
        limits = np.where(where, threshold, np.nan)
        always = np.ones(len(known), bool)
        return Reading(name, known, limits, where & (known >= limits), np.zeros(len(known), np.int64), always)
