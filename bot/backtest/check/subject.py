"""The subject of a check: a strategy, its market, and its answer to the whole history."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

from bot.backtest.check.strategy_answer import MakeStrategy, StrategyAnswer, changes_of_mind, portable
from bot.core.market import Market


@dataclass(frozen=True, eq=False)
class Subject:
    """A strategy with its whole history. `seconds` is the time of one answer to it."""

    make: MakeStrategy
    market: Market
    whole: StrategyAnswer
    seconds: float

    @cached_property
    def changes(self) -> list[datetime]:
        """UTC times at which the strategy changes its mind."""
        return changes_of_mind(self.whole.decisions)

    @property
    def times(self) -> Sequence[datetime]:
        """UTC times of all decisions."""
        return [decision.at for decision in self.whole.decisions]

    def save(self, path: Path, days: Sequence[datetime]) -> None:
        """Write the subject to a file for the processes of this check, with the readings of some days."""
        subject = replace(self, whole=portable(self.whole, frozenset(days)))
        path.write_bytes(pickle.dumps(subject, protocol=pickle.HIGHEST_PROTOCOL))


def saved_subject(path: Path) -> Subject:
    """Read a subject that `Subject.save` wrote."""
    subject: Subject = pickle.loads(path.read_bytes())
    return subject
