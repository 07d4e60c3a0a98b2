"""The part of a plan on synthetic worlds: their generators, their kinds, and the figures that they must meet."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, Strict, model_validator

from bot.settings.schema.values import Count, Positive, Section, Share, Switch
from bot.study.plan_values import Distinct, Name, Seed


class IndexGenerator(Section):
    """Index of a synthetic world: drift + walk + cycle + regime, each a part of the log close.

    `drift` is a log return a year; `volatility` (all parts), `walk` and `regime` are standard deviations of a session's
    log return; the cycle, a stationary AR(1) with a half-life in sessions, has the rest of the variance.
    """

    sessions: Count
    future: Count
    drift: Annotated[float, Strict(), Field(ge=-1, le=1)]
    volatility: Positive
    walk: Positive
    cycle_half_life: Count
    regime: Annotated[float, Strict(), Field(ge=0, le=1)]


class OutcomeGenerator(Section):
    """Price of a synthetic world's outcome: log returns a session, Student's t plus a regime, an AR(1).

    `first` is the row of the index after which the first price is known, `sessions` the number T of known outcomes,
    `volatility` and `regime` are standard deviations, `tails` are degrees of freedom.
    """

    first: Count
    sessions: Count
    volatility: Positive
    tails: Annotated[int, Strict(), Field(ge=3, le=100)]
    regime: Annotated[float, Strict(), Field(ge=0, le=1)]
    regime_half_life: Count


class WorldKind(Section):
    """A kind of synthetic world.

    Attributes
    ----------
    name
        Name on screen.
    shared
        True: index and outcome have one regime; False: each has its own.
    correlation
        Correlation of the innovations of a session.
    early
        Share of the outcome window that counts as early.
    early_index, early_outcome
        Log returns over the plan's horizon by which the drift early exceeds that of the rest of the window.
    regime
        Replaces the regime of the outcome's generator; 0 or more.
    """

    name: Name
    shared: Switch = False
    correlation: Annotated[float, Strict(), Field(ge=-1, le=1)] = 0.0
    early: Annotated[float, Strict(), Field(gt=0, lt=1)] = 0.5
    early_index: Annotated[float, Strict(), Field(ge=-5, le=5)] = 0.0
    early_outcome: Annotated[float, Strict(), Field(ge=-5, le=5)] = 0.0
    regime: Annotated[float, Strict(), Field(ge=0, le=1)] | None = None


class WorldTargets(Section):
    """Figures of the real data that the mean over the worlds must meet within a relative tolerance.

    `counted` are the counted episodes in the outcome window, `counted_all` those of the whole index; `volatility` is a
    session's log return's standard deviation, `spread` that of y; `autocorrelation` is that of y at `lags` in sessions.
    """

    counted: Positive
    counted_all: Positive
    volatility: Positive
    spread: Positive
    lags: Distinct[Count]
    autocorrelation: list[Annotated[float, Strict(), Field(ge=-1, le=1)]]
    tolerance: Share

    @model_validator(mode="after")
    def _one_value_a_lag(self) -> Self:
        if len(self.lags) != len(self.autocorrelation):
            raise ValueError(f"autocorrelation must have as many values as lags, {len(self.lags)}")
        return self


class SyntheticWorlds(Section):
    """Worlds with a known truth on which the rule of the verdict is tested; effects are log returns."""

    worlds: Count
    seed: Seed
    effects: Distinct[Annotated[float, Strict(), Field(ge=0, le=5)]]
    index: IndexGenerator
    outcome: OutcomeGenerator
    kinds: Annotated[list[WorldKind], Field(min_length=1)]
    targets: WorldTargets

    @model_validator(mode="after")
    def _fits(self) -> Self:
        last = self.outcome.first + self.outcome.sessions
        if last > self.index.sessions:
            raise ValueError(f"outcomes end at row {last:,}, after the index, {self.index.sessions:,} sessions")
        names = [kind.name for kind in self.kinds]
        if len(set(names)) < len(names):
            raise ValueError(f"kinds must have different names, was {', '.join(names)}")
        return self
