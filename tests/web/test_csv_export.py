"""Monthly returns, and the CSV files of the dashboard."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.web.curve import Curve
from tests.web.world import BEGUN, FILLED, HELD, HOLDS, dashboard, site_at, write


def test_months_are_chained_from_the_start_and_years_from_their_own() -> None:
    days = ["2025-12-30", "2025-12-31", "2026-01-31", "2026-02-28"]
    curve = Curve(100.0, days, [105.0, 110.0, 121.0, 108.9], [0.0] * 4, ["STABLE"] * 4, {})
    table = curve.monthly()
    assert table["2025"] == [None] * 11 + [pytest.approx(0.1), pytest.approx(0.1)]
    assert table["2026"] == [pytest.approx(0.1), pytest.approx(-0.1), *[None] * 10, pytest.approx(-0.01)]


def test_equity_and_fills_are_exported_and_other_names_are_not(tmp_path: Path) -> None:
    write(tmp_path, "paper", BEGUN, HELD, FILLED, HOLDS)
    with dashboard(site_at(tmp_path)) as asking:
        equity = asking.ask("/csv/equity?run=paper").text.splitlines()
        assert equity[0] == "date,equity,exposure,stage"
        assert equity[1].startswith("2026-03-0")
        fills = asking.ask("/csv/fills?run=paper").text.splitlines()
        assert "symbol" in fills[0].split(",") and len(fills) == 2
        assert asking.ask("/csv/secrets?run=paper").status == 404
        page = asking.ask("/runs/paper").text
        assert 'href="/csv/trades?run=paper"' in page and "report.html" not in page
