"""Replay: run the forward code over history with a driven clock."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bot.brokers.simulated import SimulatedBroker
from bot.core.events import ConfigPeriod
from bot.core.moments import ONE_DAY, midnight
from bot.core.run_plan import RunPlan
from bot.ledger.row import Row
from bot.ledger.writer import LedgerWriter
from bot.paper.forward_trader import Beside, ForwardTrader


def replay(
    plan: RunPlan, period: ConfigPeriod, path: Path | None, beside: Beside = lambda valued, rows, unwritten: valued
) -> list[Row]:
    """Tick through every day of a plan into a new ledger and return its rows. Raises LedgerError.

    A `path` of None keeps the ledger in memory. `beside` adds the benchmarks to each valuation. Each decision of the
    plan uses only data known at its own midnight.
    """
    first, last = plan.times[0].date(), plan.times[-1].date()
    with LedgerWriter.open(path) as writer:
        writer.append([period])
        late_after = timedelta(hours=1)
        trader = ForwardTrader(writer, lambda start, day: plan, SimulatedBroker(), first, late_after, beside=beside)
        day = first
        while day <= last:
            trader.tick(midnight(day))
            day += ONE_DAY
        trader.close(last)
        return writer.rows
