"""Daily candles, market rules, prices and order books of exchanges: anonymous requests through ccxt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, localcontext
from functools import partial
from typing import Any, TypeVar

import numpy as np

from bot.core.errors import BotError, ConfigError, DataError, did_you_mean
from bot.core.instrument import VenueRules, to_decimal
from bot.core.moments import midnight
from bot.core.plural import counted
from bot.core.text import printable
from bot.data.vendors.exchange_answer import refuse_another_interval, refuse_another_length, refuse_another_pair
from bot.data.vendors.exchange_values import (
    DAY_MS,
    SIGNIFICANT_DIGITS,
    Candle5,
    OrderBook,
    Ticker,
    increment,
    plain,
    read_candle,
    read_levels,
    read_positive,
    refuse_crossed,
)
from bot.data.vendors.market_filters import require_filters
from bot.data.vendors.market_list import fetch_markets
from bot.data.vendors.public_venues import VENUES, Venue
from bot.data.vendors.raw_bars import RawBars
from bot.infra.public_http import PublicSession
from bot.infra.vendor_errors import Blocked, NotListed, RateLimited, Refused, Unreachable

_SHOWN, _NAMED = 60, 5
_LAST_STAMP = 253_402_300_799_000
"""Milliseconds since 1970-01-01 of the last moment that a datetime holds."""
_RESUME = "resume with the same command"
_Response = TypeVar("_Response")


class PublicExchange:
    """Public data of one exchange. The ccxt object stays inside.

    Every method raises RateLimited, Unreachable or Blocked if the response is missing, NotListed for an unknown pair,
    Refused for any other refusal of the venue, WrongAnswer for an answer about another pair or interval and DataError
    for invalid values.

    Parameters
    ----------
    venue : str
        A name of `VENUES`.
    session : PublicSession
        Session for anonymous requests.
    quotes : sequence of str
        Quote currencies of a coin's pair, in order of preference.
    """

    def __init__(self, venue: str, session: PublicSession, quotes: Sequence[str] = ("USDT", "USD", "USDC")) -> None:
        if venue not in VENUES:
            raise ConfigError(
                f"{venue!r} is not a known venue",
                expected=" or ".join(VENUES),
                mend=did_you_mean(venue, VENUES),
            )
        self.venue = venue
        self._facts = VENUES[venue]
        self._retry_policy = session.retry_policy
        self._clock = session.retry_policy.clock
        self._quotes = tuple(quotes)
        self._client = _client(self._facts, session)
        self._markets: dict[str, dict[str, Any]] | None = None
        self._notes: list[str] = []

    def lists(self, coin: str) -> bool:
        """Return True if the venue lists the coin on its spot market in a quote currency, active or halted."""
        return self._market(coin) is not None

    def pair(self, coin: str) -> str:
        """Return the venue's spot pair of a coin, in the first of the quote currencies that it has."""
        return str(self._listed(coin)["symbol"])

    def rows(self, symbol: str, coin: str, since: date | None) -> RawBars:
        """Fetch daily candles, the one that is still forming included.

        Parameters
        ----------
        symbol, coin : str
            The bot's symbol, and the venue's name of the coin.
        since : date, optional
            First UTC day, by default the oldest that the venue has.

        Returns
        -------
        RawBars
            UTC days. Volume in the quote currency is the base volume times the close: some venues lack the sum.
        """
        pair = self.pair(coin)
        candles = self._candles(pair, max(since or self._facts.opened, self._facts.opened))
        if not candles:
            raise NotListed("has no candle in this period", where=f"{self.venue} {pair}")
        days = sorted(candles)
        table = np.array([candles[day] for day in days])
        # A venue writes 0 for a price of a day without a trade. A row without a close is dropped.
        table[:, :4][table[:, :4] == 0] = np.nan
        has_close = ~np.isnan(table[:, 3])
        dates = np.array(days, "int64").astype("datetime64[D]")[has_close]
        open_, high, low, close, volume = table[has_close].T.copy()
        if not len(dates):
            raise NotListed("has no candle with a close", where=f"{self.venue} {pair}")
        with np.errstate(over="ignore"):  # an infinite volume is a faulty row, as a price out of range is
            quote_volume = volume * close
        return RawBars(symbol, f"{self.venue} {pair}", dates, open_, high, low, close, quote_volume)

    def rules(self, coin: str) -> VenueRules:
        """Fetch the venue's current trading rules of a coin. Raises InvalidRules for a missing or zero step or tick."""
        market = self._listed(coin)
        where = f"{self.venue} {market['symbol']}"
        precision, limits = market.get("precision") or {}, market.get("limits") or {}
        cost, bounds = limits.get("cost") or {}, [limits.get(name) or {} for name in ("amount", "market")]
        mode = int(self._client.precisionMode)
        price = float(self.ticker(coin).last) if mode == SIGNIFICANT_DIGITS else None
        min_notional = cost.get("min")
        require_filters(market, where)
        return VenueRules(
            coin,
            self.venue,
            str(market["symbol"]),
            step=increment(precision.get("amount"), mode, None, f"{where} quantity"),
            tick=increment(precision.get("price"), mode, price, f"{where} price"),
            min_notional=plain(to_decimal(min_notional)) if min_notional else None,
            active=market.get("active") is not False and _allows_spot(market),
            # A market order must pass the bounds of all orders and those of market orders; 0 states no bound.
            min_quantity=_plain_or_none(max((bound.get("min") or 0.0 for bound in bounds), default=0.0)),
            max_quantity=_plain_or_none(min((most for bound in bounds if (most := bound.get("max"))), default=0.0)),
        )

    def ticker(self, coin: str) -> Ticker:
        """Fetch the current best prices and the last price of a coin."""
        pair = self.pair(coin)
        where = f"{self.venue} {pair}"
        response = self._call(where, lambda: self._client.fetch_ticker(pair), pair)
        bid, ask, last = (read_positive(response.get(name), f"{where} {name}") for name in ("bid", "ask", "last"))
        refuse_crossed(where, bid, ask)
        return Ticker(pair, bid, ask, last, self._moment(response))

    def book(self, coin: str, depth: int = 20) -> OrderBook:
        """Fetch the best `depth` bids and asks of a coin."""
        pair = self.pair(coin)
        where = f"{self.venue} {pair}"
        response = self._call(where, lambda: self._client.fetch_order_book(pair, depth), pair)
        bids, asks = (read_levels(response.get(side), f"{where} {side}")[:depth] for side in ("bids", "asks"))
        refuse_crossed(where, bids[0][0], asks[0][0])
        return OrderBook(pair, bids, asks, self._moment(response))

    def _listed(self, coin: str) -> dict[str, Any]:
        market = self._market(coin)
        if market is None:
            quotes = " or ".join(self._quotes)
            raise NotListed(f"{coin} is not listed", where=self.venue, expected=f"a spot pair in {quotes}")
        return market

    def _market(self, coin: str) -> dict[str, Any] | None:
        if self._markets is None:
            left_out: list[str] = []
            found = self._call(self.venue, lambda: fetch_markets(self._client, self._facts.markets, left_out))
            spot = [market for market in found if market.get("spot")]
            if not spot:
                raise Unreachable("lists no markets", where=self.venue, mend=_RESUME)
            if left_out:
                shown = ", ".join(left_out[:_NAMED]) + (", …" if len(left_out) > _NAMED else "")
                self._notes.append(
                    f"{counted(len(left_out), 'invalid pair')} in the list of {self.venue} left out: {shown}"
                )
            # A venue lists thousands of markets, and ccxt would keep all of them in memory.
            with localcontext():
                self._client.set_markets([market for market in spot if market["quote"] in self._quotes])
            self._markets = self._client.markets
        return next((market for quote in self._quotes if (market := self._markets.get(f"{coin}/{quote}"))), None)

    def _candles(self, pair: str, first: date) -> dict[int, Candle5]:
        """Fetch candles by day since 1970, page by page. Pages overlap by one day and must agree there."""
        # ccxt's own paging returned 1,000 of 3,250 rows. Each page here starts at least a page after the one before, so
        # that neither an empty page (before the listing) nor repeated rows end the loop early or keep it going.
        where = f"{self.venue} {pair}"
        now = self._clock.now()
        today = int(midnight(now.date()).timestamp()) * 1000 // DAY_MS
        start = int(midnight(first).timestamp()) * 1000 // DAY_MS
        if self._facts.remembers is not None:
            start = max(start, today - self._facts.remembers)
        candles: dict[int, Candle5] = {}
        while start <= today:
            past_end = start + self._facts.page
            end = {"until": past_end * DAY_MS - 1} if self._facts.needs_end else {}
            ask = partial(self._client.fetch_ohlcv, pair, "1d", start * DAY_MS, self._facts.page, end)
            page = self._call(where, ask, pair)
            for row in page:
                day, candle = read_candle(row, where)
                if day > today + 1:
                    raise DataError("a candle lies in the future", where=where, was=_date(day))
                if candles.get(day, candle) != candle and day < today:
                    raise DataError("two candles of one finished day differ", where=where, was=_date(day))
                candles[day] = candle
                past_end = max(past_end, day + 1)
            start = past_end - 1 if past_end <= today else past_end
        refuse_another_interval(candles, where)
        return candles

    def _moment(self, response: dict[str, Any]) -> datetime:
        """Return the UTC time of a quote: the venue's own, but before the request and before the age of a cached copy.

        Most venues omit the time. The time after the answer arrived would make each quote a new one.
        """
        latest, stamp = self._retry_policy.answered[self._facts.host], response.get("timestamp")
        if not isinstance(stamp, int | float) or not 0 < stamp < _LAST_STAMP:
            return latest
        return min(latest, datetime.fromtimestamp(stamp / 1000, UTC))

    def _call(self, where: str, call: Callable[[], _Response], pair: str | None = None) -> _Response:
        """Call ccxt and convert its errors. An answer must be about the pair, if the request names one."""
        import ccxt

        self._client.last_json_response = None
        try:
            with localcontext():  # ccxt sets the rounding of the whole thread to half up and leaves it so
                response = call()
        except BotError:
            raise
        except ccxt.BaseError as problem:
            # Texts of ccxt have whole URLs and are left out.
            raise self._translate_error(where, problem) from None
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as problem:
            # ccxt's parsers raise these for a response of another shape.
            raise _unexpected(where, type(problem).__name__) from None
        # ccxt reads a page of HTML with status 200 as an empty response.
        answer = self._client.last_json_response
        if answer is None:
            raise _unexpected(where, "no JSON")
        self._client.last_json_response = None  # free the memory of a list of thousands of pairs
        if pair is not None:
            refuse_another_pair(answer, self._client.market(pair), where)
            refuse_another_length(answer, where)
        return response

    def _translate_error(self, where: str, problem: Exception) -> DataError:
        """Convert an error of ccxt by its kind and by the body of the response.

        | ccxt's error | body | result |
        |---|---|---|
        | RateLimitExceeded, DDoSProtection | any | RateLimited |
        | RestrictedLocation | any | Blocked |
        | OperationFailed | any | Unreachable |
        | any other | a page | Unreachable: only a venue's own JSON states a refusal |
        | BadSymbol | JSON | NotListed |
        | any other | JSON | Refused, with the venue's code |
        """
        import ccxt

        was, answer = type(problem).__name__, self._client.last_json_response
        match problem:
            case ccxt.RateLimitExceeded() | ccxt.DDoSProtection():
                self._retry_policy.close(self._facts.host)
                return RateLimited("rate limited", where=where, was=was, mend=_RESUME)
            case ccxt.RestrictedLocation():
                return Blocked(
                    "does not serve this country", where=where, was=was, mend="set another venue in the config"
                )
            case ccxt.OperationFailed():
                return Unreachable("gave no valid response", where=where, was=was, mend=_RESUME)
        if not isinstance(answer, dict):
            return _unexpected(where, f"{was}, another page")
        if isinstance(problem, ccxt.BadSymbol):
            return NotListed("is not listed", where=where, was=was)
        return Refused("refused the request", where=where, was=f"{was} {_code(answer)}".strip())


def _date(day: int) -> str:
    return str(np.datetime64(day, "D"))


def _unexpected(where: str, was: str) -> Unreachable:
    return Unreachable("gave an unexpected response", where=where, was=was, mend=_RESUME)


def _client(facts: Venue, session: PublicSession) -> Any:
    """Create ccxt's anonymous client of a venue: spot markets only, listed with one request."""
    import ccxt

    client = getattr(ccxt, facts.client)(
        {
            "session": session,
            "enableRateLimit": True,
            "enableLastJsonResponse": True,
            "has": {"fetchCurrencies": False},
            "options": {"defaultType": "spot", "fetchMarkets": _fetch_markets(facts), "fetchMargins": False},
        }
        | ({"urls": {"api": {"public": facts.public_url}}} if facts.public_url else {})
    )
    parse = client.parse_ohlcv

    def parse_and_check(row: object, market: dict[str, Any]) -> Any:
        candle = parse(row, market)
        # ccxt drops a candle of an unreadable time silently: a page of them would say that the coin has none. A page
        # of HTML has no JSON and is refused as a whole.
        if client.last_json_response is not None:
            read_candle(candle, f"{facts.client} {market.get('symbol')}")
        return candle

    client.parse_ohlcv = parse_and_check
    return client


def _fetch_markets(facts: Venue) -> Any:
    # For Coinbase the option of this name is the name of a method.
    return "fetchMarketsV3" if facts.client == "coinbase" else {"types": ["spot"]}


def take_notes(exchange: PublicExchange) -> list[str]:
    """Return the new sentences for the user."""
    notes, exchange._notes = exchange._notes, []
    return notes


def _allows_spot(market: dict[str, Any]) -> bool:
    info = market.get("info")
    return not isinstance(info, dict) or info.get("isSpotTradingAllowed") is not False


def _plain_or_none(number: float) -> Decimal | None:
    return plain(to_decimal(number)) if number else None


def _code(answer: dict[str, Any]) -> str:
    """Return the venue's code of an error, such as -1121, 10032 or INVALID_CURRENCY."""
    code = next((answer[name] for name in ("retCode", "code", "label", "error") if name in answer), "")
    return printable(str(code))[:_SHOWN]
