"""Names that a user gives to sweeps and walk-forwards: they become names of files."""

from __future__ import annotations

import re

from bot.core.errors import ConfigError


def require_name(name: str) -> None:
    """Require a plain name of a file. Raises ConfigError."""
    # A name that begins with - would be read as an option by the command that shows it.
    if not isinstance(name, str) or not re.fullmatch("[A-Za-z0-9_][A-Za-z0-9_-]{0,39}", name):
        expected = "at most 40 of A-Z, a-z, 0-9, - and _, with - after the first"
        raise ConfigError(
            "is no valid name", where="--name", expected=expected, was=name if isinstance(name, str) else repr(name)
        )
