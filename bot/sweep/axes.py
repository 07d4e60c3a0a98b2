"""Axes of a sweep beside the numbers of the rule: delay of orders, first day of trading, roles and basket."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, Strict

from bot.core.errors import ConfigError, did_you_mean
from bot.core.market import Market
from bot.core.series_kind import SeriesKind
from bot.core.window import Window
from bot.data.demo.demo_market import DEMO
from bot.data.demo.generator import PREFIX as DEMO_PREFIX
from bot.settings.schema.values import Section, Symbol

DELAY, START, BASKET, ROLES, COSTS = "delay_days", "start", "altcoin_universe", "roles.", "costs."


def _day(value: object) -> object:
    """Parse a day of a grid. The schema alone would take numbers for seconds, and texts with a time."""
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ValueError("is no date, expected YYYY-MM-DD") from None


class RunAxes(Section):
    """Keys of a grid that belong to the run or to its data.

    Attributes
    ----------
    delay_days
        UTC days between a decision and its orders.
    start
        First UTC day of trading.
    altcoin_universe
        Coins that may be chosen as altcoins, by their names in the config.
    """

    delay_days: Annotated[int, Strict(), Field(ge=0, le=30)] = 0
    start: Annotated[date, BeforeValidator(_day)] = date(1970, 1, 1)
    altcoin_universe: Annotated[tuple[Symbol, ...], Field(min_length=1)] = ("BTC",)


def changes_market(key: str) -> bool:
    """Return True for a key that changes what the market consists of."""
    return key == BASKET or key.startswith(ROLES)


def is_assumed(key: str) -> bool:
    """Return True for a key whose value is an assumption about costs or execution."""
    return key.startswith(COSTS) or key == DELAY


def delay_of(changes: Mapping[str, object]) -> int:
    """Return the days between a decision of a set and its orders."""
    delay: Any = changes.get(DELAY, 0)
    return int(delay)


def window_of_set(market: Market, window: Window, changes: Mapping[str, object]) -> Window:
    """Return the days on which a set trades.

    They begin on the set's own start, by default on that of `window`, and at the earliest `delay_days` after the first
    decision of the market, when that decision is carried out.
    """
    start = date.fromisoformat(str(changes[START])) if START in changes else window.start
    return Window(max(start, market.decision_moments[0].date() + timedelta(days=delay_of(changes))), window.end)


def market_of_set(market: Market, changes: Mapping[str, object]) -> Market:
    """Return the market with the roles and the basket of a set; the faults found in the whole market are kept."""
    prefix = DEMO_PREFIX if market.name == DEMO else ""
    roles: dict[str, Any] = {key.removeprefix(ROLES): value for key, value in changes.items() if key.startswith(ROLES)}
    named: dict[str, Any] = {
        role: prefix + value if isinstance(value, str) else tuple(prefix + symbol for symbol in value)
        for role, value in roles.items()
    }
    changed = replace(market, roles=replace(market.roles, **named)) if named else market
    if BASKET not in changes:
        return changed
    basket: Any = changes[BASKET]
    kept = {prefix + symbol for symbol in basket} | {changed.roles.btc, changed.roles.eth}
    series = {s: found for s, found in market.series.items() if found.kind is not SeriesKind.CRYPTO or s in kept}
    return replace(changed, series=series)


def require_in_market(key: str, value: object, market: Market, where: str) -> None:
    """Raise ConfigError for a role or a basket with a symbol that the market lacks."""
    prefix = DEMO_PREFIX if market.name == DEMO else ""
    known = {symbol.removeprefix(prefix) for symbol in market if key != BASKET or _is_altcoin(market, symbol)}
    for symbol in _symbols(value):
        if symbol not in known:
            what = "is no coin of this market" if key == BASKET else "is no series of this market"
            mend = did_you_mean(symbol, known)
            # Without a near name the user sees what the names of this market look like.
            expected = None if mend else f"one of {len(known)}, such as {', '.join(sorted(known)[:3])}"
            raise ConfigError(f"{symbol} {what}", where=where, expected=expected, mend=mend)


def _is_altcoin(market: Market, symbol: str) -> bool:
    return market[symbol].kind is SeriesKind.CRYPTO


def _symbols(value: object) -> Iterable[str]:
    return [str(symbol) for symbol in value] if isinstance(value, list | tuple) else [str(value)]
