"""Neighbours and plateaus of tables that are worked by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from bot.sweep.neighbours import Neighbourhood, Plateau, varied_keys


def table(keys: dict[str, list[object]], equity: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"set": range(len(equity)), **keys, "final_equity": equity})


GRID = table(
    # Rows: (3, on) (3, off) (9, on) (9, off) (5, on) (5, off); 3, 5, 9 is the order of the numbers.
    {"a.closes": [3, 3, 9, 9, 5, 5], "a.gate": [True, False, True, False, True, False]},
    [100.0, 90.0, 120.0, 60.0, 200.0, 150.0],
)


def test_neighbours_in_a_grid_differ_by_one_step_of_one_key() -> None:
    near = Neighbourhood(GRID, is_grid=True)
    assert near.plateau(4) == Plateau(4, 120.0, 3)  # (3, on) 100, (9, on) 120, (5, off) 150
    assert near.plateau(5) == Plateau(5, 90.0, 3)  # (3, off) 90, (9, off) 60, (5, on) 200
    assert near.plateau(2) == Plateau(2, 120.0, 2)  # median 130 of 60 and 200, but its own is 120


def test_the_best_plateau_is_that_of_a_good_set_among_good_ones() -> None:
    assert Neighbourhood(GRID, is_grid=True).best_plateau() == Plateau(4, 120.0, 3)
    # A peak of 500 among sets of 100 and 90: its neighbour 300 stands on the broader plateau of 290.
    peaked = table({"a.x": [1, 2, 3, 4, 5, 6]}, [100.0, 500.0, 90.0, 290.0, 300.0, 290.0])
    near = Neighbourhood(peaked, is_grid=True)
    assert near.plateau(1) == Plateau(1, 95.0, 2)
    assert near.best_plateau() == Plateau(4, 290.0, 2)


def test_names_have_no_order_so_that_each_is_one_step_away() -> None:
    named = table({"altcoins.basket": ["b", "a", "c"]}, [10.0, 20.0, 40.0])
    assert Neighbourhood(named, is_grid=True).plateau(2) == Plateau(2, 15.0, 2)


def test_a_drawn_set_has_the_nearest_two_of_each_key_by_rank() -> None:
    # Ranks 0 to 4 of each number: the gap to 1000 is one step, as on a logarithmic axis. A copy of the set is left out.
    drawn = table({"a.x": [1.0, 2.0, 4.0, 1000.0, 2.0, 2000.0]}, [1.0, 50.0, 30.0, 7.0, 50.0, 9.0])
    near = Neighbourhood(drawn, is_grid=False)
    assert near.plateau(1) == Plateau(1, 15.5, 2)  # 1 and 30
    assert near.plateau(5) == Plateau(5, 9.0, 2)  # 7 and 30, at most its own


def test_distances_of_two_keys_are_euclidean_and_a_switch_is_one_apart() -> None:
    drawn = table(
        {"a.x": [0, 1, 2, 3, 4, 2], "a.gate": [True, True, True, True, True, False]}, [1.0, 2.0, 99.0, 4.0, 5.0, 60.0]
    )
    # From row 2: rows 1 and 3 at 1/4, rows 0 and 4 at 1/2, row 5 at 1. Four neighbours: 1, 2, 4, 5.
    assert Neighbourhood(drawn, is_grid=False).plateau(2) == Plateau(2, 3.0, 4)


@pytest.mark.parametrize("is_grid", [True, False])
def test_a_single_set_has_no_neighbour(is_grid: bool) -> None:
    near = Neighbourhood(table({"a.x": [1]}, [5.0]), is_grid)
    assert near.plateau(0) == Plateau(0, None, 0)
    assert near.best_plateau() is None


def test_keys_are_the_columns_between_the_number_and_the_figures() -> None:
    assert varied_keys(GRID) == ["a.closes", "a.gate"]
