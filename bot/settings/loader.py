"""Reading a config: YAML, `extends`, changes laid over it, and every fault in one line."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import ValidationError

from bot.core.errors import ConfigError, did_you_mean
from bot.settings.renamed_keys import with_new_names
from bot.settings.schema import Config

_PACKAGE = Path(__file__).resolve().parents[1]
_INSTALLED = _PACKAGE / "config"
CONFIG_FOLDER = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "config"
"""Folder of the bot's own configs: `bot/config` in a wheel, `config/` in a checkout."""

DEFAULT_CONFIG = CONFIG_FOLDER / "default.yaml"

__all__ = ["CONFIG_FOLDER", "DEFAULT_CONFIG", "Config", "kept_config", "load_config"]


def load_config(path: Path | None = None, changes: Mapping[str, Any] | None = None) -> Config:
    """Read a config file, follow its `extends`, and check it.

    `changes` are laid over it last. Raises ConfigError that names the file, the key, what was expected, what
    it was, and the nearest known key.
    """
    path = path or DEFAULT_CONFIG
    laid_over = with_new_names(changes or {}, "--set")
    data = _merge(_read(path, ()), laid_over)
    try:
        return Config.model_validate(data)
    except ValidationError as problem:
        raise _config_error(path, laid_over, problem) from None


def kept_config(kept: Mapping[str, Any], where: str) -> Config:
    """The config that a run kept; keys that came with a later version are as config/default.yaml has them.

    Raises ConfigError where it cannot be read any more.
    """
    try:
        return Config.model_validate(_merge(_read(DEFAULT_CONFIG, ()), with_new_names(kept)))
    except ValidationError:
        raise ConfigError("was made with a config of another version", where=where, mend="run it anew") from None


class _UniqueKeyLoader(yaml.SafeLoader):
    """Safe YAML that refuses a key written twice instead of keeping the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key!r} is not text: put it in quotes", key_node.start_mark
                )
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def _read(path: Path, above: tuple[Path, ...]) -> dict[str, Any]:
    """A file's data laid over that of the files it extends."""
    if path.resolve() in above:
        raise ConfigError("extends itself", where=str(path), mend="break the circle of `extends`")
    data = with_new_names(_parse(path), str(path))
    bases = data.pop("extends", [])
    bases = [bases] if isinstance(bases, str) else bases
    if not isinstance(bases, list) or not all(isinstance(base, str) for base in bases):
        raise ConfigError("extends: is not a file or a list of files", where=str(path), was=repr(bases))
    merged: dict[str, Any] = {}
    for base in bases:
        merged = _merge(merged, _read(_find_base(path, base), (*above, path.resolve())))
    return _merge(merged, _with_strategy_beside(path, data))


def _with_strategy_beside(path: Path, data: dict[str, Any]) -> dict[str, Any]:
    """The data with a strategy file that lies beside its config named so that it is found from anywhere."""
    section = data.get("strategy")
    if isinstance(section, dict) and isinstance(section.get("file"), str):
        beside = path.parent / section["file"]
        if beside.is_file():
            return {**data, "strategy": {**section, "file": str(beside)}}
    return data


def _find_base(path: Path, name: str) -> Path:
    """A base beside the file that names it, else among the bot's own configs."""
    beside = path.parent / name
    return beside if beside.exists() else CONFIG_FOLDER / name


@lru_cache(maxsize=64)
def _yaml(text: str) -> Any:
    """What a text says; parsed once, and then the same object for the same text."""
    return yaml.load(text, Loader=_UniqueKeyLoader)


def _parse(path: Path) -> dict[str, Any]:
    try:
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
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise ConfigError("is not a config", where=str(path), expected="keys and values", was=type(data).__name__)
    return data


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, dict) and isinstance(value, Mapping) else value
    return merged


def _config_error(path: Path, changes: Mapping[str, Any], problem: ValidationError) -> ConfigError:
    """The first fault in one line; a misspelt key before the key that it leaves missing."""
    faults = problem.errors()
    fault = next((f for f in faults if f["type"] == "extra_forbidden"), faults[0])
    key = ".".join(str(part) for part in fault["loc"])
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
    told = f"{key}: {message}" if key else message
    return ConfigError(told, where=where, was=None if isinstance(was, dict) else repr(was))


def _is_set_in(changes: Mapping[str, Any], location: tuple[int | str, ...]) -> bool:
    section: Any = changes
    for part in location:
        if not isinstance(section, Mapping) or part not in section:
            return section is not changes and not isinstance(section, Mapping)
        section = section[part]
    return bool(location)


def _keys_at(location: tuple[int | str, ...]) -> list[str]:
    """The keys that a section of the config knows; a table by symbol is passed through to its entries."""
    model: Any = Config
    for part in location:
        fields = getattr(model, "model_fields", None)
        model = fields[part].annotation if fields else get_args(model)[-1]
    return list(model.model_fields)
