"""Time of a set in the simulation and in vectorbt: `python -m benchmarks.against_vectorbt PYTHON`.

PYTHON is the interpreter of an environment with vectorbt, which needs older libraries than the project. vectorbt gets
the target weights of each decision that trades, and the opens of the day after. It knows fees and slippage alone: no
lots, no volume cap, no retries, no market impact, no endings of coins.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.process import ROOT
from benchmarks.sweep import WINDOW, drawn_sets
from bot.core.decision import Decision, Trade
from bot.core.market import Floats
from bot.data.demo.demo_market import DEMO
from bot.services.markets import open_market
from bot.services.strategy_settings import rotation_settings
from bot.settings.loader import load_config
from bot.simulation.prepared_market import PreparedMarket
from bot.sweep.variation import Variations, with_changes
from strategies.rotation.rotation import Rotation
from strategies.rotation.view import RotationView

SETS, SETS_OF_VECTORBT = 2_000, 20
SCRIPT = Path(__file__).with_name("vectorbt_orders.py")


def main() -> None:
    """Measure and print."""
    config, market = load_config(), open_market(load_config(), None, DEMO)
    prepared = PreparedMarket(config, market, WINDOW)
    sets, coins = drawn_sets(SETS), prepared.coins
    weights = []
    for changes in sets[:SETS_OF_VECTORBT]:
        settings = rotation_settings(with_changes(config, changes))
        view = RotationView(market, settings, of=prepared.view)
        weights.append(_weights(Rotation(settings).decide(view), prepared))
    with tempfile.TemporaryDirectory() as folder:
        inputs = Path(folder) / "inputs.npz"
        np.savez(inputs, weights=weights, open=coins.open[1:], fee=coins.fee, slippage=coins.slippage)
        command = [sys.argv[1], str(SCRIPT), str(inputs)]
        found = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    other = float(found.stdout)
    variations = Variations(config, market, WINDOW, is_compiled=True)
    variations.run({})
    own = _seconds(lambda: [run.equity[-1] for run in variations.runs(sets)])
    whole = _seconds(lambda: list(variations.figures_of(sets)))
    print(
        f"final value of a set of {len(prepared.symbols)} coins over ten years: vectorbt {other * 1000:.1f} CPU ms, "
        f"simulation {own * 1000:.2f} CPU ms: {other / own:.0f} times (target 100); with all figures of a sweep "
        f"{whole * 1000:.2f} CPU ms: {other / whole:.0f} times"
    )


def _seconds(work: Callable[[], object]) -> float:
    """CPU seconds a set."""
    began = time.process_time()
    work()
    return (time.process_time() - began) / SETS


def _weights(decisions: list[Decision], prepared: PreparedMarket) -> Floats:
    """Lay out target weights by day of the window, NaN where nothing trades, shape (days, coins)."""
    found = np.full((prepared.days, len(prepared.symbols)), np.nan)
    for number, decision in enumerate(decisions):
        day = number - prepared.first
        if 0 <= day < prepared.days and decision.trade is not Trade.HOLD:
            found[day] = [float(decision.weights.get(symbol, 0)) for symbol in prepared.symbols]
    found[:, np.isnan(prepared.coins.open[1:]).all(axis=0)] = np.nan
    return found


if __name__ == "__main__":
    main()
