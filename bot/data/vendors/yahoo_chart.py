"""Check Yahoo's answers: status and body together, and the answer against its question."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from bot.core.errors import DataError
from bot.core.series_kind import SeriesKind
from bot.data.vendors.yahoo_rows import require_rows
from bot.infra.vendor_errors import NotListed, RateLimited, Refused, Unreachable, WrongAnswer

CURRENCY = "USD"
"""Currency of every price that is read."""
_SHOWN = 200
_LIMIT_TEXTS = ("too many requests", "rate limit")
_UNKNOWN_TEXTS = ("no data found", "may be delisted", "doesn't exist", "does not exist")
"""Descriptions of an error that states that a ticker, or the time asked for, has no row."""
_TYPE_OF_FORM = {"=F": "FUTURE", "=X": "CURRENCY"}
"""Instrument type by the end of a ticker."""


@dataclass(frozen=True, slots=True)
class ChartQuestion:
    """Ticker, interval and instrument type that a chart was asked for; an empty type is unknown."""

    ticker: str
    interval: str
    instrument_type: str = ""


def instrument_type(ticker: str, kind: SeriesKind | None) -> str:
    """Return Yahoo's instrument type of a ticker.

    Parameters
    ----------
    ticker : str
        Yahoo's name. Its form decides first: ^RUT is an index, GC=F a future, EURUSD=X a currency.
    kind : SeriesKind, optional
        Kind of the series in the config.

    Returns
    -------
    str
        INDEX, ETF, CRYPTOCURRENCY, FUTURE or CURRENCY; "" if it is unknown.
    """
    if ticker.startswith("^"):
        return "INDEX"
    if (by_form := _TYPE_OF_FORM.get(ticker[-2:].upper())) is not None:
        return by_form
    if kind in (SeriesKind.ETF_ADJUSTED, SeriesKind.ETF_RAW):
        return "ETF"
    if kind is SeriesKind.INDEX:
        return "INDEX"
    is_coin = ticker.upper().endswith(f"-{CURRENCY}") or (kind is not None and kind.is_coin)
    return "CRYPTOCURRENCY" if is_coin else ""


def require_answer(status: int, text: str, question: ChartQuestion) -> None:
    """Accept an answer that has the chart that was asked for.

    | status | body | result |
    |---|---|---|
    | any | "Too Many Requests", as text or as Yahoo's error | RateLimited |
    | any | Yahoo's error "Not Found", or one of `_UNKNOWN_TEXTS` | NotListed |
    | 200, 4xx | any other error of Yahoo | Refused |
    | 404 | empty | NotListed |
    | 200 | a chart of another symbol, interval, currency or type | WrongAnswer |
    | 200 | a chart whose rows are invalid (`require_rows`) | DataError |
    | 200 | a chart as asked | accepted |
    | any | another page, such as HTML with 404 | Unreachable |

    Parameters
    ----------
    status : int
        HTTP status.
    text : str
        Body.
    question : ChartQuestion
        Ticker, interval and type of the request.

    Raises
    ------
    DataError
        The answer is refused, as the table says.
    """
    where, was = f"Yahoo {question.ticker}", f"HTTP {status}"
    answer = _parse(text)
    if answer is None:
        if any(limit in text[:_SHOWN].lower() for limit in _LIMIT_TEXTS):
            raise RateLimited("rate limited", where=where, was=was, mend="resume with the same command")
        if status == HTTPStatus.NOT_FOUND and not text.strip():
            raise NotListed("has no such ticker or no row of it", where=where, was=was)
        kind = "gave no JSON" if status == HTTPStatus.OK else "gave no rows"
        raise Unreachable(kind, where=where, was=f"{was}, another page")
    if (error := _error_of(answer)) is not None:
        raise _as_data_error(status, error, where)
    if status != HTTPStatus.OK:
        raise Unreachable("gave no rows", where=where, was=was)
    results = (answer.get("chart") or {}).get("result") if isinstance(answer.get("chart"), dict) else None
    if not isinstance(results, list) or not results or not isinstance(results[0], dict):
        raise Unreachable("gave no rows", where=where, was="JSON without a chart")
    meta = results[0].get("meta")
    if not isinstance(meta, dict) or not meta:
        raise Unreachable("gave no rows", where=where, was="a chart without its symbol")
    _refuse_another_chart(meta, bool(results[0].get("timestamp")), question, where)
    if results[0].get("timestamp"):
        require_rows(results[0], is_fund=question.instrument_type == "ETF", where=where)


def _parse(text: str) -> Mapping[str, Any] | None:
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else {}


def _error_of(answer: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return code and description of Yahoo's error, which stands under `chart`, `finance` or another name."""
    for part in answer.values():
        error = part.get("error") if isinstance(part, dict) else None
        if isinstance(error, dict):
            return str(error.get("code", "")), str(error.get("description", ""))[:_SHOWN]
    return None


def _as_data_error(status: int, error: tuple[str, str], where: str) -> DataError:
    code, description = error
    was, text = f"HTTP {status}, {description or code}", f"{code} {description}".lower()
    if any(limit in text for limit in _LIMIT_TEXTS):
        return RateLimited("rate limited", where=where, was=was, mend="resume with the same command")
    if code == "Not Found" or any(unknown in text for unknown in _UNKNOWN_TEXTS):
        return NotListed("has no such ticker or no row of it", where=where, was=was)
    return Refused("refused the request", where=where, was=was)


def _refuse_another_chart(meta: Mapping[str, Any], has_rows: bool, question: ChartQuestion, where: str) -> None:
    """Raise WrongAnswer unless a chart is what was asked for. An empty chart lacks currency and type."""
    expected = {"symbol": question.ticker.upper(), "interval": question.interval}
    found = {"symbol": str(meta.get("symbol")).upper(), "interval": str(meta.get("dataGranularity"))}
    # The currency of an exchange rate is the second of its two.
    if has_rows and question.instrument_type != "CURRENCY":
        expected["currency"], found["currency"] = CURRENCY, str(meta.get("currency"))
    if has_rows and question.instrument_type:
        expected["type"], found["type"] = question.instrument_type, str(meta.get("instrumentType"))
    if (name := next((name for name in expected if expected[name] != found[name]), None)) is not None:
        raise WrongAnswer(
            f"the answer has another {name} than was asked for",
            where=where,
            expected=f"{name} {expected[name]}",
            was=found[name],
            mend="see the symbol in `sources.yahoo` and `symbols` of the config",
        )
