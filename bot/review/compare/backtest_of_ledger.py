"""Backtest of a ledger's days on the data that the ledger could know."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import numpy as np

from bot.brokers.simulated import SimulatedBroker
from bot.core.book import Book
from bot.core.decision import Decision
from bot.core.errors import DataError, LedgerError
from bot.core.events import ConfigPeriod, Event, Late, Valuation
from bot.core.instrument import to_decimal
from bot.core.market import Market
from bot.core.moments import ONE_DAY, midnight
from bot.core.orders import Settlement
from bot.core.run_plan import RunPlan
from bot.core.window import Window
from bot.data.demo.demo_market import DEMO
from bot.data.store.store import Store
from bot.data.store.stored import RowVersion, Sight
from bot.infra.version import __version__
from bot.ledger.portfolio_fold import recall_recorded
from bot.review.compare.days import EVENTS, Days, days_of
from bot.review.compare.parity import Known, Parity, parity
from bot.review.recording import Record
from bot.services.markets import SECOND, STORE, missing_of_store, open_market, store_path, stored_market
from bot.services.plans import planned, venue_instruments
from bot.services.run_key import is_same_config, run_key
from bot.settings.loader import Config, kept_config

_HISTORY = ("replay", "rehearsal", "backtest")
"""Causes of a first config period over history; every other ledger was traded day by day."""
CONFIG_CHANGED = "config changed"
_UNPRICED = "no prices yet"
_NAMED = 3


def parity_of(
    config: Config,
    record: Record,
    data_dir: Path | None = None,
    market: str = "auto",
    events: Sequence[Event] | None = None,
    since: date | None = None,
) -> Parity:
    """Compare each day of a record with a backtest of it, on the data as first seen.

    Parameters
    ----------
    config
        Config of the ledger; a run is compared under the config that it kept.
    record
        A run or a forward ledger.
    data_dir, market
        Market that a replay, a rehearsal or a run was made from; by default the store, then the demo market.
    events
        Events of the types `EVENTS` of a forward ledger that was read before; by default the record is read.
    since
        First day (UTC) to compare; by default the first of the record.

    Raises
    ------
    LedgerError
        If the record has yet to make a decision.
    DataError
        If the record was made from other data.
    """
    events = [one.event for one in record.events(*EVENTS)] if events is None else list(events)
    if record.folder is not None:
        manifest = record.folder.json("manifest.json")
        config = kept_config(manifest["config"], record.name)
        events.insert(0, _epoch_of_run(config, manifest))
        data_dir, market = _market_of_run(manifest) if data_dir is None and market == "auto" else (data_dir, market)
    ledger = days_of(events)
    if not ledger.epochs or not ledger.decided:
        raise LedgerError("nothing is decided yet", where=str(record.path), mend="bot paper tick")
    past = ledger.epochs[0].why.startswith(_HISTORY)
    decided, comparable = ledger.decided, _comparable_periods(config, ledger, past)
    decided = [day for day in decided if since is None or day >= since]
    same = [day for day in decided if ledger.epoch_of(day) in comparable]
    left_out = {CONFIG_CHANGED: tuple(day for day in decided if ledger.epoch_of(day) not in comparable)}
    if not same:
        return parity(record.name, ledger, Days({}, ()), {}, left_out, _nothing_known(config))
    plan = _plan_of_history(config, ledger, data_dir, market) if past else _plan_of_ledger(config, ledger)
    planned_days = {at.date() for at in plan.times}
    left_out[_UNPRICED] = tuple(day for day in same if day not in planned_days)
    compared = [day for day in same if day in planned_days]
    expected, equity = _backtested(plan, events, compared)
    known = _known(config, ledger, plan, past, min(compared, default=ledger.epochs[0].at.date()))
    return parity(record.name, ledger, expected, equity, {why: days for why, days in left_out.items() if days}, known)


# --- which days, and which plan ----------------------------------------------------------------------------------


def _comparable_periods(config: Config, ledger: Days, past: bool) -> frozenset[ConfigPeriod]:
    """Return the config periods of a ledger whose days a backtest under this config can make again."""
    # Per period, not per day: each comparison hashes the config. A record over history can be made again by its own
    # version alone; a live ledger is a fact of any version.
    return frozenset(
        period
        for period in ledger.epochs
        if is_same_config(period, config) and (not past or period.version == __version__)
    )


def _epoch_of_run(config: Config, manifest: Mapping[str, object]) -> ConfigPeriod:
    """Make the one config period of a run, so that it reads like a ledger."""
    start = midnight(date.fromisoformat(str(manifest["start"])))
    return ConfigPeriod(
        start,
        1,
        "backtest",
        "",
        str(manifest["config_hash"]),
        str(manifest["version"]),
        SimulatedBroker.name,
        config.start_equity,
        config.on_start,
    )


def _market_of_run(manifest: Mapping[str, object]) -> tuple[Path | None, str]:
    name = str(manifest["market"])
    return (None, name) if name in (DEMO, STORE) else (Path(name), "auto")


def _plan_of_ledger(config: Config, ledger: Days) -> RunPlan:
    """Plan all days of a ledger traded on live prices, as a tick plans its day."""
    first, window = ledger.epochs[0], _window(ledger)
    plan = planned(config, stored_market(config), window, first.run_key)
    rules = replace(plan.rules, instruments=venue_instruments(config, plan.rules.instruments))
    return replace(plan, rules=rules, cash=first.cash, adopt=first.on_start == "adopt")


def _plan_of_history(config: Config, ledger: Days, data_dir: Path | None, market: str) -> RunPlan:
    """Plan a record over history on the market that it was made from. Raises DataError."""
    window, epoch = _window(ledger), ledger.epochs[0]
    for found in _markets(config, data_dir, market):
        key = run_key(config, found, window)
        if not epoch.run_key or key == epoch.run_key:
            return planned(config, found, window, key)
    raise DataError(
        "the record was made from other data than these",
        where=str(data_dir) if data_dir is not None else "the store, the demo market" if market == "auto" else market,
        mend="name its own with --data-dir or --market",
    )


def _markets(config: Config, data_dir: Path | None, market: str) -> Iterator[Market]:
    """Open the named market, else those that a record can have been made from: the store, the demo market."""
    if data_dir is not None or market != "auto":
        yield open_market(config, data_dir, market)
        return
    if not missing_of_store(config):
        yield open_market(config, None, STORE)
        yield stored_market(config)  # a record that was made before the archive was fetched
    yield open_market(config, None, DEMO)


def _window(ledger: Days) -> Window:
    return Window(ledger.epochs[0].at.date(), ledger.decided[-1])


# --- the backtest --------------------------------------------------------------------------------------------------


def _backtested(plan: RunPlan, events: Sequence[Event], days: Sequence[date]) -> tuple[Days, dict[date, Decimal]]:
    """Backtest each day from the record's holdings, and all days on their own.

    The second backtest starts from the record's book before the first day, and again after days that are left out; its
    return until then is carried on.

    Returns
    -------
    tuple
        Days of the first backtest, and the equity of the second at each close, in the quote currency, from the close
        before its first day on.
    """
    asked, place = set(days), {at.date(): i for i, at in enumerate(plan.times)}
    stands, own = Book(plan), None
    expected: list[Event] = []
    equity: dict[date, Decimal] = {}
    before, carried = plan.cash, Decimal(1)
    for day, group in _mornings(events):
        if day is not None and day in asked:
            if own is None:
                own = stands.fork()
                equity.setdefault(day - ONE_DAY, before * carried)
            # A fork for each day: a missed fill is then one difference, and not one on every day after it.
            late = next((event for event in group if isinstance(event, Late)), None)
            forked, is_same = stands.fork(), own.decides_as(stands)
            of_day = _day(forked, place[day], day, late)
            expected += of_day
            # Until the record differs from its backtest, both backtests of a day are one.
            valued = (of_day if is_same else _day(own, place[day], day, late))[-1]
            own = forked if is_same else own
            if not isinstance(valued, Valuation):
                raise AssertionError(f"{day} ends with {valued}, not with its valuation")
            equity[day] = valued.equity * carried
        elif day is not None and own is not None:
            # A day left out breaks the second backtest; its return so far is kept as a factor.
            own, carried = None, equity[max(equity)] / before
        recall_recorded(stands, group)
        before = next((event.equity for event in reversed(group) if isinstance(event, Valuation)), before)
    return days_of(expected), equity


def _day(book: Book, i: int, day: date, late: Late | None) -> list[Event]:
    """Run a day of a backtest and return its events, the valuation last; `late` keeps the stops of the day before."""
    begin = len(book.events)
    book.settle(day)
    if late is not None:
        book.note_late(late)
    for _ in SimulatedBroker().execute(book, book.decide(i), day):
        pass
    book.fill_stops(i)
    book.value(i)
    return book.events[begin:]


def _mornings(events: Sequence[Event]) -> Iterator[tuple[date | None, list[Event]]]:
    """Group events to decided days, each from its first morning event on; earlier ones stand before all days."""
    day: date | None = None
    group: list[Event] = []
    for event in events:
        if isinstance(event, Settlement | Late | Decision) and event.at.date() != day:
            yield day, group
            day, group = event.at.date(), []
        group.append(event)
    yield day, group


# --- what explains a difference ----------------------------------------------------------------------------------


def _known(config: Config, ledger: Days, plan: RunPlan, past: bool, first: date) -> Known:
    """Collect the facts that explain differences on the days from `first` on."""

    def changed(day: date) -> str:
        epoch = ledger.epoch_of(day)
        if epoch is None or epoch.version == __version__:
            return ""
        return f"made by version {epoch.version}, this is {__version__}"

    file, market = config.strategy.file, plan.market
    rule = f"{file.name} may have changed since: a ledger keeps no hash of it" if file is not None else ""
    return replace(
        _nothing_known(config),
        changed=changed,
        rule=rule,
        priced_until=market[market.roles.eth].dates[-1].item(),
        news=_no_news if past else _News(config, midnight(first)).behind,
        span=_span(market),
    )


def _nothing_known(config: Config) -> Known:
    band, late = to_decimal(config.review.fill_band), timedelta(minutes=config.paper.late_after_minutes)
    return Known(band, late, lambda day: "", "", date.max, _no_news, lambda symbol, day: None)


def _no_news(day: date, at: datetime) -> str:
    return ""


@dataclass(frozen=True)
class _News:
    """Rows that the store received since a moment, after decisions were made."""

    config: Config
    since: datetime

    @cached_property
    def sights(self) -> Sequence[Sight]:
        """Rows of the store's market that were received since the moment. Read at first use."""
        # Most ledgers have no difference to explain, and the store is large.
        latest = RowVersion(self.config.sources.reading) is RowVersion.LATEST
        with Store.reading(store_path(self.config)) as store:
            found = store.sights(self.since)
        return [s for s in found if (latest or not s.revision) and not s.symbol.endswith(SECOND)]

    def behind(self, day: date, at: datetime) -> str:
        """List, in words, the rows that came too late for a decision made at a moment; else an empty text."""
        due, made = midnight(day).timestamp(), at.timestamp()
        found = [sight for sight in self.sights if sight.known_at <= due and sight.seen_at > made]
        rows = [
            f"{sight.symbol} of {sight.date} {'was revised' if sight.revision else 'came'} on "
            f"{datetime.fromtimestamp(sight.seen_at, UTC):%Y-%m-%d %H:%M}"
            for sight in found[:_NAMED]
        ]
        more = [f"and {len(found) - _NAMED:,} more rows"] if len(found) > _NAMED else []
        return ", ".join(rows + more)


def _span(market: Market) -> Callable[[str, date], tuple[Decimal, Decimal] | None]:
    """Return a reader of the lowest and highest price of a coin's day."""

    def span(symbol: str, day: date) -> tuple[Decimal, Decimal] | None:
        bar = market[symbol].bar(np.datetime64(day, "D")) if symbol in market else None
        if bar is None or bar.low != bar.low or bar.high != bar.high:
            return None
        return to_decimal(bar.low), to_decimal(bar.high)

    return span
