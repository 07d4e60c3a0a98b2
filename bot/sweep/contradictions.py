"""Contradictions of a set: values that are valid one by one, and invalid together or with the config."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path

from pydantic import BaseModel, ValidationError

from bot.core.errors import ConfigError
from bot.settings.loader import Config
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
        if section.split(".")[0] in VARIED:
            names[section].append(name)
    for section, varied in names.items():
        _require_valid(section, varied, drawn, config, grid)


def _require_valid(
    section: str, names: Sequence[str], drawn: Sequence[Mapping[str, object]], config: Config, grid: Path
) -> None:
    model: BaseModel = reduce(getattr, section.split("."), config)
    kept = model.model_dump()
    seen = set[str]()
    for number, one in enumerate(drawn):
        values = {name: one[f"{section}.{name}"] for name in names}
        # Most sets repeat the values of a section; a million of them are checked in seconds.
        text = repr(values)
        if text in seen:
            continue
        seen.add(text)
        try:
            type(model).model_validate({**kept, **values})
        except ValidationError as problem:
            fault = problem.errors()[0]["msg"].removeprefix("Value error, ")
            raise ConfigError(
                f"set {number} is contradictory: {section}: {fault}",
                where=str(grid),
                was=", ".join(f"{name} {value}" for name, value in values.items()),
                mend="leave out one of the values",
            ) from None
