"""Each valuation of a ledger has its benchmarks: equal to the backtest's, final once written, without a jump."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest

from bot import Decision, Market
from bot.backtest.run import backtest
from bot.backtest.run_cache import RunCache
from bot.brokers.simulated import SimulatedBroker
from bot.core.decision import Trade
from bot.core.errors import ConfigError
from bot.core.events import ConfigPeriod, Valuation
from bot.core.moments import ONE_DAY, midnight
from bot.core.run_plan import RunPlan
from bot.core.window import Window
from bot.ledger.benchmark_fold import beside_ledger
from bot.ledger.decode import decode
from bot.ledger.record import as_rows
from bot.ledger.row import Row
from bot.ledger.writer import LedgerWriter
from bot.paper.forward_trader import Beside, ForwardTrader
from bot.paper.ledger_benchmarks import LedgerBenchmarks
from bot.paper.replay import replay
from bot.report.labels import PLAIN
from bot.report.words import benchmark_name
from bot.services.own_benchmark import own_benchmark
from bot.services.plans import PlannedRun, planned_run, run_plan, window_of, with_decisions
from bot.settings.loader import Config
from strategies.rotation.view import Views
from tests.markets import closes_on_days, closes_on_sessions, config_with, market_of, random_market
from tests.parity.test_engines_agree import LOOSE

D = Decimal
FIRST = date(2024, 1, 5)


def period(plan: RunPlan) -> ConfigPeriod:
    return ConfigPeriod(plan.decisions[0].at, 1, "new", plan.rules.run_key, "config", "0", "simulated", plan.cash)


def valuations(rows: Sequence[Row]) -> list[Valuation]:
    return [event for event in map(decode, rows) if isinstance(event, Valuation)]


@cache
def history() -> tuple[Config, Market, Window]:
    """A random market in which the rotation trades much."""
    made = random_market(45, 330)
    return made.config(LOOSE), made.market, window_of(made.market, None, None)


def replayed(config: Config, market: Market, window: Window) -> list[Valuation]:
    run = planned_run(config, market, window)
    return valuations(replay(run.plan, period(run.plan), None, LedgerBenchmarks(run, window.end, config).beside))


def test_the_benchmarks_and_the_random_timing_of_a_replay_are_those_of_the_backtest() -> None:
    config, market, window = history()
    expected = backtest(config, market, window, Views())
    found = replayed(config, market, window)
    theirs = valuations(expected.rows)
    assert [one.benchmarks for one in found] == [one.benchmarks for one in theirs]
    assert set(found[-1].benchmarks) == set(expected.summary["benchmarks"])  # type: ignore[call-overload]
    assert found[-1].random_timing == expected.summary["random_timing"]
    assert not any(one.random_timing for one in found[:-1])
    assert expected.summary["strategy"]["trades"] > 3  # type: ignore[index]


def daily(closes: Sequence[float], **other: Sequence[float]) -> Market:
    """ETH closes at these prices from 2024-01-01 on; BTC stays at 100."""
    n = len(closes)
    series = {
        "RUT": closes_on_sessions("2024-01-02", [100.0] * (n - 12)),
        "ETH": closes_on_days("2024-01-01", closes),
        "BTC": closes_on_days("2024-01-01", other.get("btc", [100.0] * n)),
    }
    return market_of(series)


class HalfEth:
    """Holds half in ETH from the second day on."""

    name = "half"

    def decisions(self, market: Market) -> Sequence[Decision]:
        half, none = {market.roles.eth: D("0.5")}, dict[str, D]()
        return [
            Decision(at, "ETH", "ETH", half if at.date() > FIRST else none, ("held",), Trade.BAND)
            for at in market.decision_moments
        ]


def run_of(known: Market, day: date, config: Config) -> PlannedRun:
    """Plan a ledger up to a day on what is known."""
    strategy, window = HalfEth(), Window(FIRST, day)
    decisions = strategy.decisions(known)
    plan = with_decisions(run_plan(config, known, window, "key"), window, decisions, ())
    return PlannedRun(plan, strategy, decisions, frozenset())


def ticked(
    path: Path | None,
    market: Market,
    days: Sequence[date],
    config: Config,
    recorded: bool = True,
    cache: RunCache | None = None,
) -> tuple[list[Valuation], str]:
    """Tick on each of the days; return the valuations and the last problem.

    With `cache` all ticks are of one process, else each is a process of its own.
    """
    problem = ""
    for day in days:
        # The broker fills at the day's open; the benchmarks know what is known at its midnight.
        known, run = run_of(market.as_of(midnight(day)), day, config), run_of(market, day, config)
        benchmarks = LedgerBenchmarks(known, day - ONE_DAY, config, cache)
        beside: Beside = benchmarks.beside if recorded else lambda valued, rows, unwritten: valued
        with LedgerWriter.open(path) as writer:
            if not writer.rows:
                writer.append([period(run.plan)])
            plans = partial(lambda start, at, plan: plan, plan=run.plan)
            trader = ForwardTrader(writer, plans, SimulatedBroker(), FIRST, timedelta(hours=1), beside=beside)
            trader.tick(midnight(day))
            rows, problem = list(writer.rows), benchmarks.problem
    return valuations(rows), problem


WAVES = [100.0 + 20 * np.sin(i / 5) for i in range(60)]


def days_to(last: int) -> list[date]:
    return [FIRST + timedelta(days=i) for i in range(last)]


@pytest.fixture
def config() -> Config:
    return config_with({"benchmarks": {"trend_days": 5, "random_shifts": 10}})


def test_ticks_day_by_day_record_what_one_run_over_all_days_gives(tmp_path: Path, config: Config) -> None:
    market, days = daily(WAVES), days_to(25)
    found, problem = ticked(tmp_path / "a.sqlite3", market, days, config)
    run = run_of(market, days[-1], config)
    whole = LedgerBenchmarks(run, days[-2], config)
    expected = [whole.beside(replace(one, benchmarks={}, random_timing={}), []).benchmarks for one in found]
    assert not problem
    assert [one.benchmarks for one in found] == expected
    assert len(found) == 24
    assert {"eth", "btc", "btc_60_stable_40", "eth_trend", "eth_while_btc_trend"} == set(found[-1].benchmarks)
    # 98% of 10,000 in BTC at a price that never moves, less the costs of one purchase.
    assert D(9960) < found[-1].benchmarks["btc"] < D(10000)


def test_the_ticks_of_one_process_record_what_those_of_many_record(tmp_path: Path, config: Config) -> None:
    """Also where the vendor rewrites the first ten days in the meantime."""
    cache, days, rewritten = RunCache(), days_to(30), daily([0.5 * close for close in WAVES[:10]] + WAVES[10:])
    for market, of_days in ((daily(WAVES), days[:20]), (rewritten, days[20:])):
        one, _ = ticked(tmp_path / "one.sqlite3", market, of_days, config, cache=cache)
        many, _ = ticked(tmp_path / "many.sqlite3", market, of_days, config)
    assert [(v.day, v.benchmarks, v.random_timing) for v in one] == [
        (v.day, v.benchmarks, v.random_timing) for v in many
    ]
    assert len(one) == 29


def test_each_tick_records_the_random_timing_of_the_exposure_until_then(tmp_path: Path, config: Config) -> None:
    found, _ = ticked(tmp_path / "a.sqlite3", daily(WAVES), days_to(15), config)
    assert found[0].random_timing == {
        "exposure": 0.0,
        "most_exposed": 0.9,
    }  # nothing to shift before the first purchase
    assert all(set(one.random_timing) >= {"total_return_50", "at_least_as_well"} for one in found[1:])
    assert found[5].random_timing != found[-1].random_timing


def test_a_price_that_is_rewritten_later_moves_no_recorded_value_and_makes_no_jump(
    tmp_path: Path, config: Config
) -> None:
    """Hold ETH: bought at 100. The vendor halves the prices of the first days; the next day ETH rises by a tenth."""
    closes = [100.0] * 20
    before, _ = ticked(tmp_path / "a.sqlite3", daily([*closes, 100.0]), days_to(15), config)
    rewritten = [50.0] * 10 + [100.0] * 8 + [110.0] * 20
    after, _ = ticked(tmp_path / "a.sqlite3", daily(rewritten), [FIRST + timedelta(days=15)], config)
    assert after[:-1] == before
    last, newest = before[-1].benchmarks["eth"], after[-1].benchmarks["eth"]
    assert after[-1].day == date(2024, 1, 19)
    # 98% of it is in ETH, of which a tenth is gained; computed anew from the first day it would have doubled.
    assert float(newest / last) == pytest.approx(1.1, abs=0.003)


def test_an_old_ledger_records_from_the_upgrade_on_and_says_since_when(tmp_path: Path, config: Config) -> None:
    market, days = daily(WAVES), days_to(16)
    path = tmp_path / "a.sqlite3"
    old, _ = ticked(path, market, days[:10], config, recorded=False)
    assert not any(one.benchmarks for one in old)
    found, _ = ticked(path, market, days[10:], config)
    beside = beside_ledger(D(10000), found[0], found[-1], lambda: found)
    assert beside.missing() == "The daily values of its benchmarks are not recorded before 2024-01-14."
    # The value is that of a benchmark that began on the ledger's first day.
    whole, _ = ticked(tmp_path / "b.sqlite3", market, days, config)
    assert found[-1].benchmarks == whole[-1].benchmarks
    assert beside.against_held(PLAIN).startswith(("more than holding ETH", "less than holding ETH"))


def test_a_benchmark_that_cannot_be_computed_leaves_the_tick_and_its_trades_alone(
    tmp_path: Path, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.core.errors import DataError
    from bot.paper import ledger_benchmarks

    def fails(*args: object) -> None:
        raise DataError("a row is unreadable", where="BTC")

    whole, _ = ticked(tmp_path / "a.sqlite3", daily(WAVES), days_to(8), config)
    monkeypatch.setattr(ledger_benchmarks, "run_benchmarks", fails)
    found, problem = ticked(tmp_path / "b.sqlite3", daily(WAVES), days_to(8), config)
    assert "the benchmarks of 2024-01-11 are not recorded" in problem
    assert "a row is unreadable" in problem
    assert [one.equity for one in found] == [one.equity for one in whole]
    assert (
        beside_ledger(D(10000), found[0], found[-1], lambda: found).missing() == "Its benchmarks are not recorded yet."
    )


def test_the_random_timing_is_left_out_where_a_day_has_no_valuation(config: Config) -> None:
    run = run_of(daily(WAVES), FIRST + timedelta(days=5), config)
    last = FIRST + timedelta(days=4)
    valued = Valuation(last, D(10000), D(10000), "ETH", {})
    before = [replace(valued, day=FIRST + timedelta(days=i)) for i in range(4)]
    benchmarks = LedgerBenchmarks(run, last, config)
    assert benchmarks.beside(valued, as_rows(before)).random_timing
    assert not benchmarks.beside(valued, as_rows(before[1:])).random_timing


@pytest.mark.parametrize("own", ["BTC", "file"])
def test_a_benchmark_of_the_users_own_stands_beside_the_backtest_and_the_ledger(own: str, tmp_path: Path) -> None:
    """Holding BTC by name, or by a file, gives what the benchmark that holds BTC gives."""
    file = tmp_path / "mine.py"
    file.write_text(
        "from decimal import Decimal\nfrom bot import Decision, Trade\n\n\nclass Mine:\n    name = 'mine'\n\n"
        "    def decisions(self, market):\n        btc, times = {'BTC': Decimal('0.98')}, market.decision_moments\n"
        "        return [Decision(at, 'IN', 'IN', btc, ('in',), Trade.HOLD) for at in times]\n\n\n"
        "strategy = Mine\n"
    )
    config = config_with({"benchmarks": {"own": str(file) if own == "file" else own, "trend_days": 5}})
    name = "own_mine" if own == "file" else "own_BTC"
    found, problem = ticked(tmp_path / "a.sqlite3", daily(WAVES), days_to(5), config)
    assert not problem
    assert all(one.benchmarks[name] == one.benchmarks["btc"] for one in found)
    assert found[0].benchmarks[name] > 0
    assert benchmark_name(name) == f"Own: {name[4:]}"
    run = backtest(config, daily(WAVES), Window(FIRST, date(2024, 2, 20)), Views())
    figures = run.summary["benchmarks"]
    assert figures[name] == figures["btc"]  # type: ignore[index]


def test_a_misspelt_benchmark_is_refused_with_the_config_and_changes_no_hash() -> None:
    with pytest.raises(ConfigError, match=r"benchmarks\.own is BTX, which is no coin of the symbol table"):
        config_with({"benchmarks": {"own": "BTX"}})
    assert config_with({"benchmarks": {"own": "SOL"}}).fingerprint() == config_with({}).fingerprint()
    with pytest.raises(ConfigError, match="there is no such strategy file"):
        own_benchmark(config_with({"benchmarks": {"own": "none.py"}}), daily(WAVES))
    with pytest.raises(ConfigError, match="SOL is no coin of market"):
        own_benchmark(config_with({"benchmarks": {"own": "SOL"}}), daily(WAVES))
