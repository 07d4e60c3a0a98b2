"""Trades of each coin as charts show them: order of the coins, days on which one was held, days that are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from bot.core.market import Series
from bot.report.background import Span

MARGIN: Final = pd.Timedelta(days=60)
"""Time that is shown before the first and after the last trade of a coin."""
_EMPTY: Final = 1e-9  # share of the largest holding below which a remainder counts as rounding


def coins_by_worth(fills: pd.DataFrame) -> list[str]:
    """Return the traded coins by the worth of their fills, the largest first."""
    worth = (fills["quantity"].astype(float) * fills["price"].astype(float)).groupby(fills["symbol"]).sum()
    return [str(symbol) for symbol in worth.sort_values(ascending=False).index]


def holding_spans(tables: Mapping[str, pd.DataFrame], symbol: str) -> list[Span]:
    """Return the spans on which a coin was held, from its fills and settlements.

    Parameters
    ----------
    tables
        `fills`, `settlements`, and `equity`, which is indexed by UTC day.
    symbol
        Symbol of the coin.

    Returns
    -------
    list of (Timestamp, Timestamp)
        UTC days of the first buy and of the sale of the rest; a coin that is still held has a span to the day after
        the last of `equity`.
    """
    moves = _moves(tables, symbol)
    held = moves.cumsum()
    is_held = held > _EMPTY * max(held.max(), 0.0) if len(held) else held > 0
    spans: list[Span] = []
    since: pd.Timestamp | None = None
    for day, inside in zip(pd.DatetimeIndex(held.index), is_held, strict=True):
        if inside and since is None:
            since = day
        elif not inside and since is not None:
            spans.append((since, day))
            since = None
    if since is not None:
        spans.append((since, tables["equity"].index[-1] + pd.Timedelta(days=1)))
    return spans


def around(closes: pd.Series, spans: list[Span]) -> pd.Series:
    """Return the closes from `MARGIN` before the first span to `MARGIN` after the last; all of them without a span."""
    return closes.loc[spans[0][0] - MARGIN : spans[-1][1] + MARGIN] if spans else closes


def closes_of(series: Series) -> pd.Series:
    """Return the closes of a series, indexed by day."""
    return pd.Series(series.close, pd.DatetimeIndex(series.dates.astype("datetime64[s]")))


def utc_days(moments: pd.Series) -> pd.DatetimeIndex:
    """Return the UTC day of each moment."""
    return pd.DatetimeIndex(moments).tz_localize(None).normalize()


def _moves(tables: Mapping[str, pd.DataFrame], symbol: str) -> pd.Series:
    """Return the change of a coin's holding by UTC day."""
    fills, settled = tables["fills"], tables["settlements"]
    own, ended = fills[fills["symbol"] == symbol], settled[settled["symbol"] == symbol]
    signed = own["quantity"].astype(float) * own["side"].map({"buy": 1.0, "sell": -1.0}).astype(float)
    received = settled[settled["into"] == symbol]
    parts = [
        pd.Series(signed.to_numpy(float), utc_days(own["at"])),
        pd.Series(-ended["quantity"].to_numpy(float), utc_days(ended["at"])),
        pd.Series(received["received"].to_numpy(float), utc_days(received["at"])),
    ]
    moves: pd.Series = pd.concat([part for part in parts if len(part)]).groupby(level=0).sum()
    return moves
