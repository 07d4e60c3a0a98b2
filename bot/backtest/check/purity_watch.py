"""Watch a strategy while it decides: files, network, processes, clocks and chance. For a process of its own."""

from __future__ import annotations

import linecache
import logging
import random
import sys
import threading
import tokenize
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from bot.backtest.check.impurity import Impurity

_STRATEGIES = str(Path(__file__).resolve().parents[3] / "strategies")
_INSTALLED = (sys.prefix, sys.base_prefix, "/usr/share/zoneinfo", str(Path(np.__file__).parents[1]))
"""Folders of Python, its packages and its time zones: their files are the same at each decision."""
_OWN_READS = ("<frozen importlib", linecache.__file__, tokenize.__file__, str(Path(logging.__file__).parent))
"""Code of Python that reads files and clocks for imports, warnings and logs."""

_FILES = {"open", "os.listdir", "os.scandir", "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate"}
_PROCESSES = {"subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn"}
_CLOCKS = {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time"}


class PurityWatch:
    """Records what a strategy uses while `watching` is open.

    An audit hook sees files, network and processes; a profile hook sees the clocks and the chance of Python; the
    functions of `numpy.random` that share one generator are replaced by ones that record their calls.
    """

    def __init__(self) -> None:
        self._named = self._loaded = ""
        self.found: dict[Impurity, None] = {}
        self._is_on = False
        self._seeded: set[str] = set()
        # An audit hook stays until the process ends.
        sys.addaudithook(self._audit)
        self._wrap_numpy()

    @contextmanager
    def watching(self, path: Path | None) -> Iterator[None]:
        """Record what the strategy of a file uses until the block ends; the bot's own strategies lack a path."""
        # Code of a file has its whole path, also where the user named it by a path from the working folder.
        self._named, self._loaded = ("", "") if path is None else (str(path), str(path.absolute()))
        self.found.clear()
        self._seeded.clear()
        self._is_on = True
        threading.setprofile(self._profile)
        sys.setprofile(self._profile)
        try:
            yield
        finally:
            self._is_on = False
            sys.setprofile(None)
            threading.setprofile(None)

    def _record(self, kind: str, name: str, frame: FrameType | None) -> None:
        if (place := self._place(frame)) is not None:
            self.found[Impurity(*place, kind, name)] = None

    def _place(self, frame: FrameType | None) -> tuple[str, int] | None:
        """Return file and line of the innermost frame of the strategy, unless Python itself asked."""
        of_package = None
        while frame is not None:
            file = frame.f_code.co_filename
            if file == self._loaded:
                return self._named, frame.f_lineno
            if file.startswith(_STRATEGIES):
                of_package = of_package or (file, frame.f_lineno)
            elif of_package is None and file.startswith(_OWN_READS):
                return None
            frame = frame.f_back
        return of_package

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._is_on:
            return
        if event in _FILES:
            name = str(arguments[0]) if arguments else event
            if event != "open" or not name.startswith(_INSTALLED):
                self._record("file", name if event == "open" else f"{event} {name}", sys._getframe(1))
        elif event in _PROCESSES:
            self._record("process", event, sys._getframe(1))
        elif event == "sqlite3.connect":
            self._record("file", f"{event} {arguments[0]}", sys._getframe(1))
        elif event.startswith(("socket.", "urllib.", "http.client.", "ftplib.", "smtplib.")):
            self._record("network", event, sys._getframe(1))

    def _profile(self, frame: FrameType, event: str, function: Any) -> None:
        """Record a call of a compiled function that reads a clock or draws from the shared generator."""
        if event == "call":
            # `random.Random()` and `random.seed()` come here, with None for a seed from the system.
            if frame.f_code is _SEED:
                self._seed(frame)
            return
        if event != "c_call":
            return
        name, owner = function.__name__, getattr(function, "__self__", None)
        if getattr(function, "__module__", None) == "time":
            # `localtime` and its like are left out: with an argument, which is unseen here, they only convert.
            if name in _CLOCKS:
                self._record("clock", f"time.{name}", frame)
        elif name in ("now", "utcnow", "today") and isinstance(owner, type) and issubclass(owner, date):
            self._record("clock", f"{owner.__name__}.{name}", frame)
        elif name == "urandom":
            self._record("chance", "os.urandom, or a generator that takes its seed from it", frame)
        elif owner is _SHARED and "random" not in self._seeded and name in ("random", "getrandbits"):
            self._record("chance", f"random.{_public_name(frame) or name}", frame)

    def _seed(self, frame: FrameType) -> None:
        if frame.f_locals.get("a") is None:
            self._record("chance", "a generator of the module random", frame.f_back)
        elif frame.f_locals.get("self") is _SHARED:
            self._seeded.add("random")

    def _wrap_numpy(self) -> None:
        """Replace the functions of NumPy's shared generator: compiled code calls it unseen by the profile hook."""
        shared = np.random.mtrand._rand
        for name in dir(np.random):
            function = getattr(np.random, name)
            if getattr(function, "__self__", None) is shared and not name.startswith("_"):
                setattr(np.random, name, self._recorded(name, function))
        for name in ("seed", "sample", "ranf"):
            setattr(np.random, name, self._recorded(name, getattr(np.random, name)))

    def _recorded(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            if self._is_on:
                if name == "seed" and any(value is not None for value in (*arguments, *named.values())):
                    self._seeded.add("numpy")
                elif name == "seed" or ("numpy" not in self._seeded and name not in ("get_state", "set_state")):
                    self._record("chance", f"numpy.random.{name}", sys._getframe(1))
            return function(*arguments, **named)

        return call


_SHARED = random._inst
_SEED = random.Random.seed.__code__


def _public_name(frame: FrameType | None) -> str | None:
    """Return the function of the module `random` that the strategy called, unless it called a compiled one."""
    name = None
    while frame is not None and frame.f_code.co_filename == random.__file__:
        name = frame.f_code.co_name
        frame = frame.f_back
    return name
