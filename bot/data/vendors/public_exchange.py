"""Daily candles, market rules, prices and order books from exchanges, asked anonymously through ccxt."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, localcontext
from functools import partial
from typing import Any, TypeVar

import numpy as np

from bot.core.errors import BotError, ConfigError, DataError, did_you_mean
from bot.core.instrument import VenueRules, to_decimal
from bot.core.moments import midnight
from bot.data.vendors.raw_bars import RawBars
from bot.infra.public_http import PublicSession
from bot.infra.vendor_errors import Blocked, NotListed, RateLimited, Unreachable

_DAY = 86_400_000
"""Milliseconds, as exchanges count."""
_RESUME = "resume with the same command"
_Candle = tuple[float, float, float, float, float]
"""Open, high, low, close and volume, in the base currency."""
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Venue:
    """What is known beforehand of an exchange; `host` is pinned, whatever the client library says.

    `page` is the most daily candles that one answer holds, `opened` a day no later than its oldest candle.
    `remembers` is how many of the latest candles the venue still gives, None for all. `needs_end` is whether the
    end of a page must be named, since without it the venue may begin at the latest candle.
    """

    client: str
    host: str
    page: int
    opened: date
    remembers: int | None = None
    needs_end: bool = False
    public_url: str | None = None


VENUES = {
    "binance": Venue("binance", "api.binance.com", 1000, date(2017, 7, 14)),
    # The same market from the host that serves data only: it knows no accounts at all.
    "binance-data": Venue(
        "binance",
        "data-api.binance.vision",
        1000,
        date(2017, 7, 14),
        public_url="https://data-api.binance.vision/api/v3",
    ),
    "binanceus": Venue("binanceus", "api.binance.us", 1000, date(2019, 9, 1)),
    "bybit": Venue("bybit", "api.bybit.com", 1000, date(2021, 7, 1), needs_end=True),
    "coinbase": Venue("coinbase", "api.coinbase.com", 300, date(2015, 1, 1)),
    "gate": Venue("gate", "api.gateio.ws", 1000, date(2017, 10, 1)),
    "kraken": Venue("kraken", "api.kraken.com", 720, date(2013, 9, 1), remembers=720),
    "okx": Venue("okx", "www.okx.com", 100, date(2017, 10, 1)),
}


@dataclass(frozen=True, slots=True)
class Ticker:
    """The best prices of a pair and the last one that was paid, in the quote currency."""

    pair: str
    bid: Decimal
    ask: Decimal
    last: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class OrderBook:
    """Price and quantity of the best bids, highest first, and asks, lowest first."""

    pair: str
    bids: tuple[tuple[Decimal, Decimal], ...]
    asks: tuple[tuple[Decimal, Decimal], ...]
    at: datetime


class PublicExchange:
    """One exchange, asked by GET and without keys; the library's own object is never handed out.

    `quotes` are the currencies in which a coin's price is looked for, in order. Every method raises RateLimited,
    Unreachable or Blocked where the venue does not answer, NotListed where it has no such pair, DataError where an
    answer cannot be believed.
    """

    def __init__(self, venue: str, session: PublicSession, quotes: Sequence[str] = ("USDT", "USD", "USDC")) -> None:
        if venue not in VENUES:
            raise ConfigError(
                f"{venue!r} is not a venue that can be asked",
                expected=" or ".join(VENUES),
                mend=did_you_mean(venue, VENUES),
            )
        self.venue = venue
        self._facts = VENUES[venue]
        self._clock = session.retry_policy.clock
        self._quotes = tuple(quotes)
        self._client = _client(self._facts, session)
        self._markets: dict[str, dict[str, Any]] | None = None

    def lists(self, coin: str) -> bool:
        """Whether the venue has the coin on its spot market in one of the quote currencies, halted or not."""
        return self._market(coin) is not None

    def pair(self, coin: str) -> str:
        """The venue's spot pair of a coin, in the first of the quote currencies that it has."""
        return str(self._listed(coin)["symbol"])

    def rows(self, symbol: str, coin: str, since: date | None) -> RawBars:
        """Daily candles in UTC from a date on, or all that the venue has, the one that is still forming included.

        Volume is that of the base currency times the day's close, since not every venue gives the sum itself.
        """
        pair = self.pair(coin)
        found = self._candles(pair, max(since or self._facts.opened, self._facts.opened))
        if not found:
            raise NotListed("has no candle in the time asked for", where=f"{self.venue} {pair}")
        days = sorted(found)
        table = np.array([found[day] for day in days])
        # A venue writes 0 for a price of a day without a trade; a row without a close is no row.
        table[:, :4][table[:, :4] == 0] = np.nan
        has_close = ~np.isnan(table[:, 3])
        dates = np.array(days, "int64").astype("datetime64[D]")[has_close]
        open_, high, low, close, volume = table[has_close].T.copy()
        if not len(dates):
            raise NotListed("has no candle with a close", where=f"{self.venue} {pair}")
        return RawBars(symbol, f"{self.venue} {pair}", dates, open_, high, low, close, volume * close)

    def rules(self, coin: str) -> VenueRules:
        """The venue's trading rules of a coin, as it states them now."""
        market = self._listed(coin)
        where = f"{self.venue} {market['symbol']}"
        precision, cost = market.get("precision") or {}, (market.get("limits") or {}).get("cost") or {}
        mode = int(self._client.precisionMode)
        price = float(self.ticker(coin).last) if mode == _SIGNIFICANT_DIGITS else None
        least = cost.get("min")
        return VenueRules(
            coin,
            self.venue,
            str(market["symbol"]),
            step=increment(precision.get("amount"), mode, None, f"{where} quantity"),
            tick=increment(precision.get("price"), mode, price, f"{where} price"),
            min_notional=_plain(to_decimal(least)) if least else None,
            active=market.get("active") is not False,
        )

    def ticker(self, coin: str) -> Ticker:
        """The best prices of a coin, and the last one, now."""
        pair = self.pair(coin)
        where = f"{self.venue} {pair}"
        answer = self._ask(where, lambda: self._client.fetch_ticker(pair))
        bid, ask, last = (_positive(answer.get(name), f"{where} {name}") for name in ("bid", "ask", "last"))
        _refuse_crossed(where, bid, ask)
        return Ticker(pair, bid, ask, last, self._moment(answer))

    def book(self, coin: str, depth: int = 20) -> OrderBook:
        """The best `depth` bids and asks of a coin, now."""
        pair = self.pair(coin)
        where = f"{self.venue} {pair}"
        answer = self._ask(where, lambda: self._client.fetch_order_book(pair, depth))
        bids, asks = (_levels(answer.get(side), f"{where} {side}")[:depth] for side in ("bids", "asks"))
        _refuse_crossed(where, bids[0][0], asks[0][0])
        return OrderBook(pair, bids, asks, self._moment(answer))

    def _listed(self, coin: str) -> dict[str, Any]:
        market = self._market(coin)
        if market is None:
            quotes = " or ".join(self._quotes)
            raise NotListed(f"{coin} is not listed", where=self.venue, expected=f"a spot pair in {quotes}")
        return market

    def _market(self, coin: str) -> dict[str, Any] | None:
        if self._markets is None:
            spot = [market for market in self._ask(self.venue, self._client.fetch_markets) if market.get("spot")]
            if not spot:
                raise Unreachable("names no market at all", where=self.venue, mend=_RESUME)
            # A venue lists thousands, and the library would keep all that it said of each.
            with localcontext():
                self._client.set_markets([market for market in spot if market["quote"] in self._quotes])
            self._markets = self._client.markets
        return next((found for quote in self._quotes if (found := self._markets.get(f"{coin}/{quote}"))), None)

    def _candles(self, pair: str, first: date) -> dict[int, _Candle]:
        """Candles by day since 1970. Each page begins with the day that ended the one before, and must agree there.

        Whatever is answered, each question begins a page later than the one before or further on, so that neither
        nothing (a coin that was not yet listed) nor the same rows again can end the search early or keep it going.
        """
        where = f"{self.venue} {pair}"
        now = self._clock.now()
        today = int(midnight(now.date()).timestamp()) * 1000 // _DAY
        start = int(midnight(first).timestamp()) * 1000 // _DAY
        if self._facts.remembers is not None:
            start = max(start, today - self._facts.remembers)
        found: dict[int, _Candle] = {}
        while start <= today:
            past_end = start + self._facts.page
            end = {"until": past_end * _DAY - 1} if self._facts.needs_end else {}
            ask = partial(self._client.fetch_ohlcv, pair, "1d", start * _DAY, self._facts.page, end)
            for row in self._ask(where, ask):
                day, candle = _candle(row, where)
                if day > today + 1:
                    raise DataError("a candle lies in the future", where=where, was=_date(day))
                if found.get(day, candle) != candle and day < today:
                    raise DataError("two candles of one finished day differ", where=where, was=_date(day))
                found[day] = candle
                past_end = max(past_end, day + 1)
            start = past_end - 1 if past_end <= today else past_end
        return found

    def _moment(self, answer: dict[str, Any]) -> datetime:
        stamp = answer.get("timestamp")
        return datetime.fromtimestamp(stamp / 1000, UTC) if isinstance(stamp, int | float) else self._clock.now()

    def _ask(self, where: str, call: Callable[[], _Answer]) -> _Answer:
        """The answer of one call, every fault of the library told as ours and none of its addresses repeated."""
        import ccxt

        self._client.last_json_response = None
        try:
            with localcontext():  # the library rounds half up, and leaves it so for whoever comes after
                answer = call()
        except BotError:
            raise
        except ccxt.BaseError as problem:
            raise _told(where, problem) from None
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as problem:
            # An answer of another shape trips its parsers over.
            raise _no_sense(where, type(problem).__name__) from None
        # A page of HTML with status 200 is no error to the library: it reads it as empty.
        if self._client.last_json_response is None:
            raise _no_sense(where, "no JSON")
        self._client.last_json_response = None  # a list of thousands of pairs is not to stay
        return answer


def _date(day: int) -> str:
    return str(np.datetime64(day, "D"))


def _no_sense(where: str, was: str) -> Unreachable:
    return Unreachable("gave an answer that makes no sense", where=where, was=was, mend=_RESUME)


def _client(facts: Venue, session: PublicSession) -> Any:
    """The library's object for a venue: spot markets only, one request to list them, no key."""
    import ccxt

    return getattr(ccxt, facts.client)(
        {
            "session": session,
            "enableRateLimit": True,
            "enableLastJsonResponse": True,
            "has": {"fetchCurrencies": False},
            "options": {"defaultType": "spot", "fetchMarkets": _fetch_markets(facts), "fetchMargins": False},
        }
        | ({"urls": {"api": {"public": facts.public_url}}} if facts.public_url else {})
    )


def _fetch_markets(facts: Venue) -> Any:
    # Coinbase's option of this name is the name of a method.
    return "fetchMarketsV3" if facts.client == "coinbase" else {"types": ["spot"]}


def _told(where: str, problem: Exception) -> DataError:
    """A fault of the library as one of ours; its text is left out, since it may hold whole addresses."""
    import ccxt

    was = type(problem).__name__
    match problem:
        case ccxt.RateLimitExceeded() | ccxt.DDoSProtection():
            return RateLimited("asks to be left alone", where=where, was=was, mend=_RESUME)
        case ccxt.BadSymbol():
            return NotListed("is not listed", where=where, was=was)
        case ccxt.RestrictedLocation():
            return Blocked("does not serve this place", where=where, was=was, mend="name another venue in the config")
        case ccxt.OperationFailed():
            return Unreachable("gave no sound answer", where=where, was=was, mend=_RESUME)
    return Unreachable("refused the question", where=where, was=was)


def _candle(row: Any, where: str) -> tuple[int, _Candle]:
    """One candle as its day since 1970 and its numbers; a zero stands for what is not known."""
    if not isinstance(row, list | tuple) or len(row) < 6 or not isinstance(row[0], int | float):
        raise DataError("a candle has another shape", where=where, expected="a time, four prices and a volume")
    stamp, *numbers = row[:6]
    when = str(np.datetime64(int(stamp), "ms"))
    if stamp % _DAY:
        raise DataError("a daily candle does not begin at 00:00 UTC", where=where, was=when)
    if not all(isinstance(number, int | float) and math.isfinite(number) and number >= 0 for number in numbers):
        raise DataError("a candle lacks a number", where=f"{where} {when[:10]}", was=str(numbers))
    open_, high, low, close, volume = (float(number) for number in numbers)
    return int(stamp) // _DAY, (open_, high, low, close, volume)


_SIGNIFICANT_DIGITS, _DECIMAL_PLACES, _TICK_SIZE = 3, 2, 4
"""How ccxt's venues state their precision (`precisionMode`)."""


def increment(precision: Any, mode: int, price: float | None, where: str) -> Decimal:
    """The smallest step of a price or quantity, exact, whichever way the venue states its precision.

    A venue that counts significant digits of a price has a tick only near a price: `price`, in the quote currency.
    """
    if not isinstance(precision, int | float) or not math.isfinite(precision):
        raise DataError("the venue states no precision", where=where, was=str(precision))
    if mode == _TICK_SIZE:
        found = to_decimal(precision)
    elif mode == _DECIMAL_PLACES or (mode == _SIGNIFICANT_DIGITS and price is None):
        found = Decimal(1).scaleb(-int(precision))
    elif mode == _SIGNIFICANT_DIGITS and price is not None and price > 0:
        found = Decimal(1).scaleb(to_decimal(price).adjusted() + 1 - int(precision))
    else:
        raise DataError("the venue's way to state precision is unknown", where=where, was=str(mode))
    if found <= 0:
        raise DataError("the venue's smallest step must be above zero", where=where, was=str(found))
    return _plain(found)


def _plain(number: Decimal) -> Decimal:
    """The same number without trailing zeros and without an exponent above zero."""
    return Decimal(f"{number.normalize():f}")


def _positive(number: Any, where: str) -> Decimal:
    if not isinstance(number, int | float) or not math.isfinite(number) or number <= 0:
        raise DataError("is no price or quantity", where=where, expected="a number above zero", was=str(number))
    return to_decimal(number)


def _levels(side: Any, where: str) -> tuple[tuple[Decimal, Decimal], ...]:
    if not isinstance(side, list) or not side:
        raise DataError("the book has nothing on this side", where=where)
    return tuple((_positive(level[0], where), _positive(level[1], where)) for level in side)


def _refuse_crossed(where: str, bid: Decimal, ask: Decimal) -> None:
    if bid > ask:
        raise DataError("the best bid is above the best ask", where=where, was=f"{bid} > {ask}")
