"""The story of tiny ledgers, worked by hand and read in full."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.cli.review.text_output import story_lines
from bot.core.decision import Trade
from bot.core.events import (
    BalanceCause,
    BalanceDifference,
    Drift,
    Episode,
    Event,
    Late,
    TradingState,
    TradingStateChange,
    Valuation,
)
from bot.core.orders import OrderIntent, OrderResult, OrderStatus, Settlement, SettlementCause, Side
from bot.ledger.run_folder import RunFolder
from bot.report.labels import Labels
from bot.review.recording import Record
from bot.review.story import story_of
from bot.review.story.entries import StoryEntry
from bot.review.story.sparkline import sparkline
from bot.review.story.summary import of_backtest, worst_fall
from tests.docs.test_commands import arguments, parse
from tests.review.ledgers import (
    RUSSELL,
    D,
    armed,
    at,
    begun,
    decided,
    gates,
    ledger,
    reading,
    small_caps,
    traded,
    valued,
    waiting,
)

HALF, WHOLE = {"ETH": "0.49"}, {"ETH": "0.98"}
INVESTED = {
    **gates(),
    "level": reading(1784.13, 1740.75, "yes"),
    "small_cap_stop": reading(1784.13, 1688.53, "yes"),
    "eth_stop": reading(471.63, 353.72, "yes"),
}


def november() -> list[Event]:
    """Wait, breakout, fourth close, fifth close and half of ETH, the other half, kill."""
    return [
        begun("2020-11-13"),
        decided("2020-11-13", "STABLE", "STABLE", ["waits_for_record"], waiting(1710.0, 1740.75, 554)),
        valued("2020-11-13", "10000"),
        decided(
            "2020-11-14",
            "ARMED",
            "STABLE",
            ["breakout", "waits_for_closes"],
            armed(1744.04, 1740.75, 1, 0),
            {},
            Trade.NOW,
        ),
        valued("2020-11-14", "10000"),
        decided("2020-11-19", "ARMED", "ARMED", ["waits_for_closes"], armed(1769.31, 1740.75, 4, 3)),
        valued("2020-11-19", "10000"),
        decided(
            "2020-11-20",
            "ETH",
            "ARMED",
            ["confirmed", "entered_eth"],
            {**INVESTED, **small_caps(1784.13, 1791.91)},
            HALF,
            Trade.NOW,
        ),
        *traded("2020-11-20", Side.BUY, "ETH", "10", "472.10", "471.63", "confirmed;entered_eth"),
        valued("2020-11-20", "10300", "ETH"),
        decided(
            "2020-11-28", "ETH", "ETH", ["second_tranche"], {**INVESTED, **small_caps(1855.0, 1853.0)}, WHOLE, Trade.NOW
        ),
        *traded("2020-11-28", Side.BUY, "ETH", "10", "518.11", "517.60", "second_tranche"),
        valued("2020-11-28", "12000", "ETH"),
        decided(
            "2021-01-28",
            "COOLDOWN",
            "ETH",
            ["kill_volatility"],
            {**small_caps(2108.7, 2163.0), "volatility_kill": reading(37.21, 35.0, "yes")},
            {},
            Trade.NOW,
        ),
        *traded("2021-01-28", Side.SELL, "ETH", "20", "1250.00", "1251.25", "kill_volatility"),
        valued("2021-01-28", "11000", "COOLDOWN"),
    ]


def test_the_story_of_a_ledger_in_full(tmp_path: Path) -> None:
    told = story_of(ledger(tmp_path, november()), RUSSELL)
    assert list(story_lines(told, is_ascii=False)) == [
        "paper",
        "Since 2020-11-13 the ledger turned 10,000 into 11,000 (+10.0%), at the close of",
        "2021-01-28. Play money: nothing was at stake.",
        "Its benchmarks are not recorded yet.",
        "It stands in COOLDOWN (cooling down). The readings of this day do not say what",
        "is nearest.",
        "0 days late, 0 missed; 0 open orders; 0 unknown differences.",
        "",
        "▁▁▁▂█▅",
        "Equity 10,000 (2020-11-13) to 12,000 (2020-11-28), last 11,000.",
        "",
        "2020-11-13: the ledger begins with 10,000 (simulated; begun). #1",
        "2020-11-14: Russell 2000 closed at a record, 1744.04 over 1740.75 after 554",
        "            sessions without one: armed. #4",
        "2020-11-20: fifth close above 1740.75, small caps ahead of the market, credit",
        "            calm, VIX 23: bought ETH with half the budget at 472.10. #8\N{EN DASH}#11",
        "2020-11-28: ETH was held long enough for the second tranche: bought ETH with the",
        "            other half at 518.11. #13\N{EN DASH}#16",
        "2021-01-28: VIX 37.21, over its limit of 35: sold everything, ETH at 1,250.00;",
        "            equity +10.0% since 2020-11-20. #18\N{EN DASH}#21",
        "",
        "3 fills: 9,902 bought, 25,000 sold; 3.00 in fees and 34.80 in slippage.",
        "",
        "What to look at:",
        "- The drawdown, \N{MINUS SIGN}8.3% from 2020-11-28 to 2021-01-28.",
        "  bot review why 2021-01-28 --run paper",
        "",
        "Days are those of the decision, at 00:00 UTC. Paper only, not advice.",
    ]


def test_a_story_that_begins_in_a_position_does_not_guess_since_when(tmp_path: Path) -> None:
    told = story_of(ledger(tmp_path, november()), RUSSELL, since=date(2020, 11, 28))
    assert told.entries[-1].text == "VIX 37.21, over its limit of 35: sold everything, ETH at 1,250.00"
    whole = story_of(ledger(tmp_path, november(), "b"), RUSSELL, since=date(2020, 11, 20))
    assert whole.entries[0].text.startswith("fifth close above 1740.75")
    assert whole.entries[-1].text.endswith("; equity +10.0% since 2020-11-20")


def chapter(tmp_path: Path, *events: Event) -> str:
    """The last chapter of a ledger of these events."""
    return story_of(ledger(tmp_path, events), RUSSELL, every=True).entries[-1].text


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (
            decided("2020-01-01", "ARMED", "ARMED", [], armed(1760, 1740.75, 2, 3)),
            decided("2020-01-02", "STABLE", "ARMED", ["failed", "waits_for_record"], waiting(1680.0, 1790.0, 5)),
            "Russell 2000 fell to 1680, 3.5% under the level of 1740.75: nothing was bought",
        ),
        (
            decided("2020-01-01", "ARMED", "ARMED", [], armed(1760, 1740.75, 2, 9)),
            decided("2020-01-02", "STABLE", "ARMED", ["expired", "waits_for_record"], waiting(1750.0, 1790.0, 5)),
            "only 3 closes above 1740.75 when the time was up: nothing was bought",
        ),
        (
            decided("2020-01-01", "ARMED", "ARMED", [], armed(1760, 1740.75, 7, 9, lead=False)),
            decided("2020-01-02", "STABLE", "ARMED", ["vetoed"], {**waiting(1765.0, 1790.0, 5), **gates(lead=False)}),
            "8 closes above 1740.75, but small caps did not lead the market: nothing was bought",
        ),
        (
            decided("2020-01-01", "ARMED", "ARMED", [], armed(1760, 1740.75, 7, 9, lead=False)),
            decided("2020-01-02", "STABLE", "ARMED", ["vetoed"], {**waiting(1730.0, 1790.0, 5), **gates()}),
            "7 closes above 1740.75, but small caps did not lead the market: nothing was bought",
        ),
        (
            decided("2020-01-01", "ARMED", "ARMED", [], armed(1760, 1740.75, 4, 3)),
            decided(
                "2020-01-02",
                "CONFIRMED",
                "ARMED",
                ["confirmed", "waits_for_trend"],
                {**INVESTED, **small_caps(1765, 1790)},
            ),
            "fifth close above 1740.75, small caps ahead of the market, credit calm, VIX 23: confirmed, and waits for "
            "ETH's own trend",
        ),
        (
            decided("2020-01-01", "CONFIRMED", "CONFIRMED", [], {"eth_trend": reading(89, 100, "no")}),
            decided("2020-01-02", "STABLE", "CONFIRMED", ["no_trend"], {"eth_trend": reading(90, 100, "no")}),
            "ETH stood 10.0% under its average when the time was up: nothing was bought",
        ),
        (
            decided("2020-01-01", "COOLDOWN", "COOLDOWN", ["cools_down"]),
            decided("2020-01-02", "STABLE", "COOLDOWN", ["cooled_down", "waits_for_record"], waiting(90, 100, 3)),
            "the cooldown was over: waits for the next record",
        ),
    ],
)
def test_what_came_to_nothing_is_told_as_plainly(tmp_path: Path, before: Event, now: Event, told: str) -> None:
    assert chapter(tmp_path, begun("2020-01-01"), before, now) == told


def test_an_order_that_was_not_filled_is_no_purchase(tmp_path: Path) -> None:
    order = ("r-1", at("2020-01-02"), "ETH", Side.BUY, D("1"))
    now = decided("2020-01-02", "ETH", "ARMED", ["confirmed", "entered_eth"], INVESTED, HALF, Trade.NOW)
    result = OrderResult(*order, OrderStatus.SKIPPED, "confirmed;entered_eth;min_notional")
    told = chapter(tmp_path, begun("2020-01-01"), now, OrderIntent(*order, "confirmed;entered_eth"), result)
    assert told.endswith(": in ETH; no order was filled (under the smallest order)")


def test_a_users_own_strategy_reads_well(tmp_path: Path) -> None:
    events = [
        begun("2020-01-01"),
        decided("2020-01-01", "OUT", "OUT", ["warms_up"]),
        valued("2020-01-01", "10000"),
        decided("2020-01-02", "IN", "OUT", ["above_average"], {"mood": "fine", "rsi": 61}, WHOLE, Trade.NOW),
        *traded("2020-01-02", Side.BUY, "ETH", "10", "500", "500", "above_average"),
        valued("2020-01-02", "10100", "IN"),
        decided("2020-01-03", "OUT", "IN", ["below_average"], {}, {}, Trade.NOW),
        *traded("2020-01-03", Side.SELL, "ETH", "10", "450", "450", "below_average"),
        valued("2020-01-03", "9500", "OUT"),
    ]
    assert [c.text for c in story_of(ledger(tmp_path, events)).entries[1:]] == [
        "above average: bought ETH with the whole budget at 500.00",
        "below average: sold everything, ETH at 450.00; equity \N{MINUS SIGN}5.0% since 2020-01-02",
    ]


def test_what_comes_from_outside_cannot_steer_a_terminal(tmp_path: Path) -> None:
    events = [begun("2020-01-01"), decided("2020-01-02", "\x1b[31mRED", "OUT", ["\x1b]0;owned\x07"])]
    told = "\n".join(story_lines(story_of(ledger(tmp_path, events)), is_ascii=False))
    assert "\x1b" not in told
    assert "\x07" not in told


def test_forward_events_are_told(tmp_path: Path) -> None:
    events = [
        begun("2020-01-01"),
        Late(at("2020-01-02"), at("2020-01-04T06:00:00"), True),
        Late(at("2020-01-03"), at("2020-01-03T06:00:00"), False),
        Drift(at("2020-01-03"), '["ETH"]', '["STABLE"]'),
        TradingStateChange(at("2020-01-04"), TradingState.REDUCE_ONLY),
        BalanceDifference(at("2020-01-05"), "ETH", D("2"), D("1.5"), BalanceCause.UNKNOWN),
        Settlement(at("2020-01-06"), "LUNA", D("3"), D("0.01"), SettlementCause.DEAD),
        Settlement(at("2020-01-07"), "LEND", D("100"), D("0.5"), SettlementCause.RENAMED, D(0), "AAVE", D("1")),
    ]
    told = story_of(ledger(tmp_path, events))
    assert [f"{c.day}: {c.text} {c.spans}" for c in told.entries[1:]] == [
        "2020-01-02: decided only on 2020-01-04, too late: its orders were not sent #2",
        "2020-01-03: decided again on what is known now, this day would be decided otherwise; the record is kept #4",
        "2020-01-04: the user's switch: reduce only #5",
        "2020-01-05: the testnet account had ETH 1.5 where the ledger accounts for 2 (unknown) #6",
        "2020-01-06: LUNA ended (dead): 3 settled at 0.01000 #7",
        "2020-01-07: LEND became AAVE: 1 for 100 #8",
    ]
    assert [look.command for look in told.look_at] == [
        "bot paper status --ledger paper",
        "bot review why 2020-01-03 --run paper",
        "bot review why 2020-01-02 --run paper",
    ]


def test_a_long_story_shows_the_newest_and_counts_the_rest(tmp_path: Path) -> None:
    days = [f"2020-01-{i:02}" for i in range(1, 21)]
    events = [decided(day, f"S{i}", f"S{i - 1}", ["why"]) for i, day in enumerate(days)]
    record = ledger(tmp_path, events)
    assert (len(story_of(record).entries), story_of(record).left_out) == (12, 8)
    assert len(story_of(record, every=True).entries) == 20
    some = story_of(record, since=date(2020, 1, 5), until=date(2020, 1, 7))
    assert [str(c.day) for c in some.entries] == days[4:7]


def test_rows_far_apart_are_told_as_one_span() -> None:
    assert StoryEntry(date(2020, 1, 1), "", (5, 3, 4)).spans == "#3\N{EN DASH}#5"
    assert StoryEntry(date(2020, 1, 1), "", (3, 5)).spans == "#3, #5"
    assert StoryEntry(date(2020, 1, 1), "", (3, 5, 7)).spans == "#3\N{EN DASH}#7"


def summary(own: float, eth: float, btc: float) -> dict[str, Any]:
    return {
        "start": "2016-01-01",
        "end": "2020-12-31",
        "strategy": {"final_equity": "41222.86", "total_return": own},
        "benchmarks": {"eth": {"total_return": eth}, "btc": {"total_return": btc}},
        "random_timing": {"total_return_5": -0.5, "total_return_50": 1.0, "total_return_95": 7.0},
        "episodes": {"total": 12, "confirmed": 7},
        "rearmings": {"confirmed": 1},
    }


def test_the_verdict_of_a_backtest_is_honest_both_ways() -> None:
    assert of_backtest(summary(3.122, 2290.3, 2.0), Decimal(10_000), "USDT", is_demo=False) == [
        "From 2016-01-01 to 2020-12-31 the strategy turned 10,000 USDT into 41,223 (+312.2%), less than holding ETH "
        "(+229,030%) and more than holding BTC (+200.0%).",
        "It rests on 7 confirmed of 12 breakouts and 1 re-arming after a risk exit, too few to tell skill from luck, "
        "and it lies between the median and the 95th percentile of random timing, inside the range of luck alone.",
    ]


def test_the_verdict_of_a_backtest_has_its_luck_and_the_word_of_the_study() -> None:
    figures = summary(3.122, 2290.3, 2.0)
    figures["random_timing"]["at_least_as_well"] = 0.386
    told = of_backtest(figures, Decimal(10_000), "USDT", is_demo=False, study="not studied yet")
    assert told[1].endswith("inside the range of luck alone (39% of random timings did at least as well).")
    assert told[2:] == ["The thesis on this data: not studied yet."]


def vetoed(day: str) -> Episode:
    returns = {"eth_21": 0.1, "eth_42": 0.2, "eth_63": 0.3, "btc_63": 0.1}
    session = date.fromisoformat(day)
    return Episode(
        "breakout",
        session,
        at(f"{day}T21:00:00"),
        101.0,
        100.0,
        30,
        "STABLE",
        "vetoed",
        None,
        ("credit",),
        None,
        None,
        None,
        (),
        returns,
    )


def test_a_backtest_names_what_speaks_against_it_with_commands_that_the_bot_takes(tmp_path: Path) -> None:
    events = [
        vetoed("2020-01-01"),
        valued("2020-01-01", "10000"),
        valued("2020-01-02", "9000"),
        valued("2020-01-03", "8000"),
    ]
    folder = RunFolder(tmp_path)
    config = {"start_equity": "10000", "roles": {"stablecoin": "USDT"}}
    told = {**summary(-0.2, 1.0, 1.0), "a_day_late": {"total_return": -0.5}, "warnings": ["one"]}
    (tmp_path / "manifest.json").write_text(json.dumps({"market": "prices", "config": config}))
    (tmp_path / "summary.json").write_text(json.dumps(told))
    found = story_of(Record("a-run", ledger(tmp_path, events).path, folder))
    assert found.hypothetical.startswith("Hypothetical, never traded: ETH from the open after 1 armed breakout")
    assert [(look.text, look.command) for look in found.look_at] == [
        (
            "Carried out a day late it would have made \N{MINUS SIGN}50.0% instead of \N{MINUS SIGN}20.0%.",
            "bot review trades --run a-run",
        ),
        (
            "The drawdown, \N{MINUS SIGN}20.0% from 2020-01-01 to 2020-01-03.",
            "bot review why 2020-01-03 --run a-run",
        ),
        (
            "1 of 1 record that armed the bot never confirmed: vetoed, failed or expired.",
            "bot review episodes --run a-run",
        ),
    ]
    for command in (
        *(look.command for look in found.look_at),
        "bot runs show a-run --warnings",
        "bot paper status --ledger paper",
    ):
        parse(arguments(command))


def test_the_worst_fall_is_from_a_peak_to_the_lowest_after_it() -> None:
    days = [("a", D("100")), ("b", D("90")), ("c", D("120")), ("d", D("60")), ("e", D("119"))]
    assert worst_fall(days) == ("c", "d", -0.5)
    assert worst_fall(days[:1]) is None


def test_a_peak_that_is_reached_again_keeps_its_first_day_and_a_trough_too() -> None:
    """100 on a and b, 75 on c and d: -25%, from the first day at the peak to the first at the trough."""
    days = [("a", D("100")), ("b", D("100")), ("c", D("75")), ("d", D("75")), ("e", D("90"))]
    assert worst_fall(days) == ("a", "c", -0.25)


def test_a_sparkline_fits_and_has_an_ascii_form() -> None:
    assert sparkline([1, 2, 3], 72) == "▁▅█"
    assert sparkline([float(i) for i in range(1000)], 8) == "▁▂▃▄▅▆▇█"
    assert sparkline([5, 5], 72, is_ascii=True) == "__"
    assert sparkline([], 72) == ""


def test_a_story_takes_names_and_numbers_from_the_config(tmp_path: Path) -> None:
    """The ledger's stage ETH holds SOL, and the sale of a part is the config's 40%."""
    labels = Labels(eth="SOL", numbers={"sold": "40%"})
    quiet = {"sessions_quiet": reading(10, 10, "yes")}
    events = [
        begun("2020-01-01"),
        decided("2020-01-01", "ETH", "ETH", ["holds"], quiet, {"SOL": "0.98"}),
        *traded("2020-01-01", Side.BUY, "SOL", "10", "100", "100", "entered_eth"),
        valued("2020-01-01", "10000", "ETH"),
        decided("2020-01-02", "DISTRIBUTION", "ETH", ["no_new_record"], {}, {"SOL": "0.588"}, Trade.NOW),
        *traded("2020-01-02", Side.SELL, "SOL", "4", "100", "100", "no_new_record"),
        valued("2020-01-02", "10000", "ETH"),
        decided("2020-01-03", "ETH", "DISTRIBUTION", ["resumed"], small_caps(101, 100), {"SOL": "0.98"}),
    ]
    found = story_of(ledger(tmp_path, events), labels)
    assert found.verdict[2].startswith("It stands in SOL (in SOL).")
    assert found.entries[-2].text == "10 sessions without a record: sold 40%, SOL at 100.00"
    assert found.entries[-1].text.endswith("in SOL, nothing was traded")


def test_the_story_of_a_ledger_sets_it_beside_its_benchmarks_and_its_own_luck(tmp_path: Path) -> None:
    """The ledger gained a tenth; holding ETH gained a half, holding BTC lost a twentieth until its prices ended."""
    *events, last = november()
    first = next(one for one in events if isinstance(one, Valuation))
    money = {name: Decimal(value) for name, value in {"btc": "9500", "no_altcoins": "12000"}.items()}
    timing = {"total_return_5": -0.1, "total_return_50": 0.02, "total_return_95": 0.3, "at_least_as_well": 0.25}
    assert isinstance(last, Valuation)
    events[events.index(first)] = replace(first, benchmarks={**money, "eth": Decimal(10100)})
    newest = replace(last, benchmarks={"no_altcoins": Decimal(13000), "eth": Decimal(15000)}, random_timing=timing)
    told = story_of(ledger(tmp_path, [*events, newest]), RUSSELL)
    assert told.verdict[:2] == (
        "Since 2020-11-13 the ledger turned 10,000 into 11,000 (+10.0%), less than holding ETH (+50.0%) and more "
        f"than holding BTC (\N{MINUS SIGN}5.0% to {first.day}), at the close of 2021-01-28. "
        "Play money: nothing was at stake.",
        "The other benchmarks: No altcoins (ETH) +30.0%. It lies between the median and the 95th percentile of random "
        "timing, inside the range of luck alone (25% of random timings did at least as well).",
    )
    data = told.as_dict()
    assert data["random_timing"] == timing
    assert data["total_return"] == pytest.approx(0.1)
    assert [one["name"] for one in told.beside.to_dict()["benchmarks"]] == ["btc", "no_altcoins", "eth"]  # type: ignore[union-attr]
