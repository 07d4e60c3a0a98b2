"""Warnings of inputs of the rotation that are stale or absent inside a window."""

from __future__ import annotations

import numpy as np

from bot.core.errors import DataError
from bot.core.window import Window
from strategies.indicators import Bools
from strategies.rotation.conditions import is_stale
from strategies.rotation.rules import Stage
from strategies.rotation.unread import unread_warnings
from strategies.rotation.view import RotationView

_NAMED = 8
"""Coins that a warning names before it counts the rest."""


def input_warnings(view: RotationView, window: Window) -> list[str]:
    """Return the warnings of stale, absent and incomplete inputs, stale ones first.

    Raises
    ------
    DataError
        If small caps, ETH or BTC are stale on every day of the window.
    """
    days = view.times.astype("datetime64[D]")
    inside: Bools = (days >= np.datetime64(window.start)) & (days <= np.datetime64(window.end))
    read = (_staleness, _absences, unread_warnings, _hidden_coins)
    return [warning for find in read for warning in find(view, inside)]


def _staleness(view: RotationView, inside: Bools) -> list[str]:
    """Count the days on which small caps, ETH or BTC were too old to buy on."""
    warnings = []
    for symbol in view.required:
        stale = is_stale(view.settings.rules, view.market[symbol].missed(view.times[inside]))
        # A run that can never buy would report a flat curve as if it were a result.
        if stale.all():
            last = view.market[symbol].dates[-1]
            raise DataError(f"{symbol} ends on {last}, before the run begins", where=f"market {view.market.name}")
        if stale.any():
            days = f"{np.count_nonzero(stale)} of {len(stale)} days"
            warnings.append(f"{symbol} is stale on {days}: nothing is bought on them")
    return warnings


def _absences(view: RotationView, inside: Bools) -> list[str]:
    """Name the gates and risk exits that are off because their series are absent."""
    kills, warnings = view.kills, []
    for name, reading in view.readings.items():
        parts = [part for part, on in (("gate", name in view.gates_on), ("kill", name in kills)) if on]
        if parts and not reading.available[inside].all():
            when = "throughout" if not reading.available[inside].any() else "for a part of the run"
            warnings.append(f"{' and '.join(parts)} {name} off {when}: the series are absent or have ended")
    if view.settings.rules.eth_stop_measure_is_atr and np.isnan(view.source.eth_range()[inside]).all():
        warnings.append("the ETH stop is off throughout: its true range needs ETH's highs and lows")
    return warnings


def _hidden_coins(view: RotationView, inside: Bools) -> list[str]:
    """Name the coins that a missing row kept from being chosen while altcoins were held."""
    is_alts = np.array([outcome.stage == Stage.ALTS for outcome in view.path])
    # A decision at midnight reads the day before.
    days = view.times[inside & is_alts].astype("datetime64[D]") - 1
    counts = view.altcoins.hidden(days)
    if not counts:
        return []
    named = [f"{symbol} on {count} of {len(days)} days" for symbol, count in list(counts.items())[:_NAMED]]
    more = f" and {len(counts) - _NAMED} more" if len(counts) > _NAMED else ""
    window = f"the {view.settings.altcoins.volume_days} days of their volume"
    return [f"coins could not be chosen, since {window} miss a row: {', '.join(named)}{more}"]
