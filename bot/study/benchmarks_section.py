"""The rotation against its benchmarks, given all that was tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from bot.backtest.benchmark_runs import run_benchmarks
from bot.backtest.figures import figures_of
from bot.backtest.random_timing import band_of
from bot.core.market import Floats
from bot.ledger.plan_log import plan_log
from bot.report.labels import labels_of
from bot.report.metrics import PERIODS_PER_YEAR
from bot.report.numbers import share_of_cases
from bot.report.overfitting import overfitting
from bot.report.sharpe import (
    SharpeSample,
    best_by_chance,
    deflated_sharpe,
    minimum_track_record,
    probabilistic_sharpe,
    sharpe_sample,
)
from bot.report.words import benchmark_name
from bot.study.rotation_runs import RotationRuns, VariantRun, daily_returns_of, variant_runs
from bot.study.study_data import StudyData
from bot.study.superior import longest_block, superior
from bot.study.trials import trials

DOES_NOT_SHOW = (
    "That the rotation pays for its risk: the tests compare mean daily returns. And the trials are those of this log; "
    "what others tried before is not counted."
)

DEFINITIONS = {
    "benchmark": "Strategy on the same data, costs and fills",
    "total_return": "Return over the whole run, share of the start equity",
    "sharpe": "Mean over standard deviation of the daily returns, a year of 365 days, over a rate of zero",
    "difference": "Mean daily return of the rotation less that of the benchmark",
    "is_beaten": "The rotation's mean daily return is higher, by StepM at a familywise error of 5%",
    "is_better": "The benchmark's mean daily return is higher, by StepM at a familywise error of 5%",
    "missing": "Why a benchmark is not compared",
    "p_rotation": "SPA: probability of a lead over some benchmark as large as the observed one if it beats none",
    "p_benchmarks": "SPA: the same the other way round, if no benchmark beats the rotation",
    "block": "Mean length of a block of the bootstrap, days",
    "psr": "Probability that the rotation's true Sharpe ratio is above 0 (Bailey, Lopez de Prado 2012)",
    "min_track_record": "Years of such returns after which that probability is 95%; null for a ratio of 0 or less",
    "trials": "Variants that the log of plans has seen",
    "sr0": "Best Sharpe ratio a year to expect of that many trials without skill",
    "dsr": "Deflated Sharpe ratio: probability of a true ratio above sr0 (Bailey, Lopez de Prado 2014)",
    "variants": "Variants of the tables with different returns",
    "pbo": "Probability of backtest overfitting over these variants, by CSCV: share of the splits whose in-sample best "
    "ranks in the lower half out of sample",
    "splits": "Splits of the CSCV",
    "at_least_as_well": "Share of random timings that did at least as well as the rotation",
}

_SAME = "its returns are those of the rotation"


@dataclass(frozen=True, slots=True, eq=False)
class _Benchmark:
    """A benchmark with its returns and figures; `missing` says why it is not compared."""

    returns: Floats
    figures: Mapping[str, Any]
    missing: str | None


def benchmarks(data: StudyData) -> dict[str, Any]:
    """Compare the rotation with its benchmarks and its own variants.

    Raises
    ------
    DataError
        If the plan's claim is another than the one that the rotation trades.
    """
    runs = data.once(RotationRuns)
    own = daily_returns_of(runs.book)
    others = _benchmarks(runs, own)
    compared = {name: other.returns for name, other in others.items() if other.missing is None}
    tests = _tests(data, own, compared)
    share = band_of(runs.book, runs.rotation, data.config.benchmarks.random_shifts).at_least_as_well
    names = {key: benchmark_name(key, labels_of(data.config.resolved())) for key in others}
    sharpe = _sharpe(data, own, data.once(variant_runs))
    found = {**tests, **sharpe, "at_least_as_well": share}
    return {
        "rows": [_row(names[key], own, other, key, tests) for key, other in others.items()],
        **found,
        "notes": _notes(found, names),
        "sentence": _sentence(found, len(compared)),
    }


def _benchmarks(runs: RotationRuns, own: Floats) -> dict[str, _Benchmark]:
    trend_days = runs.data.config.benchmarks.trend_days
    variants = runs.rotation.variants(runs.market)
    found = run_benchmarks(runs.market, runs.plan, runs.window, variants, trend_days, runs.stressed)
    result = {}
    for name, book in found.books.items():
        returns = np.array([]) if book is None else daily_returns_of(book)
        figures = {} if book is None else figures_of(book, book.plan.cash)
        result[name] = _Benchmark(returns, figures, _missing(returns, own, found.last_days.get(name)))
    return result


def _missing(returns: Floats, own: Floats, last: date | None) -> str | None:
    if len(returns) != len(own):
        return f"its data end on {last}"
    return _SAME if np.array_equal(returns, own) else None


def _tests(data: StudyData, own: Floats, compared: Mapping[str, Floats]) -> dict[str, Any]:
    """Run SPA and StepM in both directions."""
    rule = data.plan.benchmarks
    if not compared:
        return {"p_rotation": None, "p_benchmarks": None, "block": None, "beaten": [], "better": []}
    lead = {name: own - returns for name, returns in compared.items()}
    behind = {name: -values for name, values in lead.items()}
    block = longest_block(lead)
    rotation, others = (superior(values, rule.draws, rule.seed, block) for values in (lead, behind))
    return {
        "p_rotation": rotation.p,
        "p_rotation_bounds": [rotation.p_lower, rotation.p_upper],
        "p_benchmarks": others.p,
        "p_benchmarks_bounds": [others.p_lower, others.p_upper],
        "block": block,
        "beaten": list(rotation.superior),
        "better": list(others.superior),
    }


def _sharpe(data: StudyData, own: Floats, variants: list[VariantRun]) -> dict[str, Any]:
    """Judge the rotation's Sharpe ratio by its length, its moments, and the trials; these decide nothing."""
    counted = trials(plan_log(data.config.state).entries())["variants"]
    returns = distinct_returns([run.returns for run in variants if run.missing is None])
    found: dict[str, Any] = {"trials": counted, "variants": returns.shape[1], "psr": None, "min_track_record": None}
    found |= {"sharpe": None, "sr0": None, "dsr": None, "pbo": None, "splits": None}
    year = PERIODS_PER_YEAR**0.5
    sample = sharpe_sample(own)
    if sample is not None:
        found |= {"sharpe": sample.sharpe * year, "skew": sample.skew, "kurtosis": sample.kurtosis}
        found |= {"psr": probabilistic_sharpe(sample, 0.0)}
        found |= {"min_track_record": minimum_track_record(sample, 0.0) / PERIODS_PER_YEAR}
    ratios = [one.sharpe for column in returns.T if (one := sharpe_sample(column)) is not None]
    if sample is not None and len(ratios) > 1:
        found |= _deflated(sample, float(np.var(ratios, ddof=1)), counted)
    if returns.shape[1] > 1 and len(returns) >= data.plan.benchmarks.blocks:
        splits = overfitting(returns, data.plan.benchmarks.blocks)
        found |= {"pbo": splits.probability, "splits": len(splits.ranks)}
    return found


def _deflated(sample: SharpeSample, variance: float, count: int) -> dict[str, float]:
    return {
        "sr0": best_by_chance(variance, count) * PERIODS_PER_YEAR**0.5,
        "dsr": deflated_sharpe(sample, variance, count),
    }


def distinct_returns(series: list[Floats]) -> Floats:
    """Lay out the returns of some runs as columns, each different series once.

    Parameters
    ----------
    series
        Daily returns that end on the same day; a longer one is cut at its beginning.

    Returns
    -------
    Floats
        Shape (days of the shortest, distinct series).
    """
    shortest = min(len(returns) for returns in series)
    cut = {returns[len(returns) - shortest :].tobytes(): returns[len(returns) - shortest :] for returns in series}
    return np.column_stack(list(cut.values()))


def _row(name: str, own: Floats, other: _Benchmark, key: str, tests: Mapping[str, Any]) -> dict[str, Any]:
    is_compared = other.missing is None
    return {
        "benchmark": name,
        "total_return": other.figures.get("total_return"),
        "sharpe": other.figures.get("sharpe"),
        "difference": float(np.mean(own - other.returns)) if is_compared else None,
        "is_beaten": key in tests["beaten"] if is_compared else None,
        "is_better": key in tests["better"] if is_compared else None,
        "missing": other.missing,
    }


def _notes(found: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    """Return the tests in plain words, with the direction of each."""
    notes = []
    if found["p_rotation"] is not None:
        beaten, better = (_listed(found[key], names) for key in ("beaten", "better"))
        notes += [
            f"Does the rotation beat any benchmark? SPA p {found['p_rotation']:.3f}; StepM: {beaten}.",
            f"Does any benchmark beat the rotation? SPA p {found['p_benchmarks']:.3f}; StepM: {better}.",
        ]
    if found["psr"] is not None:
        notes.append(f"Sharpe ratio {found['sharpe']:.2f} a year; above 0 with a probability of {found['psr']:.3f}.")
    if found["dsr"] is not None:
        notes.append(
            f"Best ratio to expect by chance of {found['trials']:,} logged trials: {found['sr0']:.2f} a year; the "
            f"rotation's is above it with a probability of {found['dsr']:.3f} (deflated Sharpe ratio)."
        )
    if found["pbo"] is not None:
        notes.append(f"Probability of overfitting over {found['variants']} variants: {found['pbo']:.2f} (PBO).")
    return notes


def _listed(keys: list[str], names: Mapping[str, str]) -> str:
    return ", ".join(names[key] for key in keys) or "none"


def _sentence(found: Mapping[str, Any], compared: int) -> str:
    luck = f"{share_of_cases(found['at_least_as_well'])} of random timings did at least as well as the rotation"
    if not compared:
        return f"{luck}; no benchmark can be compared."
    beaten, better = len(found["beaten"]), len(found["better"])
    means = f"the mean daily return of the rotation is significantly above that of {beaten} of {compared} benchmarks"
    return f"{luck}; {means}, and below that of {better}."
