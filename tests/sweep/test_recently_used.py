"""The least recently used value is dropped."""

from __future__ import annotations

from bot.sweep.recently_used import RecentlyUsed


def test_the_least_recently_used_value_is_dropped() -> None:
    kept = RecentlyUsed[int](2)
    kept.put("a", 1)
    kept.put("b", 2)
    assert kept.get("a") == 1
    kept.put("c", 3)
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (1, None, 3)
    assert kept.values() == [1, 3]


def test_a_kept_value_is_not_made_again() -> None:
    kept = RecentlyUsed[int](1)
    made = [kept.get_or_make(key, lambda value=value: value) for key, value in (("a", 1), ("a", 2), ("b", 3), ("a", 4))]
    assert made == [1, 1, 3, 4]
    assert len(kept) == 1
