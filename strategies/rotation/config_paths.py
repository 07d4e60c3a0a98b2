"""Numbers of a config by their paths: fill settings from a config, and flatten them for compiled code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import TypeVar, get_args, get_type_hints

T = TypeVar("T")


def filled(kind: Callable[..., T], section: object) -> T:
    """Fill a settings dataclass from a section of a config that has the same names.

    Nested dataclasses are filled from the sections under their names, mappings entry by entry. Lists become tuples,
    which cannot be changed later.

    Parameters
    ----------
    kind
        Dataclass to fill.
    section
        Object with an attribute for each field of `kind`; it may have more.

    Raises
    ------
    AttributeError
        If the section lacks a field's name.
    """
    return kind(**{name: _value(hint, getattr(section, name)) for name, hint in _hints(kind).items()})


def leaves(settings: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Iterate over the path and the value of each number, switch and word in nested dataclasses."""
    if not is_dataclass(settings):
        yield path, settings
        return
    for field in fields(settings):
        yield from leaves(getattr(settings, field.name), (*path, field.name))


def flattened(kind: Callable[..., T], settings: object) -> T:
    """Fill a flat named tuple from nested settings.

    Parameters
    ----------
    kind
        Named tuple. Its field `breakout_floor` is the number at `breakout.floor`. Its field `entry_is_gated` is True if
        the word at `entry` is `gated`, since compiled code compares numbers only.
    settings
        Nested dataclasses.

    Raises
    ------
    KeyError
        If the settings lack a field's path.
    """
    values = {"_".join(path): value for path, value in leaves(settings)}

    def value_of(name: str) -> object:
        path, _, word = name.partition("_is_")
        return values[path] == word if word else values[path]

    return kind(**{name: value_of(name) for name in _hints(kind)})


def _value(hint: object, value: object) -> object:
    if isinstance(hint, type) and is_dataclass(hint):
        return filled(hint, value)
    if isinstance(value, Mapping):
        return {key: _value(get_args(hint)[1], entry) for key, entry in value.items()}
    return tuple(value) if isinstance(value, list) else value


@cache  # resolving the annotations of thirty classes takes milliseconds, and a review fills settings often
def _hints(kind: Callable[..., object]) -> Mapping[str, object]:
    return get_type_hints(kind)
