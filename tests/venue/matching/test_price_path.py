"""The price of a moment, what was known then, the book's shapes, and the clocks."""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.core.orders import Side
from bot.venue.matching.book_shape import DeepBook
from bot.venue.matching.clocks import DrivenClock, RunningClock
from bot.venue.matching.exact_decimals import format_decimal
from bot.venue.matching.pair import Pair
from bot.venue.matching.price_path import DayBar
from tests.clocks import FakeClock
from tests.venue.world import PAIR, START, D, at, exchange, instrument, move


def day(number: int = 1) -> DayBar:
    found = exchange().price_path.day("ETH", at(number).date())
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("number", "hour", "price"),
    [(1, 0, 100), (1, 4, 95), (1, 8, 90), (1, 12, 105), (1, 16, 120), (1, 20, 115), (2, 8, 115), (2, 16, 80)],
)
def test_a_day_goes_from_its_open_over_low_and_high_to_its_close(number: int, hour: int, price: float) -> None:
    assert day(number).price(hour / 24) == pytest.approx(price)


def test_the_corners_of_a_day_are_its_bars_prices_to_the_last_bit() -> None:
    assert [day().price(share) for share in (0.0, 1 / 3, 2 / 3, 1.0)] == [100.0, 90.0, 120.0, 110.0]


def test_an_order_is_met_where_the_path_first_reaches_its_limit_and_at_once_if_it_is_beyond() -> None:
    assert day().first_touch(Side.BUY, 95.0, 0.0, 1.0) == pytest.approx(4 / 24)
    assert day().first_touch(Side.SELL, 105.0, 0.25, 1.0) == pytest.approx(12 / 24)
    assert day().first_touch(Side.BUY, 101.0, 0.0, 0.1) == 0.0
    assert day().first_touch(Side.BUY, 89.0, 0.0, 1.0) is None
    assert day().first_touch(Side.BUY, 95.0, 0.0, 0.1) is None


def test_a_moment_knows_the_days_that_are_closed_and_its_own_so_far() -> None:
    price_path = exchange().price_path
    closed, forming = price_path.candles("ETH", at(2, 4))
    assert (closed.open, closed.high, closed.low, closed.close) == (100, 120, 90, 110)
    assert (forming.open, forming.high, forming.low, forming.close) == (110, 112.5, 110, 112.5)
    assert forming.volume == pytest.approx(1_000_000 / 6)
    assert [candle.date.day for candle in price_path.candles("ETH", at(3, 4))] == [1, 2]
    assert price_path.last_price("ETH", at(3, 4)) == 85


def test_the_books_depth_is_in_proportion_to_the_days_volume_and_the_same_whenever_it_is_asked() -> None:
    listing, shape = Pair(instrument()), DeepBook()
    asks, bids = (shape.available_levels(listing, day(), 0.0, side) for side in (Side.BUY, Side.SELL))
    assert asks == shape.available_levels(listing, day(), 0.0, Side.BUY)
    assert asks[0].price == D("100.02")
    assert bids[0].price == D("99.98")
    assert [level.price for level in asks] == sorted({level.price for level in asks})
    assert [level.price for level in bids] == sorted({level.price for level in bids}, reverse=True)
    available_levels = float(sum(level.price * level.quantity for level in asks))
    assert available_levels == pytest.approx(0.002 * 1_000_000, rel=0.01)


def test_a_coarse_tick_gives_every_level_a_price_of_its_own() -> None:
    coarse = Pair(instrument().__class__("ETH", D("0.001"), D(1), D(5), D(0), D(0)))
    prices = [level.price for level in DeepBook().available_levels(coarse, day(), 0.0, Side.SELL)]
    assert prices == [D(99 - number) for number in range(20)]


def test_nobody_offers_anything_where_the_volume_is_unknown() -> None:
    unknown = DayBar("ETH", at(1).date(), day().path, math.nan)
    assert DeepBook().available_levels(Pair(instrument()), unknown, 0.0, Side.BUY) == ()
    assert DeepBook().resting_limit(Pair(instrument()), unknown) == 0


def test_a_driven_clock_stands_still_but_for_signatures_and_goes_forward_only() -> None:
    machine = FakeClock()
    clock = DrivenClock(machine, START)
    machine.sleep(3)
    assert (clock.now(), clock.server_time()) == (START, START + timedelta(seconds=3))
    clock.sleep(1)
    assert (clock.now(), clock.server_time()) == (START + timedelta(seconds=1), START + timedelta(seconds=3))
    clock.sleep(59)
    assert clock.now() == clock.server_time() == START + timedelta(seconds=60)
    with pytest.raises(ValueError, match="forward only"):
        clock.move_to(START)


def test_a_running_clock_runs_as_the_machine_does_from_its_start_on() -> None:
    machine = FakeClock()
    clock = RunningClock(machine, START)
    machine.sleep(3)
    clock.sleep(2)
    assert clock.now() == clock.server_time() == START + timedelta(seconds=5)
    assert RunningClock(machine).now() == machine.now()


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("1", "1.00000000"),
        ("1E+2", "100.00000000"),
        ("1E-12", "0.000000000001"),
        ("12.3456789012300", "12.34567890123"),
        ("0E-20", "0.00000000"),
    ],
)
def test_numbers_are_written_with_eight_decimals_and_more_where_they_need_them(number: str, text: str) -> None:
    assert format_decimal(Decimal(number)) == text


def test_a_pair_that_is_not_traded_has_its_last_price() -> None:
    venue = exchange()
    move(venue, at(3, 5))
    assert venue.market.price(PAIR) == D(85)
