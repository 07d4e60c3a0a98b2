"""Arguments of the functions that a notebook calls: words, paths, days, and the config with its changes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

from bot.core.errors import ConfigError
from bot.settings.loader import Config, load_config


def path_argument(name: str, given: Path | str, expected: str = "a path") -> Path:
    """Return an argument as a path. Raises ConfigError, with what is `expected`, for any other object."""
    if not isinstance(given, str | os.PathLike):
        raise ConfigError("is no path", where=name, expected=expected, was=_kind_of(given))
    return Path(given)


def folder_argument(name: str, given: Path | str | None) -> Path | None:
    """Return the path of a folder, if one is given. Raises ConfigError for any other object."""
    return None if given is None else path_argument(name, given, "the path of a folder")


def date_argument(name: str, given: date | str | None) -> date | None:
    """Return a day, if one is given: a date, that of a datetime, or ISO text. Raises ConfigError for others."""
    if isinstance(given, datetime):
        return given.date()
    if given is None or isinstance(given, date):
        return given
    with suppress(TypeError, ValueError):
        return date.fromisoformat(given)
    raise ConfigError("is not a date", where=name, expected="a date, or text as 2016-01-01", was=_kind_of(given))


def require_word(name: str, given: object, words: Sequence[str]) -> None:
    """Require one of some words as an argument, such as `--sampler`. Raises ConfigError."""
    # The command line checks its words itself; a call in Python may have any object.
    if not isinstance(given, str) or given not in words:
        expected = f"{', '.join(words[:-1])} or {words[-1]}"
        raise ConfigError(f"is no {name.removeprefix('--')}", where=name, expected=expected, was=_kind_of(given))


def config_argument(config: Path | str | Config | None, changes: Mapping[str, object] | None = None) -> Config:
    """Return the config of a call, loaded with the changes if it is a path.

    Parameters
    ----------
    config
        Path of a YAML file, or a config; the default config if left out.
    changes
        Values laid over the file.

    Raises
    ------
    ConfigError
        If an argument is of another type, if changes are given for a config that is loaded, or if the config is
        invalid.
    """
    if changes is not None and not isinstance(changes, Mapping):
        expected = "a mapping from key to value, as {'start_equity': 5000}"
        raise ConfigError("are no changes", where="changes", expected=expected, was=_kind_of(changes))
    if isinstance(config, Config):
        # Its values are checked as a whole when it is loaded: changes of single values would skip that.
        if changes:
            mend = "pass load_config(path, changes), or the path as `config`"
            raise ConfigError("a loaded config takes no changes", where="changes", mend=mend)
        return config
    return load_config(None if config is None else path_argument("config", config, _CONFIG_FILE), changes)


_CONFIG_FILE = "the path of a YAML file, or what load_config(path, changes) returns"


def _kind_of(given: object) -> str:
    """Return an argument in the words of an error; a table or a long mapping by its type alone."""
    return repr(given) if given is None or isinstance(given, str | int | float) else type(given).__name__
