"""A venue of two coins at 100 with a book of which every level is known, and plans of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache

from bot.core.decision import Decision
from bot.core.market import Market
from bot.core.moments import midnight
from bot.core.ports import Clock
from bot.core.run_plan import RunPlan
from bot.core.window import Window
from bot.services.local_exchange import open_exchange
from bot.services.plans import run_plan
from bot.venue.matching.clocks import DrivenClock
from bot.venue.matching.exchange import AccountTerms, Exchange
from tests.markets import closes_on_days, default_config, market_of
from tests.venue.world import D, KnownBook

COINS, DAYS = ("ETH", "BTC"), 30
FIRST = date(2024, 1, 1)
CASH = D(1500)


@dataclass(frozen=True)
class Wire:
    """The time of the connection to a venue, on which nothing really waits."""

    clock: DrivenClock

    def now(self) -> datetime:
        """What the venue tells."""
        return self.clock.server_time()

    def sleep(self, seconds: float) -> None:
        """Go on at once."""


@cache
def _market() -> Market:
    closes = closes_on_days(str(FIRST - timedelta(days=40)), [100.0] * (DAYS + 40))
    return market_of({coin: closes for coin in COINS}, volumes={coin: dict.fromkeys(closes, 1e9) for coin in COINS})


def plan(weights: Mapping[int, Mapping[str, Decimal]]) -> RunPlan:
    """A month in which the weights change on numbered days."""
    made = run_plan(default_config(), _market(), Window(FIRST, FIRST + timedelta(days=DAYS - 1)), "known")
    decisions, now = [], dict[str, Decimal]()
    for number in range(DAYS):
        now = dict(weights.get(number, now))
        decisions.append(Decision(midnight(FIRST + timedelta(days=number)), "stage", "stage", now, ()))
    return RunPlan(
        made.market,
        decisions,
        [D(1)] * DAYS,
        made.rules,
        {},
        made.recovery,
        made.stress_multiplier,
        CASH,
        True,
        made.median_volume,
        made.volatility,
    )


def exchange(machine: Clock) -> Exchange:
    """Both coins, with asks of 2 at 100.10 and 3 at 100.20, and bids of 2 at 99.90 and 3 at 99.80 each minute."""
    clock = DrivenClock(machine, midnight(FIRST))
    return open_exchange(default_config(), _market(), clock, AccountTerms(cash=CASH), KnownBook()).exchange
