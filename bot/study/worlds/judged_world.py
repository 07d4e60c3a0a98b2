"""A synthetic world, judged as real data are: the one look, the schedule of looks, and how real the world is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bot.core.market import Floats
from bot.study.breakouts import Breakouts, event_rules, find_breakouts
from bot.study.counted import count_episodes, spaced_events
from bot.study.plan import StudyPlan
from bot.study.planned_looks import CriticalValues, PlannedLook, counted_since, looks_at, word_of_look
from bot.study.shifts import ShiftTest
from bot.study.word import Word, verdict_of
from bot.study.worlds.synthetic_world import SyntheticWorld, make_world
from bot.study.worlds_plan import WorldKind
from strategies.indicators import Ints
from strategies.rotation.rules import Rules


@dataclass(frozen=True, eq=False)  # no slots: what is computed is kept
class JudgedWorld:
    """A synthetic world under a plan."""

    plan: StudyPlan
    rules: Rules
    world: SyntheticWorld

    @cached_property
    def outcomes(self) -> Floats:
        """y from the row of the world's first price on."""
        return self.world.outcomes(self.plan.outcome.horizon)

    @cached_property
    def _found(self) -> Breakouts:
        signal = self.plan.signal
        rules = event_rules(self.rules, signal, signal.base_sessions, signal.confirm_closes)
        return find_breakouts(self.world.closes, rules)

    @cached_property
    def counted(self) -> Ints:
        """Rows of the spaced episodes of the whole index up to the plan's date."""
        rows, signal = self._events, self.plan.signal
        return rows[spaced_events(rows, signal.spacing.sessions, signal.spacing.start)]

    @property
    def _events(self) -> Ints:
        rows = self._found.events(self.plan.signal.event)
        return rows[rows < self.plan.worlds.index.sessions]

    @cached_property
    def one_look(self) -> ShiftTest | None:
        """The plan's test on the real number of sessions, if an episode is counted."""
        first, sessions = self.world.first, self.plan.worlds.outcome.sessions
        spacing = self.plan.signal.spacing
        episodes = count_episodes(self._events, spacing.sessions, spacing.start, first, first + sessions - 1)
        counted = episodes.counted - first
        return ShiftTest(self.outcomes[:sessions], counted, self.plan.outcome.horizon) if len(counted) else None

    @cached_property
    def rows_ahead(self) -> Ints:
        """Positions of the episodes counted after the plan's date, in sessions after it, from 0 on."""
        start, signal = self.plan.worlds.index.sessions, self.plan.signal
        events, beginnings = self._found.events(signal.event), self._found.beginnings(signal.event)
        return counted_since(events, beginnings, signal.spacing, start) - start

    @cached_property
    def looks(self) -> list[PlannedLook]:
        """The looks that the world reaches; rows are those of `outcomes`."""
        start = self.plan.worlds.index.sessions - self.world.first
        rows = self.rows_ahead + start
        known = rows[rows < len(self.outcomes)]
        return looks_at(self.outcomes, known, start, self.plan.prospective.looks, self.plan.outcome.horizon)

    def word(self, effect: float) -> Word:
        """Judge the one look with an effect added, a log return."""
        rule = self.plan.judgement
        return verdict_of(self.one_look and with_effect(self.one_look, effect), rule, rule.effect)

    def look_words(self, effect: float) -> list[Word]:
        """Judge each look with an effect added."""
        schedule = self.plan.prospective
        criticals = map(CriticalValues, schedule.critical_up, schedule.critical_low)
        return [
            word_of_look(look._replace(test=with_effect(look.test, effect)), critical, self.plan.judgement.effect)
            for look, critical in zip(self.looks, criticals, strict=False)  # a world may end before a look
        ]


def with_effect(test: ShiftTest, effect: float) -> ShiftTest:
    """Plant an effect: the test of the outcomes to which effect x overlap is added at every session."""
    return ShiftTest(test.mended(-effect), test.events, test.horizon, test.largest_overlap) if effect else test


def realism(world: SyntheticWorld, horizon: int, sessions: int, lags: Sequence[int]) -> dict[str, Any]:
    """Measure how real the outcome of a world is, over the outcome window.

    Parameters
    ----------
    world
        The world.
    horizon
        Sessions of an outcome.
    sessions
        Number T of outcomes of the window.
    lags
        Lags of the autocorrelation of y, in sessions.

    Returns
    -------
    dict
        `volatility` of a session's log return, `spread` of y, `autocorrelation` of y by lag, and `correlation` of y
        with the index's own log return over the same sessions.
    """
    prices = world.log_prices[: sessions + horizon]
    y = prices[horizon:] - prices[:-horizon]
    index = np.log(world.closes[world.first : world.first + sessions + horizon])
    return {
        "volatility": float(np.diff(prices).std()),
        "spread": float(y.std()),
        "autocorrelation": [autocorrelation(y, lag) for lag in lags],
        "correlation": float(np.corrcoef(y, index[horizon:] - index[:-horizon])[0, 1]),
    }


def autocorrelation(values: Floats, lag: int) -> float:
    """Compute the sample autocorrelation at a lag: the sum of products of deviations over that of their squares."""
    centred = values - values.mean()
    return float((centred[lag:] * centred[:-lag]).sum() / (centred**2).sum())


def judge_world(plan: StudyPlan, rules: Rules, kind: WorldKind, seed: np.random.SeedSequence) -> dict[str, Any]:
    """Draw a world and return all that the tables need, as plain data."""
    rule = plan.worlds
    world = JudgedWorld(plan, rules, make_world(rule, kind, plan.outcome.horizon, seed))
    return {
        "n": 0 if world.one_look is None else len(world.one_look.events),
        "n_all": len(world.counted),
        **realism(world.world, plan.outcome.horizon, rule.outcome.sessions, rule.targets.lags),
        "words": [world.word(effect).value for effect in rule.effects],
        "look_words": [[word.value for word in world.look_words(effect)] for effect in rule.effects],
        "waits": world.rows_ahead[: max(plan.prospective.looks)].tolist(),
    }


def null_p_values(plan: StudyPlan, rules: Rules, kind: WorldKind, seed: np.random.SeedSequence) -> list[list[float]]:
    """Draw a world and return p_up and p_low of its looks, each under its own null: effect 0, and the plan's effect.

    The plan's effect that is added and taken out again leaves the outcomes, so that p_low is that of 0.
    """
    world = JudgedWorld(plan, rules, make_world(plan.worlds, kind, plan.outcome.horizon, seed))
    tests = [look.test for look in world.looks]
    up = [test.up.p if test.excess_without_best > 0 else 1.0 for test in tests]
    return [up, [test.low(0.0).p for test in tests]]
