"""Plans worked by hand: a few coins at flat prices, and target weights day by day.

The costs of A and B are a fee of 0.001 and a slippage of 0.006; quantities are in steps of 0.0001.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from bot.core.book import Book
from bot.core.decision import Decision, Trade
from bot.core.market import Market
from bot.core.moments import utc
from bot.core.run_plan import RunPlan
from bot.core.window import Window
from bot.services.plans import run_plan
from tests.markets import closes_on_days, closes_on_sessions, config_with, market_of

D = Decimal
DAYS = 20
FIRST = date(2024, 1, 3)
"""The first decision: RUT's first close, of 2024-01-02, is known by then."""


def market(opens: Mapping[str, Mapping[str, float]] | None = None, **coins: Mapping[str, float]) -> Market:
    days = closes_on_days("2024-01-01", [100.0] * DAYS)
    rut = closes_on_sessions("2024-01-02", [100.0] * 12)
    return market_of({"RUT": rut, "ETH": days, "BTC": days, **coins}, opens=opens)


def flat(price: float, days: int = DAYS) -> dict[str, float]:
    """The same close on each of the first days of 2024."""
    return closes_on_days("2024-01-01", [price] * days)


def plan(made: Market, weights: Sequence[Mapping[str, str]], endings: Mapping[str, Any] | None = None) -> RunPlan:
    """Target weights from 2024-01-03 on, one a day, the last for all days that follow; traded where they change."""
    named = {name for symbol, entry in (endings or {}).items() for name in (symbol, entry.get("to")) if name}
    symbols = dict.fromkeys(sorted(named), "crypto")
    config = config_with({"start_equity": "1000", "endings": endings or {}, "symbols": symbols})
    decisions: list[Decision] = []
    for i, at in enumerate(made.decision_times[:-1]):
        now = {s: D(w) for s, w in weights[min(i, len(weights) - 1)].items()}
        trade = Trade.NOW if decisions and decisions[-1].weights != now else Trade.HOLD
        decisions.append(Decision(utc(at), "ALTS", "ALTS", now, ("held",), trade))
    window = Window(decisions[0].at.date(), decisions[-1].at.date())
    assert window.start == FIRST
    return replace(
        run_plan(config, made, window, "key"), decisions=decisions, slippage_multipliers=[D(1)] * len(decisions)
    )


def events(book: Book, kind: type[Any], day: int | None = None) -> list[Any]:
    """The events of a kind, of all days or of one day of January 2024."""
    return [e for e in book.events if isinstance(e, kind) and (day is None or e.at.day == day)]
