"""Exchanges with public data: host, page size and oldest candle of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Venue:
    """Facts of one exchange.

    Attributes
    ----------
    client : str
        Name of the ccxt class.
    host : str
        Pinned host, whatever ccxt says.
    page : int
        Most daily candles in one response.
    opened : date
        The day of the oldest candle, or one before it.
    remembers : int, optional
        Number of newest candles that the venue still serves; all by default.
    needs_end : bool
        True if a page needs its end; else the venue may start at the newest candle.
    public_url : str, optional
        Base URL in place of ccxt's.
    markets : tuple of str
        Keys from the answer to its list of markets.
    """

    client: str
    host: str
    page: int
    opened: date
    remembers: int | None = None
    needs_end: bool = False
    public_url: str | None = None
    markets: tuple[str, ...] = ("symbols",)


VENUES = {
    "binance": Venue("binance", "api.binance.com", 1000, date(2017, 7, 14)),
    # The same market from a host for data only, which has no accounts.
    "binance-data": Venue(
        "binance",
        "data-api.binance.vision",
        1000,
        date(2017, 7, 14),
        public_url="https://data-api.binance.vision/api/v3",
    ),
    "binanceus": Venue("binanceus", "api.binance.us", 1000, date(2019, 9, 1)),
    "bybit": Venue("bybit", "api.bybit.com", 1000, date(2021, 7, 1), needs_end=True, markets=("result", "list")),
    "coinbase": Venue("coinbase", "api.coinbase.com", 300, date(2015, 1, 1), markets=("products",)),
    "gate": Venue("gate", "api.gateio.ws", 1000, date(2017, 10, 1), markets=()),
    "kraken": Venue("kraken", "api.kraken.com", 720, date(2013, 9, 1), remembers=720, markets=("result",)),
    "okx": Venue("okx", "www.okx.com", 100, date(2017, 10, 1), markets=("data",)),
}
