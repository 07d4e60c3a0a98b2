"""Trades of each coin as charts show them: fills, spans on which the coin was held, days that are shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, NamedTuple

import pandas as pd

from bot.core.market import Series
from bot.report.background import Span

MARGIN: Final = pd.Timedelta(days=60)
"""Time that is shown before the first and after the last trade of a coin."""
_EMPTY: Final = 1e-9  # share of the largest holding below which a remainder counts as rounding


class CoinFill(NamedTuple):
    """A fill, with its UTC day; the price is in the quote currency."""

    symbol: str
    day: pd.Timestamp
    side: str
    quantity: float
    price: float
    reason: str


class CoinSettled(NamedTuple):
    """A settlement, with its UTC day; `into` is the successor that is received, "" without one."""

    symbol: str
    day: pd.Timestamp
    quantity: float
    into: str
    received: float


@dataclass(frozen=True, slots=True)
class TradedCoin:
    """A coin with its fills, and the spans on which it was held.

    A span has the UTC days of the first buy and of the sale of the rest; that of a coin which is still held ends on the
    day after the run.
    """

    symbol: str
    fills: list[CoinFill]
    spans: list[Span]

    @property
    def worth(self) -> float:
        """Worth of all fills, in the quote currency."""
        return sum(fill.quantity * fill.price for fill in self.fills)


def traded_coins(fills: Iterable[CoinFill], settled: Iterable[CoinSettled], last: pd.Timestamp) -> list[TradedCoin]:
    """List the traded coins by the worth of their fills, the largest first; `last` is the last UTC day of the run."""
    traded: dict[str, list[CoinFill]] = defaultdict(list)
    changed: dict[str, dict[pd.Timestamp, float]] = defaultdict(lambda: defaultdict(float))
    for fill in fills:
        traded[fill.symbol].append(fill)
        changed[fill.symbol][fill.day] += fill.quantity if fill.side == "buy" else -fill.quantity
    for one in settled:
        changed[one.symbol][one.day] -= one.quantity
        if one.into:
            changed[one.into][one.day] += one.received
    end = last + pd.Timedelta(days=1)
    coins = [TradedCoin(symbol, own, _spans(changed[symbol], end)) for symbol, own in traded.items()]
    return sorted(coins, key=lambda coin: (-coin.worth, coin.symbol))


def coins_of_tables(tables: Mapping[str, pd.DataFrame]) -> list[TradedCoin]:
    """List the traded coins of a run's `fills`, `settlements`, and `equity`, which is indexed by UTC day."""
    # In plain values: one operation of pandas takes as long as a hundred of them.
    fills, settled = tables["fills"], tables["settlements"]
    return traded_coins(
        map(
            CoinFill,
            fills["symbol"],
            _utc_days(fills["at"]),
            fills["side"],
            fills["quantity"].astype(float),
            fills["price"].astype(float),
            fills["reason"],
        ),
        map(
            CoinSettled,
            settled["symbol"],
            _utc_days(settled["at"]),
            settled["quantity"].astype(float),
            settled["into"],
            settled["received"].astype(float),
        ),
        tables["equity"].index[-1],
    )


def around(closes: pd.Series, spans: list[Span]) -> pd.Series:
    """Return the closes from `MARGIN` before the first span to `MARGIN` after the last; all of them without a span."""
    return closes.loc[spans[0][0] - MARGIN : spans[-1][1] + MARGIN] if spans else closes


def closes_of(series: Series) -> pd.Series:
    """Return the closes of a series, indexed by day."""
    return pd.Series(series.close, pd.DatetimeIndex(series.dates.astype("datetime64[s]")))


def _utc_days(moments: pd.Series) -> pd.DatetimeIndex:
    """Return the UTC day of each moment."""
    return pd.DatetimeIndex(moments).tz_localize(None).normalize()


def _spans(changes: Mapping[pd.Timestamp, float], end: pd.Timestamp) -> list[Span]:
    """Return the spans on which a coin was held, from the changes by day; one that is still open ends at `end`."""
    days = sorted(changes)
    held = list(accumulate(changes[day] for day in days))
    rounding = _EMPTY * max(held)
    spans: list[Span] = []
    since: pd.Timestamp | None = None
    for day, holding in zip(days, held, strict=True):
        if holding > rounding and since is None:
            since = day
        elif holding <= rounding and since is not None:
            spans.append((since, day))
            since = None
    return spans if since is None else [*spans, (since, end)]
