"""The gate of participation: the advance of small caps is broad."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from strategies.decimals import is_above
from strategies.indicators import highest, lagged, sma
from strategies.rotation.reading import Reading
from strategies.rotation.track import closes, ratio

if TYPE_CHECKING:
    from strategies.rotation.readings import Readings


def participation(source: Readings) -> Reading:
    """Count of three signs of a broad advance; available with data for as many as it needs."""
    signs = (_equal_weight(source), _year_high(source), _sectors(source))
    return _count("participation", signs, source.rotation.participation.parts_needed)


def _equal_weight(source: Readings) -> Reading:
    track = ratio(source.market, source.roles.equal_weight_fund, source.roles.broad_fund)
    if track is None:
        return source.absent("equal_weight")
    before = lagged(track.values, source.rotation.participation.lookback)
    return source.reading(
        "equal_weight",
        track,
        track.values,
        before,
        is_above(track.values, before),
        source.rotation.participation.lookback + 1,
    )


def _year_high(source: Readings) -> Reading:
    track = closes(source.market, source.roles.small_cap_breadth_fund)
    if track is None:
        return source.absent("year_high")
    high = highest(track.values, source.rotation.participation.high_window, source.gaps)
    return source.reading(
        "year_high", track, track.values, high, track.values >= high, source.rotation.participation.high_window
    )


def _sectors(source: Readings) -> Reading:
    """Count of sector funds above their average; available with as many funds as it needs."""
    tracks = [t for t in (closes(source.market, symbol) for symbol in source.roles.sector_funds) if t is not None]
    if len(tracks) < source.rotation.participation.sectors_needed:
        return source.absent("sectors")
    averages = [sma(track.values, source.rotation.participation.sector_window, source.gaps) for track in tracks]
    funds = tuple(
        source.reading(
            "sector",
            track,
            track.values,
            average,
            is_above(track.values, average),
            source.rotation.participation.sector_window,
        )
        for track, average in zip(tracks, averages, strict=True)
    )
    return _count("sectors", funds, source.rotation.participation.sectors_needed)


def _count(name: str, parts: tuple[Reading, ...], needed: int) -> Reading:
    """Count the parts that hold; known and available with as many known and available parts as needed."""
    available = np.sum([part.available for part in parts], axis=0) >= needed
    known = np.sum([part.available & part.is_known for part in parts], axis=0) >= needed
    count = np.sum([part.available & part.holds for part in parts], axis=0).astype(float)
    missed = np.max([np.where(part.available, part.missed, 0) for part in parts], axis=0)
    return Reading(
        name,
        np.where(known, count, np.nan),
        np.full(len(count), float(needed)),
        known & (count >= needed),
        missed,
        available,
        parts=parts,
    )
