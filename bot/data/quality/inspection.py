"""Every check of one series, as events in the order in which they could be known."""

from __future__ import annotations

from bot.core.data_fault import DataFault
from bot.core.market import Series, Sessions
from bot.data.quality.calendar_faults import missing, without_session
from bot.data.quality.jumps import Moves, erratic, jumps, powers_of_ten, unexpected_levels
from bot.data.quality.price_faults import close_only, coarse, outside_range, repeated
from bot.data.quality.source_changes import differences, source_changes
from bot.data.quality.thresholds import QualityRules
from bot.data.quality.volume_faults import thin, volume_shifts


def inspect(series: Series, sessions: Sessions, rules: QualityRules, second: Series | None = None) -> list[DataFault]:
    """What is wrong with a series, judged beside a second source of the same where there is one.

    The law: what was known at T is what is found of the rows known at T, so that no verdict comes from later rows.
        inspect(series.until(T)) == [fault for fault in inspect(series) if fault.known_at <= T]
    """
    if not len(series):
        return without_session(series)
    moves = Moves.of(series)
    found = [
        *missing(series, sessions, rules),
        *without_session(series),
        *outside_range(series, rules),
        *repeated(series, rules),
        *coarse(series, rules),
        *close_only(series, rules),
        *jumps(series, moves, second, rules),
        *powers_of_ten(series, moves, rules),
        *unexpected_levels(series, rules),
        *erratic(series, moves, rules),
        *volume_shifts(series, moves, rules),
        *thin(series, rules),
        *source_changes(series),
        *(differences(series, second, rules) if second is not None else ()),
    ]
    return in_order(found)


def in_order(faults: list[DataFault]) -> list[DataFault]:
    """Faults by the moment at which they were known."""
    return sorted(faults, key=lambda fault: (fault.known_at, fault.kind, fault.first))
