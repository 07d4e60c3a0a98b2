"""The report of a study, from figures that are checked by hand."""

from __future__ import annotations

import copy
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from bot.study.page.study_page import TITLES, render
from tests.study.page.figures import ATTACK, curves, every_section, section, study, worlds


class Page(HTMLParser):
    """The tags and the texts of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self) -> str:
        return " ".join(self.texts)


def full() -> dict[str, Any]:
    """A study with every section, one more, and curves and worlds."""
    unheard = section([{"figure": 1.5, "flag": True, "list": [1, 2]}])
    figures = {**study({**every_section(), "unheard": unheard}), "worlds": worlds()}
    figures["sections"]["verdict"]["curves"] = curves()
    return figures


def hostile(figures: Any) -> Any:
    """Figures with markup in every text but the keys and what the page looks up by."""
    if isinstance(figures, dict):
        return {key: hostile(value) for key, value in figures.items()}
    if isinstance(figures, list):
        return [hostile(value) for value in figures]
    return f"{figures}{ATTACK}" if isinstance(figures, str) else figures


def test_the_head_has_the_word_its_date_and_what_it_was_made_from() -> None:
    text = Page(render(study())).text
    parts = ("NOT SUPPORTED", "Retrospective, 2026-03-18", "fragile", "2 plans, 812 variants", "2 series", "a1" * 8)
    for part in parts:
        assert part in text


def test_a_verdict_alone_makes_a_page() -> None:
    page = Page(render(study()))
    assert [tag["id"] for tag in page.all("section")] == ["verdict", "looks"]
    assert len(page.all("figure")) == 2


def test_a_full_study_makes_a_page_with_every_section_in_order() -> None:
    page = Page(render(full()))
    assert [tag["id"] for tag in page.all("section")] == [*TITLES, "unheard"]
    # Two of the verdict, lead and lag, and worlds; one of each other section.
    assert len(page.all("figure")) == 15


@pytest.mark.parametrize("name", every_section())
def test_any_section_can_be_absent_or_lack_its_data(name: str) -> None:
    figures = full()
    figures["sections"][name] = {"sentence": "Not computed: no series", "missing": "no series", "definitions": {}}
    assert "Not computed: no series" in Page(render(figures)).text
    figures["sections"][name] = section([])
    render(figures)
    del figures["sections"][name]
    assert name not in [tag["id"] for tag in Page(render(figures)).all("section")]


def test_a_section_without_drawable_rows_is_kept_as_a_table() -> None:
    figures = full()
    for row in figures["sections"]["multiverse"]["rows"]:
        row |= {"excess": None, "missing": "the market has no IWM"}
    page = Page(render(figures))
    assert "the market has no IWM" in page.text
    assert len(page.all("figure")) == 14


def test_every_section_says_what_it_does_not_show() -> None:
    assert Page(render(full())).text.count("It does not show: ") == len(TITLES) + 1


def test_the_page_has_no_script_and_no_remote_part() -> None:
    html = render(full())
    assert "<script" not in html
    assert re.findall(r"(?:https?:)?//[\w.]+", html.replace("http://www.w3.org/2000/svg", "")) == []
    assert re.findall(r"url\(|@import", html) == []


def test_every_drawing_has_a_label() -> None:
    drawings = [tag for tag in Page(render(full())).all("svg") if tag.get("class") == "drawing"]
    assert [tag["role"] for tag in drawings] == ["img"] * 15
    assert all(len(tag["aria-label"] or "") > 30 for tag in drawings)


def test_every_table_has_headings_and_a_caption() -> None:
    page = Page(render(full()))
    assert len(page.all("caption")) == len(page.all("table")) > 3
    assert all(tag.get("scope") in ("col", "row") for tag in page.all("th"))


@pytest.mark.parametrize("key", ["plan", "series", "market", "sections", "episodes", "verdict", "version", "worlds"])
def test_hostile_texts_are_escaped(key: str) -> None:
    figures = full()
    if key == "series":
        figures["series"] = {ATTACK: "c3"}
    else:
        figures[key] = hostile(copy.deepcopy(figures[key]))
    page = Page(render(figures))
    assert page.all("script") == [] and page.all("img") == []
    assert "alert('x')" in page.text


def test_a_rule_that_is_wrong_too_often_is_named_first() -> None:
    text = Page(render(full())).text
    assert "SUPPORTED in 9.0% ± 1.0% of worlds with a lead of 0.00 (calm, one look)" in text
    assert text.index("The rule is wrong too often") < text.index("Plan hash")
    assert "wrong too often" not in Page(render(study())).text


def test_the_demo_market_is_marked() -> None:
    figures = study()
    assert "synthetic market" not in Page(render(figures)).text
    figures["reads"] = ["DEMO-RUT", "DEMO-ETH"]
    assert "DEMO: synthetic market" in Page(render(figures)).text


def test_the_page_names_what_the_plan_compares() -> None:
    plan = study()["plan"]
    plan["signal"]["series"], plan["outcome"]["series"] = "HYG", "EEM"
    plan |= {"name": "credit", "claim": "Credit leads.", "subject": "credit"}
    figures = study(plan=plan)
    text = Page(render(figures)).text
    assert "counted episodes of High-yield bonds" in text and "log return of Emerging markets" in text
    assert re.findall(r"\b(?:ETH|Russell 2000|small caps)\b", text.replace("ETH", "", 2)) == []


def test_a_verdict_without_an_episode_says_that_nothing_is_judged() -> None:
    figures = study()
    figures["verdict"] = {**dict.fromkeys(figures["verdict"]), "word": "INCONCLUSIVE", "labels": [], "n": 0}
    figures["sections"]["verdict"] |= {"verdict": figures["verdict"], "distribution": None, "labels": []}
    page = Page(render(figures))
    assert "there is nothing to judge" in page.text
    assert [tag["id"] for tag in page.all("section")] == ["verdict", "looks"] and len(page.all("figure")) == 1


@pytest.mark.parametrize(
    ("changes", "meant"),
    [
        ({}, "A lead under +0.14 (+15%) is not ruled out"),
        ({"word": "SUPPORTED", "p_up": 0.01}, "Only 1.0% of all placements of the episodes do as well"),
        ({"word": "INCONCLUSIVE"}, "neither show a lead nor reject one of +0.35 (+42%)"),
        ({"word": "INCONCLUSIVE", "n": 4}, "Fewer than 5 counted episodes say nothing"),
    ],
)
def test_the_meaning_follows_the_word(changes: dict[str, Any], meant: str) -> None:
    assert meant in Page(render(study(**changes))).text
