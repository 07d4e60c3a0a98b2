"""Small studies by hand: an index on real sessions, coins on the days around them, and a plan with short spans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bot.core.series_kind import SeriesKind
from bot.data.demo.effect import effect_path
from bot.settings.loader import load_config
from bot.study.plan import StudyPlan, load_plan
from bot.study.study_data import StudyData
from tests.markets import closes_on_days, closes_on_sessions, market_of, session_days

FIRST = "2015-01-02"


def plan_with(changes: Mapping[str, Any] | None = None) -> StudyPlan:
    """The default plan with short spans: a base of 3 sessions, 2 closes within 4, spacing and horizon of 3."""
    plain = load_plan().model_dump(mode="json", by_alias=True)
    plain["signal"] |= {"base_sessions": 3, "confirm_closes": 2, "confirm_within": 4}
    plain["signal"]["spacing"]["sessions"] = 3
    plain["outcome"]["horizon"] = 3
    plain["judgement"]["least_episodes"] = 2
    return StudyPlan.model_validate(merged(plain, changes or {}))


def merged(plain: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes laid over a plan, section by section."""
    both = dict(plain)
    for key, value in changes.items():
        both[key] = merged(plain[key], value) if isinstance(value, Mapping) and key not in ("labels",) else value
    return both


def after_sessions(values: Sequence[float], first: str = FIRST) -> dict[str, float]:
    """Opens of a coin by UTC day: on the day after each session its value, between them the one before."""
    days = session_days(first, len(values)) + 1
    span = np.arange(days[0], days[-1] + 1)
    at = np.searchsorted(days, span, side="right") - 1
    return {str(day): values[i] for day, i in zip(span, at, strict=True)}


def study_of(
    index: Sequence[float],
    coin: Sequence[float],
    changes: Mapping[str, Any] | None = None,
    plan: StudyPlan | None = None,
    first: str = FIRST,
    **others: Sequence[float],
) -> StudyData:
    """A study of RUT's closes and of ETH's prices after each session; others are closes of US series by session."""
    plan, config = plan or plan_with(changes), load_config()
    config = config.model_copy(update={"symbols": {**config.symbols, **plan.symbols}})
    eth = after_sessions(coin, first)
    flat = closes_on_days(first, [100.0] * (len(eth) + 2))
    market = market_of(
        {
            "RUT": closes_on_sessions(first, index),
            "ETH": eth,
            "BTC": flat,
            **{symbol: closes_on_sessions(first, closes) for symbol, closes in others.items()},
        },
        kinds={symbol: SeriesKind(config.symbols[symbol]) for symbol in plan.symbols if symbol in others},
    )
    return StudyData(plan, config, market)


SYNTHETIC_SESSIONS = 2600


def study_with_effect(lead: int, effect: float = 0.75) -> StudyData:
    """A random index and a coin that rises by `effect` over 63 sessions, `lead` sessions after each confirmation."""
    random = np.random.default_rng(12)
    index = 100 * np.exp(np.cumsum(0.0006 + 0.012 * random.standard_normal(SYNTHETIC_SESSIONS)))
    noise = np.cumsum(0.01 * random.standard_normal(SYNTHETIC_SESSIONS))
    return study_of(index, np.exp(noise + effect * effect_path(index, lead)), plan=load_plan())
