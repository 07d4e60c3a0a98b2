"""Load a config: YAML, `extends`, and changes on top of it; each fault is an error of one line."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import TypeVar, get_args

from pydantic import BaseModel, ValidationError

from bot.core.errors import ConfigError, did_you_mean
from bot.settings.added_keys import with_added_keys
from bot.settings.config_file import read_config_text
from bot.settings.renamed_keys import with_new_names
from bot.settings.schema import Config
from bot.settings.state_folder import CONFIG_FOLDER, DEFAULT_CONFIG, OWN_FOLDERS, own_file
from bot.settings.yaml_text import parse_yaml

_LONGEST_CHAIN = 16
"""Files that extend one another; the bot's own are two."""

_Model = TypeVar("_Model", bound=BaseModel)

__all__ = ["CONFIG_FOLDER", "DEFAULT_CONFIG", "Config", "kept_config", "load_config", "read_yaml", "validated"]


def load_config(path: Path | None = None, changes: Mapping[str, object] | None = None) -> Config:
    """Load a config from YAML, follow its `extends`, and validate it.

    Parameters
    ----------
    path
        File of the config, or the name of one of the bot's own, as `gated.yaml`; config/default.yaml by default.
    changes
        Keys and values that win over the file, as `--set` gives them.

    Raises
    ------
    ConfigError
        If the config is invalid. The error has the file, the key, the expected and the present value, and the nearest
        known key.
    """
    path = path or DEFAULT_CONFIG
    laid_over = with_new_names(_nested(changes or {}), "--set")
    return validated(Config, with_added_keys(_merge(read_yaml(path), laid_over)), path, laid_over)


def read_yaml(path: Path, like: str = "*.yaml") -> dict[str, object]:
    """Read a YAML file and merge it over the files that it extends.

    Parameters
    ----------
    path
        The file, or the name of one of the bot's own.
    like
        Pattern of the bot's own files of this kind, one of which may be meant if the file is missing.

    Raises
    ------
    ConfigError
        If a file is missing, unreadable or invalid.
    """
    return _read(own_file(path), (), {}, like)


def validated(
    kind: type[_Model], data: Mapping[str, object], path: Path, changes: Mapping[str, object] | None = None
) -> _Model:
    """Validate data against a schema.

    Parameters
    ----------
    kind
        Schema of the file.
    data
        Keys and values.
    path
        The file, for the error.
    changes
        Keys and values of `data` that came from `--set`, for the error.

    Raises
    ------
    ConfigError
        If the data are invalid, with the first fault.
    """
    try:
        return kind.model_validate(data)
    except ValidationError as problem:
        raise _config_error(kind, path, changes or {}, problem) from None


def kept_config(kept: Mapping[str, object], where: str) -> Config:
    """Load the config that a run kept.

    Parameters
    ----------
    kept
        Resolved config as `manifest.json` has it. Keys of a later version get the values of config/default.yaml.
    where
        The run, for the error.

    Raises
    ------
    ConfigError
        If this version cannot read it any more.
    """
    try:
        return Config.model_validate(_merge(_read(DEFAULT_CONFIG, (), {}), with_new_names(kept)))
    except ValidationError:
        raise ConfigError("was made with a config of another version", where=where, mend="run it anew") from None


def _read(
    path: Path, above: tuple[Path, ...], known: dict[Path, dict[str, object]], like: str = "*.yaml"
) -> dict[str, object]:
    """Merge a file's data over those of the files that it extends.

    `above` are the files that lead to this one, `known` the files that this load has read.
    """
    real = _resolved(path)
    if real in above:
        raise ConfigError("extends itself", where=str(path), mend="break the circle of `extends`")
    if len(above) >= _LONGEST_CHAIN:
        raise ConfigError(f"is the end of a chain of more than {_LONGEST_CHAIN} files by `extends`", where=str(path))
    # Read once: files that extend one another twice each would be read 2 to the power of their number times.
    if real in known:
        return known[real]
    data = with_new_names(_parse(path, like), str(path))
    bases = data.pop("extends", [])
    bases = [bases] if isinstance(bases, str) else bases
    if not isinstance(bases, list) or not all(isinstance(base, str) for base in bases):
        raise ConfigError("extends: is not a file or a list of files", where=str(path), was=repr(bases))
    merged: dict[str, object] = {}
    # Later bases win over earlier ones, and the file over all of them.
    for base in bases:
        merged = _merge(merged, _read(_find_base(path, base), (*above, real), known))
    known[real] = _merge(merged, _with_files_beside(path, data))
    return known[real]


def _resolved(path: Path) -> Path:
    """Return the real path of a file. Raises ConfigError."""
    try:
        return path.resolve()
    # RuntimeError for a link that leads to itself, ValueError for a character that no path has.
    except (OSError, RuntimeError, ValueError) as problem:
        raise ConfigError("is not the name of a file", where=repr(str(path)), was=str(problem)) from None


def _with_files_beside(path: Path, data: dict[str, object]) -> dict[str, object]:
    """Return the data with the full path of a strategy or event file that is beside its config or plan."""
    for name in ("strategy", "signal"):
        section = data.get(name)
        # A path in a config means a file beside it first, so that a folder with both can be moved as one.
        if isinstance(section, dict) and isinstance(section.get("file"), str):
            beside = path.parent / section["file"]
            if os.path.lexists(beside) and beside.is_file():
                data = {**data, name: {**section, "file": str(beside)}}
    return data


def _find_base(path: Path, name: str) -> Path:
    """Return the path of a base: beside the file that extends it, else in the folders of the bot's own configs."""
    beside = path.parent / name
    # A broken link counts as there, so that the error is about it.
    if os.path.lexists(beside):
        return beside
    # For a name that no file may have, `Path.is_file` raises, and this is False.
    return next((folder / name for folder in OWN_FOLDERS if os.path.lexists(folder / name)), CONFIG_FOLDER / name)


def _parse(path: Path, like: str) -> dict[str, object]:
    # The parsed object is shared: `extends` is removed from this copy of it.
    data = deepcopy(parse_yaml(read_config_text(path, _near(path, like)), str(path)))
    if data is None:  # an empty file, or one of comments only
        data = {}
    if not isinstance(data, dict):
        kind = "grid of a sweep" if like.startswith("grid") else "config"
        raise ConfigError(f"is not a {kind}", where=str(path), expected="keys and values", was=type(data).__name__)
    return data


def _near(path: Path, like: str) -> str | None:
    """Suggest the bot's own file that may be meant by a missing one."""
    # By their stems: the common suffix would make any two names alike.
    known = {file.stem: file.name for file in CONFIG_FOLDER.rglob(like) if file.name != str(path)}
    if path.stem in known:
        return f"did you mean {known[path.stem]!r}?"
    return did_you_mean(path.stem, known, after=".yaml")


def _nested(changes: Mapping[str, object]) -> dict[str, object]:
    """Return changes with their dotted keys as sections: `rotation.entry` is `entry` of the section `rotation`."""
    found: dict[str, object] = {}
    for key, value in changes.items():
        for part in reversed(str(key).split(".")):
            value = {part: value}
        found = _merge(found, value) if isinstance(value, dict) else found
    return found


def _merge(base: Mapping[str, object], over: Mapping[str, object]) -> dict[str, object]:
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, dict) and isinstance(value, Mapping) else value
    return merged


def _config_error(
    kind: type[BaseModel], path: Path, changes: Mapping[str, object], problem: ValidationError
) -> ConfigError:
    """Make an error of the first fault, an unknown key before all others."""
    faults = problem.errors()
    # A misspelt key also makes its right name missing: only the first of the two says what to do.
    fault = next((f for f in faults if f["type"] == "extra_forbidden"), faults[0])
    key = ".".join(str(part) for part in fault["loc"])
    # The option or the file: the user must know which of the two to change.
    where = f"--set {key}" if _is_set_in(changes, fault["loc"]) else str(path)
    if fault["type"] == "extra_forbidden":
        known = _keys_at(kind, fault["loc"][:-1])
        last = str(fault["loc"][-1])
        mend = did_you_mean(last, known, before=key.removesuffix(last)) or f"known here: {', '.join(known)}"
        return ConfigError(f"unknown key {key!r}", where=where, mend=mend)
    if fault["type"] == "missing":
        complete = DEFAULT_CONFIG.name if kind is Config else "study.yaml"
        return ConfigError(
            f"{key!r} is missing", where=where, mend=f"add it, or start the file with `extends: {complete}`"
        )
    message = fault["msg"].removeprefix("Value error, ")
    was = fault["input"]
    text = f"{key}: {message}" if key else message
    return ConfigError(text, where=where, was=None if isinstance(was, dict) else repr(was), mend=number_hint(was))


def number_hint(value: object) -> str | None:
    """Say how to write a number that YAML 1.1 reads as text, such as 1e-3; None for another value."""
    if not isinstance(value, str) or re.fullmatch(r"[-+]?[0-9.]+[eE][-+]?[0-9]+", value) is None:
        return None
    return "in YAML such a number needs a point and a sign, as 1.0e-3"


def _is_set_in(changes: Mapping[str, object], location: tuple[int | str, ...]) -> bool:
    section: object = changes
    for part in location:
        if not isinstance(section, Mapping) or part not in section:
            return section is not changes and not isinstance(section, Mapping)
        section = section[part]
    return bool(location)


def _keys_at(kind: object, location: tuple[int | str, ...]) -> list[str]:
    """List the known keys of a section of a schema; the path of a table's entry leads through its symbol."""
    for part in location:
        fields = getattr(kind, "model_fields", None)
        kind = fields[part].annotation if fields else get_args(kind)[-1]
    return list(getattr(kind, "model_fields", ()))
