"""Coins that carry the rows of another coin for months: one coin under two names."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

import numpy as np

from bot.core.data_fault import CopySpell, DataFault, FaultKind, Severity
from bot.core.market import Floats, Market, Series
from bot.core.moments import utc
from bot.core.series_kind import SeriesKind
from bot.data.quality.fault_spells import Bools, count_within
from bot.data.quality.thresholds import QualityRules

_SAMPLE_DAYS = 15
"""Days between the closes by which pairs are found: comparing every pair of coins in full would take seconds."""
_NEAR = math.log10(1.02)
_NEAR_SHARE = 0.9
"""Share of the rows whose closes lie within 2%: two vendors of one coin, or a rounded copy. The nearest two real coins
of 114 (MANA and SAND, 2021) reach 0.8 of 60 rows."""
_APART = math.log10(1.1)
"""log10 of the ratio of two closes beyond which a copy has ended at once."""


def find_copies(market: Market, rules: QualityRules) -> list[CopySpell]:
    """Find the coins that had the closes of another for `same_rows` common rows, while both have rows.

    Closes in another unit (1000 times) and closes of another vendor, which differ by up to 2%, count too.

    Returns
    -------
    list of CopySpell
        By symbol and time. The older series of a pair is the coin, of equal ones the first by symbol; ETH and BTC
        always are the coin. A row counts from the time at which it was known.
    """
    spells: list[CopySpell] = []
    for coin, copy in sorted(_pairs(market, rules)):
        spells += _spells(market[coin], market[copy], rules)
    # A copy of a copy is listed once for each coin that it copies: one of them is enough.
    first = {spell.symbol: spell.of for spell in reversed(spells)}
    kept = [spell for spell in spells if first[spell.symbol] == spell.of]
    return sorted(kept, key=lambda spell: (spell.symbol, spell.since))


def copy_faults(spells: list[CopySpell]) -> dict[str, list[DataFault]]:
    """Return a fault for each spell, by symbol."""
    faults: dict[str, list[DataFault]] = defaultdict(list)
    for spell in spells:
        text = f"{spell.relation} from {spell.first} on: one coin, bought as {spell.of} alone"
        fault = DataFault(
            spell.symbol,
            FaultKind.SAME_ROWS,
            Severity.WARNED,
            spell.first,
            spell.last,
            spell.rows,
            utc(spell.since),
            text,
        )
        faults[spell.symbol].append(fault)
    return faults


def _pairs(market: Market, rules: QualityRules) -> set[tuple[str, str]]:
    """Return the pairs of coins whose closes are near on most sampled days of a stretch: the coin, and its copy."""
    majors = (market.roles.btc, market.roles.eth)
    coins = [s for s in market.of_kind(SeriesKind.CRYPTO) if len(s) and s.symbol not in rules.allow]
    if not coins:
        return set()
    coins.sort(key=lambda s: (s.symbol not in majors, s.dates[0], s.symbol))
    first = min(int(s.dates[0].astype(np.int64)) for s in coins) // _SAMPLE_DAYS
    last = max(int(s.dates[-1].astype(np.int64)) for s in coins) // _SAMPLE_DAYS
    levels = np.full((len(coins), last - first + 1), np.nan)
    for i, series in enumerate(coins):
        days = series.dates.astype(np.int64)
        sampled = days % _SAMPLE_DAYS == 0
        levels[i, days[sampled] // _SAMPLE_DAYS - first] = np.log10(series.close[sampled])
    samples = max(rules.same_rows // _SAMPLE_DAYS, 1)
    pairs = set()
    for i, coin in enumerate(coins):
        near = _distance(levels[i + 1 :] - levels[i]) <= _NEAR
        total = np.cumsum(np.pad(near.astype(np.int64), ((0, 0), (samples, 0))), axis=1)
        most = (total[:, samples:] - total[:, :-samples] >= max(samples - 1, 1)).any(axis=1)
        others = (coins[i + 1 + int(j)].symbol for j in np.flatnonzero(most))
        pairs |= {(coin.symbol, other) for other in others if other not in majors}
    return pairs


def _distance(ratios: Floats) -> Floats:
    """Return how far ratios, given as log10, lie from a power of ten."""
    return np.asarray(np.abs(ratios - np.round(ratios)), np.float64)


def _spells(coin: Series, copy: Series, rules: QualityRules) -> Iterator[CopySpell]:
    """Yield the spells in which a series copies another, on the rows of the copy."""
    _, i, j = np.intersect1d(coin.dates, copy.dates, assume_unique=True, return_indices=True)
    if not len(i):
        return
    ratios = np.log10(copy.close[j] / coin.close[i])
    near = _distance(ratios) <= _NEAR
    changes = np.concatenate(([False], np.diff(copy.close[j]) != 0))
    # Two coins that stand still are near by chance.
    moving = count_within(changes, rules.same_rows) > rules.same_rows // 2
    alike = count_within(near, rules.same_rows) >= _NEAR_SHARE * rules.same_rows
    at_common = alike & moving & (_distance(ratios) <= _APART) & (np.arange(len(j)) >= rules.same_rows - 1)
    is_copy: Bools = np.zeros(len(copy), bool)
    is_copy[j] = at_common
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_copy, [False])).astype(np.int8)))
    for start, end in list(pairwise(edges.tolist()))[::2]:
        until = copy.known_at[end] if end < len(copy) else None
        begun = max(int(np.searchsorted(j, start)) - rules.same_rows + 1, 0)
        begun += int(np.argmax(near[begun:]))
        rows = slice(begun, int(np.searchsorted(j, end)))
        first: date = copy.dates[j[begun]].item()
        last: date = copy.dates[end - 1].item()
        count, relation = len(j[rows]), _relation(coin.symbol, ratios[rows], rules)
        yield CopySpell(copy.symbol, coin.symbol, first, last, count, relation, copy.known_at[start], until)


def _relation(of: str, ratios: Floats, rules: QualityRules) -> str:
    """Return the words for how the closes of a copy differ from those of its coin."""
    if (np.abs(ratios) <= np.log10(1 + rules.rounding)).all():
        return f"has the same rows as {of}"
    power = int(np.round(np.median(ratios)))
    return f"has {f'{10.0**power:,g} times ' if power else ''}the closes of {of}, within 2%,"
