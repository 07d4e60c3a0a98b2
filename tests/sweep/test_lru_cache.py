"""The least recently used value is dropped."""

from __future__ import annotations

from bot.sweep.lru_cache import LruCache


def test_the_least_recently_used_value_is_dropped() -> None:
    cache = LruCache[int](2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1
    cache.put("c", 3)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (1, None, 3)


def test_a_cached_value_is_not_made_again() -> None:
    cache = LruCache[int](1)
    made = [
        cache.get_or_make(key, lambda value=value: value) for key, value in (("a", 1), ("a", 2), ("b", 3), ("a", 4))
    ]
    assert made == [1, 1, 3, 4]
    assert len(cache) == 1
