"""Notices to the user: kinds and content."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class NoticeKind(StrEnum):
    """Subject of a notice; the config lists the kinds that are sent."""

    DECISION = "decision"
    KILL = "kill"
    FILL = "fill"
    SILENT_DAY = "silent day"
    DRIFT = "drift"
    DIFFERENCE = "difference"
    ERROR = "error"
    HEAD = "head"


@dataclass(frozen=True, slots=True)
class Notice:
    """Message with a title and a few plain sentences, short enough for a phone."""

    kind: NoticeKind
    title: str
    body: str
