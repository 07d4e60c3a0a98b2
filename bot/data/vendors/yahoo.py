"""Daily rows from Yahoo Finance through yfinance, raw or adjusted, one ticker at a time."""

from __future__ import annotations

import atexit
import contextlib
import logging
import re
import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
from curl_cffi import CurlOpt
from curl_cffi.requests import Response, Session

from bot.core.errors import BotError, DataError, NotPublic, StoreError
from bot.core.market import Floats
from bot.core.moments import Days
from bot.core.series_kind import SeriesKind
from bot.data.vendors.raw_bars import RawBars
from bot.data.vendors.yahoo_chart import ChartQuestion, instrument_type, require_answer
from bot.infra.public_http import refuse_unless_public
from bot.infra.rate_limit import RetryPolicy
from bot.infra.vendor_errors import NotListed, RateLimited, Unreachable

YAHOO_HOSTS = ("query1.finance.yahoo.com", "query2.finance.yahoo.com")
_TICKER = re.compile(r"[A-Za-z0-9^.=-]+")
_CHART = re.compile(rf"/v8/finance/chart/{_TICKER.pattern}")
_COOKIE_PAGES = ("/v1/test/getcrumb", "/consent", "/copyConsent")
_COOKIE_HOSTS = (*YAHOO_HOSTS, "fc.yahoo.com", "guce.yahoo.com")
_IGNORED_OPTIONS = {"timeout", "allow_redirects"}
"""Options of yfinance that the session's own values replace."""
_SESSION_FIELDS = ("headers", "cookies", "auth", "params", "cert", "proxies", "proxy_auth", "base_url")
"""Attributes that a session would send with every request."""
_FIRST_DAY = date(1927, 12, 1)
"""Earlier than Yahoo's oldest row, of the S&P 500."""
_INTERVAL = "1d"
_COLUMNS = ("Open", "High", "Low", "Close", "Adj Close", "Volume")
_cache_folder: list[str] = []
"""Folder of yfinance's cache in this process, once it is set."""


class _CookieRefused(OSError):
    """Refusal of a cookie or crumb request. yfinance catches an OSError here and continues."""


class YahooSession(Session[Response]):
    """HTTP session that sends requests to Yahoo's price chart only.

    Yahoo refuses clients whose TLS handshake differs from a browser's, so this session uses curl; its rules are those
    of `PublicSession`. Requests of yfinance for cookies, consent and crumbs are refused: the chart works alone.

    Parameters
    ----------
    retry_policy
        Rate limit and retries.
    timeouts
        Seconds to connect, and for the whole transfer.
    largest
        Bytes of the largest answer.

    Attributes
    ----------
    instrument_type
        Type that the next answers must have; "" accepts any.
    """

    def __init__(
        self, retry_policy: RetryPolicy, *, timeouts: tuple[float, float] = (10.0, 20.0), largest: int = 50_000_000
    ) -> None:
        # curl's timeout covers the whole transfer, so an answer that drips byte by byte ends too.
        super().__init__(
            impersonate="chrome",
            trust_env=False,
            verify=True,
            allow_redirects=False,
            timeout=timeouts,
            discard_cookies=True,
            # curl itself reads proxies from the environment; this switches that off.
            curl_options={CurlOpt.MAXFILESIZE_LARGE: largest, CurlOpt.NOPROXY: "*"},
        )
        self.retry_policy = retry_policy
        self.instrument_type = ""
        self._timeouts = timeouts

    def request(self, method: str, url: str, *unnamed: Any, **options: Any) -> Response:
        """Send a request to the chart, with this session's timeouts and redirect rule.

        Raises
        ------
        NotPublic
            The request is for something else than the chart, or carries a credential.
        NotListed, Refused, RateLimited, Unreachable, WrongAnswer
            As `require_answer` decides. Raised through yfinance as they are.
        """
        parts = urlsplit(url)
        params = options.pop("params", None) or {}
        if method == "GET" and parts.hostname in _COOKIE_HOSTS and parts.path in ("", "/", *_COOKIE_PAGES):
            raise _CookieRefused("cookies and crumbs are refused")
        refuse_unless_public(method, url, YAHOO_HOSTS, params)
        host = parts.hostname or ""
        if not _CHART.fullmatch(parts.path):
            raise NotPublic("only the chart may be requested", where=host, was=parts.path)
        private = sorted(name for name, value in options.items() if value and name not in _IGNORED_OPTIONS)
        private += [name for name in _SESSION_FIELDS if getattr(self, name)] + ["an unnamed argument"] * bool(unnamed)
        if private:
            raise NotPublic("a public request must not carry this", where=host, was=", ".join(private))
        answer = self.retry_policy.request(host, lambda: self.transfer(url, dict(params)))
        if 300 <= answer.status_code < 400:
            raise Unreachable(
                "redirects to another page, perhaps for consent; redirects are refused",
                where=host,
                was=f"HTTP {answer.status_code}",
            )
        ticker, interval = parts.path.rpartition("/")[2], str(params.get("interval", _INTERVAL))
        # Before yfinance reads it: of an answer about another symbol yfinance would make rows of this one.
        try:
            require_answer(answer.status_code, answer.text, ChartQuestion(ticker, interval, self.instrument_type))
        except RateLimited:
            self.retry_policy.close(host)
            raise
        return answer

    def transfer(self, url: str, params: dict[str, Any]) -> Response:
        """Send one checked request. Tests replace this to reach a server of their own."""
        return super().request("GET", url, params=params, timeout=self._timeouts, allow_redirects=False, verify=True)


class Yahoo:
    """Client of Yahoo, one ticker a request.

    Parameters
    ----------
    session
        Session that sends the requests.
    folder
        Folder of yfinance's cache of time zones; a temporary one by default. yfinance has one cache a process, so the
        first folder stays.
    """

    def __init__(self, session: YahooSession, folder: Path | None = None) -> None:
        self._session = session
        self._folder = folder
        self._answered: tuple[str, date | None] | None = None
        self._table = pd.DataFrame()
        self._served: set[bool] = set()

    def rows(
        self, symbol: str, ticker: str, since: date | None, adjusted: bool, kind: SeriesKind | None = None
    ) -> RawBars:
        """Fetch the daily rows of a ticker; rows without a close are dropped.

        Parameters
        ----------
        ticker
            Yahoo's name, such as ^RUT.
        since
            First date, if only a part of the history is wanted.
        adjusted
            Scale the prices by the vendor's factor for dividends and splits. Volume stays as it is.
        kind
            Kind of the series. An answer about an instrument of another kind is refused.

        Returns
        -------
        RawBars
            Prices in USD, volume in shares, or in USD for coins.

        Raises
        ------
        NotListed
            Yahoo has no row of the ticker.
        RateLimited, Unreachable, Blocked
            As `RetryPolicy` decides.
        Refused, WrongAnswer
            Yahoo refuses the request, or answers another one.
        DataError
            The answer is faulty.
        StoreError
            yfinance's cache cannot be written.
        """
        if not _TICKER.fullmatch(ticker):
            raise NotListed("is no ticker", where=f"Yahoo {ticker!r}", expected="letters, digits, ^ . = -")
        # One answer serves the raw and the adjusted rows, once each: a second read of either asks again.
        if self._answered != (ticker, since) or adjusted in self._served:
            self._session.instrument_type = instrument_type(ticker, kind)
            self._table = self._fetch_table(ticker, since)
            self._answered, self._served = (ticker, since), set()
        self._served.add(adjusted)
        return _to_bars(symbol, ticker, self._table, adjusted)

    def _fetch_table(self, ticker: str, since: date | None) -> pd.DataFrame:
        where = f"Yahoo {ticker}"
        end = self._session.retry_policy.clock.now().date() + timedelta(days=3)
        try:
            with _quiet(self._folder):
                import yfinance
                from yfinance.data import YfData

                YfData.cache_get.cache_clear()  # yfinance caches answers for the life of the process
                client = yfinance.Ticker(ticker, session=self._session)
                table = client.history(
                    interval=_INTERVAL,
                    start=since or _FIRST_DAY,
                    end=end,
                    auto_adjust=False,
                    actions=False,
                    repair=False,
                )
        except BotError:
            raise
        except Exception as problem:
            # yfinance lets the errors of its parsing through: KeyError, TypeError, its own kinds.
            raise _as_bot_error(where, problem) from None
        if not isinstance(table, pd.DataFrame) or table.empty:
            raise NotListed("has no row", where=where)
        return table


def _as_bot_error(where: str, problem: Exception) -> BotError:
    kind = type(problem).__name__
    if _is_database_error(problem):
        return StoreError(
            "yfinance cannot keep its cache here",
            where=_cache_folder[0],
            was=str(problem),
            mend="see that the disk has room and can be written",
        )
    if kind == "YFRateLimitError":
        return RateLimited("asks to be left alone", where=where, mend="resume with the same command")
    if kind in ("YFPricesMissingError", "YFTzMissingError"):
        return NotListed("has no row", where=where, mend="see whether the ticker was renamed or delisted")
    return Unreachable("gave an answer that yfinance cannot read", where=where, was=kind)


def _is_database_error(problem: Exception) -> bool:
    """Return True if the error comes from yfinance's cache, a SQLite file."""
    # By name: peewee, which raises it, is a dependency of yfinance alone.
    return isinstance(problem, sqlite3.Error) or "PeeweeException" in {kind.__name__ for kind in type(problem).__mro__}


@contextlib.contextmanager
def _quiet(folder: Path | None) -> Iterator[None]:
    """Make yfinance raise its errors, stay silent, and write its cache into the folder."""
    with warnings.catch_warnings():
        import yfinance

        # After the import, which puts its own warning filters first.
        warnings.simplefilter("ignore")
        logging.getLogger("yfinance").setLevel(logging.CRITICAL + 1)
        yfinance.config.debug.hide_exceptions = False
        yfinance.config.network.retries = 0
        yfinance.config.network.proxy = None
        if not _cache_folder:
            _cache_folder.append(str(folder) if folder else _temporary_folder())
            yfinance.set_tz_cache_location(_cache_folder[0])
        yield


def _temporary_folder() -> str:
    folder = tempfile.mkdtemp(prefix="yfinance-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _to_bars(symbol: str, ticker: str, table: pd.DataFrame, adjusted: bool) -> RawBars:
    where = f"Yahoo {ticker}"
    try:
        # Rows are dated by the exchange's wall clock: New York for US series, UTC for coins.
        dates: Days = pd.DatetimeIndex(table.index).tz_localize(None).to_numpy().astype("datetime64[D]")
        columns = {name: table[name].to_numpy(np.float64, copy=True) for name in _COLUMNS}
    except (KeyError, TypeError, ValueError) as problem:
        raise DataError("the table has another shape", where=where, was=type(problem).__name__) from None
    if (np.diff(dates) <= np.timedelta64(0, "D")).any():
        raise DataError("dates must ascend, one row each", where=where)
    for name, values in columns.items():
        if np.isinf(values).any() or (values < 0).any():
            raise DataError(f"{name.lower()} is no price or volume", where=where, was="negative or infinite")
        # Yahoo writes 0 for an unknown price, yfinance for a missing volume.
        values[values == 0] = np.nan
    if adjusted:
        factor: Floats = columns["Adj Close"] / columns["Close"]
        for name in ("Open", "High", "Low"):
            columns[name] *= factor
        columns["Close"] = columns["Adj Close"]
    has_close = ~np.isnan(columns["Close"])
    if not has_close.any():
        raise NotListed("has no row with a close", where=where)
    open_, high, low, close, _, volume = (values[has_close] for values in columns.values())
    source = f"yahoo {ticker} adjusted" if adjusted else f"yahoo {ticker}"
    return RawBars(symbol, source, dates[has_close], open_, high, low, close, volume)
