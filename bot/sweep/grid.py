"""The grid of a sweep: which config keys vary, over which values, and how sets are drawn from them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from pydantic import BaseModel, ValidationError

from bot.core.errors import ConfigError, did_you_mean
from bot.core.install_hint import install_command
from bot.services.call_arguments import require_word
from bot.settings.loader import Config, number_hint, read_yaml
from bot.sweep.axes import BASKET, ROLES, START, RunAxes

Sampler = Literal["grid", "random", "sobol"]
VARIED = ("rotation", "altcoins", "sizing", "costs", "roles")
"""Sections of the config whose keys a sweep may vary, beside those of `RunAxes`."""
MOST_SETS = 1_000_000


@dataclass(frozen=True, slots=True)
class Axis:
    """The values of one key, in order; a continuous one has its ends instead, and draws whole numbers for a count."""

    key: str
    values: tuple[object, ...] = ()
    low: float = 0.0
    high: float = 0.0
    is_log: bool = False
    is_whole: bool = False

    def at(self, share: float) -> object:
        """Return the value at a share of the axis, from 0 to 1."""
        if self.values:
            return self.values[min(int(share * len(self.values)), len(self.values) - 1)]
        # Of whole numbers each takes the same part of the range, the ends too.
        low, high = (self.low - 0.5, self.high + 0.5) if self.is_whole else (self.low, self.high)
        value = math.exp(math.log(low) + share * math.log(high / low)) if self.is_log else low + share * (high - low)
        return int(min(max(round(value), self.low), self.high)) if self.is_whole else _short(value)


@dataclass(frozen=True, slots=True)
class Grid:
    """The axes of a sweep, by key."""

    axes: tuple[Axis, ...]

    @property
    def size(self) -> int | None:
        """Number of sets of the whole grid; None if an axis is continuous."""
        if not all(axis.values for axis in self.axes):
            return None
        return math.prod(len(axis.values) for axis in self.axes)

    def sets(self, sampler: Sampler, count: int | None, seed: int) -> Iterator[dict[str, object]]:
        """Draw the parameter sets.

        Parameters
        ----------
        sampler
            "grid": every combination, in order, up to `count`; "random"; or "sobol", which covers the space evenly.
        count
            Number of sets; None for the whole grid.
        seed
            Seed of the draws.

        Raises
        ------
        ConfigError
            If the grid is continuous and no count is given, or the sets are too many.
        """
        require_word("--sampler", sampler, get_args(Sampler))
        # Of a call in Python: the command line knows the kinds of its options.
        if count is not None and (type(count) is not int or count < 1):
            raise ConfigError("is no number of sets", where="--sets", expected="at least 1", was=repr(count))
        if type(seed) is not int or seed < 0:
            raise ConfigError("is no seed", where="--seed", expected="a whole number from 0 on", was=repr(seed))
        size = self.size
        if sampler == "grid":
            yield from self._combinations(size, count)
            return
        if count is None:
            raise ConfigError("needs a number of sets", where="--sampler", was=sampler, mend="--sets N")
        if count > MOST_SETS:
            raise ConfigError("are too many sets", where="--sets", expected=f"at most {MOST_SETS:,}", was=f"{count:,}")
        for shares in _shares(sampler, count, len(self.axes), seed):
            yield {axis.key: axis.at(float(share)) for axis, share in zip(self.axes, shares, strict=True)}

    def _combinations(self, size: int | None, count: int | None) -> Iterator[dict[str, object]]:
        if size is None:
            ranges = ", ".join(axis.key for axis in self.axes if not axis.values)
            mend = "list its values, or draw sets: --sampler random --sets N"
            raise ConfigError(f"has no combinations of a range: {ranges}", where="--sampler grid", mend=mend)
        if min(size, count or size) > MOST_SETS:
            mend = "draw some of them: --sampler sobol --sets N"
            raise ConfigError(
                "the grid has too many sets",
                where="--sampler grid",
                expected=f"at most {MOST_SETS:,}",
                was=f"{size:,}",
                mend=mend,
            )
        for number, values in enumerate(product(*(axis.values for axis in self.axes))):
            if count is not None and number >= count:
                return
            yield {axis.key: value for axis, value in zip(self.axes, values, strict=True)}


def load_grid(path: Path, config: Config) -> Grid:
    """Load a grid from YAML and check each key and value against the config.

    Each key is a dotted path of the config or a field of `RunAxes`, with a list of values, `{from, to, step}`, or
    `{low, high, log}`.

    Raises
    ------
    ConfigError
        If a key is unknown or may not vary, or a value is invalid.
    """
    data = read_yaml(path, "grid*.yaml")
    if not data:
        raise ConfigError("the grid is empty", where=str(path), expected="a dotted config key with its values")
    return Grid(tuple(_axis(path, key, values, config) for key, values in data.items()))


def changes_of(changes: Mapping[str, object]) -> dict[str, object]:
    """Return changes by dotted path as nested mappings."""
    nested: dict[str, Any] = {}
    for key, value in changes.items():
        section = nested
        *path, name = key.split(".")
        for part in path:
            section = section.setdefault(part, {})
        section[name] = value
    return nested


def _axis(path: Path, key: str, values: object, config: Config) -> Axis:
    where = f"{path}: {key}"
    _require_varied(key, where, config)
    axis = _parsed(key, values, where)
    if key == START and not isinstance(values, list):
        raise ConfigError("has no values", where=where, expected="a list of dates", was=str(values))
    if type(getattr(_model_of(key, config), key.rpartition(".")[2])) is int and not isinstance(values, list):
        axis = _whole(axis, where)
    ends = (axis.low, axis.high) if not axis.values else (axis.values[0], axis.values[-1])
    # The schema knows the range of each number: what its ends may be, so may all between. A list is checked whole.
    known = [_validated(key, value, where, config) for value in (axis.values if isinstance(values, list) else ends)]
    # Two ways to write a value, such as 1 and 1.0, would be one trial that is counted twice.
    if len({_comparable(value) for value in known}) < len(known):
        raise ConfigError("names a value twice", where=where, was=str(values))
    # Kept in files as text.
    return replace(axis, values=tuple(map(str, known))) if key == START else axis


def _comparable(value: object) -> object:
    """Return a validated value to compare with others; a list of symbols is a set."""
    return frozenset(value) if isinstance(value, list | tuple) else value


def _whole(axis: Axis, where: str) -> Axis:
    """Return the axis of a key that takes whole numbers."""
    numbers: Any = axis.values or (axis.low, axis.high)
    if any(number != int(number) for number in numbers):
        raise ConfigError("takes whole numbers", where=where, was=", ".join(f"{number:g}" for number in numbers[:3]))
    if axis.values:
        return replace(axis, values=tuple(int(number) for number in numbers))
    return replace(axis, low=int(axis.low), high=int(axis.high), is_whole=True)


def _model_of(key: str, config: Config) -> BaseModel:
    """Return the section of a key."""
    if key in RunAxes.model_fields:
        return RunAxes()
    section: BaseModel = reduce(getattr, key.split(".")[:-1], config)
    return section


def _validated(key: str, value: object, where: str, config: Config) -> object:
    """Return a value of a key as the schema reads it. Raises ConfigError."""
    model, name = _model_of(key, config), key.rpartition(".")[2]
    if key == BASKET and not isinstance(value, list):
        raise ConfigError("has no values", where=where, expected="a list of lists of symbols", was=repr(value))
    try:
        read: object = getattr(type(model).model_validate({**model.model_dump(), name: value}), name)
    except ValidationError as problem:
        for fault in problem.errors():
            # A fault without a place is of the section as a whole: another axis may mend it.
            if fault["loc"]:
                what = fault["msg"].removeprefix("Value error, ")
                raise ConfigError(what, where=where, was=repr(value), mend=number_hint(value)) from None
        read = value
    if key.startswith(ROLES):
        _require_listed(value, where, config)
    return read


def _require_listed(value: object, where: str, config: Config) -> None:
    """Raise ConfigError for a symbol that the symbol table lacks."""
    known = config.listings()
    for symbol in value if isinstance(value, list) else [value]:
        if symbol not in known:
            mend = did_you_mean(str(symbol), known)
            raise ConfigError("names a symbol that is not in the symbol table", where=where, was=str(symbol), mend=mend)


def _require_varied(key: str, where: str, config: Config) -> None:
    known = {".".join(leaf) for leaf in _leaves(config.resolved()) if leaf[0] in VARIED} | set(RunAxes.model_fields)
    if key not in known:
        inner = [name for name in sorted(known) if name.startswith(f"{key}.")]
        hint = f"a grid names single values, such as {inner[0]}" if inner else did_you_mean(key, known)
        expected = None if hint else f"a key of {', '.join(VARIED)}, or {', '.join(RunAxes.model_fields)}"
        raise ConfigError("is no key that may vary", where=where, expected=expected, mend=hint)


def _leaves(section: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if not isinstance(section, dict):
        yield path
        return
    for key, value in section.items():
        yield from _leaves(value, (*path, str(key)))


def _parsed(key: str, values: object, where: str) -> Axis:
    if isinstance(values, list) and values:
        return Axis(key, tuple(values))
    if isinstance(values, dict) and {"from", "to", "step"} == set(values):
        return Axis(key, _stepped(values, where))
    if isinstance(values, dict) and {"low", "high"} <= set(values) <= {"low", "high", "log"}:
        low, high, is_log = values["low"], values["high"], values.get("log", False)
        if not _are_numbers(low, high) or not isinstance(is_log, bool) or low >= high or (is_log and low <= 0):
            raise ConfigError("has no range", where=where, expected="low < high, above zero with log", was=str(values))
        return Axis(key, low=float(low), high=float(high), is_log=is_log)
    expected = "a list of values, {from, to, step} or {low, high, log}"
    raise ConfigError("has no values", where=where, expected=expected, was=str(values))


def _stepped(values: Mapping[str, object], where: str) -> tuple[object, ...]:
    first, last, step = values["from"], values["to"], values["step"]
    if not _are_numbers(first, last, step) or step <= 0 or last < first:  # type: ignore[operator]
        raise ConfigError("has no range", where=where, expected="from <= to, step above zero", was=str(dict(values)))
    # A float first: the quotient of a wide range and a tiny step is infinite.
    steps = float(last - first) / step  # type: ignore[operator]
    if steps >= MOST_SETS:
        raise ConfigError(
            "has too many values", where=where, expected=f"at most {MOST_SETS:,}", was=f"{steps + 1:,.0f}"
        )
    count = int(steps + 1e-9) + 1
    found = [first + number * step for number in range(count)]  # type: ignore[operator]
    return tuple(value if isinstance(value, int) else _short(value) for value in found)


def _are_numbers(*values: object) -> bool:
    return all(
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) for value in values
    )


def _short(value: float) -> float:
    """Round away the last bits of arithmetic: 0.1 + 0.2 is 0.3."""
    return float(f"{value:.12g}")


def _shares(sampler: Sampler, count: int, dimensions: int, seed: int) -> np.ndarray:
    if sampler == "random":
        return np.random.default_rng(seed).random((count, dimensions))
    if find_spec("scipy") is None:
        mend = f"{install_command('sweep')}, or --sampler random"
        raise ConfigError("SciPy is not installed", where="--sampler sobol", mend=mend)
    from scipy.stats import qmc

    # A power of two keeps the balance of a Sobol sequence; the rest is cut.
    sequence = qmc.Sobol(dimensions, seed=seed).random_base2(max(count - 1, 1).bit_length())
    return np.asarray(sequence[:count])
