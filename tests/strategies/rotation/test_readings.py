"""Every reading of docs/thesis.md on small markets whose answers are worked by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from bot.core.market import Market
from strategies.rotation.rotation import Rotation
from strategies.rotation.settings import EndedSettings
from strategies.rotation.view import RotationView
from tests.markets import (
    Prices,
    closes_on_days,
    closes_on_sessions,
    market_of,
    series_of,
    session_days,
    settings_with,
    utc_days,
    with_series,
)

FIRST = "2024-01-02"
GATES = ("relative_strength", "credit", "volatility", "participation", "volume", "trend", "net_liquidity")


def only(*gates: str, **changes: Any) -> dict[str, Any]:
    """Settings with these gates on and all others off."""
    return {"gates": {name: name in gates for name in GATES}, **changes}


def market(sessions: int = 60, rut: Sequence[float] | None = None, **others: Prices) -> Market:
    """RUT over some sessions from 2024-01-02, with ETH and BTC from well before; what else is given."""
    days = int((session_days(FIRST, sessions)[-1] - np.datetime64("2023-09-01")).astype(int)) + 1
    return market_of(
        {
            "RUT": closes_on_sessions(FIRST, rut if rut is not None else [100.0] * sessions),
            "ETH": closes_on_days("2023-09-01", [2000.0] * days),
            "BTC": closes_on_days("2023-09-01", [40000.0] * days),
            **others,
        }
    )


def view(made: Market, changes: Mapping[str, Any] | None = None) -> RotationView:
    return RotationView(made, settings_with(changes))


def last(made: Market, name: str, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A reading at the last decision: value, threshold, verdict."""
    readings = Rotation(settings_with(changes)).decisions(made)[-1].readings
    return dict(readings[name])


def verdict(made: Market, name: str, changes: Mapping[str, Any] | None = None) -> str:
    return str(last(made, name, changes)["verdict"])


def passes(made: Market, changes: Mapping[str, Any]) -> bool:
    """Whether the gates let through at the last decision."""
    return view(made, changes).observations()[-1].gates_pass


class TestRecords:
    def records(self, *closes: float) -> tuple[list[bool], list[int], list[int]]:
        _, is_record, base, since = view(market(len(closes), closes)).source.records()
        n = len(closes)
        return is_record[:n].tolist(), base[:n].tolist(), since[:n].tolist()

    def test_a_record_is_a_close_above_every_close_before_it(self) -> None:
        is_record, _, _ = self.records(100, 99, 100, 100.01, 100.01, 101)
        assert is_record == [False, False, False, True, False, True]

    def test_the_base_counts_the_sessions_between_two_records(self) -> None:
        _, base, since = self.records(100, 101, 100, 99, 102, 103)
        assert (base[4], base[5]) == (2, 0)
        assert since[1:] == [0, 1, 2, 0, 0]

    def test_967_sessions_without_a_record_lie_before_that_of_2025_09_18(self) -> None:
        closes = closes_on_sessions("2021-11-05", [2400.0, 2442.74, *[2000.0] * 967, 2467.70])
        assert list(closes)[1] == "2021-11-08"
        assert list(closes)[-1] == "2025-09-18"
        eth = closes_on_days("2025-09-01", [4000.0] * 20)
        _, is_record, base, _ = view(market_of({"RUT": closes, "ETH": eth, "BTC": eth})).source.records()
        assert is_record[len(closes) - 1]
        assert base[len(closes) - 1] == 967

    def test_the_level_is_the_highest_close_before_the_breakout(self) -> None:
        made = market(24, [100.0, *[99.0] * 22, 101.0])
        assert view(made).observations()[-1].prior_high == 100.0
        assert view(made).path[-1].memory.breakout.level == 100.0


class TestRelativeStrength:
    def rs(self, iwm: Sequence[float], gate: str = "relative_strength") -> str:
        n = len(iwm)
        funds = {"IWM": closes_on_sessions(FIRST, iwm), "SPY": closes_on_sessions(FIRST, [400.0] * n)}
        return verdict(market(n, **funds), gate)

    def test_it_is_up_above_its_average_and_its_value_a_month_ago(self) -> None:
        assert self.rs([100.0] * 59 + [101.0]) == "yes"

    def test_it_is_not_up_under_its_value_21_sessions_ago(self) -> None:
        closes = [100.0] * 60
        closes[59 - 21], closes[59] = 102.0, 101.0
        assert self.rs(closes) == "no"
        closes[59 - 21], closes[59 - 20], closes[59 - 22] = 100.0, 102.0, 102.0
        assert self.rs(closes) == "yes"

    def test_it_is_not_up_under_its_average(self) -> None:
        closes = [110.0] * 60
        closes[59 - 21], closes[59] = 100.0, 101.0
        assert self.rs(closes) == "no"

    def test_a_value_that_only_equals_its_hurdle_is_not_above_it(self) -> None:
        assert self.rs([100.0] * 60) == "no"

    def test_it_needs_its_whole_window_of_50_sessions(self) -> None:
        assert self.rs([100.0] * 48 + [101.0]) == "not yet"
        assert self.rs([100.0] * 49 + [101.0]) == "yes"

    def test_weak_sessions_in_a_row_are_counted_under_the_average(self) -> None:
        iwm = [100.0] * 52 + [99.0, 98.0, 97.0] + [105.0] + [96.0, 95.0]
        funds = {"IWM": closes_on_sessions(FIRST, iwm), "SPY": closes_on_sessions(FIRST, [400.0] * len(iwm))}
        seen = view(market(len(iwm), **funds))
        by_session = dict(
            zip(seen.source.session_rows().tolist(), seen.source.rs_weak_sessions().tolist(), strict=True)
        )
        assert [by_session[i] for i in range(51, 58)] == [0, 1, 2, 3, 0, 1, 2]

    @pytest.mark.parametrize(
        ("lost", "read"),
        [
            ([40], "yes"),
            ([40, 41], "not yet"),  # of 50 rows one may be missing
            ([10], "not yet"),  # the oldest row of the window
            ([38], "not yet"),  # the row of the look-back
            ([59], "not yet"),  # the newest
        ],
    )
    def test_a_window_of_50_may_lack_one_row_within(self, lost: list[int], read: str) -> None:
        iwm = closes_on_sessions(FIRST, [100.0] * 59 + [101.0])
        spy = closes_on_sessions(FIRST, [400.0] * 60)
        for day in [list(iwm)[i] for i in lost]:
            del iwm[day]
        assert verdict(market(60, IWM=iwm, SPY=spy), "relative_strength") == read


class TestCredit:
    """With 99 ratios of 1 before it, r stands at r / ((99 + r) / 100) of its average: 0.98 of it at r = 0.979802."""

    def credit(self, ratio: float, n: int = 100, **changes: Any) -> str:
        funds = {
            "HYG": closes_on_sessions(FIRST, [80.0] * (n - 1) + [80.0 * ratio]),
            "IEF": closes_on_sessions(FIRST, [80.0] * n),
        }
        return verdict(market(n, **funds), "credit", changes)

    def test_credit_is_stressed_under_98_percent_of_its_average(self) -> None:
        assert self.credit(0.9798) == "no"
        assert self.credit(0.9799) == "yes"

    def test_it_needs_100_sessions(self) -> None:
        assert self.credit(1.0, n=99) == "not yet"

    def test_the_grade_ratio_reads_lqd_instead_of_ief(self) -> None:
        lqd = closes_on_sessions(FIRST, [80.0] * 100)
        hyg = closes_on_sessions(FIRST, [80.0] * 99 + [70.0])
        made = market(100, HYG=hyg, LQD=lqd)
        assert verdict(made, "credit") == "no data"
        assert verdict(made, "credit", {"credit": {"measure": "grade_ratio"}}) == "no"

    @pytest.mark.parametrize(
        ("before", "now", "calm"), [(3.35, 4.10, "no"), (3.36, 4.10, "yes"), (2.87, 3.62, "no"), (8.19, 8.93, "yes")]
    )
    def test_a_spread_rises_in_decimals(self, before: float, now: float, calm: str) -> None:
        made = market(41, BAMLH0A0HYM2=closes_on_sessions(FIRST, [before] * 39 + [now, 9.0]))
        assert verdict(made, "credit", {"credit": {"measure": "spread"}}) == calm

    @pytest.mark.parametrize(("rise", "calm"), [(0.74, "yes"), (0.75, "no")])
    def test_the_spread_is_stressed_when_up_75_points_in_21_sessions(self, rise: float, calm: str) -> None:
        spread = [3.0] * 39 + [3.0 + rise] + [9.0]  # the last is published a session later: not known yet
        made = market(41, BAMLH0A0HYM2=closes_on_sessions(FIRST, spread))
        assert verdict(made, "credit", {"credit": {"measure": "spread"}}) == calm


class TestVolatility:
    @pytest.mark.parametrize(
        ("vix", "calm", "kills"), [(27.99, "yes", "no"), (28.0, "no", "no"), (35.0, "no", "no"), (35.01, "no", "yes")]
    )
    def test_vix_confirms_under_28_and_kills_over_35(self, vix: float, calm: str, kills: str) -> None:
        made = market(5, VIX=closes_on_sessions(FIRST, [20.0] * 4 + [vix]))
        assert verdict(made, "volatility") == calm
        assert verdict(made, "volatility_kill") == kills


class TestParticipation:
    def made(self, rsp: bool | None, ijr: bool | None, sectors: int | None, listed: int = 11) -> Market:
        """A market in which each sign is there, is not, or has no data (None)."""
        n = 253
        funds: dict[str, Prices] = {"SPY": closes_on_sessions(FIRST, [400.0] * n)}
        if rsp is not None:
            funds["RSP"] = closes_on_sessions(FIRST, [100.0] * (n - 1) + [101.0 if rsp else 99.0])
        if ijr is not None:
            funds["IJR"] = closes_on_sessions(FIRST, [100.0] * (n - 1) + [100.0 if ijr else 99.0])
        if sectors is not None:
            names = ["XLB", "XLC", "XLE", "XLF", "XLI", "XLK", "XLP", "XLRE", "XLU", "XLV", "XLY"][:listed]
            for i, name in enumerate(names):
                funds[name] = closes_on_sessions(FIRST, [50.0] * (n - 1) + [51.0 if i < sectors else 49.0])
        return market(n, **funds)

    @pytest.mark.parametrize(
        ("rsp", "ijr", "sectors", "expected"),
        [
            (True, True, 0, "yes"),
            (True, False, 7, "yes"),
            (False, True, 7, "yes"),
            (True, True, 11, "yes"),
            (True, False, 6, "no"),
            (False, False, 11, "no"),
            (False, True, 6, "no"),
        ],
    )
    def test_two_of_three_signs_are_needed_and_seven_sectors_of_eleven(
        self, rsp: bool, ijr: bool, sectors: int, expected: str
    ) -> None:
        assert verdict(self.made(rsp, ijr, sectors), "participation") == expected

    def test_with_one_sign_absent_both_others_are_needed(self) -> None:
        assert verdict(self.made(True, True, None), "participation") == "yes"
        assert verdict(self.made(True, False, None), "participation") == "no"

    def test_seven_listed_sectors_must_all_stand_above(self) -> None:
        assert verdict(self.made(True, None, 7, listed=7), "participation") == "yes"
        assert verdict(self.made(True, None, 6, listed=7), "participation") == "no"

    def test_without_data_for_two_signs_the_gate_is_off_and_lets_through(self) -> None:
        made = self.made(False, None, None)
        assert verdict(made, "participation") == "no data"
        assert passes(made, only("participation"))

    def test_six_listed_sectors_can_never_be_seven_and_count_as_no_data(self) -> None:
        assert verdict(self.made(True, None, 6, listed=6), "participation") == "no data"

    def test_before_a_year_of_ijr_the_high_is_no_sign(self) -> None:
        n = 251
        rising = closes_on_sessions(FIRST, [100.0 + i for i in range(n)])
        flat = closes_on_sessions(FIRST, [400.0] * n)
        made = market(n, SPY=flat, RSP=rising, IJR=rising)
        assert not passes(made, only("participation"))


class TestVolumeAndTrend:
    def volumes(self, *values: float) -> Market:
        n = len(values)
        fund = series_of("IWM", closes_on_sessions(FIRST, [200.0] * n), volumes=closes_on_sessions(FIRST, values))
        return with_series([*market(n).values(), fund])

    def test_heavy_volume_is_one_and_a_half_medians_within_ten_sessions(self) -> None:
        on = only("volume")
        assert verdict(self.volumes(*[100.0] * 60, 150.0, *[100.0] * 9), "volume", on) == "yes"
        assert verdict(self.volumes(*[100.0] * 60, 149.9, *[100.0] * 9), "volume", on) == "no"
        assert verdict(self.volumes(*[100.0] * 60, 150.0, *[100.0] * 10), "volume", on) == "no"

    def test_volume_that_is_blank_throughout_is_no_data(self) -> None:
        assert verdict(self.volumes(*[float("nan")] * 60), "volume", only("volume")) == "no data"

    def test_trading_is_thin_under_half_the_median_volume(self) -> None:
        assert view(self.volumes(*[100.0] * 59, 49.9)).observations()[-1].thin_trading
        assert not view(self.volumes(*[100.0] * 59, 50.0)).observations()[-1].thin_trading

    def test_trading_is_thin_on_a_half_day(self) -> None:
        # 2024-07-03 closed at 13:00 in New York; it is session 126 of 2024.
        seen = view(market(128))
        thin = {str(day): o.thin_trading for day, o in zip(seen.days, seen.observations(), strict=True)}
        assert thin["2024-07-03"]
        assert not thin["2024-07-02"]
        assert not thin["2024-07-05"]

    def test_the_trend_is_close_over_50_over_200_sessions(self) -> None:
        rising = [100.0 + i for i in range(200)]
        assert verdict(market(200, rising), "trend") == "yes"
        assert verdict(market(199, rising[:199]), "trend") == "not yet"
        assert verdict(market(200, [*rising[:199], 200.0]), "trend") == "no"  # SMA50 is about 273
        assert verdict(market(200, [*rising[::-1][:199], 500.0]), "trend") == "no"  # SMA50 is under SMA200


class TestNetLiquidity:
    """Wednesdays from 2025-08-20 on; the 14th is 2025-11-19, the 15th 2025-11-26, the day before Thanksgiving."""

    ON = only("net_liquidity")

    def made(self, *repo: float, assets: float = 8e6) -> Market:
        wednesdays = [str(day) for day in utc_days("2025-08-20", 7 * len(repo))[::7]]
        rut = closes_on_sessions("2025-08-20", [100.0] * 77)
        days = closes_on_days("2025-08-20", [1.0] * 110)
        return market_of(
            {
                "RUT": rut,
                "ETH": days,
                "BTC": days,
                "WALCL": dict.fromkeys(wednesdays, assets),
                "WTREGEN": dict.fromkeys(wednesdays, 6e5),
                "RRPONTSYD": dict(zip(wednesdays, repo, strict=True)),
            }
        )

    def at(self, made: Market, when: str) -> dict[str, Any]:
        decisions = Rotation(settings_with(self.ON)).decisions(made)
        return next(dict(d.readings["net_liquidity"]) for d in decisions if d.at.date().isoformat() == when)

    def test_the_change_over_13_weeks_counts_repo_in_billions(self) -> None:
        # 8,000,000 - 600,000 - 1000 x 299 less 8,000,000 - 600,000 - 1000 x 300 = +1000
        found = self.at(self.made(*[300.0] * 13, 299.0), "2025-11-21")
        assert found == {"value": 1000.0, "threshold": 0.0, "verdict": "yes", "gate": True}
        assert self.at(self.made(*[300.0] * 13, 301.0), "2025-11-21")["verdict"] == "no"
        assert self.at(self.made(*[300.0] * 13, 300.0), "2025-11-21")["verdict"] == "no"

    def test_wednesdays_figures_are_known_on_thursday_afternoon(self) -> None:
        made = self.made(*[300.0] * 13, 299.0)
        assert self.at(made, "2025-11-20")["verdict"] == "not yet"  # Thursday 00:00
        assert self.at(made, "2025-11-21")["verdict"] == "yes"

    def test_after_a_thursday_holiday_they_are_known_on_friday_afternoon(self) -> None:
        made = self.made(*[300.0] * 13, 301.0, 290.0)  # 2025-11-26 is better than 2025-08-27
        assert self.at(made, "2025-11-28")["verdict"] == "no"
        assert self.at(made, "2025-11-29")["verdict"] == "yes"


class TestPegAndPair:
    @pytest.mark.parametrize(
        ("closes", "broken"),
        [
            ([1.0, 0.989, 0.989], "yes"),
            ([0.989, 1.0, 0.989], "no"),
            ([0.989, 0.989, 1.0], "no"),
            ([1.0, 0.99, 0.99], "no"),
            ([1.0, 1.03, 1.03], "no"),
        ],
    )
    def test_the_peg_breaks_with_two_closes_in_a_row_under_99_cents(self, closes: list[float], broken: str) -> None:
        made = market(3, USDT=closes_on_days("2024-01-02", closes))
        assert verdict(made, "peg_broken") == broken

    def pair(self, *eth: float) -> dict[str, Any]:
        n = len(eth)
        rut = closes_on_sessions("2024-01-02", [100.0])
        made = market_of(
            {"RUT": rut, "ETH": closes_on_days("2024-01-02", eth), "BTC": closes_on_days("2024-01-02", [100.0] * n)}
        )
        return last(made, "eth_btc")

    def test_eth_against_btc_is_held_to_its_50_day_average(self) -> None:
        found = self.pair(*[10.0] * 49, 20.0)  # (49 x 0.1 + 0.2) / 50 = 0.102
        assert found["value"] == pytest.approx(0.2)
        assert found["threshold"] == pytest.approx(0.102)
        assert found["verdict"] == "yes"
        assert self.pair(*[10.0] * 49, 5.0)["verdict"] == "no"
        assert self.pair(*[10.0] * 49)["verdict"] == "not yet"

    def test_eths_trend_is_its_100_day_average(self) -> None:
        rut = closes_on_sessions("2024-01-02", [100.0])
        for closes, expected in (([10.0] * 99 + [11.0], "yes"), ([10.0] * 99 + [9.0], "no"), ([10.0] * 99, "not yet")):
            days = closes_on_days("2024-01-02", closes)
            assert verdict(market_of({"RUT": rut, "ETH": days, "BTC": days}), "eth_trend") == expected


class TestOffAndNotYet:
    def test_a_gate_without_its_series_is_off_and_lets_through(self) -> None:
        assert passes(market(5), only(*GATES[:-2], "net_liquidity"))
        assert verdict(market(5), "relative_strength") == "no data"

    @pytest.mark.parametrize(
        ("gate", "symbols"),
        [("relative_strength", ("IWM", "SPY")), ("credit", ("HYG", "IEF")), ("trend", ())],
    )
    def test_a_gate_that_cannot_be_computed_yet_does_not_let_through(self, gate: str, symbols: tuple[str, ...]) -> None:
        made = market(20, **{symbol: closes_on_sessions(FIRST, [100.0] * 20) for symbol in symbols})
        assert verdict(made, gate) == "not yet"
        assert not passes(made, only(gate))

    def test_a_gate_does_not_let_through_on_a_session_that_its_series_lacks(self) -> None:
        for known, told in ((20, "yes"), (19, "not yet"), (17, "not yet"), (16, "stale")):
            made = market(20, VIX=closes_on_sessions(FIRST, [15.0] * known))
            assert verdict(made, "volatility") == told
            assert passes(made, only("volatility")) is (told == "yes")

    def test_a_gate_whose_series_has_ended_is_off(self) -> None:
        vix = closes_on_sessions(FIRST, [40.0] * 20)
        made = market(40, VIX=vix)
        assert verdict(made, "volatility") == "no data"
        assert passes(made, only("volatility"))

    def ended(self, rows: int, last: str | None = None) -> list[int]:
        """The days of January 2024 on which X has ended; it has rows from 2024-01-01 on, and ended_days is 14."""
        made = market(25, X=closes_on_days("2024-01-01", [1.0] * rows))
        endings = {"X": EndedSettings(date.fromisoformat(last))} if last else {}
        settings = replace(settings_with(), endings=endings)
        found = RotationView(made, settings).source.has_ended(made["X"])
        days = made.decision_times.astype("datetime64[D]")[found].tolist()
        return [day.day for day in days if day.month == 1]

    def test_a_series_has_ended_when_it_is_silent_for_more_than_14_days(self) -> None:
        # The row of 01-05 is known on 01-06: fourteen days of silence are over with 01-20.
        assert self.ended(5) == list(range(21, 32))

    def test_a_series_has_ended_from_the_day_after_its_date_in_the_table(self) -> None:
        assert self.ended(10, "2024-01-10") == list(range(11, 32))
        assert self.ended(9, "2024-01-10") == list(range(11, 32))

    def test_a_series_that_goes_on_after_its_date_in_the_table_has_not_ended(self) -> None:
        # On 01-11 the row of that day is not known yet, and on 01-12 it is.
        assert self.ended(31, "2024-01-10") == [11]

    def test_a_gate_that_is_switched_off_lets_through_whatever_it_reads(self) -> None:
        made = market(5, VIX=closes_on_sessions(FIRST, [60.0] * 5))
        assert not passes(made, only("volatility"))
        assert passes(made, only())


class TestStale:
    def missed(self, made: Market, changes: Mapping[str, Any] | None = None) -> int:
        return int(view(made, changes).missed[-1])

    def test_silence_of_small_caps_is_counted_in_sessions(self) -> None:
        days = closes_on_days("2024-01-02", [1.0] * 12)  # to Saturday 01-13
        rut = closes_on_sessions("2024-01-02", [100.0] * 4)  # to Friday 01-05
        # 01-08 to 01-12 are five sessions; the weekend adds none.
        assert self.missed(market_of({"RUT": rut, "ETH": days, "BTC": days})) == 5

    def test_silence_of_a_coin_is_counted_in_days(self) -> None:
        days = closes_on_days("2024-01-02", [1.0] * 12)
        btc = closes_on_days("2024-01-02", [1.0] * 8)
        rut = closes_on_sessions("2024-01-02", [100.0] * 9)
        assert self.missed(market_of({"RUT": rut, "ETH": days, "BTC": btc})) == 4

    def test_a_gate_that_is_off_makes_nothing_stale(self) -> None:
        made = market(20, VIX=closes_on_sessions(FIRST, [15.0] * 12))
        kills_off = {"risk_exits": {"volatility": False}}
        assert self.missed(made, only("volatility")) == 8
        assert self.missed(made, {**only(), **kills_off}) == 0


def test_the_range_of_eth_is_the_mean_of_its_true_ranges_and_unknown_before() -> None:
    """Closes of 100, then 104, 103 and 110 with highs of 105, 106 and 111, lows of 98, 102 and 109.

    The true ranges are 7 (105 - 98), 4 (106 - 102) and 8 (111 - 103): over two days 5.5, then 6.
    """
    closes = dict(zip(["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"], [100.0, 104, 103, 110], strict=True))
    highs, lows = (
        dict(zip(closes, [100.0, 105, 106, 111], strict=True)),
        dict(zip(closes, [100.0, 98, 102, 109], strict=True)),
    )
    eth = series_of("ETH", closes, highs=highs, lows=lows)
    rut = series_of("RUT", closes_on_sessions("2024-01-02", [100.0] * 2))
    made = with_series([eth, rut, series_of("BTC", closes)])
    found = view(made, {"eth_stop": {"atr_days": 2}}).source.eth_range()
    assert made.decision_times.astype("datetime64[D]").astype(str).tolist() == [
        "2024-01-03",
        "2024-01-04",
        "2024-01-05",
    ]
    # On 01-03 the first true range is known, and only one: the first day has none, since no close stands before it.
    assert np.array_equal(found, [np.nan, 5.5, 6.0], equal_nan=True)


def test_sma_windows_are_sessions_and_a_weekend_adds_none() -> None:
    """RS over 60 sessions is the same at Friday's, Saturday's and Sunday's midnights."""
    iwm = [100.0 + i % 7 for i in range(64)]  # 2024-04-03 is the 64th session
    funds = {"IWM": closes_on_sessions(FIRST, iwm), "SPY": closes_on_sessions(FIRST, [400.0] * 64)}
    reading = view(market(64, **funds)).readings["relative_strength"]
    days = view(market(64, **funds)).days.astype(str).tolist()
    friday, saturday, sunday = (days.index(day) for day in ("2024-03-22", "2024-03-23", "2024-03-24"))
    assert reading.value[friday] == reading.value[saturday] == reading.value[sunday]
    assert reading.threshold[friday] == reading.threshold[sunday]
