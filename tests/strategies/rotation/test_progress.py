"""How far each stage has come is told beside the readings, and only where its stage has a use for it."""

from __future__ import annotations

from itertools import pairwise

from bot.core.market import Market
from bot.services.strategy_settings import rotation_settings
from strategies.rotation.rotation import Rotation
from strategies.rotation.view import RotationView
from tests.markets import default_config


def test_each_stage_tells_its_own_counters_and_stops(demo: Market) -> None:
    settings = rotation_settings(default_config())
    progress = RotationView(demo, settings).table.progress
    told: dict[str, set[str]] = {}
    for decision in Rotation(settings).decisions(demo):
        told.setdefault(decision.stage, set()).update(set(decision.readings) & progress)
    stops = {"level", "small_cap_stop", "eth_stop"}
    assert told["STABLE"] == {"sessions_without_record"}
    assert told["ARMED"] == {"level", "closes_above", "sessions_armed"}
    assert told["ETH"] == stops | {"sessions_for_altcoins", "sessions_quiet", "sessions_weak"}
    assert told["ALTS"] == stops | {"sessions_quiet", "sessions_weak"}
    assert told["DISTRIBUTION"] == stops | {"sessions_distributing"}
    assert told["COOLDOWN"] == {"sessions_cooling"}


def test_the_counters_say_what_the_next_decision_does(demo: Market) -> None:
    settings = rotation_settings(default_config())
    decisions = Rotation(settings).decisions(demo)
    for before, after in pairwise(decisions):
        readings = after.readings
        if "confirmed" in after.reasons and before.stage == "ARMED":
            assert before.readings["closes_above"]["value"] >= settings.rules.breakout_confirm_closes - 1
        if "kill_eth" in after.reasons:
            assert readings["eth_trend"]["value"] <= before.readings["eth_stop"]["threshold"]
        if "cooled_down" in after.reasons:
            assert before.readings["sessions_cooling"]["value"] == settings.rules.stages_cooldown_sessions - 1
        if "distributed" in after.reasons:
            assert before.readings["sessions_distributing"]["value"] == settings.rules.stages_distribution_sessions - 1
        if "cooled_down" in after.reasons and after.stage == "STABLE":
            assert readings["sessions_without_record"]["threshold"] == 0  # after a kill any record arms
        if "breakout" in after.reasons and before.stage == "STABLE":
            assert before.readings["sessions_without_record"]["verdict"] == "yes"
