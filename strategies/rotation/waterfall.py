"""The liquidity waterfall: layers down the risk curve and their states."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.core.market import Floats
from strategies.decimals import difference, is_above, is_at_most, is_below
from strategies.indicators import Bools, Ints, lagged, sma
from strategies.rotation.reading import Reading, Words
from strategies.rotation.settings import DaysSettings
from strategies.rotation.track import Track, closes, ratio
from strategies.rotation.view import RotationView

MILLIONS, DOLLARS, RATIO, POINTS, SHARE = "$ million", "$", "ratio", "points", "share"
"""The units of a layer's value. The change of a share is a difference, that of all else is relative."""


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer at every decision time.

    `change` is relative to the value a `span` before; of a share it is the difference. `direction` is 1, 0 or -1.
    `missing_reason` is the reason of missing data, "" where there are data.
    """

    name: str
    unit: str
    span: str
    value: Floats
    change: Floats
    direction: Ints
    eases: Bools
    missing_reason: Words

    @property
    def states(self) -> list[str]:
        """States of the layer by decision, as the report shows them."""
        states: list[str] = np.select(
            [self.missing_reason != "", self.eases], ["no data", "easing"], default="tight"
        ).tolist()
        return states

    def at(self, i: int) -> dict[str, object]:
        """Return the layer at one decision as plain data; missing figures are null."""
        missing_reason = str(self.missing_reason[i])
        known = not missing_reason
        return {
            "name": self.name,
            "value": float(self.value[i]) if known else None,
            "unit": self.unit,
            "change": float(self.change[i]) if known else None,
            "change_unit": "difference" if self.unit == SHARE else "relative",
            "span": self.span,
            "arrow": ("flat", "up", "down")[self.direction[i]] if known else None,
            "state": "no data" if missing_reason else "easing" if self.eases[i] else "tight",
            "note": missing_reason,
        }


@dataclass(frozen=True, slots=True)
class _Span:
    """Span of a layer's change: a number of its own rows, the word for them, and the change up to which it is flat."""

    length: int
    rows: str
    flat: float


def waterfall(view: RotationView) -> tuple[Layer, ...]:
    """Return the layers of a market, from the top of the risk curve to its foot.

    A layer that is a reading of the rotation eases where that reading holds, so that the two tables agree.
    """
    return _Layers(view).all()


class _Layers:
    def __init__(self, view: RotationView) -> None:
        self.view, self.settings, self.rotation = view, view.settings.waterfall, view.settings.rotation
        self.market, self.roles, self.source = view.market, view.market.roles, view.source

    def all(self) -> tuple[Layer, ...]:
        return (
            self._net_liquidity(),
            self._treasury_account(),
            self._credit(),
            self._broad_equities(),
            self._small_cap_strength(),
            self._small_cap_trend(),
            self._eth(),
            self._altcoin_breadth(),
            self._stablecoin_supply(),
        )

    def _net_liquidity(self) -> Layer:
        span = _Span(self.rotation.net_liquidity.weeks, "weeks", self.settings.net_liquidity.flat)
        track, gate = self.source.net_liquidity_level(), self.source.gates["net_liquidity"]
        return self._layer("net_liquidity", MILLIONS, track, span, gate)

    def _treasury_account(self) -> Layer:
        """The Treasury's account: what it draws down it spends into the economy, so a fall eases."""
        name, shown = "treasury_account", self.settings.treasury_account
        track, span = closes(self.market, self.roles.treasury_account), _Span(shown.weeks, "weeks", shown.flat)
        return self._layer(name, MILLIONS, track, span, self._compared(name, track, shown.weeks, falls=True))

    def _credit(self) -> Layer:
        """The measure of credit; it eases while its gate passes."""
        shown, is_spread = self.settings.credit, self.rotation.credit.measure == "spread"
        track = self.source.credit_level()
        if track and is_spread:
            track = Track(track.due, track.values / 100, track.sources)  # per cent
        unit, span = SHARE if is_spread else RATIO, _Span(shown.sessions, "sessions", shown.flat)
        return self._layer("credit", unit, track, span, self.source.gates["credit"])

    def _broad_equities(self) -> Layer:
        """The broad market: it eases above its average and above its close a span ago."""
        name, shown = "broad_equities", self.settings.broad_equities
        track, span = closes(self.market, self.roles.broad_fund), _Span(shown.sessions, "sessions", shown.flat)
        if track is None:
            return self._layer(name, DOLLARS, None, span, self.source.absent(name))
        hurdle = np.maximum(sma(track.values, shown.average, self.source.gaps), lagged(track.values, shown.sessions))
        eases = self.source.reading(name, track, track.values, hurdle, is_above(track.values, hurdle))
        return self._layer(name, DOLLARS, track, span, eases)

    def _small_cap_strength(self) -> Layer:
        span = _Span(self.rotation.relative_strength.lookback, "sessions", self.settings.small_cap_strength.flat)
        track = ratio(self.market, self.roles.small_cap_fund, self.roles.broad_fund)
        return self._layer("small_cap_strength", RATIO, track, span, self.source.gates["relative_strength"])

    def _small_cap_trend(self) -> Layer:
        shown, small_caps = self.settings.small_cap_trend, self.source.small_caps
        track = Track(small_caps.due, self.source.closes, (small_caps,))
        span = _Span(shown.sessions, "sessions", shown.flat)
        return self._layer("small_cap_trend", POINTS, track, span, self.source.gates["trend"])

    def _eth(self) -> Layer:
        shown, track = self.settings.eth, closes(self.market, self.roles.eth)
        return self._layer("eth", DOLLARS, track, _days(shown), self.view.readings["eth_trend"])

    def _altcoin_breadth(self) -> Layer:
        shown, breadth = self.settings.altcoin_breadth, self.view.readings["breadth"]
        track = Track(self.view.times, breadth.value, ())
        return self._layer("altcoin_breadth", SHARE, track, _days(shown), breadth)

    def _stablecoin_supply(self) -> Layer:
        """The supply of stablecoins: it eases while it grows."""
        name, shown = "stablecoin_supply", self.settings.stablecoin_supply
        track = closes(self.market, self.roles.stablecoin_supply)
        return self._layer(name, DOLLARS, track, _days(shown), self._compared(name, track, shown.days, falls=False))

    def _compared(self, name: str, track: Track | None, length: int, *, falls: bool) -> Reading:
        """Compare a value with the one a span before: True where it fell, or where it rose."""
        if track is None:
            return self.source.absent(name)
        before = lagged(track.values, length)
        moved = is_below(track.values, before) if falls else is_above(track.values, before)
        return self.source.reading(name, track, track.values, before, moved)

    def _layer(self, name: str, unit: str, track: Track | None, span: _Span, eases: Reading) -> Layer:
        """Make a layer from the value it shows, on its own calendar, and the reading that says whether it eases."""
        if track is None:
            value = change = np.full(len(self.view.times), np.nan)
        else:
            value = track.sampled(self.view.times)
            before = Track(track.due, lagged(track.values, span.length), ()).sampled(self.view.times)
            # From 2% to 3% is one point of breadth; called +50% it would look like a surge.
            change = difference(value, before) if unit == SHARE else (value - before) / np.abs(before)
        missing_reason = eases.missing_reason(self.view.settings.rules)
        missing_reason = np.where((missing_reason == "") & np.isnan(change), "not yet", missing_reason)
        # Once it was known its window has been full: then a value in it is missing.
        missing_reason = np.where(
            (missing_reason == "not yet") & np.logical_or.accumulate(missing_reason == ""), "missing", missing_reason
        )
        direction = np.where(is_at_most(np.abs(change), span.flat), 0, np.sign(np.nan_to_num(change))).astype(np.int64)
        return Layer(name, unit, f"{span.length} {span.rows}", value, change, direction, eases.holds, missing_reason)


def _days(shown: DaysSettings) -> _Span:
    return _Span(shown.days, "days", shown.flat)
