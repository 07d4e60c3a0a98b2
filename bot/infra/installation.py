"""Check the system, and that Python finds the bot's own packages."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from bot.core.errors import ConfigError, MachineError

_INSTALLED = Path(__file__).resolve().parents[2]


def require_supported_system(platform: str = sys.platform) -> None:
    """Check that the system has what the bot needs: file locks that end with their process, and POSIX signals.

    Parameters
    ----------
    platform
        Name of the system, as `sys.platform` has it.

    Raises
    ------
    ConfigError
        On Windows: its Python lacks `fcntl`.
    """
    if platform == "win32":
        raise ConfigError("Windows is not supported", mend="start the bot in WSL 2; see docs/platforms.md")


def require_current_folder() -> None:
    """Check that the current folder exists: configs, files and the state are found from it.

    Raises
    ------
    MachineError
        It was removed, as by another terminal.
    """
    try:
        os.getcwd()  # noqa: PTH109 - Path.cwd does the same
    except FileNotFoundError:
        raise MachineError("the current folder was removed", mend="change to another folder: cd") from None


def require_own_strategies() -> None:
    """Check that the package `strategies` is the one that is installed beside `bot`.

    `python -m bot` and a notebook search the current directory first, and users keep folders of that name.

    Raises
    ------
    ConfigError
        Another module or package named `strategies` comes first, or the package is missing.
    """
    expected = _INSTALLED / "strategies" / "__init__.py"
    spec = find_spec("strategies")
    origin = Path(spec.origin).resolve() if spec and spec.origin else None
    if origin == expected:
        return
    if origin is None:
        raise ConfigError("the package `strategies` is missing", where=str(_INSTALLED), mend="install the bot again")
    hidden_by = origin.parent if origin.name == "__init__.py" else origin
    raise ConfigError(
        "hides the bot's own package `strategies`",
        where=str(hidden_by),
        expected=str(expected.parent),
        mend=f"rename it, or start the bot outside {hidden_by.parent}",
    )
