"""Open a local exchange on a market: coins as pairs, prices as the price path, costs from the config."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from bot.core.errors import DataError
from bot.core.instrument import ZERO
from bot.core.market import Market
from bot.core.moments import midnight
from bot.core.ports import Clock
from bot.core.series_kind import SeriesKind
from bot.services.plans import trading_rules, window_of
from bot.settings.loader import Config
from bot.venue.matching.book_shape import BookShape
from bot.venue.matching.clocks import DrivenClock, RunningClock, VenueClock
from bot.venue.matching.commission import CommissionMode
from bot.venue.matching.exchange import AccountTerms, Exchange
from bot.venue.matching.pair import Pair
from bot.venue.matching.price_path import PricePath

QUOTE = "USDT"
_PAIR = re.compile(r"[A-Z0-9-_.]{1,20}")
_YEAR = timedelta(days=364)
_BNB = Decimal(10)
"""BNB of an account that pays its fees in it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An exchange, and the coins left out because their names are invalid for a pair."""

    exchange: Exchange
    left_out: tuple[str, ...]


def open_exchange(
    config: Config, market: Market, clock: VenueClock, terms: AccountTerms | None = None, shape: BookShape | None = None
) -> Opened:
    """Open an exchange with every coin but stablecoins against USDT, under the coin's own symbol; funds are left out.

    Steps, ticks, minimum notionals and fees are the config's, as in a backtest of it.
    """
    instruments = trading_rules(config, market, "venue").instruments
    kinds = {symbol: market[symbol].kind for symbol in sorted(instruments)}
    coins = [s for s, kind in kinds.items() if kind.is_coin and kind is not SeriesKind.STABLECOIN and s != QUOTE]
    # Binance's own pattern for the name of a pair: a client would refuse any other name.
    fitting = [symbol for symbol in coins if _PAIR.fullmatch(symbol + QUOTE)]
    exchange = Exchange(PricePath(market, fitting), [Pair(instruments[s], QUOTE) for s in fitting], clock, terms, shape)
    return Opened(exchange, tuple(symbol for symbol in coins if symbol not in fitting))


def venue_clock(market: Market, machine: Clock, start: date | None, driven: bool) -> VenueClock:
    """Make the clock of an exchange, from 00:00 UTC of a day; by default 364 days before the end of the data.

    Raises DataError for a day outside the market's data.
    """
    window = window_of(market, None, None)
    day = start or max(window.start, window.end - _YEAR)
    if not window.start <= day <= window.end:
        raise DataError(
            "the venue would start outside the data",
            where=f"market {market.name}",
            expected=f"a day from {window.start} to {window.end}",
            was=str(day),
        )
    return DrivenClock(machine, midnight(day)) if driven else RunningClock(machine, midnight(day))


def terms_of(cash: Decimal, fees: str = CommissionMode.IN_KIND) -> AccountTerms:
    """Make the terms of an account that begins with an amount of cash, and with BNB if those pay its fees."""
    mode = CommissionMode(fees)
    return AccountTerms(cash=cash, quote=QUOTE, commission=mode, bnb=_BNB if mode is CommissionMode.BNB else ZERO)
