"""The nearest gate is one sentence, and its figures are those of the readings."""

from __future__ import annotations

from typing import Any

import pytest

from bot.report.labels import Labels
from bot.review.why.next_triggers import next_trigger, triggers
from tests.review.ledgers import RUSSELL, armed, gates, reading, small_caps, waiting


def test_a_waiting_day_tells_how_far_the_record_is() -> None:
    way = next_trigger("STABLE", waiting(2398.77, 2442.74, 30), RUSSELL)
    assert way.sentence == (
        "Russell 2000 is 1.8% under its record of 2442.74 and 30 sessions past it: a close above arms the bot."
    )
    assert way.reading == "small_caps"
    assert way.distance == pytest.approx(-43.97)
    assert way.share == pytest.approx(-0.018, abs=1e-4)


def test_an_index_that_is_not_the_russell_is_called_small_caps() -> None:
    way = next_trigger("STABLE", waiting(99.0, 100.0, 21))
    assert (
        way.sentence
        == "Small caps are 1.0% under their record of 100 and 21 sessions past it: a close above arms the bot."
    )


def test_a_record_too_soon_after_the_last_would_not_arm() -> None:
    assert next_trigger("STABLE", waiting(99.0, 100.0, 20), RUSSELL).sentence == (
        "Russell 2000 is 1.0% under its record of 100: a record now would not arm the bot, since only 20 of "
        "21 sessions have passed without one."
    )


def test_the_record_of_a_record_day_is_its_own_close() -> None:
    assert next_trigger("STABLE", waiting(101.5, 100.0, 0), RUSSELL).sentence == (
        "Russell 2000 closed at a record of 101.50: a record now would not arm the bot, since only 0 of "
        "21 sessions have passed without one."
    )


def test_after_a_kill_any_record_arms() -> None:
    assert next_trigger("STABLE", waiting(99.0, 100.0, 3, needed=0), RUSSELL).sentence == (
        "Russell 2000 is 1.0% under its record of 100: a close above arms the bot again, since a risk exit came after "
        "it was last armed."
    )


def test_an_older_ledger_does_not_tell_the_base_and_nobody_guesses_it() -> None:
    assert next_trigger("STABLE", small_caps(99.0, 100.0), RUSSELL).sentence == (
        "Russell 2000 is 1.0% under its record of 100; this ledger does not tell whether a record would arm the bot."
    )


@pytest.mark.parametrize(
    ("readings", "told"),
    [
        (
            armed(1784, 1740.75, 3, 4),
            "3 of 5 closes above 1740.75 are there: 2 are missing, with 6 sessions left to confirm.",
        ),
        (
            armed(1784, 1740.75, 4, 9),
            "4 of 5 closes above 1740.75 are there: 1 is missing, with 1 session left to confirm.",
        ),
        (
            armed(1784, 1740.75, 3, 9),
            "3 of 5 closes above 1740.75 are there: 2 are missing and 1 session left, too few to confirm.",
        ),
        (
            armed(1728, 1740.75, 5, 6),
            "5 closes above 1740.75, 5 are needed, but Russell 2000 closed 0.7% under it: a close above is needed.",
        ),
        (
            armed(1784, 1740.75, 6, 8, lead=False),
            "6 closes above 1740.75, 5 are needed: it confirms once small caps' lead over the market passes "
            "within 2 sessions.",
        ),
    ],
)
def test_an_armed_day_tells_what_is_missing(readings: dict[str, Any], told: str) -> None:
    assert next_trigger("ARMED", readings, RUSSELL).sentence == told


def test_an_armed_day_names_each_gate_that_fails_and_by_how_much() -> None:
    assert [way.sentence for way in triggers("ARMED", armed(1784, 1740.75, 3, 4, lead=False), RUSSELL)[1:]] == [
        "Small caps' lead over the market does not pass: \N{MINUS SIGN}0.5 against \N{MINUS SIGN}0.49, "
        "off by 0.01 (1.0%)."
    ]


def test_a_gate_that_is_off_keeps_nothing_back() -> None:
    told = [way.reading for way in triggers("ARMED", armed(1784, 1740.75, 3, 4), RUSSELL)]
    assert "volume" not in told


def test_a_confirmed_day_waits_for_eth() -> None:
    readings = {
        "eth_trend": reading(90.0, 100.0, "no"),
        "sessions_for_trend": reading(4, 21, "no"),
        "small_cap_stop": reading(110.0, 100.0, "yes"),
    }
    assert [way.sentence for way in triggers("CONFIRMED", readings, RUSSELL)] == [
        "ETH is 10.0% under its average of 100: a close above buys it, within 17 sessions.",
        "Russell 2000 is 10.0% above its trailing stop of 100: a close under it takes the bot out.",
    ]


def test_a_confirmed_day_names_the_kill_reading_that_keeps_eth_back() -> None:
    readings = {"eth_trend": reading(110.0, 100.0, "yes"), "credit": reading(0.97, 0.98, "no", True)}
    assert next_trigger("CONFIRMED", readings).sentence == (
        "ETH stands above its average: it is bought once credit stress is over."
    )


INVESTED = {
    **gates(),
    "small_cap_stop": reading(1784.13, 1688.53, "yes"),
    "eth_stop": reading(471.63, 353.72, "yes"),
    "volatility_kill": reading(23.11, 35.0, "no"),
    "sessions_quiet": reading(40, 63, "no"),
    "sessions_weak": reading(1, 10, "no"),
    "sessions_for_altcoins": reading(20, 21, "no"),
    "eth_btc": reading(0.03, 0.04, "no"),
    "breadth": reading(0.49, 0.6, "no"),
}


def test_in_eth_the_nearest_kill_comes_first_then_the_counters_then_the_way_on() -> None:
    assert [way.sentence for way in triggers("ETH", INVESTED, RUSSELL)] == [
        "The credit reading of 1.01 is 3.1% from stress at 0.98: beyond it everything is sold.",
        "Russell 2000 is 5.7% above its trailing stop of 1688.53: a close under it takes the bot out.",
        "ETH is 33.3% above its stop of 353.72: a close there sells everything.",
        "VIX at 23.11 is 34.0% under its limit of 35: a close over it sells everything.",
        "40 of 63 sessions without a record: at the end a part is sold.",
        "1 of 10 sessions in a row with small caps lagging: at the end a part is sold.",
        "Altcoins need 1 more session, ETH/BTC 25.0% higher, above its average and 60% of altcoins above their average "
        "instead of 49%.",
    ]


def test_a_kill_that_the_config_switches_off_is_no_way_out() -> None:
    way = next_trigger("ETH", INVESTED, Labels("Russell 2000", frozenset({"credit"})))
    assert way.reading == "small_cap_stop"


def test_in_altcoins_the_way_back_is_the_pair() -> None:
    readings = {"eth_btc": reading(0.044, 0.04, "yes")}
    assert next_trigger("ALTS", readings).sentence == (
        "ETH/BTC is 10.0% above its average: days in a row under it send the altcoins back into ETH."
    )


def test_distribution_and_cooldown_tell_the_days_left() -> None:
    winding = {**small_caps(98.0, 100.0), "sessions_distributing": reading(4, 21, "no")}
    assert [way.sentence for way in triggers("DISTRIBUTION", winding, RUSSELL)] == [
        "The rest is sold in 17 sessions.",
        "A record of Russell 2000 above 100, 2.0% away, while it leads the market takes the position up again.",
    ]
    cooling = {"sessions_cooling": reading(4, 10, "no")}
    assert next_trigger("COOLDOWN", cooling).sentence == (
        "The cooldown after the risk exit lasts 6 sessions more; then any record of small caps arms the bot."
    )


def test_a_users_own_strategy_is_told_by_its_reading_that_is_least_far() -> None:
    readings = {"my_rsi": reading(60.0, 70.0, "no"), "my_sma": reading(99.0, 100.0, "no"), "mood": "fine"}
    assert next_trigger("WATCH", readings).sentence == "My sma stands at 99, 1.0% from 100."


def test_without_readings_it_says_that_it_does_not_know() -> None:
    for stage in ("STABLE", "ARMED", "CONFIRMED", "ETH", "ALTS", "DISTRIBUTION", "COOLDOWN", "IN"):
        assert next_trigger(stage, {}).sentence == "The readings of this day do not say what is nearest."
