"""The trigger's cross-check over the days of a run, a signal or a tick, as data and in one line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np

from bot.core.data_fault import DataFault, FaultKind
from bot.core.market import Market
from bot.core.plural import counted
from bot.core.window import Window
from bot.data.demo.demo_market import DEMO
from bot.data.quality.trigger_check import check_records, raw_fund
from bot.services.markets import quality_rules
from bot.settings.loader import Config

_NAMED = 2
"""Number of faults of a kind that have a sentence each; the days of the others are listed."""
_KINDS = (FaultKind.OTHER_SERIES, FaultKind.UNCONFIRMED_RECORD, FaultKind.WINDOW)
LOOK_BACK = timedelta(days=31)
"""Days before a decision whose records it may rest on: two weeks of confirmation, and the closes of a base."""


def trigger_of(config: Config, market: Market, window: Window) -> dict[str, Any]:
    """Return the cross-check of the trigger over a window.

    Returns
    -------
    dict
        `records`, `confirmed`, `unconfirmed` and `unchecked` (numbers of record closes of small caps in the window),
        `faults` (sentences, the gravest first) and `line`.
    """
    faults = trigger_faults(market, window)
    small_caps, found = market[market.roles.small_caps], check_records(market, quality_rules(config))
    days = small_caps.dates
    inside = (days >= np.datetime64(window.start)) & (days <= np.datetime64(window.end))
    counts = {name: int(inside[getattr(found, name)].sum()) for name in ("confirmed", "unconfirmed", "unchecked")}
    records = sum(counts.values())
    fund = raw_fund(market)
    line = f"Trigger: {records} record closes of {small_caps.symbol}, {counts['confirmed']} confirmed by {fund}"
    line += f", {counts['unconfirmed']} not confirmed" if counts["unconfirmed"] else ""
    line += f", {counts['unchecked']} not checked ({_why_unchecked(market, fund)})" if counts["unchecked"] else ""
    return {"records": records, **counts, "faults": faults, "line": line}


def trigger_faults(market: Market, window: Window) -> list[str]:
    """Return the sentences on the trigger's faults that a window rests on, the gravest first.

    A series that is another one is named in every window after it could be known.
    """
    found = [
        fault
        for fault in market.faults
        if fault.kind in _KINDS
        and fault.known_at.date() <= window.end
        and (fault.first >= window.start or fault.kind is FaultKind.OTHER_SERIES)
    ]
    return [text for kind in _KINDS for text in _texts([fault for fault in found if fault.kind is kind])]


def _texts(faults: list[DataFault]) -> list[str]:
    """Return the sentences of faults of one kind; of many, the first ones with the days of the others."""
    texts = [fault.text for fault in faults]
    if len(faults) > _NAMED and faults[0].kind is not FaultKind.OTHER_SERIES:
        texts = texts[:_NAMED]
        days = ", ".join(str(fault.first) for fault in faults[_NAMED:])
        texts[-1] += f"; the same on {counted(len(faults) - _NAMED, 'more day')}: {days}"
    return texts


def _why_unchecked(market: Market, fund: str) -> str:
    """Return why records lack a check: the fund is absent, or where its rows begin and end."""
    series = market.series.get(fund)
    if series is None or not len(series):
        return f"{fund} has no row" if market.name != DEMO else "the demo has no unadjusted fund"
    return f"{fund} has rows from {series.dates[0]} to {series.dates[-1]}"
