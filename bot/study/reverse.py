"""The reverse claim: records of coins before the index, by the same rule and the same test."""

from __future__ import annotations

from functools import partial
from typing import Any

from bot.core.errors import DataError
from bot.core.moments import Days
from bot.study.axis import sampled_coin
from bot.study.outcomes import Outcome, outcome_of
from bot.study.result_row import RESULT_DEFINITIONS, answers, result_row
from bot.study.study_data import StudyData
from strategies.indicators import Ints

DOES_NOT_SHOW = (
    "A cause in either direction: a common cause, such as the liquidity of the markets, moves both, and the one that "
    "reacts first seems to lead."
)

DEFINITIONS = {
    "signal": "Coin whose sustained breakouts are the events, at the last UTC close before that of each US session",
    "label": "Name of the coin on screen",
    "outcome": "Index whose log return from the close of session s + 1 to that a horizon later is read",
    **RESULT_DEFINITIONS,
}


def reverse(data: StudyData) -> dict[str, Any]:
    """Test whether sustained breakouts of coins come before a rise of the index.

    Returns
    -------
    dict
        `rows` with the keys of `DEFINITIONS`, and a sentence.

    Raises
    ------
    DataError
        If no coin can be tested.
    """
    series = data.plan.signal.series
    rows = [
        {
            "signal": coin,
            "label": data.plan.label(coin),
            "outcome": series,
            **result_row(data, partial(coin_events, data, coin)),
        }
        for coin in data.plan.reverse.signals
    ]
    if all(row["missing"] is not None for row in rows):
        raise DataError("no coin can be tested", was="; ".join(row["missing"] for row in rows))
    return {"rows": rows, "sentence": _sentence(data, rows)}


def coin_events(data: StudyData, coin: str) -> tuple[Outcome, Ints, Days]:
    """Return the index as the outcome on the sessions of a coin, with the events of the coin."""
    series = data.plan.signal.series
    data.require_series(coin)
    sampled = sampled_coin(data.market, data.symbol(coin), data.index(series))
    outcome = outcome_of(data.market, data.symbol(series), sampled.sessions, data.plan.outcome.horizon, "close")
    return outcome, data.events_on(sampled), sampled.sessions


def _sentence(data: StudyData, rows: list[dict[str, Any]]) -> str:
    index = data.plan.label(data.plan.signal.series)
    figures = "; ".join(
        f"{row['label']} {row['excess']:+.2f}, p_up {row['p_up']:.2f}, {row['n']} episodes"
        for row in rows
        if row["missing"] is None
    )
    missing = "; ".join(f"{row['label']}: {row['missing']}" for row in rows if row["missing"] is not None)
    return (
        f"In reverse, {answers(data, rows)} coins have breakouts after which the {index} rose by more than chance "
        f"allows: {figures}." + (f" Not tested: {missing}." if missing else "")
    )
