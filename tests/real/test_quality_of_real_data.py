"""Every fault that the real folder is known to have is found; and how many alarms beside them."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bot.core.data_fault import DataFault, FaultKind
from bot.core.market import Market
from bot.data.quality import Standing, Verdict, assess, inspect, summarize
from bot.data.vendors.csv_folder import read_folder
from bot.services.markets import quality_rules
from bot.settings.loader import load_config

UNLISTED = {
    **dict.fromkeys(("IWM_RAW", "SPY_RAW", "QQQ_RAW", "TLT_RAW", "GLD_RAW", "EEM_RAW"), "etf-raw"),
    **dict.fromkeys(("USDT_MARKETCAP", "USDC_MARKETCAP"), "macro utc day"),
    "WRESBAL": "macro thursday",
}
"""What the folder has and the default config does not list: the faults of these are known too."""
CONFIG = load_config(changes={"symbols": UNLISTED})
RULES = quality_rules(CONFIG)


@pytest.fixture(scope="module")
def whole(real_folder: Path) -> Market:
    return read_folder(real_folder, CONFIG.listings(), CONFIG.roles.roles())


@pytest.fixture(scope="module")
def found(whole: Market) -> dict[str, Verdict]:
    return assess(whole, RULES)


@pytest.fixture(scope="module")
def of(found: dict[str, Verdict]) -> dict[tuple[str, FaultKind], list[DataFault]]:
    by_kind: dict[tuple[str, FaultKind], list[DataFault]] = {}
    for symbol, verdict in found.items():
        for fault in verdict.faults:
            by_kind.setdefault((symbol, fault.kind), []).append(fault)
    return by_kind


Found = dict[tuple[str, FaultKind], list[DataFault]]


def test_vix_has_rows_on_thirty_days_without_a_session(of: Found) -> None:
    assert len(of["VIX", FaultKind.WITHOUT_SESSION]) == 30


def test_vix_before_2016_closes_outside_its_range_but_only_by_rounding(of: Found) -> None:
    apart = of["VIX", FaultKind.ROUNDED_APART]
    assert len([fault for fault in apart if fault.first < date(2016, 1, 1)]) == 724
    assert [str(fault.first) for fault in of["VIX", FaultKind.OUTSIDE_RANGE]] == ["2021-08-11"]


@pytest.mark.parametrize("symbol", ["IWM_RAW", "SPY_RAW", "QQQ_RAW", "TLT_RAW", "GLD_RAW", "EEM_RAW"])
def test_the_raw_funds_fall_silent_after_2025_09_26(symbol: str, of: Found) -> None:
    (silent,) = of[symbol, FaultKind.SILENT]
    assert (silent.last, silent.known_at.date()) == (date(2025, 9, 26), date(2025, 10, 10))


def test_strax_is_barred_from_the_day_its_redenomination_was_known(found: dict[str, Verdict]) -> None:
    assert found["STRAX"].quarantined_from == datetime(2024, 3, 30, tzinfo=UTC)


def test_nothing_else_is_barred(found: dict[str, Verdict]) -> None:
    assert [v.symbol for v in found.values() if v.standing is Standing.QUARANTINED] == ["STRAX"]


@pytest.mark.parametrize(
    ("symbol", "kinds"),
    [
        ("HEX", {FaultKind.ERRATIC, FaultKind.THIN, FaultKind.REPEATED}),
        ("BCN", {FaultKind.ERRATIC, FaultKind.THIN}),
        ("CEL", {FaultKind.THIN, FaultKind.MISSING}),
        ("FIL", {FaultKind.ERRATIC}),
        ("USDT", {FaultKind.THIN, FaultKind.REPEATED, FaultKind.COARSE, FaultKind.MISSING}),
    ],
)
def test_thin_and_erratic_coins_are_told(symbol: str, kinds: set[FaultKind], of: Found) -> None:
    for kind in kinds:
        assert of[symbol, kind]
    assert min(of[symbol, kind][0].first for kind in kinds) < date(2020, 10, 1)


@pytest.mark.parametrize(
    ("symbol", "gap", "rows"),
    [
        ("AVAX", "2020-07-15", 69),
        ("CEL", "2018-05-04", 151),
        ("LUNC", "2022-05-13", 119),
        ("FTT", "2022-11-15", 312),
        ("STEEM", "2022-02-14", 68),
    ],
)
def test_the_great_gaps_are_told(symbol: str, gap: str, rows: int, of: Found) -> None:
    (told,) = of[symbol, FaultKind.MISSING]
    assert (str(told.first), told.rows) == (gap, rows)


@pytest.mark.parametrize(
    ("symbol", "kinds"),
    [
        ("UST", [FaultKind.COARSE, FaultKind.CLOSE_ONLY]),
        ("DAI", [FaultKind.COARSE, FaultKind.CLOSE_ONLY]),
        ("FRAX", [FaultKind.COARSE, FaultKind.CLOSE_ONLY]),
        ("USDN", [FaultKind.REPEATED, FaultKind.CLOSE_ONLY]),
    ],
)
def test_no_depeg_can_be_timed_with_these(symbol: str, kinds: list[FaultKind], of: Found) -> None:
    assert all(of[symbol, kind] for kind in kinds)


def test_ust_is_in_thousandths_on_the_days_on_which_it_fell(of: Found) -> None:
    assert date(2022, 5, 13) in {fault.first for fault in of["UST", FaultKind.COARSE]}


def test_the_supply_of_stablecoins_jumps_as_coins_are_added_until_april_2020(of: Found) -> None:
    days = [str(fault.first) for fault in of["STABLECOIN_SUPPLY_USD", FaultKind.JUMP]]
    assert {"2018-01-11", "2020-01-03", "2020-04-03"} <= set(days)
    assert max(days) == "2020-04-03"


def is_aggregate(vendor: str) -> bool:
    return "Yahoo" in vendor or "CoinMarketCap" in vendor


def seams(real_folder: Path) -> list[tuple[str, date]]:
    """Where a global aggregate gives way to one exchange: coin and first day."""
    path = real_folder.parent / "segments.csv"
    if not path.exists():
        pytest.skip("segments.csv tells the seams, and is not there")
    with path.open() as table:
        rows = sorted(csv.DictReader(table), key=lambda row: (row["symbol"], row["first"]))
    return [
        (after["symbol"], max(np.datetime64(after["first"]), np.datetime64(before["last"]) + 1).item())
        for before, after in pairwise(rows)
        if before["symbol"] == after["symbol"] and is_aggregate(before["vendor"]) and not is_aggregate(after["vendor"])
    ]


def test_most_seams_from_an_aggregate_to_an_exchange_are_found(of: Found, real_folder: Path) -> None:
    places = seams(real_folder)
    told = {
        symbol: [fault.first for fault in faults]
        for (symbol, kind), faults in of.items()
        if kind is FaultKind.VOLUME_SHIFT
    }
    hits = [any(abs((day - at).days) <= 3 for day in told.get(symbol, [])) for symbol, at in places]
    assert (len(hits), sum(hits)) == (77, 64)
    assert date(2022, 2, 14) in told["AAVE"]


def test_the_alarms_are_these_and_no_more(found: dict[str, Verdict]) -> None:
    """Series by kind of fault, known ones and others: a change of the checks must be seen here."""
    assert Counter(row.kind.value for row in summarize(found)) == {
        "power of ten": 1,
        "missing rows": 18,
        "row without a session": 1,
        "silent": 50,
        "outside its own range": 1,
        "range rounded apart": 1,
        "repeated": 8,
        "coarse": 9,
        "close only": 17,
        "jump": 32,
        "volume shift": 84,
        "thin": 26,
        "erratic": 16,
    }


def test_on_real_series_no_verdict_comes_from_later_rows(whole: Market) -> None:
    for symbol in ("RUT", "VIX", "WALCL", "RRPONTSYD", "STABLECOIN_SUPPLY_USD", "USDT", "STRAX", "AAVE", "HEX", "LUNC"):
        series = whole[symbol]
        full = inspect(series, whole.sessions, RULES)
        for moment in np.random.default_rng(7).choice(series.known_at, 12, replace=False):
            at = moment.item().replace(tzinfo=UTC)
            early = inspect(series.until(moment), whole.sessions, RULES)
            assert early == [fault for fault in full if fault.known_at <= at]
