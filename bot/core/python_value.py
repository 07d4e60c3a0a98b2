"""The Python value of a NumPy scalar, for fields that accept the bot's own types only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def python_value(value: object) -> object:
    """Convert a truth value or a number of NumPy to the same value of Python.

    Parameters
    ----------
    value
        Any object. A calculation with pandas or NumPy returns `np.float64` for a float, `np.bool_` for a truth value,
        and `np.where` of two numbers an array of zero dimensions.

    Returns
    -------
    object
        An int, float or bool of Python; any other object as it is.
    """
    # Found by its attributes: an import of NumPy would delay commands that use no array.
    scalar: Any = value
    kind = _KINDS.get(scalar.dtype.kind) if getattr(scalar, "shape", None) == () else None
    return value if kind is None else kind(scalar)


_KINDS: Mapping[str, Callable[[Any], object]] = {"b": bool, "i": int, "u": int, "f": float}
"""Conversion of each kind of NumPy's types. Times have none: as numbers they would lose their unit."""
