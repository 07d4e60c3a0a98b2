"""The check dates of docs/thesis.md: what the bot knows at midnights around clock changes, half days and holidays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from bot.core.market import Market
from strategies.rotation.view import RotationView
from tests.markets import closes_on_days, market_of, sessions, settings_with


def market(first: str, last: str) -> Market:
    """RUT's closes are 1, 2, 3 ... by session; ETH's and BTC's are 1, 2, 3 ... by day."""
    days = int((np.datetime64(last) - np.datetime64(first)).astype(int)) + 1
    dates = sessions().dates
    inside = dates[(dates >= np.datetime64(first)) & (dates <= np.datetime64(last))]
    rut = {str(day): float(i) for i, day in enumerate(inside, start=1)}
    coins = closes_on_days(first, [float(i) for i in range(1, days + 1)])
    return market_of({"RUT": rut, "ETH": coins, "BTC": coins})


def newest_session(made: Market, moment: datetime) -> str:
    return str(made.as_of(moment)["RUT"].dates[-1])


@pytest.mark.parametrize(
    ("day", "hour"),
    [
        ("2025-03-07", 21),  # the Friday before the clocks go forward
        ("2025-03-10", 20),
        ("2025-10-31", 20),  # the Friday before they go back
        ("2025-11-03", 21),
        ("2025-11-28", 18),  # the half day after Thanksgiving
        ("2025-07-03", 17),  # a half day in summer
    ],
)
def test_a_session_is_known_at_its_own_close_and_not_a_second_before(day: str, hour: int) -> None:
    made = market("2025-01-02", "2025-12-31")
    close = datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)
    assert newest_session(made, close) == day
    assert newest_session(made, close - timedelta(seconds=1)) < day


@pytest.mark.parametrize(
    ("decision", "session"),
    [
        ("2025-03-10", "2025-03-07"),  # Monday's midnight: Friday's session
        ("2025-03-11", "2025-03-10"),
        ("2025-11-04", "2025-11-03"),
        ("2025-11-28", "2025-11-26"),  # Thanksgiving has none
        ("2025-11-29", "2025-11-28"),
        ("2025-11-30", "2025-11-28"),
        ("2026-01-19", "2026-01-16"),
        ("2026-01-20", "2026-01-16"),  # 2026-01-19 is Martin Luther King's day
        ("2026-01-21", "2026-01-20"),
    ],
)
def test_a_midnight_sees_the_newest_session_and_the_day_that_has_just_closed(decision: str, session: str) -> None:
    made = market("2025-01-02", "2026-01-30")
    view = RotationView(made, settings_with())
    i = view.times.tolist().index(datetime.fromisoformat(decision))
    seen = view.observations()[i]
    rut = dict(zip(made["RUT"].dates.astype(str).tolist(), made["RUT"].close.tolist(), strict=True))
    assert seen.close == rut[session]
    assert seen.new_session is (session == str(np.datetime64(decision) - 1))
    # ETH closes at 1 on 2025-01-02; the day before the decision has just closed.
    days_since = (datetime.fromisoformat(decision) - datetime(2025, 1, 2)).days  # noqa: DTZ001
    assert seen.eth_close == days_since


def test_a_coins_day_is_known_at_the_midnight_that_ends_it() -> None:
    made = market("2025-01-02", "2025-12-31")
    midnight = datetime(2025, 3, 11, tzinfo=UTC)
    assert str(made.as_of(midnight)["ETH"].dates[-1]) == "2025-03-10"
    assert str(made.as_of(midnight - timedelta(seconds=1))["ETH"].dates[-1]) == "2025-03-09"


def test_every_midnight_from_the_first_common_row_has_one_decision() -> None:
    view = RotationView(market("2025-03-03", "2025-03-16"), settings_with())
    # The first session, Monday 03-03, is known at 21:00; the last coin row is known on 03-17.
    assert view.times.astype(str).tolist() == [f"2025-03-{day:02}T00:00:00" for day in range(4, 18)]
