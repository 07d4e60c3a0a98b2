"""The answer of a strategy to one market, and the first difference of two answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from bot.core.decision import Decision
from bot.core.market import Market
from bot.core.ports import Strategy, StressAware

MakeStrategy = Callable[[], Strategy]
"""Makes a new instance of the strategy, free of the state of earlier calls."""

_COMPARED = tuple(field.name for field in fields(Decision) if field.compare)


@dataclass(frozen=True, slots=True)
class StrategyAnswer:
    """Decisions on a whole market, and the decision times (UTC) at which spreads are wide."""

    decisions: Sequence[Decision]
    stressed: frozenset[datetime]


@dataclass(frozen=True, slots=True)
class Difference:
    """A decision that differs in two answers: its UTC time, and the fields and readings that differ."""

    at: datetime
    fields: tuple[str, ...]


def ask(strategy: Strategy, market: Market) -> StrategyAnswer:
    """Ask a strategy for its decisions on a market. Raises ConfigError."""
    decisions = [d if type(d) is Decision else _plain(d) for d in strategy.decisions(market)]
    return StrategyAnswer(decisions, wide_spreads(strategy, market))


def wide_spreads(strategy: Strategy, market: Market) -> frozenset[datetime]:
    """Return the decision times (UTC) that a strategy calls stressed; empty by default."""
    # The one in `bot.services` would have each new process import every vendor.
    return frozenset(strategy.stressed(market)) if isinstance(strategy, StressAware) else frozenset()


def _plain(decision: Decision) -> Decision:
    """Return a decision of the bot's own class: another process may lack the user's."""
    return Decision(**{field.name: getattr(decision, field.name) for field in fields(Decision)})


def first_difference(whole: StrategyAnswer, other: StrategyAnswer, *, with_readings: bool = True) -> Difference | None:
    """Find the earliest decision of `other` that differs from the one of the same time in `whole`.

    Readings are compared at the newest decision of `other` only: those of earlier decisions had later rows too.
    """
    by_time = {decision.at: decision for decision in whole.decisions}
    for decision in other.decisions:
        full = by_time.get(decision.at)
        if full is None:
            return Difference(decision.at, ("at",))
        changed = changed_fields(full, decision)
        if (decision.at in whole.stressed) != (decision.at in other.stressed):
            changed = (*changed, "stressed")
        if with_readings and not changed and decision is other.decisions[-1]:
            changed = _changed_readings(full.readings, decision.readings)
        if changed:
            return Difference(decision.at, changed)
    return None


def changed_fields(one: Decision, other: Decision) -> tuple[str, ...]:
    """Return the names of the fields in which two decisions differ; readings are left out."""
    # Equality first: of thousands of decisions hardly one differs.
    return () if one == other else tuple(n for n in _COMPARED if getattr(one, n) != getattr(other, n))


def _changed_readings(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[str, ...]:
    names = sorted(one.keys() | other.keys(), key=str)
    return tuple(f"reading {name}" for name in names if reading_text(one.get(name)) != reading_text(other.get(name)))


class ReadingText(str):
    """A reading as text, in which it is compared and handed to other processes."""


_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def reading_text(value: object) -> ReadingText:
    """Return a reading as text. The address of an object is left out, since it is another at each call."""
    # Text, since a reading may be NaN, or an array, whose comparison has no truth value.
    return value if isinstance(value, ReadingText) else ReadingText(_ADDRESS.sub("", repr(value)))


def portable(answer: StrategyAnswer, readings_at: frozenset[datetime] = frozenset()) -> StrategyAnswer:
    """Return an answer for another process: readings as text at some UTC times, and dropped at all others."""
    decisions = [
        replace(d, readings={k: reading_text(v) for k, v in d.readings.items()} if d.at in readings_at else {})
        for d in answer.decisions
    ]
    return StrategyAnswer(decisions, answer.stressed)


def changes_of_mind(decisions: Sequence[Decision]) -> list[datetime]:
    """Return the UTC times at which stage, weights, reasons or `reduce_only` differ from the day before."""
    return [after.at for before, after in pairwise(decisions) if _mind(before) != _mind(after)]


def _mind(decision: Decision) -> tuple[object, ...]:
    return decision.weights, decision.stage, decision.reduce_only, tuple(decision.reasons)
