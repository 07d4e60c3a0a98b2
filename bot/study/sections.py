"""The sections of a study by name, in the order of the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.study import multiverse_section, nulls, verdict_section
from bot.study.study_data import StudyData


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


SECTIONS: Mapping[str, StudySection] = {
    "verdict": StudySection(
        "Verdict", verdict_section.verdict, verdict_section.DOES_NOT_SHOW, verdict_section.DEFINITIONS
    ),
    "nulls": StudySection("Other null distributions", nulls.nulls, nulls.DOES_NOT_SHOW, nulls.DEFINITIONS),
    "multiverse": StudySection(
        "Multiverse", multiverse_section.multiverse, multiverse_section.DOES_NOT_SHOW, multiverse_section.DEFINITIONS
    ),
}
