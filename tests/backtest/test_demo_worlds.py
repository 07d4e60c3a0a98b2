"""The two worlds of a demo seed, simulated and run by the exact engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bot.backtest import demo_worlds
from bot.services.markets import demo_parameters, demo_world
from bot.services.markets import demo_worlds as markets_of
from bot.services.plans import window_of
from bot.settings.loader import load_config


def test_a_world_is_simulated_as_the_exact_engine_runs_it() -> None:
    config = load_config(changes={"demo": {"spread_seeds": 2}})
    _, market = markets_of(config, demo_parameters(config, planted=True))
    window = window_of(market, None, None)
    simulated = demo_worlds._equity(config, market, {})
    exact = demo_worlds._exact(config, market, window)
    assert simulated.index[0].date() == window.start and simulated.index[-1].date() == window.end
    np.testing.assert_allclose(simulated, exact, rtol=1e-9)
    assert np.ptp(exact) > 1000


def test_manual_overrides_are_run_by_the_exact_engine() -> None:
    assert demo_worlds._is_simulated(load_config())
    assert not demo_worlds._is_simulated(load_config(changes={"overrides": {"reduce_only": True}}))


def test_both_worlds_share_the_series_without_effect() -> None:
    config = load_config()
    parameters = replace(demo_parameters(config, planted=True), seed=3)
    absent, planted = markets_of(config, parameters)
    assert absent["DEMO-RUT"] is planted["DEMO-RUT"] and absent["DEMO-BTC"] is planted["DEMO-BTC"]
    assert planted["DEMO-ETH"].close[-1] > absent["DEMO-ETH"].close[-1]
    for made, strength in ((absent, 0.0), (planted, parameters.thesis_strength)):
        expected = demo_world(config, replace(parameters, thesis_strength=strength))
        assert {s: made[s].sha256 for s in made} == {s: expected[s].sha256 for s in expected}
