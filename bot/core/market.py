"""The market: one column store a symbol, with the time from which each row may be used."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bot.core.bar import Bar
from bot.core.data_fault import CopySpell, DataFault
from bot.core.errors import DataError, did_you_mean
from bot.core.moments import Days, Times, newest, utc
from bot.core.roles import Roles
from bot.core.series_kind import SeriesKind
from bot.core.session_calendar import Sessions

Floats = npt.NDArray[np.float64]

_MAY_HOLD_STILL = {SeriesKind.MACRO, SeriesKind.STABLECOIN}
_LEAST_HISTORY = 20
"""Rows before a repeated close that show whether the series usually moves."""
_NAMED = 6
"""Number of series that an error names."""
_REPEATED_SHARE = 0.1
"""Largest share of repeated closes of a series that usually moves. Real indices, funds and coins are under 0.08."""


def _no_days() -> Days:
    return np.array([], "datetime64[D]")


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Rows of one symbol, ascending by date; NaN is unknown.

    All columns have shape (rows,).

    Attributes
    ----------
    dates
        Date of each row: the US session, or the UTC day.
    open, high, low, close
        Prices, or the values of an index or a macro series.
    volume
        Traded volume: of coins in USD, of funds in shares.
    known_at
        UTC time from which each row may be used.
    due
        Every UTC time at which a row of this series was due, so that missing rows are counted in its own calendar.
    off_session
        Dates of dropped rows, which lie outside the US sessions.
    source_changes
        First date of each new source.
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
    def traded_value(self) -> Floats:
        """Value traded on each row in the quote currency, shape (rows,): a coin's volume, a fund's shares x close."""
        return self.volume if self.kind.is_coin else self.volume * self.close

    @property
    def off_session_known_at(self) -> Times:
        """UTC time at which each off-session row was known: the end of its day."""
        return (self.off_session + 1).astype("datetime64[s]")

    def __len__(self) -> int:
        return len(self.dates)

    @property
    def sha256(self) -> str:
        """Hash of the rows: the same rows have the same hash from any source."""
        digest = hashlib.sha256(f"{self.symbol} {self.kind}".encode())
        for column in (self.dates, self.known_at, self.open, self.high, self.low, self.close, self.volume):
            # NaN has many bit patterns: only known values are hashed, with a mask of where they are.
            known = ~np.isnat(column) if column.dtype.kind == "M" else ~np.isnan(column)
            digest.update(known.tobytes() + column[known].tobytes())
        return digest.hexdigest()

    def latest(self, times: Times) -> npt.NDArray[np.intp]:
        """Find the last row known at each time.

        Parameters
        ----------
        times
            UTC times, datetime64[s], shape (times,).

        Returns
        -------
        NDArray[np.intp]
            Row indices, shape (times,); -1 before the first row.
        """
        return newest(self.known_at, times)

    @property
    def moved(self) -> npt.NDArray[np.intp]:
        """For each row, the newest row up to it that brought news: the row itself unless its feed has frozen.

        A feed has frozen where it repeats its last close although hardly a close was repeated before. Of a macro value
        and a stablecoin, which may hold still, each row is news.
        """
        rows = np.arange(len(self))
        if self.kind in _MAY_HOLD_STILL or not len(self):
            return rows
        repeats = np.concatenate(([False], self.close[1:] == self.close[:-1]))
        newest_move = np.maximum.accumulate(np.where(repeats, 0, rows))
        history, repeats_before = newest_move + 1, np.cumsum(repeats)[newest_move]
        is_frozen = repeats & (history >= _LEAST_HISTORY) & (repeats_before <= _REPEATED_SHARE * history)
        return np.asarray(np.where(is_frozen, newest_move, rows), np.intp)

    def latest_news(self, times: Times) -> npt.NDArray[np.intp]:
        """Find the last row with news known at each time: the repetitions of a frozen feed are passed over.

        Parameters
        ----------
        times
            UTC times, datetime64[s], shape (times,).

        Returns
        -------
        NDArray[np.intp]
            Row indices, shape (times,); -1 before the first row.
        """
        latest = self.latest(times)
        return np.where(latest >= 0, self.moved[np.maximum(latest, 0)], latest) if len(self) else latest

    def missed(self, times: Times, news: npt.NDArray[np.intp] | None = None) -> npt.NDArray[np.intp]:
        """Count the rows that were due after the last row that brought a new close, at each time.

        Parameters
        ----------
        times
            UTC times, datetime64[s], shape (times,).
        news
            `latest_news` of the times; computed if left out.

        Returns
        -------
        NDArray[np.intp]
            Missing or repeated rows in the series' own calendar (sessions, weeks or days), shape (times,).
        """
        if not len(self):
            return newest(self.due, times) + 1
        last_known = self.known_at[np.maximum(self.latest_news(times) if news is None else news, 0)]
        return newest(self.due, times) - newest(self.due, last_known)

    def on_calendar(self, column: str) -> Floats:
        """Spread a column over the series' calendar.

        Parameters
        ----------
        column
            Name of a price column or "volume".

        Returns
        -------
        Floats
            Shape (due,): the value of the row that fell due at each time, NaN where the row is missing.
        """
        values = np.full(len(self.due), np.nan)
        values[np.searchsorted(self.due, self.known_at)] = getattr(self, column)
        return values

    def until(self, moment: np.datetime64) -> Series:
        """Return the rows known at a UTC time, as views of the same arrays."""
        # A prefix is enough: rows become known in the order of their dates.
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
        """Return the index of a date's row, if it has one."""
        i = int(np.searchsorted(self.dates, day))
        return i if i < len(self) and self.dates[i] == day else None

    def bar(self, day: np.datetime64) -> Bar | None:
        """Return the bar of a date, if it has one."""
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


@dataclass(frozen=True, eq=False)
class Market(Mapping[str, Series]):
    """All series by symbol, with the session calendar, the roles, and the faults found in the data.

    `quarantined` has the UTC time from which rules ignore a series and purchases of it are blocked; `faults` say why.
    `copies` are the times in which purchases of a coin are blocked because it is another one under a second name.
    `archived` are the coins that only an archive has: the live listings lack them.
    """

    name: str
    roles: Roles
    sessions: Sessions
    series: Mapping[str, Series] = field(repr=False)
    notes: tuple[str, ...] = ()
    quarantined: Mapping[str, np.datetime64] = field(default_factory=dict, repr=False)
    faults: tuple[DataFault, ...] = field(default=(), repr=False)
    copies: tuple[CopySpell, ...] = field(default=(), repr=False)
    archived: frozenset[str] = frozenset()

    def __getitem__(self, symbol: str) -> Series:
        try:
            return self.series[symbol]
        except KeyError:
            named = ", ".join(sorted(self.series)[:_NAMED]) + (", ..." if len(self.series) > _NAMED else "")
            mend = did_you_mean(symbol, self.series) or f"its series are {named}"
            raise DataError(f"there is no series {symbol}", where=f"market {self.name}", mend=mend) from None

    def __contains__(self, symbol: object) -> bool:
        return symbol in self.series

    def __iter__(self) -> Iterator[str]:
        return iter(self.series)

    def __len__(self) -> int:
        return len(self.series)

    # Mapping compares by content, which costs a pass over every array and makes a market unhashable.
    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def of_kind(self, kind: SeriesKind) -> list[Series]:
        """Return the series of a kind, sorted by symbol."""
        return [self.series[symbol] for symbol in sorted(self.series) if self.series[symbol].kind is kind]

    def as_of(self, moment: datetime) -> Market:
        """Return the market as it was known at a time: later rows and later findings are removed.

        A series whose first row lies later stays, empty: it is late, and an absent series would switch rules off.
        """
        cut = np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "s")
        return replace(
            self,
            series=_CutSeries(self.series, cut),
            quarantined={symbol: since for symbol, since in self.quarantined.items() if since <= cut},
            faults=tuple(fault for fault in self.faults if fault.known_at <= moment),
            copies=tuple(_known_by(spell, cut) for spell in self.copies if spell.since <= cut),
        )

    def without(self, symbols: Collection[str]) -> Market:
        """Drop some series, their faults and the copies that name them."""
        return replace(
            self,
            series={symbol: series for symbol, series in self.series.items() if symbol not in symbols},
            quarantined={symbol: since for symbol, since in self.quarantined.items() if symbol not in symbols},
            faults=tuple(fault for fault in self.faults if fault.symbol not in symbols),
            copies=tuple(s for s in self.copies if s.symbol not in symbols and s.of not in symbols),
            archived=self.archived - frozenset(symbols),
        )

    def priced(self, symbol: str) -> Series:
        """Return the rows of a series before its quarantine: the only ones that value a holding or fill an order."""
        series, since = self[symbol], self.quarantined.get(symbol)
        # The row that proves the fault is known at `since`: it is the first in the wrong unit.
        return series if since is None else series.until(since - np.timedelta64(1, "s"))

    def is_quarantined(self, symbol: str, times: Times) -> npt.NDArray[np.bool_]:
        """Return True at each time at which a series is in quarantine or is a copy of another coin."""
        since = self.quarantined.get(symbol)
        out: npt.NDArray[np.bool_] = np.zeros(len(times), bool) if since is None else times >= since
        for spell in self.copies:
            if spell.symbol == symbol:
                out |= (times >= spell.since) & (True if spell.until is None else times < spell.until)
        return out

    @cached_property
    def decision_times(self) -> Times:
        """UTC midnights at which the strategy decides, datetime64[s], ascending.

        They run from the first at which small caps, ETH and BTC are all known to the day after ETH's last row, weekends
        and holidays of a fund in a role included.

        Raises
        ------
        DataError
            If one of the three is missing, or they share no time; the message names the series.
        """
        required = [self[s] for s in (self.roles.small_caps, self.roles.eth, self.roles.btc)]
        for series in required:
            if not len(series):
                raise DataError(f"{series.symbol} has no rows", where=f"market {self.name}")
        # Rounded up to a midnight: a decision must come after the last of the three first rows is known, and after the
        # last row of a fund, which is known at its session's close.
        first = max(series.known_at[0] for series in required)
        origin, last = (_midnight_from(at) for at in (first, self[self.roles.eth].known_at[-1]))
        days: Days = np.arange(origin, last + 1)
        if not len(days):
            names = ", ".join(series.symbol for series in required)
            raise DataError(f"on no day are {names} all known", where=f"market {self.name}", was=f"first {first}")
        return days.astype("datetime64[s]")

    @cached_property
    def decision_moments(self) -> list[datetime]:
        """The decision times as aware datetimes."""
        return [at.replace(tzinfo=UTC) for at in self.decision_times.tolist()]


def _midnight_from(at: np.datetime64) -> np.datetime64:
    """Return the UTC day of the first midnight at or after a time."""
    return np.datetime64(int(np.ceil((at - np.datetime64(0, "s")) / np.timedelta64(1, "D"))), "D")


class _CutSeries(Mapping[str, Series]):
    """The series of a market as they were known at a time, each cut at its first use."""

    # A daily strategy cuts the market every day and reads a few of its series.
    def __init__(self, whole: Mapping[str, Series], cut: np.datetime64) -> None:
        self._whole, self._cut_at = whole, cut
        self._cut: dict[str, Series] = {}

    def __getitem__(self, symbol: str) -> Series:
        if symbol not in self._cut:
            self._cut[symbol] = self._whole[symbol].until(self._cut_at)
        return self._cut[symbol]

    def __contains__(self, symbol: object) -> bool:
        return symbol in self._whole

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole)

    def __len__(self) -> int:
        return len(self._whole)


def _known_by(spell: CopySpell, cut: np.datetime64) -> CopySpell:
    """Return a spell as it was known at a time: its end is open until then."""
    return replace(spell, until=None) if spell.until is not None and spell.until > cut else spell
