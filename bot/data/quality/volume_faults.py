"""Volume that changes its level overnight, as where a vendor gives way to another, and volume that is hardly there."""

from __future__ import annotations

import numpy as np

from bot.core.data_fault import DataFault, FaultKind, Severity
from bot.core.market import Floats, Series, SeriesKind
from bot.core.moments import utc
from bot.data.quality.fault_spells import Bools, Ints, begins, counted, of_rows, spaced
from bot.data.quality.jumps import Moves
from bot.data.quality.thresholds import QualityRules


def volume_shifts(series: Series, moves: Moves, rules: QualityRules) -> list[DataFault]:
    """Rows at which volume steps to another level and stays there, while the price hardly moves.

    The `volume_window` rows from the step on must lie apart from as many before it; so a shift is known that many
    rows later. A real surge comes with a move of the price, a real decline comes slowly; a seam has neither.
    """
    if series.kind is SeriesKind.MACRO:
        return []
    window = rules.volume_window
    with np.errstate(invalid="ignore"):
        traded = np.flatnonzero(series.volume > 0)
    if len(traded) < 2 * window:
        return []
    level = np.log(series.volume[traded])
    step = np.abs(np.diff(level, prepend=level[0]))
    places = np.flatnonzero(step > rules.volume_step * np.log(rules.volume_factor))
    places = places[(places >= window) & (places <= len(level) - window)]
    shift, apart = _shift(level, places, window)
    usual, _ = moves.median_before(traded[places], window)
    calm = np.abs(moves.returns[traded[places]]) <= rules.volume_calm * usual
    far = (np.abs(shift) >= np.log(rules.volume_factor)) & (step[places] >= rules.volume_step * np.abs(shift))
    same_way = np.sign(level[places] - level[places - 1]) == np.sign(shift)
    kept = set(spaced(places[apart & calm & far & same_way].tolist(), window))
    return [
        _told(series, traded, place, float(times), window)
        for place, times in zip(places.tolist(), np.exp(shift), strict=True)
        if place in kept
    ]


def _shift(level: Floats, places: Ints, window: int) -> tuple[Floats, Bools]:
    """How far the median after each place lies from that before it, and whether the two stretches lie apart.

    One row of each stretch may lie where it likes: vendors often change in the middle of a day.
    """
    stretches = np.lib.stride_tricks.sliding_window_view(level, window)
    before, after = np.sort(stretches[places - window], axis=1), np.sort(stretches[places], axis=1)
    shift = np.median(after, axis=1) - np.median(before, axis=1)
    apart = np.where(shift > 0, after[:, 1] > before[:, -2], before[:, 1] > after[:, -2])
    return shift, apart


def _told(series: Series, traded: Ints, place: int, times: float, window: int) -> DataFault:
    day = series.dates[traded[place]].item()
    known = utc(series.known_at[traded[place + window - 1]])
    told = f"volume is {times:.2g} times what it was, overnight: another vendor? Medians across it mix the two"
    return DataFault(series.symbol, FaultKind.VOLUME_SHIFT, Severity.WARNED, day, day, 1, known, told)


def thin(series: Series, rules: QualityRules) -> list[DataFault]:
    """Where a coin begins to have next to no volume on most days: anyone can make its close."""
    if not series.kind.is_coin:
        return []
    with np.errstate(invalid="ignore"):
        little = series.volume < rules.thin_volume
    is_thin = counted(little, rules.thin_window) > rules.thin_window // 2
    return of_rows(
        series,
        begins(is_thin, rules.erratic_window),
        FaultKind.THIN,
        lambda i: f"volume under {rules.thin_volume:,.0f} USD on most of {rules.thin_window} rows",
    )
