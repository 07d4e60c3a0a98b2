"""Speed and memory of a sweep: `python -m benchmarks.sweep [SETS]`, on the demo's coins over ten years."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import numpy as np

from benchmarks.bare_loop import bare_loop
from benchmarks.process import ROOT
from bot.core.window import Window
from bot.data.demo.demo_market import DEMO
from bot.infra.garbage import collect_rarely
from bot.services.markets import open_market
from bot.services.plans import window_of
from bot.settings.loader import load_config
from bot.simulation.kernel import RunInputs, SetNumbers
from bot.simulation.prepared_market import PreparedMarket
from bot.simulation.simulation import Simulation
from bot.sweep.chunks import chunks_of, run_chunk
from bot.sweep.numbers_of_sets import TARGET_FIELDS, rule_fields, with_fields
from bot.sweep.sweep import CHUNK, DEFAULT_GRID
from bot.sweep.variation import Variations
from bot.sweep.walk_forward import WalkForwardOptions, walk_forward

SETS = 10_000
WINDOW = Window(date(2103, 1, 1), date(2112, 12, 30))
NEW_WINDOWS = 20


def drawn_sets(count: int) -> list[dict[str, object]]:
    """Draw sets of numbers that leave the readings as they are."""
    random = np.random.default_rng(1)
    return [
        {
            "rotation.breakout.base_sessions": int(random.integers(5, 60)),
            "rotation.breakout.confirm_closes": int(random.integers(1, 8)),
            "rotation.trail.of_level": round(float(random.uniform(0.9, 0.99)), 3),
            "rotation.stages.quiet_sessions": int(random.integers(20, 120)),
            "rotation.stages.cooldown_sessions": int(random.integers(1, 30)),
            "rotation.eth_stop.drawdown": round(float(random.uniform(0.1, 0.5)), 3),
            "altcoins.choose_every_days": int(random.integers(5, 30)),
            "sizing.rebalance_days": int(random.integers(1, 30)),
        }
        for _ in range(count)
    ]


def loop_ratio(count: int = SETS) -> dict[str, float]:
    """CPU seconds of so many sets by the simulation and by the bare loop, in turn, and their ratios.

    `figures` are the seconds of the sweep's whole work on a set, from its changes to its figures.
    """
    config = load_config()
    market = open_market(config, None, DEMO)
    variations = Variations(config, market, WINDOW, is_compiled=True)
    prepared = PreparedMarket(config, market, WINDOW)
    coins = prepared.coins
    # The bare loop knows no ending of a coin: neither loop chooses one that ends.
    shares = prepared.shares * (coins.settled_on > prepared.days)
    view, settings, sets = prepared.view, prepared.settings, drawn_sets(count)
    stressed = view.credit_stress[prepared.first :][: prepared.days]
    multipliers = np.where(stressed, float(config.costs.stress_multiplier), 1.0)
    fields = rule_fields(settings)
    rules = [with_fields(settings.rules, fields, changes) for changes in sets]
    targets = [with_fields(settings.target_rules, TARGET_FIELDS, changes) for changes in sets]
    simulation, bare = Simulation(is_compiled=True), bare_loop()
    arrays = RunInputs(simulation.observations(view.observed), view.stale, shares, coins, multipliers, prepared.first)
    rows = [np.array(list(map(tuple, part)), float) for part in (rules, targets, [prepared.numbers] * count)]

    def by_simulation(part: slice) -> list[float]:
        numbers = [SetNumbers(*one, prepared.numbers) for one in zip(rules[part], targets[part], strict=True)]
        return [run.equity[-1] for run in simulation.each(numbers, arrays)]

    def by_bare_loop(part: slice) -> list[float]:
        r, t, z = (columns[part] for columns in rows)
        return list(bare(r, t, z, view.observed, shares, coins, multipliers, prepared.first))

    def by_sweep(part: slice) -> None:
        list(variations.figures_of(sets[part]))

    np.testing.assert_allclose(by_simulation(slice(50)), by_bare_loop(slice(50)), rtol=1e-9)
    by_sweep(slice(2))
    seconds = dict.fromkeys(("simulation", "bare", "figures"), 0.0)
    for begin in range(0, count, 500):  # in turn, so that other work of the machine slows all
        part = slice(begin, begin + 500)
        for name, work in (("simulation", by_simulation), ("bare", by_bare_loop), ("figures", by_sweep)):
            seconds[name] += _cpu(work, part)
    return {
        **seconds,
        "coins": len(prepared.symbols),
        "ratio": seconds["simulation"] / seconds["bare"],
        "whole_ratio": seconds["figures"] / seconds["bare"],
    }


def memory_of_sets(count: int = SETS) -> float:
    """Megabytes by which the peak memory of a new process grows while it runs so many sets and keeps their rows."""
    code = f"from benchmarks.sweep import memory_here; print(memory_here({count}))"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    return float(found.stdout)


def memory_here(count: int) -> float:
    """Megabytes by which the peak memory of this process grows while it runs so many sets and keeps their rows."""
    config = load_config()
    variations = Variations(config, open_market(config, None, DEMO), WINDOW, is_compiled=True)
    variations.figures({})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    kept = [row for chunk in chunks_of(drawn_sets(count), CHUNK).values() for row in run_chunk(variations, chunk)]
    grew = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    if len(kept) != count:
        raise AssertionError(f"{len(kept)} rows of {count} sets")
    return grew


def new_windows() -> dict[str, float]:
    """CPU milliseconds of a set that changes a window of a reading, and of one that changes a window of altcoins."""
    config = load_config()
    variations = Variations(config, open_market(config, None, DEMO), WINDOW, is_compiled=True)
    variations.figures({})

    def lap(key: str, first: int) -> float:
        changes: list[Mapping[str, object]] = [{key: first + i} for i in range(NEW_WINDOWS)]
        return _cpu(lambda sets: [variations.figures(one) for one in sets], changes) / NEW_WINDOWS * 1000

    return {"reading": lap("rotation.trend.fast", 30), "altcoins": lap("altcoins.breadth_window", 60)}


def walk_forward_seconds(sets: int = 500) -> dict[str, float]:
    """CPU seconds of a walk-forward over the demo: its folds, and so many sets in each."""
    config = load_config()
    market = open_market(config, None, DEMO)
    window = window_of(market, None, None)
    options = WalkForwardOptions(DEFAULT_GRID, sampler="random", sets=sets, start=window.start, end=window.end)
    began = time.process_time()
    found = walk_forward(config, market, options, lambda done, folds: None)
    return {"seconds": time.process_time() - began, "folds": len(found.folds)}


def _cpu(work: Callable[[Any], object], argument: Any) -> float:
    began = time.process_time()
    work(argument)
    return time.process_time() - began


def main() -> None:
    """Measure and print."""
    collect_rarely()  # as each command does
    count = int(sys.argv[1]) if sys.argv[1:] else SETS
    loop = loop_ratio(count)
    print(
        f"{count:,} rule sets, {loop['coins']} coins, ten years: simulation {loop['simulation']:.2f} CPU s, bare numba "
        f"loop {loop['bare']:.2f} CPU s: {loop['ratio']:.2f} times (target 1.5); with figures "
        f"{loop['figures']:.2f} CPU s: {loop['whole_ratio']:.2f} times"
    )
    print(f"memory of {count:,} sets: {memory_of_sets(count):.0f} MB more at the peak (target 400)")
    windows = new_windows()
    print(
        f"a set with a new window: {windows['reading']:.0f} CPU ms of a reading (target 60), "
        f"{windows['altcoins']:.0f} CPU ms of altcoins"
    )
    forward = walk_forward_seconds()
    print(f"walk-forward, {forward['folds']} folds x 500 sets: {forward['seconds']:.1f} CPU s (target 30)")


if __name__ == "__main__":
    main()
