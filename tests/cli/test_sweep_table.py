"""Table of the best sets of a sweep, as the terminal shows it."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from rich.console import Console

from bot.cli import sweep as command
from bot.sweep.evidence import evidence_of
from tests.sweep.page.test_sweep_page import file_of, row


def shown(folder: Path, sets: list[tuple[int, float]]) -> list[str]:
    """Show sets of two numeric keys at 80 columns; a later set has a higher return."""
    rows = [row(number, {"a.closes": c, "a.fee": fee}, number / 10) for number, (c, fee) in enumerate(sets)]
    file, written = file_of(folder, rows), StringIO()
    command._show(Console(file=written, width=80), "wide", file.table(), evidence_of(file), [])
    return written.getvalue().splitlines()


def test_integers_of_a_grid_of_numbers_stay_integers(tmp_path: Path) -> None:
    lines = shown(tmp_path, [(closes, fee) for closes in (3, 5) for fee in (0.001, 0.002)])
    best = next(line.split() for line in lines if line.split()[:1] in (["3"], ["3.0"]))
    assert best == ["3", "+30.0%", "+50.0%", "0.50", "7", "4", "5,", "0.002"]


def test_a_table_of_the_best_sets_says_how_many_there_are(tmp_path: Path) -> None:
    many = shown(tmp_path / "many", [(closes, 0.001) for closes in range(12)])
    assert "10 of 12 sets, best first. All: bot sweep export wide --to wide.csv" in many
    ten = shown(tmp_path / "ten", [(closes, 0.001) for closes in range(10)])
    assert "best first" not in "".join(ten)


def test_sets_without_a_sharpe_ratio_have_an_empty_cell(tmp_path: Path) -> None:
    rows = [row(number, {"a.closes": number}, 0.0, sharpe=None) for number in range(2)]
    file, written = file_of(tmp_path, rows), StringIO()
    command._show(Console(file=written, width=80), "flat", file.table(), evidence_of(file), [])
    assert ["0", "0.0%", "+50.0%", "7", "4", "0"] in [line.split() for line in written.getvalue().splitlines()]


def test_time_left_counts_the_sets_of_this_run_alone() -> None:
    """250 of 500 sets were run before the stop, and 250 more took 10 s: the 500 that are left take 20 s."""
    assert command._progress(250, 1000, 250, 0.0) == "250 of 1,000 sets"
    assert command._progress(500, 1000, 250, 10.0) == "500 of 1,000 sets, about 20 s left"
