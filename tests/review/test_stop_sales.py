"""A stop sale in tables, lists and sentences: its level and its fill."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from bot.backtest.engines.exact import run_exact
from bot.core.decision import Decision, Trade
from bot.core.events import ConfigPeriod, Valuation
from bot.ledger.projections import COLUMNS, project
from bot.ledger.record import as_rows
from bot.ledger.typed_tables import TypedTables
from bot.paper.ledgers import status_of
from bot.report.labels import PLAIN, Labels
from bot.report.strategy_text import StrategyText
from bot.review.day_activity import TRADING_EVENTS, activity_of, sentences
from bot.review.integrity.verify import verify
from bot.review.lists.filters import RowFilter
from bot.review.lists.order_list import as_dict, orders_of
from bot.review.lists.trade_list import round_trips_of
from bot.review.recording import Record
from bot.review.stopped_coins import stopped_sentences
from bot.review.story.story import story_of
from bot.review.story.summary import of_ledger
from bot.review.why.day import why
from bot.web.today_page import today
from tests.markets import config_with
from tests.parity.test_stop_orders import STAY, stopped, with_bars, with_volume
from tests.plans import DAYS, flat, market, plan
from tests.review.records import record
from tests.web.world import site_at


@pytest.fixture
def ledger(tmp_path: Path) -> Record:
    """Five of A bought at 100 on 2024-01-03; the stop at 92.5 sells them on the 6th, a gap to 80 those of the 9th."""
    made = with_bars(market(A=flat(100.0)), "A", opens={9: 80.0}, lows={6: 92.0, 9: 78.0})
    base = stopped(plan(made, [*STAY * 4, {}, {"A": "0.4"}]), {3: {"A": 92.5}})
    period = ConfigPeriod(base.times[0], 1, "new", "key", "config", "0", "simulated", base.cash)
    return record(tmp_path, [period, *run_exact(base).events])


def test_the_day_and_the_story_say_the_level_and_the_fill(ledger: Record) -> None:
    days = activity_of(ledger.events(*TRADING_EVENTS))
    # 92.5 x 0.994 = 91.945; five of them are 459.73
    assert sentences(days["2024-01-06"]) == ["A fell to its stop at 92.50: sold 5 at 91.94, 460 in all."]
    told = [entry.text for entry in story_of(ledger, PLAIN).entries if "stop" in entry.text]
    assert len(told) == 2
    assert "A opened under its stop at 92.50: sold" in told[1]
    assert " at 79.52, " in told[1]


def test_an_idle_day_after_the_sale_says_what_buys_the_coin_again(ledger: Record) -> None:
    sold = "A was sold by its stop on 2024-01-09; only a decision with Trade.NOW buys it again."
    assert why(ledger, date(2024, 1, 12)).done == (sold,)
    # The 4th comes before the sale; the 7th targets nothing.
    assert why(ledger, date(2024, 1, 4)).done == (
        "Nothing was ordered: the decision changed nothing, and it was no day for rebalancing.",
    )
    assert why(ledger, date(2024, 1, 7)).done == ("Nothing was ordered: nothing is wanted but the stablecoin.",)


def test_a_day_after_the_coin_is_bought_again_says_nothing_of_the_sale(tmp_path: Path) -> None:
    fell = with_bars(market(A=flat(100.0)), "A", lows={6: 92.0})
    made = stopped(plan(fell, STAY), {3: {"A": 92.5}, 7: {}}, {10: Trade.NOW})
    bought = record(tmp_path, run_exact(made).events)
    assert why(bought, date(2024, 1, 8)).done[0].startswith("A was sold by its stop on 2024-01-06")
    assert why(bought, date(2024, 1, 12)).done[0].startswith("Nothing was ordered")


def test_the_story_of_an_own_strategy_says_the_target_and_the_holding(ledger: Record, tmp_path: Path) -> None:
    own = Labels(strategy=StrategyText("mine"))
    sold = "A was sold by its stop on 2024-01-09; only a decision with Trade.NOW buys it again."
    assert f"mine is at ALTS: target A 40.0%, holds no coin. {sold}" in of_ledger(ledger, 0, own)
    held = plan(market(A=flat(100.0)), STAY)
    period = ConfigPeriod(held.times[0], 1, "new", "key", "config", "0", "simulated", held.cash)
    kept = record(tmp_path / "kept", [period, *run_exact(held).events])
    assert "mine is at ALTS: target A 50.0%, holds A." in of_ledger(kept, 0, own)


def test_the_status_and_the_dashboard_say_what_buys_the_coin_again(tmp_path: Path) -> None:
    fell = with_bars(market(A=flat(100.0)), "A", lows={6: 92.0})
    sold_and_kept = stopped(plan(fell, STAY), {3: {"A": 92.5}, 7: {}})
    bought_again = stopped(plan(fell, STAY), {3: {"A": 92.5}, 7: {}}, {10: Trade.NOW})
    for name, made in (("kept", sold_and_kept), ("again", bought_again)):
        period = ConfigPeriod(made.times[0], 1, "new", "key", "config", "0", "simulated", made.cash, strategy="mine")
        record(tmp_path, [period, *run_exact(made).events], name)
    sold = "A was sold by its stop on 2024-01-06; only a decision with Trade.NOW buys it again."
    state = tmp_path / "logs"
    found = status_of(config_with({"state": str(state)}), "kept")
    assert (found.why, found.holdings) == (f"held; {sold}", {})
    assert status_of(config_with({"state": str(state)}), "again").why == "held"
    shown = site_at(state, labels=lambda record: Labels(strategy=StrategyText("mine")))
    assert today(shown, shown.record("kept"))["reasons"] == ["held", sold]
    assert today(shown, shown.record("again"))["reasons"] == ["held"]


def test_a_coin_that_its_stop_sold_in_part_is_not_bought_again_either(tmp_path: Path) -> None:
    made = stopped(with_volume(15_000), {7: {"A": 90}})
    cut = record(tmp_path, run_exact(made).events)
    day = date(2024, 1, 9)
    valued, decided = cut.last_event(Valuation, until=day), cut.last_event(Decision, until=day)
    assert valued is not None and valued.event.holdings["A"] > 1
    assert decided is not None and decided.day == "2024-01-09"
    assert stopped_sentences(cut, decided.event) == [
        "A was sold by its stop on 2024-01-08; only a decision with Trade.NOW buys it again."
    ]


def test_orders_and_round_trips_have_the_level(ledger: Record) -> None:
    lines = [as_dict(line) for line in orders_of(ledger, RowFilter()).items]
    found = [(line["decision_at"][:10], line["side"], line["stop"]) for line in lines if line["outcome"] == "filled"]
    assert ("2024-01-06", "sell", "92.5") in found
    assert ("2024-01-03", "buy", None) in found
    first = round_trips_of(ledger).closed[0]
    assert (first.exit_at, first.exit_reason, first.days, first.exit_stage) == (
        "2024-01-06T23:59:59Z",
        "stop_order",
        3,
        "ALTS",
    )


def test_the_tables_have_the_columns_of_stops_and_those_of_another_run_stay(ledger: Record) -> None:
    rows = [one.row for one in ledger.events()]
    tables = project(rows)
    assert tables["orders"].query("stop != ''")["stop"].tolist() == ["92.5", "92.5"]
    assert tables["trades"]["stop"].tolist()[0] == "92.5"
    assert tables["decisions"]["stops"].tolist()[0] == '{"A": "92.5"}'
    assert TypedTables(tables)["fills"]["stop"].dropna().tolist() == [92.5, 92.5]
    without = project(as_rows(run_exact(plan(market(A=flat(100.0)), STAY)).events))
    assert {name: tuple(table.columns) for name, table in without.items()} == COLUMNS


def test_a_record_with_stops_verifies(ledger: Record) -> None:
    assert all(one.fault is None for one in verify(ledger))


def test_a_coin_that_was_renamed_after_its_stop_sale_is_named_by_its_new_name(tmp_path: Path) -> None:
    """The stop of the 8th sells a part of A; on the 9th the rest becomes B, which the decisions then target."""
    made = market(A=flat(100.0, 8), B=dict(list(flat(10.0).items())[8:]))
    made = with_bars(made, "A", lows={8: 80.0}, volume=np.full(8, 15_000.0))
    made = with_bars(made, "B", volume=np.full(DAYS - 8, 15_000.0))
    base = plan(made, [*STAY * 6, {"B": "0.5"}], endings={"A": {"kind": "renamed", "to": "B", "ratio": 10}})
    base = replace(base, median_volume=lambda series: series.volume)
    found = record(tmp_path, run_exact(stopped(base, {7: {"A": 90}}, {9: Trade.HOLD})).events)
    decided = found.last_event(Decision, until=date(2024, 1, 12))
    assert decided is not None
    assert stopped_sentences(found, decided.event) == [
        "B was sold by its stop on 2024-01-08; only a decision with Trade.NOW buys it again."
    ]
