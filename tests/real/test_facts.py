"""The facts of the real index that anyone can check, and what the rule makes of its breakouts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from bot.core.events import Episode
from bot.core.market import Market
from bot.services.strategy_settings import rotation_settings
from bot.settings.loader import Config, load_config
from strategies.rotation.episodes import episodes
from strategies.rotation.rotation import Rotation
from strategies.rotation.view import RotationView

CLOSES = {
    "1999-12-31": 504.75,
    "2007-07-13": 855.77,
    "2015-06-23": 1295.80,
    "2018-08-31": 1740.75,
    "2020-11-13": 1744.04,
    "2021-03-15": 2360.17,
    "2021-11-08": 2442.74,
    "2025-09-18": 2467.70,
    "2026-01-08": 2603.9,
}
RECORDS = {
    2013: 68,
    2014: 10,
    2015: 16,
    2016: 13,
    2017: 31,
    2018: 30,
    2019: 0,
    2020: 13,
    2021: 17,
    2022: 0,
    2023: 0,
    2024: 0,
    2025: 9,
}
DRAWDOWNS = {"2009-03-09": -0.599, "2020-03-18": -0.431, "2023-10-27": -0.330}
BREAKOUTS = {
    # session: ETH +21, +42, +63, BTC +63 in per cent, from the open of the day after to the open of the day after
    "2016-11-14": (-17, 3, 30, 43),
    "2017-02-10": (154, 310, 686, 74),
    "2017-04-26": (232, 416, 288, 98),
    "2017-06-09": (-30, 5, 5, 50),
    "2017-09-22": (9, 36, 211, 338),
    "2017-11-21": (128, 195, 139, 27),
    "2018-05-16": (-31, -29, -60, -25),
    "2018-08-21": (-20, -28, -47, -25),
    "2020-11-13": (24, 147, 289, 220),
    "2021-11-02": (-2, -18, -42, -42),
    "2025-09-18": (-16, -34, -38, -26),
    "2025-12-04": (5, -42, -36, -26),
}


@pytest.fixture(scope="module")
def view(real_market: Market) -> RotationView:
    return RotationView(real_market, rotation_settings(load_config()))


@pytest.fixture(scope="module")
def breakouts(view: RotationView) -> dict[str, Episode]:
    return {str(e.session): e for e in episodes(view) if e.kind == "breakout"}


def row(view: RotationView, day: str) -> int:
    return int(np.flatnonzero(view.source.sessions == np.datetime64(day))[0])


@pytest.mark.parametrize(("day", "close"), CLOSES.items())
def test_the_index_closed_where_it_is_known_to_have(day: str, close: float, view: RotationView) -> None:
    assert view.source.closes[row(view, day)] == pytest.approx(close, abs=0.05)


@pytest.mark.parametrize(("year", "count"), RECORDS.items())
def test_each_year_has_its_number_of_record_closes(year: int, count: int, view: RotationView) -> None:
    _, is_record, _, _ = view.source.records()
    years = view.source.sessions.astype("datetime64[Y]").astype(int) + 1970
    assert np.count_nonzero(is_record & (years == year)) == count


def test_967_sessions_passed_without_a_record_before_2025_09_18(view: RotationView) -> None:
    before, is_record, base, _ = view.source.records()
    i = row(view, "2025-09-18")
    assert (bool(is_record[i]), int(base[i]), float(before[i])) == (True, 967, pytest.approx(2442.74, abs=0.01))


def test_2024_11_25_was_no_record_close(view: RotationView) -> None:
    before, is_record, _, _ = view.source.records()
    i = row(view, "2024-11-25")
    assert not is_record[i]
    assert view.source.closes[i] == pytest.approx(2442.03, abs=0.01)
    assert before[i] == pytest.approx(2442.74, abs=0.01)


@pytest.mark.parametrize(("day", "fall"), DRAWDOWNS.items())
def test_the_great_drawdowns_are_as_deep_as_they_were(day: str, fall: float, view: RotationView) -> None:
    close = view.source.closes
    i = row(view, day)
    assert close[i] / np.nanmax(close[: i + 1]) - 1 == pytest.approx(fall, abs=0.0006)


def test_the_breakouts_in_eths_life_are_these_twelve(breakouts: dict[str, Episode]) -> None:
    assert list(breakouts) == list(BREAKOUTS)


@pytest.mark.parametrize(("session", "returns"), BREAKOUTS.items())
def test_after_each_breakout_eth_and_btc_did_this(
    session: str, returns: tuple[int, ...], breakouts: dict[str, Episode]
) -> None:
    found = breakouts[session].returns
    assert tuple(round(100 * found[name]) for name in ("eth_21", "eth_42", "eth_63", "btc_63")) == returns  # type: ignore[operator]


def test_which_breakouts_confirm_expire_or_are_vetoed(breakouts: dict[str, Episode]) -> None:
    assert {session: e.outcome for session, e in breakouts.items()} == {
        "2016-11-14": "confirmed",
        "2017-02-10": "vetoed",
        "2017-04-26": "expired",
        "2017-06-09": "expired",
        "2017-09-22": "confirmed",
        "2017-11-21": "ignored",
        "2018-05-16": "confirmed",
        "2018-08-21": "vetoed",
        "2020-11-13": "confirmed",
        "2021-11-02": "confirmed",
        "2025-09-18": "confirmed",
        "2025-12-04": "confirmed",
    }
    assert breakouts["2017-02-10"].vetoes == breakouts["2018-08-21"].vetoes == ("relative_strength",)
    assert breakouts["2017-11-21"].stage_then == "DISTRIBUTION"


def test_2025_09_18_confirms_on_its_tenth_session(view: RotationView, breakouts: dict[str, Episode]) -> None:
    confirmed = breakouts["2025-09-18"].confirmed_session
    assert confirmed is not None
    assert row(view, str(confirmed)) - row(view, "2025-09-18") == 10


def test_no_solana_is_held_in_2018(real_market: Market) -> None:
    assert real_market["SOL"].dates[0] > np.datetime64("2020-01-01")
    for decision in Rotation(rotation_settings(load_config())).decisions(real_market):
        if decision.at.date() < date(2020, 6, 1):
            assert "SOL" not in decision.weights


def test_gated_waits_where_the_article_buys(real_market: Market) -> None:
    config: Config = load_config(Path("config/gated.yaml"))
    entered = {str(e.session) for e in episodes(RotationView(real_market, rotation_settings(config))) if e.eth_at}
    assert entered == {"2017-09-22", "2020-11-13", "2021-03-11", "2021-11-02", "2025-09-18"}
