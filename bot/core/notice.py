"""Notices: what a user is told of, and in which words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class NoticeKind(StrEnum):
    """What a notice is about; the config names those that are sent."""

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
    """One message: a title and a few plain sentences, short enough for a phone."""

    kind: NoticeKind
    title: str
    body: str
