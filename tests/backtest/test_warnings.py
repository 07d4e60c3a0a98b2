"""What a run says of the quality of its own data."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from bot.backtest.warnings import run_warnings
from bot.core.market import Market
from bot.core.window import Window
from bot.data.quality import with_quality_flags
from bot.services.markets import quality_rules
from bot.services.plans import run_plan
from tests.markets import default_config, random_market, with_series


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
    return run_warnings(market, window, run_plan(config, market, window, "key"))


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
    expected = "1 coin(s) have no volume, by which altcoins are chosen and orders limited: C06"
    assert expected in told(market, first, last)
    assert expected not in told(made, first, last)
