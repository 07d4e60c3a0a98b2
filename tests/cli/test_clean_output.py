"""Names and messages from outside reach no output as commands, formulas or markup."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from bot.core.errors import LedgerError
from bot.core.orders import Side
from bot.ledger.run_folder import _csv
from tests.cli.running import BOT, ROOT, bot
from tests.review.records import began, decided, order, record, valued

EVIL = '=HYPERLINK("http://x")\x1b]0;owned\x07\u202e|<b>'
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
COMMANDS = (
    *("review paper", "review story paper", "review why --run paper", "review trades", "review trades --csv"),
    *("review trades --md", "review orders", "review orders --csv", "review orders --md", "review decisions --csv"),
    *("review trades --by coin", "review verify", "paper list", "paper status", "paper notify --dry-run"),
)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A ledger whose coin, reasons and stage are hostile text."""
    record(
        tmp_path,
        [
            began(),
            decided(0, EVIL, EVIL, **{EVIL: "0.5"}),
            *order(0, Side.BUY, EVIL, "10", "50", why=EVIL),
            valued(0, "1000", "500", {EVIL: "50"}, **{EVIL: "10"}),
            decided(1, EVIL, EVIL, before=EVIL),
            *order(1, Side.SELL, EVIL, "10", "55", why=EVIL),
            valued(1, "1050", "1050"),
        ],
    )
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_prints_a_control_character(state: Path, command: str) -> None:
    done = bot(*command.split(), cwd=state)
    assert done.returncode == 0, done.stderr
    assert "HYPERLINK" in done.stdout or command in ("review verify", "paper list", "paper notify --dry-run")
    assert CONTROLS.findall(done.stdout + done.stderr) == []


def test_no_cell_of_a_csv_is_a_formula(state: Path) -> None:
    for name in ("trades", "orders", "decisions", "episodes"):
        cells = [
            cell for row in csv.reader(io.StringIO(bot("review", name, "--csv", cwd=state).stdout)) for cell in row
        ]
        assert not [cell for cell in cells if cell.startswith(("=", "@"))], name


def test_a_markdown_table_keeps_its_columns(state: Path) -> None:
    head, _, *rows = bot("review", "trades", "--md", cwd=state).stdout.splitlines()
    assert rows
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {head.count("|")}


def test_a_csv_of_a_run_folder_has_no_formula_and_keeps_its_numbers() -> None:
    table = pd.DataFrame({"symbol": ["=1+1", "ETH"], "pnl": ["-1.5", ""], "days": pd.Series([1, None], dtype=object)})
    assert _csv(table).decode() == "symbol,pnl,days\n'=1+1,-1.5,1\nETH,,\n"


def test_an_error_has_no_control_character() -> None:
    assert str(LedgerError("there is no coin \x1b[2J", where="a\u202eb")) == "a b: there is no coin  [2J"


def test_every_console_is_the_clean_one() -> None:
    """Another console, or a print, would be a way around it."""
    ways = re.compile(r"(?<![\w.])(?:Console\(|print\(|sys\.stdout\.write\()|import Console$", re.MULTILINE)
    found = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "bot").rglob("*.py")
        if [one for one in ways.findall(path.read_text("utf-8")) if one != "import Console"]
    }
    assert found == {"bot/cli/list_output.py", "bot/review/recording.py"}  # the last in an example of a docstring


@pytest.mark.parametrize("command", [["config", "schema"], ["data", "check", "--all", "--data-dir", "prices"]])
def test_a_closed_pipe_ends_with_0_and_in_silence(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "prices").mkdir()
    days = [f"2024-{month:02d}-{day:02d}" for month in (1, 2, 3) for day in range(1, 29)]
    for symbol in ("RUT", "ETH", "BTC"):
        rows = [f"{day},{2000 + number % 7}" for number, day in enumerate(days)]
        (tmp_path / "prices" / f"{symbol}.csv").write_text("\n".join(["date,close", *rows]) + "\n")
    reading, writing = os.pipe()
    os.close(reading)  # the reader is gone before the first line
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80"}
    try:
        done = subprocess.run(
            [*BOT, *command], cwd=tmp_path, env=environment, stdout=writing, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")
