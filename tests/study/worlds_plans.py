"""A plan whose synthetic worlds are short, so that a test makes many of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.settings.loader import Config, load_config
from bot.study.plan import StudyPlan, load_plan

SHORT = {"index": {"sessions": 1500, "future": 900}, "outcome": {"first": 900, "sessions": 500}}


def short_plan(**changes: Any) -> StudyPlan:
    """The default plan with worlds of 2,400 sessions; `changes` are keys of its worlds."""
    plan = load_plan()
    index = plan.worlds.index.model_copy(update=SHORT["index"])
    outcome = plan.worlds.outcome.model_copy(update=SHORT["outcome"])
    worlds = plan.worlds.model_copy(update={"index": index, "outcome": outcome, **changes})
    return plan.model_copy(update={"worlds": worlds})


def config_in(folder: Path) -> Config:
    return load_config(None, {"state": str(folder)})
