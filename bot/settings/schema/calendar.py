"""The schema of `calendar`: corrections of the exchange's calendar."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from bot.settings.schema.values import Section


class CalendarSection(Section):
    """Closures of the New York Stock Exchange that the pinned calendar does not know."""

    closures: Annotated[list[date], Field(max_length=100)]
