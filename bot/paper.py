"""Forward trading on paper: a ledger by name, ticked on live prices."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from bot.brokerage import open_brokerage
from bot.brokers.live_quotes import LiveQuotesBroker
from bot.config import Config
from bot.core.book import RunPlan
from bot.core.errors import DataError, LedgerError
from bot.core.events import Epoch, Mode
from bot.core.moments import midnight
from bot.core.ports import Clock
from bot.core.window import Window
from bot.data.update import Result
from bot.engines.exact import run_exact
from bot.forward.desk import Desk, Ticked
from bot.forward.replay import replay
from bot.ledger.decode import decode
from bot.ledger.journal import Journal
from bot.ledger.record import as_rows, write_ledger
from bot.ledgers import ledger_path, make_room, mode_of, open_ledger
from bot.markets import open_market, stored_market
from bot.sourcing import Sessions
from bot.updating import Advance, update_store
from bot.version import __version__
from bot.wiring import planned, window_of


def tick(
    config: Config,
    name: str,
    sessions: Sessions,
    clock: Clock,
    advance: Advance = lambda symbol, done, total: None,
    waiting: Callable[[str], None] = print,
) -> Ticked:
    """Fetch what is new, then bring a ledger to the present moment.

    Raises DataError where a row that is needed has not come: nothing is decided, and a later tick does it.
    """
    with open_ledger(config, name, clock) as journal:
        if mode_of(journal.rows) is Mode.STOPPED:
            raise DataError(
                f"the ledger {name} is stopped: nothing is decided", mend=f"bot paper resume --ledger {name}"
            )
        results = update_store(config, sessions, clock, (), None, advance, waiting)
        epoch = _epoch(config, journal, clock.now())
        desk = Desk(
            journal,
            lambda start, day: _under(mode_of(journal.rows), _plan(config, epoch, start, day, results)),
            open_brokerage(config, sessions, clock, None).broker,
            epoch.start,
            timedelta(minutes=config.paper.late_after_minutes),
        )
        return desk.tick(clock.now())


@dataclass(frozen=True, slots=True)
class _Running:
    """The epoch of a ledger, and the first day of its first one."""

    epoch: Epoch
    start: date


def _epoch(config: Config, journal: Journal, now: datetime) -> _Running:
    """The ledger's present epoch; a new ledger or a changed config begins one."""
    epochs = [event for event in map(decode, journal.rows) if isinstance(event, Epoch)]
    if epochs and epochs[-1].config_hash == config.fingerprint():
        return _Running(epochs[-1], epochs[0].at.date())
    why = "the config was changed" if epochs else "new"
    first = epochs[0].at if epochs else midnight(now.date())
    run_key = epochs[0].run_key if epochs else _new_key(journal.path, now)
    begun = Epoch(
        first if not epochs else midnight(now.date()), len(epochs) + 1, why, run_key, config.fingerprint(),
        __version__, LiveQuotesBroker.name, config.start_equity,
    )  # fmt: skip
    journal.append([begun])
    return _Running(begun, first.date())


def _new_key(path: Path, now: datetime) -> str:
    """The ledger's own key, from which its orders' ids are made."""
    return hashlib.sha256(json.dumps([str(path.absolute()), now.isoformat()]).encode()).hexdigest()


def _plan(config: Config, running: _Running, start: date, day: date, results: list[Result]) -> RunPlan:
    """The plan of a ledger up to a day, made of what was known at that day's midnight."""
    market = stored_market(config).as_of(midnight(day))
    if market.decision_times[-1].item().date() < day:
        late = [f"{r.symbol} ({r.problem})" for r in results if r.problem and r.symbol in _required(config)]
        raise DataError(
            f"{config.roles.eth} has no row of the day before {day}: nothing is decided, what is held stays",
            where=market.name, was="; ".join(late) or f"the last is {market[config.roles.eth].dates[-1]}",
            mend="the next tick decides the day",
        )  # fmt: skip
    return planned(config, market, Window(start, day), running.epoch.run_key)


def _under(mode: Mode, plan: RunPlan) -> RunPlan:
    """The plan as the user's switch lets it be carried out."""
    overrides = plan.rules.overrides
    if mode is Mode.REDUCE_ONLY:
        overrides = replace(overrides, reduce_only=True)
    elif mode is Mode.FLAT:
        overrides = replace(overrides, flat=True)
    return replace(plan, rules=replace(plan.rules, overrides=overrides))


def _required(config: Config) -> tuple[str, str, str]:
    return config.roles.small_caps, config.roles.eth, config.roles.btc


def replay_history(
    config: Config, data_dir: Path | None, market: str, start: date | None, end: date | None, name: str
) -> int:
    """Replay days of a market into a new ledger, and return the number of ticks.

    Raises LedgerError where the ledger exists, AssertionError where the replay is not the backtest: a bug.
    """
    path = ledger_path(config, name)
    if path.exists():
        raise LedgerError("the ledger exists already", where=str(path), mend="name another, or archive it")
    found = open_market(config, data_dir, market)
    plan = planned(config, found, window_of(found, start, end))
    epoch = Epoch(
        plan.decisions[0].at, 1, "replay", plan.rules.run_key, config.fingerprint(), __version__, "simulated", plan.cash
    )
    rows = replay(plan, epoch, None)
    expected = [(row.kind, row.at, row.body) for row in as_rows(run_exact(plan).events)]
    if [(row.kind, row.at, row.body) for row in rows[1:]] != expected:
        raise AssertionError("the replay is not the backtest of the same days")
    make_room(path)
    write_ledger(path, rows)
    return len(plan.decisions)
