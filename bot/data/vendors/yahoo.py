"""Daily rows from Yahoo Finance through yfinance: one ticker at a time, raw and adjusted kept apart."""

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
from http import HTTPStatus
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
from bot.data.vendors.raw_bars import RawBars
from bot.infra.public_http import refuse_unless_public
from bot.infra.rate_limit import RetryPolicy
from bot.infra.vendor_errors import NotListed, RateLimited, Unreachable

YAHOO_HOSTS = ("query1.finance.yahoo.com", "query2.finance.yahoo.com")
_TICKER = re.compile(r"[A-Za-z0-9^.=-]+")
_CHART = re.compile(rf"/v8/finance/chart/{_TICKER.pattern}")
_COOKIE_PAGES = ("/v1/test/getcrumb", "/consent", "/copyConsent")
_COOKIE_HOSTS = (*YAHOO_HOSTS, "fc.yahoo.com", "guce.yahoo.com")
_UNHEARD = {"timeout", "allow_redirects"}
_CARRIED = ("headers", "cookies", "auth", "params", "cert", "proxies", "proxy_auth", "base_url")
"""What a session sends with every request, when somebody has filled it in."""
_BEGINNING = date(1927, 12, 1)
"""Before the oldest row that Yahoo has, of the S&P 500."""
_COLUMNS = ("Open", "High", "Low", "Close", "Adj Close", "Volume")
_cache_folder: list[str] = []
"""Where this process has yfinance keep its cache, once that is settled."""
_REASON = re.compile(r'"description"\s*:\s*"([^"]{1,200})')


class _DoneWithout(OSError):
    """A cookie or a crumb that yfinance asks for and, as this is an OSError, goes on without."""


class YahooSession(Session[Response]):
    """A browser-like session that asks Yahoo's price chart and nothing else, with courtesy and without cookies.

    Yahoo turns away clients that do not shake hands as a browser does, so this stands on curl and not on the public
    session; the rules are the same. yfinance would also fetch a cookie, accept a consent page by POST and fetch a
    crumb: the chart needs none of them, and they are not asked for. A fault is raised as a DataError from inside
    yfinance, which passes it on. Durations are in seconds, sizes in bytes.
    """

    def __init__(
        self, retry_policy: RetryPolicy, *, timeouts: tuple[float, float] = (10.0, 20.0), largest: int = 50_000_000
    ) -> None:
        # The timeout is curl's for the whole transfer, so that a slow drip ends too.
        super().__init__(
            impersonate="chrome",
            trust_env=False,
            verify=True,
            allow_redirects=False,
            timeout=timeouts,
            discard_cookies=True,
            # curl itself would read proxies from the environment.
            curl_options={CurlOpt.MAXFILESIZE_LARGE: largest, CurlOpt.NOPROXY: "*"},
        )
        self.retry_policy = retry_policy
        self._timeouts = timeouts

    def request(self, method: str, url: str, *unnamed: Any, **options: Any) -> Response:
        """Ask the chart; yfinance's own wishes for time-outs and redirects are not heard."""
        parts = urlsplit(url)
        params = options.pop("params", None) or {}
        if method == "GET" and parts.hostname in _COOKIE_HOSTS and parts.path in ("", "/", *_COOKIE_PAGES):
            raise _DoneWithout("cookies and crumbs are not asked for")
        refuse_unless_public(method, url, YAHOO_HOSTS, params)
        host = parts.hostname or ""
        if not _CHART.fullmatch(parts.path):
            raise NotPublic("only the chart is asked here", where=host, was=parts.path)
        carried = sorted(name for name, value in options.items() if value and name not in _UNHEARD)
        carried += [name for name in _CARRIED if getattr(self, name)] + ["an unnamed argument"] * bool(unnamed)
        if carried:
            raise NotPublic("a public request carries no such thing", where=host, was=", ".join(carried))
        answer = self.retry_policy.request(host, lambda: self.transfer(url, dict(params)))
        return _sound(answer, host, parts.path.rpartition("/")[2])

    def transfer(self, url: str, params: dict[str, Any]) -> Response:
        """Carry one request that has passed all rules; tests carry it to a server of their own."""
        return super().request("GET", url, params=params, timeout=self._timeouts, allow_redirects=False, verify=True)


def _sound(answer: Response, host: str, ticker: str) -> Response:
    """The answer, if it is one that yfinance need not interpret."""
    status = answer.status_code
    where, was = f"Yahoo {ticker}", f"HTTP {status}"
    reason = found.group(1) if (found := _REASON.search(answer.text[:2000])) else None
    if status == HTTPStatus.OK:
        if not answer.text.lstrip().startswith("{"):
            raise Unreachable("gave no JSON", where=where, was="another page")
        return answer
    if 300 <= status < 400:
        raise Unreachable("sends us on to another page, perhaps for consent, where we do not go", where=host, was=was)
    if status == HTTPStatus.NOT_FOUND or (status == HTTPStatus.BAD_REQUEST and reason and "exist" in reason):
        raise NotListed("has no such ticker or no row of it", where=where, was=f"{was}, {reason}" if reason else was)
    raise Unreachable("gave no rows", where=where, was=f"{was}, {reason}" if reason else was)


class Yahoo:
    """Asks Yahoo for one ticker at a time.

    `folder` keeps yfinance's small cache of time zones; without one it lives in a temporary folder. yfinance has one
    such cache a process: the first folder that is used stays.
    """

    def __init__(self, session: YahooSession, folder: Path | None = None) -> None:
        self._session = session
        self._folder = folder
        self._answered: tuple[str, date | None] | None = None
        self._table = pd.DataFrame()
        self._served: set[bool] = set()

    def rows(self, symbol: str, ticker: str, since: date | None, adjusted: bool) -> RawBars:
        """The daily rows of a ticker from a date on, or all of them; a row without a close is no row.

        Adjusted prices are scaled by the vendor's own factor for dividends and splits, volume is not. One answer
        serves the raw and the adjusted rows, once each. Raises NotListed where there is no row, RateLimited,
        Unreachable and Blocked as `RetryPolicy` says, DataError where the answer is broken, StoreError where yfinance's
        cache cannot be written.
        """
        if not _TICKER.fullmatch(ticker):
            raise NotListed("is no ticker", where=f"Yahoo {ticker!r}", expected="letters, digits, ^ . = -")
        if self._answered != (ticker, since) or adjusted in self._served:
            self._table = self._ask(ticker, since)
            self._answered, self._served = (ticker, since), set()
        self._served.add(adjusted)
        return _fetched(symbol, ticker, self._table, adjusted)

    def _ask(self, ticker: str, since: date | None) -> pd.DataFrame:
        where = f"Yahoo {ticker}"
        end = self._session.retry_policy.clock.now().date() + timedelta(days=3)
        try:
            with _quiet(self._folder):
                import yfinance
                from yfinance.data import YfData

                YfData.cache_get.cache_clear()  # its memory of answers knows no end
                asked = yfinance.Ticker(ticker, session=self._session)
                table = asked.history(
                    interval="1d", start=since or _BEGINNING, end=end, auto_adjust=False, actions=False, repair=False
                )
        except BotError:
            raise
        except Exception as problem:
            # yfinance raises whatever its parsing trips over: KeyError, TypeError, its own kinds.
            raise _told(where, problem) from None
        if not isinstance(table, pd.DataFrame) or table.empty:
            raise NotListed("has no row", where=where)
        return table


def _told(where: str, problem: Exception) -> BotError:
    kind = type(problem).__name__
    if _is_of_a_database(problem):
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


def _is_of_a_database(problem: Exception) -> bool:
    """Whether yfinance's own cache, which is a SQLite file, is at fault and not the vendor."""
    return isinstance(problem, sqlite3.Error) or "PeeweeException" in {kind.__name__ for kind in type(problem).__mro__}


@contextlib.contextmanager
def _quiet(folder: Path | None) -> Iterator[None]:
    """yfinance as a library: it raises, prints nothing, and writes into our folder only."""
    with warnings.catch_warnings():
        import yfinance

        # After the import, which puts its own filters first: its use of pandas is its own affair.
        warnings.simplefilter("ignore")
        logging.getLogger("yfinance").setLevel(logging.CRITICAL + 1)
        yfinance.config.debug.hide_exceptions = False
        yfinance.config.network.retries = 0
        yfinance.config.network.proxy = None
        if not _cache_folder:
            _cache_folder.append(str(folder) if folder else _temporary())
            yfinance.set_tz_cache_location(_cache_folder[0])
        yield


def _temporary() -> str:
    folder = tempfile.mkdtemp(prefix="yfinance-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _fetched(symbol: str, ticker: str, table: pd.DataFrame, adjusted: bool) -> RawBars:
    where = f"Yahoo {ticker}"
    try:
        # A row is dated by the exchange's own wall clock: New York's for US series, UTC's for coins.
        dates: Days = pd.DatetimeIndex(table.index).tz_localize(None).to_numpy().astype("datetime64[D]")
        columns = {name: table[name].to_numpy(np.float64, copy=True) for name in _COLUMNS}
    except (KeyError, TypeError, ValueError) as problem:
        raise DataError("gave a table of another shape", where=where, was=type(problem).__name__) from None
    if (np.diff(dates) <= np.timedelta64(0, "D")).any():
        raise DataError("dates must ascend, one row each", where=where)
    for name, values in columns.items():
        if np.isinf(values).any() or (values < 0).any():
            raise DataError(f"{name.lower()} is no price or volume", where=where, was="negative or infinite")
        # Yahoo writes 0 for what it does not know, yfinance for a volume that is missing.
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
