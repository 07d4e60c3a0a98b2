"""CPU seconds of vectorbt for a set of target weights: `PYTHON vectorbt_orders.py INPUTS.npz`, without compiling."""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np


def final_value(weights: Any, opens: Any, fee: Any, slippage: Any) -> float:
    """Run one set, and return its final value.

    Parameters
    ----------
    weights, opens
        Target weights, NaN where nothing trades, and opens in USDT, shape (days, coins).
    fee, slippage
        Shares of a price, shape (coins,).
    """
    import vectorbt  # of another environment than the project's

    known = np.nan_to_num(opens, nan=1.0)
    portfolio = vectorbt.Portfolio.from_orders(
        known,
        size=weights,
        size_type="targetpercent",
        fees=fee,
        slippage=slippage,
        init_cash=10_000.0,
        group_by=True,
        cash_sharing=True,
        call_seq="auto",
        freq="1D",
    )
    return float(portfolio.final_value())


def main() -> None:
    """Print the CPU seconds of a set; the first set is run before, as it compiles."""
    inputs = np.load(sys.argv[1])
    opens, fee, slippage = inputs["open"], inputs["fee"], inputs["slippage"]
    final_value(inputs["weights"][0], opens, fee, slippage)
    began = time.process_time()
    for weights in inputs["weights"]:
        final_value(weights, opens, fee, slippage)
    print((time.process_time() - began) / len(inputs["weights"]))


if __name__ == "__main__":
    main()
