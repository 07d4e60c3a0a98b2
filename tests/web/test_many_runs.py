"""Pages of a state folder with many runs read few files, and never show old ones."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.ledger.run_folder import RunFolder
from bot.review.recording import all_records
from bot.web.runs_page import runs
from bot.web.site import Site


def test_a_list_of_runs_reads_the_runs_of_its_page_and_a_run_again_only_if_its_files_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(90):
        folder = tmp_path / "runs" / f"20240101T000000Z-{number:08x}"
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text('{"market": "x"}')
        figures = {"final_equity": number, "total_return": 0.0, "max_drawdown": 0.0}
        (folder / "summary.json").write_text(json.dumps({"start": "", "end": "", "strategy": figures}))
    read: list[str] = []
    as_before = RunFolder.json

    def reading(folder: RunFolder, name: str) -> dict[str, Any]:
        read.append(f"{folder.run_id[-2:]} {name}")
        return as_before(folder, name)

    monkeypatch.setattr(RunFolder, "json", reading)
    site = cast(Site, SimpleNamespace(records=lambda: all_records(tmp_path)))
    assert [row["equity"] for row in runs(site, 3).rows] == list(range(9, -1, -1))
    assert len(read) == 20
    assert [row["equity"] for row in runs(site, 3).rows] == list(range(9, -1, -1))
    assert len(read) == 20
    changed = tmp_path / "runs" / "20240101T000000Z-00000004"
    (changed / "summary.json").write_text((changed / "summary.json").read_text().replace("4", "40"))
    assert [row["equity"] for row in runs(site, 3).rows] == [9, 8, 7, 6, 5, 40, 3, 2, 1, 0]
    assert read[20:] == ["04 manifest.json", "04 summary.json"]
    (changed / "manifest.json").write_text("{")
    assert "cannot be read" in str(runs(site, 3).rows[5]["problem"])
