"""The trigger's cross-check, worked by hand: records, confirmation windows, known closes, and the law of as-of."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from bot.core.data_fault import FaultKind
from bot.core.market import Market
from bot.core.moments import midnight
from bot.core.window import Window
from bot.data.quality import with_quality_flags
from bot.data.quality.trigger_check import band_of, check_records, find_trigger_faults
from bot.services.markets import quality_rules
from bot.services.trigger_report import trigger_faults, trigger_of
from tests.markets import closes_on_days, closes_on_sessions, default_config, market_of

RULES = quality_rules(default_config())
FIRST = "2019-01-02"
CALM = [1500.0 - i % 2 for i in range(80)]
"""Closes without a record after the first: 1500, 1499, 1500 ..."""
WHOLE = Window(date(2019, 1, 1), date(2019, 12, 31))


def market(index: list[float], fund: list[float] | None, **others: dict[str, float]) -> Market:
    """A market of small caps and their unadjusted fund on consecutive sessions."""
    closes = {"RUT": closes_on_sessions(FIRST, index), **others}
    if fund is not None:
        closes["IWM_RAW"] = closes_on_sessions(FIRST, fund)
    for symbol in ("BTC", "ETH"):
        closes.setdefault(symbol, closes_on_days(FIRST, [4000.0 if symbol == "BTC" else 150.0] * 130))
    return market_of(closes)


def texts(found: Market, kind: FaultKind) -> list[str]:
    return [fault.text for fault in find_trigger_faults(found, RULES) if fault.kind is kind]


class TestRecords:
    def test_a_record_that_the_fund_does_not_make_is_named(self) -> None:
        found = market([*CALM, 1600.0], [close / 10 for close in CALM] + [150.0])
        # The ratio is 10.000 on every session before; the least half width is 0.3% of it.
        assert texts(found, FaultKind.UNCONFIRMED_RECORD) == [
            "the record of RUT on 2019-04-29 (1600.00) is not confirmed by IWM_RAW (150.00): their ratio is 10.667, "
            "its band 9.970 to 10.030"
        ]

    def test_a_record_that_the_fund_makes_too_is_confirmed(self) -> None:
        found = market([*CALM, 1600.0], [close / 10 for close in CALM] + [160.2])
        assert check_records(found, RULES).confirmed.tolist() == [80]
        assert find_trigger_faults(found, RULES) == []

    def test_the_band_is_six_robust_deviations(self) -> None:
        ratios = np.array([10.0, 10.1, 10.2, 10.0, 10.2] * 20)
        # Median 10.1, median deviation 0.1: 6 x 1.4826 x 0.1 = 0.88956.
        assert band_of(ratios, RULES) == pytest.approx((9.21044, 10.98956))

    def test_one_wrong_row_of_the_past_does_not_widen_it(self) -> None:
        index = [*CALM, 1600.0]
        index[40] = 3.0
        found = market(index, [close / 10 for close in CALM] + [150.0])
        assert len(texts(found, FaultKind.UNCONFIRMED_RECORD)) == 1

    @pytest.mark.parametrize(
        ("fund", "why"),
        [
            (None, "IWM_RAW has no row"),
            ([close / 10 for close in CALM], "IWM_RAW has rows from 2019-01-02 to 2019-04-26"),
        ],
    )
    def test_a_record_without_a_row_of_the_fund_is_not_checked(self, fund: list[float] | None, why: str) -> None:
        found = market([*CALM, 1600.0], fund)
        line = f"Trigger: 1 record closes of RUT, 0 confirmed by IWM_RAW, 1 not checked ({why})"
        assert trigger_of(default_config(), found, WHOLE) == {
            "records": 1,
            "confirmed": 0,
            "unconfirmed": 0,
            "unchecked": 1,
            "faults": [],
            "line": line,
        }

    def test_too_short_a_past_is_no_estimate(self) -> None:
        short = [*CALM[:30], 1600.0]
        assert check_records(market(short, [c / 10 for c in short]), RULES).unchecked.tolist() == [30]

    def test_every_real_record_is_confirmed(self, real_market: Market) -> None:
        found = check_records(real_market, RULES)
        assert len(found.unconfirmed) == 0
        assert len(found.confirmed) == 279
        days = real_market["RUT"].dates[found.unchecked]
        # IWM_RAW begins on 2000-05-26 and ends on 2025-09-26.
        assert len([day for day in days.tolist() if date(2000, 9, 1) < day < date(2025, 9, 27)]) == 0
        assert [fault.text for fault in find_trigger_faults(real_market, RULES) if fault.first.year > 1999] == []


class TestWindows:
    def test_a_hole_in_a_confirmation_is_named(self) -> None:
        closes = closes_on_sessions(FIRST, [*CALM, 1600.0, 1601.0, 1602.0, 1603.0])
        del closes["2019-05-01"]
        found = market([], None, RUT=closes)
        assert texts(found, FaultKind.WINDOW) == [
            "RUT lacks a row before 2019-05-02, inside the confirmation window of its breakout on 2019-04-29"
        ]

    def test_a_repeated_close_is_named(self) -> None:
        found = market([*CALM, 1600.0, 1601.0, 1601.0], None)
        assert texts(found, FaultKind.WINDOW) == [
            "RUT repeats its close of 2019-04-30 on 2019-05-01, inside the confirmation window of its breakout on "
            "2019-04-29"
        ]

    def test_further_days_of_repeats_are_told_in_one_sentence(self) -> None:
        found = with_quality_flags(market([*CALM, 1600.0, 1600.0, 1600.0, 1600.0, 1601.0], None), RULES)
        first, second = trigger_faults(found, WHOLE)
        assert first.startswith("RUT repeats its close of 2019-04-29 on 2019-04-30, inside")
        assert second.startswith("RUT repeats its close of 2019-04-30 on 2019-05-01, inside")
        assert second.endswith("its breakout on 2019-04-29; the same on 1 more day: 2019-05-02")

    def test_a_repeat_after_the_window_is_none(self) -> None:
        after = [1600.0, *(1590.0 - i for i in range(10)), 1581.0]
        assert texts(market([*CALM, *after], None), FaultKind.WINDOW) == []


class TestOtherSeries:
    def test_a_close_that_is_known_otherwise_is_named(self) -> None:
        found = market(CALM, None, ETH=closes_on_days("2020-09-29", [350.0, 10_784.49, 360.0]))
        assert texts(found, FaultKind.OTHER_SERIES) == [
            "ETH closed at 10,784.49 on 2020-09-30 in these data, and at 359.94 in truth: another series under the "
            "name ETH"
        ]

    def test_a_vendors_difference_is_none(self) -> None:
        found = market(CALM, None, ETH=closes_on_days("2020-09-30", [359.94 * 1.049]))
        assert texts(found, FaultKind.OTHER_SERIES) == []

    def test_btcs_rows_under_eths_name_are_named(self) -> None:
        prices = [4000.0 + i for i in range(90)]
        btc, eth = closes_on_days(FIRST, prices), closes_on_days(FIRST, [p * 1.001 for p in prices])
        found = market(CALM, None, BTC=btc, ETH=eth)
        assert texts(found, FaultKind.OTHER_SERIES) == [
            "ETH has the closes of BTC from 2019-01-02 on: another series under the name ETH"
        ]

    def test_another_series_is_named_in_every_later_window(self) -> None:
        found = with_quality_flags(market(CALM, None, ETH=closes_on_days("2020-09-29", [350.0, 9.0, 360.0])), RULES)
        assert trigger_faults(found, Window(date(2020, 9, 1), date(2020, 9, 29))) == []
        assert len(trigger_faults(found, Window(date(2021, 1, 1), date(2021, 2, 1)))) == 1


def test_later_rows_leave_every_fault_as_it_was() -> None:
    index = [*CALM, 1600.0, 1601.0, 1601.0, 1650.0, 1700.0]
    fund = [close / 10 for close in CALM] + [150.0, 150.0, 150.0, 165.0, 150.0]
    found = market(index, fund)
    whole = find_trigger_faults(found, RULES)
    assert len(whole) == 4
    for days in range(110, 125):
        now = midnight(date(2019, 1, 2) + timedelta(days=days))
        known = [fault for fault in whole if fault.known_at <= now]
        assert find_trigger_faults(found.as_of(now), RULES) == known
