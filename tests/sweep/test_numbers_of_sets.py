"""Numbers of parameter sets, against the settings of a config with the same changes."""

from __future__ import annotations

import pytest

from bot.services.strategy_settings import rotation_settings
from bot.settings.loader import load_config
from bot.sweep.numbers_of_sets import TARGET_FIELDS, rule_fields, with_fields
from bot.sweep.variation import with_changes
from strategies.rotation.rules import Rules
from strategies.rotation.targets import TargetRules

CONFIG = load_config()
BASE = rotation_settings(CONFIG)
CHANGES = {
    "rotation.entry": "article",
    "rotation.breakout.confirm_closes": 7,
    "rotation.trail.of_level": 0.9,
    "rotation.risk_exits.peg": False,
    "rotation.eth_stop.measure": "atr",
    "rotation.stale.after": 4,
    "rotation.weights.eth_first": 0.31,
    "altcoins.choose_every_days": 9,
    "sizing.rebalance_days": 11,
}


def test_fields_of_a_set_are_those_of_its_own_config() -> None:
    own = rotation_settings(with_changes(CONFIG, CHANGES))
    fields = rule_fields(BASE)
    assert with_fields(BASE.rules, fields, CHANGES) == own.rules != BASE.rules
    assert with_fields(BASE.target_rules, TARGET_FIELDS, CHANGES) == own.target_rules != BASE.target_rules


def test_each_field_has_a_key() -> None:
    assert sorted(name for name, _ in rule_fields(BASE).values()) == sorted(Rules._fields)
    assert sorted(name for name, _ in TARGET_FIELDS.values()) == sorted(TargetRules._fields)


def test_a_whole_number_stands_for_a_float() -> None:
    found = with_fields(BASE.rules, rule_fields(BASE), {"rotation.eth_stop.atr_multiple": 3})
    assert (found.eth_stop_atr_multiple, type(found.eth_stop_atr_multiple)) == (3.0, float)


@pytest.mark.parametrize(("word", "expected"), [("atr", True), ("drawdown", False)])
def test_a_field_of_a_word_is_true_for_it(word: str, expected: bool) -> None:
    found = with_fields(BASE.rules, rule_fields(BASE), {"rotation.eth_stop.measure": word})
    assert found.eth_stop_measure_is_atr is expected
