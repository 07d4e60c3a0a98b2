"""Every layer of the waterfall on small markets whose answers are worked by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.market import Market
from bot.core.moments import utc
from bot.services.strategy_settings import rotation_settings
from strategies.rotation.view import RotationView
from strategies.rotation.waterfall import Layer, waterfall
from tests.markets import (
    Prices,
    closes_on_days,
    closes_on_sessions,
    config_with,
    market_of,
    random_market,
    session_days,
)

FIRST, EARLY = "2024-01-02", "2023-09-01"
NAMES = [
    "net_liquidity",
    "treasury_account",
    "credit",
    "broad_equities",
    "small_cap_strength",
    "small_cap_trend",
    "eth",
    "altcoin_breadth",
    "stablecoin_supply",
]


def market(sessions: int = 30, **others: Prices) -> Market:
    """RUT over some sessions from 2024-01-02, flat, with ETH and BTC from well before; what else is given."""
    days = int((session_days(FIRST, sessions)[-1] - np.datetime64(EARLY)).astype(int)) + 1
    flat = {
        "RUT": closes_on_sessions(FIRST, [100.0] * sessions),
        "ETH": closes_on_days(EARLY, [2000.0] * days),
        "BTC": closes_on_days(EARLY, [40000.0] * days),
    }
    return market_of({**flat, **others})


def layers(made: Market, changes: Mapping[str, Any] | None = None) -> dict[str, Layer]:
    config = config_with(changes or {})
    found = waterfall(RotationView(made, rotation_settings(config)))
    return {layer.name: layer for layer in found}


def last(made: Market, name: str, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A layer at the last decision."""
    return layers(made, changes)[name].at(-1)


def told(layer: Mapping[str, Any]) -> tuple[Any, ...]:
    """A layer's value, change, arrow and state."""
    change = layer["change"]
    return layer["value"], None if change is None else round(change, 6), layer["arrow"], layer["state"]


def weekly(values: Sequence[float], last_wednesday: str = "2024-02-07") -> dict[str, float]:
    """Values on Wednesdays, the last of them on a given one."""
    days = np.datetime64(last_wednesday) - 7 * np.arange(len(values))[::-1]
    return dict(zip(map(str, days), values, strict=True))


def test_the_layers_stand_from_the_top_of_the_risk_curve_to_its_foot() -> None:
    assert list(layers(market())) == NAMES


class TestNetLiquidity:
    def liquidity(self, account: Sequence[float], name: str = "net_liquidity") -> dict[str, Any]:
        n = len(account)
        dates = session_days("2023-10-02", 150)
        repo = {str(day): 0.1 for day in dates[dates <= session_days(FIRST, 30)[-1]]}
        macro = {"WALCL": weekly([1000.0] * n), "WTREGEN": weekly(account), "RRPONTSYD": repo}
        return last(market(**macro), name)

    def test_it_eases_where_it_grew_over_13_weeks(self) -> None:
        # 1000 - 300 - 1000 x 0.1 = 600 a quarter ago, 1000 - 240 - 100 = 660 now: a tenth more
        found = self.liquidity([300.0] * 13 + [240.0])
        assert told(found) == (660.0, 0.1, "up", "easing")
        assert (found["unit"], found["change_unit"], found["span"]) == ("$ million", "relative", "13 weeks")

    def test_it_is_tight_where_it_fell(self) -> None:
        assert told(self.liquidity([300.0] * 13 + [360.0])) == (540.0, -0.1, "down", "tight")

    def test_a_change_of_a_hundredth_is_flat_and_its_state_is_still_told(self) -> None:
        assert told(self.liquidity([300.0] * 13 + [294.0])) == (606.0, 0.01, "flat", "easing")

    def test_thirteen_weeks_have_no_quarter_before_them(self) -> None:
        found = self.liquidity([300.0] * 13)
        assert told(found) == (None, None, None, "no data")
        assert found["note"] == "not yet"

    def test_a_value_that_is_missing_inside_the_window_is_not_told_as_a_window_that_is_not_full(self) -> None:
        account = weekly([300.0] * 16)
        hole = sorted(account)[-14]
        del account[hole]
        assert last(market(WTREGEN=account), "treasury_account")["note"] == "missing"

    def test_a_falling_treasury_account_eases(self) -> None:
        found = self.liquidity([300.0] * 13 + [240.0], "treasury_account")
        assert told(found) == (240.0, -0.2, "down", "easing")

    def test_a_rising_treasury_account_is_tight_and_one_that_stays_too(self) -> None:
        assert told(self.liquidity([300.0] * 13 + [360.0], "treasury_account")) == (360.0, 0.2, "up", "tight")
        assert told(self.liquidity([300.0] * 14, "treasury_account")) == (300.0, 0.0, "flat", "tight")


class TestCredit:
    def test_it_eases_while_the_gate_finds_no_stress(self) -> None:
        # a ratio of 0.8 that falls to 0.796: 0.5% less, and far above 98% of its average
        sessions = 120
        funds = {
            "HYG": closes_on_sessions(FIRST, [80.0] * (sessions - 1) + [79.2]),
            "IEF": closes_on_sessions(FIRST, [100.0] * sessions),
        }
        assert told(last(market(sessions, **funds), "credit")) == (0.792, -0.01, "down", "easing")

    def test_it_is_tight_under_stress(self) -> None:
        sessions = 120
        funds = {
            "HYG": closes_on_sessions(FIRST, [80.0] * (sessions - 1) + [76.0]),
            "IEF": closes_on_sessions(FIRST, [100.0] * sessions),
        }
        assert told(last(market(sessions, **funds), "credit")) == (0.76, -0.05, "down", "tight")

    def test_a_spread_is_a_share_and_its_change_a_difference(self) -> None:
        spread = closes_on_sessions("2023-11-01", [3.0] * 60 + [3.7])
        sessions = int(np.isin(session_days(FIRST, 60), np.array(list(spread), "datetime64[D]")).sum())
        changes = {"rotation": {"credit": {"measure": "spread"}}}
        found = last(market(sessions + 1, BAMLH0A0HYM2=spread), "credit", changes)
        assert told(found) == (pytest.approx(0.037), 0.007, "up", "easing")  # 0.7 points; 0.75 would be stress
        assert (found["unit"], found["change_unit"]) == ("share", "difference")


class TestEquities:
    SMALL: Mapping[str, Any] = {"waterfall": {"broad_equities": {"average": 4, "sessions": 2, "flat": 0.01}}}

    def broad(self, *closes: float) -> tuple[Any, ...]:
        spy = closes_on_sessions(FIRST, closes)
        return told(last(market(len(closes), SPY=spy), "broad_equities", self.SMALL))

    def test_broad_equities_ease_above_their_average_and_above_their_close_a_span_ago(self) -> None:
        assert self.broad(100, 100, 100, 100, 110) == (110.0, 0.1, "up", "easing")

    def test_above_the_average_alone_is_tight(self) -> None:
        # average of 100, 120, 110, 115 is 111.25: above it, yet under 120 two sessions ago
        assert self.broad(100, 100, 120, 110, 115) == (115.0, round(115 / 120 - 1, 6), "down", "tight")

    def test_above_the_close_a_span_ago_alone_is_tight(self) -> None:
        # average of 140, 100, 100, 110 is 112.5
        assert self.broad(100, 140, 100, 100, 110) == (110.0, 0.1, "up", "tight")

    def test_the_average_needs_its_whole_window(self) -> None:
        assert self.broad(100, 100, 110) == (None, None, None, "no data")

    def test_small_caps_against_broad_ease_as_relative_strength_does(self) -> None:
        funds = {
            "IWM": closes_on_sessions(FIRST, [200.0] * 59 + [210.0]),
            "SPY": closes_on_sessions(FIRST, [400.0] * 60),
        }
        assert told(last(market(60, **funds), "small_cap_strength")) == (0.525, 0.05, "up", "easing")
        funds["IWM"] = closes_on_sessions(FIRST, [200.0] * 60)
        assert told(last(market(60, **funds), "small_cap_strength")) == (0.5, 0.0, "flat", "tight")

    def test_the_small_cap_trend_eases_as_its_gate_does(self) -> None:
        changes = {"rotation": {"trend": {"fast": 2, "slow": 4}}, "waterfall": {"small_cap_trend": {"sessions": 2}}}
        up = market(5, RUT=closes_on_sessions(FIRST, [100, 101, 102, 103, 104]))
        down = market(5, RUT=closes_on_sessions(FIRST, [104, 103, 102, 101, 100]))
        assert told(last(up, "small_cap_trend", changes)) == (104.0, round(2 / 102, 6), "up", "easing")
        assert told(last(down, "small_cap_trend", changes)) == (100.0, round(-2 / 102, 6), "down", "tight")


class TestCrypto:
    def test_eth_eases_above_its_average_of_100_days(self) -> None:
        days = len(market()["ETH"])
        eth = closes_on_days(EARLY, [2000.0] * (days - 1) + [2200.0])
        assert told(last(market(ETH=eth), "eth")) == (2200.0, 0.1, "up", "easing")
        eth = closes_on_days(EARLY, [2000.0] * (days - 1) + [1960.0])
        assert told(last(market(ETH=eth), "eth")) == (1960.0, -0.02, "flat", "tight")

    def test_the_breadth_of_altcoins_eases_from_60_per_cent_on(self) -> None:
        assert told(self.breadth(rising=3)) == (0.6, 0.6, "up", "easing")
        assert told(self.breadth(rising=2)) == (0.4, 0.4, "up", "tight")

    def breadth(self, rising: int) -> dict[str, Any]:
        """Five altcoins of which some rise above their average on the last day."""
        days = len(market()["ETH"])
        closes = {f"C{i}": closes_on_days(EARLY, [10.0] * (days - 1) + [10.0 + (i < rising)]) for i in range(5)}
        volumes = {coin: dict.fromkeys(prices, 1e9) for coin, prices in closes.items()}
        return last(
            market_of({s: self._closes(market()[s]) for s in ("RUT", "ETH", "BTC")} | closes, volumes=volumes),
            "altcoin_breadth",
        )

    def _closes(self, series: Any) -> dict[str, float]:
        return dict(zip(map(str, series.dates), series.close.tolist(), strict=True))

    def test_the_supply_of_stablecoins_eases_while_it_grows(self) -> None:
        days = len(market()["ETH"])
        grows = closes_on_days(EARLY, [100e9] * (days - 1) + [103e9])
        shrinks = closes_on_days(EARLY, [100e9] * (days - 1) + [97e9])
        assert told(last(market(STABLECOIN_SUPPLY_USD=grows), "stablecoin_supply")) == (103e9, 0.03, "up", "easing")
        assert told(last(market(STABLECOIN_SUPPLY_USD=shrinks), "stablecoin_supply")) == (97e9, -0.03, "down", "tight")
        level = closes_on_days(EARLY, [100e9] * days)
        assert told(last(market(STABLECOIN_SUPPLY_USD=level), "stablecoin_supply")) == (100e9, 0.0, "flat", "tight")


class TestNoData:
    SUPPLY = "STABLECOIN_SUPPLY_USD"

    def supply(self, silent_days: int) -> dict[str, Any]:
        days = len(market()["ETH"]) - silent_days
        return last(market(**{self.SUPPLY: closes_on_days(EARLY, [100e9] * (days - 1) + [103e9])}), "stablecoin_supply")

    def test_a_market_of_three_series_has_no_data_where_they_are_absent_and_is_never_tight_there(self) -> None:
        found = {name: layer.at(-1) for name, layer in layers(market()).items()}
        absent = [
            "net_liquidity",
            "treasury_account",
            "credit",
            "broad_equities",
            "small_cap_strength",
            "stablecoin_supply",
        ]
        assert [name for name, layer in found.items() if layer["note"] == "absent"] == absent
        assert {found[name]["state"] for name in absent} == {"no data"}
        assert found["altcoin_breadth"]["note"] == "not yet"  # no five coins

    @pytest.mark.parametrize(("silent", "note"), [(0, ""), (1, "missing"), (4, "stale"), (15, "ended")])
    def test_silence_is_told_by_its_length(self, silent: int, note: str) -> None:
        found = self.supply(silent)
        assert found["note"] == note
        assert found["state"] == ("no data" if silent else "easing")
        assert (found["value"] is None) == bool(silent)

    def test_states_over_time_say_the_same_as_each_decision(self) -> None:
        layer = layers(market(**{self.SUPPLY: closes_on_days("2023-12-15", [1e9 + i for i in range(40)])}))[
            "stablecoin_supply"
        ]
        assert layer.states == [layer.at(i)["state"] for i in range(len(layer.states))]
        assert set(layer.states) == {"no data", "easing"}


@pytest.mark.slow
@settings(max_examples=25)
@given(seed=st.integers(0, 500), cut=st.integers(1, 400))
def test_what_comes_later_changes_no_layer(seed: int, cut: int) -> None:
    made = random_market(seed, days=420).market
    times = made.decision_times
    cut = min(cut, len(times) - 1)
    early, whole = layers(made.as_of(utc(times[cut]))), layers(made)
    n = len(early["eth"].states)
    for name, layer in early.items():
        assert [layer.at(i) for i in (0, n // 2, n - 1)] == [whole[name].at(i) for i in (0, n // 2, n - 1)]
        assert layer.states == whole[name].states[:n]
