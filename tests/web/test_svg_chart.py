"""Values of a chart for pointer and keyboard."""

from __future__ import annotations

import json
from datetime import date, timedelta

from bot.web.svg_chart import chart


def test_a_chart_has_the_values_of_its_days_for_pointer_and_keys() -> None:
    drawn = chart("Equity", "", ["2026-01-01", "2026-01-02", "2026-01-03"], [("Own", "strategy", [1, 2, 4])], str)
    assert drawn is not None
    assert json.loads(drawn.readings) == [[0, "2026-01-01", "1"], [50, "2026-01-02", "2"], [100, "2026-01-03", "4"]]


def test_a_long_chart_has_at_most_401_readings() -> None:
    days = [str(date(2020, 1, 1) + timedelta(days=i)) for i in range(2000)]
    drawn = chart("Equity", "", days, [("Own", "strategy", list(range(2000)))], str)
    assert drawn is not None
    readings = json.loads(drawn.readings)
    assert (len(readings), readings[0][1], readings[-1][1]) == (401, days[0], days[-1])
