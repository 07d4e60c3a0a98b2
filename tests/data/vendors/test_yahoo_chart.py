"""Yahoo's answers are judged by status and body together, and compared with the question."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.core.errors import DataError
from bot.core.series_kind import SeriesKind
from bot.data.store.update_result import UpdateStatus
from bot.data.vendors.yahoo_chart import ChartQuestion, instrument_type, require_answer
from bot.infra.vendor_errors import NotListed, RateLimited, Refused, Unreachable, WrongAnswer
from tests.servers.world import World, open_world

QUESTION = ChartQuestion("^RUT", "1d", "INDEX")
RUT = {"symbol": "^RUT", "dataGranularity": "1d", "currency": "USD", "instrumentType": "INDEX"}


def chart(meta: dict[str, Any], stamps: list[int] | None = None) -> str:
    result = {"meta": meta, "timestamp": [1] if stamps is None else stamps, "indicators": {"quote": [{}]}}
    return json.dumps({"chart": {"result": [result], "error": None}})


def error(code: str, description: str, name: str = "chart") -> str:
    return json.dumps({name: {"result": None, "error": {"code": code, "description": description}}})


class TestQuestion:
    def test_the_chart_that_was_asked_for_is_accepted(self) -> None:
        require_answer(200, chart(RUT), QUESTION)

    @pytest.mark.parametrize(
        ("change", "expected", "was"),
        [
            ({"symbol": "AAPL"}, r"symbol \^RUT", "AAPL"),
            ({"dataGranularity": "3mo"}, "interval 1d", "3mo"),
            ({"dataGranularity": "1h"}, "interval 1d", "1h"),
            ({"currency": "EUR"}, "currency USD", "EUR"),
            ({"currency": None}, "currency USD", "None"),
            ({"instrumentType": "EQUITY"}, "type INDEX", "EQUITY"),
        ],
    )
    def test_another_chart_is_refused_with_both_values(self, change: dict[str, Any], expected: str, was: str) -> None:
        with pytest.raises(WrongAnswer, match=f"Yahoo .RUT: .*; expected {expected}, was {was}"):
            require_answer(200, chart(RUT | change), QUESTION)

    @pytest.mark.parametrize("name", ["symbol", "dataGranularity", "currency", "instrumentType"])
    def test_a_chart_that_does_not_name_it_is_refused(self, name: str) -> None:
        with pytest.raises(WrongAnswer):
            require_answer(200, chart({key: value for key, value in RUT.items() if key != name}), QUESTION)

    def test_a_chart_without_rows_needs_no_currency_but_its_symbol(self) -> None:
        empty = RUT | {"currency": None, "instrumentType": "MUTUALFUND"}
        require_answer(200, chart(empty, stamps=[]), QUESTION)
        with pytest.raises(WrongAnswer):
            require_answer(200, chart(empty | {"symbol": "CAPIO.ST"}, stamps=[]), QUESTION)

    def test_the_case_of_a_ticker_makes_no_difference(self) -> None:
        require_answer(200, chart(RUT), ChartQuestion("^rut", "1d", "INDEX"))

    @pytest.mark.parametrize(
        ("ticker", "kind", "expected"),
        [
            ("^VIX", None, "INDEX"),
            ("DX-Y.NYB", SeriesKind.INDEX, "INDEX"),
            ("GC=F", SeriesKind.INDEX, "FUTURE"),
            ("EURUSD=X", SeriesKind.INDEX, "CURRENCY"),
            ("IWM", SeriesKind.ETF_ADJUSTED, "ETF"),
            ("IWM", SeriesKind.ETF_RAW, "ETF"),
            ("IWM", None, ""),
            ("ETH-USD", None, "CRYPTOCURRENCY"),
            ("ETH-USD", SeriesKind.CRYPTO, "CRYPTOCURRENCY"),
            ("USDT", SeriesKind.STABLECOIN, "CRYPTOCURRENCY"),
        ],
    )
    def test_the_type_follows_from_ticker_and_kind(self, ticker: str, kind: SeriesKind | None, expected: str) -> None:
        assert instrument_type(ticker, kind) == expected


class TestStatusAndBody:
    @pytest.mark.parametrize(
        ("status", "body", "kind"),
        [
            (404, error("Not Found", "No data found, symbol may be delisted"), NotListed),
            (200, error("Not Found", "No data found, symbol may be delisted"), NotListed),
            (404, "", NotListed),
            (400, error("Bad Request", "Data doesn't exist for startDate = 1, endDate = 2"), NotListed),
            (404, "<!DOCTYPE html><html><body>Will be right back...</body></html>", Unreachable),
            (404, "Not Found", Unreachable),
            (404, "{}", Unreachable),
            (200, "<!DOCTYPE html><html></html>", Unreachable),
            (200, "Edge: Too Many Requests", RateLimited),
            (200, error("Too Many Requests", "Rate limited. Try later.", "finance"), RateLimited),
            (422, error("Unprocessable Entity", "5m data not available"), Refused),
            (400, error("Bad Request", "Invalid input - interval=1x is not supported."), Refused),
            (401, error("Unauthorized", "Invalid Crumb", "finance"), Refused),
            (200, error("Unauthorized", "Invalid Crumb", "finance"), Refused),
            (200, "[]", Unreachable),
            (200, '{"chart": []}', Unreachable),
            (200, '{"chart": {"result": [null]}}', Unreachable),
            (200, '{"chart": {"result": [{"meta": {}}]}}', Unreachable),
            (403, chart(RUT), Unreachable),
            (200, "[" * 100_000, Unreachable),
        ],
    )
    def test_each_answer_has_one_outcome(self, status: int, body: str, kind: type[DataError]) -> None:
        with pytest.raises(DataError, match=r"^Yahoo \^RUT: ") as caught:
            require_answer(status, body, QUESTION)
        assert type(caught.value) is kind


class TestStore:
    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[World]:
        with open_world(tmp_path) as world:
            yield world

    @pytest.mark.parametrize(
        ("ticker", "symbol", "meta"),
        [
            ("^RUT", "RUT", {"symbol": "AAPL", "instrumentType": "EQUITY"}),
            ("^RUT", "RUT", {"dataGranularity": "3mo"}),
            ("IWM", "IWM", {"instrumentType": "EQUITY"}),
            ("IWM", "IWM_RAW", {"currency": "GBp"}),
        ],
    )
    def test_another_answer_never_reaches_the_store(
        self, world: World, ticker: str, symbol: str, meta: dict[str, Any]
    ) -> None:
        world.servers.yahoo.charts[ticker].meta = meta
        found = world.update(symbol, "WALCL")
        assert found[symbol].status is UpdateStatus.FAILED
        assert isinstance(found[symbol].problem, WrongAnswer)
        assert world.closes(symbol) == {}
        assert found["WALCL"].status is UpdateStatus.NEW
