"""Ranges of days of the dashboard's charts."""

from __future__ import annotations

import json
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import pytest

from bot.report.labels import PLAIN
from bot.web.curve import Curve
from bot.web.portfolio_page import charts
from bot.web.ranges import RangeLink, first_shown, range_links
from tests.web.world import BEGUN, dashboard, quiet_days, site_at, write

DAYS = [str(date(2024, 1, 1) + timedelta(days=i)) for i in range(366 + 31)]  # to 2025-01-31


@pytest.mark.parametrize(
    ("name", "first"), [("3m", "2024-10-31"), ("1y", "2024-01-31"), ("", "2024-01-01"), ("<script>", "2024-01-01")]
)
def test_a_range_begins_calendar_months_before_the_last_day(name: str, first: str) -> None:
    assert DAYS[first_shown(DAYS, name)] == first


def test_ranges_longer_than_the_days_are_not_offered() -> None:
    assert range_links(DAYS[:200], "3m") == [RangeLink("3 months", "3m", True), RangeLink("All", "", False)]
    assert range_links(DAYS[:200], "1y")[-1] == RangeLink("All", "", True)
    assert range_links(DAYS[:60], "") == []
    assert range_links([], "3m") == []


def test_the_drawdown_of_a_range_is_measured_from_the_start() -> None:
    equity = [100.0, *[50.0] * (len(DAYS) - 1)]
    curve = Curve(100.0, DAYS, equity, [0.0] * len(DAYS), ["STABLE"] * len(DAYS), {"eth": equity})
    whole, drawdown, _ = charts(curve, PLAIN, "3m")
    first = json.loads(drawdown.readings)[0]
    assert first == [0, "2024-10-31", "\N{MINUS SIGN}50.0%"]
    assert json.loads(whole.readings)[-1][1] == "2025-01-31"


def test_the_links_keep_the_other_choices_of_the_address(tmp_path: Path) -> None:
    write(tmp_path, "paper", BEGUN, *quiet_days(100))
    with dashboard(site_at(tmp_path)) as asking:
        page = unescape(asking.ask("/portfolio?run=paper&x=1&range=3m").text)
        own = unescape(asking.ask("/runs/paper?x=1").text)
    assert '<a href="/portfolio?run=paper&x=1&range=3m#ranges" aria-current="true">3 months</a>' in page
    assert '<a href="/portfolio?run=paper&x=1#ranges">All</a>' in page
    assert "1 year</a>" not in page
    # The last of the 100 days is 2026-06-09.
    assert '[0.0,"2026-03-09"' in page and '[0.0,"2026-03-02"' not in page
    assert '<a href="/runs/paper?x=1&range=3m#ranges">3 months</a>' in own
    assert '[0.0,"2026-03-02"' in own
