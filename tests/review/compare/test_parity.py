"""Paper against a backtest of the same days: ledgers on vendors of this machine, each with one thing gone wrong."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.core.book import Book
from bot.core.errors import DataError, LedgerError
from bot.core.events import Event, Late, TradingState
from bot.infra.clock import SystemClock
from bot.ledger.record import read_ledger, write_ledger
from bot.paper import ledgers
from bot.paper.rehearsal import rehearse
from bot.paper.replay_check import replay_history
from bot.paper.tick import new_ledger
from bot.review.compare import backtest_of_ledger
from bot.review.compare.backtest_of_ledger import parity_of
from bot.review.compare.days import EVENTS
from bot.review.compare.parity import Parity
from bot.review.recording import find_record
from bot.settings.loader import Config
from tests.cli.running import bot, error_of
from tests.markets import config_with
from tests.paper.test_tick import FIRST_TICK, at, tick, with_parameters, world
from tests.paper.test_tick_on_testnet import Trading, trading
from tests.servers.loopback import dropped
from tests.servers.made_up import Row
from tests.servers.world import World

pytestmark = pytest.mark.slow

__all__ = ["trading", "world"]
DAY_ONE = FIRST_TICK.date()
BUSY = date(2112, 10, 19), date(2112, 10, 21)


def quoted(world: World, moved: float = 1.0, spread: float = 0.0002, depth: str = "500") -> None:
    """Let the order book stand around the open of today, or as far from it as the market has moved."""
    pair = world.servers.exchange.pairs["ETHUSDT"]
    open_ = pair.rows[world.clock.now().date()].open
    assert open_ is not None
    pair.bids = [(f"{open_ * moved * (1 - spread / 2):.2f}", depth)]
    pair.asks = [(f"{open_ * moved * (1 + spread / 2):.2f}", depth)]


def to(world: World, days: int, hours: float = 0.0) -> None:
    """Go so many days beyond the first tick, where the book stands around the day's open."""
    at(world, FIRST_TICK + timedelta(days=days, hours=hours))
    quoted(world)


def lived(world: World, first: int, last: int) -> None:
    """Tick on each day of a stretch."""
    for day in range(first, last + 1):
        to(world, day)
        tick(world)


def parity(world: World, name: str = "paper") -> Parity:
    return parity_of(world.config, find_record(world.config.state, name))


def test_days_on_which_nothing_went_wrong_are_the_same(world: World) -> None:
    lived(world, 0, 2)
    found = parity(world)
    assert found.mismatches == ()
    assert found.summary.startswith("3 days, 3 decisions the same, 1 of 1 fill within 1%, tracking difference 0.")
    assert abs(found.overlay.difference[-1]) < 0.001
    assert found.overlay.difference[-1] != 0  # the ledger paid what was asked, the backtest what it assumed


def test_a_day_of_today_has_no_price_yet_and_its_orders_wait(world: World) -> None:
    lived(world, 0, 0)
    found = parity(world)
    assert (found.same_decisions, found.fills, found.mismatches) == (1, 0, ())


def test_a_spread_that_is_too_wide_is_told(world: World) -> None:
    to(world, 0)
    quoted(world, spread=0.05)
    tick(world)
    lived(world, 1, 1)
    found = parity(world)
    assert found.causes == {"spread": 1}
    (one,) = found.mismatches
    assert (one.day, one.symbol, one.detail) == (DAY_ONE, "ETH", "spread too wide")
    assert (found.fills, found.fills_same) == (1, 0)


def test_slippage_beyond_the_assumed_is_told(world: World) -> None:
    to(world, 0)
    pair = world.servers.exchange.pairs["ETHUSDT"]
    best = float(pair.asks[0][0])
    pair.asks = [(f"{best:.2f}", "0.0001"), (f"{best * 1.02:.2f}", "500")]
    tick(world)
    lived(world, 1, 1)
    assert parity(world).causes == {"spread": 1}


def test_a_book_that_is_too_thin_is_told(world: World) -> None:
    to(world, 0)
    quoted(world, depth="0.4")
    tick(world)
    lived(world, 1, 1)
    assert parity(world).causes == {"partial": 1}


def test_a_missed_day_is_told(world: World) -> None:
    at(world, FIRST_TICK)
    new_ledger(world.config, "paper", world.clock)
    lived(world, 1, 1)
    found = parity(world)
    assert found.causes == {"missed": 1}
    assert found.mismatches[0].day == DAY_ONE


def test_a_row_that_came_late_makes_a_late_decision_at_another_price(world: World) -> None:
    to(world, 0)
    world.servers.exchange.fail(*[dropped()] * 50)
    world.second.fail(*[dropped()] * 50)
    with pytest.raises(DataError, match="there is no row of ETH"):
        tick(world)
    world.servers.exchange.faults.clear()
    world.second.faults.clear()
    to(world, 0, hours=3)
    quoted(world, moved=1.016)
    new_ledger(world.config, "paper", world.clock)
    tick(world)
    lived(world, 1, 1)
    found = parity(world)
    assert found.causes == {"late decision": 1}
    assert found.mismatches[0].detail == "filled at 03:20 UTC, the market had moved +1.60% since 00:00"


def test_a_switch_is_told_as_an_override(world: World) -> None:
    lived(world, 0, 0)
    to(world, 1)
    ledgers.set_trading_state(world.config, "paper", TradingState.FLAT, world.clock)
    tick(world)
    lived(world, 2, 2)
    found = parity(world)
    assert set(found.causes) == {"override"}
    assert [(one.day, one.paper.partition(" ")[0], one.backtest) for one in found.mismatches] == [
        (DAY_ONE + timedelta(days=1), "sell", "no order")
    ]
    assert {one.detail for one in found.mismatches} == {"switched to flat"}


def test_a_day_that_was_stopped_is_an_override_though_its_orders_were_missed(world: World) -> None:
    to(world, 0)
    new_ledger(world.config, "paper", world.clock)
    ledgers.set_trading_state(world.config, "paper", TradingState.STOPPED, world.clock)
    to(world, 1)
    ledgers.set_trading_state(world.config, "paper", TradingState.ON, world.clock)
    tick(world)
    assert parity(world).causes == {"override": 1}


def test_a_revised_price_is_told(world: World) -> None:
    sources = world.config.sources.model_copy(update={"reading": "latest"})
    world.config = world.config.model_copy(update={"sources": sources})
    lived(world, 0, 0)
    to(world, 1)
    pair, day = world.servers.exchange.pairs["ETHUSDT"], DAY_ONE - timedelta(days=1)
    old = pair.rows[day]
    assert old.close is not None
    pair.rows[day] = Row(old.open, old.high, old.close * 0.9, round(old.close * 0.98, 2), old.volume)
    tick(world)
    found = parity(world)
    assert found.causes == {"price revised": 1}
    assert f"ETH of {day} was revised on 2025-12-03 00:20" in found.mismatches[0].detail


def test_a_price_that_nobody_traded_at_is_a_fault_that_names_its_day(world: World) -> None:
    at(world, FIRST_TICK)  # the book of this world stands at 100, a fortieth of the price
    tick(world)
    lived(world, 1, 1)
    found = parity(world)
    assert found.unknown == [DAY_ONE]
    assert found.causes == {"unknown": 1}
    assert "is no price of that day" in found.mismatches[0].detail


def test_days_under_another_config_are_told_and_not_compared(world: World) -> None:
    lived(world, 0, 0)
    world.config = with_parameters(world, share="0.3")
    lived(world, 1, 2)
    found = parity(world)
    assert found.left_out == {"config changed": (DAY_ONE,)}
    assert (len(found.days), found.mismatches) == (2, ())
    assert (found.fills, found.fills_same) == (1, 1)  # the one that brought the share down
    assert abs(found.overlay.difference[-1]) < 0.001


def test_a_strategy_file_that_was_changed_is_told(world: World) -> None:
    lived(world, 0, 0)
    file = world.config.strategy.file
    assert file is not None
    file.write_text(file.read_text().replace('"ETH", "ETH"', '"BOTH", "ETH"'))
    found = parity(world)
    assert set(found.causes) == {"code or config changed"}
    assert found.same_decisions == 0


def test_a_ledger_that_decided_nothing_says_so(world: World) -> None:
    new_ledger(world.config, "paper", world.clock)
    with pytest.raises(LedgerError, match="nothing is decided yet"):
        parity(world)


def ticked_on_testnet(trading: Trading, last: int) -> None:
    for day in range(1, last + 1):
        trading.to_day(day)
        quoted(trading.world)
        trading.tick()


def test_a_coin_that_the_testnet_does_not_list_is_told(trading: Trading) -> None:
    trading.server.exchange.delist("ETHUSDT")
    quoted(trading.world)
    trading.tick()
    ticked_on_testnet(trading, 1)
    assert parity(trading.world).causes == {"coin not on testnet": 1}


def test_an_account_that_nobody_explained_is_an_override(trading: Trading) -> None:
    quoted(trading.world, spread=0.05)
    trading.tick()
    trading.change("USDT", "-50")
    ticked_on_testnet(trading, 2)
    found = parity(trading.world)
    assert found.causes == {"override": 1, "spread": 1}
    assert found.mismatches[-1].detail == "the testnet account differed, and nobody had acknowledged it"


def test_a_replay_is_the_backtest_in_everything_and_one_that_was_changed_names_the_day(tmp_path: Path) -> None:
    state = tmp_path / "logs"
    config = config_with({"state": str(state)})
    replay_history(config, None, "demo", BUSY[0], BUSY[1], "replay")
    found = parity_of(config, find_record(state, "replay"))
    assert found.mismatches == ()
    assert found.fills == found.fills_same > 0
    assert not found.overlay.difference.any()
    rows = list(read_ledger(state / "ledgers" / "replay.sqlite3"))
    changed = [row for row in rows if row.kind == "decision"][1]
    changed.body["stage"] = "ARMED"
    write_ledger(state / "ledgers" / "changed.sqlite3", rows)
    done = bot("review", "parity", "changed", "--json", cwd=tmp_path)
    assert f"unexplained differences on {changed.at[:10]}" in error_of(done, 3)
    assert json.loads(done.stdout)["unknown_days"] == [changed.at[:10]]
    other = config_with({"state": str(state), "sizing": {"rebalance_days": 9}})
    unlike = parity_of(other, find_record(state, "replay"))
    assert (unlike.days, list(unlike.left_out)) == ((), ["config changed"])


def test_a_rehearsal_differs_within_the_venues_slippage(tmp_path: Path) -> None:
    config = config_with({"state": str(tmp_path)})
    rehearse(config, None, "demo", *BUSY, "rehearsal", SystemClock())
    found = parity_of(config, find_record(tmp_path, "rehearsal"))
    assert found.mismatches == ()
    assert found.fills == found.fills_same == 20
    assert found.overlay.difference[-1] != 0


def test_the_config_is_hashed_once_per_period_however_many_days_there_are(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived(world, 0, 1)
    hashed: list[int] = []
    fingerprint = Config.fingerprint

    def counted(config: Config) -> str:
        hashed.append(1)
        return fingerprint(config)

    monkeypatch.setattr(Config, "fingerprint", counted)
    short = len(hashed), parity(world), len(hashed)
    monkeypatch.undo()
    lived(world, 2, 5)
    monkeypatch.setattr(Config, "fingerprint", counted)
    before = len(hashed)
    long = parity(world)
    assert (len(short[1].days), len(long.days)) == (2, 6)
    assert len(hashed) - before == short[2] - short[0] > 0


def test_one_backtest_of_a_day_serves_both_figures_until_the_record_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_with({"state": str(tmp_path)})
    replay_history(config, None, "demo", *BUSY, "replayed")
    days: list[date] = []
    ran = backtest_of_ledger._day

    def counted(book: Book, i: int, day: date, late: Late | None) -> list[Event]:
        days.append(day)
        return ran(book, i, day, late)

    monkeypatch.setattr(backtest_of_ledger, "_day", counted)
    found = parity_of(config, find_record(config.state, "replayed"))
    assert days == [BUSY[0] + timedelta(days=i) for i in range(3)]
    assert not found.mismatches

    # A fill of another quantity leaves the record with another book: from the next day on each has a run of its own.
    path = config.state / "ledgers" / "replayed.sqlite3"
    rows = list(read_ledger(path))
    path.unlink()
    first = next(row for row in rows if row.kind == "fill")
    first.body["fee"] = str(Decimal(first.body["fee"]) + 1)
    write_ledger(path, rows)
    days.clear()
    parity_of(config, find_record(config.state, "replayed"))
    assert days == [BUSY[0], *(BUSY[0] + timedelta(days=i) for i in (1, 1, 2, 2))]


def test_days_since_one_are_those_of_the_whole_comparison(world: World) -> None:
    for day in range(2):
        to(world, day)
        quoted(world, spread=0.05)
        tick(world)
    lived(world, 2, 3)
    whole, since = parity(world), DAY_ONE + timedelta(days=1)
    record = find_record(world.config.state, "paper")
    events = [one.event for one in record.events(*EVENTS)]
    later = parity_of(world.config, record, events=events, since=since)
    assert [one.day for one in whole.mismatches] == [DAY_ONE, since]
    assert later.mismatches == whole.mismatches[1:]
    assert later.days == whole.days[1:]
