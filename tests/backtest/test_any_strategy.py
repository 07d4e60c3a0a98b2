"""A strategy of any kind: the engine asks a strategy only for what it offers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot import Decision, Market, run_backtest
from bot.backtest.backtest import Backtest, BacktestOptions, run
from bot.backtest.extras import DefaultExtras
from bot.backtest.run import Run
from bot.core.decision import Trade
from bot.core.errors import ConfigError
from bot.core.orders import Fill
from bot.core.ports import Strategy
from bot.core.window import Window
from bot.ledger.decode import decode
from bot.services.plans import run_plan
from bot.services.user_strategy import load_strategy
from tests.markets import closes_on_days, closes_on_sessions, config_with, market_of

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
BENCHMARKS = ["btc", "eth", "btc_60_stable_40", "eth_trend", "eth_while_btc_trend"]
HALF = Decimal("0.5")


class HalfInEth:
    """Buys ETH for half of the equity at the first decision and holds it."""

    name = "half"

    def decisions(self, market: Market) -> Sequence[Decision]:
        return [
            Decision(at, "IN", "IN", {"ETH": HALF}, ("held",), Trade.HOLD if i else Trade.NOW)
            for i, at in enumerate(market.decision_moments)
        ]


class InStress(HalfInEth):
    """The same, with wide spreads at the first decision."""

    def stressed(self, market: Market) -> Collection[datetime]:
        return market.decision_moments[:1]


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(
        {
            "RUT": closes_on_sessions("2022-01-03", [100.0] * 15),
            "ETH": closes_on_days("2022-01-03", [1000.0] * 20),
            "BTC": closes_on_days("2022-01-03", [1000.0] * 20),
        }
    )


def backtested(market: Market, strategy: Strategy) -> Backtest:
    config, window = config_with({}), Window(date(2022, 1, 5), date(2022, 1, 20))
    return run(market, strategy, run_plan(config, market, window, "key"), window, BacktestOptions(5, 10))


def first_price(found: Backtest) -> Decimal:
    return next(event.price for event in map(decode, found.rows) if isinstance(event, Fill))


def test_a_strategy_without_extras_gets_no_variants_episodes_or_warnings_of_the_rotation(market: Market) -> None:
    found = backtested(market, HalfInEth())
    assert list(found.summary["benchmarks"]) == BENCHMARKS
    assert not {"episodes", "rearmings"} & found.summary.keys()
    (warning,) = found.summary["warnings"]
    assert "no volume" in warning  # of the data; none is about gates or breakouts


def test_slippage_is_doubled_only_on_the_days_that_the_strategy_calls_stressed(market: Market) -> None:
    """ETH opens at 1,000, and its slippage is 0.1%: 1,001. Doubled it is 1,002. The first decision is of 01-04."""
    assert first_price(backtested(market, HalfInEth())) == 1001
    assert first_price(backtested(market, InStress())) == 1001  # 01-04 lies before the window
    moved = replace(market, name="later")
    later = InStress()
    later.stressed = lambda market: market.decision_moments[1:2]  # type: ignore[method-assign]
    assert first_price(backtested(moved, later)) == 1002


def test_the_altcoin_basket_of_a_strategy_is_the_mean_of_the_coins_that_it_targets() -> None:
    """A gains 10% on 01-05 and B loses 4%: 3% in the mean. B has no row of 01-06: A's 20% alone counts."""
    made = market_of(
        {
            "RUT": closes_on_sessions("2022-01-03", [100.0] * 5),
            "ETH": closes_on_days("2022-01-03", [100.0, 100.0, 300.0, 300.0]),
            "BTC": closes_on_days("2022-01-03", [100.0] * 4),
            "A": closes_on_days("2022-01-03", [100.0, 100.0, 110.0, 132.0]),
            "B": closes_on_days("2022-01-03", [50.0, 50.0, 48.0]),
            "C": closes_on_days("2022-01-03", [1.0, 2.0, 4.0, 8.0]),
        }
    )
    weights = {"A": Decimal("0.3"), "B": Decimal("0.3"), "ETH": Decimal("0.3")}
    extras = DefaultExtras([Decision(made.decision_moments[0], "IN", "IN", weights, ("held",))])
    days = np.array(["2022-01-05", "2022-01-06", "2022-01-07"], "datetime64[D]")
    assert extras.basket_returns(made, days) == pytest.approx([0.03, 0.2, 0.0])


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Run:
    file = str(ROOT / "strategies" / "examples" / "eth_trend.py")
    changes = {"strategy": {"file": file}, "demo": {"spread_seeds": 2}}
    return run_backtest(market="demo", changes=changes, out=tmp_path_factory.mktemp("runs") / "own")


def test_every_file_of_a_run_is_there_with_its_header(saved: Run) -> None:
    assert saved.folder is not None
    assert list(saved.summary["benchmarks"]) == BENCHMARKS
    for name in ("episodes.csv", "rearmings.csv"):
        text = (saved.folder.path / name).read_text(encoding="utf-8")
        assert text.startswith("session,known_at,close,") and text.count("\n") == 1
    assert (saved.folder.path / "report.html").stat().st_size > 100_000


STRESSED = """
class Mine:
    name = "mine"
    def decisions(self, market):
        return []
    def stressed(self, market):
        BODY
def strategy():
    return Mine()
"""


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return [market.decision_moments[0].replace(hour=1)]", "names a stressed time without a decision"),
        ("return ['2022-01-05']", "names a stressed time without a decision"),
        ("return [[1]]", "TypeError"),
        ("raise RuntimeError('mine')", "RuntimeError: mine"),
    ],
)
def test_stressed_times_of_a_file_are_checked(body: str, message: str, tmp_path: Path, market: Market) -> None:
    path = tmp_path / "mine.py"
    path.write_text(STRESSED.replace("BODY", body))
    made: Any = load_strategy(path, {})
    with pytest.raises(ConfigError, match=message):
        made.stressed(market)
