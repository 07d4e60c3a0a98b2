"""Commands that install the libraries of an extra."""

from __future__ import annotations

import shlex
from importlib.metadata import PackageNotFoundError, requires

_PROJECT = "small-cap-rotation"


def install_command(extra: str) -> str:
    """Return the command that installs the libraries of an extra.

    It names the libraries; the project itself is installed from a checkout or a wheel.
    """
    try:
        lines = requires(_PROJECT) or []
    except PackageNotFoundError:  # started from a folder of sources that was never installed
        lines = []
    wanted = sorted(line.partition(";")[0].strip() for line in lines if _is_of(line, extra))
    return shlex.join(["pip", "install", *wanted]) if wanted else f"install the project with its extra {extra!r}"


def _is_of(line: str, extra: str) -> bool:
    return line.partition(";")[2].replace('"', "'").strip() == f"extra == '{extra}'"
