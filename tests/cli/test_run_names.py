"""Runs by name: the list, one run, removal, and the completion of names."""

from __future__ import annotations

import io
import json
from pathlib import Path
from unittest import mock

import pytest
from typer.main import get_group

from bot.cli import complete_names
from bot.cli.command_line import command_line
from bot.cli.list_output import Column, print_list
from bot.core.errors import ConfigError
from bot.ledger.run_folder import find_run
from bot.ledger.run_label import RunLabel, label_of, require_free_name, run_label
from tests.cli.running import bot, error_of

OLD, NEW = "20240101T000000Z-aaaaaaaa", "20240102T000000Z-bbbbbbbb"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Folder with an older named run of a config, a newer one without a name, and an interrupted one."""
    write(tmp_path, OLD, {"name": "gated", "note": "two years", "command": "bot backtest --config my/g.yaml"})
    write(tmp_path, NEW, {"command": "run_backtest()"})
    broken = tmp_path / "logs/runs/20240103T000000Z-cccccccc"
    broken.mkdir()
    (broken / "INCOMPLETE").touch()
    return tmp_path


def write(folder: Path, run_id: str, more: dict[str, str]) -> None:
    run = folder / "logs/runs" / run_id
    run.mkdir(parents=True)
    manifest = {"market": "demo", "config": {"rotation": {"entry": "gated"}}, **more}
    (run / "manifest.json").write_text(json.dumps(manifest))
    figures = {"total_return": 0.5, "max_drawdown": -0.25, "trades": 3}
    (run / "summary.json").write_text(
        json.dumps({"start": "2020-01-01", "end": "2021-12-31", "strategy": figures, "warnings": ["few trades"]})
    )


def test_the_list_has_the_newest_first_with_strategy_entry_config_and_name(folder: Path) -> None:
    assert bot("runs", cwd=folder).stdout.splitlines() == [
        "20240103T000000Z-cccccccc  interrupted: incomplete",
        f"{NEW}  2020-01-01 to 2021-12-31    +50.0%",
        "  rotation, entry gated, market demo",
        f"{OLD}  2020-01-01 to 2021-12-31    +50.0%  gated",
        "  rotation, entry gated, config g.yaml, market demo",
    ]


def test_a_run_is_found_by_its_name_by_every_command(folder: Path) -> None:
    assert find_run(folder / "logs/runs", "gated").run_id == OLD
    assert bot("runs", "gated", cwd=folder).stdout.startswith(OLD)
    shown = bot("runs", "show", "gated", cwd=folder).stdout
    assert "Note      two years\n" in shown
    assert "Drawdown  -25.0%\n" in shown
    assert shown.endswith("1 warning:\n- few trades\n")
    facts = json.loads(bot("runs", "show", "gated", "--json", cwd=folder).stdout)
    assert facts["command"] == "bot backtest --config my/g.yaml"
    assert (facts["max_drawdown"], facts["trades"], facts["warnings"]) == (-0.25, 3, ["few trades"])
    interrupted = bot("runs", "show", "20240103T000000Z-cccccccc", "--json", cwd=folder)
    assert json.loads(interrupted.stdout)["complete"] is False
    assert "did you mean 'gated'?" in error_of(bot("runs", "gatd", cwd=folder), 5)
    assert "did you mean 'gated'?" in error_of(bot("review", "gatd", cwd=folder), 5)


def test_a_run_is_removed_after_a_question_and_latest_is_then_the_one_before(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert "nothing was removed" in error_of(bot("runs", "rm", "latest", cwd=folder), 2)
    assert (folder / "logs/runs" / NEW).is_dir()
    done = bot("runs", "rm", "latest", NEW, "--yes", cwd=folder)
    assert done.returncode == 0
    assert done.stdout.endswith("Removed 1 run.\n")
    assert not (folder / "logs/runs" / NEW).exists()
    assert bot("runs", "latest", cwd=folder).stdout.startswith(OLD)


def test_a_removal_lists_the_runs_as_json(folder: Path) -> None:
    done = bot("runs", "rm", "gated", NEW, "--yes", "--json", cwd=folder)
    assert json.loads(done.stdout)["removed"] == [OLD, NEW]
    assert OLD in done.stderr


def test_no_run_is_removed_if_one_is_unknown_or_elsewhere(folder: Path) -> None:
    error_of(bot("runs", "rm", "gated", "unknown", "--yes", cwd=folder), 5)
    (folder / "logs/runs" / NEW).rename(folder / "mine")
    assert "by hand" in error_of(bot("runs", "rm", "gated", "mine", "--yes", cwd=folder), 2)
    assert (folder / "logs/runs" / OLD).is_dir()
    assert (folder / "mine").is_dir()


def test_a_name_is_given_once_and_means_no_other_thing(folder: Path) -> None:
    (folder / "logs/ledgers").mkdir()
    (folder / "logs/ledgers/paper.sqlite3").touch()
    for name in ("gated", "paper"):
        with pytest.raises(ConfigError, match="is the name of"):
            require_free_name(folder / "logs", name)
    require_free_name(folder / "logs", "another")
    for name in ("latest", "rm", NEW, "a/b", "-x", "x" * 41):
        with pytest.raises(ConfigError, match="--name"):
            run_label(name, "")
    with pytest.raises(ConfigError, match="--note"):
        run_label("", "x" * 501)
    assert label_of(run_label("mine", " why\n").to_dict()) == RunLabel("mine", "why")
    assert run_label("", "").to_dict() == {}


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("bot runs show ga", ["gated"]),
        ("bot runs rm 202401", ["20240103T000000Z-cccccccc", NEW, OLD]),
        ("bot runs s", ["show"]),
        ("bot runs l", ["list", "latest"]),
        ("bot review compare pa", ["paper"]),
        ("bot review trades --run ga", ["gated"]),
        ("bot paper status --ledger pa", ["paper"]),
    ],
)
def test_the_shell_completes_names(
    folder: Path, words: str, offered: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "logs/ledgers").mkdir()
    (folder / "logs/ledgers/paper.sqlite3").touch()
    monkeypatch.chdir(folder)
    for key, value in {
        "_BOT_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": len(words.split()) - 1,
    }.items():
        monkeypatch.setenv(key, str(value))
    with pytest.raises(SystemExit):
        get_group(command_line()).main([], prog_name="bot")
    assert capsys.readouterr().out.split() == offered


def test_completion_offers_no_name_where_the_config_is_faulty(tmp_path: Path) -> None:
    context = type("Context", (), {"params": {"config": str(tmp_path / "none.yaml")}})()
    assert complete_names.complete_records(context, "") == []


def test_a_date_stays_in_one_piece_however_narrow_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    columns = [Column("day", "Day"), *(Column(f"c{i}", f"Equal-weight {i}", True) for i in range(9))]
    row = {"day": "2026-03-17", **{f"c{i}": "1,234,567" for i in range(9)}}
    with mock.patch.dict("os.environ", COLUMNS="80"):
        print_list("rows", columns, [row, {**row, "day": None}], "table")
    assert "2026-03-17 " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "cannot be read"),
        ("[]", "cannot be read: it is no JSON object"),
        ("[" * 100_000, "cannot be read"),
        ("{}", "manifest.json: lacks the key 'market'"),
    ],
)
def test_a_damaged_run_is_listed_with_its_problem_and_can_be_removed(folder: Path, text: str, problem: str) -> None:
    (folder / "logs/runs" / NEW / "manifest.json").write_text(text)
    lines = bot("runs", cwd=folder).stdout.splitlines()
    assert lines[1].startswith(f"{NEW}  damaged: ") and problem in lines[1]
    assert lines[2].startswith(OLD)
    assert problem in json.loads(bot("runs", "--json", cwd=folder).stdout)["runs"][1]["problem"]
    assert problem in error_of(bot("runs", "show", NEW, cwd=folder), 5)
    assert bot("runs", "rm", NEW, "--yes", cwd=folder).returncode == 0
    assert not (folder / "logs/runs" / NEW).exists()
