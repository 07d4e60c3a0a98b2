"""Interest of idle cash: worked by hand, the same in replay and backtest, and in no equity."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.backtest.cash_interest import CashRate, cash_rate
from bot.backtest.run import backtest
from bot.core.errors import ConfigError
from bot.core.events import Valuation
from bot.core.market import Market
from bot.core.window import Window
from bot.ledger.benchmark_fold import beside_ledger
from bot.ledger.decode import decode
from bot.paper.ledger_benchmarks import LedgerBenchmarks
from bot.paper.replay import replay
from bot.services.plans import planned_run, window_of
from bot.settings.loader import Config
from strategies.rotation.view import Views
from tests.backtest.test_funds import market as plain_market
from tests.cli.running import bot
from tests.markets import config_with, default_config, random_market, series_of, with_series
from tests.paper.test_ledger_benchmarks import period, valuations
from tests.parity.test_engines_agree import LOOSE

D = Decimal


def rate_of(closes: dict[str, float]) -> CashRate:
    return CashRate(series_of("DGS3MO", closes))


def test_a_day_earns_the_rate_that_was_known_when_it_began() -> None:
    """The 5% of the 2nd are out at the close of the 3rd: the 4th earns 10,000 x 5 / 36,500; the 5th at 7.3% earns 2."""
    rate = rate_of({"2024-01-02": 5.0, "2024-01-03": 7.3})
    earned = [rate.earned(D(10000), date(2024, 1, day)) for day in (3, 4, 5, 6)]
    assert earned == [0, D("1.36986301"), D(2), D(2)]
    assert rate.earned(D(0), date(2024, 1, 5)) == 0


def test_a_run_names_the_days_without_a_rate() -> None:
    rate = rate_of({"2024-01-02": 5.0})
    assert rate.warnings(Window(date(2024, 1, 1), date(2024, 2, 1))) == [
        "DGS3MO has no rate before 2024-01-04: cash earns no interest until then",
        "the rows of DGS3MO end on 2024-01-02: cash earns that day's rate from then on",
    ]
    assert rate.warnings(Window(date(2024, 1, 4), date(2024, 1, 16))) == []


def history(cash_rate: str | None) -> tuple[Config, Market, Window]:
    """A random market in which the rotation trades much, with a yearly rate of 3.65% throughout."""
    made = random_market(45, 330)
    closes = {str(day): 3.65 for day in made.market["RUT"].dates}
    market = with_series([*made.market.values(), series_of("DGS3MO", closes)])
    changes: dict[str, Any] = {**LOOSE, "benchmarks": {"cash_rate": cash_rate}}
    return made.config(changes), market, window_of(market, None, None)


def test_the_interest_of_a_replay_is_that_of_the_backtest_and_no_equity_has_it() -> None:
    config, market, window = history("DGS3MO")
    expected = backtest(config, market, window, Views())
    run = planned_run(config, market, window)
    found = valuations(replay(run.plan, period(run.plan), None, LedgerBenchmarks(run, window.end, config).beside))
    theirs = valuations(expected.rows)
    assert [one.interest for one in found] == [one.interest for one in theirs]
    # 3.65% a year are a ten-thousandth a day of the cash at its close; the first day has no rate yet, or one.
    known = CashRate(market["DGS3MO"])
    days = [one.cash for one in theirs if known.earned(D(10000), one.day)]
    assert len(days) >= len(theirs) - 2
    assert theirs[-1].interest["strategy"] == sum((cash / 10000).quantize(D("1e-8")) for cash in days)
    assert set(theirs[-1].interest) == {"strategy", *theirs[-1].benchmarks}
    plain = backtest(*history(None), Views())
    assert [replace(one, interest={}) for one in theirs] == valuations(plain.rows)
    assert "cash_interest" not in plain.summary
    figures = expected.summary["cash_interest"]
    assert figures["symbol"] == "DGS3MO"  # type: ignore[index]
    assert figures["strategy"]["amount"] == f"{theirs[-1].interest['strategy']:.2f}"  # type: ignore[index]


def test_a_ledger_goes_on_from_its_last_recorded_interest() -> None:
    config, market, window = history("DGS3MO")
    run = planned_run(config, market, window)
    rows = replay(run.plan, period(run.plan), None, LedgerBenchmarks(run, window.end, config).beside)
    last = max(i for i, row in enumerate(rows) if isinstance(decode(row), Valuation))
    valued = valuations(rows)[-1]
    again = LedgerBenchmarks(run, window.end, config).beside(replace(valued, interest={}), rows[:last])
    assert again.interest == valued.interest
    beside = beside_ledger(D(10000), valued, valued, lambda: [valued])
    assert beside.to_dict()["cash_interest"]["strategy"] == f"{valued.interest['strategy']:f}".rstrip("0")
    assert beside.idle_cash().startswith("idle cash would have earned (returns exclude it): ledger ")


def test_a_rate_that_is_none_is_refused_and_a_rate_changes_no_hash() -> None:
    with pytest.raises(ConfigError, match=r"benchmarks\.cash_rate is RUT, which is no macro series"):
        config_with({"benchmarks": {"cash_rate": "RUT"}})
    config = config_with({"benchmarks": {"cash_rate": "DGS3MO"}})
    assert config.fingerprint() == default_config().fingerprint()
    with pytest.raises(ConfigError, match="has no series DGS3MO"):
        cash_rate(config, plain_market())


def test_a_ledger_without_the_rate_keeps_its_benchmarks() -> None:
    config, _, window = history("DGS3MO")
    market = random_market(45, 330).market
    run = planned_run(config, market, window)
    beside = LedgerBenchmarks(run, window.end, config)
    valued = beside.beside(Valuation(window.start, D(10000), D(10000), "STABLE", {}), [])
    assert valued.benchmarks
    assert not valued.interest
    assert "is not recorded" in beside.problem


@pytest.mark.slow
def test_the_interest_is_on_every_screen(tmp_path: Path) -> None:
    """On the demo market the two-year rate stands for a bill."""
    change = "--set", "benchmarks.cash_rate=DGS2"
    (tmp_path / "mine.yaml").write_text(
        "extends: default.yaml\nbenchmarks: {cash_rate: DGS2}\ndemo: {spread_seeds: 2}\n"
    )
    ran = bot("backtest", "--market", "demo", "--config", "mine.yaml", *change, "--out", "run", cwd=tmp_path)
    assert "what idle cash would have earned at DEMO-DGS2; returns exclude it" in " ".join(ran.stdout.split())
    assert "Cash interest" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    words = "--market", "demo", "--config", "mine.yaml", "--start", "2104-01-01", "--end", "2104-06-30"
    assert bot("paper", "replay", *words, cwd=tmp_path).returncode == 0
    status = bot("paper", "status", "--ledger", "replay", "--config", "mine.yaml", cwd=tmp_path).stdout
    assert "Interest idle cash would have earned" in " ".join(status.split())
    listed = bot("review", "equity", "--run", "replay", "--config", "mine.yaml", "--csv", cwd=tmp_path).stdout
    assert "interest_strategy,interest_equal_weight_altcoins" in listed.splitlines()[0]
