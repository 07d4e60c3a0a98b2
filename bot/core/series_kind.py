"""Kinds of series."""

from __future__ import annotations

from enum import StrEnum


class SeriesKind(StrEnum):
    """Kind of a series: it decides the calendar and whether the series may be traded."""

    INDEX = "index"
    ETF_ADJUSTED = "etf-adjusted"
    ETF_RAW = "etf-raw"
    MACRO = "macro"
    CRYPTO = "crypto"
    STABLECOIN = "stablecoin"
    WRAPPED = "wrapped"
    STAKED = "staked"
    LEVERAGED = "leveraged"

    @property
    def is_coin(self) -> bool:
        """True if the series is priced on every UTC day."""
        return self in _COINS

    @property
    def may_be_held(self) -> bool:
        """True if the series has prices at which it trades: a coin, or a fund as it traded, unadjusted."""
        return self.is_coin or self is SeriesKind.ETF_RAW


_COINS = {SeriesKind.CRYPTO, SeriesKind.STABLECOIN, SeriesKind.WRAPPED, SeriesKind.STAKED, SeriesKind.LEVERAGED}
