"""Figures of a small study by hand, as study.json has them."""

from __future__ import annotations

from typing import Any

from bot.study.plan import load_plan

ATTACK = "</style></svg><script>alert('x')</script><img src=http://evil.example onerror=alert(1)>"


def verdict_section(**changes: Any) -> dict[str, Any]:
    """The section of a verdict over seven episodes."""
    word = {
        "word": "NOT SUPPORTED",
        "labels": ["fragile"],
        "n": 7,
        "sessions": 2605,
        "excess": -0.22,
        "excess_without_best": -0.43,
        "count_up": 2190,
        "p_up": 0.8407,
        "count_low": 7,
        "p_low": 0.0027,
        "bound": 0.14,
        "detectable": 0.65,
        "placements": 29.6,
        "median": -0.36,
        "positive": 3,
    }
    edges = [i / 10 for i in range(-5, 6)]
    return {
        "verdict": {**word, **changes},
        "episodes": [
            {"session": "1989-06-12", "y": None, "counted": False, "reason": "before the outcome's data"},
            {"session": "2016-11-18", "y": 0.284, "counted": True, "reason": None},
            {"session": "2017-02-16", "y": 2.018, "counted": False, "reason": "too close"},
            {"session": "2026-01-22", "y": None, "counted": False, "reason": "open"},
        ],
        "labels": [{"name": "fragile", "cells": 486, "share": 0.48, "limit": 0.25, "holds": True}],
        "distribution": {"edges": edges, "no_lead": [1, 2, 3, 4, 5, 4, 3, 2, 1, 0], "with_lead": list(range(10))},
        "first": "2015-08-06",
        "last": "2025-12-12",
        "notes": [],
        "sentence": "NOT SUPPORTED: a sentence of the verdict.",
        "does_not_show": "That the next breakout will go the same way.",
        "definitions": {"excess": "Mean outcome less the mean over all sessions, log return"},
    }


Sections = dict[str, Any]


def study(sections: Sections | None = None, *, plan: Sections | None = None, **changes: Any) -> Sections:
    """A study with a verdict and some more sections; `changes` are of its verdict."""
    verdict = verdict_section(**changes)
    return {
        "format": 1,
        "version": "0.2.0",
        "made_at": "2026-03-18T12:00:00Z",
        "market": "prices",
        "plan": {**load_plan().model_dump(mode="json", by_alias=True), **(plan or {})},
        "plan_sha256": "a1" * 32,
        "data_sha256": "b2" * 32,
        "trials": {"plans": 2, "variants": 812},
        "series": {"RUT": "c3" * 32, "ETH": "d4" * 32},
        "reads": ["RUT", "ETH"],
        "verdict": verdict["verdict"],
        "episodes": verdict["episodes"],
        "sections": {"verdict": verdict, **(sections or {})},
    }


def cell(excess: float, word: str, **choices: Any) -> dict[str, Any]:
    """A cell of the multiverse."""
    own = {"event": "confirmed", "spacing": "front", "series": "RUT", "horizon": 63, "base": 21, "closes": 5}
    return {**own, "outcome": "ETH", **choices, "n": 7, "excess": excess, "p_up": 0.5, "word": word, "missing": None}


def section(rows: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A section with rows."""
    return {"sentence": "A sentence.", "rows": rows, "does_not_show": "Everything else.", "definitions": {}, **more}
