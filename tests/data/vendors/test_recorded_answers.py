"""Answers that vendors of public prices really gave, and what is made of each: the tables list every file.

RECORDED_DIR names the folder. Each file is answered by a server on the loopback and read by the product's own client.
Answers about accounts and orders are in the tests of the testnets.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.core.errors import DataError
from bot.core.series_kind import SeriesKind
from bot.data.vendors.csv_folder import read_rows
from bot.data.vendors.fred import FRED_HOST, Fred
from bot.data.vendors.public_exchange import PublicExchange, take_notes
from bot.data.vendors.public_venues import VENUES
from bot.data.vendors.yahoo import YAHOO_HOSTS, Yahoo
from bot.infra.public_http import PublicSession
from bot.infra.rate_limit import RetryPolicy
from bot.infra.vendor_errors import Blocked, InvalidRules, NotListed, RateLimited, Refused, Unreachable, WrongAnswer
from bot.settings.loader import load_config
from tests.clocks import FakeClock
from tests.servers.exchange import Pair, listing
from tests.servers.loopback import Asked, LoopbackServer, Reply, as_json
from tests.servers.wired import LoopbackAdapter, LoopbackYahooSession

FOLDER = os.environ.get("RECORDED_DIR")
pytestmark = pytest.mark.skipif(not FOLDER, reason="RECORDED_DIR names no folder of recorded answers")
Outcome = int | tuple[type[DataError], str]
"""Rows that are accepted, or the error and its text."""


class RecordedServer(LoopbackServer):
    """Answers every request with one recorded file; `before` answers first where it has an answer."""

    def __init__(self, file: str, status: int, before: Callable[[Asked], Reply | None] = lambda asked: None) -> None:
        super().__init__()
        self.recorded = Reply(status, (Path(FOLDER or "") / file).read_bytes())
        self.before = before

    def answer(self, asked: Asked) -> Reply:
        return self.before(asked) or self.recorded


def expect(outcome: Outcome, read: Callable[[], int]) -> None:
    if isinstance(outcome, int):
        assert read() == outcome
        return
    kind, text = outcome
    with pytest.raises(DataError, match=text) as caught:
        read()
    assert type(caught.value) is kind


RUT, ETF = ("^RUT", SeriesKind.INDEX), SeriesKind.ETF_RAW
YAHOO: list[tuple[str, int, tuple[str, SeriesKind | None], Outcome]] = [
    ("coin_btc_1d_forming_row_2025-02-19.json", 200, ("BTC-USD", SeriesKind.CRYPTO), 1),
    ("error_404_edge_page.html", 404, RUT, (Unreachable, "HTTP 404, another page")),
    ("error_404_unknown_symbol.json", 404, RUT, (NotListed, "symbol may be delisted")),
    ("error_404_unknown_symbol.json", 200, RUT, (NotListed, "symbol may be delisted")),
    ("error_422_unprocessable.json", 422, RUT, (Refused, "HTTP 422, 5m data not available")),
    ("error_429_edge.txt", 429, RUT, (RateLimited, "HTTP 429")),
    ("error_429_edge.txt", 200, RUT, (RateLimited, "rate limited")),
    (
        "index_kospi25_1d_single_row_zero_ohl_2026-10-05.json",
        200,
        ("KOSPI-25.KS", SeriesKind.INDEX),
        (WrongAnswer, "expected currency USD, was KRW"),
    ),
    ("index_sox_1d_session_open_2026-10-05.json", 200, ("^SOX", SeriesKind.INDEX), 20),
    ("index_sox_1d_session_open_2026-10-05.json", 200, RUT, (WrongAnswer, r"expected symbol \^RUT, was \^SOX")),
    ("pp_historical02.json", 200, ("MUV2.DE", ETF), (WrongAnswer, "expected currency USD, was EUR")),
    ("pp_yahoo_australian_quotes.json", 200, ("ALL.AX", ETF), (WrongAnswer, "expected currency USD, was AUD")),
    ("scheb_historicalData_2024-10.json", 200, ("AAPL", None), 10),
    ("scheb_historicalData_2024-10.json", 200, RUT, (WrongAnswer, r"expected symbol \^RUT, was AAPL")),
    ("scheb_noData_2024-10.json", 200, ("CAPIO.ST", ETF), (NotListed, "has no row")),
    ("yfinance-rs_AAPL_2025.json", 200, ("AAPL", None), 127),
    ("yfinance-rs_AAPL_2025.json", 200, ("AAPL", ETF), (WrongAnswer, "expected type ETF, was EQUITY")),
    ("yfinance-rs_GS2C.DE_2025.json", 200, ("GS2C.DE", ETF), (WrongAnswer, "expected currency USD, was EUR")),
    ("yfinance-rs_VFINX_2025.json", 200, ("VFINX", None), (WrongAnswer, "expected interval 1d, was 3mo")),
]


@pytest.mark.parametrize(("file", "status", "question", "outcome"), YAHOO)
def test_yahoo(file: str, status: int, question: tuple[str, SeriesKind | None], outcome: Outcome) -> None:
    ticker, kind = question
    with RecordedServer(f"yahoo/{file}", status) as server:
        policy = RetryPolicy(FakeClock(datetime(2026, 10, 5, 16, tzinfo=UTC)))
        with LoopbackYahooSession(policy, dict.fromkeys(YAHOO_HOSTS, server.url)) as session:
            expect(outcome, lambda: len(Yahoo(session).rows("X", ticker, None, False, kind)))


FRED: list[tuple[str, str, Outcome]] = [
    ("DGS2.csv", "DGS2", 248),
    ("DGS2.csv", "DGS10", (Unreachable, "expected observation_date,DGS10, was observation_date,DGS2")),
    ("FEDFUNDS.csv", "FEDFUNDS", 260),
    ("SP500.csv", "SP500", 249),
    ("VIXCLS_1990_head.csv", "VIXCLS", 116),
    ("VIXCLS_whole_2026-08-05.csv", "VIXCLS", 9243),
    (
        "two_ids_DGS10_DGS2.csv",
        "DGS10",
        (Unreachable, "expected observation_date,DGS10, was observation_date,DGS10,DGS2"),
    ),
]


@pytest.mark.parametrize(("file", "series", "outcome"), FRED)
def test_fred(file: str, series: str, outcome: Outcome) -> None:
    with (
        RecordedServer(f"fred/{file}", 200) as server,
        PublicSession(
            RetryPolicy(FakeClock()), [FRED_HOST], adapter=LoopbackAdapter({FRED_HOST: server.url})
        ) as session,
    ):
        expect(outcome, lambda: len(Fred(session).rows("X", series, None)))


def candles(exchange: PublicExchange) -> int:
    return len(exchange.rows("BTC", "BTC", date(2019, 1, 1)))


def levels(exchange: PublicExchange) -> int:
    book = exchange.book("BTC")
    return len(book.bids) + len(book.asks)


def ticker(exchange: PublicExchange) -> int:
    return len([price for price in (exchange.ticker("ETH").bid, exchange.ticker("ETH").ask) if price])


def pairs(*coins: str) -> Callable[[PublicExchange], int]:
    """Count the coins whose rules are valid; raise the first error."""

    def read(exchange: PublicExchange) -> int:
        found = [exchange.rules(coin) for coin in coins]
        assert take_notes(exchange) == []
        return len(found)

    return read


Read = Callable[[PublicExchange], int]
BINANCE: list[tuple[str, int, Read, Outcome]] = [
    ("klines_1d_btcusdt_2019.json", 200, candles, 40),
    ("depth_btcusdt.json", 200, levels, 40),
    ("ticker_24hr_ethbtc.json", 200, ticker, 2),
    ("exchange_info_2020-04.json", 200, pairs("BTC", "ETH", "BNB", "NEO", "LTC", "ADA", "XRP", "XLM", "TRX"), 9),
    ("exchange_info_2025-08.json", 200, pairs("BTC", "ETH"), 2),
    ("doc_exchange_information_info.json", 200, pairs("ETH"), (InvalidRules, "expected PRICE_FILTER")),
    ("nautilus_exchange_info_response.json", 200, pairs("ETH"), (InvalidRules, "expected PRICE_FILTER")),
    ("doc_error_codes_error.json", 400, candles, (NotListed, "is not listed")),
    ("error_400_symbol.json", 400, candles, (NotListed, "is not listed")),
    ("error_400_clock.json", 400, candles, (Unreachable, "gave no valid response")),
    ("error_400_market_closed.json", 400, candles, (Refused, "-1013")),
    ("error_400_notional.json", 400, candles, (Refused, "-1013")),
    ("error_400_duplicate.json", 400, candles, (Refused, "-2010")),
    ("error_400_insufficient.json", 400, candles, (Refused, "-2010")),
    ("error_400_no_such_order.json", 400, candles, (Refused, "-2013")),
    ("error_400_unknown_order.json", 400, candles, (Refused, "-2011")),
    ("error_401_key_format.json", 401, candles, (Refused, "-2014")),
    ("error_401_key_invalid.json", 401, candles, (Refused, "-2015")),
    ("error_403_waf.html", 403, candles, (Unreachable, "gave no valid response")),
    ("error_408_timeout_unknown.json", 408, candles, (Unreachable, "gave no valid response")),
    ("error_418_ip_banned.json", 418, candles, (RateLimited, "HTTP 418")),
    ("error_429_weight.json", 429, candles, (RateLimited, "HTTP 429")),
    ("error_451_restricted.json", 451, candles, (Blocked, "does not serve this country")),
    ("error_503_overloaded.json", 503, candles, (Unreachable, "HTTP 503")),
]


@pytest.mark.parametrize(("file", "status", "read", "outcome"), BINANCE)
def test_binance(file: str, status: int, read: Read, outcome: Outcome) -> None:
    known = [listing(base + quote, Pair(base, quote, {})) for base, quote in (("BTC", "USDT"), ("ETH", "BTC"))]

    def before(asked: Asked) -> Reply | None:
        is_list = asked.path.endswith("exchangeInfo") and "exchange_info" not in file and "information" not in file
        return as_json({"symbols": known}) if is_list else None

    expect_from("binance", f"binance/{file}", status, before, read, outcome)


OTHERS: list[tuple[str, str, int, str, Read, Outcome]] = [
    ("bybit", "doc_orderbook.json", 200, "BTCUSDT", levels, 2),
    ("bybit", "error_403_ip_too_often.txt", 403, "BTCUSDT", levels, (RateLimited, "access too frequent")),
    ("bybit", "error_200_rate.json", 200, "BTCUSDT", levels, (RateLimited, "rate limited")),
    ("bybit", "xchange_getOrderError.json", 200, "BTCUSDT", levels, (Refused, "10032")),
    ("bybit", "issue_request_parameter_error_10001.json", 200, "BTCUSDT", levels, (Refused, "10001")),
    ("bybit", "xchange_getTickerSpot.json", 200, "ETHUSDT", ticker, (WrongAnswer, "expected ETHUSDT, was BTCUSDT")),
    ("gate", "order_book_2025.json", 200, "BTC_USDT", levels, 10),
    ("gate", "error_403_forbidden_ip.json", 403, "BTC_USDT", levels, (Refused, "FORBIDDEN")),
    ("gate", "error_500_server_error.json", 500, "BTC_USDT", levels, (Unreachable, "HTTP 500")),
]


@pytest.mark.parametrize(("venue", "file", "status", "pair", "read", "outcome"), OTHERS)
def test_other_venues(venue: str, file: str, status: int, pair: str, read: Read, outcome: Outcome) -> None:
    base, quote = pair.replace("_", "").removesuffix("USDT"), "USDT"
    gate = {"id": pair, "base": base, "quote": quote, "amount_precision": 6, "precision": 2, "trade_status": "tradable"}
    bybit = {
        "symbol": pair,
        "baseCoin": base,
        "quoteCoin": quote,
        "status": "Trading",
        "priceFilter": {"tickSize": "0.01"},
        "lotSizeFilter": {"basePrecision": "0.00001"},
    }

    def before(asked: Asked) -> Reply | None:
        if asked.path.endswith("instruments-info"):
            return as_json({"retCode": 0, "result": {"category": "spot", "list": [bybit]}})
        if asked.path.endswith("currency_pairs"):
            return as_json([] if "margin" in asked.path else [gate])
        return None

    expect_from(venue, f"{venue}/{file}", status, before, read, outcome)


def expect_from(
    venue: str, file: str, status: int, before: Callable[[Asked], Reply | None], read: Read, outcome: Outcome
) -> None:
    host = VENUES[venue].host
    policy = RetryPolicy(FakeClock(datetime(2019, 2, 9, 12, tzinfo=UTC)))
    with (
        RecordedServer(file, status, before) as server,
        PublicSession(policy, [host], adapter=LoopbackAdapter({host: server.url})) as session,
    ):
        exchange = PublicExchange(venue, session, ("USDT", "BTC"))
        expect(outcome, lambda: read(exchange))


def test_a_file_of_hours_is_no_file_of_days(tmp_path: Path) -> None:
    """Its times are rounded to six digits, as a spreadsheet writes them, and its candles are hours."""
    body = (Path(FOLDER or "") / "vision" / "BTCUSDT-1h-2023-11-18.csv").read_bytes()
    (tmp_path / "BTC.csv").write_bytes(body)
    with pytest.raises(DataError, match=r"BTC\.csv"):
        read_rows(tmp_path, load_config().listings())


@pytest.mark.parametrize("vendor", ["yahoo", "fred"])
def test_every_file_is_in_its_table(vendor: str) -> None:
    listed = {file for file, *_ in (YAHOO if vendor == "yahoo" else FRED)}
    assert {path.name for path in (Path(FOLDER or "") / vendor).iterdir()} == listed
