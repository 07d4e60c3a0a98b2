"""What is known of the market: one column store a symbol, each row with the moment it became known."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.core.bar import Bar
from bot.core.data_fault import DataFault
from bot.core.errors import DataError, did_you_mean
from bot.core.moments import Days, Times, newest, utc

Floats = npt.NDArray[np.float64]


class SeriesKind(StrEnum):
    """What a series is, which decides its calendar and whether it may be traded."""

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
        """Whether the series is priced on every UTC day."""
        return self in _COINS


_COINS = {SeriesKind.CRYPTO, SeriesKind.STABLECOIN, SeriesKind.WRAPPED, SeriesKind.STAKED, SeriesKind.LEVERAGED}


def _no_days() -> Days:
    return np.array([], "datetime64[D]")


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """The rows of one symbol, ascending by date; NaN is unknown, never zero.

    `known_at` is the moment from which each row may be used. `due` holds every moment at which some row
    of this series was to be expected, so that silence can be counted in the series' own calendar. `off_session` are the
    dates of rows that were left out, since no session was held on them; `source_changes` the first dates of each new
    source.
    """

    symbol: str
    kind: SeriesKind
    dates: Days
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    known_at: Times
    due: Times
    source: str
    off_session: Days = field(default_factory=_no_days)
    source_changes: Days = field(default_factory=_no_days)

    @property
    def off_session_known_at(self) -> Times:
        """UTC time at which each off-session row was known: the end of its day."""
        return (self.off_session + 1).astype("datetime64[s]")

    def __len__(self) -> int:
        return len(self.dates)

    @property
    def sha256(self) -> str:
        """The hash of what the rows say: the same rows have the same hash, whatever they were read from."""
        digest = hashlib.sha256(f"{self.symbol} {self.kind}".encode())
        for column in (self.dates, self.known_at, self.open, self.high, self.low, self.close, self.volume):
            known = ~np.isnat(column) if column.dtype.kind == "M" else ~np.isnan(column)
            digest.update(known.tobytes() + column[known].tobytes())
        return digest.hexdigest()

    def latest(self, times: Times) -> npt.NDArray[np.intp]:
        """The index of the last row known at each moment; -1 where none is."""
        return newest(self.known_at, times)

    def missed(self, times: Times) -> npt.NDArray[np.intp]:
        """How many rows fell due after the last one known at each moment and did not come."""
        if not len(self):
            return newest(self.due, times) + 1
        last_known = self.known_at[np.maximum(self.latest(times), 0)]
        return newest(self.due, times) - newest(self.due, last_known)

    def on_calendar(self, column: str) -> Floats:
        """A column with a value for each moment of `due`; NaN where no row came. Nothing is ever filled."""
        values = np.full(len(self.due), np.nan)
        values[np.searchsorted(self.due, self.known_at)] = getattr(self, column)
        return values

    def until(self, moment: np.datetime64) -> Series:
        """The rows known at a moment, as views."""
        n = int(np.searchsorted(self.known_at, moment, side="right"))
        columns = ("dates", "open", "high", "low", "close", "volume", "known_at")
        off_session = self.off_session[self.off_session_known_at <= moment]
        source_changes = self.source_changes[self.source_changes <= self.dates[n - 1]] if n else self.source_changes[:0]
        return replace(
            self,
            off_session=off_session,
            source_changes=source_changes,
            **{name: getattr(self, name)[:n] for name in columns},
        )

    def row(self, day: np.datetime64) -> int | None:
        """The index of a date's row, or None where there is no such row."""
        i = int(np.searchsorted(self.dates, day))
        return i if i < len(self) and self.dates[i] == day else None

    def bar(self, day: np.datetime64) -> Bar | None:
        """The bar of a date, or None where there is no such row."""
        i = self.row(day)
        if i is None:
            return None
        return Bar(
            self.symbol,
            self.dates[i].item(),
            float(self.open[i]),
            float(self.high[i]),
            float(self.low[i]),
            float(self.close[i]),
            float(self.volume[i]),
            utc(self.known_at[i]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Sessions:
    """The sessions of the US market: dates, closing moments in UTC, and which are half days."""

    dates: Days
    closes: Times
    half_days: npt.NDArray[np.bool_]

    def is_half_day(self, dates: Days) -> npt.NDArray[np.bool_]:
        """Whether each session date is a half day."""
        return np.isin(dates, self.dates[self.half_days])


@dataclass(frozen=True, slots=True)
class Roles:
    """Which symbol plays which part, so that no rule names a symbol."""

    small_caps: str
    small_cap_fund: str
    broad_fund: str
    high_yield_fund: str
    investment_grade_fund: str
    treasury_fund: str
    high_yield_spread: str
    volatility: str
    equal_weight_fund: str
    small_cap_breadth_fund: str
    sector_funds: tuple[str, ...]
    high_beta_fund: str
    low_volatility_fund: str
    fed_assets: str
    treasury_account: str
    reverse_repo: str
    btc: str
    eth: str
    stablecoin: str
    stablecoin_supply: str

    @property
    def symbols(self) -> frozenset[str]:
        """Every symbol that plays a part."""
        parts = [getattr(self, part.name) for part in fields(self)]
        return frozenset(symbol for part in parts for symbol in ((part,) if isinstance(part, str) else part))

    def prefixed(self, prefix: str) -> Roles:
        """The same parts played by symbols with a prefix."""
        parts: dict[str, Any] = {}
        for part in fields(self):
            symbols = getattr(self, part.name)
            parts[part.name] = tuple(prefix + s for s in symbols) if isinstance(symbols, tuple) else prefix + symbols
        return Roles(**parts)


@dataclass(frozen=True, eq=False)
class Market(Mapping[str, Series]):
    """Every series by symbol, with the session calendar, the parts they play, and what was odd in them.

    `quarantined` has the moment from which a series is neither bought nor read by a rule; `faults` say why.
    """

    name: str
    roles: Roles
    sessions: Sessions
    series: Mapping[str, Series] = field(repr=False)
    notes: tuple[str, ...] = ()
    quarantined: Mapping[str, np.datetime64] = field(default_factory=dict, repr=False)
    faults: tuple[DataFault, ...] = field(default=(), repr=False)

    __hash__ = object.__hash__  # a market is itself and no other, so that what is read from it can be kept

    def __getitem__(self, symbol: str) -> Series:
        try:
            return self.series[symbol]
        except KeyError:
            raise DataError(
                f"there is no series {symbol}",
                where=f"market {self.name}",
                mend=did_you_mean(symbol, self.series),
            ) from None

    def __contains__(self, symbol: object) -> bool:
        return symbol in self.series

    def __iter__(self) -> Iterator[str]:
        return iter(self.series)

    def __len__(self) -> int:
        return len(self.series)

    def of_kind(self, kind: SeriesKind) -> list[Series]:
        """The series of a kind, by symbol."""
        return [self.series[symbol] for symbol in sorted(self.series) if self.series[symbol].kind is kind]

    def as_of(self, moment: datetime) -> Market:
        """The same market as it was known at a moment: later rows are gone, and what was found later.

        A series of which no row was known yet stays, empty: it is late, not absent.
        """
        cut = np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "s")
        return replace(
            self,
            series={symbol: series.until(cut) for symbol, series in self.series.items()},
            quarantined={symbol: since for symbol, since in self.quarantined.items() if since <= cut},
            faults=tuple(fault for fault in self.faults if fault.known_at <= moment),
        )

    def is_quarantined(self, symbol: str, times: Times) -> npt.NDArray[np.bool_]:
        """Quarantine flag of a series at each moment."""
        since = self.quarantined.get(symbol)
        return np.zeros(len(times), bool) if since is None else times >= since

    @cached_property
    def decision_times(self) -> Times:
        """Every UTC midnight from the first at which small caps, ETH and BTC are known, to the day after
        ETH's last row.

        Raises DataError, naming the series, if one of the three is missing or they never meet.
        """
        required = [self[s] for s in (self.roles.small_caps, self.roles.eth, self.roles.btc)]
        for series in required:
            if not len(series):
                raise DataError(f"{series.symbol} has no rows", where=f"market {self.name}")
        first = max(series.known_at[0] for series in required)
        origin = np.ceil((first - np.datetime64(0, "s")) / np.timedelta64(1, "D"))
        last = self[self.roles.eth].known_at[-1].astype("datetime64[D]")
        days: Days = np.arange(np.datetime64(int(origin), "D"), last + 1)
        if not len(days):
            names = ", ".join(series.symbol for series in required)
            raise DataError(f"on no day are {names} all known", where=f"market {self.name}", was=f"first {first}")
        return days.astype("datetime64[s]")

    @cached_property
    def decision_moments(self) -> list[datetime]:
        """The decision times as aware datetimes."""
        return [utc(at) for at in self.decision_times]


@dataclass(frozen=True, slots=True)
class Listing:
    """What a symbol is, by the config's symbol table."""

    kind: SeriesKind
    release: Release


class Release(StrEnum):
    """The moment at which a row dated D may be used."""

    SESSION = "session"  # the US session's own close; rows on other days are a vendor's artefact
    UTC_DAY = "utc day"  # D+1 00:00 UTC
    SAME_DAY = "same day"  # the New York close of D (the Fed's reverse repo, out at 13:15)
    NEXT_SESSION = "next session"  # the close of the session after D (yields and credit spreads on FRED)
    THURSDAY = "thursday"  # Thursday 16:30 New York after Wednesday D, Friday after a holiday (the Fed's H.4.1)
