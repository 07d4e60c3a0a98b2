"""The tables: what each gate, the costs, a delay and the dead coins make of the rotation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bot.study.rotation_runs import FIGURES, VariantRun, variant_runs
from bot.study.study_data import StudyData

DOES_NOT_SHOW = (
    "Which setting to use from now on: every row was read after the fact on the same prices, and the best of many rows "
    "is the best in part by chance."
)

DEFINITIONS = {
    "table": "config (the rotation as configured), gate, costs, delay or coins",
    "variant": "What differs from the config",
    "total_return": "Return over the whole run, share of the start equity",
    "cagr": "Compound growth a year of 365 days, share",
    "max_drawdown": "Drawdown: the largest fall from a peak, negative share",
    "sharpe": "Mean over standard deviation of the daily returns, a year of 365 days, over a rate of zero",
    "trades": "Round trips",
    "exposure": "Mean share of equity in coins",
    "missing": "Why a variant is not computed",
}

_CHANGES = {
    "gate": "with other gates",
    "costs": "at other costs",
    "delay": "with a delay",
    "coins": "without some of the coins",
}


def tables(data: StudyData) -> dict[str, Any]:
    """Backtest every variant of the plan's tables.

    Raises
    ------
    DataError
        If the plan's claim is another than the one that the rotation trades.
    """
    runs = data.once(variant_runs)
    return {"rows": [_row(run) for run in runs], "notes": _notes(runs), "sentence": _sentence(runs)}


def _row(run: VariantRun) -> dict[str, Any]:
    figures = {name: run.figures.get(name) for name in FIGURES}
    return {"table": run.table, "variant": run.variant, **figures, "missing": run.missing}


def _notes(runs: Sequence[VariantRun]) -> list[str]:
    """Name the gates whose switch leaves every order as it is."""
    own = next(run for run in runs if run.table == "config")
    same = [run.variant for run in runs if run.table == "gate" and np.array_equal(run.returns, own.returns)]
    return [f"The same orders as configured: {', '.join(same)}."] if same else []


def _sentence(runs: Sequence[VariantRun]) -> str:
    spans = [f"{words} {span}" for table, words in _CHANGES.items() if (span := _span(runs, table))]
    own = next(run for run in runs if run.table == "config")
    changed = f"; {', '.join(spans)}" if spans else ""
    return f"The rotation as configured returned {own.figures['total_return']:+.0%} over the whole run{changed}."


def _span(runs: Sequence[VariantRun], table: str) -> str:
    """Return the lowest and the highest return of a table."""
    returns = [run.figures["total_return"] for run in runs if run.table == table and run.missing is None]
    return f"{min(returns):+.0%} to {max(returns):+.0%}" if returns else ""
