"""The real services, asked a little: run with `pytest -m network`. Nothing here runs without being asked for."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from bot.data.vendors.defillama import DEFILLAMA_HOST, DefiLlama
from bot.data.vendors.fred import FRED_HOST, Fred
from bot.data.vendors.public_exchange import PublicExchange
from bot.data.vendors.public_venues import VENUES
from bot.data.vendors.yahoo import Yahoo, YahooSession
from bot.infra.clock import SystemClock
from bot.infra.public_http import PublicSession
from bot.infra.rate_limit import RetryPolicy
from bot.infra.vendor_errors import Blocked

pytestmark = [pytest.mark.network, pytest.mark.enable_socket]

SINCE = date(2025, 10, 27)


@pytest.mark.parametrize("ticker", ["^RUT", "^GSPC", "^VIX", "IWM", "HYG", "ETH-USD"])
def test_yahoo_has_the_days_around_a_change_of_clocks(ticker: str) -> None:
    with YahooSession(RetryPolicy(SystemClock(), pause=1.0)) as session:
        rows = Yahoo(session).rows(ticker, ticker, SINCE, adjusted=False)
    assert {date(2025, 10, 31), date(2025, 11, 3)} <= set(rows.dates.tolist())
    assert (date(2025, 11, 2) in rows.dates.tolist()) is (ticker == "ETH-USD")


def test_yahoo_knows_the_index_by_its_closes() -> None:
    with YahooSession(RetryPolicy(SystemClock(), pause=1.0)) as session:
        rows = Yahoo(session).rows("RUT", "^RUT", None, adjusted=False)
    close = dict(zip(rows.dates.tolist(), rows.close, strict=True))
    assert close[date(1999, 12, 31)] == pytest.approx(504.75, abs=0.01)
    assert close[date(2021, 11, 8)] == pytest.approx(2442.74, abs=0.01)


@pytest.mark.parametrize("series_id", ["WALCL", "WTREGEN", "RRPONTSYD"])
def test_fred_has_the_series_of_net_liquidity(series_id: str) -> None:
    with PublicSession(RetryPolicy(SystemClock()), [FRED_HOST]) as session:
        rows = Fred(session).rows(series_id, series_id, date(2024, 1, 1))
    assert len(rows) > 40 and np.isfinite(rows.close).all()


def test_defillama_has_the_supply_of_each_day() -> None:
    with PublicSession(RetryPolicy(SystemClock()), [DEFILLAMA_HOST]) as session:
        rows = DefiLlama(session).rows("SUPPLY", "all", date(2024, 1, 1))
    assert len(rows) > 600 and (np.diff(rows.dates) == np.timedelta64(1, "D")).all()


@pytest.mark.parametrize("venue", VENUES)
def test_a_venue_has_ethers_days_rules_and_prices(venue: str) -> None:
    since = SystemClock().now().date() - timedelta(days=400)
    with PublicSession(RetryPolicy(SystemClock()), [VENUES[venue].host]) as session:
        exchange = PublicExchange(venue, session)
        try:
            rows = exchange.rows("ETH", "ETH", since)
        except Blocked as problem:
            pytest.skip(str(problem))
        assert (np.diff(rows.dates) == np.timedelta64(1, "D")).all()
        assert rows.dates[0] == np.datetime64(since) and len(rows) in (400, 401, 402)
        rules, ticker, book = exchange.rules("ETH"), exchange.ticker("ETH"), exchange.book("ETH", 5)
        assert rules.active and 0 < rules.tick < 1 and 0 < rules.step < 1
        assert 0.5 < float(ticker.last) / rows.close[-1] < 2
        assert book.bids[0][0] <= book.asks[0][0]
        assert abs(session.retry_policy.skew[VENUES[venue].host]) < 60
