"""Volume that steps to another level, as at a change of vendor, and coins with next to no volume."""

from __future__ import annotations

import numpy as np

from bot.core.data_fault import DataFault, FaultKind, Severity
from bot.core.market import Floats, Series
from bot.core.moments import utc
from bot.core.series_kind import SeriesKind
from bot.data.quality.fault_spells import Bools, Ints, count_within, faults_at, find_starts, keep_apart
from bot.data.quality.jumps import Moves
from bot.data.quality.thresholds import QualityRules


def find_volume_shifts(series: Series, moves: Moves, rules: QualityRules) -> list[DataFault]:
    """Find rows at which volume steps to another level and stays there, while the price hardly moves.

    A real surge comes with a move of the price and a real decline comes slowly; a change of vendor has neither.

    Parameters
    ----------
    moves
        Log returns of the same series.

    Returns
    -------
    list of DataFault
        Each known `volume_window` rows after the step: that many rows after it are compared with as many before.
    """
    if series.kind is SeriesKind.MACRO:
        return []
    window = rules.volume_window
    with np.errstate(invalid="ignore"):
        # Rows without volume are passed over: their logarithm is infinite.
        traded = np.flatnonzero(series.volume > 0)
    if len(traded) < 2 * window:
        return []
    level = np.log(series.volume[traded])
    step = np.abs(np.diff(level, prepend=level[0]))
    places = np.flatnonzero(step > rules.volume_step * np.log(rules.volume_factor))
    places = places[(places >= window) & (places <= len(level) - window)]
    shift, apart = _compare_stretches(level, places, window)
    usual, _ = moves.median_before(traded[places], window)
    calm = np.abs(moves.returns[traded[places]]) <= rules.volume_calm * usual
    far = (np.abs(shift) >= np.log(rules.volume_factor)) & (step[places] >= rules.volume_step * np.abs(shift))
    same_way = np.sign(level[places] - level[places - 1]) == np.sign(shift)
    kept = set(keep_apart(places[apart & calm & far & same_way].tolist(), window))
    return [
        _shift_fault(series, traded, place, float(times), window)
        for place, times in zip(places.tolist(), np.exp(shift), strict=True)
        if place in kept
    ]


def _compare_stretches(level: Floats, places: Ints, window: int) -> tuple[Floats, Bools]:
    """Return the shift of the median at each place, and True where the stretches before and after lie apart.

    Parameters
    ----------
    level
        Logarithm of the volume.
    places
        Positions of the steps.
    """
    stretches = np.lib.stride_tricks.sliding_window_view(level, window)
    before, after = np.sort(stretches[places - window], axis=1), np.sort(stretches[places], axis=1)
    shift = np.median(after, axis=1) - np.median(before, axis=1)
    # One row of each stretch may lie anywhere: vendors often change in the middle of a day.
    apart = np.where(shift > 0, after[:, 1] > before[:, -2], before[:, 1] > after[:, -2])
    return shift, apart


def _shift_fault(series: Series, traded: Ints, place: int, times: float, window: int) -> DataFault:
    day = series.dates[traded[place]].item()
    known = utc(series.known_at[traded[place + window - 1]])
    text = f"volume is {times:.2g} times what it was, overnight: another vendor? Medians across it mix the two"
    return DataFault(series.symbol, FaultKind.VOLUME_SHIFT, Severity.WARNED, day, day, 1, known, text)


def find_thin_volume(series: Series, rules: QualityRules) -> list[DataFault]:
    """Find the start of each spell in which a coin has next to no volume on most days: one trader can set its close."""
    if not series.kind.is_coin:
        return []
    with np.errstate(invalid="ignore"):
        little = series.volume < rules.thin_volume
    is_thin = count_within(little, rules.thin_window) > rules.thin_window // 2
    return faults_at(
        series,
        find_starts(is_thin, rules.erratic_window),
        FaultKind.THIN,
        lambda i: f"volume under {rules.thin_volume:,.0f} USD on most of {rules.thin_window} rows",
    )
