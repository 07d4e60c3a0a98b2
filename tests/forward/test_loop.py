"""The daemon ticks at its times, tries again where it could not, and ends when it is told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.loop import next_time
from tests.markets import default_config

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (MIDNIGHT + timedelta(minutes=15, seconds=20), MIDNIGHT + timedelta(days=1, minutes=15)),
        (MIDNIGHT + timedelta(minutes=3), MIDNIGHT + timedelta(minutes=15)),
        (MIDNIGHT + timedelta(hours=23, minutes=59), MIDNIGHT + timedelta(days=1, minutes=15)),
    ],
)
def test_a_day_that_is_decided_waits_for_the_next_decision_time(now: datetime, expected: datetime) -> None:
    assert next_time(default_config(), now, decided=True) == expected


def test_a_day_that_could_not_be_decided_is_tried_again_soon() -> None:
    assert next_time(default_config(), MIDNIGHT, decided=False) == MIDNIGHT + timedelta(minutes=10)
