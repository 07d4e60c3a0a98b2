"""A daily strategy: called once a day with the market and the book of that day, the same in both engines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.backtest.backtest import Backtest, BacktestOptions, run
from bot.backtest.engines.backtrader_engine import run_backtrader
from bot.backtest.engines.exact import run_exact
from bot.core.book import Book
from bot.core.daily_rule import DailyCaller, DailyRule
from bot.core.decision import Decision, Trade
from bot.core.errors import ConfigError
from bot.core.instrument import Instrument
from bot.core.market import Market
from bot.core.moments import midnight
from bot.core.orders import Fill, Side
from bot.core.portfolio import Portfolio
from bot.core.today import Holding, Today
from bot.services.plans import build_strategy, planned, run_plan, window_of
from tests.markets import closes_on_days, closes_on_sessions, config_with, market_of, random_market

STOP_LOSS = """
class StopLoss:
    name = "stop_loss"

    def decide(self, today):
        held = today.holding(today.roles.eth)
        if held and held.gain < -0.10:
            return today.target({}, "stop_loss")
        return today.hold() if today.last else today.target({today.roles.eth: 0.5}, "entry")


strategy = StopLoss
"""
CLOSES = [100.0, 100, 100, 100, 95, 89, 80, 80, 80, 80]
"""ETH's closes from 2024-01-01 on. The first decision is of 2024-01-03."""
TREND = """
class Trend:
    name = "trend"

    def decide(self, today):
        eth = today.series(today.roles.eth)
        return today.target({eth.symbol: 0.9} if eth.close[-1] > eth.close[-20:].mean() else {}, "trend")


strategy = Trend
"""
TREND_IN_ADVANCE = """
from bot import Decision, Trade, to_weight


class Trend:
    name = "trend"

    def decisions(self, market):
        eth, made, weights, stage = market[market.roles.eth], [], {}, None
        for moment, at in zip(market.decision_times, market.decision_moments):
            close = eth.until(moment).close
            now = {eth.symbol: to_weight(0.9)} if close[-1] > close[-20:].mean() else {}
            previous, stage = stage, "IN" if now else "OUT"
            trade = Trade.HOLD if now == weights else Trade.NOW
            made.append(Decision(at, stage, previous or stage, now, ("trend",), trade))
            weights = now
        return made


strategy = Trend
"""


def falling() -> Market:
    days = closes_on_days("2024-01-01", CLOSES)
    return market_of({"RUT": closes_on_sessions("2024-01-02", [100.0] * 6), "ETH": days, "BTC": days})


def written(folder: Path, text: str, name: str = "mine") -> Mapping[str, Any]:
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return {"strategy": {"file": str(folder / f"{name}.py")}, "start_equity": "1000"}


def both(folder: Path, text: str, market: Market) -> Book:
    """The book of the exact engine, after backtrader has given the same events."""
    plan = planned(config_with(written(folder, text)), market, window_of(market, None, None), "key")
    exact, matched = run_exact(plan), run_backtrader(plan)
    assert matched.events == exact.events
    return exact


def body(*lines: str) -> str:
    """A strategy whose `decide` has some lines."""
    code = "".join(f"        {line}\n" for line in lines)
    head = (
        "from bot import Decision, Trade\nfrom datetime import timedelta\nfrom decimal import Decimal\nimport random\n"
    )
    return f"{head}\n\nclass Mine:\n    name = 'mine'\n    def decide(self, today):\n{code}\n\nstrategy = Mine\n"


def test_a_stop_loss_sells_at_the_open_after_the_first_close_under_it(tmp_path: Path) -> None:
    book = both(tmp_path, STOP_LOSS, falling())
    fills = [event for event in book.events if isinstance(event, Fill)]
    # Bought at the open of the 3rd near 100; the close of the 6th, 89, is the first under 90: sold on the 7th.
    assert [(fill.side, fill.at.date()) for fill in fills] == [
        (Side.BUY, date(2024, 1, 3)),
        (Side.SELL, date(2024, 1, 7)),
    ]
    assert fills[0].reason == "adopted;entry"
    assert fills[1].reason == "stop_loss"
    assert not book.portfolio.holdings


def test_decide_and_decisions_give_the_same_run_for_the_same_rule(tmp_path: Path) -> None:
    market = random_market(3).market
    daily = both(tmp_path, TREND, market)
    assert daily.events == both(tmp_path, TREND_IN_ADVANCE, market).events
    assert sum(isinstance(event, Fill) for event in daily.events) > 10


def test_holdings_show_entry_profit_and_days_and_the_last_orders(tmp_path: Path) -> None:
    seen = tmp_path / "seen.txt"
    text = body(
        "held = today.holding('ETH')",
        f"with open({str(seen)!r}, 'a') as out:",
        "    numbers = held and (held.entry_price, held.price, held.profit, held.quantity)",
        "    facts = held and [held.days_held, *map(float, numbers)]",
        "    print(today.day, facts, [str(one.status) for one in today.last_orders], file=out)",
        "return today.hold() if today.last else today.target({'ETH': 0.5})",
    )
    free = {"costs": {"fee": 0, "slippage": {"major": 0, "large": 0, "other": 0}}}
    run_exact(planned(config_with({**written(tmp_path, text), **free}), falling(), window_of(falling(), None, None)))
    # Half of 1,000 at 100 is 5 ETH; on the 7th the last close is 89: 5 x -11 = -55. The plan is run twice.
    lines = seen.read_text().splitlines()[-8:]
    assert lines[0] == "2024-01-03 None []"
    assert lines[1] == "2024-01-04 [1, 100.0, 100.0, 0.0, 5.0] ['filled']"
    assert lines[4] == "2024-01-07 [4, 100.0, 89.0, -55.0, 5.0] []"


def test_rows_after_the_midnight_of_the_day_cannot_be_reached(tmp_path: Path) -> None:
    text = body(
        "assert all(str(s.dates[-1]) < str(today.day) for s in today.market.values() if len(s))",
        "assert today.market.decision_moments[-1] == today.at",
        "return today.target({'ETH': 0.5})",
    )
    both(tmp_path, text, falling())


def test_a_second_purchase_averages_the_entry_price_and_keeps_the_day() -> None:
    (held,) = holdings_after(("buy", 3, "1", "100"), ("buy", 5, "3", "60"))
    # (1 x 100 + 3 x 60) / 4 = 70; 4 x (77 - 70) = 28.
    assert (held.entry_price, held.days_held, held.profit) == (Decimal(70), 6, Decimal(28))
    assert held.gain == pytest.approx(0.1)


def test_a_remainder_under_the_smallest_order_is_no_holding_and_the_next_purchase_begins_anew() -> None:
    sold = ("buy", 3, "1", "100"), ("sell", 4, "0.999", "100")
    assert holdings_after(*sold) == []  # 0.001 x 77 is 0.08
    (held,) = holdings_after(*sold, ("buy", 7, "2", "70"))
    assert (held.entry_price, held.days_held, held.quantity) == (Decimal(70), 2, Decimal("2.001"))


def holdings_after(*trades: tuple[str, int, str, str]) -> list[Holding]:
    """The holdings on 2024-01-09 at a close of 77, after some trades: side, day, quantity and price."""
    seen: list[Holding] = []

    def decide(today: Today) -> Decision:
        seen.extend(today.holdings.values())
        return today.hold()

    instruments = {"ETH": Instrument("ETH", Decimal("0.001"), Decimal("0.01"), Decimal(10), Decimal(0), Decimal(0))}
    caller, portfolio = DailyCaller(DailyRule([], [], lambda: decide), falling(), instruments), Portfolio(Decimal(1000))
    for side, day, quantity, price in trades:
        at, one = midnight(date(2024, 1, day)), Decimal(quantity)
        fill = Fill("id", at, "ETH", Side(side), one, Decimal(price), Decimal(price), Decimal(0), "")
        portfolio = portfolio.apply(fill)
        caller.note(fill)
    caller.decide(midnight(date(2024, 1, 9)), portfolio, lambda symbol: Decimal(77))
    return seen


REFUSED = {
    "return today.target({'ETH': -0.5})": "long only",
    "return today.target({'ETH': 0.6, 'BTC': 0.6})": "no leverage",
    "return Decision(today.at + timedelta(hours=4), 'S', 'S', {}, ('x',))": "daily decisions only",
    "return Decision(today.at, 'S', 'S', {'ETH': Decimal(-1)}, ('x',))": "long only",
    "return None": r"on \d{4}-\d\d-\d\d returns something else; expected a Decision, was NoneType",
    "raise ValueError('mine')": r"mine\.py line \d+ on \d{4}-\d\d-\d\d: ValueError: mine",
    "raise SystemExit(3)": r"mine\.py line \d+ on \d{4}-\d\d-\d\d: SystemExit: 3; raise an error instead",
    "return today.target({'RUT': 0.5})": "targets what cannot be held",
    "return today.market['NOPE']": "there is no series NOPE",
}


@pytest.mark.parametrize("line", REFUSED)
def test_a_wrong_decision_is_one_line_with_file_and_cause(line: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=REFUSED[line]) as refused:
        both(tmp_path, body(line), falling())
    assert "mine.py" in str(refused.value)


def test_an_object_with_both_forms_is_refused(tmp_path: Path) -> None:
    text = TREND + "\n\nTrend.decisions = lambda self, market: []\n"
    with pytest.raises(ConfigError, match="has two forms"):
        both(tmp_path, text, falling())


def backtested(folder: Path, text: str) -> Backtest:
    market = falling()
    config, window = config_with(written(folder, text)), window_of(market, None, None)
    options = BacktestOptions(5, 5, cuts=4)
    return run(market, build_strategy(config), run_plan(config, market, window, "key"), window, options)


def test_a_backtest_says_that_a_day_late_does_not_ask_a_strategy_that_reads_its_book_again(tmp_path: Path) -> None:
    def late(text: str) -> list[str]:
        return [one for one in backtested(tmp_path, text).summary["warnings"] if "a_day_late" in one]  # type: ignore[attr-defined]

    assert len(late(STOP_LOSS)) == 1
    assert len(late(body("return today.target({'ETH': 0.5} if today.last_orders else {})"))) == 1
    assert late(TREND) == []


def test_a_backtest_warns_of_a_coin_that_is_targeted_after_its_stop_sale(tmp_path: Path) -> None:
    """The fall to 89 on the 6th sells at the level of 92; the targets of the 7th to the last day buy nothing."""
    made = backtested(tmp_path, body("return today.target({'ETH': 0.5}, 'in', stops={'ETH': 92})"))
    (line,) = [one for one in made.summary["warnings"] if "after a stop sold it" in one]  # type: ignore[attr-defined]
    assert line.startswith("ETH was targeted on 4 days ")


def test_a_strategy_that_decides_by_chance_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not reproducible"):
        backtested(tmp_path, body("return today.target({'ETH': random.random() * 0.9})"))


def test_the_state_of_an_instance_does_not_leak_into_the_next_book(tmp_path: Path) -> None:
    text = body(
        "self.calls = getattr(self, 'calls', 0) + 1",
        "return today.target({'ETH': 0.5} if self.calls % 3 else {}, f'call_{self.calls}')",
    )
    book = both(tmp_path, text, falling())
    made = [event for event in book.events if isinstance(event, Decision)]
    assert [decision.reasons[0] for decision in made] == [f"call_{n}" for n in range(1, len(made) + 1)]
    assert made[1].trade is Trade.HOLD


COUNTS = "self.calls = getattr(self, 'calls', 0) + 1"


def test_a_fork_of_a_book_goes_on_alone_from_the_same_memory(tmp_path: Path) -> None:
    config, market = config_with(written(tmp_path, body(COUNTS, "return today.hold(f'call_{self.calls}')"))), falling()
    book = Book(planned(config, market, window_of(market, None, None), "key"))
    book.decide(0)
    fork = book.fork()
    fork.decide(1)
    fork.decide(2)
    book.decide(1)
    assert [event.reasons for event in fork.events if isinstance(event, Decision)] == [("call_2",), ("call_3",)]
    assert [event.reasons for event in book.events if isinstance(event, Decision)] == [("call_1",), ("call_2",)]


def test_an_object_that_cannot_be_copied_is_one_line(tmp_path: Path) -> None:
    text = body("self.numbers = (n for n in range(9))", "return today.hold()")
    config, market = config_with(written(tmp_path, text)), falling()
    book = Book(planned(config, market, window_of(market, None, None), "key"))
    book.decide(0)
    with pytest.raises(ConfigError, match="deepcopy"):
        book.fork()
