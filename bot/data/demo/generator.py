"""Generate the demo market: synthetic series from a seed.

Two markets of one seed, with and without effect, differ by the drift added after sustained small-cap breakouts. The
years (2101 to 2112) and the prefix mark every series as synthetic.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bot.core.series_kind import SeriesKind
from bot.data.demo.effect import effect_path
from bot.data.demo.random_paths import Floats, cycle, fading_sum, smooth, stream, student
from bot.data.demo.regimes import CALM, draw_regimes, field_of
from bot.data.vendors.raw_bars import RawBars

Dates = NDArray[np.datetime64]
Mask = NDArray[np.bool_]

PREFIX = "DEMO-"
CALENDAR = (np.datetime64("2101-01-01", "D"), np.datetime64("2112-12-31", "D"))
FIRST_CRYPTO_DAY = np.datetime64("2102-01-01", "D")  # of BTC, ETH and the stablecoin
FIRST_ALTCOIN_DAY = np.datetime64("2103-01-01", "D")
DAY, DAYS_A_YEAR, SESSIONS_A_YEAR = np.timedelta64(1, "D"), 365, 252

ALTCOIN_BETA = 1.3  # of altcoins to the drift added to ETH

DEAD, RENAMED, SUCCESSOR, HALTED = "DEMO-A05", "DEMO-A07", "DEMO-A07N", "DEMO-A11"
LAST_UNDER_OLD_NAME = np.datetime64("2107-06-30", "D")
COLLAPSE = np.array(["2108-03-17", "2108-03-31"], "datetime64[D]")  # last close before it, last row
HALT = np.array(["2106-02-10", "2106-03-07"], "datetime64[D]")  # last row before, last of 25 days without one
COLLAPSE_PATH, HALT_PATH = np.array([0.0, -5.0]), np.array([0.0, -1.0])  # log returns between these dates
ENDINGS: Mapping[str, Mapping[str, str | int]] = {
    DEAD: {"kind": "dead", "last": str(COLLAPSE[1])},
    RENAMED: {"kind": "renamed", "last": str(LAST_UNDER_OLD_NAME), "to": SUCCESSOR, "ratio": 1},
    HALTED: {"kind": "halted"},
}


# Exposure to market, to small caps over large, to cyclical over defensive; own volatility a year.
EQUITIES: Mapping[str, tuple[float, float, float, float]] = {
    **dict.fromkeys(("RUT", "IWM"), (1.10, 1.00, 0.10, 0.000)),
    **dict.fromkeys(("SPX", "SPY"), (1.00, 0.00, 0.00, 0.000)),
    "NDX": (1.15, -0.15, -0.05, 0.060),
    "IJR": (1.08, 0.95, 0.15, 0.025),
    "RSP": (1.00, 0.35, 0.15, 0.015),
    "SPHB": (1.45, 0.50, 0.60, 0.040),
    "SPLV": (0.65, -0.10, -0.50, 0.030),
    **dict.fromkeys(("XLB", "XLE", "XLF", "XLI", "XLY"), (1.08, 0.30, 0.50, 0.090)),
    **dict.fromkeys(("XLC", "XLK", "XLRE"), (1.05, 0.00, 0.00, 0.080)),
    **dict.fromkeys(("XLP", "XLU", "XLV"), (0.65, -0.10, -0.50, 0.070)),
    "GLD": (0.00, 0.00, 0.00, 0.140),
    **dict.fromkeys(("IEF", "LQD", "HYG"), (0.00, 0.00, 0.00, 0.010)),  # yields and spreads move these
}
GOLD_MINERS: Mapping[str, tuple[float, float]] = {"GDX": (1.8, 0.16), "GDXJ": (2.2, 0.20)}
"""Funds that are made only where a role names them: beta to gold, own volatility a year. Market beta: 0.35."""
RAW = "_RAW"
"""Suffix of a fund as it traded, without dividends."""
INDICES = ("RUT", "SPX", "NDX")  # without dividends and volume
DIVIDENDS, FUND_SHARES, FIRST_PRICE = 0.015, 1.0e7, 1000.0  # a year; a usual session; of indices and funds
ALTCOINS = tuple(f"A{number:02d}" for number in range(1, 25))
ALTCOIN_VOLUMES = (1.5e9, 6.0e8, 2.0e8, 8.0e7, 3.5e7, 5.0e6)  # USD a day, in turn; the last is too thin
LISTED_AT_ONCE, DAYS_BETWEEN_LISTINGS = 12, 150


@dataclass(frozen=True, slots=True)
class DemoParameters:
    """Parameters of a demo market.

    Parameters
    ----------
    seed
        Start of every random stream.
    thesis_strength
        Log return added to ETH (1.3 times as much to altcoins) over the 63 sessions that follow `lead_sessions` after
        a confirmation.
    lead_sessions
        Sessions between a confirmation and the added drift.
    shared_regime
        True: one regime moves equities and coins at the same time, so neither leads. False: coins have their own.
    """

    seed: int = 38  # of 0 to 49: every event occurs, a rename touches a holding, and it ends near the medians
    thesis_strength: float = 0.0
    lead_sessions: int = 0
    shared_regime: bool = True

    def __post_init__(self) -> None:
        if self.seed < 0 or self.lead_sessions < 0 or not np.isfinite(self.thesis_strength):
            raise ValueError(f"seed and lead_sessions must be >= 0, thesis_strength finite; was {self}")


def kind_of(symbol: str) -> SeriesKind:
    """Return the kind of a series of the demo market, by its symbol; the prefix is optional."""
    name = symbol.removeprefix(PREFIX)
    if name.endswith(RAW):
        return SeriesKind.ETF_RAW
    if name in (*INDICES, "VIX"):
        return SeriesKind.INDEX
    if name in EQUITIES or name in GOLD_MINERS:
        return SeriesKind.ETF_ADJUSTED
    if name == "USDT":
        return SeriesKind.STABLECOIN
    is_coin = name in ("BTC", "ETH", *ALTCOINS) or symbol == SUCCESSOR
    return SeriesKind.CRYPTO if is_coin else SeriesKind.MACRO


def generate(
    parameters: DemoParameters, sessions: Dates, half_days: Mask, asked: Collection[str] = ()
) -> dict[str, RawBars]:
    """Generate every series of one demo market.

    Parameters
    ----------
    parameters
        Seed and effect; the same parameters give the same series.
    sessions
        Dates of US sessions, datetime64[D], ascending, within 2101 to 2112.
    half_days
        True where a session closes early; one entry a session.
    asked
        Symbols that a role names, the prefix removed: gold miners and unadjusted funds are made only for these.

    Returns
    -------
    dict of str to RawBars
        Series by symbol. Coins have a row on every UTC day up to the last session.

    Raises
    ------
    ValueError
        The sessions are outside these years or end before 2103.
    """
    return with_effect(without_effect(parameters, sessions, half_days, asked), parameters, sessions)


def without_effect(
    parameters: DemoParameters, sessions: Dates, half_days: Mask, asked: Collection[str] = ()
) -> dict[str, RawBars]:
    """Generate the series of one demo market before its effect; parameters and errors as for `generate`."""
    sessions, seed = sessions.astype("datetime64[D]"), parameters.seed
    valid = len(sessions) == len(half_days) > 0 and bool((np.diff(sessions) > 0 * DAY).all())
    if not valid or sessions[0] < CALENDAR[0] or not FIRST_ALTCOIN_DAY <= sessions[-1] <= CALENDAR[1]:
        raise ValueError("sessions must ascend within 2101 to 2112 and reach 2103, each with a half-day flag")
    regimes = draw_regimes(seed, "regimes", len(sessions))
    market = {series.symbol: series for series in _us_series(seed, regimes, sessions, half_days, asked)}
    regimes = regimes if parameters.shared_regime else draw_regimes(seed, "crypto regimes", len(sessions))
    days = np.arange(FIRST_CRYPTO_DAY, sessions[-1] + DAY)
    by_day = regimes[np.searchsorted(sessions, days, side="right") - 1]  # as in the latest session
    market |= {series.symbol: series for series in _crypto_series(seed, by_day, days) if len(series.dates)}
    return market


def with_effect(market: Mapping[str, RawBars], parameters: DemoParameters, sessions: Dates) -> dict[str, RawBars]:
    """Add the effect to a market that `without_effect` made; series that it leaves alone are the same objects."""
    sessions, lifted = sessions.astype("datetime64[D]"), dict(market)
    path = effect_path(market[PREFIX + "RUT"].close, parameters.lead_sessions) * parameters.thesis_strength
    for symbol, series in market.items():
        if path.any() and kind_of(symbol) is SeriesKind.CRYPTO and symbol != PREFIX + "BTC":
            beta = 1.0 if symbol == PREFIX + "ETH" else ALTCOIN_BETA
            lifted[symbol] = _lift(series, sessions, beta * path)
    return lifted


def _lift(series: RawBars, dates: Dates, path: Floats) -> RawBars:
    """Add a log path to the bars, interpolated between its dates so that a weekend has its share."""
    known = dates.astype(np.int64)
    before = np.exp(np.interp((series.dates - DAY).astype(np.int64), known, path))
    after = np.exp(np.interp(series.dates.astype(np.int64), known, path))
    high, low = series.high * np.maximum(before, after), series.low * np.minimum(before, after)
    return replace(series, open=series.open * before, high=high, low=low, close=series.close * after)


def _bars(name: str, seed: int, dates: Dates, level: Floats, sigma: Floats, usual: Floats) -> RawBars:
    """Make daily bars around log closes: coins open at the last close, US series jump overnight."""
    gap, above, below, crowd = stream(seed, name + " bars").standard_normal((4, len(level)))
    moves = np.diff(level, prepend=level[0])
    overnight = 0.0002 * gap if kind_of(name).is_coin else 0.3 * moves + 0.25 * sigma * gap
    opening = level - moves + overnight
    high = np.maximum(opening, level) + 0.35 * sigma * np.abs(above)
    low = np.minimum(opening, level) - 0.35 * sigma * np.abs(below)
    volume = usual * np.exp(0.25 * np.minimum(np.abs(moves) / sigma - 0.75, 4.0) + 0.2 * crowd)
    prices = (np.exp(opening), np.exp(high), np.exp(low), np.exp(level))
    return RawBars(PREFIX + name, f"seed {seed}", dates, *prices, volume)


def _macro(name: str, seed: int, dates: Dates, close: Floats) -> RawBars:
    unknown = np.full(len(dates), np.nan)
    return RawBars(PREFIX + name, f"seed {seed}", dates, unknown, unknown, unknown, close, unknown)


def _us_series(
    seed: int, regimes: NDArray[np.int64], sessions: Dates, half_days: Mask, asked: Collection[str]
) -> list[RawBars]:
    """Generate indices, funds and macro series."""
    count, random = len(sessions), stream(seed, "equity factors")
    years = np.arange(1, count + 1) / SESSIONS_A_YEAR
    volatility = field_of(regimes, "volatility") * np.exp(cycle(random, count, 15.0, 0.15))
    sigma = volatility / np.sqrt(SESSIONS_A_YEAR)
    steps = field_of(regimes, "drift") / SESSIONS_A_YEAR + sigma * student(random, count)
    market = 0.085 * years + fading_sum(steps, 220.0)
    steps = field_of(regimes, "small_cap_drift") / SESSIONS_A_YEAR + 0.45 * sigma * student(random, count)
    small_caps = fading_sum(steps, 220.0)
    cyclical = fading_sum(0.5 * sigma * student(random, count), 220.0)
    factors = np.stack([market, small_caps, cyclical])
    activity = np.exp(cycle(random, count, 15.0, 0.25)) * np.where(half_days, 0.45, 1.0)

    # Falling shares and stress widen the spread, lower yields and raise the VIX.
    returns = np.diff(market, prepend=0.0)
    usual_spread = smooth(np.log(field_of(regimes, "spread")), 8.0)
    spread = np.exp(usual_spread - 20.0 * smooth(returns, 10.0) + cycle(random, count, 30.0, 0.03))
    ten_year = 4.5 + cycle(random, count, 500.0, 0.6) - 0.8 * (usual_spread - np.log(CALM.spread))
    two_year = np.maximum(ten_year - 0.6 + cycle(random, count, 300.0, 0.4), 0.05)
    vix = np.log(148 * smooth(volatility, 4)) - 12 * smooth(returns, 2) + cycle(random, count, 3, 0.05)

    # A bond fund earns its yield, less duration times the change of yield and spread.
    rise, widening = (ten_year - ten_year[0]) / 100, (spread - spread[0]) / 100
    interest, premium = np.cumsum([ten_year, spread - 2.0], axis=1) / 100 / SESSIONS_A_YEAR
    income = dict.fromkeys(INDICES, 0.0 * years) | {"GLD": 0.05 * years, "IEF": interest - 7.5 * rise}
    income["LQD"] = interest - 8.0 * rise - 2.0 * widening
    income["HYG"] = interest + premium - 5.0 * rise - 3.0 * widening
    unknown = np.full(count, np.nan)
    series = [_bars("VIX", seed, sessions, vix, np.full(count, 0.06), unknown)]

    def fund(name: str, path: Floats, noise: float, paid: Floats) -> list[RawBars]:
        """Make a series of log returns and own noise; `paid` are the dividends, which the unadjusted one lacks."""
        own = noise / np.sqrt(SESSIONS_A_YEAR) * np.cumsum(student(stream(seed, name), count))
        volume = unknown if name in INDICES else FUND_SHARES * activity
        made = []
        for symbol, dividends in ((name, paid), (name + RAW, 0.0 * paid)):
            if symbol == name or symbol in asked:
                level = np.log(FIRST_PRICE) + path + dividends + own
                usual_move = np.std(np.diff(level)) * sigma / np.mean(sigma)
                made.append(_bars(symbol, seed, sessions, level, usual_move, volume))
        return made

    for name, (*betas, noise) in EQUITIES.items():
        series += fund(name, np.array(betas) @ factors, noise, income.get(name, DIVIDENDS * years))
    if any(name.removesuffix(RAW) in GOLD_MINERS for name in asked):
        gold = next(np.log(one.close / one.close[0]) for one in series if one.symbol == PREFIX + "GLD")
        for name, (beta, noise) in GOLD_MINERS.items():
            series += fund(name, beta * (gold - 0.05 * years) + 0.35 * market, noise, DIVIDENDS * years)

    random, days = stream(seed, "liquidity"), np.arange(sessions[0], sessions[-1] + DAY)
    wednesdays = days[days.astype(np.int64) % 7 == 6]  # 1970-01-07 was one
    weeks = len(wednesdays)
    assets = 8.0e6 * np.exp(0.0005 * np.arange(weeks) + cycle(random, weeks, 60.0, 0.06))
    treasury = 6.0e5 * np.exp(cycle(random, weeks, 15.0, 0.30))
    repos = 300.0 * np.exp(cycle(random, count, 120.0, 0.60))
    series += [_macro("WALCL", seed, wednesdays, assets.round()), _macro("WTREGEN", seed, wednesdays, treasury.round())]
    rates = {"BAMLH0A0HYM2": spread, "DGS10": ten_year, "DGS2": two_year, "RRPONTSYD": repos}
    return series + [_macro(name, seed, sessions, rate.round(3)) for name, rate in rates.items()]


def _crypto_series(seed: int, regimes: NDArray[np.int64], days: Dates) -> list[RawBars]:
    """Generate coins, the stablecoin and its supply, which grows while coins rise; no effect is added."""
    count, random = len(days), stream(seed, "crypto factors")
    years = np.arange(1, count + 1) / DAYS_A_YEAR
    heat = field_of(regimes, "crypto_heat") * np.exp(cycle(random, count, 20.0, 0.25)) / np.sqrt(DAYS_A_YEAR)
    steps = field_of(regimes, "crypto_drift") / DAYS_A_YEAR + 0.53 * heat * student(random, count)
    bitcoin = 0.10 * years + fading_sum(steps, 700.0)
    ratio = fading_sum(cycle(random, count, 30.0, 0.0035) + 0.46 * heat * student(random, count), 400.0)
    ether = 1.05 * bitcoin + ratio
    season = fading_sum(cycle(random, count, 25.0, 0.004) + 0.20 * heat * student(random, count), 400.0)
    activity = np.exp(cycle(random, count, 15.0, 0.25))
    peg = cycle(random, count, 2.0, 0.0008)
    growth = 0.10 * smooth(np.diff(bitcoin, prepend=0.0), 20.0) + cycle(random, count, 60.0, 0.0008)
    series = [
        _bars("BTC", seed, days, np.log(40_000.0) + bitcoin, 0.55 * heat, 2.5e10 * activity),
        _bars("ETH", seed, days, np.log(2_500.0) + ether, 0.75 * heat, 1.2e10 * activity),
        _bars("USDT", seed, days, peg, np.full(count, 0.001), 5.0e10 * activity),
        _macro("STABLECOIN_SUPPLY_USD", seed, days, (1.0e11 * np.exp(0.15 * years + np.cumsum(growth))).round()),
    ]
    for number, name in enumerate(ALTCOINS):
        random = stream(seed, name)
        beta, noise, price = random.uniform((0.9, 0.5, 0.1), (1.1, 0.9, 100.0))
        own = fading_sum(noise * heat * student(random, count), 400.0)
        level = np.log(price) + beta * ether + season + own - 0.10 * years
        volume = ALTCOIN_VOLUMES[number % len(ALTCOIN_VOLUMES)] * activity
        listed = FIRST_ALTCOIN_DAY + max(number + 1 - LISTED_AT_ONCE, 0) * DAYS_BETWEEN_LISTINGS * DAY
        series += _lifetime(_bars(name, seed, days, level, heat, volume).where(days >= listed))
    return series


def _lifetime(coin: RawBars) -> list[RawBars]:
    """Apply a coin's fate: collapse, pause, change of symbol, or none."""
    if coin.symbol == DEAD:
        return [_lift(coin, COLLAPSE, COLLAPSE_PATH).where(coin.dates <= COLLAPSE[1])]
    if coin.symbol == HALTED:
        return [_lift(coin, HALT, HALT_PATH).where((coin.dates <= HALT[0]) | (coin.dates > HALT[1]))]
    if coin.symbol == RENAMED:
        old = coin.dates <= LAST_UNDER_OLD_NAME
        return [coin.where(old), replace(coin.where(~old), symbol=SUCCESSOR)]
    return [coin]
