"""A user's own strategy: everything that it returns is checked before the bot uses it."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from bot.brokers.simulated import run_simulated
from bot.core.daily_rule import DailyRule, Decide
from bot.core.decision import Decision, Trade
from bot.core.errors import ConfigError
from bot.core.market import Market, Series
from bot.core.moments import iso, midnight
from bot.core.ports import DailyStrategy, Strategy, StressAware
from bot.core.python_value import python_value
from bot.core.run_plan import RunPlan
from bot.core.today import Today
from bot.ledger.body_json import parse_body
from bot.services.strategy_file import EXAMPLE, call_user_code, made_by_file, not_awaited

PlanOf = Callable[[Market], RunPlan]
"""Returns the plan of a market's whole history, without decisions."""
_COPY_HELP = "keep only values that copy.deepcopy can copy in the strategy object"


def load_strategy(path: Path, parameters: Mapping[str, object], plan_of: PlanOf | None = None) -> Strategy:
    """Call the function `strategy` of a file with the parameters and return its strategy.

    A daily strategy needs `plan_of`, the plan of the simulated book in which it decides over a whole market.
    Raises ConfigError.
    """
    made, name = made_by_file(path, parameters)
    if callable(getattr(made, "decide", None)):
        return CheckedDailyStrategy(path, parameters, made, name, plan_of)
    return _CheckedStrategy(path, parameters, made, name)


class _Checks:
    """Checks of each result of a user's file before the bot uses it."""

    def __init__(self, path: Path, parameters: Mapping[str, object], strategy: object, name: str) -> None:
        self.path, self.parameters, self.strategy, self.name = path, parameters, strategy, name

    def stressed(self, market: Market) -> Collection[datetime]:
        """Return the stressed decision times of the file's strategy; empty if it lacks `stressed`."""
        own = self.strategy
        if not isinstance(own, StressAware):
            return ()
        with self._unchanged(market):
            times = call_user_code(self.path, lambda: frozenset(own.stressed(market)))
        if unknown := times.difference(market.decision_moments):
            raise self._wrong("names a stressed time without a decision", "a decision time", min(map(str, unknown)))
        return times

    @contextlib.contextmanager
    def _unchanged(self, market: Market) -> Iterator[None]:
        """Raise ConfigError if the user's code changes a market that the rest of the bot reads."""
        _protect(market)
        before = _parts_of(market)
        yield
        if _parts_of(market) != before:
            raise self._wrong("changes the market", "the market as it was: change copies of its arrays", None)

    def _checked(self, decision: Decision, at: datetime, market: Market) -> Decision:
        """Return a decision with the values that the record keeps. Raises ConfigError if it is wrong."""
        if not isinstance(decision, Decision):
            raise self._wrong(f"on {at.date()} returns something else", "a Decision", type(decision).__name__)
        for field, kind, expected in _FIELDS:
            if not isinstance(python_value(getattr(decision, field)), kind):
                what = f"on {decision.at.date()} returns a Decision with the wrong {field}"
                raise self._wrong(what, expected, repr(getattr(decision, field)))
        for reason in decision.reasons:
            if not isinstance(reason, str):
                what = f"on {decision.at.date()} gives a reason that is no text"
                raise self._wrong(what, "text", repr(decision.reasons))
        readings = self._recorded(decision)
        self._check_symbols(decision, decision.weights, "targets", market)
        # A misspelt name in `stops` would leave the holding without its stop.
        self._check_symbols(decision, decision.stops, "gives a stop to", market)
        if decision.at != at:
            # An author who wants the hours between has to know that there are none.
            what = "decides at another time" if decision.at == midnight(decision.at.date()) else "decides within a day"
            raise self._wrong(f"{what}: daily decisions only", iso(at), iso(decision.at))
        if not readings and isinstance(decision.reduce_only, bool):  # most days of most strategies
            return decision
        given = {field.name: getattr(decision, field.name) for field in fields(Decision)}
        return Decision(**{**given, "reduce_only": bool(decision.reduce_only), "readings": readings})

    def _recorded(self, decision: Decision) -> Mapping[str, object]:
        """Return the readings as the record reads them back: an unknown number (NaN) is null. Raises ConfigError."""
        texts = (decision.stage, decision.previous, *decision.reasons)
        if not decision.readings and all(map(str.isascii, texts)):  # most days of most strategies
            return {}
        try:
            # Through the record's own text, so that a signal, a run and a replay show the same values.
            given = {"readings": dict(decision.readings), "texts": texts}
            readings: Any = parse_body(json.dumps(given, default=_python_scalar))["readings"]
        except (TypeError, ValueError, RecursionError) as problem:
            what = f"on {decision.at.date()} returns readings or texts that the record cannot hold"
            raise self._wrong(what, "finite numbers, texts, True, False or None", str(problem)) from None
        return dict(readings)

    def _check_symbols(self, decision: Decision, symbols: Iterable[str], verb: str, market: Market) -> None:
        for symbol in symbols:
            if symbol not in market or not market[symbol].kind.may_be_held or symbol == market.roles.stablecoin:
                what = f"on {decision.at.date()} {verb} what cannot be held"
                raise self._wrong(what, "a coin or an unadjusted fund", str(symbol))

    def _wrong(self, what: str, expected: str, was: str | None) -> ConfigError:
        return ConfigError(f"the strategy {what}", where=str(self.path), expected=expected, was=was, mend=EXAMPLE)


class _CheckedStrategy(_Checks):
    """A user's strategy that decides over a whole market."""

    strategy: Strategy

    def reloaded(self) -> Strategy:
        """Load the file again, free of the state of earlier calls. Raises ConfigError."""
        return load_strategy(self.path, self.parameters)

    def decisions(self, market: Market) -> Sequence[Decision]:
        # Before the file is asked: a fault of the data must not be reported as one of the strategy.
        expected = list(market.decision_moments)
        with self._unchanged(market):
            made = call_user_code(self.path, lambda: self._asked(market, len(expected)))
        checked = [self._checked(decision, at, market) for decision, at in zip(made, expected, strict=False)]
        if len(made) < len(expected):
            what = f"does not decide once a midnight: no decision on {expected[len(made)].date()}"
            raise self._wrong(what, f"{len(expected)} decisions", str(len(made)))
        if len(made) > len(expected):
            raise self._wrong("does not decide once a midnight", f"{len(expected)} decisions", "more")
        return checked

    def _asked(self, market: Market, count: int) -> Sequence[Decision]:
        made = not_awaited(self.strategy.decisions(market))
        if not isinstance(made, Iterable):
            raise ConfigError("returns something else", expected="a list of Decision", was=type(made).__name__)
        # One more than is due: a generator may have no end.
        return list(islice(made, count + 1))


class CheckedDailyStrategy(_Checks):
    """A user's strategy that is called once a day with the state of a book."""

    strategy: DailyStrategy

    def __init__(
        self,
        path: Path,
        parameters: Mapping[str, object],
        strategy: DailyStrategy,
        name: str,
        plan_of: PlanOf | None,
    ) -> None:
        super().__init__(path, parameters, strategy, name)
        self._plan_of = plan_of

    def __deepcopy__(self, memo: dict[int, Any]) -> CheckedDailyStrategy:
        # The state of the file's object alone: to copy the config in `plan_of` would take longer than a decision.
        copied = call_user_code(self.path, lambda: copy.deepcopy(self.strategy, memo), _COPY_HELP)
        return CheckedDailyStrategy(self.path, self.parameters, copied, self.name, self._plan_of)

    def reloaded(self) -> CheckedDailyStrategy:
        """Load the file again, free of the state of earlier calls. Raises ConfigError."""
        loaded = load_strategy(self.path, self.parameters, self._plan_of)
        if not isinstance(loaded, CheckedDailyStrategy):
            raise self._wrong("has changed its form", "`decide(today)`", "`decisions(market)`")
        return loaded

    def rule(self, times: Sequence[datetime], market: Market) -> DailyRule:
        """Return the strategy as a part of a plan; each book loads the file anew."""
        _protect(market)
        return DailyRule(times, (), lambda: self.reloaded()._begun(market))

    def decisions(self, market: Market) -> Sequence[Decision]:
        """Decide over a whole market in a simulated book of its own, which begins with its first day."""
        if self._plan_of is None:
            raise ConfigError("a daily strategy needs a config", where=str(self.path), mend="build_strategy(config)")
        times = market.decision_moments
        plan = replace(
            self._plan_of(market),
            daily=self.rule(times, market),
            slippage_multipliers=[Decimal(1)] * len(times),
            begins_with_entry=True,
        )
        return [event for event in run_simulated(plan).events if isinstance(event, Decision)]

    @property
    def reads_whole_market(self) -> bool:
        """True if the strategy has a method `begin(market)`, which gets later rows too."""
        return callable(getattr(self.strategy, "begin", None))

    def _begun(self, market: Market) -> Decide:
        if self.reads_whole_market:
            begin: Callable[[Market], object] = getattr(self.strategy, "begin")  # noqa: B009
            with self._unchanged(market):
                call_user_code(self.path, lambda: not_awaited(begin(market)))
        return self._decide

    def _decide(self, today: Today) -> Decision:
        decision = call_user_code(self.path, lambda: not_awaited(self.strategy.decide(today)), day=today.day)
        return self._checked(decision, today.at, today.market)


_FIELDS: Sequence[tuple[str, type | tuple[type, ...], str]] = (
    ("weights", Mapping, "a mapping from symbol to weight"),
    ("stage", str, "text"),
    ("previous", str, "text"),
    ("reasons", (tuple, list), "a tuple of texts"),
    ("trade", Trade, "one of Trade.NOW, Trade.BAND, Trade.HOLD"),
    ("reduce_only", bool, "True or False"),
    ("readings", Mapping, "a mapping"),
)
"""Fields of a decision that are written to the record, with their type and its name for the user."""


def _python_scalar(value: object) -> object:
    """Return the Python value of a NumPy scalar in a reading. Raises TypeError for any other object."""
    plain = python_value(value)
    if plain is value:
        raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
    return plain


def _protect(market: Market) -> None:
    """Make the columns of a market read-only."""
    # `close /= close[0]` in a user's file would change the prices of the run.
    for series in market.series.values():
        for field in fields(series):
            if isinstance(column := getattr(series, field.name), np.ndarray):
                column.flags.writeable = False


def _parts_of(market: Market) -> tuple[object, ...]:
    """Return the parts of a market that a user's code may change, to compare them after it."""
    series = {symbol: id(series) for symbol, series in market.series.items()}
    writable = {
        symbol
        for symbol, one in market.series.items()
        for column in (fields(one) if isinstance(one, Series) else ())
        if isinstance(array := getattr(one, column.name), np.ndarray) and array.flags.writeable
    }
    return series, writable, market.roles, list(market.decision_moments), market.decision_times.tolist()
