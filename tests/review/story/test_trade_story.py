"""The story of a user's own strategy: what was bought and sold, for how long, and with what result."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest

from bot.backtest.random_timing import DailyExposures
from bot.core.decision import Decision
from bot.core.orders import Fill, Side
from bot.ledger.record import as_rows
from bot.ledger.recorded import recorded
from bot.report.headline import timing_left_out
from bot.report.labels import PLAIN
from bot.report.strategy_text import own_text, text_of_strategy
from bot.review.day_activity import TRADING_EVENTS, activity_of
from bot.review.story.trade_entries import trade_sentences

FIRST, LAST = datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 3, 13, tzinfo=UTC)
BOUGHT = Decision(FIRST, "IN", "OUT", {"SOL": Decimal("0.5")}, ("dip_bought",))
SOLD = Decision(LAST, "OUT", "IN", {}, ("target_reached",))
IDLE = replace(BOUGHT, at=FIRST.replace(day=2), previous="IN", reasons=("hold",))
# 10 coins at 100 cost 1,000 and a fee of 1; sold at 121 they bring 1,210 less 1.21: 207.79, or 20.8% of 1,000.
PURCHASE = Fill("a", FIRST, "SOL", Side.BUY, Decimal(10), Decimal(100), Decimal(100), Decimal(1), "dip_bought")
SALE = Fill("b", LAST, "SOL", Side.SELL, Decimal(10), Decimal(121), Decimal(121), Decimal("1.21"), "target_reached")


def told(sale: Fill = SALE) -> list[tuple[str, str]]:
    rows = as_rows([BOUGHT, PURCHASE, IDLE, SOLD, sale])
    decisions = list(recorded(rows, Decision))
    activity = activity_of(recorded(rows, *TRADING_EVENTS))
    own = replace(PLAIN, strategy=own_text("mine"))
    return [(day, text) for day, text, _, _ in trade_sentences(decisions, activity, [PURCHASE, sale], own)]


def test_a_sale_tells_days_held_and_result_and_idle_days_are_left_out() -> None:
    assert told() == [
        ("2024-03-01", "dip bought: bought SOL at 100.00 for 1,000"),
        ("2024-03-13", "target reached: sold SOL at 121.00 after 12 days, +20.8% (208)"),
    ]


def test_a_stop_tells_its_level_with_days_held_and_result() -> None:
    # 10 coins at 90 bring 900 less a fee of 0.9: a loss of 101.9, or 10.2% of 1,000.
    stopped = replace(SALE, price=Decimal(90), reference_price=Decimal(90), fee=Decimal("0.9"), stop=Decimal(90))
    [_, (day, text)] = told(stopped)
    assert day == "2024-03-13"
    assert "fell to its stop at 90.00" in text
    assert text.endswith("after 12 days, \N{MINUS SIGN}10.2% (\N{MINUS SIGN}102)")


@pytest.mark.parametrize(
    ("exposure", "expected"),
    [
        (0.96, "96% of equity was in coins on average, above 90%"),
        (0.0, "no coin was held"),
        (0.5, ""),
    ],
)
def test_random_timing_is_left_out_where_it_would_mislead(exposure: float, expected: str) -> None:
    days = np.zeros(20)
    summary = DailyExposures([days + exposure], [days + 0.01], days).random_timing(5).summary()
    found = timing_left_out({name: value for name, value in summary.items() if value is not None})
    assert expected in found
    assert bool(found) == bool(expected) == ("total_return_50" not in summary)


def test_a_strategy_is_called_by_its_recorded_name_else_by_its_file() -> None:
    config = {"strategy": {"file": "folder/mine.py"}}
    assert text_of_strategy(config, "my own").title == "my own"
    assert text_of_strategy(config).title == "mine"
    assert text_of_strategy({"strategy": {"file": None}}).title == "Small-cap rotation"
