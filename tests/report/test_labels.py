"""Sentences take their numbers and coin names from the config."""

from __future__ import annotations

from typing import Any

import pytest

from bot.report import names
from bot.report.labels import Labels, labels_of
from bot.report.words import benchmark_name, reading_text, reason_sentence
from bot.settings.loader import load_config


def labels(section: str = "rotation", **changes: Any) -> Labels:
    return labels_of(load_config(changes={section: changes} if changes else None).resolved())


@pytest.mark.parametrize(
    ("code", "changes", "sentence"),
    [
        ("failed", {}, "Small caps closed 3% under the breakout's level."),
        ("failed", {"breakout": {"floor": 0.995}}, "Small caps closed 0.5% under the breakout's level."),
        (
            "breakout",
            {"breakout": {"base_sessions": 42}},
            "Small caps closed at a record after at least 42 sessions without one.",
        ),
        (
            "no_new_record",
            {"stages": {"quiet_sessions": 10}},
            "10 sessions without a record: 50% of the position is sold.",
        ),
        (
            "weak_small_caps",
            {"stages": {"weak_sessions": 3}, "weights": {"distribution": 0.25}},
            "Small caps have lagged the market for 3 sessions: 75% of the position is sold.",
        ),
        (
            "distributed",
            {"stages": {"distribution_sessions": 1}},
            "The distribution of 1 session is over: the rest is sold.",
        ),
        ("kill_volatility", {"volatility": {"kill_above": 40}}, "VIX is over 40: everything is sold."),
        ("kill_eth", {"eth_stop": {"drawdown": 0.2}}, "ETH fell 20% from its high: everything is sold."),
        (
            "kill_eth",
            {"eth_stop": {"measure": "atr", "atr_multiple": 2.5}},
            "ETH fell 2.5 average true ranges from its high: everything is sold.",
        ),
        (
            "peg_broken",
            {"peg": {"below": 0.98, "days": 3}},
            "Caution: the stablecoin closed under 0.98 on 3 days in a row.",
        ),
    ],
)
def test_a_reason_has_the_numbers_of_the_config(code: str, changes: dict[str, Any], sentence: str) -> None:
    assert reason_sentence(code, labels(**changes)) == sentence


def test_a_sentence_names_the_coin_that_plays_the_part() -> None:
    sol = labels("roles", eth="SOL")
    assert reason_sentence("entered_eth", sol) == "SOL is bought."
    assert benchmark_name("eth", sol) == "Hold SOL"
    assert benchmark_name("no_altcoins", sol) == "No altcoins (SOL)"
    assert reading_text("eth_btc", sol) == "SOL/BTC, above its 50-day SMA"
    assert names.stage("ALTS", sol) == "in SOL and altcoins"
    assert names.reasons("kill_eth;eth_lags_btc", sol) == "risk exit: SOL stop, SOL lags BTC"


def test_a_benchmark_has_the_days_of_its_average() -> None:
    assert benchmark_name("eth_trend", labels("benchmarks", trend_days=50)) == "ETH above 50-day SMA"
    assert benchmark_name("eth_trend") == "ETH above its SMA"


def test_a_record_without_a_config_has_sentences_without_numbers() -> None:
    assert reason_sentence("no_new_record") == "Too long without a record: a part of the position is sold."
    assert reading_text("net_liquidity") == "net liquidity's change ($m), above"


def test_codes_of_a_users_strategy_are_shown_as_words() -> None:
    assert reason_sentence("my_own_rule") == "my own rule"
    assert reading_text("my_reading") == "my reading"


def test_labels_name_the_index_of_a_real_market_and_the_exits_that_are_off() -> None:
    config = load_config(changes={"rotation": {"risk_exits": {"volatility": False}}}).resolved()
    assert labels_of(config).small_caps == "Russell 2000"
    assert labels_of(config).no_exit == {"volatility_kill"}
    assert labels_of(config, is_real=False).subject == "small caps"
