"""Config keys that were renamed: the old name is accepted, and configs are hashed under it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from typing import Any

from bot.core.errors import ConfigError

RENAMED: Mapping[tuple[str, str], str] = {
    ("rotation", "kills"): "risk_exits",
    ("quality", "admit"): "allow",
}
"""New name of a key, by its section and its old name."""


def with_new_names(data: Mapping[str, object], where: str | None = None) -> dict[str, object]:
    """Replace the old names of keys in the data of a config.

    `where` is the file or option that the data come from: each old key in it is reported once on standard error. Data
    that the bot wrote itself have no `where` and are converted silently.

    Raises
    ------
    ConfigError
        If a section has a key under both names.
    """
    renamed = dict(data)
    for (section, old), new in RENAMED.items():
        keys = renamed.get(section)
        if not isinstance(keys, Mapping) or old not in keys:
            continue
        if new in keys:
            raise ConfigError(
                f"{section}.{old} and {section}.{new} are the same key", where=where, mend=f"keep {section}.{new}"
            )
        renamed[section] = {new if key == old else key: value for key, value in keys.items()}
        if where is not None:
            _report(where, f"{section}.{old}", f"{section}.{new}")
    return renamed


def with_old_names(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resolved config under the names of version 0.1.0, as it is hashed.

    The hash decides whether a ledger begins a new period, so it must not change where only a name did.
    """
    named = dict(plain)
    for (section, old), new in RENAMED.items():
        named[section] = {old if key == new else key: value for key, value in plain[section].items()}
    return named


@cache  # a command may load the same file several times
def _report(where: str, old: str, new: str) -> None:
    sys.stderr.write(f"Warning: {where}: the key {old} is now named {new}. The old name still works.\n")
