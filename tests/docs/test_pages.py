"""The pages hold together: links lead somewhere, and every column, gate and knob that they tell of is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot import run_backtest
from bot.ledger.projections import COLUMNS
from bot.report.words import READINGS
from bot.settings.loader import load_config
from strategies.rotation.rules import Reason, Stage

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def text(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """The anchors of a page's titles, as code hosts make them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def dead_links(page: Path) -> list[str]:
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            dead.append(target)
    return dead


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert dead_links(page) == []


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# Title\n[a](#title) [b](#other) [c](gone.md)", encoding="utf-8")
    assert dead_links(tmp_path / "page.md") == ["#other", "gone.md"]


def test_every_picture_is_shown_by_a_page_and_is_small() -> None:
    shown = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    pictures = sorted((ROOT / "docs").rglob("*.png"))
    assert pictures
    assert [path.name for path in pictures if f"/{path.name})" not in shown] == []
    assert [path.name for path in pictures if path.stat().st_size > 400_000] == []


@pytest.mark.parametrize("table", COLUMNS)
def test_every_column_of_a_run_is_told(table: str) -> None:
    found = re.search(rf"^### {table}\.csv\n(.*?)(?=^##)", text("run-folder.md"), re.MULTILINE | re.DOTALL)
    told = found.group(1) if found else text("run-folder.md")
    assert [column for column in COLUMNS[table] if f"`{column}`" not in told] == []


def test_every_key_of_the_summary_is_told() -> None:
    summary = run_backtest(data_dir=ROOT / "docs" / "one-day").summary
    keys = {*summary, *summary["strategy"], *summary["benchmarks"]}
    assert [key for key in sorted(keys) if f"`{key}`" not in text("run-folder.md")] == []


def test_every_reading_stands_in_the_rotation_with_its_gate_as_the_config_has_it() -> None:
    rows = dict(re.findall(r"^\| `(\w+)`[^|]*\|.*\| (on|off|) ?\|$", text("rotation.md"), re.MULTILINE))
    gates = {name: "on" if on else "off" for name, on in load_config().rotation.gates.model_dump().items()}
    assert {name: rows.get(name) for name in READINGS} == {name: gates.get(name, "") for name in READINGS}


def test_every_move_stands_in_the_rotation_with_its_reason_code() -> None:
    page = text("rotation.md")
    told_elsewhere = ("WAITS_", "HOLDS", "COOLS_DOWN", "STALE", "PEG_BROKEN")
    codes = [reason.name.lower() for reason in Reason if not reason.name.startswith(told_elsewhere)]
    assert [code for code in codes if f"`{code}`" not in page] == []
    assert [stage.name for stage in Stage if f"| {stage.name}" not in page] == []


@pytest.mark.parametrize("page", ["data.md"])
def test_every_knob_of_the_demo_is_told_with_its_default(page: str) -> None:
    for name, value in load_config().demo.model_dump().items():
        shown = str(value).lower() if isinstance(value, bool) else f"{value:g}"
        assert re.search(rf"^\| `demo\.{name}` \|.*\| {re.escape(shown)} \|$", text(page), re.MULTILINE), name
