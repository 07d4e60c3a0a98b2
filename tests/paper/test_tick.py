"""Ticks on live prices: the real clients against servers on the loopback, a ledger on disk, a strategy that trades."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from bot.core.errors import ConfigError, DataError, InUse, LedgerError, StoreError
from bot.core.events import ConfigPeriod, TradingState
from bot.core.moments import midnight
from bot.core.notice import Notice
from bot.core.orders import Fill, OrderResult, Side
from bot.core.window import Window
from bot.ledger.decode import decode
from bot.ledger.record import verify_ledger
from bot.ledger.row import Row
from bot.ledger.writer import LedgerWriter
from bot.paper import ledgers
from bot.paper import tick as ticks
from bot.paper.notifier import Notifier
from bot.paper.tick import new_ledger
from bot.paper.tick import tick as paper_tick
from bot.paper.tick_result import TickResult
from bot.services.markets import stored_market
from bot.services.plans import planned
from bot.settings.loader import Config
from tests.clocks import FakeClock
from tests.markets import config_with, default_config
from tests.servers.loopback import dropped
from tests.servers.made_up import Row as Bar
from tests.servers.world import World, extended, open_world

if TYPE_CHECKING:
    from bot.brokers.testnet.client import TestnetExchange

STRATEGY = """
from decimal import Decimal

from bot.core.decision import Decision, Trade


class HalfEth:
    name = "half in ETH, looked at daily"

    def __init__(self, out_on="", share="0.5"):
        self.out_on, self.share = out_on, Decimal(share)

    def decisions(self, market):
        return [
            Decision(at, "ETH", "ETH", self.weights(market.roles.eth, str(at.date())), ("holds",), Trade.BAND)
            for at in market.decision_moments
        ]

    def weights(self, eth, day):
        return {} if day == self.out_on else {eth: self.share}


strategy = HalfEth
"""
FIRST_TICK = datetime(2025, 12, 2, 0, 20, tzinfo=UTC)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Vendors, and a config whose strategy holds half in ETH."""
    file = tmp_path / "half_eth.py"
    file.write_text(STRATEGY)
    with open_world(tmp_path / "logs") as world:
        strategy = config_with({"strategy": {"file": str(file)}}).strategy
        coins = ["BTC", "ETH", "SOL", "LTC", "ADA"]  # no venue lists the last one
        world.config = narrowed(world.config).model_copy(update={"strategy": strategy, "altcoin_universe": coins})
        at(world, FIRST_TICK)
        yield world


def narrowed(config: Config) -> Config:
    """The config with no series but those that the world has: asking for the others takes most of a tick's time."""
    sources, kept = config.sources, ("RUT", "IWM", "IWM_RAW")
    yahoo = sources.yahoo.model_copy(
        update={
            "symbols": {s: t for s, t in sources.yahoo.symbols.items() if s in kept},
            "aggregates": {"ETH": "ETH-USD"},
        }
    )
    fred = sources.fred.model_copy(update={"symbols": {"WALCL": sources.fred.symbols["WALCL"]}})
    return config.model_copy(update={"sources": sources.model_copy(update={"yahoo": yahoo, "fred": fred})})


def at(world: World, now: datetime) -> None:
    """Move everybody's clock, and let vendors know all days until then."""
    world.set_time(now)
    extended(world, now.date())


def tick(world: World, name: str = "paper") -> TickResult:
    """One tick of a new process."""
    with world.sessions(tries=1) as sessions:
        return paper_tick(world.config, name, sessions, world.clock)


def rows(world: World, name: str = "paper") -> list[Row]:
    """What a ledger says."""
    with LedgerWriter.open(ledgers.ledger_path(world.config, name)) as journal:
        return journal.rows


def fills(world: World) -> list[Fill]:
    """The fills of the ledger."""
    return [event for event in map(decode, rows(world)) if isinstance(event, Fill)]


def test_the_first_tick_opens_an_epoch_and_buys_at_what_is_asked_now(world: World) -> None:
    ticked = tick(world)
    assert ticked.decided == (date(2025, 12, 2),)
    (order,) = ticked.carried_out
    done = fills(world)
    # The book asks 2.25 at 100.01 and 7 at 100.02; the middle of the best is 100. Half of 10,000 buys more than that.
    assert [(fill.quantity, fill.price) for fill in done[:2]] == [
        (min(order.quantity, Decimal("2.25")), Decimal("100.01"))
    ] + ([(order.quantity - Decimal("2.25"), Decimal("100.02"))] if order.quantity > Decimal("2.25") else [])
    assert {fill.reference_price for fill in done} == {Decimal(100)}
    assert {fill.at for fill in done} == {world.clock.now().replace(microsecond=0)}
    assert rows(world)[0].kind == "epoch"
    verify_ledger(ledgers.ledger_path(world.config, "paper"))


def test_ticking_again_the_same_day_does_nothing(world: World) -> None:
    tick(world)
    before = rows(world)
    assert tick(world) == TickResult((), (), ())
    assert rows(world) == before


def test_the_next_day_values_the_day_before_and_decides(world: World) -> None:
    tick(world)
    cash = sum((-(fill.notional + fill.fee) for fill in fills(world)), Decimal(10_000))
    at(world, FIRST_TICK + timedelta(days=1))
    assert tick(world).decided == (date(2025, 12, 3),)
    (valued,) = [row for row in rows(world) if row.kind == "valuation"]
    assert valued.at == "2025-12-02T00:00:00Z"
    assert Decimal(valued.body["cash"]) == cash


def test_a_day_whose_rows_have_not_come_is_not_decided_and_the_next_tick_makes_up_for_it(world: World) -> None:
    tick(world)
    at(world, FIRST_TICK + timedelta(days=1))
    world.servers.exchange.fail(*[dropped()] * 50)
    world.second.fail(*[dropped()] * 50)
    before = rows(world)
    with pytest.raises(DataError, match="ETH has no row of the day before 2025-12-03: no day is decided") as caught:
        tick(world)
    assert caught.value.exit_code == 3
    assert rows(world) == before
    world.servers.exchange.faults.clear()
    world.second.faults.clear()
    assert tick(world).decided == (date(2025, 12, 3),)


def test_a_wide_spread_fills_nothing_and_the_order_is_tried_again(world: World) -> None:
    pair = world.servers.exchange.pairs["ETHUSDT"]
    asks, pair.asks = pair.asks, [("103.00", "500")]
    tick(world)
    (result,) = [event for event in map(decode, rows(world)) if isinstance(event, OrderResult)]
    assert result.full_reason.endswith("spread_too_wide")
    assert fills(world) == []
    pair.asks = asks
    at(world, FIRST_TICK + timedelta(days=1))
    tick(world)
    assert len(fills(world)) > 0


def test_without_a_quote_an_order_stays_open_and_the_next_tick_of_the_day_fills_it(world: World) -> None:
    world.servers.exchange.fail(*[dropped()] * 50, path="/api/v3/depth")
    ticked = tick(world)
    (waiting,) = ticked.waiting
    assert waiting.order.symbol == "ETH"
    assert waiting.why.startswith("no_quote")
    assert ticked.left_open == ticked.carried_out == ()
    assert ticked.to_dict()["waiting"]
    assert any("Order left open: buy ETH, no_quote" in line for line in ticked.problems())
    assert [row for row in rows(world) if row.kind == "order_result"] == []
    world.servers.exchange.faults.clear()
    world.set_time(FIRST_TICK + timedelta(minutes=15))
    again = tick(world)
    assert (len(again.carried_out), again.filled, again.waiting) == (1, 1, ())
    assert len(fills(world)) > 0


def test_an_order_without_a_quote_all_day_is_missed_reported_and_planned_again(world: World) -> None:
    world.servers.exchange.fail(*[dropped()] * 50, path="/api/v3/depth")
    tick(world)
    world.servers.exchange.faults.clear()
    at(world, FIRST_TICK + timedelta(days=1))
    ticked = tick(world)
    (missed,) = ticked.unfilled
    assert (missed.at.date(), missed.end_text) == (date(2025, 12, 2), "missed")
    assert {fill.at.date() for fill in fills(world)} == {date(2025, 12, 3)}


def test_before_the_first_close_the_equity_counts_what_was_bought(world: World) -> None:
    tick(world)
    status = ledgers.status_of(world.config, "paper")
    fees = sum((fill.fee for fill in fills(world)), Decimal(0))
    held, last = Decimal(status.holdings["ETH"]), fills(world)[-1].price
    assert Decimal(status.equity) == Decimal(status.cash) + held * last
    assert Decimal(9_990) < Decimal(status.equity) < Decimal(10_010) - fees
    assert status.valued == ""


def test_a_rewritten_strategy_file_opens_an_epoch_and_is_no_drift(world: World) -> None:
    file = world.config.strategy.file
    assert file is not None
    tick(world)
    file.write_text(STRATEGY.replace('share="0.5"', 'share="0.25"'))
    world.set_time(FIRST_TICK + timedelta(hours=1))
    assert tick(world).drifted == ()
    at(world, FIRST_TICK + timedelta(days=1))
    assert tick(world).drifted == ()
    assert [row.body["why"] for row in rows(world) if row.kind == "epoch"] == ["new", "the strategy file was changed"]


def test_a_series_that_does_not_come_is_named_with_its_cause(world: World) -> None:
    tick(world)
    at(world, FIRST_TICK + timedelta(days=1))
    world.servers.yahoo.fail(*[dropped()] * 50, path="/v8/finance/chart/IWM")
    ticked = tick(world)
    assert "IWM" in [one.symbol for one in ticked.missing]
    assert any("Series that did not come: " in line and "IWM (" in line for line in ticked.problems())


def test_a_changed_config_opens_an_epoch_and_is_no_drift(world: World) -> None:
    tick(world)
    world.config = world.config.model_copy(update={"start_equity": Decimal(5000)})
    at(world, FIRST_TICK + timedelta(days=1))
    assert tick(world).drifted == ()
    assert [row.body["why"] for row in rows(world) if row.kind == "epoch"] == ["new", "the config was changed"]


def test_two_processes_cannot_tick_one_ledger(world: World) -> None:
    with ledgers.open_ledger(world.config, "paper", world.clock), pytest.raises(StoreError, match="try again"):
        tick(world)


def test_ledgers_have_names_and_money_of_their_own(world: World) -> None:
    tick(world, "one")
    tick(world, "two")
    assert ledgers.ledgers(world.config) == ["one", "two"]
    assert rows(world, "one")[0].body["run_key"] != rows(world, "two")[0].body["run_key"]


def switched(world: World, mode: TradingState) -> None:
    """The user's hand on the switch."""
    ledgers.set_trading_state(world.config, "paper", mode, world.clock)


def test_flat_sells_everything_at_the_next_tick_and_stays_out(world: World) -> None:
    tick(world)
    held = sum((fill.quantity for fill in fills(world)), Decimal(0))
    switched(world, TradingState.FLAT)
    at(world, FIRST_TICK + timedelta(days=1))
    tick(world)
    sold = [fill for fill in fills(world) if fill.side is Side.SELL]
    assert sum(fill.quantity for fill in sold) == held
    at(world, FIRST_TICK + timedelta(days=2))
    assert tick(world).carried_out == ()
    assert ledgers.status_of(world.config, "paper").mode == "flat"


def test_reduce_only_buys_nothing_until_it_is_taken_back(world: World) -> None:
    world.servers.exchange.fail(*[dropped()] * 50, path="/api/v3/depth")
    tick(world)
    world.servers.exchange.faults.clear()
    switched(world, TradingState.REDUCE_ONLY)
    at(world, FIRST_TICK + timedelta(days=1))
    tick(world)
    assert fills(world) == []
    switched(world, TradingState.ON)
    at(world, FIRST_TICK + timedelta(days=2))
    tick(world)
    assert len(fills(world)) > 0


def test_a_stopped_ledger_decides_nothing_and_makes_up_for_it_when_it_is_resumed(world: World) -> None:
    tick(world)
    switched(world, TradingState.STOPPED)
    at(world, FIRST_TICK + timedelta(days=1))
    before, asked = rows(world), world.requests()
    assert tick(world) == TickResult((), (), ())
    assert (rows(world), world.requests()) == (before, asked)
    switched(world, TradingState.ON)
    at(world, FIRST_TICK + timedelta(days=2))
    assert tick(world).decided == (date(2025, 12, 3), date(2025, 12, 4))


def test_a_tick_that_cannot_decide_begins_nothing_and_the_ledger_begins_on_the_day_of_the_first_that_can(
    world: World,
) -> None:
    silent = [*[dropped()] * 50]
    world.servers.exchange.fail(*silent)
    world.second.fail(*silent)
    with pytest.raises(DataError, match=r"there is no row of ETH: no day is decided; cause: ETH \(.*no valid response"):
        tick(world)
    assert ledgers.ledgers(world.config) == []
    assert not ledgers.ledger_path(world.config, "paper").exists()
    world.servers.exchange.faults.clear()
    world.second.faults.clear()
    at(world, FIRST_TICK + timedelta(days=3))
    assert tick(world).decided == (date(2025, 12, 5),)


def test_a_changed_config_that_cannot_be_decided_on_begins_no_epoch(world: World) -> None:
    tick(world)
    world.config = world.config.model_copy(update={"start_equity": Decimal(5000)})
    at(world, FIRST_TICK + timedelta(days=1))
    world.servers.exchange.fail(*[dropped()] * 50)
    world.second.fail(*[dropped()] * 50)
    before = rows(world)
    with pytest.raises(DataError):
        tick(world)
    assert rows(world) == before


def test_money_and_manner_of_the_start_are_those_of_the_first_day_whatever_the_config_says_later(world: World) -> None:
    tick(world)
    bought = sum((-(fill.notional + fill.fee) for fill in fills(world)), Decimal(10_000))
    world.config = world.config.model_copy(update={"start_equity": Decimal(7), "on_start": "wait"})
    at(world, FIRST_TICK + timedelta(days=1))
    tick(world)
    (valued,) = [row for row in rows(world) if row.kind == "valuation"]
    assert Decimal(valued.body["cash"]) == bought
    assert not [fill for fill in fills(world) if fill.side is Side.SELL]


def test_what_another_config_decided_is_not_held_against_this_one(world: World) -> None:
    tick(world)
    world.config = with_parameters(world, share="0.3")
    at(world, FIRST_TICK + timedelta(days=1))
    assert tick(world).drifted == ()
    assert not [row for row in rows(world) if row.kind == "drift"]


def with_parameters(world: World, **parameters: str) -> Config:
    """The world's config with other parameters of its strategy."""
    strategy = world.config.strategy.model_copy(update={"parameters": parameters})
    return world.config.model_copy(update={"strategy": strategy})


def test_a_ledger_that_waits_stays_out_until_the_strategy_left_and_entered_anew(world: World) -> None:
    world.config = with_parameters(world, out_on="2025-12-05")
    new_ledger(world.config, "paper", world.clock, "wait")
    tick(world)
    at(world, FIRST_TICK + timedelta(days=1))
    tick(world)  # a new process each time
    changed = world.config.model_copy(update={"start_equity": Decimal(7), "on_start": "adopt"})
    world.config = changed
    at(world, FIRST_TICK + timedelta(days=2))
    tick(world)
    assert [row.body["on_start"] for row in rows(world) if row.kind == "epoch"] == ["wait", "wait"]
    at(world, FIRST_TICK + timedelta(days=3))
    tick(world)
    assert fills(world) == []
    at(world, FIRST_TICK + timedelta(days=4))
    tick(world)
    assert {fill.side for fill in fills(world)} == {Side.BUY}
    assert sum(fill.notional for fill in fills(world)) > 100  # of what it was begun with, not of 7


def test_a_ledger_that_was_begun_today_has_its_first_day_today(world: World) -> None:
    epoch = new_ledger(world.config, "paper", world.clock)
    assert (epoch.at, epoch.on_start, epoch.cash) == (midnight(FIRST_TICK.date()), "adopt", Decimal(10_000))
    assert ledgers.status_of(world.config, "paper").last_day == ""
    at(world, FIRST_TICK + timedelta(days=1))
    assert tick(world).decided == (date(2025, 12, 2), date(2025, 12, 3))
    assert [row.kind for row in rows(world)].count("epoch") == 1


def test_a_name_that_is_taken_is_not_begun_again(world: World) -> None:
    tick(world)
    before = rows(world)
    with pytest.raises(LedgerError, match="exists already; put it away with: bot paper archive --ledger paper"):
        new_ledger(world.config, "paper", world.clock)
    assert rows(world) == before


def test_a_tick_tells_what_it_decided_what_it_bought_and_the_head(world: World) -> None:
    posted: list[Notice] = []

    def post(notices: Sequence[Notice]) -> list[str]:
        posted.extend(notices)
        return []

    with Notifier(world.config, "paper", world.clock, post, print).watching():
        tick(world)
    assert [str(notice.kind) for notice in posted] == ["decision", "fill", "head"]
    bought = sum(fill.quantity for fill in fills(world))
    assert posted[0].body == f"holds. To do: buy {bought} ETH."  # the reason in the strategy's own words
    assert posted[1].body.startswith(f"Bought {bought} ETH at 100.0")


def test_without_a_network_the_error_says_that_nothing_could_be_reached(world: World) -> None:
    servers = (*world.servers.each, world.second)
    for server in servers:
        server.fail(*[dropped()] * 200)
    with pytest.raises(DataError, match=r"no row of RUT: no day is decided; cause: no vendor could be reached: RUT \("):
        tick(world)
    for server in servers:
        server.faults.clear()


def test_a_clock_and_a_network_are_not_looked_at_where_a_ledger_is_over_or_trades_elsewhere(world: World) -> None:
    tick(world)
    asked = world.requests()
    world.set_time(FIRST_TICK - timedelta(days=1))
    elsewhere = cast("TestnetExchange", SimpleNamespace(venue="binance testnet"))
    with world.sessions() as sessions:
        with pytest.raises(ConfigError, match="expected simulated, was binance testnet"):
            paper_tick(world.config, "paper", sessions, world.clock, elsewhere)
        with ledgers.open_ledger(world.config, "over", world.clock) as journal:
            journal.append([ConfigPeriod(FIRST_TICK, 1, "rehearsal", "key", "hash", "0", "testnet", Decimal(1))])
        with pytest.raises(LedgerError, match="is a finished rehearsal"):
            paper_tick(world.config, "over", sessions, world.clock)
    assert world.requests() == asked


@pytest.mark.parametrize("why", ["replay", "rehearsal on a running venue"])
def test_what_is_over_takes_no_word_of_its_user(world: World, why: str) -> None:
    with ledgers.open_ledger(world.config, "paper", world.clock) as journal:
        journal.append([ConfigPeriod(FIRST_TICK, 1, why, "key", "hash", "0", "simulated", Decimal(1))])
    for said in (partial(ledgers.set_trading_state, state=TradingState.STOPPED), ledgers.acknowledge):
        with pytest.raises(LedgerError, match=f"is a finished {why}; name another ledger"):
            said(world.config, "paper", clock=world.clock)
    assert len(rows(world)) == 1


class Ticking(FakeClock):
    """A clock on which the tick of another process ends after some time."""

    def __init__(self, ends: float, tick: ExitStack) -> None:
        super().__init__(FIRST_TICK)
        self._ends, self._tick = FIRST_TICK + timedelta(seconds=ends), tick

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if self.now() >= self._ends:
            self._tick.close()


@pytest.mark.parametrize("ends", [100, 130])
def test_the_users_word_waits_two_minutes_for_a_tick_that_is_under_way(tmp_path: Path, ends: float) -> None:
    config = config_with({"state": str(tmp_path)})
    new_ledger(config, "paper", FakeClock(FIRST_TICK))
    said: list[str] = []
    with ExitStack() as other:
        other.enter_context(ledgers.open_ledger(config, "paper", FakeClock(FIRST_TICK)))
        if ends > 120:
            with pytest.raises(InUse):
                ledgers.set_trading_state(config, "paper", TradingState.FLAT, Ticking(ends, other), said.append)
        else:
            assert ledgers.set_trading_state(config, "paper", TradingState.FLAT, Ticking(ends, other), said.append)
            assert ledgers.status_of(config, "paper").mode == "flat"
    assert said == [f"paper.sqlite3 is in use by process {os.getpid()}: waiting up to 120 s for it."]


def test_a_tick_names_a_frozen_feed_as_a_backtest_does(world: World) -> None:
    """27 November is a holiday, so the close of the 24th stands on the 25th, 26th, 28th and 1 December."""
    chart = world.servers.yahoo.charts["^RUT"].rows
    for day in [day for day in chart if date(2025, 11, 24) < day < FIRST_TICK.date()]:
        chart[day] = chart[date(2025, 11, 24)]
    found = tick(world)
    text = "RUT repeats its close of 2025-11-24 on the 4 rows up to 2025-12-01: its feed is frozen"
    assert any(line.startswith(f"Warning: {text}") for line in found.problems())
    assert any(str(warning).startswith(text) for warning in cast("list[str]", found.to_dict()["warnings"]))


def test_a_tick_names_a_record_that_the_fund_does_not_make_first(world: World) -> None:
    chart = world.servers.yahoo.charts["^RUT"].rows
    day = date(2025, 12, 1)
    fund = world.servers.yahoo.charts["IWM"].rows[day].close
    chart[day] = Bar(3000.0, 3000.0, 3000.0, 3000.0, 1000.0)
    tick(world)
    config = default_config().model_copy(update={"state": world.config.state})
    decided = FIRST_TICK.date()
    plan = planned(config, stored_market(config).as_of(midnight(decided)), Window(decided, decided))
    text = f"the record of RUT on 2025-12-01 (3000.00) is not confirmed by IWM_RAW ({fund:.2f}): their ratio is "
    assert ticks._warnings(config, plan, decided)[0].startswith(text)


DAILY = """
class CountsDays:
    name = "counts the days of its holding"

    def __init__(self):
        self.calls = 0

    def decide(self, today):
        self.calls += 1
        held = today.holding(today.roles.eth)
        if held is None:
            return today.target({today.roles.eth: 0.5}, f"call_{self.calls}")
        return today.hold(f"call_{self.calls}_held_{held.days_held}_at_{held.entry_price}")


strategy = CountsDays
"""


@pytest.mark.slow
def test_a_daily_strategy_reads_the_holding_of_its_ledger_and_keeps_its_memory(world: World) -> None:
    file = world.config.strategy.file
    assert file is not None
    file.write_text(DAILY)
    for days in range(3):
        at(world, FIRST_TICK + timedelta(days=days))
        tick(world)
        again = tick(world)
        assert (again.decided, again.drifted) == ((), ())
    bought = next(event for event in map(decode, rows(world)) if isinstance(event, Fill))
    assert [row.body["reasons"] for row in rows(world) if row.kind == "decision"] == [
        ["call_1"],
        [f"call_2_held_1_at_{bought.price}"],
        [f"call_3_held_2_at_{bought.price}"],
    ]
