"""Forward trading on paper: a ledger by name, ticked on live prices."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.core.book import RunPlan
from bot.core.errors import DataError, LedgerError
from bot.core.events import ConfigPeriod, OnStart, TradingState
from bot.core.moments import midnight
from bot.core.ports import Clock
from bot.core.window import Window
from bot.data.store.update_result import UpdateResult, UpdateStatus
from bot.infra.vendor_errors import Unreachable
from bot.infra.version import __version__
from bot.ledger.decode import decode
from bot.ledger.record import Row
from bot.ledger.testnet_account import expected_account
from bot.ledger.writer import LedgerWriter
from bot.paper.broker_choice import SIMULATED, open_brokerage, require_same
from bot.paper.forward_trader import ForwardTrader, TickResult
from bot.paper.ledgers import ledger_path, mode_of, open_ledger, require_not_over
from bot.services.data_update import Advance, update_store
from bot.services.markets import stored_market
from bot.services.plans import planned, venue_instruments
from bot.services.vendors import VendorSessions
from bot.settings.loader import Config

if TYPE_CHECKING:
    from bot.brokers.testnet.client import TestnetExchange


def tick(
    config: Config,
    name: str,
    sessions: VendorSessions,
    clock: Clock,
    testnet: TestnetExchange | None = None,
    advance: Advance = lambda symbol, done, total: None,
    waiting: Callable[[str], None] = print,
) -> TickResult:
    """Fetch what is new, then bring a ledger to the present moment, with orders to a testnet if one is given.

    A ledger that its user stopped is left alone. Raises DataError where a row that is needed has not come: nothing is
    decided, and a later tick does it. Raises ConfigError for a ledger that began with another broker, LedgerError for
    one that is over, BrokerError where the testnet cannot be dealt with.
    """
    with open_ledger(config, name, clock) as journal:
        require_not_over(journal.rows, journal.path)
        broker = SIMULATED if testnet is None else testnet.venue
        require_same(journal.rows[0].body["broker"] if journal.rows else broker, broker)
        if mode_of(journal.rows) is TradingState.STOPPED:
            return TickResult((), (), ())
        _require_time_to_go_on(journal, clock.now())
        results = update_store(config, sessions, clock, (), None, advance, waiting)
        now = clock.now()
        brokerage = open_brokerage(config, sessions, clock, testnet)
        began = _began(config, journal, now, broker)
        made = _plan(config, began, now.date(), results)
        if began.is_new:  # only now: a tick that cannot decide begins nothing
            journal.append([began.epoch])
        desk = ForwardTrader(
            journal,
            lambda start, day: _under(journal.rows, made),
            brokerage.broker,
            began.start,
            timedelta(minutes=config.paper.late_after_minutes),
            brokerage.compare,
        )
        return desk.tick(now)


def new_ledger(
    config: Config, name: str, clock: Clock, on_start: OnStart | None = None, broker: str = SIMULATED
) -> ConfigPeriod:
    """Begin a ledger today, with nothing decided, and return its first row.

    `broker` is the name of a brokerage; `on_start` is the config's unless it is given. Raises LedgerError where the
    name is taken.
    """
    path = ledger_path(config, name)
    with open_ledger(config, name, clock) as journal:
        if journal.rows:
            mend = f"put it away with: bot paper archive --ledger {name}; or name another"
            raise LedgerError("the ledger exists already", where=str(path), mend=mend)
        epoch = _first_epoch(config, path, clock.now(), broker, on_start)
        journal.append([epoch])
    return epoch


def _require_time_to_go_on(journal: LedgerWriter, now: datetime) -> None:
    """Refuse a clock that stands before a day that was decided. Raises DataError."""
    last = max((row.at[:10] for row in journal.rows if row.kind in ("epoch", "decision")), default="")
    if last > f"{now:%Y-%m-%d}":
        raise DataError(
            f"this machine's clock says {now:%Y-%m-%d}, and the ledger stands at {last}: nothing is decided",
            where=str(journal.path),
            mend="set the clock",
        )


@dataclass(frozen=True, slots=True)
class _Began:
    """The first epoch of a ledger, and the present one, which may not be written down yet."""

    first: ConfigPeriod
    epoch: ConfigPeriod
    is_new: bool

    @property
    def start(self) -> date:
        """The first day of the ledger."""
        return self.first.at.date()


def _began(config: Config, journal: LedgerWriter, now: datetime, broker: str) -> _Began:
    """How a ledger began; a new ledger or a changed config begins an epoch."""
    epochs = [event for event in map(decode, journal.rows) if isinstance(event, ConfigPeriod)]
    if not epochs:
        epoch = _first_epoch(config, journal.path, now, broker)
        return _Began(epoch, epoch, is_new=True)
    first, last = epochs[0], epochs[-1]
    if last.config_hash == config.fingerprint():
        return _Began(first, last, is_new=False)
    epoch = replace(
        first,
        at=midnight(now.date()),
        number=len(epochs) + 1,
        why="the config was changed",
        config_hash=config.fingerprint(),
        version=__version__,
    )
    return _Began(first, epoch, is_new=True)


def _first_epoch(
    config: Config, path: Path, now: datetime, broker: str, on_start: OnStart | None = None
) -> ConfigPeriod:
    return ConfigPeriod(
        midnight(now.date()),
        1,
        "new",
        _new_key(path, now),
        config.fingerprint(),
        __version__,
        broker,
        config.start_equity,
        on_start or config.on_start,
    )


def _new_key(path: Path, now: datetime) -> str:
    """The ledger's own key, from which its orders' ids are made."""
    return hashlib.sha256(json.dumps([str(path.absolute()), now.isoformat()]).encode()).hexdigest()


def _plan(config: Config, began: _Began, day: date, results: list[UpdateResult]) -> RunPlan:
    """The plan of a ledger up to a day, made of what was known at that day's midnight.

    Money and manner of its start are those of its first day, whatever the config says by now.
    """
    late, mend = _why_late(config, results), "the next tick decides the day"
    try:
        market = stored_market(config).as_of(midnight(day))
    except DataError as problem:
        if not late:
            raise
        raise DataError(f"{problem.what}: nothing is decided", where=problem.where, was=late, mend=mend) from None
    if market.decision_times[-1].item().date() < day:
        raise DataError(
            f"{config.roles.eth} has no row of the day before {day}: nothing is decided, what is held stays",
            where=market.name,
            was=late or f"the last is {market[config.roles.eth].dates[-1]}",
            mend=mend,
        )
    plan = planned(config, market, Window(began.start, day), began.epoch.run_key)
    rules = replace(plan.rules, instruments=venue_instruments(config, plan.rules.instruments))
    return replace(plan, rules=rules, cash=began.first.cash, adopt=began.first.on_start == "adopt")


def _under(rows: Sequence[Row], plan: RunPlan) -> RunPlan:
    """The plan as the user's switch lets it be carried out, and a testnet account that nothing explains."""
    mode, overrides = mode_of(rows), plan.rules.overrides
    if mode is TradingState.REDUCE_ONLY or (mode is TradingState.ON and expected_account(map(decode, rows)).is_unclear):
        overrides = replace(overrides, reduce_only=True)
    elif mode is TradingState.FLAT:
        overrides = replace(overrides, flat=True)
    return replace(plan, rules=replace(plan.rules, overrides=overrides))


def _why_late(config: Config, results: Sequence[UpdateResult]) -> str:
    """Why required series did not come; empty where all of them did."""
    required = (config.roles.small_caps, config.roles.eth, config.roles.btc)
    late = {r.symbol: r.problem for r in results if r.problem is not None and r.symbol in required}
    told = "; ".join(f"{symbol} ({problem})" for symbol, problem in late.items())
    is_cut_off = all(isinstance(r.problem, Unreachable) for r in results if r.status is not UpdateStatus.UP_TO_DATE)
    return f"nothing could be reached: {told}" if late and is_cut_off else told
