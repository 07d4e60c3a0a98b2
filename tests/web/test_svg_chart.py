"""Values of a chart for pointer and keyboard."""

from __future__ import annotations

import json
from datetime import date, timedelta

from bot.web.svg_chart import ChartTrade, TradeMark, chart


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


def test_a_trade_is_marked_at_its_day_and_price_and_widens_the_axis() -> None:
    days = ["2026-01-01", "2026-01-02", "2026-01-03"]
    drawn = chart(
        "ETH", "", days, [("Close", "price", [1, 2, 3])], str, bounds=(0, 4), trades=[ChartTrade(1, 3, "buy", "bought")]
    )
    assert drawn is not None
    # The middle day, and a quarter below the top of an axis from 0 to 4.
    assert drawn.marks == [TradeMark(50, 25, "buy", "2026-01-02: bought")]
    assert json.loads(drawn.readings)[1] == [50, "2026-01-02", "2", "bought"]
    wide = chart("ETH", "", days, [("Close", "price", [1, 2, 3])], str, trades=[ChartTrade(1, 3.9, "sell", "sold")])
    assert wide is not None and 0 < wide.marks[0].down < 10


def test_a_long_chart_has_a_reading_of_each_day_with_a_trade() -> None:
    days = [str(date(2020, 1, 1) + timedelta(days=i)) for i in range(2000)]
    curve, trade = ("Close", "price", list(range(2000))), ChartTrade(3, 3, "buy", "bought")
    drawn = chart("ETH", "", days, [curve], str, trades=[trade])
    assert drawn is not None
    readings = json.loads(drawn.readings)
    # Readings are five days apart: the fourth day is there for its trade alone.
    assert [row[1:] for row in readings[:3]] == [[days[0], "0"], [days[3], "3", "bought"], [days[5], "5"]]
