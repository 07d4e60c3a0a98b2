"""The newest study of the same data."""

from __future__ import annotations

import json
from pathlib import Path

from bot.ledger.newest_study import newest_study

SERIES = {"RUT": "1", "ETH": "2", "BTC": "3"}


def write_study(state: Path, name: str, made_at: str, word: str, series: dict[str, str]) -> None:
    folder = state / "study" / name
    folder.mkdir(parents=True)
    study = {
        "format": 1,
        "made_at": made_at,
        "plan": {"name": "small caps lead ETH"},
        "verdict": {"word": word, "labels": ["fragile"]},
        "series": series,
        "reads": ["RUT", "ETH"],
    }
    (folder / "study.json").write_text(json.dumps(study))


def test_the_newest_study_of_the_same_rows_is_found(tmp_path: Path) -> None:
    write_study(tmp_path, "a", "2026-01-01T00:00:00Z", "SUPPORTED", SERIES)
    write_study(tmp_path, "b", "2026-02-01T00:00:00Z", "NOT SUPPORTED", {**SERIES, "EEM": "9", "BTC": "another"})
    write_study(tmp_path, "c", "2026-03-01T00:00:00Z", "INCONCLUSIVE", {**SERIES, "ETH": "another"})
    found = newest_study(tmp_path, SERIES)
    assert found is not None
    assert found.line == "NOT SUPPORTED (fragile), retrospective, made on 2026-02-01"
    assert found.report == tmp_path / "study" / "b" / "report.html"


def test_data_without_a_study_and_unreadable_files_have_none(tmp_path: Path) -> None:
    assert newest_study(tmp_path, SERIES) is None
    (tmp_path / "study" / "a").mkdir(parents=True)
    for text in ("", "{", "[]", '{"format": 2}', '{"format": 1}', '{"format": 1, "made_at": 5}', "[" * 9000):
        (tmp_path / "study" / "a" / "study.json").write_text(text)
        assert newest_study(tmp_path, SERIES) is None
