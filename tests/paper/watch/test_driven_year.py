"""A year of looks, each by a new process: every change is told once, and nothing else, by a count of its own."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.core.decision import Decision
from bot.core.market import Market
from bot.core.moments import ONE_DAY, midnight
from bot.paper.outbox import no_post
from bot.paper.watch import watcher as watcher_module
from bot.paper.watch.watch_alerts import Alert, AlertKind
from bot.paper.watch.watcher import Watcher
from bot.services.markets import open_market
from bot.services.plans import build_strategy
from bot.settings.loader import Config
from tests.clocks import FakeClock
from tests.markets import config_with

FIRST, LAST = date(2112, 1, 1), date(2112, 12, 31)
STOPS = {"small_cap_stop": 0.01, "eth_stop": 0.05}
OUTAGE = (np.datetime64("2112-06-01"), np.datetime64("2112-06-20"))


class _Upto:
    """A strategy whose decisions end with a day."""

    def __init__(self, decisions: Sequence[Decision], day: date) -> None:
        self._decisions, self._day = decisions, day

    def decisions(self, market: Market) -> Sequence[Decision]:
        return [one for one in self._decisions if one.at.date() <= self._day]


def with_outage(market: Market) -> Market:
    """The market without the rows of LQD, which no rule reads, in three weeks of June."""
    lqd = market["DEMO-LQD"]
    keep = (lqd.dates < OUTAGE[0]) | (lqd.dates > OUTAGE[1])
    columns = ("dates", "open", "high", "low", "close", "volume", "known_at")
    return replace(
        market, series={**market.series, "DEMO-LQD": replace(lqd, **{c: getattr(lqd, c)[keep] for c in columns})}
    )


@pytest.fixture(scope="module")
def demo() -> tuple[Config, Market, Sequence[Decision]]:
    config = config_with({})
    market = with_outage(open_market(config, None, "demo"))
    return config, market, build_strategy(config).decisions(market)


def drive(
    config: Config,
    market: Market,
    decisions: Sequence[Decision],
    days: Sequence[date],
    monkeypatch: pytest.MonkeyPatch,
) -> list[Alert]:
    """One look after each midnight, each by a new watcher that knows the state file alone."""
    told: list[Alert] = []
    monkeypatch.setattr(watcher_module, "open_market", lambda config, data_dir, name: market)
    for day in days:
        monkeypatch.setattr(watcher_module, "build_strategy", lambda config, day=day: _Upto(decisions, day))
        clock = FakeClock(midnight(day))
        Watcher(config, None, "demo", clock, no_post, told.append, lambda line: None).once()
    return told


# --- the count of its own ------------------------------------------------------------------------------------


def figures(decision: Decision, name: str) -> tuple[float, float, bool] | None:
    reading: Any = decision.readings.get(name)
    if reading is None or reading["verdict"] not in ("yes", "no") or reading["threshold"] is None:
        return None
    return reading["value"], reading["threshold"], reading["verdict"] == "yes"


def record_gap(market: Market, at: datetime) -> float:
    rut = market[market.roles.small_caps]
    close = rut.close[rut.known_at <= np.datetime64(at.replace(tzinfo=None))]
    return float(close[-1] / np.nanmax(close) - 1)


def shares_of(decision: Decision, market: Market) -> dict[str, float]:
    """The distance of each reading that can be a near miss on this day, as a share of its threshold."""
    stage, found = decision.stage, dict[str, float]()
    base = figures(decision, "sessions_without_record")
    if stage == "DISTRIBUTION" or (stage == "STABLE" and (base is None or base[2] or base[1] == 0)):
        found["small_caps"] = record_gap(market, decision.at)
    is_in = stage in ("ETH", "ALTS", "DISTRIBUTION")
    for name in ("small_cap_stop", "eth_stop"):
        if is_in and (now := figures(decision, name)):
            found[name] = now[0] / now[1] - 1 if now[2] else 0.0
    for name, is_safe in (("credit", True), ("volatility_kill", False)):
        if now := figures(decision, name):
            if now[2] == is_safe:
                found[name] = now[0] / now[1] - 1
            elif is_in:
                found[name] = 0.0
            elif stage == "ARMED" and name == "credit":
                found[name] = now[0] / now[1] - 1
    if stage == "ALTS" and (now := figures(decision, "eth_btc")):
        found["eth_btc"] = now[0] / now[1] - 1
    strength = figures(decision, "relative_strength")
    if stage == "ARMED" and strength and not strength[2]:
        found["relative_strength"] = float(np.exp(strength[0] - strength[1]) - 1)
    return found


def expected_near_misses(
    decisions: Sequence[Decision], market: Market, near: Mapping[str, float]
) -> list[tuple[str, str]]:
    told, standing = list[tuple[str, str]](), set[str]()
    for decision in decisions:
        shares = shares_of(decision, market)
        for name, limit in near.items():
            if name in shares and abs(shares[name]) <= limit:
                if name not in standing:
                    told.append((str(decision.at.date()), name))
                standing.add(name)
            elif name not in shares or abs(shares[name]) > 2 * limit:
                standing.discard(name)
    return told


# --- tests ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_each_change_of_a_year_is_told_once_and_nothing_else(
    demo: tuple[Config, Market, Sequence[Decision]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, market, decisions = demo
    config = config.model_copy(update={"state": tmp_path})
    days = [FIRST + n * ONE_DAY for n in range((LAST - FIRST).days + 1)]
    told = drive(config, market, decisions, days, monkeypatch)
    year = [one for one in decisions if FIRST <= one.at.date() <= LAST]
    changes = [(str(b.at.date()), a.stage, b.stage) for a, b in itertools.pairwise(year) if a.stage != b.stage]
    of = {kind: [one for one in told if one.kind is kind] for kind in AlertKind}
    assert [
        (str(one.day), one.figures["previous_stage"], one.figures["stage"]) for one in of[AlertKind.STAGE]
    ] == changes
    near = expected_near_misses(year, market, config.watch.near)
    assert sorted((str(one.day), one.figures["reading"]) for one in of[AlertKind.NEAR_MISS]) == sorted(near)
    assert len(changes) > 5 and len(near) > 10
    # The outage begins on a Wednesday; the fourth session that it takes closes on Monday 6 June, at 20:00 UTC.
    assert [(str(one.day), one.figures["symbol"]) for one in of[AlertKind.STALE]] == [("2112-06-07", "DEMO-LQD")]
    assert of[AlertKind.LOOK] == []


@pytest.mark.slow
def test_a_pause_tells_every_change_and_only_the_near_misses_that_still_stand(
    demo: tuple[Config, Market, Sequence[Decision]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, market, decisions = demo
    config = config.model_copy(update={"state": tmp_path})
    told = drive(config, market, decisions, [FIRST, LAST], monkeypatch)
    year = [one for one in decisions if FIRST <= one.at.date() <= LAST]
    changes = [str(b.at.date()) for a, b in itertools.pairwise(year) if a.stage != b.stage]
    assert [str(one.day) for one in told if one.kind is AlertKind.STAGE] == changes
    assert {one.day for one in told if one.kind is AlertKind.NEAR_MISS} <= {FIRST, LAST}
