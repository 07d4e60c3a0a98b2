"""Yahoo's price chart, as yfinance asks for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from bot.infra.clock import SystemClock
from tests.servers.loopback import Asked, LoopbackServer, Reply, as_json, status
from tests.servers.made_up import Row

_CHART = "/v8/finance/chart/"


@dataclass
class Chart:
    """What Yahoo has of one ticker; `factors` are Adj Close / Close, 1 where none is given.

    A day's row is stamped with its opening time there, but for those days that `stamps` says otherwise of.
    """

    rows: dict[date, Row]
    kind: str = "ETF"
    time_zone: str = "America/New_York"
    factors: dict[date, float] = field(default_factory=dict)
    stamps: dict[date, datetime] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    """What the answer says of itself that differs from the question."""

    def stamp(self, day: date) -> int:
        """The Unix time that stands for a day's row."""
        opens = time(0) if self.time_zone == "UTC" else time(9, 30)
        moment = self.stamps.get(day) or datetime.combine(day, opens, ZoneInfo(self.time_zone))
        return int(moment.timestamp())


class YahooServer(LoopbackServer):
    """Answers from `charts`, by ticker."""

    def __init__(self) -> None:
        super().__init__()
        self.charts: dict[str, Chart] = {}

    def answer(self, asked: Asked) -> Reply:
        if not asked.path.startswith(_CHART):
            return status(404)
        ticker = asked.path.removeprefix(_CHART)
        chart = self.charts.get(ticker)
        if chart is None:
            reason = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
            return as_json({"chart": {"result": None, "error": reason}}, status=404)
        first, past_last = int(asked.query.get("period1", 0)), int(asked.query.get("period2", 2**40))
        shown = [day for day in sorted(chart.rows) if first <= chart.stamp(day) < past_last]
        return as_json(_answer(ticker, chart, shown))


def chart_of(ticker: str, chart: Chart) -> dict[str, Any]:
    """The answer that has every row of a chart."""
    return _answer(ticker, chart, sorted(chart.rows))


def _answer(ticker: str, chart: Chart, shown: list[date]) -> dict[str, Any]:
    return {"chart": {"result": [_result(ticker, chart, shown)], "error": None}}


def _result(ticker: str, chart: Chart, shown: list[date]) -> dict[str, Any]:
    rows = [chart.rows[day] for day in shown]
    quote = {name: [getattr(row, name) for row in rows] for name in ("open", "high", "low", "close", "volume")}
    adjusted = [
        None if row.close is None else row.close * chart.factors.get(day, 1.0)
        for day, row in zip(shown, rows, strict=True)
    ]
    offset = SystemClock().now().astimezone(ZoneInfo(chart.time_zone)).utcoffset()
    assert offset is not None
    meta = {
        "currency": "USD",
        "symbol": ticker,
        "instrumentType": chart.kind,
        "exchangeTimezoneName": chart.time_zone,
        "timezone": "EST",
        "gmtoffset": int(offset.total_seconds()),
        "priceHint": 2,
        "dataGranularity": "1d",
        "range": "",
        "validRanges": ["1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y", "ytd", "max"],
    }
    meta |= chart.meta
    result: dict[str, Any] = {"meta": meta, "indicators": {"quote": [quote], "adjclose": [{"adjclose": adjusted}]}}
    if shown:
        result["timestamp"] = [chart.stamp(day) for day in shown]
    else:
        result["indicators"] = {"quote": [{}], "adjclose": [{}]}
    return result
