"""Round trips of fills, worked by hand. `test_simulation` compares them with the figures of a backtest."""

from __future__ import annotations

import numpy as np
import pytest

from bot.simulation.lot_book import EXCHANGED, FILL, SETTLED, LotBook
from bot.simulation.round_trip_count import new_purchases, round_trip_count

Row = tuple[int, int, int]


def book_of_fills(rows: list[Row]) -> LotBook:
    """Return a book with the kind, coin and lots of its fills alone."""
    kind, coin, lots = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    empty = {name: np.zeros(0) for name in LotBook._fields}
    given = {"fill_count": np.array([len(rows)]), "fill_kind": kind, "fill_coin": coin, "fill_lots": lots}
    return LotBook(**{**empty, **given})


@pytest.mark.parametrize(
    ("rows", "round_trips"),
    [
        ([(FILL, 0, 10)], 0),
        ([(FILL, 0, 10), (FILL, 0, -4), (FILL, 0, -6)], 2),
        ([(FILL, 0, 10), (FILL, 0, 5), (FILL, 0, -12), (FILL, 0, -3)], 3),
        ([(FILL, 0, 10), (FILL, 1, 7), (FILL, 0, -10), (SETTLED, 1, -7)], 2),
        ([(FILL, 0, 10), (FILL, 0, -10), (FILL, 0, 4), (FILL, 0, -4)], 2),
        # 10 and 30 lots become 5 and 15, after the 4 that the new name has: 7 are 4 + 3, and 17 are 2 + 15.
        (
            [
                *[(FILL, 0, 10), (FILL, 1, 4), (FILL, 0, 30)],
                *[(EXCHANGED, 0, -40), (EXCHANGED, 1, 20), (FILL, 1, -7), (FILL, 1, -17)],
            ],
            4,
        ),
        # Thirds of a lot leave a rest that rounding made: it counts as no round trip.
        ([*[(FILL, 0, 1)] * 3, (EXCHANGED, 0, -3), (EXCHANGED, 1, 1), (FILL, 1, -1)], 3),
    ],
)
def test_parts_of_purchases_are_counted_first_in_first_out(rows: list[Row], round_trips: int) -> None:
    memory = new_purchases(2, len(rows))
    assert [round_trip_count(book_of_fills(rows), memory) for _ in range(2)] == [round_trips, round_trips]


def test_fills_without_room_are_left_out() -> None:
    book = book_of_fills([(FILL, 0, 10), (FILL, 0, -4)])._replace(fill_count=np.array([9]))
    assert round_trip_count(book, new_purchases(1, 2)) == 1
