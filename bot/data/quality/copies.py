"""Coins that carry the rows of another coin for months: one coin under two names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

import numpy as np

from bot.core.data_fault import CopySpell, DataFault, FaultKind, Severity
from bot.core.market import Market, Series, SeriesKind
from bot.core.moments import utc
from bot.data.quality.fault_spells import Bools, count_within, run_length
from bot.data.quality.thresholds import QualityRules

_SAMPLE_DAYS = 15
"""Days between the closes by which pairs are found: comparing every pair of coins in full would take seconds."""


def find_copies(market: Market, rules: QualityRules) -> list[CopySpell]:
    """Find the coins that had the same closes as another for `same_rows` common rows, while both have rows.

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
        text = f"has the same rows as {spell.of} from {spell.first} on: one coin, bought as {spell.of} alone"
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
    """Return the pairs of coins that share a close on a sampled day: the coin, and its possible copy."""
    majors = (market.roles.btc, market.roles.eth)
    found: dict[tuple[int, str], list[str]] = defaultdict(list)
    for series in market.of_kind(SeriesKind.CRYPTO):
        if series.symbol in rules.allow:
            continue
        days = series.dates.astype(np.int64)
        for row in np.flatnonzero(days % _SAMPLE_DAYS == 0):
            found[int(days[row]), f"{series.close[row]:.5g}"].append(series.symbol)
    pairs = set()
    for symbols in found.values():
        ordered = sorted(symbols, key=lambda s: (s not in majors, market[s].dates[0], s))
        for i, coin in enumerate(ordered):
            pairs |= {(coin, copy) for copy in ordered[i + 1 :] if copy not in majors}
    return pairs


def _spells(coin: Series, copy: Series, rules: QualityRules) -> Iterator[CopySpell]:
    """Yield the spells in which a series copies another, on the rows of the copy."""
    _, i, j = np.intersect1d(coin.dates, copy.dates, assume_unique=True, return_indices=True)
    a, b = coin.close[i], copy.close[j]
    with np.errstate(invalid="ignore"):
        same = np.abs(a - b) <= rules.rounding * np.minimum(np.abs(a), np.abs(b))
    run = run_length(same)
    # Two coins that stand still are equal by chance.
    moving = count_within(np.concatenate(([False], b[1:] != b[:-1])), rules.same_rows) > rules.same_rows // 2
    at_common = (run >= rules.same_rows) & moving
    is_copy: Bools = np.zeros(len(copy), bool)
    is_copy[j] = at_common
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_copy, [False])).astype(np.int8)))
    runs = np.zeros(len(copy), np.int64)
    runs[j] = run
    for start, end in list(pairwise(edges.tolist()))[::2]:
        until = copy.known_at[end] if end < len(copy) else None
        rows = int(runs[end - 1])
        first: date = copy.dates[max(end - rows, 0)].item()
        last: date = copy.dates[end - 1].item()
        yield CopySpell(copy.symbol, coin.symbol, first, last, rows, copy.known_at[start], until)
