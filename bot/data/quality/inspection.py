"""All checks of one series."""

from __future__ import annotations

from bot.core.data_fault import DataFault
from bot.core.market import Series
from bot.core.session_calendar import Sessions
from bot.data.quality.calendar_faults import find_missing_rows, find_off_session_rows
from bot.data.quality.jumps import Moves, find_erratic, find_jumps, find_powers_of_ten, find_unexpected_levels
from bot.data.quality.price_faults import find_close_only, find_coarse_closes, find_outside_range, find_repeats
from bot.data.quality.source_changes import find_differences, find_source_changes
from bot.data.quality.thresholds import QualityRules
from bot.data.quality.volume_faults import find_thin_volume, find_volume_shifts


def inspect(series: Series, sessions: Sessions, rules: QualityRules, second: Series | None = None) -> list[DataFault]:
    """Find the faults of a series.

    Parameters
    ----------
    series
        Rows on their calendar, ascending.
    sessions
        US sessions, for the dates of missing rows.
    rules
        Thresholds of the checks.
    second
        The same series from a second source, if there is one.

    Returns
    -------
    list of DataFault
        In the order in which they could be known. Every check reads past rows only:
        `inspect(series.until(T)) == [fault for fault in inspect(series) if fault.known_at <= T]`.
    """
    if not len(series):
        return find_off_session_rows(series)
    moves = Moves.of(series)
    found = [
        *find_missing_rows(series, sessions, rules),
        *find_off_session_rows(series),
        *find_outside_range(series, rules),
        *find_repeats(series, rules),
        *find_coarse_closes(series, rules),
        *find_close_only(series, rules),
        *find_jumps(series, moves, second, rules),
        *find_powers_of_ten(series, moves, rules),
        *find_unexpected_levels(series, rules),
        *find_erratic(series, moves, rules),
        *find_volume_shifts(series, moves, rules),
        *find_thin_volume(series, rules),
        *find_source_changes(series),
        *(find_differences(series, second, rules) if second is not None else ()),
    ]
    return sort_faults(found)


def sort_faults(faults: list[DataFault]) -> list[DataFault]:
    """Sort faults by the time at which they were known."""
    return sorted(faults, key=lambda fault: (fault.known_at, fault.kind, fault.first))
