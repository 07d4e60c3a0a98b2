"""The liquidity waterfall: one layer a step down the risk curve, each easing, tight or without data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bot.core.market import Floats
from strategies.indicators import Bools, Ints, lagged, sma
from strategies.rotation.reading import Reading, Words
from strategies.rotation.settings import LayerChange, WaterfallSettings
from strategies.rotation.track import Track, closes, ratio
from strategies.rotation.view import RotationView

MILLIONS, DOLLARS, RATIO, POINTS, SHARE = "$ million", "$", "ratio", "points", "share"
"""The units of a layer's value. The change of a share is a difference, that of all else is relative."""


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer at every decision time.

    `change` is what the arrow is about: relative to the value a `span` before, for a share the difference.
    `direction` is 1, 0 or -1; `lack` says why there are no data, and is empty where there are.
    """

    name: str
    unit: str
    span: str
    value: Floats
    change: Floats
    direction: Ints
    eases: Bools
    lack: Words

    @property
    def states(self) -> list[str]:
        """What the layer said at each decision: easing, tight, or no data."""
        states: list[str] = np.select([self.lack != "", self.eases], ["no data", "easing"], default="tight").tolist()
        return states

    def at(self, i: int) -> dict[str, Any]:
        """The layer at one decision as plain data; without data there are no figures either."""
        lack = str(self.lack[i])
        known = not lack
        return {
            "name": self.name,
            "value": float(self.value[i]) if known else None,
            "unit": self.unit,
            "change": float(self.change[i]) if known else None,
            "change_unit": "difference" if self.unit == SHARE else "relative",
            "span": self.span,
            "arrow": ("flat", "up", "down")[self.direction[i]] if known else None,
            "state": "no data" if lack else "easing" if self.eases[i] else "tight",
            "note": lack,
        }


def waterfall(view: RotationView, settings: WaterfallSettings) -> tuple[Layer, ...]:
    """The layers of a market from the top of the risk curve to its foot.

    A layer that is a reading of the rotation eases where that reading holds: the two tables never contradict.
    """
    return _Layers(view, settings).all()


class _Layers:
    def __init__(self, view: RotationView, settings: WaterfallSettings) -> None:
        self.view, self.settings = view, settings
        self.market, self.roles, self.source = view.market, view.market.roles, view.source

    def all(self) -> tuple[Layer, ...]:
        market, roles, readings = self.market, self.roles, self.view.readings
        gates, settings, small_caps = self.source.gates, self.settings, self.source.small_caps
        return (
            self._layer(
                "net_liquidity",
                MILLIONS,
                self.source.net_liquidity_level(),
                settings.net_liquidity,
                "weeks",
                gates["net_liquidity"],
            ),
            self._treasury_account(),
            self._credit(),
            self._broad_equities(),
            self._layer(
                "small_cap_strength",
                RATIO,
                ratio(market, roles.small_cap_fund, roles.broad_fund),
                settings.small_cap_strength,
                "sessions",
                gates["relative_strength"],
            ),
            self._layer(
                "small_cap_trend",
                POINTS,
                Track(small_caps.due, self.source.closes, (small_caps,)),
                settings.small_cap_trend,
                "sessions",
                gates["trend"],
            ),
            self._layer("eth", DOLLARS, closes(market, roles.eth), settings.eth, "days", readings["eth_trend"]),
            self._layer(
                "altcoin_breadth",
                SHARE,
                Track(self.view.times, readings["breadth"].value, ()),
                settings.altcoin_breadth,
                "days",
                readings["breadth"],
            ),
            self._stablecoin_supply(),
        )

    def _treasury_account(self) -> Layer:
        """The Treasury's account: what it draws down it spends into the economy, so a fall eases."""
        name, move = "treasury_account", self.settings.treasury_account
        track = closes(self.market, self.roles.treasury_account)
        return self._layer(name, MILLIONS, track, move, "weeks", self._compared(name, track, move, falls=True))

    def _credit(self) -> Layer:
        """What credit is measured by; it eases while it is not stressed."""
        is_spread = self.view.settings.credit_measure == "spread"
        track = self.source.credit_level()
        if track and is_spread:
            track = Track(track.due, track.values / 100, track.sources)  # per cent
        unit = SHARE if is_spread else RATIO
        return self._layer("credit", unit, track, self.settings.credit, "sessions", self.source.gates["credit"])

    def _broad_equities(self) -> Layer:
        """The broad market: it eases above its average and above its close a span ago."""
        name, move = "broad_equities", self.settings.broad_equities
        track = closes(self.market, self.roles.broad_fund)
        if track is None:
            return self._layer(name, DOLLARS, None, move, "sessions", self.source.absent(name))
        hurdle = np.maximum(sma(track.values, self.settings.broad_average), lagged(track.values, move.span))
        eases = self.source.reading(name, track, track.values, hurdle, track.values > hurdle)
        return self._layer(name, DOLLARS, track, move, "sessions", eases)

    def _stablecoin_supply(self) -> Layer:
        """The supply of stablecoins: it eases while it grows."""
        name, move = "stablecoin_supply", self.settings.stablecoin_supply
        track = closes(self.market, self.roles.stablecoin_supply)
        return self._layer(name, DOLLARS, track, move, "days", self._compared(name, track, move, falls=False))

    def _compared(self, name: str, track: Track | None, move: LayerChange, *, falls: bool) -> Reading:
        """Whether a value fell, or rose, over its span."""
        if track is None:
            return self.source.absent(name)
        before = lagged(track.values, move.span)
        moved = track.values < before if falls else track.values > before
        return self.source.reading(name, track, track.values, before, moved)

    def _layer(self, name: str, unit: str, track: Track | None, move: LayerChange, rows: str, eases: Reading) -> Layer:
        """A layer from the value it shows, on its own calendar, and the reading that tells whether it eases."""
        if track is None:
            value = change = np.full(len(self.view.times), np.nan)
        else:
            value = track.sampled(self.view.times)
            before = Track(track.due, lagged(track.values, move.span), ()).sampled(self.view.times)
            change = value - before if unit == SHARE else (value - before) / np.abs(before)
        lack = eases.lack(self.view.settings.rules)
        lack = np.where((lack == "") & np.isnan(change), "not yet", lack)
        # Once it was known its window has been full: then a value in it is missing.
        lack = np.where((lack == "not yet") & np.logical_or.accumulate(lack == ""), "missing", lack)
        direction = np.where(np.abs(change) <= move.flat, 0, np.sign(np.nan_to_num(change))).astype(np.int64)
        return Layer(name, unit, f"{move.span} {rows}", value, change, direction, eases.holds, lack)
