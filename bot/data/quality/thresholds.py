"""The thresholds of the quality checks; their reasons are in config/quality.yaml."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bot.core.market import SeriesKind


@dataclass(frozen=True, slots=True)
class Thresholds:
    """A threshold for each sort of series: coins, stablecoins, macro series, and the rest (funds and indices)."""

    coin: float
    stablecoin: float
    fund: float
    macro: float

    def of(self, kind: SeriesKind) -> float:
        """The threshold of a kind."""
        if kind is SeriesKind.STABLECOIN:
            return self.stablecoin
        if kind.is_coin:
            return self.coin
        return self.macro if kind is SeriesKind.MACRO else self.fund


@dataclass(frozen=True, slots=True)
class QualityRules:
    """When something counts as a fault.

    Windows are in rows, `silent_days` in days, moves and jumps are log returns, `difference` a share of the price,
    `thin_volume` USD a day, `power_of_ten` and `power_of_thousand` the distance from a whole number, and from 3, that
    a decimal logarithm may have. `money` are the macro series that are told in money, `money_least` in their own unit.
    """

    allow: frozenset[str]
    silent_days: int
    macro_gap: int
    rounding: float
    repeats: Thresholds
    coarse_step: float
    coarse_rows: int
    close_only_rows: int
    jump_sigmas: float
    jump_window: int
    jump_window_least: int
    jump_least: Thresholds
    power_of_ten: float
    money: Collection[str]
    money_least: float
    power_of_thousand: float
    levels: Mapping[str, tuple[float, float]]
    volume_window: int
    volume_factor: float
    volume_step: float
    volume_calm: float
    thin_volume: float
    thin_window: int
    erratic_move: Thresholds
    erratic_undone: float
    erratic_moves: int
    erratic_window: int
    difference: float
