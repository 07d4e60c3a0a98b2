"""The schema of `quality`: thresholds of faults in market data."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import Field, Strict, model_validator

from bot.settings.schema.values import Count, Positive, Section, Share, Symbol

Level = Annotated[float, Strict(), Field(allow_inf_nan=False)]


class LimitsSection(Section):
    """A threshold for each kind of series."""

    coin: Positive
    stablecoin: Positive
    fund: Positive
    macro: Positive


class QualitySection(Section):
    """Windows in rows, moves and jumps as log returns, levels in the series' own unit."""

    allow: list[Symbol]
    window_gaps: Annotated[float, Strict(), Field(ge=0, le=0.5)]
    silent_days: Count
    macro_gap: Annotated[int, Strict(), Field(ge=0, le=100)]
    rounding: Share
    repeats: LimitsSection
    coarse_step: Positive
    coarse_rows: Count
    close_only_rows: Count
    jump_sigmas: Positive
    jump_window: Count
    jump_window_least: Count
    jump_least: LimitsSection
    power_of_ten: Annotated[float, Strict(), Field(gt=0, lt=0.5)]
    money: list[Symbol]
    money_least: Positive
    power_of_thousand: Annotated[float, Strict(), Field(gt=0, lt=1)]
    levels: dict[Symbol, Annotated[list[Level], Field(min_length=2, max_length=2)]]
    volume_window: Annotated[int, Strict(), Field(ge=3, le=250)]
    volume_factor: Annotated[float, Strict(), Field(gt=1, le=1000)]
    volume_step: Share
    volume_calm: Positive
    thin_volume: Positive
    thin_window: Count
    erratic_move: LimitsSection
    erratic_undone: Share
    erratic_moves: Count
    erratic_window: Count
    difference: Share
    same_rows: Annotated[int, Strict(), Field(ge=30, le=1000)]
    record_window: Annotated[int, Strict(), Field(ge=20, le=2500)]
    record_least: Annotated[int, Strict(), Field(ge=20, le=2500)]
    record_sigmas: Positive
    record_band: Share
    known_difference: Share
    known_closes: dict[Symbol, dict[date, Positive]]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for symbol, (low, high) in self.levels.items():
            if low >= high:
                raise ValueError(f"levels.{symbol} goes from {low:g} to {high:g}: the first must be the lower")
        return self
