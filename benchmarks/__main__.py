"""Print every figure beside its target: `python -m benchmarks` (real prices: MARKET_DATA_DIR)."""

from __future__ import annotations

import os

from benchmarks.daemon import daemon_usage
from benchmarks.dashboard import page_times
from benchmarks.engine import engine_ratio
from benchmarks.process import whole_process
from benchmarks.store import store_ratio
from benchmarks.sweep import main as measure_sweep
from benchmarks.venue import order_round_trip, tick_of_ten_orders

_TICKS = 50
WINDOW = ["--start", "2016-01-01", "--end", "2026-03-18"]


def main() -> None:
    """Measure and print."""
    engine = engine_ratio()
    print(
        f"backtrader engine: {engine['numpy_feed']:.2f} s, the same {engine['fills']:.0f} orders through "
        f"PandasData {engine['pandas_data']:.2f} s: {engine['ratio']:.1f} times as fast (target 3)"
    )
    store = store_ratio()
    print(
        f"the store, ten years of 60 series: {store['arrays']:.3f} s from its arrays (target 0.5), "
        f"{store['rows']:.2f} s from its rows: {store['ratio']:.0f} times as fast"
    )
    order = order_round_trip()
    print(
        f"an order through ccxt to the venue in a box and back: {order['median']:.1f} ms (target 5), "
        f"one in a hundred {order['slowest']:.1f} ms"
    )
    tick = tick_of_ten_orders()
    print(
        f"a tick of {tick['orders']:.0f} orders to the venue, through the guard: {tick['seconds']:.2f} s (target 1.5)"
    )
    resident = {ticks: used.megabytes for ticks, used in daemon_usage(_TICKS, (1, _TICKS)).items()}
    print(
        f"bot paper run: {resident[1]:.0f} MB after a tick, {resident[_TICKS]:.0f} MB after {_TICKS} (target 250); "
        "of a thousand: python -m benchmarks.daemon"
    )
    helped = whole_process(["--help"], rounds=5)
    print(f"bot --help: {helped['seconds']:.2f} s (target 0.4)")
    prices = os.environ.get("MARKET_DATA_DIR")
    if prices:
        ran = whole_process(["backtest", "--data-dir", prices, *WINDOW], rounds=3)
        print(
            f"bot backtest on real prices with benchmarks and report: {ran['seconds']:.2f} s (target 6), "
            f"{ran['megabytes']:.0f} MB (target 400)"
        )
        pages = page_times(prices, WINDOW[1], WINDOW[3])
        slowest = max(pages, key=pages.__getitem__)
        print(f"the dashboard on ten years: the slowest page {pages[slowest]:.2f} s (target 1): {slowest}")
    else:
        print("bot backtest on real prices: not measured, MARKET_DATA_DIR names no folder")
    demo = whole_process(["backtest"], rounds=1)
    print(f"bot backtest on the demo market, 10 seeds of two worlds: {demo['cpu']:.1f} CPU s (target 10)")
    measure_sweep()


if __name__ == "__main__":
    main()
