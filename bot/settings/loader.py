"""Load a config: YAML, `extends`, and changes on top of it; each fault is an error of one line."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import get_args

import yaml
from pydantic import ValidationError

from bot.core.errors import ConfigError, did_you_mean
from bot.settings.added_keys import with_added_keys
from bot.settings.renamed_keys import with_new_names
from bot.settings.schema import Config

_PACKAGE = Path(__file__).resolve().parents[1]
_INSTALLED = _PACKAGE / "config"
CONFIG_FOLDER = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "config"
"""Folder of the bot's own configs: `bot/config` in a wheel, `config/` in a checkout."""

DEFAULT_CONFIG = CONFIG_FOLDER / "default.yaml"

__all__ = ["CONFIG_FOLDER", "DEFAULT_CONFIG", "Config", "kept_config", "load_config"]


def load_config(path: Path | None = None, changes: Mapping[str, object] | None = None) -> Config:
    """Load a config from YAML, follow its `extends`, and validate it.

    Parameters
    ----------
    path
        File of the config; config/default.yaml by default.
    changes
        Keys and values that win over the file, as `--set` gives them.

    Raises
    ------
    ConfigError
        If the config is invalid. The error has the file, the key, the expected and the present value, and the nearest
        known key.
    """
    path = path or DEFAULT_CONFIG
    laid_over = with_new_names(changes or {}, "--set")
    data = with_added_keys(_merge(_read(path, ()), laid_over))
    try:
        return Config.model_validate(data)
    except ValidationError as problem:
        raise _config_error(path, laid_over, problem) from None


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
        return Config.model_validate(_merge(_read(DEFAULT_CONFIG, ()), with_new_names(kept)))
    except ValidationError:
        raise ConfigError("was made with a config of another version", where=where, mend="run it anew") from None


class _UniqueKeyLoader(yaml.SafeLoader):
    """Safe YAML that refuses a key written twice instead of keeping the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key!r} is not text: put it in quotes", key_node.start_mark
                )
            # YAML keeps the last of two equal keys: a limit set twice would lose one value silently.
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def _read(path: Path, above: tuple[Path, ...]) -> dict[str, object]:
    """Merge a file's data over those of the files that it extends."""
    if path.resolve() in above:
        raise ConfigError("extends itself", where=str(path), mend="break the circle of `extends`")
    data = with_new_names(_parse(path), str(path))
    bases = data.pop("extends", [])
    bases = [bases] if isinstance(bases, str) else bases
    if not isinstance(bases, list) or not all(isinstance(base, str) for base in bases):
        raise ConfigError("extends: is not a file or a list of files", where=str(path), was=repr(bases))
    merged: dict[str, object] = {}
    # Later bases win over earlier ones, and the file over all of them.
    for base in bases:
        merged = _merge(merged, _read(_find_base(path, base), (*above, path.resolve())))
    return _merge(merged, _with_strategy_beside(path, data))


def _with_strategy_beside(path: Path, data: dict[str, object]) -> dict[str, object]:
    """Return the data with the full path of a strategy file that is beside its config."""
    section = data.get("strategy")
    # A path in a config means a file beside it first, so that a folder with both can be moved as one.
    if isinstance(section, dict) and isinstance(section.get("file"), str):
        beside = path.parent / section["file"]
        if beside.is_file():
            return {**data, "strategy": {**section, "file": str(beside)}}
    return data


def _find_base(path: Path, name: str) -> Path:
    """Return the path of a base: beside the file that extends it, else in the folder of the bot's own configs."""
    beside = path.parent / name
    return beside if beside.exists() else CONFIG_FOLDER / name


@lru_cache(maxsize=64)  # parsing the bot's own files takes a tenth of a second, and a review loads them often
def _yaml(text: str) -> object:
    """Parse a text; the same text gives the same object again."""
    return yaml.load(text, Loader=_UniqueKeyLoader)


def _parse(path: Path) -> dict[str, object]:
    try:
        # The cached object is shared: `extends` is removed from this copy of it.
        data = deepcopy(_yaml(path.read_text(encoding="utf-8")))
    except OSError as problem:
        near = did_you_mean(path.name, [known.name for known in CONFIG_FOLDER.glob("*.yaml")])
        raise ConfigError(f"cannot be read: {problem.strerror}", where=str(path), mend=near) from None
    except UnicodeDecodeError:
        raise ConfigError("is not text", where=str(path), expected="YAML in UTF-8") from None
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f"{path} line {mark.line + 1}" if mark else str(path)
        unsafe = isinstance(problem, yaml.constructor.ConstructorError)
        what = "is not safe YAML" if unsafe else "is not YAML"
        was = str(getattr(problem, "problem", problem)).replace("but got", "but found")
        raise ConfigError(what, where=where, was=was) from None
    if data is None:  # an empty file, or one of comments only
        data = {}
    if not isinstance(data, dict):
        raise ConfigError("is not a config", where=str(path), expected="keys and values", was=type(data).__name__)
    return data


def _merge(base: Mapping[str, object], over: Mapping[str, object]) -> dict[str, object]:
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, dict) and isinstance(value, Mapping) else value
    return merged


def _config_error(path: Path, changes: Mapping[str, object], problem: ValidationError) -> ConfigError:
    """Make an error of the first fault, an unknown key before all others."""
    faults = problem.errors()
    # A misspelt key also makes its right name missing: only the first of the two says what to do.
    fault = next((f for f in faults if f["type"] == "extra_forbidden"), faults[0])
    key = ".".join(str(part) for part in fault["loc"])
    # The option or the file: the user must know which of the two to change.
    where = f"--set {key}" if _is_set_in(changes, fault["loc"]) else str(path)
    if fault["type"] == "extra_forbidden":
        known = _keys_at(fault["loc"][:-1])
        mend = did_you_mean(str(fault["loc"][-1]), known) or f"known here: {', '.join(known)}"
        return ConfigError(f"unknown key {key!r}", where=where, mend=mend)
    if fault["type"] == "missing":
        return ConfigError(
            f"{key!r} is missing", where=where, mend="add it, or start the file with `extends: default.yaml`"
        )
    message = fault["msg"].removeprefix("Value error, ")
    was = fault["input"]
    text = f"{key}: {message}" if key else message
    return ConfigError(text, where=where, was=None if isinstance(was, dict) else repr(was))


def _is_set_in(changes: Mapping[str, object], location: tuple[int | str, ...]) -> bool:
    section: object = changes
    for part in location:
        if not isinstance(section, Mapping) or part not in section:
            return section is not changes and not isinstance(section, Mapping)
        section = section[part]
    return bool(location)


def _keys_at(location: tuple[int | str, ...]) -> list[str]:
    """List the known keys of a section; the path of a table's entry leads through its symbol."""
    kind: object = Config
    for part in location:
        fields = getattr(kind, "model_fields", None)
        kind = fields[part].annotation if fields else get_args(kind)[-1]
    return list(getattr(kind, "model_fields", ()))
