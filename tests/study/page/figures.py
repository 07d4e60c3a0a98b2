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
        "data_to": "2026-03-18",
        "looks": [{"episodes": 5, "expected": ["2029-01-10", "2033-02-03", "2039-06-01"]}],
        "worlds": None,
    }


def cell(excess: float, word: str, **choices: Any) -> dict[str, Any]:
    """A cell of the multiverse."""
    own = {"event": "confirmed", "spacing": "front", "series": "RUT", "horizon": 63, "base": 21, "closes": 5}
    return {**own, "outcome": "ETH", **choices, "n": 7, "excess": excess, "p_up": 0.5, "word": word, "missing": None}


def outcome_row(label: str, **more: Any) -> dict[str, Any]:
    """A row of an outcome or a placebo."""
    figures = {"excess": 0.01, "p_up": 0.4, "detectable": 0.05, "interval_low": -0.02, "interval_high": 0.06}
    return {"outcome": label, "label": label, "n": 17, **figures, "missing": None, **more}


def rate(kind: str, word: str, effect: float, share: float, looks: str = "one look") -> dict[str, Any]:
    """A rate of the synthetic worlds."""
    return {"kind": kind, "word": word, "effect": effect, "looks": looks, "rate": share, "error": 0.01, "worlds": 100}


def curves() -> dict[str, Any]:
    """Two counted episodes and one that is not, over two sessions."""
    paths = {"2016-11-18": [0.0, 0.1, 0.3], "2017-02-16": [0.0, 0.5, 2.0], "2018-05-22": [0.0, -0.2, -0.8]}
    return {
        "sessions": [0, 1, 2],
        "episodes": [{"session": day, "counted": day[3] != "7", "path": path} for day, path in paths.items()],
        "mean": [0.0, -0.05, -0.25],
        "band_low": [0.0, -0.1, -0.2],
        "band_high": [0.0, 0.1, 0.2],
    }


def every_section() -> dict[str, Any]:
    """A section of each name, with the rows that its drawings read."""
    lags = [
        {"label": "ETH", "every": every, "sample": sample, "lag": lag, "correlation": 0.3, "low": 0.1, "high": 0.5}
        for every in ("week", "session")
        for sample in ("all", "2015-01-01/2019-12-31")
        for lag in (-1, 0, 1)
    ]
    other = {"session": "2016-11-18", "y": 0.3, "word": "INCONCLUSIVE", "excess": -0.3, "p_up": 0.9}
    absent = outcome_row("Micro caps", excess=None, p_up=None, missing="no rows", group="behind")
    rotation = {"variant": "as configured", "total_return": 0.95, "max_drawdown": -0.5, "sharpe": 0.4, "trades": 54}
    held = {"total_return": 9.5, "sharpe": 1.4, "is_better": True}
    null = {"null": "linear shifts", "excess": -0.2, "null_low": -0.4, "null_high": 0.5, "p_up": 0.9, "missing": None}
    return {
        "nulls": section([null]),
        "replication": section(
            [outcome_row("EEM", group="behind"), absent, outcome_row("SPX", group="before")], missing=["IWC"]
        ),
        "placebos": section([outcome_row("-63 sessions", placebo="time")]),
        "reverse": section([outcome_row("BTC", signal="BTC")]),
        "leadlag": section(lags),
        "multiverse": section([cell(-0.2, "NOT SUPPORTED"), cell(0.1, "INCONCLUSIVE", base=10)]),
        "dropone": section([other]),
        "tables": section([{"table": "config", **rotation, "missing": None}]),
        "benchmarks": section([{"benchmark": "BTC", **held}], sharpe=0.4, sr0=0.5, trials=812),
    }


def worlds() -> dict[str, Any]:
    """Rates of one kind of synthetic world, the size at no lead too large."""
    rows = [rate("calm", "SUPPORTED", effect, share) for effect, share in ((0.0, 0.09), (0.35, 0.2), (1.0, 0.8))]
    rows += [rate("calm", "NOT SUPPORTED", effect, share) for effect, share in ((0.0, 0.3), (0.35, 0.05), (1.0, 0.0))]
    return section(rows, faults=rows[:1])


def section(rows: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A section with rows."""
    return {"sentence": "A sentence.", "rows": rows, "does_not_show": "Everything else.", "definitions": {}, **more}
