"""The plan of a study: everything that is fixed before a price is read."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, Strict, model_validator

from bot.settings.loader import CONFIG_FOLDER, read_yaml, validated
from bot.settings.schema.config import SymbolKind
from bot.settings.schema.values import Count, Positive, Section, Share, Switch, Symbol

DEFAULT_PLAN = CONFIG_FOLDER / "study.yaml"

Seed = Annotated[int, Strict(), Field(ge=0, lt=2**32)]
Name = Annotated[str, Field(min_length=1, max_length=60)]
"""Name of an outcome: a symbol, a ratio of two, or a basket."""


def span_of(text: str) -> tuple[date, date]:
    """Return the first and the last day of a span "FIRST/LAST". Raises ValueError."""
    first, last = (date.fromisoformat(part) for part in text.split("/"))
    if first > last:
        raise ValueError("the span ends before it begins")
    return first, last


def _checked_span(text: str) -> str:
    span_of(text)
    return text


Span = Annotated[str, AfterValidator(_checked_span)]
"""First and last day as "FIRST/LAST"."""
Event = Literal["breakout", "confirmed"]
Spacing = Literal["front", "back", "none"]


class SpacingRule(Section):
    """Least distance of counted episodes in sessions, counted from the first or from the last episode on."""

    model_config = ConfigDict(populate_by_name=True)

    sessions: Count
    start: Annotated[Spacing, Field(alias="from")]


class Signal(Section):
    """The events: breakouts of a series, or those of a function of the user's own file."""

    series: Symbol
    event: Event
    base_sessions: Count
    confirm_closes: Count
    confirm_within: Count
    floor: Share
    spacing: SpacingRule
    file: Path | None = None


class OutcomeRule(Section):
    """The outcome: log return of a series from the first price after the event's session over a horizon in sessions."""

    series: Name
    horizon: Count
    price: Literal["open", "close"]


class Judgement(Section):
    """Levels of the verdict. `effect` and `bound_step` are log returns over the plan's horizon."""

    least_episodes: Count
    p_up: Share
    p_low: Share
    effect: Positive
    bound_step: Positive
    power_quantile: Positive
    specific_against: Symbol
    fragile_share: Share


class Draws(Section):
    """Number of random draws and the seed of their generator."""

    draws: Annotated[int, Strict(), Field(ge=1, le=1_000_000)]
    seed: Seed


class Curves(Draws):
    """Draws of the placebo band, and the shortest mean block of its bootstrap, in sessions."""

    least_block: Count


class Nulls(Section):
    """The null distributions beside the circular shifts."""

    redrawn: Draws
    random_dates: Draws


class Replication(Section):
    """Other outcomes of the same events, by their place on the risk curve."""

    behind: list[Name]
    before: list[Name]
    must_not_answer: list[Name]


class Placebos(Section):
    """Placebos: the events moved back in time by sessions, and those of other series."""

    time: list[Annotated[int, Strict(), Field(lt=0, ge=-10_000)]]
    signals: list[Symbol]


class Reverse(Section):
    """Coins whose records stand in the index's place, with the index as the outcome."""

    signals: list[Symbol]


class LeadLag(Section):
    """Cross-correlations: lags to each side, coins, and spans of dates."""

    reach: Count
    pairs: list[Symbol]
    subsamples: list[Span]
    without: list[Span]


class Multiverse(Section):
    """Choices that are crossed to cells."""

    events: list[Event]
    spacing: list[Spacing]
    series: list[Symbol]
    horizons: list[Count]
    bases: list[Count]
    closes: list[Count]
    outcomes: list[Name]


class Tables(Section):
    """Factors of the costs and delays in days."""

    costs: list[Annotated[float, Field(ge=0, le=100)]]
    delays: list[Annotated[int, Strict(), Field(ge=0, le=100)]]


class BenchmarkTests(Draws):
    """Draws of the bootstrap tests, and the blocks of the PBO's splits."""

    blocks: Annotated[int, Strict(), Field(ge=2, le=32, multiple_of=2)]


class IndexGenerator(Section):
    """Index of a planted world: drift + walk + cycle + regime, each a part of the log close.

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
    """Price of a planted world's outcome: log returns a session, Student's t plus a regime, an AR(1).

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
    """A kind of planted world.

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
    lags: list[Count]
    autocorrelation: list[Annotated[float, Strict(), Field(ge=-1, le=1)]]
    tolerance: Share


class PlantedWorlds(Section):
    """Worlds with a known truth on which the rule of the verdict is tested; effects are log returns."""

    worlds: Count
    seed: Seed
    effects: list[Annotated[float, Strict(), Field(ge=0, le=5)]]
    index: IndexGenerator
    outcome: OutcomeGenerator
    kinds: Annotated[list[WorldKind], Field(min_length=1)]
    targets: WorldTargets


class Prospective(Section):
    """Looks of the prospective verdict, as numbers of counted episodes, and the critical p-values of each.

    `alpha_up` and `alpha_low` are spent over the looks; the critical values were simulated on `worlds` worlds. `power`
    is the share of worlds in which a look, or one before it, says SUPPORTED, by the planted lead as a log return.
    """

    looks: Annotated[list[Count], Field(min_length=1)]
    alpha_up: Share
    alpha_low: Share
    critical_up: list[Share]
    critical_low: list[Share]
    worlds: Count
    seed: Seed
    power: dict[str, list[Share]]

    @model_validator(mode="after")
    def _one_value_a_look(self) -> Self:
        for values in (self.critical_up, self.critical_low, *self.power.values()):
            if len(values) != len(self.looks):
                raise ValueError(f"critical values and powers must be as many as looks, {len(self.looks)}")
        return self


class StudyPlan(Section):
    """A whole plan, as config/study.yaml has it."""

    name: Name
    claim: str
    subject: Name
    symbols: dict[Symbol, SymbolKind]
    labels: dict[Name, str]
    signal: Signal
    outcome: OutcomeRule
    judgement: Judgement
    nulls: Nulls
    curves: Curves
    replication: Replication
    placebos: Placebos
    reverse: Reverse
    lead_lag: LeadLag
    multiverse: Multiverse
    tables: Tables
    benchmarks: BenchmarkTests
    worlds: PlantedWorlds
    prospective: Prospective

    def label(self, name: str) -> str:
        """Return the name of a series or a basket on screen."""
        return self.labels.get(name, name)

    def canonical(self) -> str:
        """Return the plan as JSON with sorted keys, followed by the content of its event file."""
        plain: dict[str, Any] = self.model_dump(mode="json", by_alias=True)
        file = self.signal.file
        plain["signal"].pop("file")  # a moved file with the same content is the same plan
        code = "" if file is None else "\n" + file.read_text(encoding="utf-8")
        return json.dumps(plain, sort_keys=True, separators=(",", ":")) + code

    @property
    def sha256(self) -> str:
        """Hash of the canonical form: a changed plan is another plan."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()


def load_plan(path: Path | None = None) -> StudyPlan:
    """Load a plan from YAML, follow its `extends`, and validate it.

    Parameters
    ----------
    path
        File of the plan; config/study.yaml by default.

    Raises
    ------
    ConfigError
        If the plan is invalid. The error has the file, the key, the expected and the present value.
    """
    path = path or DEFAULT_PLAN
    data = read_yaml(path)
    signal = data.get("signal")
    if isinstance(signal, dict) and isinstance(signal.get("file"), str):
        # Beside the plan, so that a folder with both can be moved as one.
        data = {**data, "signal": {**signal, "file": str(path.parent / signal["file"])}}
    return validated(StudyPlan, data, path)
