"""Runs and `bot signal` name the trigger's faults and the universe before any figure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import bot
from tests.markets import closes_on_days, closes_on_sessions

CALM = [1500.0 - i % 2 for i in range(80)]
LINE = "Trigger: 1 record closes of RUT, 0 confirmed by IWM_RAW, 1 not confirmed."
FAULT = (
    "the record of RUT on 2019-04-29 (1600.00) is not confirmed by IWM_RAW (150.00): their ratio is 10.667, its band "
    "9.970 to 10.030"
)
UNIVERSE = "Universe: 2 coins of the folder; a coin without a file is missing."


@pytest.fixture(scope="module")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which RUT makes a record that IWM does not make."""
    folder = tmp_path_factory.mktemp("user") / "prices"
    folder.mkdir()
    closes = {
        "RUT": closes_on_sessions("2019-01-02", [*CALM, 1600.0]),
        "IWM_RAW": closes_on_sessions("2019-01-02", [close / 10 for close in CALM] + [150.0]),
        "BTC": closes_on_days("2019-01-01", [4000.0 + i for i in range(120)]),
        "ETH": closes_on_days("2019-01-01", [150.0 + i % 9 for i in range(120)]),
    }
    for symbol, rows in closes.items():
        lines = [f"{day},{close},{close},{close},{close},1000000000" for day, close in rows.items()]
        text = "\n".join(["date,open,high,low,close,volume", *lines, ""])
        (folder / f"{symbol}.csv").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.slow
def test_a_run_says_both_before_its_figures(prices: Path) -> None:
    done = bot("backtest", "--data-dir", str(prices), "--out", "run", cwd=prices.parent)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    at = {text: lines.index(text) for text in (UNIVERSE, LINE, f"Warning: {FAULT}")}
    table = next(i for i, line in enumerate(lines) if "Drawdown" in line)
    assert list(at.values()) == [at[UNIVERSE], at[UNIVERSE] + 1, at[UNIVERSE] + 2]
    assert at[f"Warning: {FAULT}"] < table
    assert done.stdout.count(FAULT) == 1
    summary = json.loads((prices.parent / "run" / "summary.json").read_text(encoding="utf-8"))
    assert summary["trigger"]["faults"] == [FAULT]
    assert summary["warnings"][0] == FAULT
    assert summary["universe"]["kind"] == "folder"
    assert "survivorship" not in summary
    report = (prices.parent / "run" / "report.html").read_text(encoding="utf-8")
    assert UNIVERSE in report
    assert FAULT in report


def test_a_signal_says_it_before_the_stage(prices: Path) -> None:
    done = bot("signal", "--data-dir", str(prices), "--at", "2019-04-30", cwd=prices.parent)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    stage = next(i for i, line in enumerate(lines) if line.startswith("Stage: "))
    assert lines.index(LINE) + 1 == lines.index(f"Warning: {FAULT}.") < stage


def test_a_signal_of_the_day_before_does_not_know_it(prices: Path) -> None:
    done = bot("signal", "--data-dir", str(prices), "--at", "2019-04-29", cwd=prices.parent)
    assert FAULT not in done.stdout
    assert "Trigger: 0 record closes of RUT, 0 confirmed by IWM_RAW." in done.stdout
