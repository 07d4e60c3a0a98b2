"""The schema of `review`: the comparison of records."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.settings.schema.values import Section


class ReviewSection(Section):
    """The largest relative difference of price and quantity at which two fills count as equal."""

    fill_band: Annotated[float, Field(strict=True, gt=0, le=1)]
