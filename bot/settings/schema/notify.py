"""The schema of `notify` and `watch`: the notices of forward trading, and the distances of near misses."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, Strict

from bot.core.notice import NoticeKind
from bot.settings.schema.values import Section, Share


class NotifySection(Section):
    """Kinds of notices. Their addresses are secret and come from the environment."""

    kinds: list[NoticeKind]
    patience_seconds: Annotated[int, Strict(), Field(ge=1, le=300)]


class WatchSection(Section):
    """Distances of near misses, as shares of the threshold by reading; `other` is for a strategy of the user's own.

    A near miss is gone at `gone_factor` times its distance.
    """

    near: dict[str, Share]
    other: Share
    gone_factor: Annotated[float, Strict(), Field(ge=1, le=100)]
