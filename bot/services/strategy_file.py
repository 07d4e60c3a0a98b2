"""A strategy file of the user's own: find it, make the strategy that it names, and call its code."""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from bot.core.errors import BotError, ConfigError

_PROJECT = Path(__file__).resolve().parents[2]
_T = TypeVar("_T")
EXAMPLE = "compare with the file that `bot new-strategy NAME` writes"
_HELP = f"{EXAMPLE}; --debug shows the traceback"
_NO_EXIT = "raise an error instead: a file cannot end the program"


def strategy_path(file: Path) -> Path:
    """Find a strategy file, from the working folder or from the project's. Raises ConfigError."""
    for path in (file, _PROJECT / file):
        # A name that is too long raises OSError instead of being absent.
        with contextlib.suppress(OSError):
            if path.is_file():
                return path
    raise ConfigError("there is no such strategy file", where=str(file), mend="`bot new-strategy NAME` writes one")


def made_by_file(path: Path, parameters: Mapping[str, object]) -> tuple[Any, str]:
    """Call the function `strategy` of a file with the parameters and return its strategy, and its name.

    The strategy has `decisions` or `decide`, one of the two. Raises ConfigError.
    """
    name = f"strategy_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError("is not a Python file", where=str(path), mend=EXAMPLE)
    module, loader = importlib.util.module_from_spec(spec), spec.loader
    sys.modules[name] = module  # dataclasses look their own module up

    def make() -> tuple[Any, str]:
        loader.exec_module(module)
        maker = getattr(module, "strategy", None)
        if not callable(maker):
            raise ConfigError("has no function `strategy`", expected="def strategy(): return MyStrategy()")
        _require_parameters(maker, parameters)
        made = not_awaited(maker(**parameters))
        forms = [form for form in ("decisions", "decide") if callable(getattr(made, form, None))]
        if not forms or not isinstance(getattr(made, "name", None), str):
            expected = "an object with `name` and `decisions(market)` or `decide(today)`"
            raise ConfigError("is no strategy", expected=expected, was=type(made).__name__)
        if len(forms) > 1:
            raise ConfigError("has two forms", expected="`decisions(market)` or `decide(today)`", was="both")
        return made, made.name

    return call_user_code(path, make)


def not_awaited(made: _T) -> _T:
    """Return what a user's function returned. Raises ConfigError for that of an `async def`."""
    if inspect.iscoroutine(made):
        made.close()  # Python would warn that nothing has awaited it
        raise ConfigError(f"`{made.__qualname__}` is an `async def`", expected="`def`: the bot awaits no result")
    return made


def _require_parameters(strategy: Callable[..., object], parameters: Mapping[str, object]) -> None:
    """Check that the function `strategy` of a file takes the parameters of the config. Raises ConfigError."""
    try:
        signature = inspect.signature(strategy)
    except (TypeError, ValueError):  # the call itself shows the error
        return
    try:
        signature.bind(**parameters)
    except TypeError as problem:
        given = ", ".join(parameters) or "none"
        raise ConfigError(
            f"strategy{signature} does not fit `strategy.parameters` of the config: {problem}",
            was=given,
            mend="change one of the two",
        ) from None


def call_user_code(path: Path, function: Callable[[], _T], mend: str = _HELP, day: date | None = None) -> _T:
    """Call a function of the user's file. Raises ConfigError, with file, line and `mend`, for whatever it raises.

    `day` is the UTC day that the function decides, for the error. Standard output of the function goes to standard
    error, so that the bot's own output stays one table or one JSON object.
    """
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return function()
    except KeyboardInterrupt:
        raise
    # SystemExit too: a file that calls exit() would end a daemon without a word.
    except BaseException as problem:
        raise _fault(path, problem, mend, day) from None


def _fault(path: Path, problem: BaseException, mend: str, day: date | None) -> ConfigError:
    """Make one line of a user's exception that names the place in the user's own file."""
    # The last frame in the user's file: frames below are of libraries that the user did not write.
    # Python records absolute paths, also of a file that was named by a relative one.
    own, frames = path.resolve(), traceback.extract_tb(problem.__traceback__)
    lines = [frame.lineno for frame in frames if Path(frame.filename).resolve() == own]
    line = lines[-1] if lines else None
    if isinstance(problem, SyntaxError) and Path(problem.filename or "").resolve() == own:
        line = problem.lineno
    where = f"{path} line {line}" if line else str(path)
    where += f" on {day}" if day else ""
    # The bot's own errors, such as that of an unknown series, keep their words.
    if isinstance(problem, BotError):
        what = f"{problem.where}: {problem.what}" if problem.where else problem.what
        return ConfigError(what, where=where, expected=problem.expected, was=problem.was, mend=problem.mend or mend)
    name, text = type(problem).__name__, _text_of(problem)
    what = f"{name}: {text}" if text else name
    return ConfigError(what, where=where, mend=f"{_NO_EXIT}; {mend}" if isinstance(problem, SystemExit) else mend)


def _text_of(problem: BaseException) -> str:
    """Return an exception's message, shortened, "" if it is empty; a user's exception may fail to make one."""
    if isinstance(problem, SystemExit) and problem.code is None:  # of exit(): its text would be "None"
        return ""
    try:
        return str(problem)[:_LONGEST]
    except Exception:
        return "its message cannot be read"


_LONGEST = 300
"""Characters of a user's message that are printed."""
