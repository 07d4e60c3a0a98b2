"""Thresholds of the quality checks. Their reasons are in config/quality.yaml."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from bot.core.series_kind import SeriesKind


@dataclass(frozen=True, slots=True)
class Thresholds:
    """One threshold for each kind of series; `fund` is for funds and indices."""

    coin: float
    stablecoin: float
    fund: float
    macro: float

    def of(self, kind: SeriesKind) -> float:
        """Return the threshold of a kind."""
        # A stablecoin is a coin too, so it comes first.
        if kind is SeriesKind.STABLECOIN:
            return self.stablecoin
        if kind.is_coin:
            return self.coin
        return self.macro if kind is SeriesKind.MACRO else self.fund


@dataclass(frozen=True, slots=True)
class QualityRules:
    """Limits from which something counts as a fault.

    `allow` are the symbols that are traded despite a quarantine. Windows are in rows, `silent_days` in days, moves and
    jumps are log returns, `difference` is a share of the price, `thin_volume` in USD a day. `power_of_ten` and
    `power_of_thousand` are the distances of a decimal logarithm from a whole number, and from 3. `money` are the macro
    series whose unit is money, `money_least` is in that unit. `record_band` and `known_difference` are shares,
    `known_closes` by symbol and day. `base_sessions` and `confirm_within` are those of the rotation's breakouts.
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
    same_rows: int
    record_window: int
    record_least: int
    record_sigmas: float
    record_band: float
    known_closes: Mapping[str, Mapping[date, float]]
    known_difference: float
    base_sessions: int
    confirm_within: int
