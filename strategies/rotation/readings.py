"""The readings of docs/rotation.md: values by session or day, sampled at decision times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, wraps
from typing import Any, TypeVar

import numpy as np

from bot.core.invariants import not_none
from bot.core.market import Floats, Market, Series
from bot.core.moments import newest
from strategies.decimals import difference, is_above, is_at_least, is_below
from strategies.indicators import (
    Bools,
    Ints,
    highest,
    lagged,
    mean_true_range,
    prior_high,
    rolling_median,
    run_length,
    sma,
)
from strategies.rotation.participation import participation
from strategies.rotation.reading import Reading
from strategies.rotation.settings import RotationSettings
from strategies.rotation.track import Track, closes, ratio, values_at

KeptReadings = dict[tuple[object, ...], Any]
"""Cache of readings by method, series and settings."""
_MOST_KEPT = 64
_CREDIT = ("high_yield_spread", "high_yield_fund", "treasury_fund", "investment_grade_fund")
_PARTICIPATION = ("equal_weight_fund", "broad_fund", "small_cap_breadth_fund", "sector_funds")
_NET_LIQUIDITY = ("fed_assets", "treasury_account", "reverse_repo")
"""Roles whose series the gates read."""

_T = TypeVar("_T")


def _depends_on(
    *sections: str, reads: tuple[str, ...]
) -> Callable[[Callable[[Readings], _T]], Callable[[Readings], _T]]:
    """Cache the result of a method for other settings and markets.

    Parameters
    ----------
    sections
        Sections of `rotation` that the result depends on.
    reads
        Roles whose series it depends on.
    """

    def decorated(compute: Callable[[Readings], _T]) -> Callable[[Readings], _T]:
        @wraps(compute)
        def found(self: Readings) -> _T:
            # Every reading looks at the staleness of its series.
            settings = (getattr(self.rotation, name) for name in ("stale", *sections))
            key = (compute.__name__, *settings, *(self._series_of(role) for role in reads))
            if key not in self.kept:
                if len(self.kept) >= _MOST_KEPT:  # windows that are drawn from a range repeat rarely
                    self.kept.clear()
                self.kept[key] = compute(self)
            result: _T = self.kept[key]
            return result

        return found

    return decorated


class Readings:
    """Every reading of a market at its decision times, by name, each computed from rows known by then.

    `kept` is a cache for other values in the section `rotation`, and for other markets with the same decision times and
    without quarantined series.
    """

    def __init__(self, market: Market, settings: RotationSettings, kept: KeptReadings | None = None) -> None:
        self.kept: KeptReadings = {} if kept is None else kept
        self.market, self.settings, self.roles = market, settings, market.roles
        self.rotation, self.gaps = settings.rotation, settings.quality.window_gaps
        self.times = market.decision_times
        self._news: dict[str, Ints] = {}
        self.small_caps = market[self.roles.small_caps]
        self.closes = self.small_caps.on_calendar("close")
        """Small caps' closes by session, from the first on."""
        self.sessions = market.sessions.dates[np.searchsorted(market.sessions.closes, self.small_caps.due)]
        """The dates of these sessions."""
        self.gates = {
            "relative_strength": self.relative_strength(),
            "credit": self.credit(),
            "volatility": self.volatility(),
            "participation": self.participation(),
            "volume": self.volume(),
            "trend": self.trend(),
            "net_liquidity": self.net_liquidity(),
        }

    # --- the gates ---------------------------------------------------------------------------------------

    @_depends_on("relative_strength", reads=("small_cap_fund", "broad_fund"))
    def relative_strength(self) -> Reading:
        """RS = ln(small-cap fund / broad fund), above its value a look-back ago and above its average."""
        track = self._strength
        if track is None:
            return self.absent("relative_strength")
        strength, lookback = track.values, self.rotation.relative_strength.lookback
        # Both conditions in one threshold: above the higher of two hurdles is above both.
        hurdle = np.maximum(lagged(strength, lookback), self._mean_strength)
        return self.reading(
            "relative_strength",
            track,
            strength,
            hurdle,
            is_above(strength, hurdle),
            max(lookback + 1, self.rotation.relative_strength.window),
        )

    @_depends_on("relative_strength", reads=("small_cap_fund", "broad_fund"))
    def rs_weak_sessions(self) -> Ints:
        """Count the sessions in a row with RS under its average, from before the run's first day too."""
        track = self._strength
        if track is None:
            return np.zeros(len(self.times), np.int64)
        run = run_length(is_below(track.values, self._mean_strength))
        return np.nan_to_num(Track(track.due, run.astype(float), ()).sampled(self.times)).astype(np.int64)

    @_depends_on("credit", reads=_CREDIT)
    def credit(self) -> Reading:
        """Credit is calm: the high-yield ratio is near its average, or the rise of the spread is small."""
        track = self.credit_level()
        if track is None:
            return self.absent("credit")
        if self.rotation.credit.measure == "spread":
            rise = difference(track.values, lagged(track.values, self.rotation.credit.spread_sessions))
            limit = np.full(len(rise), self.rotation.credit.spread_rise)
            return self.reading(
                "credit", track, rise, limit, is_below(rise, limit), self.rotation.credit.spread_sessions + 1
            )
        relative = track.values / sma(track.values, self.rotation.credit.window, self.gaps)
        limit = np.full(len(relative), self.rotation.credit.stress_below)
        return self.reading("credit", track, relative, limit, is_at_least(relative, limit), self.rotation.credit.window)

    def credit_level(self) -> Track | None:
        """Return the measure of credit: the ratio of two bond funds, or the spread in per cent."""
        measure = self.rotation.credit.measure
        if measure == "spread":
            return closes(self.market, self.roles.high_yield_spread)
        safe = self.roles.treasury_fund if measure == "treasury_ratio" else self.roles.investment_grade_fund
        return ratio(self.market, self.roles.high_yield_fund, safe)

    @_depends_on("volatility", reads=("volatility",))
    def volatility(self) -> Reading:
        """VIX is calm enough to buy."""
        track = closes(self.market, self.roles.volatility)
        if track is None:
            return self.absent("volatility")
        limit = np.full(len(track.values), self.rotation.volatility.calm_below)
        return self.reading("volatility", track, track.values, limit, is_below(track.values, limit))

    @_depends_on("participation", reads=_PARTICIPATION)
    def participation(self) -> Reading:
        """The advance of small caps is broad."""
        return participation(self)

    @_depends_on("volume", reads=("small_cap_fund",))
    def volume(self) -> Reading:
        """The largest of the last sessions' volumes against their own medians."""
        track = self._relative_volume
        if track is None:
            return self.absent("volume")
        surge = highest(track.values, self.rotation.volume.within, self.gaps)
        limit = np.full(len(surge), self.rotation.volume.surge)
        return self.reading("volume", track, surge, limit, is_at_least(surge, limit))

    @_depends_on("trend", reads=("small_caps",))
    def trend(self) -> Reading:
        """Close above the fast average above the slow one; the value is the smaller of the two ratios."""
        close = self.closes
        fast, slow = sma(close, self.rotation.trend.fast, self.gaps), sma(close, self.rotation.trend.slow, self.gaps)
        value = np.minimum(close / fast, fast / slow)
        track = Track(self.small_caps.due, close, (self.small_caps,))
        return self.reading("trend", track, value, np.ones(len(close)), is_above(value, 1.0), self.rotation.trend.slow)

    @_depends_on("net_liquidity", reads=_NET_LIQUIDITY)
    def net_liquidity(self) -> Reading:
        """The change of net liquidity over `weeks` weeks, $ millions."""
        track = self.net_liquidity_level()
        if track is None:
            return self.absent("net_liquidity")
        change = difference(track.values, lagged(track.values, self.rotation.net_liquidity.weeks))
        return self.reading(
            "net_liquidity", track, change, np.zeros(len(change)), change > 0, self.rotation.net_liquidity.weeks + 1
        )

    def net_liquidity_level(self) -> Track | None:
        """Compute Fed assets less the Treasury's account less reverse repo, by week, $ millions."""
        names = (self.roles.fed_assets, self.roles.treasury_account, self.roles.reverse_repo)
        if any(name not in self.market for name in names):
            return None
        assets, treasury, repo = (self.market[name] for name in names)
        by_date = [dict(zip(s.dates.tolist(), s.close.tolist(), strict=True)) for s in (treasury, repo)]
        account, parked = ([found.get(day, np.nan) for day in assets.dates.tolist()] for found in by_date)
        # Reverse repo is in billions, the other two in millions.
        weekly = replace(assets, close=assets.close - np.array(account) - 1000 * np.array(parked))
        return Track(assets.due, weekly.on_calendar("close"), (assets, treasury, repo))

    # --- exits, crypto and warnings ----------------------------------------------------------------------

    @_depends_on("volatility", reads=("volatility",))
    def volatility_kill(self) -> Reading:
        """VIX is so high that everything is sold."""
        track = closes(self.market, self.roles.volatility)
        if track is None:
            return self.absent("volatility_kill")
        limit = np.full(len(track.values), self.rotation.volatility.kill_above)
        return self.reading("volatility_kill", track, track.values, limit, is_above(track.values, limit))

    @_depends_on("pair_window", reads=("eth", "btc"))
    def pair(self) -> Reading:
        """ETH/BTC above its average; the value is the ratio, the threshold its average."""
        track = not_none(ratio(self.market, self.roles.eth, self.roles.btc), "ETH/BTC of a market")
        average = sma(track.values, self.rotation.pair_window, self.gaps)
        return self.reading(
            "eth_btc", track, track.values, average, is_above(track.values, average), self.rotation.pair_window
        )

    @_depends_on("gated", reads=("eth",))
    def eth_trend(self) -> Reading:
        """ETH above its own average."""
        track = not_none(closes(self.market, self.roles.eth), "ETH of a market")
        average = sma(track.values, self.rotation.gated.trend_days, self.gaps)
        return self.reading(
            "eth_trend", track, track.values, average, is_above(track.values, average), self.rotation.gated.trend_days
        )

    @_depends_on("eth_stop", reads=("eth",))
    def eth_range(self) -> Floats:
        """Return ETH's mean true range in dollars at each decision; NaN before its window is whole."""
        eth = self.market[self.roles.eth]
        high, low, close = (eth.on_calendar(column) for column in ("high", "low", "close"))
        mean_range = mean_true_range(high, low, close, self.rotation.eth_stop.atr_days)
        return Track(eth.due, mean_range, ()).sampled(self.times)

    @_depends_on("peg", reads=("stablecoin",))
    def peg(self) -> Reading:
        """The stablecoin closed under its peg for days in a row."""
        track = closes(self.market, self.roles.stablecoin)
        if track is None:
            return self.absent("peg_broken")
        limit = np.full(len(track.values), self.rotation.peg.below)
        broken = run_length(is_below(track.values, limit)) >= self.rotation.peg.days
        return self.reading("peg_broken", track, track.values, limit, broken)

    @_depends_on("volume", reads=("small_caps", "small_cap_fund"))
    def thin_trading(self) -> Bools:
        """True where the newest session was a half day, or its fund's volume was under `thin_below` medians."""
        thin = self.market.sessions.is_half_day(self.sessions)
        half_day: Bools = Track(self.small_caps.due, thin.astype(float), ()).sampled(self.times) == 1
        volume = self._relative_volume
        if volume is None:
            return half_day
        thin_volume: Bools = is_below(volume.sampled(self.times), self.rotation.volume.thin_below)
        return half_day | thin_volume

    # --- small caps --------------------------------------------------------------------------------------

    @_depends_on(reads=("small_caps",))
    def session_rows(self) -> Ints:
        """Return the number of the newest session at each decision, counted from small caps' first."""
        return newest(self.small_caps.due, self.times)

    def new_session(self) -> Bools:
        """True where a session closed since the decision before."""
        return _is_new(self.session_rows())

    @_depends_on(reads=("small_caps",))
    def records(self) -> tuple[Floats, Bools, Ints, Ints]:
        """Compute records of small caps by session.

        Returns
        -------
        before : array of float
            Highest close before the session; NaN at the first.
        is_record : array of bool
            The close is above `before`.
        base : array of int
            Sessions in a row without a record that end before the session.
        since : array of int
            Sessions since the last record; 0 on a record.
        """
        before = prior_high(self.closes)
        # NaN > x is False: a missing close and the first close are no records.
        is_record = self.closes > before
        since = run_length(~is_record)
        base = np.concatenate(([0], since[:-1])) if len(since) else since
        return before, is_record, base, since

    # --- helpers -----------------------------------------------------------------------------------------

    def reading(
        self, name: str, track: Track, value: Floats, threshold: Floats, holds: Bools, reach: int = 1
    ) -> Reading:
        """Sample a reading at the decision times from arrays on a track's own calendar; it looks at `reach` rows."""

        rows = newest(track.due, self.times)

        def sampled(values: Floats) -> Floats:
            return values_at(values, rows)

        missed = np.max([self.missed(series) for series in track.sources], axis=0)
        ended = np.any([self.has_ended(series) for series in track.sources], axis=0)
        verdict = sampled(holds.astype(float)) == 1
        return Reading(name, sampled(value), sampled(threshold), verdict, missed, ~ended, False, track.sources, reach)

    def missed(self, series: Series) -> Ints:
        """Count the late rows of a series at each decision; a quarantined series counts as stale."""
        # A purchase needs data that can be trusted; an exit on doubtful data is the smaller mistake.
        missed = series.missed(self.times, self._latest_news(series))
        quarantined = self.market.is_quarantined(series.symbol, self.times)
        return np.where(quarantined, np.maximum(missed, self.rotation.stale.after + 1), missed)

    def has_ended(self, series: Series) -> Bools:
        """True where a series has ended: by the table of endings, or after `ended_days` of silence."""
        if not len(series):
            return np.zeros(len(self.times), bool)
        last = np.maximum(self._latest_news(series), 0)
        silence = (self.times - series.known_at[last]) / np.timedelta64(1, "D")
        ended: Bools = silence > self.rotation.stale.ended_days
        declared = self.settings.endings.get(series.symbol)
        if declared is not None and declared.last is not None:
            end = np.datetime64(declared.last, "D")
            # A series that goes on after its date in the table is alive: the table is out of date, not the data.
            ended |= (self.times.astype("datetime64[D]") > end) & (series.dates[last] <= end)
        return ended

    def _latest_news(self, series: Series) -> Ints:
        """Return the newest row with news at each decision, computed once for all readings of a series."""
        if series.symbol not in self._news:
            self._news[series.symbol] = series.latest_news(self.times)
        return self._news[series.symbol]

    def _series_of(self, role: str) -> tuple[Series | None, ...]:
        """Return the series of a role; None for a series that the market lacks."""
        named = getattr(self.roles, role)
        return tuple(self.market.series.get(symbol) for symbol in ([named] if isinstance(named, str) else named))

    def absent(self, name: str) -> Reading:
        """Return a reading of a series that the market lacks."""
        n = len(self.times)
        nothing = np.full(n, np.nan)
        return Reading(name, nothing, nothing, np.zeros(n, bool), np.zeros(n, np.int64), np.zeros(n, bool), True)

    @cached_property
    def _strength(self) -> Track | None:
        """RS by session, if the market has both funds."""
        track = ratio(self.market, self.roles.small_cap_fund, self.roles.broad_fund)
        return None if track is None else Track(track.due, np.log(track.values), track.sources)

    @cached_property
    def _mean_strength(self) -> Floats:
        values = self._strength.values if self._strength is not None else np.empty(0)
        return sma(values, self.rotation.relative_strength.window, self.gaps)

    @cached_property
    def _relative_volume(self) -> Track | None:
        """The small-cap fund's volume over its own median."""
        track = closes(self.market, self.roles.small_cap_fund, "volume")
        if track is None or np.isnan(track.values).all():
            return None
        relative = track.values / rolling_median(track.values, self.rotation.volume.window, self.gaps)
        return Track(track.due, relative, track.sources)


def _is_new(index: Ints) -> Bools:
    """True where an index grew since the decision before; at the first decision a known session counts as new."""
    grew: Bools = np.greater(np.diff(index, prepend=-1), 0)
    return grew
