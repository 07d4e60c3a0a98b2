"""Cache of the most recently used values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class LruCache(Generic[_T]):
    """At most `most` values by key; the least recently used one is dropped first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: dict[str, _T] = {}

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: str) -> _T | None:
        """Return a cached value, or None."""
        if key not in self._values:
            return None
        value = self._values.pop(key)  # a dict is in the order of insertion
        self._values[key] = value
        return value

    def put(self, key: str, value: _T) -> None:
        """Add a value as the most recently used one."""
        self._values.pop(key, None)
        self._values[key] = value
        if len(self._values) > self._most:
            del self._values[next(iter(self._values))]

    def get_or_make(self, key: str, make: Callable[[], _T]) -> _T:
        """Return the cached value; make it first if it is absent."""
        found = self.get(key)
        if found is None:
            found = make()
            self.put(key, found)
        return found
