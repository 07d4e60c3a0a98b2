"""The schema of `review`: how records are held against each other."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.settings.schema.values import Section


class ReviewSection(Section):
    """Up to which difference a fill counts as the same."""

    fill_band: Annotated[float, Field(strict=True, gt=0, le=1)]
