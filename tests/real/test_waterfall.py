"""What the waterfall and the supercycle score said of years that are known."""

from __future__ import annotations

import numpy as np
import pytest

from bot.core.market import Market
from bot.services.strategy_settings import rotation_settings
from bot.settings.loader import load_config
from strategies.rotation.conditions import is_breakout
from strategies.rotation.supercycle import Supercycle, runs_above
from strategies.rotation.view import RotationView
from strategies.rotation.waterfall import Layer, waterfall


@pytest.fixture(scope="module")
def view(real_market: Market) -> RotationView:
    return RotationView(real_market, rotation_settings(load_config()))


@pytest.fixture(scope="module")
def layers(view: RotationView) -> dict[str, Layer]:
    return {layer.name: layer for layer in waterfall(view)}


@pytest.fixture(scope="module")
def score(view: RotationView) -> Supercycle:
    return view.supercycle


def said(view: RotationView, states: list[str], first: str, last: str) -> list[str]:
    """What was said at the decisions from one day to another, both included, where there were data."""
    days = view.times.astype("datetime64[D]")
    inside = np.flatnonzero((days >= np.datetime64(first)) & (days <= np.datetime64(last)))
    return [states[i] for i in inside if states[i] != "no data"]


@pytest.mark.parametrize(
    ("layer", "first", "last", "state"),
    [
        ("net_liquidity", "2020-04-15", "2020-05-31", "easing"),  # the Fed bought for trillions
        ("net_liquidity", "2022-05-01", "2022-07-15", "tight"),  # it began to shrink, and the Treasury filled up
        ("treasury_account", "2020-05-01", "2020-07-31", "tight"),  # from 0.4 to 1.8 trillion
        ("treasury_account", "2021-03-15", "2021-07-31", "easing"),  # and down again
        ("credit", "2020-03-15", "2020-04-30", "tight"),
        ("credit", "2017-01-01", "2017-12-31", "easing"),
        ("broad_equities", "2022-06-01", "2022-07-31", "tight"),
        ("broad_equities", "2021-03-01", "2021-08-31", "easing"),
        ("small_cap_trend", "2021-01-01", "2021-03-31", "easing"),
        ("small_cap_trend", "2022-02-01", "2022-07-31", "tight"),
        ("eth", "2021-01-01", "2021-04-30", "easing"),
        ("altcoin_breadth", "2018-02-15", "2018-03-31", "tight"),
        ("stablecoin_supply", "2021-01-01", "2021-05-31", "easing"),
        ("stablecoin_supply", "2022-12-01", "2023-06-30", "tight"),
    ],
)
def test_a_layer_said_of_known_months_what_they_were(
    layer: str, first: str, last: str, state: str, view: RotationView, layers: dict[str, Layer]
) -> None:
    found = said(view, layers[layer].states, first, last)
    assert found
    assert found.count(state) >= 0.9 * len(found)


def test_the_run_of_november_2020_lasted_for_263_closes_above_its_level(view: RotationView) -> None:
    source, rules = view.source, view.settings.rules
    before, is_record, base, _ = source.records()
    runs = runs_above(source.closes, before, is_breakout(rules, is_record, base), rules)
    ended = {str(source.sessions[end]): length for end, length in runs.completed}
    # 1740.75 was the level, 2442.74 the high: the trail of 0.97 x 0.93 x 2442.74 = 2203.6 broke at 2198.91
    assert ended["2021-11-30"] == 263
    assert ended["2018-10-11"] == 481
    assert (ended["2025-11-17"], len(ended)) == (30, 21)


def test_the_score_is_told_of_the_two_parts_that_this_folder_has(view: RotationView, score: Supercycle) -> None:
    found = score.at(-1)
    assert (found["score"], found["known"]) == (0, 2)
    notes = {part["name"]: part["note"] for part in found["parts"]}
    assert notes == {"long_run": "", "dips_bought": "", "sectors_rotate": "absent", "high_beta": "absent"}
    assert score.known.max() == 2


def test_the_run_of_2021_was_long_and_that_of_2022_none(view: RotationView, score: Supercycle) -> None:
    assert set(said(view, score.verdicts("long_run"), "2021-06-01", "2021-11-01")) == {"yes"}
    assert set(said(view, score.verdicts("long_run"), "2022-01-01", "2024-12-31")) == {"no"}
