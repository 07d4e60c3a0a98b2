"""Event curves: the outcome's price after each event, their mean, and the band of means in redrawn prices."""

from __future__ import annotations

from typing import Any

import numpy as np

from bot.core.errors import DataError
from bot.core.market import Floats
from bot.study.baskets import is_basket
from bot.study.outcomes import log_prices
from bot.study.redrawn import block_length, block_rows
from bot.study.study_data import StudyData
from strategies.indicators import Ints


def curves(data: StudyData) -> dict[str, Any]:
    """Compute the paths of log price after every event, from the first price after its session to the horizon.

    Returns
    -------
    dict
        `sessions` 0 to the horizon; `episodes` with `session`, `counted` and `path`, which ends with the data; `mean`
        of the paths of the counted episodes; `band_low` and `band_high`, the 2.5% and 97.5% quantiles by session of
        this mean in redrawn prices; `block`, the mean length of a block. Paths are log returns since the first price.

    Raises
    ------
    DataError
        If all events are left out, or the outcome is a basket, which is chosen anew at each session.
    """
    rule, signal = data.plan.outcome, data.plan.signal
    if is_basket(rule.series):
        raise DataError(f"{rule.series} is chosen anew at each session and has no price path")
    sessions, outcome, episodes = data.index(signal.series).sessions, data.default_outcome, data.default_episodes
    logs = log_prices(data.market, data.symbols(rule.series), sessions, rule.price)
    counted = episodes.counted - outcome.first
    if not len(counted):
        raise DataError("no event has a known outcome")
    known = logs[outcome.first : outcome.last + rule.horizon + 1]
    block, low, high = placebo_band(data, known, counted)
    return {
        "sessions": list(range(rule.horizon + 1)),
        "episodes": [
            {"session": str(sessions[row]), "counted": reason is None, "path": _path(logs, row, rule.horizon)}
            for row, reason in zip(episodes.rows.tolist(), episodes.reasons, strict=True)
            if not np.isnan(logs[row])
        ],
        "mean": mean_path(known, counted, rule.horizon).tolist(),
        "band_low": low.tolist(),
        "band_high": high.tolist(),
        "block": block,
    }


def placebo_band(data: StudyData, logs: Floats, events: Ints) -> tuple[float, Floats, Floats]:
    """Return the mean block length and the band of the mean path at the same events in redrawn prices.

    Returns by session are drawn in blocks (Politis, Romano 1994), so that paths and events are independent.
    """
    rule, horizon = data.plan.curves, data.plan.outcome.horizon
    random, returns = np.random.default_rng(rule.seed), np.diff(logs)
    block = max(block_length(returns), float(rule.least_block))
    paths = np.empty((rule.draws, horizon + 1))
    for draw in range(rule.draws):
        redrawn = np.concatenate(([0.0], np.cumsum(returns[block_rows(random, len(returns), block)])))
        paths[draw] = mean_path(redrawn, events, horizon)
    low, high = np.quantile(paths, [0.025, 0.975], axis=0)
    return block, low, high


def mean_path(logs: Floats, events: Ints, horizon: int) -> Floats:
    """Return the mean log return since each event by session, shape (horizon + 1,)."""
    paths = logs[events[:, None] + np.arange(horizon + 1)] - logs[events, None]
    mean: Floats = paths.mean(axis=0)
    return mean


def _path(logs: Floats, row: int, horizon: int) -> list[float]:
    path = logs[row : row + horizon + 1] - logs[row]
    return [float(value) for value in path[~np.isnan(path)]]
