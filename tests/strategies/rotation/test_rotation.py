"""The weights of each stage and when they are traded, on random markets in which every stage appears."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise

from bot.core.decision import Decision, Trade
from bot.services.strategy_settings import rotation_settings
from strategies.rotation.altcoins import Altcoins
from strategies.rotation.rotation import Rotation
from strategies.rotation.view import RotationView
from tests.markets import random_market

LOOSE = {"rotation": {"gates": {"relative_strength": False, "credit": False, "volatility": False}}}
HALF, FULL = Decimal("0.49"), Decimal("0.98")


@cache
def runs() -> list[list[Decision]]:
    """The decisions of twenty-four random markets."""
    found = []
    for seed in range(24):
        made = random_market(seed)
        found.append(list(Rotation(rotation_settings(made.config(LOOSE))).decisions(made.market)))
    return found


def in_stage(*stages: str) -> list[tuple[Decision, Decision]]:
    """Every decision in some stages, with the one before it."""
    found = [(before, now) for run in runs() for before, now in pairwise(run) if now.stage in stages]
    assert found, f"no random market has {stages}"
    return found


def test_stages_that_hold_nothing_have_no_weights() -> None:
    for _, now in in_stage("STABLE", "ARMED", "COOLDOWN"):
        assert now.weights == {}


def test_eth_is_half_on_entry_and_full_from_the_second_tranche_on() -> None:
    for before, now in in_stage("ETH"):
        entered = "entered_eth" in now.reasons
        expected = HALF if entered else FULL
        if not entered and before.stage == "ETH" and "second_tranche" not in now.reasons:
            expected = before.weights["ETH"]
        assert now.weights == {"ETH": expected}


def test_a_return_to_eth_is_full() -> None:
    returns = [now for before, now in in_stage("ETH") if before.stage in ("ALTS", "DISTRIBUTION")]
    assert returns
    assert all(now.weights == {"ETH": FULL} for now in returns)


def test_altcoins_take_half_at_most_and_none_a_fifth_of_it() -> None:
    for _, now in in_stage("ALTS"):
        coins = {symbol: weight for symbol, weight in now.weights.items() if symbol != "ETH"}
        assert now.weights["ETH"] == HALF
        assert sum(coins.values()) <= HALF
        assert all(0 < weight <= Decimal("0.098") for weight in coins.values())
        assert len(coins) <= 8


def test_altcoins_are_chosen_anew_every_seven_days_only() -> None:
    chosen, days = 0, 0
    for before, now in in_stage("ALTS"):
        days = 0 if before.stage != "ALTS" else days + 1
        if now.weights != before.weights:
            assert days % 7 == 0
            chosen += 1
    assert chosen > 10


def test_distribution_freezes_half_of_the_weights_before_it() -> None:
    for before, now in in_stage("DISTRIBUTION"):
        if before.stage != "DISTRIBUTION":
            halves = {symbol: weight / 2 for symbol, weight in before.weights.items()}
            assert all(abs(now.weights[symbol] - half) < Decimal("1e-9") for symbol, half in halves.items())
        else:
            assert now.weights == before.weights
        assert now.reduce_only


def test_a_stage_or_tranche_change_trades_at_once_and_a_quiet_day_holds() -> None:
    for run in runs():
        entered = run[0].at
        for before, now in pairwise(run):
            if now.stage != before.stage:
                entered = now.at
                assert now.trade is Trade.NOW
            elif "second_tranche" in now.reasons:
                assert now.trade is Trade.NOW
            else:
                on_schedule = (now.at - entered) % timedelta(days=7) == timedelta(0)
                assert now.trade is (Trade.BAND if on_schedule else Trade.HOLD)


def test_stale_inputs_allow_no_purchase() -> None:
    stale = [now for run in runs() for now in run if "stale" in now.reasons]
    assert stale
    assert all(now.reduce_only for now in stale)


def test_every_decision_has_reasons_and_readings() -> None:
    for run in runs():
        for decision in run:
            assert decision.reasons
            for name in ("credit", "breadth"):
                assert {"value", "threshold", "verdict", "gate"} == set(decision.readings[name])


def test_each_decision_tells_the_stage_of_the_one_before() -> None:
    for run in runs():
        assert all(now.previous == before.stage for before, now in pairwise(run))
        assert all(now.at - before.at == timedelta(days=1) for before, now in pairwise(run))


def test_other_choosers_change_the_altcoin_half_alone() -> None:
    seen = set()
    for seed, run in enumerate(runs()):
        made = random_market(seed)
        settings = rotation_settings(made.config(LOOSE))
        view = RotationView(made.market, settings)
        for name, chooser in (("none", None), ("equal", Altcoins.equal)):
            for own, other in zip(run, Rotation(settings, chooser).decide(view), strict=True):
                assert own.stage == other.stage
                if own.stage == "ALTS":
                    seen.add(name)
                    assert other.weights["ETH"] == (FULL if name == "none" else HALF)
    assert seen == {"none", "equal"}
