"""The schema of `notify`: which notices of forward trading are sent, and how long that may take."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, Strict

from bot.core.notice import NoticeKind
from bot.settings.schema.values import Section


class NotifySection(Section):
    """Kinds of notices. Their addresses are secret and come from the environment."""

    kinds: list[NoticeKind]
    patience_seconds: Annotated[int, Strict(), Field(ge=1, le=300)]
