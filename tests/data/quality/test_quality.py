"""What cannot be believed in market data, worked by hand, and the law that no verdict comes from later rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.data_fault import DataFault, FaultKind, Severity
from bot.core.market import Market, Series
from bot.core.series_kind import SeriesKind
from bot.data.quality import (
    QualityRules,
    Standing,
    assess,
    drop_faulty_rows,
    find_row_faults,
    inspect,
    summarize,
    with_quality_flags,
)
from bot.data.vendors.raw_bars import RawBars
from bot.services.markets import demo_parameters, demo_world, quality_rules
from tests.markets import (
    closes_on_days,
    closes_on_sessions,
    config_with,
    default_config,
    random_market,
    series_of,
    sessions,
    utc_days,
    with_series,
)

RULES = quality_rules(default_config())
CALM = [100.0 + (i % 2) for i in range(60)]
"""Closes whose moves are 1% a row: a robust sigma of about 1.5%."""


def faults(
    series: Series, kind: FaultKind, second: Series | None = None, rules: QualityRules = RULES
) -> list[DataFault]:
    return [fault for fault in inspect(series, sessions(), rules, second) if fault.kind is kind]


def days(found: list[DataFault]) -> list[str]:
    return [str(fault.first) for fault in found]


def coin(closes: list[float], symbol: str = "ADA", first: str = "2020-01-01", **columns: Any) -> Series:
    return series_of(symbol, closes_on_days(first, closes), **columns)


def without(closes: Mapping[str, float], *left_out: str) -> dict[str, float]:
    return {day: close for day, close in closes.items() if day not in left_out}


# --- the calendar ----------------------------------------------------------------------------------------------


def test_a_coins_missing_days_are_told_when_the_next_row_comes() -> None:
    closes = without(closes_on_days("2020-01-01", [1, 2, 1, 2, 1]), "2020-01-03", "2020-01-04")
    (gap,) = faults(series_of("ADA", closes), FaultKind.MISSING)
    assert (gap.first, gap.last, gap.rows) == (date(2020, 1, 3), date(2020, 1, 4), 2)
    assert gap.known_at == datetime(2020, 1, 6, tzinfo=UTC)


def test_a_weekend_and_a_holiday_are_no_gap_of_an_index_and_a_session_is() -> None:
    closes = closes_on_sessions("2020-01-15", [1, 2, 1, 2, 1, 2])  # over the 18th to the 20th: a weekend and a holiday
    assert faults(series_of("RUT", closes), FaultKind.MISSING) == []
    (gap,) = faults(series_of("RUT", without(closes, "2020-01-21")), FaultKind.MISSING)
    assert (gap.first, gap.last, gap.rows) == (date(2020, 1, 21), date(2020, 1, 21), 1)
    assert gap.known_at == datetime(2020, 1, 22, 21, tzinfo=UTC)


def test_a_bank_holiday_is_no_gap_of_a_yield_and_two_sessions_are() -> None:
    closes = closes_on_sessions("2020-10-05", [0.7] * 10)
    assert faults(series_of("DGS10", without(closes, "2020-10-12")), FaultKind.MISSING) == []
    gaps = faults(series_of("DGS10", without(closes, "2020-10-12", "2020-10-13")), FaultKind.MISSING)
    assert [gap.rows for gap in gaps] == [2]


def test_a_row_without_a_session_is_told_at_the_end_of_its_day() -> None:
    series = replace(coin([1, 2], "RUT"), off_session=np.array(["2020-01-04"], "datetime64[D]"))
    (stray,) = faults(series, FaultKind.WITHOUT_SESSION)
    assert (stray.first, stray.known_at) == (date(2020, 1, 4), datetime(2020, 1, 5, tzinfo=UTC))


def test_a_series_that_ends_is_silent_two_weeks_after_its_last_row() -> None:
    ended, goes_on = coin([1, 2]), coin(CALM, "ETH")
    found = assess(with_series([ended, goes_on]), RULES)
    (silent,) = [fault for fault in found["ADA"].faults if fault.kind is FaultKind.SILENT]
    assert (silent.last, silent.known_at) == (date(2020, 1, 2), datetime(2020, 1, 17, tzinfo=UTC))
    assert found["ETH"].standing is Standing.OK


def test_a_series_is_not_silent_a_second_before_two_weeks_have_passed() -> None:
    market = with_series([coin([1, 2])])
    at = np.datetime64("2020-01-17", "s")
    assert assess(market, RULES, at - np.timedelta64(1, "s"))["ADA"].faults == ()
    assert len(assess(market, RULES, at)["ADA"].faults) == 1


# --- prices ----------------------------------------------------------------------------------------------------


def test_a_close_outside_its_days_range_is_told_from_one_that_is_rounded_apart() -> None:
    closes = closes_on_sessions("2020-01-02", [20.0, 20.0000001, 20.2, 20.0])
    highs = dict.fromkeys(closes, 20.0)
    vix = series_of("VIX", closes, highs=highs, lows=dict.fromkeys(closes, 19.0), opens=dict.fromkeys(closes, 19.5))
    assert days(faults(vix, FaultKind.OUTSIDE_RANGE)) == ["2020-01-06"]
    assert days(faults(vix, FaultKind.ROUNDED_APART)) == ["2020-01-03"]


def test_the_fourth_equal_close_of_a_coin_is_told_and_every_one_after_it() -> None:
    assert days(faults(coin([1, 2, 2, 2, 3]), FaultKind.REPEATED)) == []
    assert days(faults(coin([1, 2, 2, 2, 2, 2, 3]), FaultKind.REPEATED)) == ["2020-01-05", "2020-01-06"]


def test_a_whole_day_told_twice_is_a_fault_at_once_unless_it_stood_still() -> None:
    closes = closes_on_days("2020-01-01", [10, 11, 11, 12])
    highs, lows = {day: close + 1 for day, close in closes.items()}, {day: close - 1 for day, close in closes.items()}
    assert days(faults(series_of("ADA", closes, highs=highs, lows=lows), FaultKind.REPEATED)) == ["2020-01-03"]
    assert faults(series_of("ADA", closes), FaultKind.REPEATED) == []


def test_a_stablecoin_may_say_one_dollar_for_a_week() -> None:
    assert faults(coin([1.0] * 7, "USDT"), FaultKind.REPEATED) == []
    assert days(faults(coin([1.0] * 8, "USDT"), FaultKind.REPEATED)) == ["2020-01-08"]


def test_a_stablecoin_in_thousandths_is_coarse_from_the_third_row_on() -> None:
    found = faults(coin([0.9991, 1.001, 0.999, 0.37, 1.0002], "USDT"), FaultKind.COARSE)
    assert days(found) == ["2020-01-04"]
    assert faults(coin([0.999, 0.998, 1.001, 1.002], "ADA"), FaultKind.COARSE) == []


def test_a_month_of_a_coins_closes_alone_is_told_once() -> None:
    bare = {str(day): np.nan for day in utc_days("2020-01-01", 60)}
    assert days(faults(coin(CALM, opens=bare), FaultKind.CLOSE_ONLY)) == ["2020-01-30"]


# --- jumps -----------------------------------------------------------------------------------------------------


def test_a_jump_beyond_the_sigmas_of_the_past_is_told_on_its_day_and_on_its_way_back() -> None:
    found = faults(coin([*CALM, 200.0, 100.0, 101.0]), FaultKind.JUMP)
    assert [(str(f.first), f.severity) for f in found] == [
        ("2020-03-01", Severity.WARNED),
        ("2020-03-02", Severity.WARNED),
    ]


def test_a_crash_that_a_second_source_shares_is_no_fault() -> None:
    crash = coin([*CALM, 60.0, 61.0], first="2020-01-12")  # the last but one row is 2020-03-12
    assert days(faults(crash, FaultKind.JUMP)) == ["2020-03-12"]
    shared = coin([2 * close for close in CALM] + [118.0, 121.0], first="2020-01-12")
    assert faults(crash, FaultKind.JUMP, shared) == []
    calm = coin([*CALM, 100.0, 101.0], first="2020-01-12")
    assert days(faults(crash, FaultKind.JUMP, calm)) == ["2020-03-12"]


def test_a_wild_past_makes_a_wild_day_likely() -> None:
    wild = [100.0 * (1.2 if i % 2 else 1) for i in range(60)]
    assert faults(coin([*wild, 200.0]), FaultKind.JUMP) == []


def test_a_month_without_rows_allows_a_longer_way() -> None:
    closes = closes_on_days("2020-01-01", CALM) | {"2020-03-31": 200.0}  # log 2 in 31 days: 0.12 a root day
    assert faults(series_of("ADA", closes), FaultKind.JUMP) == []


def test_an_amount_that_doubles_is_told_and_a_rate_that_doubles_is_not() -> None:
    # Two weeks of 1% a row, then double.
    assert len(faults(coin([1000 * c for c in [*CALM, 200.0]], "STABLECOIN_SUPPLY_USD"), FaultKind.JUMP)) == 1
    rates = closes_on_sessions("2020-01-02", [0.10 + 0.001 * (i % 2) for i in range(60)] + [0.20])
    assert faults(series_of("DGS2", rates), FaultKind.JUMP) == []


@pytest.mark.parametrize(
    ("factor", "quarantined"),
    [(10, True), (0.1, True), (0.0953, True), (1000, True), (0.075, False), (5, False), (2, False), (15, False)],
)
def test_a_close_ten_times_as_large_bars(factor: float, quarantined: bool) -> None:
    found = faults(coin([100.0, 101.0, 100 * factor, 101 * factor]), FaultKind.POWER_OF_TEN)
    assert [fault.severity for fault in found] == [Severity.QUARANTINED] * quarantined
    assert days(found) == ["2020-01-03"] * quarantined


def test_ten_times_as_much_after_months_without_rows_is_told_and_bars_nothing() -> None:
    closes = closes_on_days("2015-08-07", [2.8, 0.753]) | closes_on_days("2016-03-01", [7.65, 7.7])
    found = faults(series_of("ETH", closes), FaultKind.POWER_OF_TEN)
    assert [(str(f.first), f.severity) for f in found] == [("2016-03-01", Severity.WARNED)]
    assert "over a gap" in found[0].text


def test_ten_times_as_much_after_a_gap_bars_where_the_past_allows_no_such_way() -> None:
    closes = closes_on_days("2020-01-01", CALM)
    two_days_later, months_later = closes | {"2020-03-03": 1000.0}, closes | {"2020-12-31": 1000.0}
    (soon,), (late,) = (faults(series_of("ADA", c), FaultKind.POWER_OF_TEN) for c in (two_days_later, months_later))
    assert (soon.severity, late.severity) == (Severity.QUARANTINED, Severity.WARNED)


@pytest.mark.parametrize(
    ("before", "after", "quarantined"),
    [
        (3.0, 2_400.0, True),
        (2_400.0, 3.0, True),
        (0.7, 1_100.0, True),
        (0.003, 4.0, False),
        (3.0, 900.0, False),
        (3.0, 30.0, False),
        (0.0, 5.0, False),
    ],
)
def test_reverse_repo_in_millions_bars_on_its_first_day_and_wakes_from_nothing_without_a_bar(
    before: float, after: float, quarantined: bool
) -> None:
    found = faults(series_of("RRPONTSYD", closes_on_sessions("2026-01-05", [before, after])), FaultKind.POWER_OF_TEN)
    assert [(str(f.first), f.severity) for f in found] == [("2026-01-06", Severity.QUARANTINED)] * quarantined


def test_a_bank_holiday_hides_no_change_of_unit() -> None:
    closes = without(closes_on_sessions("2020-10-08", [3.0, 3.1, 3.0, 3_000.0]), "2020-10-12")
    (found,) = faults(series_of("RRPONTSYD", closes), FaultKind.POWER_OF_TEN)
    assert found.severity is Severity.QUARANTINED


def test_a_yield_may_be_a_thousand_times_what_it_was() -> None:
    assert faults(series_of("DGS2", closes_on_sessions("2020-01-02", [0.2, 200.0])), FaultKind.POWER_OF_TEN) == []


def test_a_second_source_that_shares_a_redenomination_does_not_lift_its_bar() -> None:
    series = coin([100.0, 101.0, 10.0, 10.1])
    assert len(faults(series, FaultKind.POWER_OF_TEN, series)) == 1


@pytest.mark.parametrize(
    ("after", "quarantined"),
    [(2_400_000.0, True), (3_000.0, True), (850.0, True), (500.0, False), (0.03, False), (1 / 240, True)],
)
def test_a_move_that_no_price_makes_is_a_changed_unit(after: float, quarantined: bool) -> None:
    """24,000 times 100, 30, 8.5 and 5 times it, a 3,333th (a real crash) and a 24,000th of it."""
    found = faults(coin([100.0, 101.0, 100.0, after]), FaultKind.POWER_OF_TEN)
    assert [f.severity for f in found] == [Severity.QUARANTINED] * quarantined


@pytest.mark.parametrize(
    ("symbol", "right", "wrong"),
    [
        ("WALCL", 6_700_000.0, 6_700.0),
        ("WTREGEN", 850_000.0, 850.0),
        ("RRPONTSYD", 2_000.0, 2_000_000.0),
        ("BAMLH0A0HYM2", 4.5, 450.0),
        ("VIX", 17.0, 0.17),
    ],
)
def test_another_unit_bars_what_a_gate_reads(symbol: str, right: float, wrong: float) -> None:
    days_of = ["2020-01-08", "2020-01-15", "2020-01-22"]
    found = faults(
        series_of(symbol, dict(zip(days_of, [right, right, wrong], strict=True))), FaultKind.UNEXPECTED_LEVEL
    )
    assert [(str(f.first), f.severity) for f in found] == [("2020-01-22", Severity.QUARANTINED)]


def test_days_undone_by_the_handful_are_erratic_and_a_crash_is_not() -> None:
    erratic = [100, 100, 150, 100, 100, 60, 100, 101, 150, 101]  # three that come back
    assert days(faults(coin(erratic), FaultKind.ERRATIC)) == ["2020-01-10"]
    assert faults(coin([100, 100, 50, 25, 50, 100, 100]), FaultKind.ERRATIC) == []


# --- volume ----------------------------------------------------------------------------------------------------

SEAM = [1e9 * (1 + 0.1 * (i % 3)) for i in range(30)] + [1e8 * (1 + 0.1 * (i % 3)) for i in range(30)]


def traded(volumes: list[float], closes: list[float] | None = None, symbol: str = "AAVE") -> Series:
    return coin(closes or CALM, symbol, "2022-01-15", volumes=closes_on_days("2022-01-15", volumes))


def test_a_seam_in_volume_is_dated_at_its_first_row_and_known_two_weeks_later() -> None:
    (seam,) = faults(traded(SEAM), FaultKind.VOLUME_SHIFT)
    assert (seam.first, seam.severity) == (date(2022, 2, 14), Severity.WARNED)
    assert seam.known_at == datetime(2022, 3, 1, tzinfo=UTC)  # 15 rows, the last dated 2022-02-28


def test_a_surge_of_volume_with_the_price_and_a_slow_decline_are_no_seams() -> None:
    surge = [*CALM[:30], *(1.2 * close for close in CALM[30:])]
    assert faults(traded(SEAM[::-1], surge), FaultKind.VOLUME_SHIFT) == []
    decline = [1e9 * 0.9**i for i in range(60)]
    assert faults(traded(decline), FaultKind.VOLUME_SHIFT) == []


def test_one_day_of_little_volume_is_no_seam() -> None:
    assert faults(traded([*SEAM[:30], 1e7, *SEAM[1:30]]), FaultKind.VOLUME_SHIFT) == []


def test_a_coin_of_a_few_thousand_dollars_is_thin_once_most_rows_are() -> None:
    thin = [1e6] * 20 + [1e4] * 40
    assert days(faults(traded(thin), FaultKind.THIN)) == ["2022-02-19"]  # the sixteenth thin row of thirty


# --- a second source -------------------------------------------------------------------------------------------


def test_sources_that_differ_by_more_than_two_per_cent_are_told_with_the_later_row() -> None:
    ours, theirs = coin([100.0, 100.0, 100.0]), coin([101.9, 102.1, 97.0])
    assert days(faults(ours, FaultKind.SOURCES_DIFFER, theirs)) == ["2020-01-02", "2020-01-03"]
    late = replace(theirs, known_at=theirs.known_at + np.timedelta64(5, "h"))
    assert faults(ours, FaultKind.SOURCES_DIFFER, late)[0].known_at == datetime(2020, 1, 3, 5, tzinfo=UTC)


# --- the law ---------------------------------------------------------------------------------------------------


def assert_lawful(series: Series, second: Series | None, moments: np.ndarray[Any, Any]) -> None:
    whole = inspect(series, sessions(), RULES, second)
    for moment in moments:
        early = inspect(series.until(moment), sessions(), RULES, second.until(moment) if second else None)
        at = moment.astype("datetime64[s]").item().replace(tzinfo=UTC)
        assert early == [fault for fault in whole if fault.known_at <= at]


@st.composite
def broken_series(draw: st.DrawFn, kinds: tuple[str, ...] = ("ADA", "USDT", "RUT", "VIX", "WALCL")) -> Series:
    """A series with gaps, jumps, changes of unit, repeats, seams, unknown values and strays."""
    symbol = draw(st.sampled_from(kinds))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    n = draw(st.integers(1, 160))
    scale = {"WALCL": 5e6, "VIX": 20.0, "USDT": 1.0}.get(symbol, 100.0)
    close = scale * np.exp(np.cumsum(0.02 * random.standard_normal(n)))
    for times in (10.0, 0.1, 3.0, 0.5, 1e-3):
        if random.random() < 0.4:
            close[random.integers(n) :] *= times
    if random.random() < 0.5:
        close = np.round(close, 3)
    stuck = int(random.integers(n))
    close[stuck : stuck + int(random.integers(1, 15))] = close[stuck]
    volume = 1e9 * np.exp(0.2 * random.standard_normal(n))
    for _ in range(2):
        volume[random.integers(n) :] *= random.choice([0.1, 1.0, 10.0, 1e-5])
    volume[random.random(n) < 0.05] = np.nan
    opens = close * np.exp(0.03 * random.standard_normal(n))
    opens[int(random.integers(n)) :] = np.nan
    made = {"WALCL": lambda: np.datetime64("2020-01-01") + 7 * np.arange(n)}.get(symbol)
    first = "2020-01-01"
    dates = (
        made()
        if made
        else np.array(
            list(closes_on_sessions(first, close) if symbol in ("RUT", "VIX") else closes_on_days(first, close)),
            "datetime64[D]",
        )
    )
    keep = np.ones(n, bool)
    for _ in range(int(random.integers(4))):
        hole = int(random.integers(n))
        keep[hole : hole + int(random.integers(1, 25))] = False
    keep[0] = True
    names = [str(day) for day in dates[keep]]

    def column(values: np.ndarray[Any, Any]) -> dict[str, float]:
        return dict(zip(names, values[keep].tolist(), strict=True))

    series = series_of(
        symbol,
        column(close),
        opens=column(opens),
        highs=column(close * 1.01),
        lows=column(close * 0.99),
        volumes=column(volume),
    )
    off_session = dates[0] + np.sort(random.choice(200, 3, replace=False))
    return replace(series, off_session=off_session)


@given(broken_series(), st.integers(0, 2**32))
def test_what_was_known_at_a_moment_is_what_is_found_of_the_rows_known_then(series: Series, seed: int) -> None:
    random = np.random.default_rng(seed)
    moments = np.unique(np.concatenate((series.known_at, series.known_at - 1, series.off_session_known_at)))
    assert_lawful(series, None, random.choice(moments, min(12, len(moments)), replace=False))


@given(broken_series(("ADA",)), broken_series(("ADA",)), st.integers(-2, 30))
def test_the_law_holds_beside_a_second_source_that_is_late(ours: Series, theirs: Series, hours: int) -> None:
    late = replace(theirs, known_at=theirs.known_at + np.timedelta64(hours, "h"))
    moments = np.unique(np.concatenate((ours.known_at, late.known_at)))
    assert_lawful(ours, late, moments[:: max(1, len(moments) // 12)])


@pytest.mark.parametrize("seed", range(6))
def test_the_verdicts_on_a_market_as_of_a_moment_are_those_that_were_known_then(seed: int) -> None:
    market = random_market(seed).market
    last = market.decision_times[-1]
    whole = assess(market, RULES, last)
    for moment in market.decision_times[20::60]:
        at = moment.item().replace(tzinfo=UTC)
        early = assess(market.as_of(at), RULES, moment)
        for symbol, verdict in early.items():
            assert list(verdict.faults) == [fault for fault in whole[symbol].faults if fault.known_at <= at]


# --- verdicts --------------------------------------------------------------------------------------------------


def redenominated() -> Market:
    return with_series([coin([100.0, 101.0, 10.0, 10.1]), coin([1.0, 2.0, 1.0, 2.0], "ETH")])


def test_a_coin_is_barred_from_the_moment_at_which_its_fault_was_known() -> None:
    found = assess(redenominated(), RULES)
    assert (found["ADA"].standing, found["ADA"].quarantined_from) == (
        Standing.QUARANTINED,
        datetime(2020, 1, 4, tzinfo=UTC),
    )
    assert found["ETH"].quarantined_from is None


def test_an_override_admits_a_barred_series_and_leaves_it_warned() -> None:
    rules = quality_rules(config_with({"quality": {"allow": ["ADA"]}}))
    verdict = assess(redenominated(), rules)["ADA"]
    assert (verdict.standing, verdict.quarantined_from) == (Standing.WARNED, None)
    assert with_quality_flags(redenominated(), rules).quarantined == {}


def test_a_market_forgets_bars_and_faults_that_were_not_known_yet() -> None:
    market = with_quality_flags(redenominated(), RULES)
    assert market.quarantined == {"ADA": np.datetime64("2020-01-04", "s")}
    before, after = (market.as_of(datetime(2020, 1, day, tzinfo=UTC)) for day in (3, 4))
    assert (before.quarantined, before.faults) == ({}, ())
    assert after.quarantined == market.quarantined
    assert [fault.kind for fault in after.faults] == [FaultKind.POWER_OF_TEN]


def test_the_summary_tells_the_barred_first_and_each_kind_once() -> None:
    stuck = coin([1, 2, 2, 2, 2, 2, 3], "AAVE")
    rows = summarize(assess(with_series([stuck, *redenominated().values()]), RULES))
    assert [(row.symbol, row.standing, row.kind, row.count) for row in rows] == [
        ("ADA", Standing.QUARANTINED, FaultKind.POWER_OF_TEN, 1),
        ("AAVE", Standing.WARNED, FaultKind.REPEATED, 2),
    ]
    assert (rows[1].first, rows[1].last) == (date(2020, 1, 5), date(2020, 1, 6))
    assert rows[1].known_from == datetime(2020, 1, 6, tzinfo=UTC)


@pytest.mark.parametrize("planted", [False, True])
@pytest.mark.parametrize("seed", [0, 1, 2, 38])
def test_nothing_is_barred_on_the_demo_market(seed: int, planted: bool) -> None:
    parameters = replace(demo_parameters(default_config(), planted), seed=seed)
    assert with_quality_flags(demo_world(default_config(), parameters), RULES).quarantined == {}


# --- rows of a vendor ------------------------------------------------------------------------------------------


def fetched(**changes: list[float]) -> RawBars:
    columns = {"open": [1.0] * 4, "high": [2.0] * 4, "low": [0.5] * 4, "close": [1.5] * 4, "volume": [9.0] * 4}
    arrays = {name: np.array(values, np.float64) for name, values in (columns | changes).items()}
    return RawBars("ADA", "by hand", utc_days("2020-01-01", 4), **arrays)


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"close": [1, NAN, 1, 1]}, "it has no close"),
        ({"close": [1, INF, 1, 1]}, "close is infinite"),
        ({"open": [1, 0, 1, 1]}, "open is not above zero"),
        ({"low": [1, -1, 1, 1]}, "low is not above zero"),
        ({"high": [2, 0.4, 2, 2]}, "high is under low"),
        ({"volume": [1, -1, 1, 1]}, "volume is negative"),
        ({"volume": [1, INF, 1, 1]}, "volume is infinite"),
        ({"high": [2, 1e19, 2, 2]}, "high is out of range"),
        ({"low": [1, 1e-19, 1, 1]}, "low is out of range"),
        ({"volume": [1, 1e25, 1, 1]}, "volume is out of range"),
    ],
)
def test_a_row_that_cannot_be_believed_is_named_with_its_reason(changes: dict[str, list[float]], why: str) -> None:
    (fault,) = find_row_faults(fetched(**changes), SeriesKind.CRYPTO)
    assert (fault.row, fault.day, fault.why) == (1, date(2020, 1, 2), why)


def test_unknown_values_are_no_fault_and_macro_series_may_be_below_zero() -> None:
    closes_only = fetched(open=[NAN] * 4, high=[NAN] * 4, low=[NAN] * 4, volume=[NAN] * 4)
    assert find_row_faults(closes_only, SeriesKind.CRYPTO) == []
    assert find_row_faults(fetched(close=[0, -1, 0.2, 1]), SeriesKind.MACRO) == []
    (fault,) = find_row_faults(fetched(close=[0, -1, -1e19, 1]), SeriesKind.MACRO)
    assert (fault.row, fault.why) == (2, "close is out of range")
    assert find_row_faults(fetched(high=[0.4] * 4), SeriesKind.INDEX) == []


def test_a_date_that_comes_again_is_left_out_and_the_first_of_it_stays() -> None:
    doubled = replace(
        fetched(close=[1, 2, 3, 4]),
        dates=np.array(["2020-01-01", "2020-01-02", "2020-01-02", "2020-01-03"], "datetime64[D]"),
    )
    kept, found = drop_faulty_rows(doubled, SeriesKind.CRYPTO)
    assert [(fault.row, fault.why) for fault in found] == [(2, "its date came before")]
    assert kept.close.tolist() == [1, 2, 4]
    assert len(kept) == 3


@pytest.mark.parametrize(
    "look",
    [lambda rows: find_row_faults(rows, SeriesKind.CRYPTO), lambda rows: drop_faulty_rows(rows, SeriesKind.CRYPTO)[1]],
)
def test_no_rows_have_no_faults(look: Callable[[RawBars], list[Any]]) -> None:
    empty = {name: getattr(fetched(), name)[:0] for name in ("dates", "open", "high", "low", "close", "volume")}
    assert look(RawBars("ADA", "by hand", **empty)) == []
