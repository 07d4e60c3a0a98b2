"""docs/answer.md says what the study of the prices says, to the byte."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from bot.settings.loader import load_config
from bot.study.answer import answer_figures, answer_text, study_for_answer
from bot.study.plan import load_plan
from bot.study.study_folder import to_json
from bot.study.worlds.worlds_run import run_worlds
from tests.study.page.figures import curves, every_section, study, worlds

DOCS = Path(__file__).parents[2] / "docs"
PRICES = os.environ.get("MARKET_DATA_DIR", "")


def full() -> dict[str, object]:
    figures = {**study(every_section()), "worlds": worlds()}
    figures["sections"]["verdict"]["curves"] = curves()
    return figures


def test_the_first_sentence_is_the_verdict() -> None:
    title, first, *_ = answer_text(full()).split("\n\n")
    assert title == "# Does a breakout of small caps lead ETH?"
    assert first == "**NOT SUPPORTED**: a sentence of the verdict. Labels: fragile."


def test_every_section_has_its_figures_and_its_limits() -> None:
    text = answer_text(full())
    pictures = re.findall(r"\]\(answer/([\w-]+)\.svg\)", text)
    assert sorted(pictures) == sorted(answer_figures(full()))
    assert len(pictures) == 14
    assert text.count("*It does not show:*") == 12


def test_the_paths_of_single_episodes_are_left_out() -> None:
    assert not any("after every breakout" in svg for svg in answer_figures(full()).values())


def test_a_figure_is_a_file_of_its_own_in_both_colour_schemes() -> None:
    svg = answer_figures(full())["verdict-1"]
    assert svg.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert 'viewBox="0 0 720 290"' in svg
    assert "prefers-color-scheme: dark" in svg and "--strategy: #0b5fc4" in svg


def test_the_page_in_the_docs_has_every_figure_that_it_names() -> None:
    named = re.findall(r"\]\((answer/[\w-]+\.svg)\)", (DOCS / "answer.md").read_text(encoding="utf-8"))
    assert sorted(named) == sorted(f"answer/{path.name}" for path in (DOCS / "answer").glob("*.svg"))


@pytest.mark.slow
@pytest.mark.skipif(not PRICES, reason="MARKET_DATA_DIR names no folder of prices")
def test_every_number_of_the_page_is_what_the_study_says() -> None:
    tables = json.loads((DOCS / "answer" / "worlds.json").read_text(encoding="utf-8"))
    figures = study_for_answer(Path(PRICES), tables)
    assert answer_text(figures) == (DOCS / "answer.md").read_text(encoding="utf-8")
    kept = {path.stem: path.read_text(encoding="utf-8") for path in (DOCS / "answer").glob("*.svg")}
    assert answer_figures(figures) == kept


@pytest.mark.soak
def test_the_synthetic_worlds_of_the_page_are_those_of_the_plan(tmp_path: Path) -> None:
    found = json.loads(to_json(run_worlds(load_plan(), load_config().model_copy(update={"state": tmp_path}))))
    kept = json.loads((DOCS / "answer" / "worlds.json").read_text(encoding="utf-8"))
    # The hashes change with names and code that the figures do not depend on.
    hashes = {"key": "", "plan_sha256": ""}
    assert {**found, **hashes} == {**kept, **hashes}
