"""Tick: fetch new prices, then decide and trade one ledger up to the present moment."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.backtest.result_warnings import PegRule, result_warnings
from bot.brokers.testnet.unavailable import testnet_errors
from bot.core.decision import Decision
from bot.core.errors import DataError, LedgerError
from bot.core.events import ConfigPeriod, OnStart, TradingState
from bot.core.moments import ONE_DAY, midnight
from bot.core.ports import Clock
from bot.core.run_plan import RunPlan
from bot.core.window import Window
from bot.data.store.update_result import UpdateResult, UpdateStatus
from bot.infra.vendor_errors import Unreachable
from bot.infra.version import __version__
from bot.ledger.decode import decode
from bot.ledger.recorded import recorded
from bot.ledger.row import Row
from bot.ledger.testnet_account import expected_account
from bot.ledger.writer import LedgerWriter
from bot.paper.broker_choice import SIMULATED, require_same
from bot.paper.coins_only import forward_run, require_coin_roles
from bot.paper.forward_trader import ForwardTrader
from bot.paper.ledger_benchmarks import LedgerBenchmarks
from bot.paper.ledgers import ledger_path, open_ledger, require_unfinished, trading_state_of
from bot.paper.stop_support import require_simulated_stops
from bot.paper.tick_cache import TickCache
from bot.paper.tick_result import MissingSeries, TickResult
from bot.paper.tick_source import TickSource, VendorSource
from bot.services.data_update import Advance
from bot.services.plans import PlannedRun, own_strategy_name
from bot.services.run_key import is_same_config, is_same_strategy, period_hash
from bot.services.signals import warnings_at
from bot.services.strategy_settings import rotation_settings
from bot.services.trigger_report import LOOK_BACK, trigger_faults
from bot.services.vendors import VendorSessions
from bot.settings.loader import Config
from strategies.rotation.view import RotationView

if TYPE_CHECKING:
    from bot.brokers.testnet.client import TestnetExchange

_LOOK_BACK = timedelta(days=6)
"""Days before a decision whose data faults a tick names: a week with the decision's own."""
_FAILED = frozenset({UpdateStatus.FAILED, UpdateStatus.LATER})
_GONE = frozenset({UpdateStatus.GONE, UpdateStatus.NOT_LISTED, UpdateStatus.NOTHING_NEW})
"""A coin that was delisted, or is late, is no fault; a series that the rotation reads is."""


def tick(
    config: Config,
    name: str,
    sessions: VendorSessions,
    clock: Clock,
    testnet: TestnetExchange | None = None,
    advance: Advance = lambda symbol, done, total: None,
    waiting: Callable[[str], None] = print,
    cache: TickCache | None = None,
) -> TickResult:
    """Fetch new prices, then decide and trade a ledger up to the present moment. Safe to repeat.

    Parameters
    ----------
    testnet : TestnetExchange, optional
        Account that gets the orders; by default fills are simulated.
    advance, waiting : callable
        Show the progress of the update, and a line while the ledger is locked.
    cache : TickCache, optional
        Cache of the ticks of this process on this ledger.

    Returns
    -------
    TickResult
        Empty for a ledger that its user stopped.

    Raises
    ------
    DataError
        A required row is missing: the day is left to a later tick.
    ConfigError
        The ledger began with another broker, or the config holds funds.
    LedgerError
        The ledger is a finished replay or rehearsal, is damaged, or fails to be written.
    BrokerError
        The testnet failed a safety check, or is unavailable.
    """
    return tick_from(VendorSource(config, sessions, clock, testnet, advance, waiting), config, name, clock, cache)


def tick_from(
    source: TickSource, config: Config, name: str, clock: Clock, cache: TickCache | None = None
) -> TickResult:
    """Decide and trade a ledger up to the present moment, as `tick`, with the prices and the broker of a source."""
    require_coin_roles(config)
    cache = cache or TickCache()
    with open_ledger(config, name, clock, known=cache.rows) as writer:
        require_unfinished(writer.rows, writer.path)
        require_same(_broker_of(writer.rows) or source.broker, source.broker)
        if trading_state_of(writer.rows) is TradingState.STOPPED:
            return TickResult((), (), ())
        _require_clock(writer, clock.now())
        results = source.update()
        now = clock.now()  # again: fetching takes minutes, and a midnight may have passed
        brokerage = source.open_broker()
        began = _began(config, writer, now, source.broker)
        run = _planned(config, began, now.date(), source, results)
        plan, benchmarks = run.plan, LedgerBenchmarks(run, now.date() - ONE_DAY, config, cache.benchmarks)
        require_simulated_stops(run.decisions, source.broker)
        # Only now: a tick without the prices to decide must not begin a ledger or a config period.
        if began.is_new:
            writer.append([began.present])
        trader = ForwardTrader(
            writer,
            lambda start, day: _with_overrides(writer.rows, plan),
            brokerage.broker,
            began.start,
            timedelta(minutes=config.paper.late_after_minutes),
            brokerage.compare,
            beside=benchmarks.beside,
        )
        # Prices are in the store by now: an error of a vendor in this step is one of the testnet.
        with nullcontext() if source.broker == SIMULATED else testnet_errors():
            done = trader.tick(now)
        warnings = _warnings(config, plan, done.decided[-1]) if done.decided else ()
        if benchmarks.problem:
            warnings = (*warnings, benchmarks.problem)
        return replace(done, missing=_missing(config, results), warnings=warnings)


def new_ledger(
    config: Config, name: str, clock: Clock, on_start: OnStart | None = None, broker: str = SIMULATED
) -> ConfigPeriod:
    """Begin a ledger today, before its first decision, and return its first config period.

    Raises LedgerError if the name is taken, ConfigError if the config holds funds.
    """
    require_coin_roles(config)
    path = ledger_path(config, name)
    with open_ledger(config, name, clock) as writer:
        if writer.rows:
            mend = f"put it away with: bot paper archive --ledger {name}; or name another"
            raise LedgerError("the ledger exists already", where=str(path), mend=mend)
        period = _first_period(config, path, clock.now(), broker, on_start)
        writer.append([period])
    return period


def _require_clock(writer: LedgerWriter, now: datetime) -> None:
    """Raise DataError if the clock is before a decided day."""
    last = max((one.day for one in recorded(writer.rows, ConfigPeriod, Decision)), default="")
    if last > f"{now:%Y-%m-%d}":
        raise DataError(
            f"this machine's clock says {now:%Y-%m-%d}, and the ledger stands at {last}: no day is decided",
            where=str(writer.path),
            mend="set the clock",
        )


@dataclass(frozen=True, slots=True)
class _Began:
    """First config period of a ledger, and the present one, which may be new and still unwritten."""

    first: ConfigPeriod
    present: ConfigPeriod
    is_new: bool

    @property
    def start(self) -> date:
        """First day of the ledger (UTC)."""
        return self.first.at.date()


def _began(config: Config, writer: LedgerWriter, now: datetime, broker: str) -> _Began:
    """Return the first and the present config period; a new ledger or a changed config begins one."""
    periods = [one.event for one in recorded(writer.rows, ConfigPeriod)]
    if not periods:
        period = _first_period(config, writer.path, now, broker)
        return _Began(period, period, is_new=True)
    first, last = periods[0], periods[-1]
    if is_same_strategy(last, config):
        return _Began(first, last, is_new=False)
    period = replace(
        first,
        at=midnight(now.date()),
        number=len(periods) + 1,
        why="the strategy file was changed" if is_same_config(last, config) else "the config was changed",
        config_hash=period_hash(config),
        version=__version__,
        strategy=own_strategy_name(config),
    )
    return _Began(first, period, is_new=True)


def _first_period(
    config: Config, path: Path, now: datetime, broker: str, on_start: OnStart | None = None
) -> ConfigPeriod:
    return ConfigPeriod(
        midnight(now.date()),
        1,
        "new",
        _new_key(path, now),
        period_hash(config),
        __version__,
        broker,
        config.start_equity,
        on_start or config.on_start,
        own_strategy_name(config),
    )


def _new_key(path: Path, now: datetime) -> str:
    """Return the ledger's own key, from which its order ids are made."""
    return hashlib.sha256(json.dumps([str(path.absolute()), now.isoformat()]).encode()).hexdigest()


def _planned(
    config: Config, began: _Began, day: date, source: TickSource, results: Sequence[UpdateResult]
) -> PlannedRun:
    """Plan a ledger up to a day, from the prices known at that day's midnight (UTC).

    Cash and `on_start` are those of the first day, whatever a later config says.
    """
    late, mend = _why_late(config, results), "the next tick decides the day"
    try:
        market = source.market(day)
    except DataError as problem:
        if not late:
            raise
        what = f"{problem.what}: no day is decided; cause: {late}"
        raise DataError(what, where=problem.where, mend=mend) from None
    if market.decision_times[-1].item().date() < day:
        raise DataError(
            f"{config.roles.eth} has no row of the day before {day}: no day is decided, open positions are kept",
            where=market.name,
            was=late or f"the last is {market[config.roles.eth].dates[-1]}",
            mend=mend,
        )
    run = forward_run(config, market, Window(began.start, day), began.present.run_key)
    plan = run.plan
    # Forward orders follow the venue's present steps and ticks; a backtest knows only those of the config.
    rules = replace(plan.rules, instruments=source.instruments(plan.rules.instruments))
    plan = replace(plan, rules=rules, cash=began.first.cash, adopt=began.first.on_start == "adopt")
    return replace(run, plan=plan)


def _with_overrides(rows: Sequence[Row], plan: RunPlan) -> RunPlan:
    """Return the plan under the user's trading state; an unexplained testnet balance makes it reduce-only."""
    state, overrides = trading_state_of(rows), plan.rules.overrides
    if state is TradingState.REDUCE_ONLY or (state is TradingState.ON and _is_unclear(rows)):
        overrides = replace(overrides, reduce_only=True)
    elif state is TradingState.FLAT:
        overrides = replace(overrides, flat=True)
    return replace(plan, rules=replace(plan.rules, overrides=overrides))


def _why_late(config: Config, results: Sequence[UpdateResult]) -> str:
    """Return why required series are late; "" if all are up to date."""
    required = (config.roles.small_caps, config.roles.eth, config.roles.btc)
    late = {r.symbol: r.problem for r in results if r.problem is not None and r.symbol in required}
    problems = "; ".join(f"{symbol} ({problem})" for symbol, problem in late.items())
    is_cut_off = all(isinstance(r.problem, Unreachable) for r in results if r.status is not UpdateStatus.UP_TO_DATE)
    return f"no vendor could be reached: {problems}" if late and is_cut_off else problems


def _warnings(config: Config, plan: RunPlan, day: date) -> tuple[str, ...]:
    """Return the warnings of the rotation's readings on a day, and of data of the last week that change decisions."""
    peg = PegRule(config.rotation.peg.below, config.rotation.peg.days)
    of_data = result_warnings(plan.market, Window(day - _LOOK_BACK, day), plan, peg)
    if config.strategy.file is not None:
        return tuple(of_data)
    trigger = trigger_faults(plan.market, Window(day - LOOK_BACK, day))
    return (*trigger, *warnings_at(RotationView(plan.market, rotation_settings(config)), day), *of_data)


def _missing(config: Config, results: Sequence[UpdateResult]) -> tuple[MissingSeries, ...]:
    """Return the series whose due row is missing."""
    needed = config.roles.symbols()
    return tuple(
        MissingSeries(result.symbol, _why_missing(result), result.last)
        for result in results
        if result.status in _FAILED or (result.symbol in needed and result.status in _GONE)
    )


def _why_missing(result: UpdateResult) -> str:
    if result.problem is None:
        return f"a row after {result.last} is due and was not there"
    return result.problem.what if result.status is not UpdateStatus.LATER else f"not asked: {result.problem.what}"


def _broker_of(rows: Sequence[Row]) -> str | None:
    return next((one.event.broker for one in recorded(rows, ConfigPeriod)), None)


def _is_unclear(rows: Sequence[Row]) -> bool:
    return expected_account(map(decode, rows)).is_unclear
