"""Compile code that calls the rotation's rule with numba: the same functions that a backtest calls."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from types import ModuleType
from typing import ParamSpec, TypeVar

from bot.sweep import lot_book
from strategies import decimals
from strategies.rotation import conditions, moves, step, targets

_RULE = (decimals, conditions, moves, step, targets, lot_book)
"""Modules of the rule and of the book: functions of scalars, arrays and named tuples of them."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


def is_compiled() -> bool:
    """True if numba is installed."""
    return find_spec("numba") is not None


def compiled(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Compile a function that calls the rule; without numba, return it as it is.

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
    fast: Callable[_P, _T] = numba.njit(nogil=True, error_model="numpy")(function)
    return fast


@cache
def _register(module: ModuleType) -> None:
    """Let compiled code call the functions of a module, which stay plain Python for everybody else."""
    from numba.extending import register_jitable

    for _, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ == module.__name__:
            register_jitable(function)
