"""The whole check as a user runs it: verdict, exit code, JSON, and what a backtest says of its own quick form."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from bot.backtest.check.check_days import FULL, QUICK
from bot.backtest.check.check_result import CheckFinding, CheckPart, StrategyVerdict
from bot.backtest.check.full_check import check_in_full
from bot.backtest.strategy_check import check_strategy
from bot.core.market import Market
from bot.core.moments import midnight
from tests.backtest.check.faulty import ROOT, config_of, file_of, market, subject_of
from tests.cli.running import bot, error_of
from tests.markets import config_with

EXAMPLE = ROOT / "strategies" / "examples" / "eth_trend.py"


def test_the_verdict_names_the_parts_that_fail_before_those_that_see_nothing() -> None:
    fault = CheckFinding("reads the clock", name="time.time", file="mine.py", line=3)
    blind, failed, fine = CheckPart("poison", "", is_blind=True), CheckPart("purity", "", (fault,)), CheckPart("a", "")
    assert StrategyVerdict("mine", [fine, blind, failed]).line == "mine fails: purity."
    assert StrategyVerdict("mine", [fine, blind]).line == "mine passes, but the check cannot see: poison."
    verdict = StrategyVerdict("mine", [fine, failed], ("poison",)).to_dict()
    assert (verdict["verdict"], verdict["unchecked"]) == ("fails", ["poison"])
    assert failed.to_dict()["findings"] == [
        {"sentence": "reads the clock", "day": None, "fields": [], "name": "time.time", "file": "mine.py", "line": 3}
    ]


def test_a_backtest_says_what_its_quick_check_left_out() -> None:
    subject = subject_of("peeks_if_absent")
    sentence = check_strategy(subject.make(), subject.market, subject.whole.decisions, 4)
    assert sentence.startswith(
        f"Strategy check: later rows were removed at 4 times, 4 of them among the {len(subject.changes)} days"
    )
    assert "Not checked: other days, absurd later rows, warm-up, new processes" in sentence
    assert check_strategy(subject.make(), subject.market, subject.whole.decisions, 0) == ""


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    assert "there is no such strategy file" in error_of(bot("check", "nowhere.py", cwd=tmp_path), 2)


@pytest.mark.slow
@pytest.mark.parametrize("file", [str(EXAMPLE), None], ids=["example", "rotation"])
def test_honest_strategies_pass_every_part(file: str | None, demo: Market) -> None:
    short = demo.as_of(midnight(date(2105, 1, 1)))
    said: list[str] = []
    verdict = check_in_full(config_with({"strategy": {"file": file}} if file else {}), short, FULL, said.append)
    assert verdict.passes, verdict.to_dict()
    (left_out,) = verdict.unchecked
    assert left_out.endswith("days on which it keeps its mind")
    assert [part.name for part in verdict.parts] == ["look-ahead", "poison", "warm-up", "reproducibility", "purity"]
    removed = verdict.parts[0]
    assert dict(removed.figures)["changes_checked"] == dict(removed.figures)["days_of_change"]
    assert "a planted peek of one day is found" in removed.sentence
    assert said[0].startswith("The strategy is asked ")


@pytest.mark.slow
def test_a_strategy_by_chance_is_not_accused_of_a_peek() -> None:
    verdict = check_in_full(config_of("tosses_coin"), market(), QUICK)
    assert verdict.line == "tosses_coin fails: reproducibility, purity."
    (left_out,) = verdict.unchecked
    assert left_out.startswith("look-ahead, poison and warm-up")


@pytest.mark.slow
@pytest.mark.parametrize("file", [str(file_of("reads_file")), "reads_file.py"], ids=["whole path", "name"])
def test_the_command_names_the_fault_and_ends_with_2(tmp_path: Path, file: str) -> None:
    shutil.copy(file_of("reads_file"), tmp_path)
    done = bot("check", file, "--quick", "--market", "demo", "--json", cwd=tmp_path)
    assert error_of(done, 2) == f"Error: {file}: the strategy fails: purity"
    found = json.loads(done.stdout)
    assert (found["verdict"], found["error"]["exit_code"]) == ("fails", 2)
    purity = found["parts"][-1]
    assert (purity["findings"][0]["file"], purity["findings"][0]["line"]) == (file, 14)
    assert "reads_file.py line 14" in done.stderr


@pytest.mark.slow
def test_the_command_takes_parameters_from_a_config_that_names_the_file(tmp_path: Path) -> None:
    config = tmp_path / "mine.yaml"
    config.write_text(f"extends: default.yaml\nstrategy: {{file: {EXAMPLE}, parameters: {{days: 30}}}}\n")
    done = bot("check", str(EXAMPLE), "--quick", "--config", str(config), "--market", "demo", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    warm_up = json.loads(done.stdout)["parts"][2]
    # An average of 30 rows is whole after 30 days; `previous` and `trade` follow on the next.
    assert warm_up["days_needed"] in (30, 31)
