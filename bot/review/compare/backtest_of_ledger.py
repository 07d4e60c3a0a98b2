"""What a review needs a config and a market for: a backtest of a ledger's days, on what the ledger could know."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np

from bot.brokers.simulated import SimulatedBroker
from bot.core.book import Book, RunPlan
from bot.core.decision import Decision
from bot.core.errors import DataError, LedgerError
from bot.core.events import ConfigPeriod, Event, Late, Valuation
from bot.core.instrument import to_decimal
from bot.core.market import Market
from bot.core.moments import ONE_DAY, midnight
from bot.core.orders import Settlement
from bot.core.window import Window
from bot.data.demo.demo_market import DEMO
from bot.data.store.store import Store
from bot.data.store.stored import RowVersion, Sight
from bot.infra.version import __version__
from bot.review.compare.days import EVENTS, Days, days_of
from bot.review.compare.parity import Known, Parity, parity
from bot.review.recording import Record
from bot.services.markets import SECOND, STORE, missing_of_store, open_market, store_path, stored_market
from bot.services.plans import planned, venue_instruments
from bot.services.run_key import run_key
from bot.settings.loader import Config, kept_config

_HISTORY = ("replay", "rehearsal", "backtest")
"""Why records began whose market was there as a whole; the days of all others were lived through."""
_CHANGED = "config changed"
_UNPRICED = "no prices yet"
_NAMED = 3


def parity_of(config: Config, record: Record, data_dir: Path | None = None, market: str = "auto") -> Parity:
    """Hold each day of a record against a backtest of it, on the data as they were first seen.

    A folder or a market names what a replay, a rehearsal or a run was made from, where the store or the demo market is
    not it. A run is tried under the config that it kept. Raises LedgerError where nothing is decided, DataError where
    the record was made from other data.
    """
    events = [one.event for one in record.events(*EVENTS)]
    if record.folder is not None:
        manifest = record.folder.json("manifest.json")
        config = kept_config(manifest["config"], record.name)
        events.insert(0, _epoch_of_run(config, manifest))
        data_dir, market = _market_of_run(manifest) if data_dir is None and market == "auto" else (data_dir, market)
    told = days_of(events)
    if not told.epochs or not told.decided:
        raise LedgerError("nothing is decided yet", where=str(record.path), mend="bot paper tick")
    past = told.epochs[0].why.startswith(_HISTORY)
    same = [day for day in told.decided if _is_comparable(config, told, day, past)]
    left_out = {_CHANGED: tuple(day for day in told.decided if day not in set(same))}
    if not same:
        return parity(record.name, told, Days({}, ()), {}, left_out, _nothing_known(config))
    plan = _plan_of_history(config, told, data_dir, market) if past else _plan_of_ledger(config, told)
    planned_days = {decision.at.date() for decision in plan.decisions}
    left_out[_UNPRICED] = tuple(day for day in same if day not in planned_days)
    compared = [day for day in same if day in planned_days]
    expected, equity = _backtested(plan, events, compared)
    known = _known(config, told, plan, past)
    return parity(record.name, told, expected, equity, {why: days for why, days in left_out.items() if days}, known)


# --- which days, and which plan ----------------------------------------------------------------------------------


def _is_comparable(config: Config, told: Days, day: date, past: bool) -> bool:
    epoch = told.epoch_of(day)
    if epoch is None or epoch.config_hash != config.fingerprint():
        return False
    return not past or epoch.version == __version__


def _epoch_of_run(config: Config, manifest: Mapping[str, object]) -> ConfigPeriod:
    """A run as the one epoch of a ledger."""
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


def _plan_of_ledger(config: Config, told: Days) -> RunPlan:
    """The plan of a ledger that was ticked on live prices: as a tick makes it, of all its days at once."""
    first, window = told.epochs[0], _window(told)
    plan = planned(config, stored_market(config), window, first.run_key)
    rules = replace(plan.rules, instruments=venue_instruments(config, plan.rules.instruments))
    return replace(plan, rules=rules, cash=first.cash, adopt=first.on_start == "adopt")


def _plan_of_history(config: Config, told: Days, data_dir: Path | None, market: str) -> RunPlan:
    """The plan of a record over history, of the market that it was made from. Raises DataError."""
    window, epoch = _window(told), told.epochs[0]
    for found in _markets(config, data_dir, market):
        key = run_key(config, found, window)
        if not epoch.run_key or key == epoch.run_key:
            return planned(config, found, window, key)
    raise DataError(
        "the record was made from other data than these",
        where=market if data_dir is None else str(data_dir),
        mend="name them with --data-dir or --market",
    )


def _markets(config: Config, data_dir: Path | None, market: str) -> Iterator[Market]:
    """The market that is named, or what a record can have been made from: the store, the demo market."""
    if data_dir is not None or market != "auto":
        yield open_market(config, data_dir, market)
        return
    if not missing_of_store(config):
        yield stored_market(config)
    yield open_market(config, None, DEMO)


def _window(told: Days) -> Window:
    return Window(told.epochs[0].at.date(), told.decided[-1])


# --- the backtest --------------------------------------------------------------------------------------------------


def _backtested(plan: RunPlan, events: Sequence[Event], days: Sequence[date]) -> tuple[Days, dict[date, Decimal]]:
    """What the backtest does on each day with what the record held, and the equity of one that goes its own way.

    That one begins where the record stood before the first of the days, and anew after days that are left out: what it
    was apart until then is carried on. Its equity begins with that of the close before.
    """
    asked, place = set(days), {decision.at.date(): i for i, decision in enumerate(plan.decisions)}
    stands, own = Book(plan), None
    expected: list[Event] = []
    equity: dict[date, Decimal] = {}
    before, carried = plan.cash, Decimal(1)
    for day, group in _mornings(events):
        if day is not None and day in asked:
            if own is None:
                own = stands.fork()
                equity.setdefault(day - ONE_DAY, before * carried)
            expected += _day(stands.fork(), place[day], day)
            valued = _day(own, place[day], day)[-1]
            if not isinstance(valued, Valuation):
                raise AssertionError(f"{day} ends with {valued}, not with its valuation")
            equity[day] = valued.equity * carried
        elif day is not None and own is not None:
            own, carried = None, equity[max(equity)] / before
        stands.recall(group)
        before = next((event.equity for event in reversed(group) if isinstance(event, Valuation)), before)
    return days_of(expected), equity


def _day(book: Book, i: int, day: date) -> list[Event]:
    """What one day of a backtest tells, its valuation last."""
    told = len(book.events)
    book.settle(day)
    for _ in SimulatedBroker().execute(book, book.decide(i), day):
        pass
    book.value(i)
    return book.events[told:]


def _mornings(events: Sequence[Event]) -> Iterator[tuple[date | None, list[Event]]]:
    """The events of each day that was decided, from what its morning begins with on; those before the first without."""
    day: date | None = None
    group: list[Event] = []
    for event in events:
        if isinstance(event, Settlement | Late | Decision) and event.at.date() != day:
            yield day, group
            day, group = event.at.date(), []
        group.append(event)
    yield day, group


# --- what explains a difference ----------------------------------------------------------------------------------


def _known(config: Config, told: Days, plan: RunPlan, past: bool) -> Known:
    """What is known beside a ledger and its backtest."""

    def changed(day: date) -> str:
        epoch = told.epoch_of(day)
        if epoch is None or epoch.version == __version__:
            return ""
        return f"made by version {epoch.version}, this is {__version__}"

    file, market = config.strategy.file, plan.market
    rule = f"{file.name} may be another one by now: a ledger keeps no hash of it" if file is not None else ""
    return replace(
        _nothing_known(config),
        changed=changed,
        rule=rule,
        priced_until=market[market.roles.eth].dates[-1].item(),
        news=_no_news if past else _News.of_store(config, told.epochs[0].at).behind,
        span=_span(market),
    )


def _nothing_known(config: Config) -> Known:
    band, late = to_decimal(config.review.fill_band), timedelta(minutes=config.paper.late_after_minutes)
    return Known(band, late, lambda day: "", "", date.max, _no_news, lambda symbol, day: None)


def _no_news(day: date, at: datetime) -> str:
    return ""


@dataclass(frozen=True)
class _News:
    """What the store was told after decisions were made."""

    sights: Sequence[Sight]

    @classmethod
    def of_store(cls, config: Config, since: datetime) -> _News:
        """What was seen since a moment, as far as a market of the store is made of it."""
        latest = RowVersion(config.sources.reading) is RowVersion.LATEST
        with Store.reading(store_path(config)) as store:
            found = store.sights(since)
        return cls([s for s in found if (latest or not s.revision) and not s.symbol.endswith(SECOND)])

    def behind(self, day: date, at: datetime) -> str:
        """What a decision of a day, made at a moment, could not know yet, in words; empty where there is nothing."""
        due, made = midnight(day).timestamp(), at.timestamp()
        found = [sight for sight in self.sights if sight.known_at <= due and sight.seen_at > made]
        told = [
            f"{sight.symbol} of {sight.date} {'was revised' if sight.revision else 'came'} on "
            f"{datetime.fromtimestamp(sight.seen_at, UTC):%Y-%m-%d %H:%M}"
            for sight in found[:_NAMED]
        ]
        more = [f"and {len(found) - _NAMED:,} more rows"] if len(found) > _NAMED else []
        return ", ".join(told + more)


def _span(market: Market) -> Callable[[str, date], tuple[Decimal, Decimal] | None]:
    """The lowest and highest price of a coin's day."""

    def span(symbol: str, day: date) -> tuple[Decimal, Decimal] | None:
        bar = market[symbol].bar(np.datetime64(day, "D")) if symbol in market else None
        if bar is None or bar.low != bar.low or bar.high != bar.high:
            return None
        return to_decimal(bar.low), to_decimal(bar.high)

    return span
