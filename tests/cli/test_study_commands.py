"""`bot study` on the command line: help, and faults of one line."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.cli.main import main
from bot.cli.peek import note_command
from bot.infra.clock import SystemClock
from bot.ledger.plan_log import plan_log
from bot.study.plan import load_plan
from bot.study.registration import register
from bot.study.sections import SECTIONS

QUARTER = ["--start", "2104-01-01", "--end", "2104-03-31"]
QUICK = ["--set", "demo.spread_seeds=2", "--set", "benchmarks.random_shifts=10"]


def code_of(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["study", *arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_the_help_names_every_section(capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of("--help") == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in SECTIONS)


@pytest.mark.parametrize("command", [(), ("register",), ("worlds",)])
def test_a_plan_without_its_event_file_is_one_line_and_one_object(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    plan = tmp_path / "own.yaml"
    plan.write_text("extends: study.yaml\nsignal: {file: none.py}\n")
    assert code_of(*command, "--plan", str(plan), "--json") == 2
    shown = capsys.readouterr()
    assert json.loads(shown.out)["error"]["exit_code"] == 2
    assert shown.err.splitlines()[-1].startswith("Error: none.py: there is no such event file")


def test_a_backtest_after_the_date_of_a_plan_writes_a_peek(tmp_path: Path) -> None:
    now = SystemClock().now()
    register(tmp_path, load_plan(), now - timedelta(days=9))
    note_command(tmp_path, "bot backtest", (now - timedelta(days=1)).date())
    note_command(tmp_path, "bot backtest", (now - timedelta(days=1)).date())
    note_command(tmp_path, "bot review", None)
    entries = plan_log(tmp_path).entries()
    assert [entry.body.get("command") for entry in entries] == [None, "bot backtest"]


@pytest.mark.slow
@pytest.mark.parametrize("command", [("sweep", "--name", "one"), ("walkforward", "--test", "2y")])
def test_a_broken_log_refuses_to_show_many_sets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    register(tmp_path, load_plan(), datetime(2026, 3, 1, tzinfo=UTC))
    log = plan_log(tmp_path).path
    log.write_text(log.read_text().replace("confirmed", "breakout"))
    (tmp_path / "config.yaml").write_text(f"extends: default.yaml\nstate: {tmp_path}\n")
    drawn = ["--sampler", "random", "--sets", "1", "--market", "demo", "--config", str(tmp_path / "config.yaml")]
    with pytest.raises(SystemExit) as ended:
        main([*command, *drawn])
    assert ended.value.code == 5
    shown = capsys.readouterr()
    assert "the chain is broken" in shown.err
    assert "Return" not in shown.out


def test_a_broken_log_refuses_to_show_a_backtest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    register(tmp_path, load_plan(), datetime(2026, 3, 1, tzinfo=UTC))
    log = plan_log(tmp_path).path
    log.write_text(log.read_text().replace("confirmed", "breakout"))
    with pytest.raises(SystemExit) as ended:
        main(["backtest", "--market", "demo", "--set", f"state={tmp_path}", *QUARTER, *QUICK])
    assert ended.value.code == 5
    assert "the chain is broken" in capsys.readouterr().err


def test_an_unknown_section_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of("--only", "nuls") == 2
    assert capsys.readouterr().err == "Error: --only: there is no such section; was nuls; did you mean 'nulls'?\n"


@pytest.mark.slow
def test_the_status_names_its_market(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a store it reads the demo market, whose years are after each registration."""
    monkeypatch.chdir(tmp_path)
    assert code_of("register") == 0
    assert code_of("status") == 0
    assert "Market: DEMO, synthetic prices" in capsys.readouterr().out
