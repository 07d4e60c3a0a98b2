"""Replay: the forward code over history, with a clock that is driven."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bot.brokers.simulated import SimulatedBroker
from bot.core.book import RunPlan
from bot.core.events import ConfigPeriod
from bot.core.moments import ONE_DAY, midnight
from bot.ledger.record import Row
from bot.ledger.writer import LedgerWriter
from bot.paper.forward_trader import ForwardTrader


def replay(plan: RunPlan, epoch: ConfigPeriod, path: Path | None) -> list[Row]:
    """Tick through every day of a plan into a new ledger, in memory without a path, and return its rows.

    What a day's tick may know is what the plan's decisions and prices of that day were made from, which is what was
    known then. Raises LedgerError.
    """
    first, last = plan.decisions[0].at.date(), plan.decisions[-1].at.date()
    with LedgerWriter.open(path) as journal:
        journal.append([epoch])
        desk = ForwardTrader(journal, lambda start, day: plan, SimulatedBroker(), first, late_after=timedelta(hours=1))
        day = first
        while day <= last:
            desk.tick(midnight(day))
            day += ONE_DAY
        desk.close(last)
        return journal.rows
