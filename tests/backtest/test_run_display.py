"""A run in a notebook: the verdict, a small table, charts and the report."""

from __future__ import annotations

import numpy as np
import pytest

from bot import run_backtest
from bot.backtest.run import Run
from bot.core.errors import ConfigError
from bot.settings.loader import load_config


@pytest.fixture(scope="module")
def run() -> Run:
    changes = {"rotation.entry": "gated", "demo.spread_seeds": 2, "benchmarks": {"random_shifts": 10}}
    return run_backtest(market="demo", start="2104-01-01", end="2104-12-31", changes=changes)


def test_dotted_changes_are_those_of_nested_sections() -> None:
    dotted = load_config(None, {"rotation.entry": "gated", "rotation": {"gated": {"trend_days": 90}}})
    nested = load_config(None, {"rotation": {"entry": "gated", "gated": {"trend_days": 90}}})
    assert dotted == nested != load_config()


@pytest.mark.slow
def test_a_run_shows_its_verdict_a_table_charts_and_its_report(run: Run) -> None:
    final = run.equity["equity"].iloc[-1]
    for text in (repr(run), run._repr_html_()):
        assert "Small-cap rotation, 2104-01-01 to 2104-12-31" in text
        assert "Hold ETH" in text
        assert "It rests on" in text
    assert "<h1>Small-cap rotation, a paper backtest</h1>" in run.report()
    lines = {line.name: line for line in run.chart("equity").data}
    assert np.isclose(lines["Strategy"].y[-1], final)
    assert np.isclose(run.chart("drawdown").data[0].y[-1], final / max(run.equity["equity"]) - 1)
    assert run.chart("weights").data is not None
    with pytest.raises(ConfigError, match="equity"):
        run.chart("equitty")
