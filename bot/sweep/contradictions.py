"""Contradictions of a set: values that are valid one by one, and invalid together or with the config."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import reduce
from pathlib import Path

from pydantic import BaseModel, ValidationError

from bot.core.errors import ConfigError
from bot.core.market import Market
from bot.core.window import Window
from bot.services.plans import window_of
from bot.settings.loader import Config
from bot.sweep.axes import DELAY, START, changes_market, market_of_set, require_in_market, window_of_set
from bot.sweep.grid import VARIED


def require_consistent(drawn: Sequence[Mapping[str, object]], config: Config, grid: Path) -> None:
    """Validate each section of each set as a whole.

    Parameters
    ----------
    drawn
        Sets as values by dotted config key. All have the same keys.
    config
        The config that the sets vary.
    grid
        File of the grid, for the error.

    Raises
    ------
    ConfigError
        If a set is contradictory, with the first such set.
    """
    names: dict[str, list[str]] = defaultdict(list)
    for key in drawn[0]:
        section, _, name = key.rpartition(".")
        if section and section.split(".")[0] in VARIED:
            names[section].append(name)
    for section, varied in names.items():
        _require_valid(section, varied, drawn, config, grid)


def require_runnable(drawn: Sequence[Mapping[str, object]], market: Market, window: Window, grid: Path) -> None:
    """Require that the market has the series and the days of each set.

    Raises
    ------
    ConfigError
        If a role or basket names a series that the market lacks, or the days of a set end before they begin.
    DataError
        If a start lies outside the data.
    """
    for key in drawn[0]:
        if changes_market(key):
            for value in {repr(one[key]): one[key] for one in drawn}.values():
                require_in_market(key, value, market, f"{grid}: {key}")
    keys = [key for key in drawn[0] if changes_market(key) or key in (DELAY, START)]
    for own in {repr(found): found for one in drawn if (found := {key: one[key] for key in keys})}.values():
        changed = market_of_set(market, own)
        days = window_of_set(changed, window, own)
        if days.start > days.end:
            expected = f"a start up to {window.end}"
            raise ConfigError("a set has no day to trade on", where=f"{grid}", expected=expected, was=str(days.start))
        start = date.fromisoformat(str(own[START])) if START in own else window.start
        window_of(changed, start, days.end)


def _require_valid(
    section: str, names: Sequence[str], drawn: Sequence[Mapping[str, object]], config: Config, grid: Path
) -> None:
    model: BaseModel = reduce(getattr, section.split("."), config)
    kept, kind = model.model_dump(), type(model)
    seen = set[str]()
    for number, one in enumerate(drawn):
        values = {name: one[f"{section}.{name}"] for name in names}
        # Most sets repeat the values of a section; a million of them are checked in seconds.
        text = repr(values)
        if text in seen:
            continue
        seen.add(text)
        try:
            if section == "roles":
                # The config as a whole knows the kind of series that a role needs.
                type(config).model_validate({**config.resolved(), section: {**kept, **values}})
            else:
                kind.model_validate({**kept, **values})
        except ValidationError as problem:
            fault = problem.errors()[0]["msg"].removeprefix("Value error, ")
            raise ConfigError(
                f"set {number} is contradictory: {section}: {fault}",
                where=str(grid),
                was=", ".join(f"{name} {value}" for name, value in values.items()),
                mend="leave out one of the values",
            ) from None
