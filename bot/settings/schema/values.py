"""Types of values in a config, with their ranges."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, Strict

# Strict: YAML turns `yes` into True and "5" stays text; both would become numbers without it.
Share = Annotated[float, Strict(), Field(ge=0, le=1)]
Positive = Annotated[float, Strict(), Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Strict(), Field(ge=1, le=10_000)]
Symbol = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,29}$")]
PrintedName = Annotated[str, Strict(), Field(max_length=30, pattern=r"^[\w&.,'()/+-]+( [\w&.,'()/+-]+)*$")]
Switch = Annotated[bool, Strict()]
PositiveDecimal = Annotated[
    Decimal, Field(gt=0, ge=Decimal("1E-18"), le=Decimal("1E+18"), allow_inf_nan=False)
]  # a step of 1E-99999999 would overflow the first order


class Section(BaseModel):
    """A section of a config: unknown keys are refused, and values are read-only."""

    model_config = ConfigDict(extra="forbid", frozen=True)
