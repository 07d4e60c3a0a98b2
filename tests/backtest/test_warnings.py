"""What a run says of the quality of its own data."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from bot.backtest.result_warnings import PegRule, result_warnings
from bot.backtest.warnings import run_warnings
from bot.core.market import Market
from bot.core.window import Window
from bot.data.quality import with_quality_flags
from bot.services.markets import quality_rules
from bot.services.plans import run_plan
from tests.markets import closes_on_days, default_config, random_market, series_of, with_series

PEG = PegRule(below=0.99, days=2)


def faulty_market() -> Market:
    """A random market in which C05 is redenominated 1:10 half way, and the volume of C06 changes its vendor."""
    market = random_market(5).market
    series = dict(market.items())
    coin = series["C05"]
    half = len(coin) // 2
    later = np.arange(len(coin)) >= half
    by_ten = coin.close[half] / coin.close[half - 1] * 10  # so that the step itself is ten to the last bit
    scale = np.where(later, 1 / by_ten, 1.0)
    series["C05"] = replace(coin, **{name: getattr(coin, name) * scale for name in ("open", "high", "low", "close")})
    seam = series["C06"]
    series["C06"] = replace(seam, volume=np.where(np.arange(len(seam)) < len(seam) // 2, 1e9, 1e8))
    return with_quality_flags(with_series(series.values()), quality_rules(default_config()))


def told(market: Market, start: date, end: date) -> list[str]:
    config, window = default_config(), Window(start, end)
    plan = run_plan(config, market, window, "key")
    return [*result_warnings(market, window, plan, PEG), *run_warnings(market, window, plan)]


def test_a_run_tells_what_was_barred_why_and_what_admits_it() -> None:
    market = faulty_market()
    first, last = market.decision_times[0].item().date(), market["ETH"].dates[-1].item()
    (bar,) = [line for line in told(market, first, last) if line.startswith("C05")]
    since = market.quarantined["C05"].astype("datetime64[D]").item()
    assert f"is not bought from {since} on" in bar
    assert "quality: {allow: [C05]}" in bar
    assert not [line for line in told(market, first, since.replace(day=1)) if "C05" in line] or since.day == 1


def test_a_run_tells_whose_volume_changed_its_level_inside_it() -> None:
    market = faulty_market()
    first, last = market.decision_times[0].item().date(), market["ETH"].dates[-1].item()
    (shift,) = [line for line in told(market, first, last) if "volume" in line]
    seam = market["C06"].dates[len(market["C06"]) // 2]
    assert f"1 on {seam}" in shift
    assert not [line for line in told(market, (seam + 1).item(), last) if "volume" in line]


def test_a_run_counts_in_one_line_the_series_whose_prices_can_hardly_be_right() -> None:
    made = random_market(5).market
    series = dict(made.items())
    for symbol in ("C06", "C07"):
        coin = series[symbol]
        spike = np.where(np.arange(len(coin)) == len(coin) // 2, 8.0, 1.0)
        series[symbol] = replace(coin, close=coin.close * spike)
    market = with_quality_flags(with_series(series.values()), quality_rules(default_config()))
    first, last = market.decision_times[0].item().date(), market["ETH"].dates[-1].item()
    day = market["C06"].dates[len(market["C06"]) // 2].item()
    before = sum("jump or lie outside" in line for line in told(made, first, last))
    (line,) = [line for line in told(market, first, last) if "jump or lie outside" in line]
    assert before == 0
    assert line.startswith("2 series that this run could hold or read") and "`bot data check`" in line
    assert not [line for line in told(market, day + timedelta(days=2), last) if "jump or lie outside" in line]


def test_a_run_counts_the_coins_without_any_volume() -> None:
    made = random_market(5).market
    series = {**made, "C06": replace(made["C06"], volume=np.full(len(made["C06"]), np.nan))}
    market = with_series(series.values())
    first, last = market.decision_times[0].item().date(), market["ETH"].dates[-1].item()
    expected = "1 coin has no volume, by which altcoins are chosen and orders limited: C06"
    assert expected in told(market, first, last)
    assert expected not in told(made, first, last)


def with_usdt(closes: list[float]) -> Market:
    """The last days of a random market, with a stablecoin that closes as given on them."""
    made = random_market(5).market
    last = made["ETH"].dates[-1]
    usdt = series_of("USDT", closes_on_days(str(last - len(closes) + 1), closes))
    return with_series([*(series for symbol, series in made.items() if symbol != "USDT"), usdt])


@pytest.mark.parametrize(
    ("closes", "said"),
    [
        (
            [1.0, 0.98, 0.5, 0.3, 0.4],
            "under 0.99 on 4 of 5 days, at 0.3 on {low} and at 0.4 on the last, {last}",
        ),
        ([1.0, 0.98, 1.0, 0.98, 1.0], None),  # two days in a row break the peg
        ([1.02, 1.03, 1.02, 1.0, 0.99], None),  # a premium, and exactly at the limit
    ],
)
def test_a_stablecoin_off_its_peg_is_said_with_its_days_and_closes(closes: list[float], said: str | None) -> None:
    market = with_usdt(closes)
    first, last = market.decision_times[0].item().date(), market["ETH"].dates[-1].item()
    lines = [line for line in told(market, first, last) if "stablecoin" in line]
    if said is None:
        assert lines == []
    else:
        (line,) = lines
        assert said.format(low=last - timedelta(days=1), last=last) in line


def test_a_stablecoin_that_ends_before_the_window_has_lost_no_peg_in_it() -> None:
    made = random_market(5).market
    last = made["ETH"].dates[-1]
    usdt = series_of("USDT", closes_on_days(str(last - 3), [0.5]))
    ended = with_series([*(series for symbol, series in made.items() if symbol != "USDT"), usdt])
    first, last = (last - 1).item(), last.item()
    assert not [line for line in told(ended, first, last) if "stablecoin" in line]


def test_a_frozen_series_is_named_with_its_last_move() -> None:
    """The feed of VIX repeats its close on the last nine sessions."""
    made = random_market(5).market
    vix = made["VIX"]
    close = np.where(np.arange(len(vix)) >= len(vix) - 9, vix.close[-10], vix.close)
    market = with_series([*(s for symbol, s in made.items() if symbol != "VIX"), replace(vix, close=close)])
    first, last = market.decision_times[0].item().date(), market["ETH"].dates[-1].item()
    (line,) = [line for line in told(market, first, last) if "frozen" in line]
    assert line.startswith(f"VIX repeats its close of {vix.dates[-10]} on the 9 rows up to {vix.dates[-1]}")


def test_an_entry_of_the_endings_that_fits_no_rows_is_named() -> None:
    made = random_market(5).market
    ada = replace(made["C06"], symbol="BCC_BITCONNECT")  # dead since 2018-02-19 in the default table
    market = with_series([*made.values(), ada])
    first, last = market.decision_times[0].item().date(), market["ETH"].dates[-1].item()
    (line,) = [line for line in told(market, first, last) if "`endings`" in line]
    assert "BCC_BITCONNECT" in line and "are not used" in line
