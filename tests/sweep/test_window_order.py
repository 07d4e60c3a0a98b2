"""Sets with the same windows follow each other."""

from __future__ import annotations

from bot.sweep.window_order import in_window_order


def test_sets_of_the_same_windows_follow_each_other() -> None:
    sets = [
        {"rotation.breakout.confirm_closes": closes, "rotation.credit.window": window, "altcoins.count": count}
        for closes in (3, 5)
        for window in (50, 60)
        for count in (4, 8)
    ]
    ordered = in_window_order(sets)
    assert [number for number, _ in ordered] == [0, 4, 2, 6, 1, 5, 3, 7]
    assert all(changes is sets[number] for number, changes in ordered)


def test_sets_that_differ_in_rules_stay_in_order() -> None:
    sets: list[dict[str, object]] = [{"rotation.breakout.confirm_closes": closes} for closes in (9, 3, 5)]
    assert in_window_order(sets) == list(enumerate(sets))
