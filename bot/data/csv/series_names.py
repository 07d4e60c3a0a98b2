"""Symbols of the series that a vendor names its own way."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

_INVESTING = {"US SMALL CAP 2000": "RUT"}
"""Names of Investing.com that are no ticker, by symbol."""


@dataclass(frozen=True, slots=True)
class SeriesNames:
    """Names of series at vendors.

    Attributes
    ----------
    symbols
        All known symbols.
    tickers
        Yahoo's and FRED's names by symbol; two series may have one ticker.
    venue_names
        A venue's own name of a coin by symbol.
    quotes
        Quote currencies that count as US dollars.
    fallbacks
        FRED's names of series that are fetched there while Yahoo refuses them, by symbol.
    """

    symbols: Collection[str]
    tickers: Mapping[str, str]
    venue_names: Mapping[str, str]
    quotes: Collection[str]
    fallbacks: Mapping[str, str] = field(default_factory=dict)

    def symbols_of(self, name: str) -> list[str]:
        """Return the symbols that a vendor's name stands for; empty if it is unknown."""
        bare = re.sub(r"( \(\d+\)|_\d+)$", "", name).strip().upper()  # a browser numbers a second download
        by_ticker = [symbol for symbol, ticker in self.tickers.items() if ticker.upper() in (bare, f"^{bare}")]
        by_ticker += [symbol for symbol, name in self.fallbacks.items() if name.upper() == bare]
        by_ticker += [_INVESTING[bare]] if _INVESTING.get(bare) in self.symbols else []
        by_symbol = [symbol for symbol in self.symbols if symbol.upper() == bare]
        return list(dict.fromkeys([*by_symbol, *by_ticker])) or self._of_pair(bare)

    def _of_pair(self, pair: str) -> list[str]:
        """Return the coin of a pair such as ETHUSDT, ETH-USD or ETH_USD."""
        for quote in sorted(self.quotes, key=len, reverse=True):
            base = pair.removesuffix(quote).rstrip("-_/ ")
            if base and base != pair:
                coins = [symbol for symbol in self.symbols if symbol.upper() == base]
                return coins or [symbol for symbol, known in self.venue_names.items() if known.upper() == base]
        return []
