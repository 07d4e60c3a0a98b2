"""Warnings of what changes the result of a run: prices in doubt, frozen series, funds, copies, endings, a lost peg."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.core.data_fault import Severity
from bot.core.market import Market
from bot.core.plural import counted
from bot.core.run_plan import RunPlan
from bot.core.window import Window

FROZEN_ROWS = 4
"""Repeated closes in a row from which a series counts as frozen: one more than the missing rows that the rules wait."""


@dataclass(frozen=True, slots=True)
class PegRule:
    """The stablecoin is off its peg after `days` closes in a row under `below`."""

    below: float
    days: int


def result_warnings(market: Market, window: Window, plan: RunPlan, peg: PegRule | None) -> list[str]:
    """Return the warnings of data that change the result of a run.

    Parameters
    ----------
    market
        Series with their quality flags.
    window
        Days of trading.
    plan
        Plan with its decisions: it has the targeted coins.
    peg
        Rule of the stablecoin's peg, if its warning is wanted.
    """
    return [
        *_quarantined(market, window, plan),
        *_frozen(market, window, plan),
        *_funds(market, window, plan),
        *_lost_peg(market, window, peg),
        *_copies(market, window),
        *_endings(plan),
    ]


def _quarantined(market: Market, window: Window, plan: RunPlan) -> list[str]:
    """Name the series that are quarantined before the window ends, with the cause and the setting that allows them.

    Those that the run reads or targets come first.
    """
    roles, warnings = market.roles, []
    required = (roles.small_caps, roles.eth, roles.btc)
    first = {*roles.symbols, *plan.coins}
    for symbol, since in sorted(market.quarantined.items(), key=lambda item: (item[0] not in first, item[0])):
        if since.astype("datetime64[D]") > np.datetime64(window.end):
            continue
        why = next(f for f in market.faults if f.symbol == symbol and f.severity is Severity.QUARANTINED)
        is_coin = market[symbol].kind.is_coin and symbol not in required
        effect = "is not bought" if is_coin else "is not used, and no coin is bought while a rule needs it"
        allow = f"to allow it: quality: {{allow: [{symbol}]}}"
        if market[symbol].kind.is_coin:
            allow = f"a holding is not sold and stays at its last close before, marked stale; {allow}"
        warnings.append(f"{symbol} {effect} from {since.astype('datetime64[D]')} on: {why.text} ({why.first}); {allow}")
    return warnings


def _frozen(market: Market, window: Window, plan: RunPlan) -> list[str]:
    """Name the series that the run reads or holds whose feed froze inside the window."""
    warnings = []
    for symbol in sorted({*market.roles.symbols, *plan.coins} & set(market)):
        series = market[symbol]
        rows = np.arange(len(series))
        repeats = rows - series.moved
        inside = (series.dates >= np.datetime64(window.start)) & (series.dates <= np.datetime64(window.end))
        # The longest spell is named: at its last row the count of repeats is the largest.
        if not (inside & (repeats >= FROZEN_ROWS)).any():
            continue
        last = int(np.argmax(np.where(inside, repeats, 0)))
        first, count = series.moved[last], int(repeats[last])
        warnings.append(
            f"{symbol} repeats its close of {series.dates[first]} on the {counted(count, 'row')} up to "
            f"{series.dates[last]}: its feed is frozen, and the rules take such rows for missing ones (stale)"
        )
    return warnings


def _funds(market: Market, window: Window, plan: RunPlan) -> list[str]:
    """Name what the prices of held funds lack, benchmarks included: dividends, and opens inside the run."""
    symbols = sorted({*plan.coins, market.roles.eth, market.roles.btc} & set(market))
    funds = [symbol for symbol in symbols if not market[symbol].kind.is_coin]
    if not funds:
        return []
    warnings = [f"the prices of {', '.join(funds)} are unadjusted: returns exclude dividends"]
    for symbol in funds:
        series = market[symbol]
        inside = (series.dates >= np.datetime64(window.start)) & (series.dates <= np.datetime64(window.end))
        missing = series.dates[inside & np.isnan(series.open)]
        if len(missing):
            warnings.append(
                f"{symbol} has no open on {len(missing)} of {np.count_nonzero(inside)} sessions, the first on "
                f"{missing[0]}: an order of such a day is filled at the next open"
            )
    return warnings


def _lost_peg(market: Market, window: Window, peg: PegRule | None) -> list[str]:
    """Count the closes of the stablecoin under its peg, if the peg broke inside the window."""
    symbol = market.roles.stablecoin
    if peg is None or symbol not in market:
        return []
    series = market[symbol]
    inside = (series.dates >= np.datetime64(window.start)) & (series.dates <= np.datetime64(window.end))
    days, closes = series.dates[inside], series.close[inside]
    under = closes < peg.below
    if len(under) < peg.days:  # the series may end before the window
        return []
    in_a_row = np.convolve(under, np.ones(peg.days), "valid")
    if not (in_a_row == peg.days).any():
        return []
    lowest = int(np.argmin(closes))
    return [
        f"the stablecoin {symbol} closed under {peg.below:g} on {np.count_nonzero(under)} of {len(days)} days, at "
        f"{closes[lowest]:.3g} on {days[lowest]} and at {closes[-1]:.3g} on the last, {days[-1]}: equity and returns "
        f"are in {symbol}, not in dollars"
    ]


def _copies(market: Market, window: Window) -> list[str]:
    """Name the coins that carry the rows of another inside the window."""
    spells = [
        spell
        for spell in market.copies
        if spell.since.astype("datetime64[D]") <= np.datetime64(window.end) and spell.last >= window.start
    ]
    return [
        f"{spell.symbol} {spell.relation} from {spell.first} to {spell.last}: one coin under two names, "
        f"bought as {spell.of} alone; to buy both: quality: {{allow: [{spell.symbol}]}}"
        for spell in spells
    ]


def _endings(plan: RunPlan) -> list[str]:
    """Name the entries of the table of endings that contradict the rows of a targeted coin."""
    return [text for symbol, text in plan.unused_endings.items() if symbol in plan.coins]
