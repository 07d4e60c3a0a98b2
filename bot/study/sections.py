"""The sections of a study by name, in the order of the report."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.study.benchmarks_section import benchmarks
from bot.study.drop_one import drop_one
from bot.study.lead_lag import lead_lag
from bot.study.multiverse_section import multiverse
from bot.study.nulls import nulls
from bot.study.placebos import placebos
from bot.study.replication import replication
from bot.study.reverse import reverse
from bot.study.study_data import StudyData
from bot.study.tables_section import tables
from bot.study.verdict_section import verdict


@dataclass(frozen=True, slots=True)
class StudySection:
    """A part of a study that can run alone.

    Attributes
    ----------
    title
        What is being done, for the progress line and the heading.
    compute
        Returns the figures as plain data, with a `sentence` on what they show.
    does_not_show
        One sentence.
    definitions
        Unit and definition of each figure by its key.
    """

    title: str
    compute: Callable[[StudyData], dict[str, Any]]
    does_not_show: str
    definitions: Mapping[str, str] = field(default_factory=dict)


def _section(title: str, compute: Callable[[StudyData], dict[str, Any]]) -> StudySection:
    """Return the section of a function, with DOES_NOT_SHOW and DEFINITIONS of its module."""
    module = sys.modules[compute.__module__]
    return StudySection(title, compute, module.DOES_NOT_SHOW, module.DEFINITIONS)


SECTIONS: Mapping[str, StudySection] = {
    "verdict": _section("Verdict", verdict),
    "nulls": _section("Other null distributions", nulls),
    "replication": _section("Replication by outcome", replication),
    "placebos": _section("Placebos in time, signal and outcome", placebos),
    "reverse": _section("The reverse claim", reverse),
    "leadlag": _section("Lead and lag of returns", lead_lag),
    "multiverse": _section("Multiverse", multiverse),
    "dropone": _section("Without each episode", drop_one),
    "tables": _section("Variants of the rotation", tables),
    "benchmarks": _section("The rotation against its benchmarks", benchmarks),
}
