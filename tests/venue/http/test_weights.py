"""Weights, warnings and bans, by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.venue.http.weights import RequestLimits, Weights
from bot.venue.matching.refusal import Refusal
from tests.venue.world import START


def refused(weights: Weights, seconds: float, weight: int = 1) -> tuple[int, str | None] | None:
    """Status and Retry-After of a request so many seconds after the start, None if it was let through."""
    try:
        weights.charge(weight, START + timedelta(seconds=seconds))
    except Refusal as refusal:
        return refusal.status, refusal.headers.get("Retry-After")
    return None


def test_a_minute_has_its_weight_and_a_warning_tells_when_the_next_begins() -> None:
    weights = Weights(RequestLimits(weight=100))
    assert refused(weights, 1, 100) is None
    assert refused(weights, 12.5) == (429, "48")
    assert refused(weights, 59.999) == (429, "1")
    assert refused(weights, 60, 100) is None


def test_who_goes_on_is_banned_and_the_next_ban_is_twice_as_long() -> None:
    weights = Weights(RequestLimits(weight=1, tolerated=1))
    assert [refused(weights, second, 2) for second in (0, 1)] == [(429, "60"), (418, "120")]
    assert refused(weights, 120.5) == (418, "1")
    assert refused(weights, 121) is None
    assert [refused(weights, second, 2) for second in (122, 123)] == [(429, "58"), (418, "240")]


def test_no_ban_is_longer_than_three_days() -> None:
    weights = Weights(RequestLimits(weight=1, tolerated=0, first_ban=10**9))
    assert refused(weights, 0, 2) == (418, str(3 * 86_400))


def test_orders_are_counted_in_tens_of_seconds() -> None:
    weights = Weights(RequestLimits(orders=1))
    weights.charge_order(START)
    with pytest.raises(Refusal, match="-1015 Too many new orders; current limit is 1 orders per 10 SECOND"):
        weights.charge_order(START + timedelta(seconds=9.9))
    weights.charge_order(START + timedelta(seconds=10))


def test_refused_orders_say_when_the_next_ten_seconds_begin() -> None:
    weights = Weights(RequestLimits(orders=1))
    weights.charge_order(START)
    with pytest.raises(Refusal) as refused:
        weights.charge_order(START + timedelta(seconds=3.5))
    assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "7"})


def test_orders_of_a_day_are_counted_until_its_midnight() -> None:
    weights = Weights(RequestLimits(orders_a_day=2))
    for hour in (0, 12):
        weights.charge_order(START + timedelta(hours=hour))
    with pytest.raises(Refusal, match="-1015 Too many new orders; current limit is 2 orders per 1 DAY") as refused:
        weights.charge_order(START + timedelta(hours=23))
    assert refused.value.headers == {"Retry-After": "3600"}
    weights.charge_order(START + timedelta(days=1))
    assert weights.orders_a_day == 1
