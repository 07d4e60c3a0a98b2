"""Trades of each coin as charts show them: fills, spans on which the coin was held, days that are shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import pandas as pd

from bot.core.market import Series
from bot.report.background import Span

MARGIN: Final = pd.Timedelta(days=60)
"""Time that is shown before the first and after the last trade of a coin."""
_REMAINDER: Final = 0.01
"""Share of a span's largest holding below which the rest counts as sold: a venue's fee in coins leaves less than a lot,
and a remainder under the smallest order is never sold."""


class CoinFill(NamedTuple):
    """A fill, with its UTC day; the price is in the quote currency.

    `fee_in_kind` is the quantity of a coin that the venue kept as its fee: of `fee_coin`, "" for the coin itself.
    """

    symbol: str
    day: pd.Timestamp
    side: str
    quantity: float
    price: float
    reason: str
    fee_in_kind: float = 0.0
    fee_coin: str = ""


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

    A span has the UTC days of the first buy and of the sale that leaves at most 1% of the largest holding; that of a
    coin which is still held ends on the day after the run.
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
    came, went = _by_coin_and_day(), _by_coin_and_day()
    for fill in fills:
        traded[fill.symbol].append(fill)
        (came if fill.side == "buy" else went)[fill.symbol][fill.day] += fill.quantity
        if fill.fee_in_kind:
            went[fill.fee_coin or fill.symbol][fill.day] += fill.fee_in_kind
    for one in settled:
        went[one.symbol][one.day] += one.quantity
        if one.into:
            came[one.into][one.day] += one.received
    end = last + pd.Timedelta(days=1)
    coins = [TradedCoin(symbol, own, _spans(came[symbol], went[symbol], end)) for symbol, own in traded.items()]
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


def _by_coin_and_day() -> defaultdict[str, defaultdict[pd.Timestamp, float]]:
    return defaultdict(lambda: defaultdict(float))


def _spans(came: Mapping[pd.Timestamp, float], went: Mapping[pd.Timestamp, float], end: pd.Timestamp) -> list[Span]:
    """Return the spans on which a coin was held, from the quantities by day; one that is still open ends at `end`."""
    spans: list[Span] = []
    since: pd.Timestamp | None = None
    holding = largest = 0.0
    for day in sorted({*came, *went}):
        bought = came.get(day, 0.0)
        holding += bought - went.get(day, 0.0)
        # Of the span alone: the holdings of a portfolio that grows a hundredfold begin as a hundredth of the last.
        largest = max(largest, holding) if since is not None else bought
        is_held = holding > _REMAINDER * largest
        if since is None and bought and is_held:
            since = day
        elif since is not None and not is_held:
            spans.append((since, day))
            since = None
    return spans if since is None else [*spans, (since, end)]
