"""The demo market is an instrument: reproducible, complete, consistent, and eventful enough to show every stage."""

from __future__ import annotations

import itertools
import math
from functools import cache

import numpy as np
import pytest

from bot.core.market import Market
from bot.core.series_kind import SeriesKind
from bot.data.demo.demo_market import demo_market
from bot.data.demo.effect import sustained_breakouts
from bot.data.demo.generator import DemoParameters
from tests.markets import default_config

COLUMNS = ("open", "high", "low", "close", "volume")


@cache
def world(seed: int = 38, strength: float = 0.0, lead: int = 0, shared: bool = True) -> Market:
    config = default_config()
    return demo_market(DemoParameters(seed, strength, lead, shared), config.listings(), config.roles.roles())


def same(a: Market, b: Market, symbol: str) -> bool:
    return all(getattr(a[symbol], name).tobytes() == getattr(b[symbol], name).tobytes() for name in COLUMNS)


def test_the_same_seed_gives_the_same_bytes() -> None:
    again = world.__wrapped__(38)
    assert list(again) == list(world())
    assert all(same(world(), again, symbol) for symbol in again)
    assert [s.sha256 for s in again.values()] == [s.sha256 for s in world().values()]


def test_another_seed_gives_other_prices() -> None:
    assert not any(same(world(), world(1), symbol) for symbol in ("DEMO-RUT", "DEMO-ETH", "DEMO-VIX"))


class TestTwoWorlds:
    def test_without_the_planted_drift_they_are_one(self) -> None:
        assert all(same(world(), world(strength=0.0), symbol) for symbol in world())

    def test_only_eth_and_altcoins_differ(self) -> None:
        absent, planted = world(), world(strength=0.35)
        assert list(absent) == list(planted)
        differ = {symbol for symbol in absent if not same(absent, planted, symbol)}
        assert differ == {s.symbol for s in absent.of_kind(SeriesKind.CRYPTO)} - {"DEMO-BTC"}

    def windows(self) -> list[tuple[int, int, int]]:
        """For each planted window inside ETH's life: ETH's row on the confirming session, and 20 and 63 sessions on."""
        rut, eth = world()["DEMO-RUT"], world()["DEMO-ETH"]
        taken, last = [], -63
        for confirmed in sustained(rut.close.tolist()):
            if confirmed - last >= 63:
                last = confirmed
                taken.append(confirmed)
        inside = [row for row in taken if rut.dates[row] > eth.dates[0] and row + 63 < len(rut)]
        assert len(inside) >= 7
        rows = [[eth.row(rut.dates[row + later]) for later in (0, 20, 63)] for row in inside]
        return [(begin, soon, end) for begin, soon, end in rows if begin and soon and end]

    def gain(self, lead: int = 0) -> np.ndarray:  # type: ignore[type-arg]
        """How far ETH closes above its own price in the world without a lead, in logs."""
        return np.log(world(strength=0.35, lead=lead)["DEMO-ETH"].close / world()["DEMO-ETH"].close)

    def test_eth_gains_the_planted_drift_in_each_window_and_nothing_between(self) -> None:
        gain, windows = self.gain(), self.windows()
        for begin, _, end in windows:
            assert gain[end] - gain[begin] == pytest.approx(0.35, abs=1e-9)
        for (_, _, end), (begin, _, _) in itertools.pairwise(windows):
            assert gain[begin] == pytest.approx(gain[end], abs=1e-9)

    def test_the_drift_begins_at_the_midnight_after_the_confirmation(self) -> None:
        """The open at which a bot that was told would buy has none of it yet; that day's close has."""
        opens = np.log(world(strength=0.35)["DEMO-ETH"].open / world()["DEMO-ETH"].open)
        gain = self.gain()
        for begin, _, _ in self.windows():
            assert opens[begin + 1] == pytest.approx(gain[begin], abs=1e-9)
            assert gain[begin + 1] > gain[begin] + 1e-6

    def test_a_lead_of_twenty_sessions_delays_it_by_as_many(self) -> None:
        gain = self.gain(lead=20)
        for begin, soon, _ in self.windows()[:1]:
            assert gain[soon] == pytest.approx(gain[begin], abs=1e-9)
            assert gain[soon + 1] > gain[soon] + 1e-6

    def test_a_planted_bar_stays_a_bar(self) -> None:
        for symbol in ("DEMO-ETH", "DEMO-A01", "DEMO-A24"):
            series = world(strength=0.35)[symbol]
            assert (series.low <= np.minimum(series.open, series.close)).all()
            assert (series.high >= np.maximum(series.open, series.close)).all()

    def test_separate_regimes_leave_equities_as_they_are(self) -> None:
        shared, apart = world(), world(shared=False)
        assert same(shared, apart, "DEMO-RUT")
        assert not same(shared, apart, "DEMO-BTC")


class TestContents:
    def test_every_role_is_played(self) -> None:
        roles = world().roles
        parts = [getattr(roles, name) for name in roles.__slots__]
        symbols = [s for part in parts for s in (part if isinstance(part, tuple) else (part,))]
        assert len(symbols) == 30
        assert all(symbol in world() for symbol in symbols)

    def test_the_series_of_waterfall_and_placebos_are_there(self) -> None:
        for name in ("SPX", "NDX", "GLD", "LQD", "SPHB", "SPLV", "DGS10", "DGS2", "STABLECOIN_SUPPLY_USD"):
            assert f"DEMO-{name}" in world()

    def test_every_name_says_demo_and_every_date_is_of_no_known_year(self) -> None:
        for symbol, series in world().items():
            assert symbol.startswith("DEMO-")
            assert series.dates[0] >= np.datetime64("2101-01-01")

    def test_at_least_twenty_altcoins_of_which_some_are_listed_late(self) -> None:
        listed = [s.dates[0] for s in world().of_kind(SeriesKind.CRYPTO) if s.symbol not in ("DEMO-BTC", "DEMO-ETH")]
        assert len(listed) >= 20
        assert sum(day > min(listed) for day in listed) >= 5

    def test_a_coin_dies_one_is_renamed_and_one_is_halted(self) -> None:
        last = max(series.dates[-1] for series in world().of_kind(SeriesKind.CRYPTO))
        assert world()["DEMO-A05"].dates[-1] < last
        old, new = world()["DEMO-A07"], world()["DEMO-A07N"]
        assert new.dates[0] == old.dates[-1] + 1
        assert abs(math.log(new.open[0] / old.close[-1])) < 0.01
        assert np.diff(world()["DEMO-A11"].dates).max() > np.timedelta64(7, "D")

    def test_us_series_have_rows_on_sessions_alone(self) -> None:
        sessions = world().sessions
        for symbol in ("DEMO-RUT", "DEMO-IWM", "DEMO-VIX", "DEMO-XLK"):
            assert np.isin(world()[symbol].dates, sessions.dates).all()
        assert sessions.half_days.any()

    def test_coins_have_every_day(self) -> None:
        for symbol in ("DEMO-BTC", "DEMO-ETH", "DEMO-USDT"):
            assert (np.diff(world()[symbol].dates) == np.timedelta64(1, "D")).all()

    def test_weekly_macro_is_dated_wednesday(self) -> None:
        dates = world()["DEMO-WALCL"].dates
        assert all(day.item().weekday() == 2 for day in dates)


@pytest.mark.parametrize("seed", range(0, 10, 3))
def test_every_bar_is_consistent(seed: int) -> None:
    for series in world(seed).values():
        assert np.isfinite(series.close).all()
        if series.kind is SeriesKind.MACRO:
            continue
        assert (series.close > 0).all() and (series.low > 0).all()
        assert (series.low <= np.minimum(series.open, series.close) * (1 + 1e-12)).all(), series.symbol
        assert (series.high >= np.maximum(series.open, series.close) * (1 - 1e-12)).all(), series.symbol
        assert not (series.volume <= 0).any()


@pytest.mark.parametrize("seed", range(10))
def test_each_seed_has_seven_sustained_episodes_63_sessions_apart_in_eths_life(seed: int) -> None:
    rut, eth = world(seed)["DEMO-RUT"], world(seed)["DEMO-ETH"]
    taken, last = 0, -63
    for confirmed in sustained(rut.close.tolist()):
        if confirmed - last >= 63:
            last = confirmed
            taken += bool(rut.dates[confirmed] >= eth.dates[0] and confirmed + 63 < len(rut))
    assert taken >= 7


def sustained(close: list[float]) -> list[int]:
    """Confirmations by the words of docs/thesis.md, in plain loops: the demo's own finder is not asked."""
    found, highest, base = [], close[0], 0
    for i, now in enumerate(close[1:], start=1):
        if now <= highest:
            base += 1
            continue
        if base >= 21:
            above = 0
            for j in range(i, min(i + 11, len(close))):
                if close[j] < 0.97 * highest:
                    break
                above += close[j] > highest
                if above == 5:
                    found.append(j)
                    break
        highest, base = now, 0
    return found


def test_the_demos_own_finder_agrees_with_plain_loops() -> None:
    for seed in range(4):
        close = world(seed)["DEMO-RUT"].close
        assert sustained_breakouts(close) == sustained(close.tolist())


@pytest.mark.parametrize(
    "wrong", [{"seed": -1}, {"lead_sessions": -1}, {"thesis_strength": math.inf}, {"thesis_strength": math.nan}]
)
def test_knobs_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        DemoParameters(**wrong)  # type: ignore[arg-type]
