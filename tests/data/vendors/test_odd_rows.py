"""Rows that a vendor's library would drop, complete or misread without a word."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.core.errors import DataError
from bot.data.vendors.fred import Fred
from bot.data.vendors.public_exchange import PublicExchange
from bot.data.vendors.yahoo_chart import ChartQuestion, require_answer
from bot.infra.vendor_errors import InvalidRules, Unreachable, WrongAnswer
from bot.services.vendors import VendorSessions
from tests.servers.exchange import Pair, listing
from tests.servers.loopback import Reply, as_json
from tests.servers.made_up import rows
from tests.servers.wired import Servers

KLINES, INFO = "/api/v3/klines", "/api/v3/exchangeInfo"
DAY_MS = 86_400_000
START = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)


def chart(times: list[Any], closes: list[Any], adjusted: list[Any] | None = None, kind: str = "ETF") -> str:
    meta = {"symbol": "IWM", "dataGranularity": "1d", "currency": "USD", "instrumentType": kind}
    indicators: dict[str, Any] = {"quote": [{"close": closes}]}
    if adjusted is not None:
        indicators["adjclose"] = [{"adjclose": adjusted}]
    return json.dumps({"chart": {"result": [{"meta": meta, "timestamp": times, "indicators": indicators}]}})


def every(step: timedelta, count: int = 5) -> list[int]:
    return [int((START + number * step).timestamp()) for number in range(count)]


class TestYahoo:
    ETF = ChartQuestion("IWM", "1d", "ETF")

    @pytest.mark.parametrize(
        ("step", "hours"), [(timedelta(hours=1), "1"), (timedelta(weeks=1), "168"), (timedelta(days=91), "2184")]
    )
    def test_rows_of_another_length_are_refused_whatever_the_chart_says(self, step: timedelta, hours: str) -> None:
        with pytest.raises(
            WrongAnswer, match=f"another interval than was asked for; expected 1 day, was {hours} hours"
        ):
            require_answer(200, chart(every(step), [1.0] * 5, [1.0] * 5), self.ETF)

    def test_a_live_row_of_the_last_day_is_accepted(self) -> None:
        times = every(timedelta(days=1), 4)
        require_answer(200, chart([*times, times[-1] + 3_600], [1.0] * 5, [1.0] * 5), self.ETF)

    def test_two_rows_of_a_day_must_agree(self) -> None:
        times = every(timedelta(days=1), 4)
        times.insert(1, times[1])
        require_answer(200, chart(times, [1.0, 2.0, 2.0, 3.0, 4.0], [1.0] * 5), self.ETF)
        with pytest.raises(DataError, match=r"two rows of one day differ; was 2\.0 and 2\.5"):
            require_answer(200, chart(times, [1.0, 2.0, 2.5, 3.0, 4.0], [1.0] * 5), self.ETF)

    @pytest.mark.parametrize("odd", [None, "1709562600", 1.5, True])
    def test_a_row_needs_its_time(self, odd: Any) -> None:
        with pytest.raises(DataError, match="a row lacks its time"):
            require_answer(200, chart([*every(timedelta(days=1), 4), odd], [1.0] * 5, [1.0] * 5), self.ETF)

    @pytest.mark.parametrize("adjusted", [None, [None] * 5])
    def test_a_fund_needs_adjusted_closes_for_which_yfinance_writes_raw_ones(self, adjusted: list[Any] | None) -> None:
        times = every(timedelta(days=1))
        with pytest.raises(DataError, match="the adjusted closes are missing"):
            require_answer(200, chart(times, [1.0] * 5, adjusted), self.ETF)
        require_answer(200, chart(times, [1.0] * 5, adjusted, "INDEX"), ChartQuestion("IWM", "1d", "INDEX"))


class TestFred:
    def read(self, sessions: VendorSessions, servers: Servers, body: str) -> list[float]:
        servers.fred.fail(Reply(200, f"observation_date,DFF\n{body}".encode()))
        closes: list[float] = Fred(sessions.fred).rows("DFF", "DFF", None).close.tolist()
        return closes

    @pytest.mark.parametrize("number", ["1_5", "\u0661\u0665", "infinity", "0x1p3", "1e999"])
    def test_only_plain_numbers_are_values(self, sessions: VendorSessions, servers: Servers, number: str) -> None:
        with pytest.raises(DataError, match="DFF line 2: is no row of the table"):
            self.read(sessions, servers, f"2024-01-02,{number}\n")

    def test_signs_exponents_and_blank_lines_at_the_end_are_read(
        self, sessions: VendorSessions, servers: Servers
    ) -> None:
        body = "2024-01-02,-1.5\n2024-01-03,+2.\n2024-01-04,.5\n2024-01-05,1E-2\n\n\r\n"
        assert self.read(sessions, servers, body) == [-1.5, 2.0, 0.5, 0.01]


@pytest.fixture
def exchange(servers: Servers, sessions: VendorSessions) -> PublicExchange:
    servers.exchange.list("ETH", "USDT", rows(date(2025, 11, 1), date(2025, 11, 28), 3_000))
    return PublicExchange("binance", sessions.exchange)


class TestExchange:
    @pytest.mark.parametrize("time", [10**20, 1e300, 1_709_510_400, 1_709_510_400_000_000, -DAY_MS])
    def test_a_time_in_another_unit_is_no_sign_that_the_coin_has_no_candle(
        self, exchange: PublicExchange, servers: Servers, time: float
    ) -> None:
        servers.exchange.fail(as_json([[time, "1", "2", "1", "2", "5"]]), path=KLINES)
        with pytest.raises(DataError, match="binance ETH/USDT: a candle's time is invalid") as caught:
            exchange.rows("ETH", "ETH", date(2025, 11, 1))
        assert type(caught.value) is DataError

    @pytest.mark.parametrize(
        "odd", [{"code": 0, "msg": "System maintenance"}, [[None, "1", "2", "1", "2"]], [{}], [[]]]
    )
    def test_a_candle_without_a_time_is_refused(self, exchange: PublicExchange, servers: Servers, odd: object) -> None:
        servers.exchange.fail(as_json(odd), path=KLINES)
        with pytest.raises(DataError, match="binance ETH/USDT: a candle has another shape") as caught:
            exchange.rows("ETH", "ETH", date(2025, 11, 1))
        assert type(caught.value) is DataError

    def test_a_page_of_html_is_unreachable(self, exchange: PublicExchange, servers: Servers) -> None:
        servers.exchange.fail(Reply(200, b"<html></html>"), path=KLINES)
        with pytest.raises(Unreachable, match="no JSON"):
            exchange.rows("ETH", "ETH", date(2025, 11, 1))

    @pytest.mark.parametrize(
        ("number", "change", "text"),
        [
            (1, {"minQty": "-1"}, "LOT_SIZE: minQty of a filter is invalid; expected a number from 0 on, was -1"),
            (1, {"minQty": "5", "maxQty": "1"}, "LOT_SIZE: maxQty of a filter is under its minQty; was 1 < 5"),
            (2, {"minNotional": "abc"}, "NOTIONAL: minNotional of a filter is invalid"),
            (2, {"minNotional": "1e999"}, "NOTIONAL: minNotional of a filter is invalid"),
        ],
    )
    def test_a_filter_with_an_odd_number_gives_no_rules(
        self, exchange: PublicExchange, servers: Servers, number: int, change: dict[str, str], text: str
    ) -> None:
        pair = listing("ETHUSDT", Pair("ETH", "USDT", {}))
        pair["filters"][number] |= change
        servers.exchange.fail(as_json({"symbols": [pair]}), path=INFO)
        with pytest.raises(InvalidRules, match=text):
            exchange.rules("ETH")

    def test_a_filter_listed_twice_must_agree(self, exchange: PublicExchange, servers: Servers) -> None:
        pair = listing("ETHUSDT", Pair("ETH", "USDT", {}))
        pair["filters"].append(pair["filters"][1] | {"stepSize": "0.5"})
        servers.exchange.fail(as_json({"symbols": [pair]}), path=INFO)
        with pytest.raises(InvalidRules, match="listed twice with different values; was LOT_SIZE"):
            exchange.rules("ETH")

    def test_a_pair_without_spot_trading_is_inactive(self, exchange: PublicExchange, servers: Servers) -> None:
        pair = listing("ETHUSDT", Pair("ETH", "USDT", {})) | {"isSpotTradingAllowed": False}
        servers.exchange.fail(as_json({"symbols": [pair]}), path=INFO)
        assert exchange.rules("ETH").active is False
