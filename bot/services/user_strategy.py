"""Load a user's own strategy from its file and check everything that it returns."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from bot.core.decision import Decision
from bot.core.errors import BotError, ConfigError
from bot.core.market import Market
from bot.core.moments import iso
from bot.core.ports import Strategy, StressAware

_PROJECT = Path(__file__).resolve().parents[2]
_T = TypeVar("_T")
_HELP = "see docs/writing-a-strategy.md"


def strategy_path(file: Path) -> Path:
    """Find a strategy file, from the working folder or from the project's. Raises ConfigError."""
    for path in (file, _PROJECT / file):
        if path.is_file():
            return path
    raise ConfigError("there is no such strategy file", where=str(file), mend=_HELP)


def load_strategy(path: Path, parameters: Mapping[str, object]) -> Strategy:
    """Call the function `strategy` of a file with the parameters and return its strategy. Raises ConfigError."""
    name = f"strategy_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError("is not a Python file", where=str(path), mend=_HELP)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their own module up
    try:
        spec.loader.exec_module(module)
        made = module.strategy(**parameters)
    # SystemExit too: a file that calls exit() would end a daemon without a word.
    except (Exception, SystemExit) as problem:
        raise _fault(path, problem) from None
    if not callable(getattr(made, "decisions", None)) or not isinstance(getattr(made, "name", None), str):
        raise ConfigError(
            "is no strategy",
            where=str(path),
            expected="an object with `name` and `decisions(market)`",
            was=type(made).__name__,
            mend=_HELP,
        )
    return _CheckedStrategy(path, made)


class _CheckedStrategy:
    """A user's strategy that checks each result of the file before the bot uses it."""

    def __init__(self, path: Path, strategy: Strategy) -> None:
        self.path, self.strategy, self.name = path, strategy, strategy.name

    def decisions(self, market: Market) -> Sequence[Decision]:
        made = self._called(lambda: list(self.strategy.decisions(market)))
        expected = market.decision_moments
        for decision, at in zip(made, expected, strict=False):
            self._check(decision, market)
            if decision.at != at:
                raise self._wrong("decides at another time", iso(at), iso(decision.at))
        if len(made) != len(expected):
            raise self._wrong("does not decide once a midnight", f"{len(expected)} decisions", str(len(made)))
        return made

    def stressed(self, market: Market) -> Collection[datetime]:
        """Return the stressed decision times of the file's strategy; empty if it lacks `stressed`."""
        own = self.strategy
        if not isinstance(own, StressAware):
            return ()
        times = self._called(lambda: frozenset(own.stressed(market)))
        if unknown := times.difference(market.decision_moments):
            raise self._wrong("names a stressed time without a decision", "a decision time", min(map(str, unknown)))
        return times

    def _called(self, method: Callable[[], _T]) -> _T:
        """Call a method of the file's strategy. Raises ConfigError for whatever it raises."""
        try:
            return method()
        except (Exception, SystemExit) as problem:
            raise _fault(self.path, problem) from None

    def _check(self, decision: Decision, market: Market) -> None:
        if not isinstance(decision, Decision):
            raise self._wrong("returns something else", "a list of Decision", type(decision).__name__)
        for symbol in decision.weights:
            if symbol not in market or not market[symbol].kind.is_coin or symbol == market.roles.stablecoin:
                raise self._wrong(f"on {decision.at.date()} targets what cannot be held", "a coin", symbol)

    def _wrong(self, what: str, expected: str, was: str) -> ConfigError:
        return ConfigError(f"the strategy {what}", where=str(self.path), expected=expected, was=was, mend=_HELP)


def _fault(path: Path, problem: Exception | SystemExit) -> BotError:
    """A user's exception as one line that names the place in the user's own file."""
    if isinstance(problem, BotError):
        return problem
    # The last frame in the user's file: frames below are of libraries that the user did not write.
    lines = [frame.lineno for frame in traceback.extract_tb(problem.__traceback__) if frame.filename == str(path)]
    line = problem.lineno if isinstance(problem, SyntaxError) else lines[-1] if lines else None
    where = f"{path} line {line}" if line else str(path)
    return ConfigError(f"{type(problem).__name__}: {problem}", where=where, mend=_HELP)
