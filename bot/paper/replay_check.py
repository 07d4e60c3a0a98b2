"""Replay history into a ledger and compare every row with the backtest of the same days."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from bot.backtest.engines.exact import run_exact
from bot.core.errors import LedgerError
from bot.core.events import ConfigPeriod
from bot.infra.version import __version__
from bot.ledger.record import as_rows, write_ledger
from bot.paper.ledgers import ledger_path, make_ledger_folder
from bot.paper.replay import replay
from bot.services.markets import open_market
from bot.services.plans import planned, window_of
from bot.services.run_key import period_hash
from bot.settings.loader import Config


def replay_history(
    config: Config, data_dir: Path | None, market: str, start: date | None, end: date | None, name: str
) -> int:
    """Replay days of a market into a new ledger, and return the number of ticks.

    Raises LedgerError if the ledger exists, AssertionError if a row differs from the backtest, which is a bug.
    """
    path = ledger_path(config, name)
    if path.exists():
        mend = "name another with --ledger, or archive it"
        raise LedgerError("the ledger exists already", where=str(path), mend=mend)
    found = open_market(config, data_dir, market)
    plan = planned(config, found, window_of(found, start, end))
    period = ConfigPeriod(
        plan.decisions[0].at, 1, "replay", plan.rules.run_key, period_hash(config), __version__, "simulated", plan.cash
    )
    rows = replay(plan, period, None)
    expected = [(row.kind, row.at, row.body) for row in as_rows(run_exact(plan).events)]
    if [(row.kind, row.at, row.body) for row in rows[1:]] != expected:
        raise AssertionError("the replay differs from the backtest of the same days")
    make_ledger_folder(path)
    write_ledger(path, rows)
    return len(plan.decisions)
