"""Cross-check of the series that the rotation's trigger reads: small caps against their fund, and known closes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from bot.core.data_fault import DataFault, FaultKind, Severity
from bot.core.market import Floats, Market, Series
from bot.core.moments import utc
from bot.data.quality.fault_spells import run_length
from bot.data.quality.thresholds import QualityRules

_MAD_TO_SIGMA = 1.4826
"""Factor from the median absolute deviation to the standard deviation of a normal distribution."""
_NEAR, _NEAR_SHARE = 0.02, 0.9
"""Relative difference of two closes that are one, and the share of rows on which they must be."""

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class RecordCheck:
    """Rows of small caps at their records, by what the fund says of them."""

    confirmed: Rows
    unconfirmed: Rows
    unchecked: Rows
    texts: dict[int, str]


def raw_fund(market: Market) -> str:
    """Return the symbol of the unadjusted fund of small caps."""
    return f"{market.roles.small_cap_fund}_RAW"


def find_trigger_faults(market: Market, rules: QualityRules) -> list[DataFault]:
    """Find the faults of the trigger: unconfirmed records, holes in a confirmation window, and other series.

    Every check reads rows up to its own only, so that later rows leave it as it was.
    """
    small_caps = market.series.get(market.roles.small_caps)
    if small_caps is None or not len(small_caps):
        return []
    found = check_records(market, rules)
    faults = [
        _fault(small_caps, FaultKind.UNCONFIRMED_RECORD, int(i), found.texts[int(i)])
        for i in found.unconfirmed.tolist()
    ]
    return [*faults, *_window_faults(small_caps, rules), *_other_series(market, rules)]


def check_records(market: Market, rules: QualityRules) -> RecordCheck:
    """Hold each record close of small caps against the unadjusted fund of the same session.

    The ratio of index and fund hardly moves. Its band at a record is the median of the ratio over the `record_window`
    common sessions before it, plus and minus `record_sigmas` robust standard deviations of those sessions, at least
    `record_band` of the median.
    """
    small_caps, fund = market[market.roles.small_caps], market.series.get(raw_fund(market))
    records = _records(small_caps)
    if fund is None or not len(fund):
        return RecordCheck(records[:0], records[:0], records, {})
    _, i, j = np.intersect1d(small_caps.dates, fund.dates, assume_unique=True, return_indices=True)
    ratios = small_caps.close[i] / fund.close[j]
    place = {int(row): at for at, row in enumerate(i)}
    confirmed, unconfirmed, unchecked, texts = list[int](), list[int](), list[int](), dict[int, str]()
    for row in records.tolist():
        at = place.get(row)
        before = ratios[max(at - rules.record_window, 0) : at] if at is not None else ratios[:0]
        if at is None or len(before) < rules.record_least:
            unchecked.append(row)
            continue
        low, high = band_of(before, rules)
        if low <= ratios[at] <= high:
            confirmed.append(row)
            continue
        unconfirmed.append(row)
        texts[row] = (
            f"the record of {small_caps.symbol} on {small_caps.dates[row]} ({small_caps.close[row]:.2f}) is not "
            f"confirmed by {fund.symbol} ({fund.close[j[at]]:.2f}): their ratio is {ratios[at]:.3f}, its band "
            f"{low:.3f} to {high:.3f}"
        )
    as_rows = [np.array(rows, np.intp) for rows in (confirmed, unconfirmed, unchecked)]
    return RecordCheck(as_rows[0], as_rows[1], as_rows[2], texts)


def band_of(ratios: Floats, rules: QualityRules) -> tuple[float, float]:
    """Return the band of a ratio from its values before a day, shape (sessions,)."""
    middle = float(np.median(ratios))
    sigma = _MAD_TO_SIGMA * float(np.median(np.abs(ratios - middle)))
    half = max(rules.record_sigmas * sigma, rules.record_band * middle)
    return middle - half, middle + half


def _records(series: Series) -> Rows:
    """Return the rows whose close is above every close before."""
    before = np.maximum.accumulate(series.close)[:-1]
    return np.flatnonzero(series.close[1:] > before) + 1


def _window_faults(series: Series, rules: QualityRules) -> list[DataFault]:
    """Find holes and repeated closes in the sessions after a breakout in which it is confirmed."""
    records = _records(series)
    is_breakout = np.diff(records, prepend=-rules.base_sessions - 1) > rules.base_sessions
    sessions = np.searchsorted(series.due, series.known_at)
    holes = np.diff(sessions, prepend=sessions[0] - 1) > 1
    repeats = run_length(np.concatenate(([False], series.close[1:] == series.close[:-1]))) > 0
    faults = []
    for row in records[is_breakout].tolist():
        inside = (sessions > sessions[row]) & (sessions <= sessions[row] + rules.confirm_within)
        for i in np.flatnonzero(inside & (holes | repeats)).tolist():
            what = "lacks a row before" if holes[i] else f"repeats its close of {series.dates[i - 1]} on"
            text = (
                f"{series.symbol} {what} {series.dates[i]}, inside the confirmation window of its breakout on "
                f"{series.dates[row]}"
            )
            faults.append(_fault(series, FaultKind.WINDOW, i, text))
    return faults


def _other_series(market: Market, rules: QualityRules) -> list[DataFault]:
    """Find series whose closes are those of another: by known closes, and ETH with the rows of BTC."""
    faults = []
    for symbol, closes in sorted(rules.known_closes.items()):
        series = market.series.get(symbol)
        for day, known in sorted(closes.items()) if series is not None else ():
            row = None if series is None else series.row(np.datetime64(day))
            if series is None or row is None or abs(series.close[row] / known - 1) <= rules.known_difference:
                continue
            text = (
                f"{symbol} closed at {series.close[row]:,.2f} on {day} in these data, and at {known:,.2f} in truth: "
                f"another series under the name {symbol}"
            )
            faults.append(_fault(series, FaultKind.OTHER_SERIES, row, text))
            break  # one close is enough to name it
    faults += _copied_major(market, rules)
    return faults


def _copied_major(market: Market, rules: QualityRules) -> list[DataFault]:
    """Find the first row at which ETH has had the closes of BTC for `same_rows` common rows."""
    btc, eth = (market.series.get(symbol) for symbol in (market.roles.btc, market.roles.eth))
    if btc is None or eth is None:
        return []
    _, i, j = np.intersect1d(btc.dates, eth.dates, assume_unique=True, return_indices=True)
    near = np.abs(eth.close[j] / btc.close[i] - 1) <= _NEAR
    total = np.cumsum(np.concatenate(([0], near)))
    alike = total[rules.same_rows :] - total[: -rules.same_rows] >= _NEAR_SHARE * rules.same_rows
    found = np.flatnonzero(alike)
    if not len(found):
        return []
    row = int(j[found[0] + rules.same_rows - 1])
    first = eth.dates[j[found[0]]]
    text = f"{eth.symbol} has the closes of {btc.symbol} from {first} on: another series under the name {eth.symbol}"
    return [_fault(eth, FaultKind.OTHER_SERIES, row, text)]


def _fault(series: Series, kind: FaultKind, row: int, text: str) -> DataFault:
    day: date = series.dates[row].item()
    return DataFault(series.symbol, kind, Severity.WARNED, day, day, 1, utc(series.known_at[row]), text)
