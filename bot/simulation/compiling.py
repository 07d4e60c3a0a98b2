"""Compile code that calls the rotation's rule with numba: the same functions that a backtest calls."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import platform
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, ParamSpec, TypeVar

from bot.core import impact
from bot.simulation import lot_book, lot_trades, round_trip_count
from strategies import decimals
from strategies.rotation import conditions, moves, step, targets

_RULE = (decimals, conditions, moves, step, targets, impact, lot_book, lot_trades, round_trip_count)
"""Modules of the rule and of the book: functions of scalars, arrays and named tuples of them."""
_PROJECT = Path(__file__).parents[2]
_SOURCES = ("strategies", "bot/core", "bot/simulation", "bot/sweep")
"""Folders of all code that compiled code is made of, constants and tuples included."""
_HASHES = "hashes.json"
_KEPT_FOLDERS = 4
"""Folders of machine code that are kept, each of other sources."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


def is_compiled() -> bool:
    """True if numba is installed."""
    return find_spec("numba") is not None


def compiled(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Compile a function that calls the rule; without numba, return it as it is.

    Machine code is kept in the user's cache folder, and used again as long as the sources and numba are the same. A
    damaged file is removed, and the function is compiled again.

    Parameters
    ----------
    function
        A loop over arrays and scalars that calls functions of the rule, such as `step`, and of its own module.

    Returns
    -------
    callable
        The same function of the same arguments. It releases the interpreter lock while it runs.
    """
    if not is_compiled():
        return function
    import numba

    for module in (*_RULE, inspect.getmodule(function)):
        _register(module)
    folder = cache_folder()
    with _numba_cache_in(folder):
        compile_it: Any = numba.njit  # its declared type lacks the last option
        fast = compile_it(nogil=True, error_model="numpy", cache=folder is not None, _nrt=False)(function)
    if folder is not None:
        # numba loads whatever it finds: a file that was cut off ends the run, and a changed one the process.
        files = Path(fast._cache.cache_path)
        fast._cache.load_overload = partial(_loaded_if_whole, files, fast._cache.load_overload)
        fast._cache.save_overload = partial(_saved_with_hashes, files, fast._cache.save_overload)
    found: Callable[_P, _T] = fast
    return found


def _loaded_if_whole(folder: Path, load: Callable[..., Any], *args: object) -> Any:
    """Load machine code; if a file is damaged, remove all of them, and the function is compiled again."""
    hashes = folder / _HASHES
    try:
        if hashes.is_file() and json.loads(hashes.read_text()) == _hashes(folder):
            return load(*args)
    except (OSError, ValueError):
        pass
    for path in folder.glob("*"):
        with suppress(OSError):
            path.unlink()
    return None


def _saved_with_hashes(folder: Path, save: Callable[..., None], *args: object) -> None:
    """Save machine code with the hashes of its files. A full disk costs the next process a compilation."""
    with suppress(OSError):
        save(*args)
        (folder / _HASHES).write_text(json.dumps(_hashes(folder)))


def _hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.iterdir() if path.suffix in (".nbi", ".nbc"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def cache_folder() -> Path | None:
    """Return the folder of machine code made of the present sources; None if it is read-only."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "small-cap-rotation" / f"compiled-{source_hash()[:16]}"
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True)
            _remove_old(folder.parent)
        os.utime(folder)  # the time of the last use
    except FileExistsError:  # another process was faster
        pass
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def _remove_old(home: Path) -> None:
    """Remove the oldest folders of other sources; another version of the project may use the last ones."""
    folders = sorted(home.glob("compiled-*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for folder in folders[_KEPT_FOLDERS:]:
        shutil.rmtree(folder, ignore_errors=True)


@cache
def source_hash() -> str:
    """Hash all that machine code is made from: the sources, and the versions of Python and the compiler."""
    # numba looks at the file of the outer function alone, and would run an old rule after a change of `step`.
    digest = hashlib.sha256(f"{platform.python_version()}{code_hash()}".encode())
    for package in ("numba", "llvmlite", "numpy"):
        digest.update(version(package).encode())
    return digest.hexdigest()


def code_hash() -> str:
    """Hash the sources of the rule, the core and the sweep."""
    digest = hashlib.sha256()
    for path in sorted(path for folder in _SOURCES for path in (_PROJECT / folder).rglob("*.py")):
        digest.update(str(path.relative_to(_PROJECT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@contextmanager
def _numba_cache_in(folder: Path | None) -> Iterator[None]:
    """Set numba's cache folder while a function is declared; other code of the process keeps its own."""
    from numba.core import config

    settings: Any = config
    before = settings.CACHE_DIR
    settings.CACHE_DIR = "" if folder is None else str(folder)
    try:
        yield
    finally:
        settings.CACHE_DIR = before


@cache
def _register(module: ModuleType) -> None:
    """Let compiled code call the functions of a module, which stay plain Python for everybody else."""
    from numba.extending import register_jitable

    for _, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ == module.__name__:
            # Without inlining, each decision copies a hundred fields of tuples at every call: 16 times slower. Without
            # numba's runtime, nothing counts references of arrays, which the caller holds: 1.2 times faster.
            register_jitable(forceinline=True, _nrt=False)(function)
