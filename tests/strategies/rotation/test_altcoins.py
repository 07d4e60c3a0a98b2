"""Which altcoins may be bought, how broad their advance is, which are chosen, and at what weights."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.market import Series
from bot.core.series_kind import SeriesKind
from strategies.indicators import annual_volatility
from strategies.rotation.altcoins import Altcoins
from strategies.rotation.capped_shares import capped_shares
from strategies.rotation.settings import AltcoinSettings
from tests.markets import closes_on_days, series_of, settings_with, utc_days, with_series

FIRST = "2024-01-01"
SETTINGS = settings_with().altcoins
PLENTY = 1e7


def coin(
    symbol: str, closes: list[float], volume: float = PLENTY, without: tuple[int, ...] = (), **more: Any
) -> Series:
    """A coin from 2024-01-01 on with the same volume every day; the days in `without` have no row."""
    prices = closes_on_days(FIRST, closes)
    kept = {day: price for i, (day, price) in enumerate(prices.items()) if i not in without}
    volumes = {**dict.fromkeys(kept, volume), **more.pop("volumes", {})}
    return series_of(symbol, kept, more.pop("kind", SeriesKind.CRYPTO), volumes=volumes)


def altcoins(*coins: Series, **changes: Any) -> Altcoins:
    """The altcoins of a market with ETH, BTC and these coins."""
    majors = [coin("ETH", [1.0] * 200), coin("BTC", [1.0] * 200)]
    return Altcoins(with_series([*majors, *coins]), replace(SETTINGS, **changes))


def day(number: int) -> np.datetime64:
    """The day of row `number`, counted from 0."""
    return utc_days(FIRST, number + 1)[-1]


class TestEligible:
    def test_a_coin_is_eligible_ninety_days_after_its_first_row(self) -> None:
        found = altcoins(coin("A", [1.0] * 100))
        assert found.eligible(day(89)) == []
        assert found.eligible(day(90)) == ["A"]

    def test_a_pause_of_more_than_three_days_starts_the_ninety_days_anew(self) -> None:
        found = altcoins(coin("A", [1.0] * 230, without=(100, 101, 102, 103)))
        assert found.eligible(day(99)) == ["A"]
        assert found.eligible(day(193)) == []
        assert found.eligible(day(194)) == ["A"]  # the first row after the pause is that of day 104

    def test_a_pause_of_three_days_does_not_but_the_median_needs_thirty_whole_days_again(self) -> None:
        found = altcoins(coin("A", [1.0] * 140, without=(100, 101, 102)))
        assert found.eligible(day(131)) == []
        assert found.eligible(day(132)) == ["A"]  # days 103 to 132

    def test_a_coin_without_a_row_today_is_not_eligible(self) -> None:
        found = altcoins(coin("A", [1.0] * 150, without=(110,)))
        assert [found.eligible(day(n)) for n in (109, 110, 139, 140)] == [["A"], [], [], ["A"]]

    def test_the_median_of_thirty_days_of_volume_must_reach_ten_millions(self) -> None:
        assert altcoins(coin("A", [1.0] * 100, volume=1e7)).eligible(day(95)) == ["A"]
        assert altcoins(coin("A", [1.0] * 100, volume=0.999e7)).eligible(day(95)) == []

    def test_it_is_the_median_and_not_the_mean(self) -> None:
        rich = {str(day(n)): 1e9 for n in range(66, 80)}  # 14 of the 30 days 66 to 95
        assert altcoins(coin("A", [1.0] * 100, volume=9e6, volumes=rich)).eligible(day(95)) == []
        rich |= {str(day(80)): 1e9, str(day(81)): 1e9}  # 16 of them
        assert altcoins(coin("A", [1.0] * 100, volume=9e6, volumes=rich)).eligible(day(95)) == ["A"]

    def test_a_liquid_coin_is_hidden_for_the_thirty_days_whose_volume_misses_a_row(self) -> None:
        """Day 95 has no row, so it is not seasoned itself; the windows of days 96 to 124 contain it."""
        days = np.arange(day(0), day(140))
        rich, poor = coin("A", [1.0] * 140, without=(95,)), coin("B", [1.0] * 140, volume=1e5, without=(95,))
        assert altcoins(rich, poor, coin("C", [1.0] * 140)).hidden(days) == {"A": 29}

    def test_one_blank_volume_within_thirty_days_makes_it_not_eligible(self) -> None:
        blank = {str(day(70)): math.nan}
        found = altcoins(coin("A", [1.0] * 110, volumes=blank))
        assert found.eligible(day(99)) == []  # days 70 to 99
        assert found.eligible(day(100)) == ["A"]

    @pytest.mark.parametrize(
        "kind", [SeriesKind.STABLECOIN, SeriesKind.WRAPPED, SeriesKind.STAKED, SeriesKind.LEVERAGED]
    )
    def test_stablecoins_and_tokens_that_follow_another_coin_never_are(self, kind: SeriesKind) -> None:
        assert altcoins(coin("A", [1.0] * 100, kind=kind)).eligible(day(95)) == []

    def test_btc_and_eth_never_are(self) -> None:
        assert altcoins().eligible(day(150)) == []

    def test_the_answer_is_in_the_order_of_symbols(self) -> None:
        found = altcoins(*(coin(symbol, [1.0] * 100) for symbol in "CAB"))
        assert found.eligible(day(95)) == ["A", "B", "C"]


class TestBreadth:
    RISEN, FALLEN = [1.0] * 95 + [2.0], [1.0] * 95 + [0.5]

    def breadth(self, up: int, down: int, **changes: Any) -> float:
        coins = [coin(f"U{i}", self.RISEN) for i in range(up)] + [coin(f"D{i}", self.FALLEN) for i in range(down)]
        return float(altcoins(*coins, **changes).breadth(utc_days(FIRST, 96))[-1])

    def test_it_is_the_share_above_their_own_average(self) -> None:
        assert self.breadth(3, 2) == 0.6

    def test_fewer_than_five_coins_say_nothing(self) -> None:
        assert math.isnan(self.breadth(4, 0))

    def test_one_coin_is_enough_where_the_config_says_so(self) -> None:
        assert self.breadth(1, 0, breadth_least_coins=1) == 1.0

    def test_a_coin_that_is_not_eligible_is_not_counted(self) -> None:
        coins = [coin(f"U{i}", self.RISEN) for i in range(5)]
        poor = [coin(f"P{i}", self.FALLEN, volume=1e5) for i in range(5)]
        assert altcoins(*coins, *poor).breadth(utc_days(FIRST, 96))[-1] == 1.0

    def test_a_coin_without_fifty_closes_is_not_counted(self) -> None:
        young = [coin(f"Y{i}", self.FALLEN[-40:]) for i in range(5)]
        old = [coin(f"U{i}", self.RISEN[-40:] + [2.0] * 20) for i in range(5)]
        found = altcoins(*young, *old, seasoned_days=1)
        assert math.isnan(found.breadth(utc_days(FIRST, 40))[-1])


def steady(log_step: float, n: int = 120) -> list[float]:
    """Closes that go up and down by the same log step, so that every squared return is its square."""
    return [math.exp(log_step) if i % 2 else 1.0 for i in range(n)]


class TestChoice:
    def test_weights_go_with_one_over_volatility(self) -> None:
        # vol = sqrt(365) x step: 0.955 and 0.478 a year, so 1 : 2
        found = altcoins(coin("A", steady(0.05)), coin("B", steady(0.025)), largest_share=1.0)
        assert found.choose(day(119)) == pytest.approx({"A": 1 / 3, "B": 2 / 3})

    def test_volatility_is_at_least_forty_percent(self) -> None:
        # sqrt(365) x 0.01 = 0.19 counts as 0.40; sqrt(365) x 0.05 = 0.9552
        found = altcoins(coin("A", steady(0.05)), coin("B", steady(0.01)), largest_share=1.0)
        wild, calm = 1 / (math.sqrt(365) * 0.05), 1 / 0.40
        assert found.choose(day(119)) == pytest.approx({"A": wild / (wild + calm), "B": calm / (wild + calm)})

    def test_volatility_weighs_squared_returns_by_a_span_of_thirty(self) -> None:
        # Two returns: none, then 0.1. Weights q = 29/31 and 1, normalised.
        expected = math.sqrt(365 * 0.01 / (1 + 29 / 31))
        assert annual_volatility(np.array([1.0, 1.0, math.exp(0.1)]), 30)[-1] == pytest.approx(expected)

    def test_the_score_ends_yesterday(self) -> None:
        slow = [math.exp(0.001 * i) for i in range(121)]
        leaps = [1.0] * 119 + [1.5, 1.5]
        found = altcoins(coin("LEAP", leaps), coin("SLOW", slow), count=1)
        assert list(found.choose(day(119))) == ["SLOW"]  # LEAP's gain is of today
        # A day later: LEAP 0.5 / sqrt(365 x 2/31 x ln(1.5)^2) = 0.25; SLOW (0.021 + 0.065) / 2 / 0.40 = 0.11
        assert list(found.choose(day(120))) == ["LEAP"]

    def test_the_score_is_the_mean_of_a_month_and_a_quarter_over_volatility(self) -> None:
        """Both at vol 0.40: A rose 10% 30 days ago (21 days: 0, 63 days: 0.10), B 4% ten days ago (0.04, 0.04)."""
        a = [1.0] * 89 + [1.10] * 31
        b = [1.0] * 109 + [1.04] * 11
        found = altcoins(coin("A", a), coin("B", b), count=1, volatility_floor=5.0)
        assert list(found.choose(day(119))) == ["A"]  # 0.05 against 0.04
        c = [1.0] * 109 + [1.06] * 11
        found = altcoins(coin("A", a), coin("C", c), count=1, volatility_floor=5.0)
        assert list(found.choose(day(119))) == ["C"]  # 0.06 against 0.05

    def test_ties_go_by_symbol(self) -> None:
        coins = [coin(symbol, steady(0.03)) for symbol in ("D", "B", "A", "C")]
        assert list(altcoins(*coins, count=2).choose(day(119))) == ["A", "B"]

    def test_the_best_eight_are_taken_even_when_all_fall(self) -> None:
        coins = [coin(f"C{i:02}", [math.exp(-0.001 * i * n) for n in range(120)]) for i in range(1, 11)]
        assert list(altcoins(*coins).choose(day(119))) == [f"C{i:02}" for i in range(1, 9)]

    def test_two_coins_take_two_fifths_and_the_rest_stays_stable(self) -> None:
        found = altcoins(coin("A", steady(0.03)), coin("B", steady(0.03))).choose(day(119))
        assert found == {"A": 0.2, "B": 0.2}

    def test_equal_weights_are_shares_of_all_eligible_coins_under_the_cap(self) -> None:
        coins = [coin(f"C{i}", steady(0.03)) for i in range(1, 9)]
        assert altcoins(*coins).equal(day(119)) == {f"C{i}": 0.125 for i in range(1, 9)}
        assert altcoins(*coins[:2]).equal(day(119)) == {"C1": 0.2, "C2": 0.2}

    def test_without_eligible_coins_nothing_is_chosen(self) -> None:
        assert altcoins().choose(day(119)) == {}

    def test_a_coin_without_a_quarter_of_rows_before_yesterday_is_not_chosen(self) -> None:
        found = altcoins(coin("A", steady(0.03, 64)), coin("B", steady(0.03, 65)), seasoned_days=1)
        assert list(found.choose(day(63))) == []
        assert list(found.choose(day(64))) == ["B"]

    def test_a_coin_without_a_row_yesterday_has_no_score(self) -> None:
        found = altcoins(coin("A", steady(0.03), without=(118,)), coin("B", steady(0.03)))
        assert list(found.choose(day(119))) == ["B"]

    def test_what_happens_after_the_day_changes_nothing(self) -> None:
        closes = steady(0.03)
        poisoned = closes[:100] + [price * 10 for price in closes[100:]]
        calm, wild = altcoins(coin("A", closes)), altcoins(coin("A", poisoned))
        assert calm.choose(day(99)) == wild.choose(day(99))
        assert calm.eligible(day(99)) == wild.eligible(day(99))


scores = st.dictionaries(
    st.text("ABCDEFGH", min_size=1, max_size=3), st.floats(0.01, 100, allow_nan=False), min_size=1, max_size=12
)


class TestBasket:
    def test_its_return_is_the_mean_of_the_coins_that_were_eligible_the_day_before(self) -> None:
        """On row 119 A makes +10% and B -30%: -10%. C is new, D has no row that day, and neither counts."""
        a = [*[1.0] * 119, 1.1, 1.1]
        b = [*[1.0] * 119, 0.7, 0.7]
        c = coin("C", [1.0] * 119 + [5.0, 5.0], without=tuple(range(60)))
        d = coin("D", [1.0] * 119 + [9.0, 9.0], without=(119,))
        days = utc_days(FIRST, 121)[118:]
        found = altcoins(coin("A", a), coin("B", b), c, d).basket_returns(days)
        assert found.tolist() == pytest.approx([0.0, -0.1, 0.0])

    def test_it_makes_nothing_where_no_coin_is_eligible(self) -> None:
        assert altcoins().basket_returns(utc_days(FIRST, 3)).tolist() == [0.0, 0.0, 0.0]


class TestCappedShares:
    def test_the_excess_is_shared_pro_rata_again_and_again(self) -> None:
        """5 : 3 : 1 : 1 capped at 0.4. A is over (0.5); 0.6 left 3 : 1 : 1 gives B 0.36."""
        found = capped_shares({"A": 5.0, "B": 3.0, "C": 1.0, "D": 1.0}, 0.4)
        assert found == pytest.approx({"A": 0.4, "B": 0.36, "C": 0.12, "D": 0.12})
        # Capped at 0.35: A is over; B with 0.65 x 3/5 = 0.39 is over then; 0.30 left for two.
        found = capped_shares({"A": 5.0, "B": 3.0, "C": 1.0, "D": 1.0}, 0.35)
        assert found == pytest.approx({"A": 0.35, "B": 0.35, "C": 0.15, "D": 0.15})

    def test_what_cannot_be_placed_is_left_out(self) -> None:
        assert capped_shares({"A": 1.0, "B": 9.0, "C": 1.0}, 0.2) == {"A": 0.2, "B": 0.2, "C": 0.2}

    def test_nothing_gives_nothing(self) -> None:
        assert capped_shares({}, 0.2) == {}

    @given(scores, st.floats(0.05, 1.0))
    def test_none_is_above_the_cap_and_the_sum_is_what_can_be_placed(
        self, wanted: dict[str, float], cap: float
    ) -> None:
        found = capped_shares(wanted, cap)
        assert set(found) == set(wanted)
        assert max(found.values()) <= cap * (1 + 1e-12)
        assert sum(found.values()) == pytest.approx(min(1.0, cap * len(wanted)))

    @given(scores, st.floats(0.05, 1.0))
    def test_a_larger_score_never_gets_a_smaller_share(self, wanted: dict[str, float], cap: float) -> None:
        found = capped_shares(wanted, cap)
        by_score = sorted(wanted, key=lambda symbol: wanted[symbol])
        for lower, higher in itertools.pairwise(by_score):
            assert found[lower] <= found[higher] * (1 + 1e-9)

    @given(scores, st.floats(0.05, 1.0))
    def test_coins_under_the_cap_share_in_proportion(self, wanted: dict[str, float], cap: float) -> None:
        found = capped_shares(wanted, cap)
        free = [symbol for symbol in found if found[symbol] < cap * (1 - 1e-9)]
        for a, b in itertools.pairwise(free):
            assert found[a] / wanted[a] == pytest.approx(found[b] / wanted[b])

    @given(scores, st.floats(0.1, 10))
    def test_only_the_ratio_of_scores_matters(self, wanted: dict[str, float], scale: float) -> None:
        scaled = {symbol: score * scale for symbol, score in wanted.items()}
        assert capped_shares(scaled, 0.2) == pytest.approx(capped_shares(wanted, 0.2), rel=1e-6)


def test_the_settings_are_those_of_the_thesis() -> None:
    expected = AltcoinSettings(
        count=8,
        seasoned_days=90,
        pause_days=3,
        volume_days=30,
        minimum_volume=1e7,
        volatility_span=30,
        volatility_floor=0.40,
        momentum_days=(21, 63),
        largest_share=0.20,
        choose_every_days=7,
        breadth_window=50,
        breadth_least_coins=5,
        breadth_needed=0.60,
    )
    assert expected == SETTINGS
