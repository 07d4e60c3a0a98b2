"""Every command as a user types it: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bot.settings.loader import load_config
from tests.cli.running import BOT, ROOT, bot, bot_process, error_of

pytestmark = pytest.mark.slow

FEW = ["--set", "demo.spread_seeds=2"]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("user")
    return folder, bot("backtest", *FEW, "--json", cwd=folder)


def test_json_is_one_object_on_standard_output_and_the_rest_goes_to_standard_error(
    ran: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, done = ran
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert {"run_id", "run_dir", "market", "summary", "warnings"} <= set(told)
    assert (folder / told["run_dir"] / "report.html").is_file()
    assert "Market: DEMO" in done.stderr.splitlines()[0]
    share = told["summary"]["random_timing"]["at_least_as_well"]
    assert f"{share:.0%} of random timings did at least as well." in done.stderr
    assert "The thesis on this data: not studied yet." in done.stderr


def test_output_fits_eighty_columns(ran: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    table = [line for line in ran[1].stderr.splitlines() if not line.startswith(("Warning", "Report"))]
    assert max(map(len, table)) <= 80
    assert "…" not in ran[1].stderr


def test_runs_lists_the_run_and_verifies_its_ledger(ran: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, done = ran
    run_id = json.loads(done.stdout)["run_id"]
    listed = bot("runs", "--verify", cwd=folder)
    assert listed.returncode == 0
    assert run_id in listed.stdout
    assert "ledger valid" in listed.stdout


def test_a_misspelt_run_gets_the_nearest_name(ran: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, done = ran
    run_id = json.loads(done.stdout)["run_id"]
    assert f"did you mean '{run_id}'?" in error_of(bot("runs", run_id[:-1] + "x", cwd=folder), 5)


def test_a_tampered_ledger_is_named_with_exit_code_5(
    ran: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    import sqlite3

    folder = tmp_path / "logs" / "runs"
    folder.mkdir(parents=True)
    source = ran[0] / json.loads(ran[1].stdout)["run_dir"]
    (folder / "copy").mkdir()
    for path in source.iterdir():
        (folder / "copy" / path.name).write_bytes(path.read_bytes())
    connection = sqlite3.connect(folder / "copy" / "ledger.sqlite3")
    connection.execute("DROP TRIGGER events_are_never_changed")
    connection.execute("UPDATE events SET body = replace(body, '1', '2') WHERE sequence = 900")
    connection.commit()
    connection.close()
    assert "row 900" in error_of(bot("runs", "copy", "--verify", cwd=tmp_path), 5)


def test_signal_tells_the_stage_each_reading_and_why(tmp_path: Path) -> None:
    done = bot("signal", "--at", "2105-03-15", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert {"at", "stage", "previous_stage", "weights", "reasons", "readings"} <= set(told)
    assert told["readings"]["credit"].keys() == {"value", "threshold", "verdict", "gate"}
    assert told["reasons"]


def test_signal_in_the_terminal_says_it_in_words(tmp_path: Path) -> None:
    done = bot("signal", "--at", "2105-03-15", cwd=tmp_path)
    assert "Stage: " in done.stdout
    assert "VIX" in done.stdout


def test_signal_under_json_carries_the_waterfall_and_the_supercycle_score(tmp_path: Path) -> None:
    told = json.loads(bot("signal", "--at", "2105-03-15", "--json", cwd=tmp_path).stdout)
    for layer in told["waterfall"]:
        assert layer["arrow"] in ("up", "flat", "down")
        assert layer["state"] in ("easing", "tight")
    assert told["waterfall"][0]["name"] == "net_liquidity"
    assert [part["name"] for part in told["supercycle"]["parts"]] == [
        "long_run",
        "dips_bought",
        "sectors_rotate",
        "high_beta",
    ]
    assert told["supercycle"]["known"] == 4
    assert told["supercycle"]["score"] == sum(part["verdict"] == "yes" for part in told["supercycle"]["parts"])


def test_signal_shows_the_waterfall_in_eighty_columns_a_line_a_layer(tmp_path: Path) -> None:
    shown = bot("signal", "--at", "2105-03-15", cwd=tmp_path).stdout.splitlines()
    waterfall = shown[next(i for i, line in enumerate(shown) if "Waterfall" in line) :]
    titles = ["Net liquidity", "Treasury account", "Credit", "Broad equities", "Small caps / broad"]
    assert [line[1:].split("  ")[0] for line in waterfall[2:7]] == titles
    assert any(arrow in waterfall[2] for arrow in "↑→↓")
    assert max(map(len, shown)) <= 80
    assert any(line.startswith("Supercycle score: ") for line in waterfall)
    assert not any(re.search(r"\d\.0000|\d\.00\b", line) for line in shown if "ession" in line or "advance" in line)
    assert not any("\x1b" in line for line in shown)


def test_signal_of_a_market_of_three_series_says_no_data_in_eighty_columns(tmp_path: Path) -> None:
    folder = csv_folder(tmp_path / "prices")
    shown = bot("signal", "--data-dir", str(folder), cwd=tmp_path).stdout
    waterfall = shown[shown.index("Waterfall") :]
    assert waterfall.count("no data: absent") == 6 + 2  # layers, and parts of the score
    assert "tight" not in waterfall
    assert "Supercycle score: no data for any of its 4 parts." in waterfall
    assert max(map(len, waterfall.splitlines())) <= 80


def test_signal_in_a_terminal_without_unicode_says_its_arrows_in_words(tmp_path: Path) -> None:
    done = bot_process("signal", "--at", "2105-03-15", cwd=tmp_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert any(f"|{word} " in done.stdout for word in ("up", "flat", "down"))


def test_colours_are_off_where_the_user_says_so(tmp_path: Path) -> None:
    coloured = bot_process("signal", "--at", "2105-03-15", cwd=tmp_path, FORCE_COLOR="1").stdout
    plain = bot_process("signal", "--at", "2105-03-15", cwd=tmp_path, FORCE_COLOR="1", NO_COLOR="1").stdout
    assert "\x1b[32m" in coloured
    assert "\x1b[32m" not in plain


@pytest.mark.parametrize("command", [["check"], ["show"], ["schema"], ["check", "gated.yaml"]])
def test_config_commands_work(command: list[str], tmp_path: Path) -> None:
    arguments = [str(ROOT / "config" / a) if a.endswith(".yaml") else a for a in command]
    done = bot("config", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


# --- bad input ----------------------------------------------------------------------------------------------------


def csv_folder(folder: Path, **changes: str | None) -> Path:
    """A small sound folder of prices with some files replaced, or left out (None)."""
    folder.mkdir()
    rows = "".join(f"2024-01-{day:02d},1,1,1,1,1000000\n" for day in range(1, 31))
    sessions = "".join(f"2024-01-{day:02d},1,1,1,1,1\n" for day in (2, 3, 4, 5, 8, 9, 10, 11, 12))
    head = "date,open,high,low,close,volume\n"
    files: dict[str, str | None] = {"RUT": head + sessions, "ETH": head + rows, "BTC": head + rows, **changes}
    for symbol, text in files.items():
        if text is not None:
            (folder / f"{symbol}.csv").write_text(text)
    return folder


HEAD = "date,open,high,low,close,volume\n"
BAD_DATA: dict[str, tuple[dict[str, str | None], str]] = {
    "missing": ({"ETH": None}, "ETH.csv is missing"),
    "empty": ({"ETH": ""}, "ETH.csv"),
    "header only": ({"ETH": HEAD}, "no rows"),
    "unordered": ({"ETH": HEAD + "2024-01-02,1,1,1,1,1\n2024-01-01,1,1,1,1,1\n"}, "line 3"),
    "duplicate": ({"ETH": HEAD + "2024-01-02,1,1,1,1,1\n2024-01-02,1,1,1,1,1\n"}, "line 3"),
    "text": ({"ETH": HEAD + "2024-01-02,1,1,1,one,1\n"}, "line 2"),
    "zero": ({"ETH": HEAD + "2024-01-02,1,1,1,0,1\n"}, "line 2"),
    "negative": ({"ETH": HEAD + "2024-01-02,-1,1,1,1,1\n"}, "line 2"),
    "infinite": ({"ETH": HEAD + "2024-01-02,1,inf,1,1,1\n"}, "line 2"),
    "high under low": ({"ETH": HEAD + "2024-01-02,1,1,2,1,1\n"}, "line 2"),
    "never together": ({"ETH": HEAD + "2025-06-01,1,1,1,1,1\n", "BTC": HEAD + "2025-07-01,1,1,1,1,1\n"}, "on no day"),
    "twice a column": ({"ETH": "date,close,close\n2024-01-02,1,1\n"}, "occurs twice"),
    "cut row": ({"ETH": HEAD + "2024-01-02,1,1,1\n"}, "number of fields"),
    "year nought": ({"ETH": HEAD + "0001-01-02,1,1,1,1,1\n"}, "1900-01-01 on"),
    "short date": ({"ETH": HEAD + "2024-1-2,1,1,1,1,1\n"}, "YYYY-MM-DD"),
    "no price": ({"ETH": HEAD + "2024-01-02,1,1,1,1e300,1\n"}, "close is no price"),
    "future": ({"ETH": HEAD + "2999-01-02,1,1,1,1,1\n"}, "future"),
    "no close": ({"ETH": "date,open\n2024-01-02,1\n"}, "close"),
}


@pytest.mark.parametrize("fault", BAD_DATA)
def test_bad_prices_get_one_line_and_exit_code_3(fault: str, tmp_path: Path) -> None:
    changes, expected = BAD_DATA[fault]
    folder = csv_folder(tmp_path / "prices", **changes)
    assert expected in error_of(bot("signal", "--data-dir", str(folder), cwd=tmp_path), 3)


BAD_USE: dict[str, tuple[list[str], int, str]] = {
    "unknown key": (["signal", "--set", "rotation.gate.credit=false"], 2, "did you mean 'rotation.gates'?"),
    "wrong type": (["signal", "--set", "rotation.breakout.base_sessions=month"], 2, "base_sessions"),
    "out of range": (["signal", "--set", "sizing.volume_share=2"], 2, "volume_share"),
    "no assignment": (["signal", "--set", "rotation"], 2, "key=value"),
    "contradiction": (["signal", "--set", "rotation.stale.leave_after=1"], 2, "leave_after"),
    "no config": (["signal", "--config", "gatd.yaml"], 2, "did you mean 'gated.yaml'?"),
    "no date": (["signal", "--at", "yesterday"], 2, "YYYY-MM-DD"),
    "no decision that day": (["signal", "--at", "1999-01-01"], 3, "a day from"),
    "ends before it begins": (
        ["backtest", "--start", "2105-02-01", "--end", "2105-01-01"],
        2,
        "--end: the window ends before it begins",
    ),
    "no such word": (["walkforward", "--by", "luck"], 2, "Invalid value for '--by': 'luck' is not one of"),
    "starts before the data": (["backtest", "--start", "2001-01-01"], 3, "outside the data"),
    "no folder": (["backtest", "--data-dir", "nowhere"], 3, "no such folder"),
    "demo and folder": (["backtest", "--market", "demo", "--data-dir", "x"], 2, "contradict"),
    "both the same": (["signal", "--set", "roles.eth=BTC"], 2, "both BTC"),
    "no stablecoin": (["signal", "--set", "roles.stablecoin=ETH"], 2, "of kind stablecoin"),
    "more than all": (["signal", "--set", "start_equity=1e400"], 2, "start_equity"),
    "not in this market": (["backtest", *FEW, "--set", "overrides.no_trade=[SOL]"], 2, "no_trade names SOL"),
    "no strategy file": (["signal", "--set", "strategy={file: nowhere.py}"], 2, "`bot new-strategy NAME` writes one"),
}


@pytest.mark.parametrize("use", BAD_USE)
def test_bad_use_gets_one_line_and_its_exit_code(use: str, tmp_path: Path) -> None:
    arguments, code, expected = BAD_USE[use]
    assert expected in error_of(bot(*arguments, cwd=tmp_path), code)


def test_an_error_under_json_is_json(tmp_path: Path) -> None:
    done = bot("backtest", "--data-dir", "nowhere", "--json", cwd=tmp_path)
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["error"]["exit_code"] == done.returncode == 3
    assert told["error"]["type"] == "DataError"


def test_an_unsafe_yaml_tag_is_refused_and_not_run(tmp_path: Path) -> None:
    (tmp_path / "evil.yaml").write_text("state: !!python/object/apply:os.system ['touch pwned']\n")
    assert "not safe YAML" in error_of(bot("config", "check", "evil.yaml", cwd=tmp_path), 2)
    assert not (tmp_path / "pwned").exists()


def test_an_output_folder_that_cannot_be_made_is_exit_code_5(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert "cannot be written" in error_of(bot("backtest", *FEW, "--out", "file/run", cwd=tmp_path), 5)


def test_an_output_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine").write_text("mine")
    assert "not empty" in error_of(bot("backtest", *FEW, "--out", "run", cwd=tmp_path), 5)
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["mine"]


def test_a_strategy_that_reads_the_future_is_refused(tmp_path: Path) -> None:
    (tmp_path / "oracle.py").write_text(
        "from decimal import Decimal\n"
        "import numpy as np\n"
        "from bot.core.decision import Decision\n"
        "from bot.core.moments import utc\n"
        "class Oracle:\n"
        "    name = 'oracle'\n"
        "    def decisions(self, market):\n"
        "        eth = market[market.roles.eth]\n"
        "        made = []\n"
        "        for at in market.decision_times:\n"
        "            row = eth.row(at.astype('datetime64[D]'))\n"
        "            up = row is not None and eth.close[row] > eth.open[row]\n"
        "            weights = {eth.symbol: Decimal('0.5')} if up else {}\n"
        "            made.append(Decision(utc(at), 'S', 'S', weights, ('oracle',)))\n"
        "        return made\n"
        "def strategy():\n"
        "    return Oracle()\n"
    )
    done = bot("backtest", *FEW, "--set", "strategy={file: oracle.py}", cwd=tmp_path)
    assert "reads the future" in error_of(done, 2)


@pytest.mark.parametrize(
    ("command", "state"),
    [
        ("backtest", "finished work is kept; the run folder of the interrupted run is marked INCOMPLETE"),
        ("signal", "finished work is kept"),
        ("paper replay", "a replay is written when it is whole, so nothing was written"),
    ],
)
def test_an_interruption_says_what_the_command_leaves(
    command: str, state: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from bot.cli import main

    monkeypatch.setattr(main, "command_line", lambda: lambda *_, **__: main.INTERRUPTED)
    with pytest.raises(SystemExit, match="130"):
        main.main(command.split())
    assert capsys.readouterr().err == f"Error: interrupted; {state}\n"


def test_an_interrupted_run_is_marked_and_not_believed(tmp_path: Path) -> None:
    import signal
    import time

    process = subprocess.Popen(
        [*BOT, "backtest", "--out", "run"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    marker = tmp_path / "run" / "INCOMPLETE"
    deadline = time.monotonic() + 60
    while not marker.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert "Error: interrupted" in errors
    assert marker.exists()
    (tmp_path / "logs" / "runs").mkdir(parents=True)
    (tmp_path / "run").rename(tmp_path / "logs" / "runs" / "run")
    assert "interrupted" in bot("runs", cwd=tmp_path).stdout
    assert "interrupted" in error_of(bot("runs", "run", "--verify", cwd=tmp_path), 5)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="the children of a process are read from /proc")
def test_a_killed_run_is_marked_and_leaves_no_process_behind(tmp_path: Path) -> None:
    import time

    process = subprocess.Popen(
        [*BOT, "backtest", "--out", "run"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    listing = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    deadline = time.monotonic() + 90
    children: list[str] = []
    while not children and time.monotonic() < deadline:
        time.sleep(0.05)
        children = listing.read_text().split()
    process.kill()
    process.wait()
    assert children, "the worlds' processes never began"
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [child for child in children if Path(f"/proc/{child}").exists()]
    assert (tmp_path / "run" / "INCOMPLETE").exists()


def test_seeds_of_the_demo_are_an_option(tmp_path: Path) -> None:
    options = ["--start", "2111-01-01", "--set", "demo.seed=7", "--set", "benchmarks.random_shifts=10"]
    done = bot("backtest", "--seeds", "3", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    [folder] = (tmp_path / "logs" / "runs").iterdir()
    kept = json.loads((folder / "manifest.json").read_text())["config"]
    assert (kept["demo"]["spread_seeds"], kept["demo"]["seed"]) == (3, 7)
    assert "3 seeds" in (folder / "report.html").read_text()
    assert load_config().demo.spread_seeds == 10


def test_seeds_of_real_prices_are_refused(tmp_path: Path) -> None:
    (tmp_path / "prices").mkdir()
    message = error_of(bot("backtest", "--seeds", "50", "--data-dir", "prices", cwd=tmp_path), 2)
    assert message == "Error: --seeds: is for the demo market; leave it out, or add --market demo"
