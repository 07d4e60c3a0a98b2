"""Small markets made by hand for tests, and random ones in which much happens.

    market_of({"RUT": closes_on_sessions("2019-01-02", [100, 101]), "ETH": ..., "BTC": ...})

Sessions are the real ones of New York. A price that is not given is taken from the close: `market_of` makes the
open, high and low equal to it, so that a test names only what it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

import numpy as np

from bot.core.corporate_actions import CorporateAction, CorporateActionKind
from bot.core.listing import Release
from bot.core.market import Market, Series
from bot.core.moments import Days
from bot.core.series_kind import SeriesKind
from bot.core.session_calendar import Sessions
from bot.data.timeline import due, known_at, us_sessions
from bot.services.strategy_settings import rotation_settings
from bot.settings.loader import Config, load_config
from strategies.rotation.settings import RotationSettings

Prices = Mapping[str, float]
"""Values by ISO date; NaN is unknown."""

FIRST, LAST = date(2015, 1, 1), date(2026, 6, 30)


@cache
def sessions() -> Sessions:
    """The real sessions of New York from 2015 on."""
    return us_sessions(FIRST, LAST)


@cache
def default_config() -> Config:
    """The default config: read once."""
    return load_config()


def config_with(changes: Mapping[str, Any]) -> Config:
    """The default config with changes laid over it."""
    return load_config(changes=changes)


def settings_with(changes: Mapping[str, Any] | None = None) -> RotationSettings:
    """The rotation's default settings with changes to the config's `rotation` section."""
    return rotation_settings(config_with({"rotation": changes or {}}))


# --- dates -----------------------------------------------------------------------------------------------------


def session_days(first: str, count: int) -> Days:
    """The dates of `count` sessions, the first of them on or after a date."""
    dates = sessions().dates
    start = int(np.searchsorted(dates, np.datetime64(first, "D")))
    return dates[start : start + count]


def utc_days(first: str, count: int) -> Days:
    """`count` UTC dates from a date on."""
    return np.datetime64(first, "D") + np.arange(count)


def closes_on_sessions(first: str, values: Iterable[float]) -> dict[str, float]:
    """Values on consecutive sessions."""
    values = list(values)
    return dict(zip(map(str, session_days(first, len(values))), values, strict=True))


def closes_on_days(first: str, values: Iterable[float]) -> dict[str, float]:
    """Values on consecutive UTC days."""
    values = list(values)
    return dict(zip(map(str, utc_days(first, len(values))), values, strict=True))


# --- series and markets ----------------------------------------------------------------------------------------


def series_of(
    symbol: str,
    closes: Prices,
    kind: SeriesKind | None = None,
    *,
    opens: Prices | None = None,
    highs: Prices | None = None,
    lows: Prices | None = None,
    volumes: Prices | None = None,
    release: Release | None = None,
) -> Series:
    """A series from closes by date.

    What is not given is the close (opens, highs, lows) or unknown (volumes); a symbol that the default config
    does not know is a coin.
    """
    listing = default_config().listings().get(symbol)
    kind = kind or (listing.kind if listing else SeriesKind.CRYPTO)
    if release is None:
        same_kind = listing is not None and listing.kind is kind
        release = listing.release if listing and same_kind else _release_of(kind)
    dates: Days = np.array(sorted(closes), "datetime64[D]")
    days = [str(day) for day in dates]

    def column(given: Prices | None, fallback: Prices) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.array([{**fallback, **(given or {})}.get(day, np.nan) for day in days], np.float64)

    return Series(
        symbol,
        kind,
        dates,
        open=column(opens, closes),
        high=column(highs, closes),
        low=column(lows, closes),
        close=column(None, closes),
        volume=column(volumes, {}),
        known_at=known_at(dates, release, sessions()),
        due=due(dates, release, sessions()),
        source="by hand",
    )


def _release_of(kind: SeriesKind) -> Release:
    return Release.UTC_DAY if kind.is_coin else Release.SESSION


def market_of(
    closes: Mapping[str, Prices],
    *,
    opens: Mapping[str, Prices] | None = None,
    volumes: Mapping[str, Prices] | None = None,
    kinds: Mapping[str, SeriesKind] | None = None,
) -> Market:
    """A market from closes by symbol and date. RUT, ETH and BTC must be there for decisions to be made."""
    opens, volumes, kinds = opens or {}, volumes or {}, kinds or {}
    series = {
        symbol: series_of(symbol, prices, kinds.get(symbol), opens=opens.get(symbol), volumes=volumes.get(symbol))
        for symbol, prices in closes.items()
    }
    return with_series(series.values())


def with_series(series: Iterable[Series]) -> Market:
    """A market of series that are made already, with the default config's roles."""
    return Market("by hand", default_config().roles.roles(), sessions(), {s.symbol: s for s in series})


def without(market: Market, *symbols: str) -> Market:
    """The same market without some of its series."""
    return with_series(series for symbol, series in market.items() if symbol not in symbols)


# --- random markets --------------------------------------------------------------------------------------------

ALTCOINS = tuple(f"C{number:02d}" for number in range(1, 13))
SUCCESSOR = "C03N"


@dataclass(frozen=True)
class RandomMarket:
    """A random market with the table of its coins' endings, as `bot.core.endings.settlings` takes it."""

    market: Market
    endings: Mapping[str, CorporateAction]

    def config(self, changes: Mapping[str, Any] | None = None) -> Config:
        """The default config with this market's endings, and with changes laid over it."""
        table = {
            symbol: {"kind": e.kind.value, "ratio": str(e.ratio), **({"to": e.into} if e.into else {})}
            for symbol, e in self.endings.items()
        }
        names = {name for symbol, e in self.endings.items() for name in (symbol, e.into) if name}
        symbols = dict.fromkeys(sorted(names), "crypto")
        return config_with({"symbols": symbols, **(changes or {}), "endings": table})


@lru_cache(maxsize=32)
def random_market(seed: int, days: int = 500) -> RandomMarket:
    """A market in which breakouts, kills and altcoins come often, the same for the same seed.

    RUT, IWM, SPY, HYG, IEF, VIX, USDT, BTC, ETH and twelve altcoins of which some are listed late, pause, lack
    rows or opens, die (with and without an entry), are halted, are renamed, or lose their source.
    """
    random = np.random.default_rng(seed)
    first = np.datetime64("2016-01-04", "D") + random.integers(0, 2900)
    calendar: Days = first + np.arange(days)
    trading: Days = sessions().dates[np.isin(sessions().dates, calendar)]
    tide = _tide(random, days)
    us_tide = tide[np.isin(calendar, trading)]
    series = [*_us(random, trading, us_tide), *_majors(random, calendar, tide)]
    endings: dict[str, CorporateAction] = {}
    for number, symbol in enumerate(ALTCOINS):
        series += _altcoin(random, symbol, number, calendar, tide, endings)
    return RandomMarket(with_series(series), endings)


def _tide(random: np.random.Generator, days: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """What moves everything: 1 while the market rises, 0 while it drifts, -1 in a slump; spells in turn."""
    spells: list[float] = []
    mood = 0.0
    while len(spells) < days:
        lengths = {0.0: (30, 70), 1.0: (40, 150), -1.0: (5, 15)}[mood]
        spells += [mood] * int(random.integers(*lengths))
        mood = 1.0 if mood == 0 else (-1.0 if mood == 1 and random.random() < 0.7 else 0.0)
    return np.array(spells[:days])


def _walk(random: np.random.Generator, start: float, drift: np.ndarray[Any, Any], noise: float) -> Any:
    return start * np.exp(np.cumsum(drift + noise * random.standard_normal(len(drift))))


def _us(random: np.random.Generator, dates: Days, tide: np.ndarray[Any, Any]) -> list[Series]:
    up, down = tide == 1, tide == -1
    broad = np.where(up, 0.0010, np.where(down, -0.008, 0.0))
    rut = _walk(random, 1500, np.where(up, 0.0022, np.where(down, -0.012, -0.0003)), 0.006)
    spy = _walk(random, 300, broad, 0.003)
    iwm = rut / 10 * np.exp(0.001 * random.standard_normal(len(dates)))
    hyg = _walk(random, 80, np.where(down, -0.002, 0.0001), 0.0015)
    ief = _walk(random, 100, np.where(down, 0.001, 0.0), 0.0015)
    vix = np.clip(17 + np.where(down, 12, 0) + 3 * random.standard_normal(len(dates)), 9, 80)
    made = []
    for symbol, close in {"RUT": rut, "IWM": iwm, "SPY": spy, "HYG": hyg, "IEF": ief, "VIX": vix}.items():
        keep = np.ones(len(dates), bool)
        if random.random() < 0.5:  # a vendor lost some rows, sometimes more than are tolerated
            hole = int(random.integers(60, len(dates) - 15))
            keep[hole : hole + int(random.integers(1, 9))] = False
        volume = 1e7 * np.exp(0.4 * random.standard_normal(len(dates)))
        made.append(_built(symbol, dates[keep], close[keep], close[keep], volume[keep]))
    return made


def _majors(random: np.random.Generator, dates: Days, tide: np.ndarray[Any, Any]) -> list[Series]:
    up, down = tide == 1, tide == -1
    btc = _walk(random, 20_000, np.where(up, 0.002, np.where(down, -0.010, 0.0)), 0.02)
    eth = _walk(random, 1_500, np.where(up, 0.004, np.where(down, -0.020, -0.0005)), 0.025)
    usdt = 1 + 0.001 * random.standard_normal(len(dates))
    if random.random() < 0.2:
        usdt[-100:-97] = 0.97
    made = []
    for symbol, close in {"BTC": btc, "ETH": eth, "USDT": usdt}.items():
        keep = np.ones(len(dates), bool)
        if symbol != "USDT" and random.random() < 0.3:
            hole = int(random.integers(60, len(dates) - 15))
            keep[hole : hole + int(random.integers(1, 9))] = False
        made.append(_built(symbol, dates[keep], close[keep], _opens(random, close)[keep], np.full(keep.sum(), 1e9)))
    return made


def _altcoin(
    random: np.random.Generator,
    symbol: str,
    number: int,
    dates: Days,
    tide: np.ndarray[Any, Any],
    endings: dict[str, CorporateAction],
) -> list[Series]:
    up, down = tide == 1, tide == -1
    n = len(dates)
    close = _walk(random, float(10 ** random.uniform(-7, 3)), np.where(up, 0.004, np.where(down, -0.02, 0)), 0.04)
    opens = _opens(random, close)
    usual = float(10 ** random.uniform(6.5, 9))
    volume = usual * np.exp(0.3 * random.standard_normal(n))
    keep = np.ones(n, bool)
    if random.random() < 0.4:  # listed late
        keep[: int(random.integers(1, n // 2))] = False
    for _ in range(int(random.integers(0, 4))):  # pauses, short and long
        hole = int(random.integers(0, n - 10))
        keep[hole : hole + int(random.integers(1, 7))] = False
    opens[random.random(n) < 0.01] = np.nan  # a row at whose open nothing can be filled
    volume[random.random(n) < 0.001] = np.nan
    last = int(random.integers(n // 2, n - 1))
    fate = {0: "dead", 1: "no entry", 2: "renamed", 3: "halted", 4: "source ends"}.get(number)
    if fate is None or random.random() < 0.2:
        return [_built(symbol, dates[keep], close[keep], opens[keep], volume[keep])]
    before = np.arange(n) <= last
    made = [_built(symbol, dates[keep & before], close[keep & before], opens[keep & before], volume[keep & before])]
    match fate:
        case "dead" | "source ends":
            endings[symbol] = CorporateAction(CorporateActionKind(fate))
        case "halted":
            endings[symbol] = CorporateAction(CorporateActionKind.HALTED)
            back = np.arange(n) > last + int(random.integers(4, 60))
            rows = keep & (before | back)
            made = [_built(symbol, dates[rows], close[rows], opens[rows], volume[rows])]
        case "renamed":
            ratio = Decimal(int(random.choice([1, 10, 1000])))
            endings[symbol] = CorporateAction(CorporateActionKind.RENAMED, SUCCESSOR, ratio)
            after, scale = keep & ~before, float(ratio)
            if after.any():
                made.append(_built(SUCCESSOR, dates[after], close[after] / scale, opens[after] / scale, volume[after]))
    return made


def _opens(random: np.random.Generator, close: np.ndarray[Any, Any]) -> Any:
    """Opens that differ from the close before by several per cent, so that the two cannot be confused."""
    before = np.concatenate(([close[0]], close[:-1]))
    return before * np.exp(0.03 * random.standard_normal(len(close)))


def _built(symbol: str, dates: Days, close: Any, opens: Any, volume: Any) -> Series:
    listing = default_config().listings().get(symbol)
    kind = listing.kind if listing else SeriesKind.CRYPTO
    release = listing.release if listing else Release.UTC_DAY
    known_opens = np.where(np.isnan(opens), close, opens)
    return Series(
        symbol,
        kind,
        dates,
        open=np.array(opens, np.float64),
        high=np.maximum(known_opens, close) * 1.01,
        low=np.minimum(known_opens, close) * 0.99,
        close=np.array(close, np.float64),
        volume=np.array(volume, np.float64),
        known_at=known_at(dates, release, sessions()),
        due=due(dates, release, sessions()),
        source="random",
    )


def stages_of(decisions: Sequence[Any]) -> list[str]:
    """The stages of decisions in turn, each named once."""
    names = [decision.stage for decision in decisions]
    return [name for i, name in enumerate(names) if i == 0 or name != names[i - 1]]
