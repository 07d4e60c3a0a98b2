"""Sentences take their numbers and coin names from the config."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from bot.core.errors import ConfigError
from bot.report import layers, names
from bot.report import words as sentences
from bot.report.labels import Labels, labels_of
from bot.report.tear_sheet import render
from bot.report.words import benchmark_name, reading_text, reason_sentence
from bot.review.why.trigger import gate_name
from bot.settings.loader import load_config
from tests.report.test_tear_sheet import contents, demo


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


CREDIT = {
    "roles": {"small_caps": "HYG", "small_cap_fund": "HYG", "broad_fund": "IEF", "eth": "SOL"},
    "names": {"HYG": "Corporate credit", "IEF": "Treasuries", "SOL": "Solana"},
}


def test_a_sentence_names_the_series_in_the_role_of_small_caps() -> None:
    own = labels_of(load_config(changes=CREDIT).resolved())
    assert reason_sentence("breakout", own) == (
        "Corporate credit closed at a record after at least 21 sessions without one."
    )
    assert reason_sentence("weak_small_caps", own).startswith("Corporate credit has lagged Treasuries for ")
    assert reason_sentence("resumed", own) == ("A record while Corporate credit leads: the position is taken up again.")
    assert reason_sentence("waits_for_record", own) == "Waiting in the stablecoin for Corporate credit to break out."
    assert reading_text("small_caps", own) == "Corporate credit close, above the highest before"
    assert names.reasons("kill_trail;weak_small_caps", own) == (
        "risk exit: Corporate credit under the trail, Corporate credit weak"
    )
    assert gate_name("relative_strength", own) == "Corporate credit's lead over Treasuries"
    assert reading_text("relative_strength", own).startswith("ln(Corporate credit / Treasuries), ")
    assert benchmark_name("eth", own) == "Hold Solana"


def test_without_a_printed_name_a_series_is_called_by_its_symbol() -> None:
    other = labels("roles", small_caps="HYG")
    assert reason_sentence("failed", other) == "HYG closed 3% under the breakout's level."
    assert gate_name("trend", other) == "HYG's trend"
    assert gate_name("trend", labels()) == "small caps' trend"
    # Its fund is still that of small caps, and so is the lead over the market.
    assert gate_name("relative_strength", other) == "small caps' lead over the market"
    assert gate_name("my_reading", other) == "my reading"


def test_no_sentence_says_small_caps_of_another_series() -> None:
    own = labels_of(load_config(changes=CREDIT).resolved())
    said = [reason_sentence(code, own) for code in sentences._REASONS]
    said += [reading_text(code, own) for code in sentences.READINGS]
    said += [names.reasons(code, own) for code in names._REASONS]
    said += [gate_name(name, own) for name in ("relative_strength", "trend")]
    said += [layers.layer_title(name, own) for name in layers.LAYERS]
    said += [own.fill(text) for part in layers.PARTS.values() for text in part]
    assert [text for text in said if re.search("small.caps?|the market|ETH", text, re.IGNORECASE)] == []


def test_a_run_of_before_has_the_name_that_it_had() -> None:
    old = load_config().resolved()
    del old["names"]
    assert labels_of(old) == labels_of(load_config().resolved())


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"names": {"HYGG": "Credit"}}, "names has HYGG, which is not in the symbol table; did you mean 'HYG'?"),
        ({"names": {"HYG": "a{b}"}}, "names.HYG"),
        ({"names": {"HYG": "x" * 31}}, "names.HYG"),
        ({"names": {"HYG": ""}}, "names.HYG"),
        ({"roles": {"small_caps": "SOL"}}, "must be of kind index or etf-adjusted or etf-raw, was crypto"),
    ],
)
def test_a_name_that_cannot_be_printed_is_refused(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(text)):
        load_config(changes=changes)


def test_names_change_no_fingerprint() -> None:
    assert load_config(changes={"names": {"HYG": "Credit"}}).fingerprint() == load_config().fingerprint()


def test_a_reading_has_the_numbers_of_the_config() -> None:
    assert reading_text("peg_broken", labels(peg={"days": 3})) == "the stablecoin, 3 days in a row below"
    assert reading_text("peg_broken") == "the stablecoin, days in a row below"


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


def test_a_stage_keeps_its_code_and_takes_the_name_of_its_coin() -> None:
    sol = labels("roles", eth="SOL")
    assert names.stage_code("ETH", sol) == "SOL"
    assert names.stage_code("ARMED", sol) == "ARMED"
    assert names.stage_code("ETH") == "ETH"


def test_a_report_names_the_lead_coin_of_the_config() -> None:
    made = contents()
    layer = {**made.waterfall.layers[0], "name": "eth"}
    states = made.waterfall.states.assign(eth="tight")
    made = replace(
        made,
        manifest={**made.manifest, "config": load_config(changes={"roles": {"eth": "SOL"}}).resolved()},
        waterfall=replace(made.waterfall, layers=[layer], states=states),
    )
    html = render(made)
    for words in ("SOL +21", "SOL +63", "Hold SOL", "in SOL", "risk exit: SOL stop", "returns of SOL after it"):
        assert words in html
    # Coins stay as they were traded, in the lists of round trips and coins. Plotly's map has a country ETH.
    text = re.sub(r"<script.*?</script>", "", html, flags=re.S)
    assert re.findall(r"(\S{0,40})\bETH\b", text) == ['scope="row">'] * 2


def test_the_demo_names_the_lead_coin_of_the_config() -> None:
    made = demo()
    made = replace(
        made, manifest={**made.manifest, "config": load_config(changes={"roles": {"eth": "SOL"}}).resolved()}
    )
    assert "Holding SOL,<br>without effect" in render(made).replace("\\u003c", "<").replace("\\u003e", ">")


def test_the_chart_names_another_small_cap_index_by_its_symbol() -> None:
    made = contents()
    assert "Russell 2000 and the stage" in render(made)
    roles = load_config(changes={"roles": {"small_caps": "SPX"}}).resolved()
    html = render(replace(made, manifest={**made.manifest, "config": roles}))
    assert "SPX and the stage" in html
    assert "Russell" not in html
