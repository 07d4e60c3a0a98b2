"""A head that was kept elsewhere proves that a ledger still contains it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.errors import ConfigError
from bot.core.events import ConfigPeriod, Event
from bot.ledger.record import as_rows, verify_ledger, write_ledger
from bot.review.integrity.kept_heads import KeptHead, parse_head, read_heads
from tests.cli.running import bot, error_of
from tests.review.records import story

AB = "ab" * 32


def made(tmp_path: Path, events: Sequence[Event]) -> Path:
    """Write a ledger by the name `paper` and return its file."""
    path = tmp_path / "logs" / "ledgers" / "paper.sqlite3"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    write_ledger(path, as_rows(events))
    return path


def kept(tmp_path: Path, rows: int) -> str:
    """Return the head after so many rows of the story, as a notice of that day has it."""
    path = tmp_path / "then.sqlite3"
    path.unlink(missing_ok=True)
    write_ledger(path, as_rows(story()[:rows]))
    return ":".join(map(str, verify_ledger(path)))


def written_anew() -> list[Event]:
    """Return the story with one value of its first row changed and every later hash made to fit."""
    first, *others = story()
    assert isinstance(first, ConfigPeriod)
    return [replace(first, run_key="another"), *others]


class TestHead:
    def test_of_the_past_is_in_the_ledger_that_grew(self, tmp_path: Path) -> None:
        made(tmp_path, story())
        done = bot("review", "verify", "--head", kept(tmp_path, 6), "--head", kept(tmp_path, 8), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "heads  valid  contains all 2 heads that were kept, up to row 8" in done.stdout

    def test_of_a_row_that_was_cut_off_is_missed_though_the_chain_holds(self, tmp_path: Path) -> None:
        head = kept(tmp_path, 9)
        made(tmp_path, story()[:7])
        done = bot("review", "verify", "--head", head, cwd=tmp_path)
        assert "chain  valid" in done.stdout
        assert "a head of row 9 was kept: 2 rows cut off" in error_of(done, 5)

    def test_of_a_chain_written_anew_is_missed_though_the_chain_holds(self, tmp_path: Path) -> None:
        head = kept(tmp_path, 6)
        made(tmp_path, written_anew())
        done = bot("review", "verify", "--head", head, cwd=tmp_path)
        assert "chain  valid" in done.stdout
        assert "row 6 has another hash than the head that was kept" in error_of(done, 5)

    @pytest.mark.parametrize("text", ["", "6", f"0:{AB}", f"6:{AB[:-1]}", f"-6:{AB}", f"6:{AB}0", f"6;{AB}"])
    def test_of_another_form_is_refused(self, text: str) -> None:
        with pytest.raises(ConfigError, match="is no head"):
            parse_head(text)

    def test_of_every_ledger_at_once_is_refused(self, tmp_path: Path) -> None:
        assert "single ledger" in error_of(bot("review", "verify", "--all", "--head", f"1:{AB}", cwd=tmp_path), 2)


class TestHeadFile:
    def test_of_version_0_1_0_is_read_with_lines_broken_by_a_mail_program(self, tmp_path: Path) -> None:
        file = tmp_path / "notices.txt"
        file.write_text(
            f"mine: the record of 2026-03-02\nWorth 10,212.50 at the close of 2026-03-01. 41 rows up to 2026-03-02;\n"
            f"keep this, it proves them:\n{AB.upper()}\n"
        )
        assert read_heads(file, "mine") == [KeptHead(41, AB, f"{file} line 2")]

    def test_has_heads_of_several_ledgers_in_both_forms(self, tmp_path: Path) -> None:
        file = tmp_path / "notices.txt"
        file.write_text(
            f"mine: the record of 2026-03-02\n41 rows up to 2026-03-02; keep this, it proves them: 41:{AB}\n"
            f"other: the record of 2026-03-02\n7 rows up to 2026-03-02; keep this, it proves them: {AB}\n"
            f"mine: the record of 2026-03-03\n44:{AB}\n"
        )
        assert [head.rows for head in read_heads(file, "mine")] == [41, 44]
        assert [head.rows for head in read_heads(file, "other-20260304T000000Z")] == [7]
        with pytest.raises(ConfigError, match="has no head of third"):
            read_heads(file, "third")

    def test_with_a_head_that_was_cut_off_is_refused(self, tmp_path: Path) -> None:
        file = tmp_path / "notices.txt"
        file.write_text(f"41 rows up to 2026-03-02; keep this, it proves them: {AB[:40]}")
        with pytest.raises(ConfigError, match="cut off or changed"):
            read_heads(file, "mine")

    def test_finds_a_rewritten_chain(self, tmp_path: Path) -> None:
        rows, head = kept(tmp_path, 6).split(":")
        (tmp_path / "notices.txt").write_text(f"{rows} rows up to 2024-03-01; keep this, it proves them: {head}")
        made(tmp_path, story())
        assert bot("review", "verify", "--head-file", "notices.txt", cwd=tmp_path).returncode == 0
        made(tmp_path, written_anew())
        assert "notices.txt line 1" in error_of(bot("review", "verify", "--head-file", "notices.txt", cwd=tmp_path), 5)
