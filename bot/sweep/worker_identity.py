"""Versions that a worker of a cluster shares with its client, so that a set has the same figures on both."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bot.core.errors import ClusterError
from bot.infra.version import __version__

_LIBRARIES = ("numpy", "pandas", "numba", "distributed")
"""Libraries that compute the figures, or carry them."""
_ROOT = Path(__file__).parents[2]


@cache
def worker_identity() -> dict[str, str]:
    """Return the versions of this process by name, and a hash of the project's code."""
    python = ".".join(platform.python_version_tuple()[:2])
    libraries = {name: _version(name) for name in _LIBRARIES}
    return {"small-cap-rotation": __version__, "code": _code_sha256(), "python": python, **libraries}


def require_same(worker: str, expected: Mapping[str, str], found: Mapping[str, str]) -> None:
    """Raise ClusterError with the first name in which a worker differs from the client."""
    for name, value in expected.items():
        was = found.get(name, "none")
        if was != value:
            raise ClusterError(
                f"has another {name} than this machine",
                where=f"worker {worker}",
                expected=value[:12],
                was=was[:12],
                mend="install the same on both and restart the worker",
            )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def _code_sha256() -> str:
    digest = hashlib.sha256()
    for folder in ("bot", "strategies"):
        for path in sorted((_ROOT / folder).rglob("*.py")):
            digest.update(str(path.relative_to(_ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()
