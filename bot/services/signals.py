"""Signals: the decision of one day as data, and the waterfall over a window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from bot.core.decision import Decision
from bot.core.market import Market
from bot.core.moments import iso
from bot.core.window import Window
from bot.data.demo.demo_market import DEMO
from bot.data.quality import closure_proposal, proposed_closures
from bot.report.contents import Waterfall
from bot.services.markets import STORE
from bot.services.plans import build_strategy, require_inside
from bot.services.strategy_settings import rotation_settings
from bot.services.trigger_report import LOOK_BACK, trigger_of
from bot.settings.loader import Config
from strategies.rotation.unread import unread_warnings
from strategies.rotation.view import RotationView, Views
from strategies.rotation.waterfall import waterfall


def signal_at(config: Config, market: Market, day: date | None) -> dict[str, Any]:
    """Return the decision of a day's 00:00 UTC, by default the newest, as data.

    Raises DataError for a day outside the decisions of the market.
    """
    views = Views()
    strategy = build_strategy(config, views)
    decisions = strategy.decisions(market)
    first, last = decisions[0].at.date(), decisions[-1].at.date()
    day = day or last
    require_inside(market, "there is no decision on this day", day, first, last)
    decision = decisions[(day - first).days]
    own = {} if config.strategy.is_own else _of_rotation(config, market, decision, views)
    return {
        "strategy": strategy.name,
        "market": market.name,
        "at": iso(decision.at),
        "stage": decision.stage,
        "previous_stage": decision.previous,
        "weights": {symbol: str(weight) for symbol, weight in decision.weights.items()},
        **({"stops": {symbol: str(level) for symbol, level in decision.stops.items()}} if decision.stops else {}),
        "reasons": list(decision.reasons),
        # Those of a user's own strategy may be bare numbers or words.
        "readings": {str(n): dict(r) if isinstance(r, Mapping) else r for n, r in decision.readings.items()},
        "warnings": [],
        **own,
    }


def _of_rotation(config: Config, market: Market, decision: Decision, views: Views) -> dict[str, Any]:
    """Return what the rotation adds to its signal: the check of its trigger, its layers, and warnings of readings."""
    day = decision.at.date()
    view = views.of(market, rotation_settings(config))
    seen = (day - market.decision_moments[0].date()).days
    return {
        "trigger": trigger_of(config, market.as_of(decision.at), Window(day - LOOK_BACK, day)),
        "waterfall": [layer.at(seen) for layer in waterfall(view)],
        "supercycle": view.supercycle.at(seen),
        "warnings": warnings_at(view, day),
    }


@dataclass(frozen=True, slots=True)
class SignalAge:
    """Age of the newest decision in days, and the sentence that says so first."""

    days: int
    is_too_old: bool
    line: str


def signal_age(config: Config, market: str, decided: date, today: date) -> SignalAge | None:
    """Return the age of the newest decision of real prices, if it is of a day before today (UTC).

    Past `rotation.stale.after` days without a row the rotation buys no more, so an older decision is too old to act on.
    Only the store is kept up to date; a folder may be of any time.
    """
    days = (today - decided).days
    if market == DEMO or days <= 0:
        return None
    is_too_old = market == STORE and days > config.rotation.stale.after
    effect = ", too old to act on" if is_too_old else ""
    count = f"{days} day{'' if days == 1 else 's'}"
    mend = "bring the store up to date with: bot data update"
    ends = mend if market == STORE else f"the prices of {market} end there"
    return SignalAge(days, is_too_old, f"the newest decision is of {decided}, {count} old{effect}; {ends}")


def warnings_at(view: RotationView, day: date) -> list[str]:
    """Return the warnings of the readings that missing rows made unknown to one day's decision, and of closures."""
    proposed = proposed_closures(view.market)
    unread = unread_warnings(view, view.times.astype("datetime64[D]") == np.datetime64(day))
    return [*unread, *([closure_proposal(proposed)] if proposed else [])]


def waterfall_over(config: Config, market: Market, window: Window, views: Views) -> Waterfall:
    """Compute the waterfall and the supercycle score at every decision of a window, for its report."""
    view = views.of(market, rotation_settings(config))
    layers, score = waterfall(view), view.supercycle
    days = view.times.astype("datetime64[D]")
    inside = np.flatnonzero((days >= np.datetime64(window.start)) & (days <= np.datetime64(window.end)))
    said = {layer.name: layer.states for layer in layers} | {name: score.verdicts(name) for name in score.parts}
    states = pd.DataFrame(said, pd.DatetimeIndex(view.times)).iloc[inside]
    last = int(inside[-1])
    return Waterfall([layer.at(last) for layer in layers], score.at(last), states)
