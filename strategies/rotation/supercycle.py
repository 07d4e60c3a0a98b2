"""The supercycle score of four traits; docs/rotation.md defines them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from bot.core.market import Floats
from bot.core.moments import Times, newest
from strategies.decimals import is_above, is_at_least, is_below
from strategies.indicators import Bools, Ints, lagged, rolling_median
from strategies.rotation.conditions import is_breakout, is_stale, trail_of
from strategies.rotation.pullbacks import pullbacks, share_recovered
from strategies.rotation.reading import Reading
from strategies.rotation.readings import Readings
from strategies.rotation.rules import Rules
from strategies.rotation.track import Track, closes, ratio

_STILL = 1e-12
"""Returns whose root sum of squares is under this do not move: they have no correlation."""


class Supercycle:
    """The four parts of the score at every decision time, each computed when it is first asked for."""

    def __init__(self, source: Readings) -> None:
        self.source, self.settings = source, source.settings.supercycle
        self.rules = source.settings.rules

    @cached_property
    def parts(self) -> dict[str, Reading]:
        """The readings of the four parts by name."""
        return {
            "long_run": self._long_run(),
            "dips_bought": self._dips_bought(),
            "sectors_rotate": self._sectors[0],
            "high_beta": self._high_beta(),
        }

    @cached_property
    def missing_reasons(self) -> dict[str, list[str]]:
        """Reasons of missing values by part and decision, "" where the part is known."""
        return {name: part.missing_reason(self.rules).tolist() for name, part in self.parts.items()}

    @cached_property
    def known(self) -> Ints:
        """Count of known parts at each decision, 0 to 4."""
        count: Ints = np.sum([self._is_known(part) for part in self.parts.values()], axis=0)
        return count

    @cached_property
    def score(self) -> Ints:
        """Count of known parts that hold at each decision, 0 to 4."""
        count: Ints = np.sum([self._is_known(part) & part.holds for part in self.parts.values()], axis=0)
        return count

    def gate(self) -> Reading:
        """The score as a gate: available with data for as many parts as it needs."""
        needed, parts = self.settings.gate_needs, self.parts.values()
        # A part without a series can never count; a part that waits for its window can. Only the first opens the gate.
        available = np.sum([part.available for part in parts], axis=0) >= needed
        known = self.known >= needed
        missed = np.max([np.where(part.available, part.missed, 0) for part in parts], axis=0)
        return Reading(
            "supercycle",
            np.where(known, self.score.astype(float), np.nan),
            np.full(len(known), float(needed)),
            known & (self.score >= needed),
            missed,
            available,
        )

    def at(self, i: int) -> dict[str, object]:
        """Return the score of one decision and its parts as plain data; the score is null if all are unknown."""
        known = int(self.known[i])
        return {
            "score": int(self.score[i]) if known else None,
            "known": known,
            "parts": [self._part_at(name, i) for name in self.parts],
        }

    def verdicts(self, name: str) -> list[str]:
        """Return the verdicts of a part by decision, as the report shows them."""
        holds = np.where(self.parts[name].holds, "yes", "no").tolist()
        return [
            "no data" if missing_reason else verdict
            for missing_reason, verdict in zip(self.missing_reasons[name], holds, strict=True)
        ]

    def _part_at(self, name: str, i: int) -> dict[str, object]:
        part, missing_reason = self.parts[name], self.missing_reasons[name][i]
        value, threshold = (None if missing_reason else float(v[i]) for v in (part.value, part.threshold))
        verdict = "no data" if missing_reason else "yes" if part.holds[i] else "no"
        note = missing_reason or (self._correlation_at(i) if name == "sectors_rotate" else "")
        return {"name": name, "value": value, "threshold": threshold, "verdict": verdict, "note": note}

    def _correlation_at(self, i: int) -> str:
        correlation = self._sectors[1]
        return f"mean correlation {correlation.value[i]:.2f}, before {correlation.threshold[i]:.2f}"

    def _is_known(self, part: Reading) -> Bools:
        known: Bools = part.available & part.is_known & ~is_stale(self.rules, part.missed)
        return known

    # --- the parts -----------------------------------------------------------------------------------------

    def _long_run(self) -> Reading:
        """Sessions of the present run above its level, beyond the median of the runs before it."""
        source, rules = self.source, self.source.settings.rules
        before, is_record, base, _ = source.records()
        runs = runs_above(source.closes, before, is_breakout(rules, is_record, base), rules)
        median = runs.past_median(self.settings.long_run.runs_needed)
        track = Track(source.small_caps.due, source.closes, (source.small_caps,))
        return source.reading("long_run", track, runs.lengths, median, runs.lengths > median)

    def _dips_bought(self) -> Reading:
        """The share of pullbacks that recovered in time, of those decided within the look-back."""
        source, settings = self.source, self.settings.dips_bought
        dips = pullbacks(source.closes, settings.depth, settings.sessions)
        share = share_recovered(dips, len(source.closes), settings.lookback, settings.needed)
        share = np.where(np.isnan(source.closes), np.nan, share)
        track = Track(source.small_caps.due, source.closes, (source.small_caps,))
        needed = np.full(len(share), settings.share)
        return source.reading("dips_bought", track, share, needed, is_at_least(share, needed))

    @cached_property
    def _sectors(self) -> tuple[Reading, Reading]:
        """Sectors drift apart while they move less together; and the correlation that this rests on."""
        source, settings = self.source, self.settings.sectors_rotate
        tracks = [t for t in (closes(source.market, s) for s in source.roles.sector_funds) if t and len(t.due)]
        needed = settings.funds_needed
        if len(tracks) < needed:
            return source.absent("sectors_rotate"), source.absent("correlation")
        due, prices = self._sector_closes(tracks)
        dispersion = spread_of_returns(prices, settings.dispersion_window, needed)
        usual = rolling_median(dispersion, settings.dispersion_median, source.gaps)
        daily = prices / _lagged_rows(prices, 1) - 1
        now, before = mean_correlations(daily, settings.correlation_window, settings.correlation_lag, needed)
        dispersion = np.where(np.isnan(now), np.nan, dispersion)  # both are needed for a verdict
        funds = [source.reading("fund", track, track.values, track.values, track.values > 0) for track in tracks]
        track = Track(due, dispersion, tuple(series for track in tracks for series in track.sources))
        readings = (
            source.reading("sectors_rotate", track, dispersion, usual, is_above(dispersion, usual) & (now < before)),
            source.reading("correlation", track, now, before, now < before),
        )
        # As many funds as are needed decide on silence: one that ended years ago does not.
        missed = np.sort([fund.missed for fund in funds], axis=0)[needed - 1]
        available = np.sum([fund.available for fund in funds], axis=0) >= needed
        rotation, correlation = (replace(reading, missed=missed, available=available) for reading in readings)
        return rotation, correlation

    def _sector_closes(self, tracks: list[Track]) -> tuple[Times, Floats]:
        """Closes by session and fund, from as far before the first decision as the windows reach."""
        settings, sessions = self.settings.sectors_rotate, self.source.market.sessions.closes
        # Rows beyond the reach of the windows affect no decision: leaving them out saves memory.
        reach = max(
            settings.dispersion_window + settings.dispersion_median,
            settings.correlation_window + settings.correlation_lag + 1,
        )
        decided = int(newest(sessions, self.source.times[:1])[0])
        due = sessions[max(decided - reach, 0) :]
        prices = np.full((len(due), len(tracks)), np.nan)
        for column, track in enumerate(tracks):
            _, here, there = np.intersect1d(due, track.due, assume_unique=True, return_indices=True)
            prices[here, column] = track.values[there]
        return due, prices

    def _high_beta(self) -> Reading:
        """High beta over low volatility, above its value a quarter ago."""
        source = self.source
        track = ratio(source.market, source.roles.high_beta_fund, source.roles.low_volatility_fund)
        if track is None:
            return source.absent("high_beta")
        before = lagged(track.values, self.settings.high_beta.lookback)
        return source.reading("high_beta", track, track.values, before, is_above(track.values, before))


@dataclass(frozen=True, eq=False)
class Runs:
    """The runs of small caps above the level of a breakout, by session.

    `lengths` counts the sessions of the present run that closed above its level: 0 outside runs, NaN where the close is
    missing. `completed` has the session of the end and the length of each run that is over.
    """

    lengths: Floats
    completed: list[tuple[int, int]]

    def past_median(self, needed: int) -> Floats:
        """Compute the median length of the runs that were over by each session.

        Returns
        -------
        array of float
            Sessions; NaN while fewer than `needed` runs are over.
        """
        lengths = [length for _, length in self.completed]
        medians = [np.median(lengths[:n]) if n >= needed else np.nan for n in range(1, len(lengths) + 1)]
        ends = np.array([end for end, _ in self.completed], np.int64)
        done = np.searchsorted(ends, np.arange(len(self.lengths)), side="right")
        by_count: Floats = np.array([np.nan, *medians])
        return by_count[done]


def runs_above(close: Floats, before: Floats, begins: Bools, rules: Rules) -> Runs:
    """Find the runs of small caps: from a breakout to the first close under the rotation's trailing stop.

    Parameters
    ----------
    close : array of float
        Closes by session, index points; NaN where missing.
    before : array of float
        Highest close before each session: the level of a run that begins there, fixed while it lasts.
    begins : array of bool
        Sessions with a breakout; one within a run changes nothing.
    """
    lengths, completed = np.zeros(len(close)), []
    # A missing close is NaN: it is neither above the level nor under the stop, so the run goes on.
    level = high = np.nan
    length, stands = 0, False
    for session, (price, prior, starts) in enumerate(
        zip(close.tolist(), before.tolist(), begins.tolist(), strict=True)
    ):
        if starts and not stands:
            stands, level, high, length = True, prior, price, 0
        if not stands:
            continue
        high = max(high, price)  # `high` first: max() keeps it if the price is NaN
        length += is_above(price, level)
        if is_below(price, trail_of(rules, level, high)):
            stands = False
            completed.append((session, length))
        else:
            lengths[session] = length
    return Runs(np.where(np.isnan(close), np.nan, lengths), completed)


def spread_of_returns(prices: Floats, window: int, needed: int) -> Floats:
    """Compute the standard deviation across funds (of the population) of their returns over a window.

    Parameters
    ----------
    prices : array of float, shape (sessions, funds)
        Closes; NaN where missing.
    window
        Sessions of a return.
    needed
        Least number of funds with a return.

    Returns
    -------
    array of float, shape (sessions,)
        Standard deviation of simple returns; NaN under `needed` funds.
    """
    returns = prices / _lagged_rows(prices, window) - 1
    whole = ~np.isnan(returns)
    count = whole.sum(axis=1)
    mean = np.where(whole, returns, 0).sum(axis=1) / np.maximum(count, 1)
    squares = (np.where(whole, returns - mean[:, None], 0) ** 2).sum(axis=1)
    return np.where(count >= needed, np.sqrt(squares / np.maximum(count, 1)), np.nan)


def mean_correlations(returns: Floats, window: int, lag: int, needed: int) -> tuple[Floats, Floats]:
    """Compute the mean correlation of all pairs of funds over a window, and `lag` sessions before.

    Both are of the same funds: those with two whole windows. With n unit vectors, each a fund's returns less their mean
    divided by their length, the mean over pairs is (|sum of the vectors|^2 - n) / (n (n - 1)).

    Parameters
    ----------
    returns : array of float, shape (sessions, funds)
        Simple daily returns; NaN where missing.
    window, lag
        Sessions of a window, and between the two windows.
    needed
        Least number of funds.

    Returns
    -------
    now, before : array of float, shape (sessions,)
        Correlations of -1 to 1; NaN under `needed` funds.
    """
    now, before = np.full(len(returns), np.nan), np.full(len(returns), np.nan)
    rows = len(returns) - window - lag + 1
    if rows <= 0:
        return now, before
    windows = np.lib.stride_tricks.sliding_window_view(returns, window, axis=0)
    centred = windows - windows.mean(axis=2, keepdims=True)
    length = np.sqrt(np.einsum("rfw,rfw->rf", centred, centred))
    moves = length > _STILL  # false where a return is missing too
    centred[~moves] = 0
    both = moves[lag:] & moves[:rows]
    count = both.sum(axis=1)
    pairs = np.maximum(count * (count - 1), 1)
    for result, vectors, lengths in ((now, centred[lag:], length[lag:]), (before, centred[:rows], length[:rows])):
        together = np.einsum("rfw,rf->rw", vectors, np.where(both, 1 / np.where(both, lengths, 1), 0))
        mean = (np.einsum("rw,rw->r", together, together) - count) / pairs
        result[window + lag - 1 :] = np.where(count >= needed, mean, np.nan)
    return now, before


def _lagged_rows(values: Floats, lag: int) -> Floats:
    """Shift each column down by `lag` rows."""
    shifted = np.full(values.shape, np.nan)
    shifted[lag:] = values[: max(len(values) - lag, 0)]
    return shifted
