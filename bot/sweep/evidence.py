"""Evidence for the best set of a sweep: number of trials, deflated Sharpe ratio, overfitting, episodes and plateau."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from bot.core.market import Floats
from bot.core.plural import counted
from bot.report import numbers
from bot.report.overfitting import overfitting
from bot.report.sharpe import best_by_chance, deflated_sharpe, sharpe_sample
from bot.sweep.neighbours import Neighbourhood
from bot.sweep.sweep_file import SweepFile

MONTHS_A_YEAR = 12
LEAST_MONTHS = 12
"""Months from which on a deflated Sharpe ratio and a PBO are computed."""
MOST_BLOCKS = 12
"""Blocks of the splits of the PBO: 924 splits."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence for the best set, by final equity, of all sets of a sweep.

    Attributes
    ----------
    trials, distinct
        Number N of sets, and of different series of monthly returns among them.
    months
        Calendar months of the window.
    best, final_equity, episodes, trades
        Number of the best set, its final equity (in the quote currency), entries into ETH and round trips.
    sharpe, by_luck
        Its Sharpe ratio and the best one to expect of N trials by luck, a year, of monthly returns.
    deflated_sharpe
        Probability that its true Sharpe ratio is above `by_luck`.
    pbo, splits
        Probability of backtest overfitting over all sets, and the splits of it.
    plateau, neighbours
        Median final equity of its neighbours as a share of its own, and their number.
    best_plateau_set, best_plateau
        Number of the set with the highest plateau, and that plateau as a share of the best set's final equity.
    missing
        Reasons for which figures are absent, by their names.
    """

    trials: int
    distinct: int
    months: int
    best: int
    final_equity: float
    episodes: int
    trades: int
    sharpe: float | None = None
    by_luck: float | None = None
    deflated_sharpe: float | None = None
    pbo: float | None = None
    splits: int | None = None
    plateau: float | None = None
    neighbours: int = 0
    best_plateau_set: int | None = None
    best_plateau: float | None = None
    missing: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the figures by name, for JSON and for the attributes of a table."""
        return asdict(self)

    def sentences(self) -> list[str]:
        """Return the evidence in plain words, a figure a sentence."""
        luck = (
            f"The highest of {self.trials:,} results is high by luck alone."
            if self.trials > 1
            else "One set was tried, so that none was chosen."
        )
        rests = counted(self.episodes, "episode") if self.trades or self.episodes else "no trade at all"
        money = numbers.money(self.final_equity)
        return [
            f"{counted(self.trials, 'set')} (trials). The best by final equity is set {self.best}, "
            f"with {money}; it rests on {rests}.",
            *self.on_the_choice(),
            f"Plateau: {self._plateau()}",
            luck,
        ]

    def on_the_choice(self) -> list[str]:
        """Return how far to believe a choice of the best: deflated Sharpe ratio, and overfitting."""
        return [
            f"Deflated Sharpe ratio (DSR): {self._dsr()}",
            f"Probability of backtest overfitting (PBO): {self._pbo()}",
        ]

    def _dsr(self) -> str:
        if self.deflated_sharpe is None or self.sharpe is None or self.by_luck is None:
            return f"not computed: {self.missing['deflated_sharpe']}."
        return (
            f"{self.deflated_sharpe:.2f}, the probability that its Sharpe ratio ({numbers.ratio(self.sharpe)} a year, "
            f"of months) is above the best of {self.trials:,} trials by luck ({numbers.ratio(self.by_luck)})."
        )

    def _pbo(self) -> str:
        if self.pbo is None:
            return f"not computed: {self.missing['pbo']}."
        return (
            f"{self.pbo:.2f}, the share of {self.splits:,} splits of the months in which the best set of one half is "
            "in the lower half of the other."
        )

    def _plateau(self) -> str:
        if self.plateau is None or self.best_plateau is None:
            return f"not computed: {self.missing['plateau']}."
        own = (
            f"the median of {counted(self.neighbours, 'neighbour')} of set {self.best} has "
            f"{numbers.whole_percent(self.plateau)} of its final equity"
        )
        if self.best_plateau_set == self.best:
            return f"{own}; it is the best plateau too."
        best = f"set {self.best_plateau_set} has the best plateau, {numbers.whole_percent(self.best_plateau)} of it"
        return f"{own}; {best}."


def evidence_of(file: SweepFile) -> Evidence | None:
    """Compute the evidence for the best set from the file of a sweep alone, if it has any sets."""
    table = file.table()
    if table.empty:
        return None
    return evidence(table, file.monthly_returns(), is_grid=file.plan()["sampler"] == "grid")


def evidence(table: pd.DataFrame, returns: Floats, is_grid: bool, best: int | None = None) -> Evidence:
    """Compute the evidence for the best set of a table.

    Parameters
    ----------
    table
        Table of the sweep, at least one set.
    returns
        Simple return of each calendar month, shape (months, sets), in the order of the table.
    is_grid
        True if the sets are the combinations of a grid, False if they were drawn.
    best
        Row of the best set by another figure; by default the one with the highest final equity.
    """
    row = ranked(table)[0] if best is None else best
    distinct = len({column.tobytes() for column in returns.T})
    found: dict[str, Any] = {}
    missing: dict[str, str] = {}
    for figures, reasons in (
        _deflated(returns, row, distinct),
        _overfitted(returns, distinct),
        _on_plateau(Neighbourhood(table, is_grid), table, row),
    ):
        found |= figures
        missing |= reasons
    return Evidence(
        trials=len(table),
        distinct=distinct,
        months=len(returns),
        best=int(table["set"][row]),
        final_equity=float(table["final_equity"][row]),
        episodes=int(table["episodes"][row]),
        trades=int(table["trades"][row]),
        missing=missing,
        **found,
    )


def ranked(table: pd.DataFrame) -> list[int]:
    """Return the rows of a table by final equity, the best first; of equal ones the lower number."""
    return [int(row) for row in np.argsort(-table["final_equity"].to_numpy(float), kind="stable")]


_Found = tuple[dict[str, Any], dict[str, str]]


def _without_choice(returns: Floats, distinct: int) -> str:
    """Return the reason that keeps a choice among the sets from being judged; "" if it can be."""
    if returns.shape[1] == 1:
        return "there is one set"
    if distinct == 1:
        return "all sets have the same returns"
    if len(returns) < LEAST_MONTHS:
        return f"the window has {counted(len(returns), 'month')}, fewer than {LEAST_MONTHS}"
    return ""


def _deflated(returns: Floats, row: int, distinct: int) -> _Found:
    reason = _without_choice(returns, distinct)
    sample = None if reason else sharpe_sample(returns[:, row])
    if not reason and sample is None:
        reason = "the best set has no Sharpe ratio, since its equity never changes"
    # Of one month alone there is no deviation.
    ratios = np.zeros(0) if reason else _sharpe_ratios(returns)
    if not reason and len(ratios) < 2:
        reason = "fewer than two sets have a Sharpe ratio"
    if reason or sample is None:
        return {}, {"deflated_sharpe": reason}
    variance, trials = float(np.var(ratios, ddof=1)), returns.shape[1]
    year = math.sqrt(MONTHS_A_YEAR)
    return {
        "sharpe": sample.sharpe * year,
        "by_luck": best_by_chance(variance, trials) * year,
        "deflated_sharpe": deflated_sharpe(sample, variance, trials),
    }, {}


def _sharpe_ratios(returns: Floats) -> Floats:
    """Return the Sharpe ratio of each set that has one, of monthly returns."""
    changing = returns[:, np.ptp(returns, axis=0) > 0]
    ratios: Floats = changing.mean(axis=0) / changing.std(axis=0, ddof=1)
    return ratios


def _overfitted(returns: Floats, distinct: int) -> _Found:
    reason = _without_choice(returns, distinct)
    if reason:
        return {}, {"pbo": reason}
    # An even number of blocks of at least two months.
    splits = overfitting(returns, min(MOST_BLOCKS, len(returns) // 4 * 2))
    return {"pbo": splits.probability, "splits": len(splits.ranks)}, {}


def _on_plateau(near: Neighbourhood, table: pd.DataFrame, row: int) -> _Found:
    own, best = near.plateau(row), near.best_plateau()
    if own.equity is None or best is None or best.equity is None:
        return {}, {"plateau": "the best set has no neighbour among the sets"}
    equity = float(table["final_equity"][row])
    if not equity:
        return {}, {"plateau": "the best set lost everything"}
    return {
        "plateau": own.equity / equity,
        "neighbours": own.neighbours,
        "best_plateau_set": int(table["set"][best.row]),
        "best_plateau": best.equity / equity,
    }, {}
