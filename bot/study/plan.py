"""The plan of a study: everything that is fixed before a price is read."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sized
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, Strict, model_validator

from bot.core.errors import ConfigError
from bot.settings.loader import CONFIG_FOLDER, Config, read_yaml, validated
from bot.settings.schema.config import SymbolKind
from bot.settings.schema.values import Count, Positive, Section, Share, Symbol
from bot.study.plan_values import Distinct, Effect, Event, Name, Outcome, Seed, Spacing, Span
from bot.study.worlds_plan import SyntheticWorlds

DEFAULT_PLAN = CONFIG_FOLDER / "study.yaml"


MOST_CELLS = 10_000
"""Cells of a multiverse: each keeps its shifts in memory."""


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

    series: Outcome
    horizon: Count
    price: Literal["open", "close"]


class Judgement(Section):
    """Levels of the verdict. `effect` and `bound_step` are log returns over the plan's horizon."""

    least_episodes: Count
    p_up: Share
    p_low: Share
    effect: Annotated[float, Strict(), Field(gt=0, le=5)]
    bound_step: Annotated[float, Strict(), Field(ge=0.001, le=1)]
    power_quantile: Positive
    specific_against: Symbol
    fragile_share: Share


class Draws(Section):
    """Number of random draws and the seed of their generator."""

    draws: Annotated[int, Strict(), Field(ge=1, le=100_000)]
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

    behind: Distinct[Outcome]
    before: Distinct[Outcome]
    must_not_answer: Distinct[Outcome]


class Placebos(Section):
    """Placebos: the events moved back in time by sessions, and those of other series."""

    time: Distinct[Annotated[int, Strict(), Field(lt=0, ge=-10_000)]]
    signals: Distinct[Symbol]


class Reverse(Section):
    """Coins whose records stand in the index's place, with the index as the outcome."""

    signals: Distinct[Symbol]


class LeadLag(Section):
    """Cross-correlations: lags to each side, coins, and spans of dates."""

    reach: Count
    pairs: Distinct[Symbol]
    subsamples: Distinct[Span]
    without: Distinct[Span]


class Multiverse(Section):
    """Choices that are crossed to cells."""

    events: Distinct[Event]
    spacing: Distinct[Spacing]
    series: Distinct[Symbol]
    horizons: Distinct[Count]
    bases: Distinct[Count]
    closes: Distinct[Count]
    outcomes: Distinct[Outcome]

    @model_validator(mode="after")
    def _few_cells(self) -> Self:
        lists: tuple[Sized, ...] = (
            self.events,
            self.spacing,
            self.series,
            self.horizons,
            self.bases,
            self.closes,
            self.outcomes,
        )
        if (cells := math.prod(map(len, lists))) > MOST_CELLS:
            raise ValueError(f"crosses up to {cells:,} cells; at most {MOST_CELLS:,} can be computed")
        return self


class Tables(Section):
    """Factors of the costs and delays in days."""

    costs: Distinct[Annotated[float, Strict(), Field(ge=0, le=100)]]
    delays: Distinct[Annotated[int, Strict(), Field(ge=0, le=100)]]


class BenchmarkTests(Draws):
    """Draws of the bootstrap tests, and the blocks of the PBO's splits."""

    blocks: Annotated[int, Strict(), Field(ge=2, le=20, multiple_of=2)]  # 20: 184,756 splits


class Prospective(Section):
    """Looks of the prospective verdict, as numbers of counted episodes, and the critical p-values of each.

    `alpha_up` and `alpha_low` are spent over the looks; the critical values were simulated on `worlds` worlds. `power`
    is the share of worlds in which a look, or one before it, says SUPPORTED, by the lead as a log return.
    """

    looks: Annotated[list[Count], Field(min_length=1)]
    alpha_up: Share
    alpha_low: Share
    critical_up: list[Share]
    critical_low: list[Share]
    worlds: Count
    seed: Seed
    power: dict[Effect, list[Share]]

    @model_validator(mode="after")
    def _one_value_a_look(self) -> Self:
        if self.looks != sorted(set(self.looks)):
            raise ValueError(f"looks must ascend, was {self.looks}")
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
    worlds: SyntheticWorlds
    prospective: Prospective

    def with_symbols(self, config: Config) -> Config:
        """Return a config that names the series of the plan too.

        Raises
        ------
        ConfigError
            If the config has a series of another kind: its rows would be read as what they are not.
        """
        for symbol, kind in self.symbols.items():
            known = config.symbols.get(symbol, kind)
            if known != kind:
                raise ConfigError(
                    f"symbols.{symbol}: the config has this series as another kind",
                    where=f"plan {self.name}",
                    expected=known,
                    was=kind,
                    mend="remove it from the plan",
                )
        return config.model_copy(update={"symbols": {**config.symbols, **self.symbols}})

    def label(self, name: str) -> str:
        """Return the name of a series or a basket on screen."""
        return self.labels.get(name, name)

    def canonical(self) -> str:
        """Return the plan as JSON with sorted keys, followed by the content of its event file. Raises ConfigError."""
        plain: dict[str, Any] = self.model_dump(mode="json", by_alias=True)
        file = self.signal.file
        plain["signal"].pop("file")  # a moved file with the same content is the same plan
        code = "" if file is None else "\n" + _event_code(file)
        return json.dumps(plain, sort_keys=True, separators=(",", ":")) + code

    @property
    def sha256(self) -> str:
        """Hash of the canonical form: a changed plan is another plan."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()


def _event_code(file: Path) -> str:
    mend = "name a Python file beside the plan, see docs/study.md"
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError("there is no such event file", where=str(file), mend=mend) from None
    except OSError as problem:
        raise ConfigError(f"the event file cannot be read: {problem.strerror}", where=str(file), mend=mend) from None
    except ValueError:
        raise ConfigError("the event file is not text in UTF-8", where=str(file), mend=mend) from None


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
    plan = validated(StudyPlan, read_yaml(path, "study*.yaml"), path)
    plan.canonical()  # a missing event file is a fault of the plan, found before anything is written
    return plan
