"""Read the text of a config file: a regular file of bounded size, in UTF-8."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from bot.core.errors import ConfigError
from bot.settings.yaml_text import LONGEST_TEXT

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def read_config_text(path: Path, near: str | None = None) -> str:
    """Read a config file.

    Parameters
    ----------
    path
        The file. A pipe or a device is refused, since reading one may wait for ever.
    near
        What to do if the file is missing, for the error.

    Raises
    ------
    ConfigError
        If the file is unreadable, too long, or something else than text.
    """
    try:
        mode = path.stat().st_mode
        kind = next((name for is_kind, name in _KINDS if is_kind(mode)), None)
        if kind is not None:
            raise ConfigError("cannot be read", where=str(path), expected="a YAML file", was=kind)
        # Without waiting, should the file have become a pipe since then.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            raw = file.read(LONGEST_TEXT + 1)
    except OSError as problem:
        raise ConfigError(f"cannot be read: {problem.strerror}", where=str(path), mend=near) from None
    except ValueError:  # a character that no path has
        raise ConfigError("is not the name of a file", where=repr(str(path))) from None
    if len(raw) > LONGEST_TEXT:
        raise ConfigError("is too long", where=str(path), expected=f"at most {LONGEST_TEXT} bytes")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError("is not text", where=str(path), expected="YAML in UTF-8") from None
