"""The multiverse: every cell of the plan's crossed choices, each judged by the rule of the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from bot.core.errors import DataError
from bot.study.counted import count_episodes
from bot.study.outcomes import OutcomeSeries
from bot.study.plan import Multiverse, StudyPlan
from bot.study.plan_values import Event, Spacing
from bot.study.shifts import ShiftTest
from bot.study.study_data import StudyData
from bot.study.word import Word, verdict_of


class Choices(NamedTuple):
    """The choices of one cell; `closes` is None for the breakout itself."""

    event: Event
    spacing: Spacing
    series: str
    horizon: int
    base: int
    closes: int | None
    outcome: str


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A cell with its test and its word.

    A cell that lacks its data has `missing`, the reason, alone. A cell that lacks an episode has an outcome and a word.
    """

    choices: Choices
    outcome: OutcomeSeries | None
    test: ShiftTest | None
    effect: float
    word: Word | None
    missing: str | None = None


def cells_of(data: StudyData) -> list[Cell]:
    """Judge every cell of the plan.

    The spacing is that of the plan whatever the horizon, and comes before the cut. The effect that would matter grows
    with the horizon; windows of episodes that overlap add up to one at most.

    Raises
    ------
    DataError
        If the plan crosses no choices, or the market lacks the data of all cells.
    """
    if not (choices := list(_crossed(data.plan.multiverse))):
        raise DataError("the multiverse has no cells", where=f"plan {data.plan.name}", mend="give each choice a value")
    cells = [_cell(data, choice) for choice in choices]
    if all(cell.missing is not None for cell in cells):
        raise DataError(
            f"no cell of the multiverse can be computed: {cells[0].missing}", where=f"plan {data.plan.name}"
        )
    return cells


def cell_count(plan: StudyPlan) -> int:
    """Return the number of cells of a plan."""
    return sum(1 for _ in _crossed(plan.multiverse))


def _crossed(rule: Multiverse) -> Iterator[Choices]:
    for event, spacing, series, horizon, base in product(
        rule.events, rule.spacing, rule.series, rule.horizons, rule.bases
    ):
        for closes in rule.closes if event == "confirmed" else [None]:
            for outcome in rule.outcomes:
                yield Choices(event, spacing, series, horizon, base, closes, outcome)


def _cell(data: StudyData, choice: Choices) -> Cell:
    signal, judgement = data.plan.signal, data.plan.judgement
    effect = judgement.effect * choice.horizon / data.plan.outcome.horizon
    absent = [name for name in (choice.series, choice.outcome) if not data.has(name)]
    if absent:
        return Cell(choice, None, None, effect, None, f"the market has no {absent[0]}")
    try:
        outcome = data.outcome(choice.outcome, choice.series, choice.horizon, data.plan.outcome.price)
        events = data.events(choice.series, choice.event, choice.base, choice.closes or signal.confirm_closes)
    except DataError as problem:
        return Cell(choice, None, None, effect, None, str(problem))
    episodes = count_episodes(events, signal.spacing.sessions, choice.spacing, outcome.first, outcome.last)
    counted = episodes.counted - outcome.first
    test = ShiftTest(outcome.known, counted, choice.horizon, largest_overlap=1.0) if len(counted) else None
    return Cell(choice, outcome, test, effect, verdict_of(test, judgement, effect))
