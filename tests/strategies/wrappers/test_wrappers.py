"""The drawdown breaker and the volatility target, around strategies of both forms."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bot.backtest.backtest import BacktestOptions, run
from bot.backtest.engines.backtrader_engine import run_backtrader
from bot.backtest.engines.exact import run_exact
from bot.core.book import Book
from bot.core.decision import Decision
from bot.core.errors import ConfigError
from bot.core.market import Market
from bot.services.plans import build_strategy, planned, run_plan, window_of
from strategies.examples.eth_with_stop import strategy as eth_with_stop
from strategies.wrappers import DrawdownBreaker, VolatilityTarget
from strategies.wrappers.volatility_target import realised_volatility
from tests.markets import closes_on_days, closes_on_sessions, config_with, market_of, random_market

HEAD = "from bot import Decision, Trade, to_weight\nfrom strategies.wrappers import DrawdownBreaker, VolatilityTarget\n"
DAILY = """

class Inner:
    name = "inner"

    def decide(self, today):
        return today.hold() if today.last else today.target({"ETH": 0.5}, "entry")
"""
IN_ADVANCE = """

class Inner:
    name = "inner"

    def decisions(self, market):
        trades = [Trade.NOW] + [Trade.HOLD] * (len(market.decision_moments) - 1)
        return [
            Decision(at, "IN", "IN", {"ETH": to_weight(0.5)}, ("entry" if trade is Trade.NOW else "hold",), trade)
            for at, trade in zip(market.decision_moments, trades)
        ]
"""
PEEKING = """

class Inner:
    name = "inner"

    def decisions(self, market):
        eth = market["ETH"]
        made = []
        for i, at in enumerate(market.decision_moments):
            rises = i + 3 < len(eth) and eth.close[i + 3] > eth.close[i + 2]
            made.append(Decision(at, "S", "S", {"ETH": to_weight(0.5)} if rises else {}, ("peeks",)))
        return made
"""


def market(closes: list[float]) -> Market:
    days = closes_on_days("2024-01-01", closes)
    return market_of({"RUT": closes_on_sessions("2024-01-02", [100.0] * 12), "ETH": days, "BTC": days})


def both(folder: Path, text: str, on: Market) -> Book:
    (folder / "mine.py").write_text(HEAD + text, encoding="utf-8")
    config = config_with({"strategy": {"file": str(folder / "mine.py")}, "start_equity": "1000"})
    plan = planned(config, on, window_of(on, None, None), "key")
    exact = run_exact(plan)
    assert run_backtrader(plan).events == exact.events
    return exact


def decided(book: Book) -> dict[date, tuple[str, str]]:
    """Stage and last reason of each day."""
    return {d.at.date(): (d.stage, d.reasons[-1]) for d in book.events if isinstance(d, Decision)}


@pytest.mark.parametrize("inner", [DAILY, IN_ADVANCE])
def test_the_breaker_sells_after_the_fall_pauses_and_begins_anew(inner: str, tmp_path: Path) -> None:
    # About 500 in cash and 5 ETH: 82 leaves 910 of 1,000, 79 leaves 895, which is under 90%.
    closes = [100.0, 100, 100, 82, 79, 60, 60, 60, 60, 60, 60]
    book = both(tmp_path, f"{inner}\n\ndef strategy():\n    return DrawdownBreaker(Inner(), 0.1, 3)\n", market(closes))
    days = {day.day: one for day, one in decided(book).items()}
    assert days[5] == ("IN", "hold")
    assert [days[n] for n in (6, 7, 8)] == [("PAUSED", "drawdown_breaker")] * 3
    assert days[9] == ("IN", "breaker_ends")
    assert days[10] == ("IN", "hold")
    bought = [event for event in book.events if type(event).__name__ == "Fill"]
    assert [fill.at.day for fill in bought] == [3, 6, 9]  # type: ignore[union-attr]


@pytest.mark.parametrize("inner", [DAILY, IN_ADVANCE])
def test_a_breaker_that_never_breaks_gives_the_run_of_the_strategy_itself(inner: str, tmp_path: Path) -> None:
    on = random_market(3).market
    alone = both(tmp_path, f"{inner}\n\nstrategy = Inner\n", on)
    wrapped = both(tmp_path, f"{inner}\n\ndef strategy():\n    return DrawdownBreaker(Inner(), 0.99)\n", on)
    assert wrapped.events == alone.events


def test_the_volatility_of_a_portfolio_is_worked_by_hand() -> None:
    # Returns of +10% and -10% at a weight of one half: deviations of 5% from a mean of 0.
    found = realised_volatility(market([100.0, 110.0, 99.0]), {"ETH": Decimal("0.5")}, 2)
    assert found == pytest.approx(math.sqrt(2 * 0.05**2) * math.sqrt(365))
    assert math.isnan(realised_volatility(market([100.0, 110.0, 99.0]), {"ETH": Decimal("0.5")}, 3))


def test_the_target_scales_weights_down_and_holds_nothing_before_it_can_measure(tmp_path: Path) -> None:
    closes = [100.0, 110, 99, 108.9, 98.01, 98.01, 98.01, 98.01, 98.01, 98.01]
    text = f"{DAILY}\n\ndef strategy():\n    return VolatilityTarget(Inner(), target=0.5, days=3)\n"
    made = [event for event in both(tmp_path, text, market(closes)).events if isinstance(event, Decision)]
    assert made[0].reasons == ("entry", "volatility_unknown")
    assert made[0].weights == {"ETH": 0}
    # Returns of 10%, -10%, 10% at one half: 0.05, -0.05, 0.05 with a standard deviation of 0.057735 a day.
    factor = 0.5 / (0.0577350269 * math.sqrt(365))
    assert float(made[2].weights["ETH"]) == pytest.approx(0.5 * factor, abs=1e-6)
    assert made[-1].weights == {"ETH": Decimal("0.5")}  # no movement: never above the strategy's own weight


def test_a_wrapped_strategy_that_reads_the_future_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        f"{HEAD}{PEEKING}\n\ndef strategy():\n    return DrawdownBreaker(Inner())\n", encoding="utf-8"
    )
    config, on = config_with({"strategy": {"file": str(tmp_path / "mine.py")}}), market([100.0, 110, 90] * 5)
    window = window_of(on, None, None)
    with pytest.raises(ConfigError, match="reads the future"):
        run(on, build_strategy(config), run_plan(config, on, window, "key"), window, BacktestOptions(5, 5, cuts=8))


@pytest.mark.parametrize(
    "make",
    [
        lambda inner: DrawdownBreaker(inner, limit=0),
        lambda inner: DrawdownBreaker(inner, pause_days=0),
        lambda inner: VolatilityTarget(inner, target=0),
        lambda inner: VolatilityTarget(inner, days=1),
    ],
)
def test_parameters_out_of_range_are_refused(make: Callable[[object], object]) -> None:
    with pytest.raises(ValueError, match="was"):
        make(eth_with_stop())


def test_wrappers_can_be_wrapped(tmp_path: Path) -> None:
    text = f"{IN_ADVANCE}\n\ndef strategy():\n    return VolatilityTarget(DrawdownBreaker(Inner(), 0.1, 3), 9.0, 2)\n"
    book = both(tmp_path, text, market([100.0, 101, 100, 82, 79, 60, 60, 60, 60, 60, 60]))
    # The first purchase is on the 4th, near 82, once two returns are known: the close of the 6th, 60, breaks.
    stages = {day.day: stage for day, (stage, _) in decided(book).items()}
    assert [stages[n] for n in (6, 7, 8, 9, 10)] == ["IN", "PAUSED", "PAUSED", "PAUSED", "IN"]
