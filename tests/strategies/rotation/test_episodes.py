"""Episodes: two markets and three paths worked by hand, and random markets in which each has a beginning and an end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from itertools import pairwise
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from bot.core.events import Episode
from bot.core.moments import utc
from strategies.rotation.episodes import episodes
from strategies.rotation.rules import Reason, Stage
from strategies.rotation.state import Condition, Conditions, Memory, Outcome
from strategies.rotation.view import RotationView
from tests.markets import closes_on_days, closes_on_sessions, market_of, random_market, session_days, settings_with

LOOSE = {"gates": {"relative_strength": False, "credit": False, "volatility": False}}


@cache
def found(seed: int) -> list[Episode]:
    return episodes(RotationView(random_market(seed).market, settings_with(LOOSE)))


@pytest.mark.parametrize("seed", range(30))
def test_an_episode_that_armed_is_over_before_the_next_one_arms(seed: int) -> None:
    armed = [episode for episode in found(seed) if episode.outcome != "ignored"]
    for before, after in pairwise(armed):
        assert before.exit_at is not None
        assert (before.exit_at - after.known_at).days < 1
        assert before.exit_reasons


@pytest.mark.parametrize("seed", range(30))
def test_what_happened_in_an_episode_happened_in_this_order(seed: int) -> None:
    for episode in found(seed):
        moments = [episode.known_at, episode.eth_at, episode.alts_at, episode.exit_at]
        known = [moment for moment in moments if moment is not None]
        assert known == sorted(known)
        assert (episode.eth_at is None) or episode.confirmed_session is not None
        assert episode.close > episode.level


def test_the_random_markets_show_what_is_said_of_them() -> None:
    """The positive control: outcomes of every kind, trades, and records that arm again."""
    every = [episode for seed in range(10) for episode in found(seed)]
    assert {"confirmed", "failed", "expired", "ignored"} <= {episode.outcome for episode in every}
    assert {"breakout", "rearmed"} == {episode.kind for episode in every}
    assert any(episode.alts_at for episode in every)


# --- a market worked by hand ---------------------------------------------------------------------------------------


def two_breakouts(days: int, eth_opens: Mapping[str, float] | None = None) -> list[Episode]:
    """The episodes of small caps from 2024-01-02 on, with so many days of ETH and BTC.

    Small caps stand at 100 or 99 for 26 sessions. Session 26 (02-08) is a record at 101, session 30 (02-14) the fifth
    close above 100, and 96 on session 31 is under the trail of 0.97 x max(100, 0.93 x 105) = 97. Session 42 (03-04) is
    a record at 106, and 96 on session 43 is under 0.97 x 105. ETH is at 1000 + 10 n and BTC at 50 + n on day n of
    2024, 01-01 being day 0.
    """
    closes = [100.0, *[99.0] * 25, 101, 102, 103, 104, 105, 96, *[97.0] * 10, 106, 96, *[97.0] * 62]
    market = market_of(
        {
            "RUT": closes_on_sessions("2024-01-02", closes),
            "ETH": closes_on_days("2024-01-01", [1000.0 + 10 * n for n in range(days)]),
            "BTC": closes_on_days("2024-01-01", [50.0 + n for n in range(days)]),
        },
        opens={"ETH": eth_opens or {}},
    )
    return episodes(RotationView(market, settings_with()))


def test_a_breakout_and_a_rearmed_record_have_these_fields() -> None:
    """ETH's opens are of 02-09 (day 39), 03-12 (71), 04-11 (101), 05-10 (130), and 03-05 (64), 04-04 (94), 05-03 (123).

    The second ends on 03-06, after the close of session 43 under 0.97 x 105.
    """
    first, second = two_breakouts(170)
    assert first == Episode(
        kind="breakout",
        session=date(2024, 2, 8),
        known_at=datetime(2024, 2, 8, 21, tzinfo=UTC),
        close=101.0,
        level=100.0,
        base_sessions=26,
        stage_then="STABLE",
        outcome="confirmed",
        confirmed_session=date(2024, 2, 14),
        vetoes=(),
        eth_at=datetime(2024, 2, 15, tzinfo=UTC),
        alts_at=None,
        exit_at=datetime(2024, 2, 16, tzinfo=UTC),
        exit_reasons=("kill_trail",),
        returns={
            "eth_21": pytest.approx(320 / 1390),
            "eth_42": pytest.approx(620 / 1390),
            "eth_63": pytest.approx(910 / 1390),
            "btc_63": pytest.approx(91 / 89),
        },
    )
    assert (second.kind, second.session, second.level, second.base_sessions) == ("rearmed", date(2024, 3, 4), 105.0, 11)
    assert (second.outcome, second.exit_reasons, second.eth_at) == ("failed", ("failed",), None)
    assert second.exit_at == datetime(2024, 3, 6, tzinfo=UTC)


def test_a_return_is_unknown_until_its_last_open_has_come() -> None:
    """The open after session 26 + 63 = 89 is of 05-10, day 130: of 131 days it is the last."""
    assert two_breakouts(131)[0].returns["eth_63"] == pytest.approx(910 / 1390)
    assert two_breakouts(130)[0].returns["eth_63"] is None
    assert two_breakouts(130)[0].returns["eth_42"] == pytest.approx(620 / 1390)


@pytest.mark.parametrize("day", ["2024-02-09", "2024-03-12"])
def test_a_return_is_unknown_where_one_of_its_opens_is_missing(day: str) -> None:
    returns = two_breakouts(170, {day: float("nan")})[0].returns
    assert returns["eth_21"] is None
    assert returns["btc_63"] == pytest.approx(91 / 89)


# --- paths worked by hand ------------------------------------------------------------------------------------------

HELD, MISSED = Condition(5.0, 5.0, True), Condition(4.0, 5.0, False)
WAITING = Conditions(closes_above=MISSED, level=HELD)
READY = Conditions(closes_above=HELD, level=HELD)


def outcome(stage: Stage, reasons: int, conditions: Conditions = WAITING, ahead: Conditions = WAITING) -> Outcome:
    return Outcome(Memory(), stage, 0, reasons, conditions, ahead)


def of_path(
    path: Sequence[Outcome], records: set[int], failing: Mapping[int, list[str]] | None = None
) -> list[Episode]:
    """The episodes of a path with one session a decision; its records come after 21 sessions without one."""
    sessions = session_days("2024-01-02", len(path))
    is_record = np.array([i in records for i in range(len(path))])
    base = np.where(is_record, 21, 0)
    flat = closes_on_days("2024-01-01", [100.0] * 10)
    source = SimpleNamespace(
        session_rows=lambda: np.arange(len(path)),
        new_session=lambda: np.ones(len(path), bool),
        records=lambda: (np.full(len(path), 100.0), is_record, base, base),
        sessions=sessions,
        closes=np.full(len(path), 101.0),
        small_caps=SimpleNamespace(due=sessions.astype("datetime64[s]") + np.timedelta64(21, "h")),
    )
    view = SimpleNamespace(
        source=source,
        path=path,
        times=(sessions + 1).astype("datetime64[s]"),
        settings=settings_with(),
        market=market_of({"RUT": closes_on_sessions("2024-01-02", [100.0] * 5), "ETH": flat, "BTC": flat}),
        failing_gates=lambda i: (failing or {}).get(i, []),
    )
    return episodes(cast(RotationView, view))


def midnight_after(session: int) -> datetime:
    return utc((session_days("2024-01-02", 10)[session] + 1).astype("datetime64[s]"))


def test_an_episode_ends_where_the_next_one_arms_in_the_same_decision() -> None:
    first, second = of_path(
        [
            outcome(Stage.STABLE, Reason.WAITS_FOR_RECORD),
            outcome(Stage.ARMED, Reason.BREAKOUT | Reason.WAITS_FOR_CLOSES),
            outcome(Stage.ETH, Reason.CONFIRMED | Reason.ENTERED_ETH),
            outcome(Stage.ALTS, Reason.ENTERED_ALTS),
            outcome(Stage.DISTRIBUTION, Reason.NO_NEW_RECORD),
            outcome(Stage.ARMED, Reason.DISTRIBUTED | Reason.BREAKOUT | Reason.THIN_TRADING | Reason.WAITS_FOR_CLOSES),
            outcome(Stage.STABLE, Reason.FAILED | Reason.WAITS_FOR_RECORD),
        ],
        records={1, 5},
    )
    assert (first.stage_then, first.outcome, first.confirmed_session) == ("STABLE", "confirmed", date(2024, 1, 4))
    assert (first.eth_at, first.alts_at, first.exit_at) == tuple(map(midnight_after, (2, 3, 5)))
    assert first.exit_reasons == ("distributed",)
    assert (second.stage_then, second.outcome, second.exit_reasons) == ("DISTRIBUTION", "failed", ("failed",))
    assert (second.eth_at, second.alts_at, second.exit_at) == (None, None, midnight_after(6))


def test_a_breakout_while_invested_is_ignored_and_an_open_episode_has_no_exit() -> None:
    opened, ignored = of_path(
        [
            outcome(Stage.ARMED, Reason.BREAKOUT),
            outcome(Stage.ETH, Reason.CONFIRMED | Reason.ENTERED_ETH),
            outcome(Stage.ETH, Reason.HOLDS),
        ],
        records={0, 2},
    )
    assert (opened.stage_then, opened.outcome, opened.exit_at, opened.exit_reasons) == ("STABLE", "confirmed", None, ())
    assert (ignored.kind, ignored.stage_then, ignored.outcome) == ("breakout", "ETH", "ignored")
    assert (ignored.confirmed_session, ignored.eth_at, ignored.exit_at) == (None, None, None)


def test_vetoes_are_the_gates_that_failed_while_the_closes_would_have_confirmed() -> None:
    """The gates of session 1 fail before the closes suffice, those of session 3 while the close is under the level."""
    (vetoed,) = of_path(
        [
            outcome(Stage.STABLE, Reason.WAITS_FOR_RECORD),
            outcome(Stage.ARMED, Reason.BREAKOUT | Reason.WAITS_FOR_CLOSES),
            outcome(Stage.ARMED, Reason.WAITS_FOR_GATES, ahead=READY),
            outcome(Stage.ARMED, Reason.WAITS_FOR_GATES, ahead=Conditions(closes_above=HELD, level=MISSED)),
            outcome(Stage.STABLE, Reason.VETOED | Reason.WAITS_FOR_RECORD, conditions=READY, ahead=Conditions()),
        ],
        records={1},
        failing={1: ["trend"], 2: ["credit"], 3: ["volume"], 4: ["volatility", "credit"]},
    )
    assert (vetoed.outcome, vetoed.vetoes) == ("vetoed", ("credit", "volatility"))
    assert vetoed.exit_reasons == ("vetoed",)


def test_a_return_is_unknown_where_the_calendar_ends() -> None:
    """The record is session 0 of 21: session 21 is the first that the calendar lacks."""
    (armed,) = of_path(
        [outcome(Stage.ARMED, Reason.BREAKOUT), *[outcome(Stage.ARMED, Reason.WAITS_FOR_CLOSES)] * 20], records={0}
    )
    assert armed.returns == {"eth_21": None, "eth_42": None, "eth_63": None, "btc_63": None}
    assert armed.outcome == "open"
