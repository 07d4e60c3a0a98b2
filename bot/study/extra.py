"""Libraries of the extra `study`, which only the study needs."""

from __future__ import annotations

from importlib.util import find_spec

from bot.core.errors import ConfigError
from bot.core.install_hint import install_command

LIBRARIES = ("arch", "scipy", "statsmodels")


def require_extra() -> None:
    """Raise ConfigError, with the command that installs them, unless all libraries are there."""
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if missing:
        raise ConfigError(f"the study needs {', '.join(missing)}, not installed here", mend=install_command("study"))
