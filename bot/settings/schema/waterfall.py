"""The schema of `waterfall` and `supercycle`: the layers of liquidity and the four traits."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, Strict

from bot.settings.schema.values import Count, Section, Share

AtLeastTwo = Annotated[int, Strict(), Field(ge=2, le=10_000)]
"""A count of at least two: one value has no spread and no correlation."""


class FlatSection(Section):
    """A layer whose span is that of the reading it shares with the rotation."""

    flat: Share


class WeeksSection(FlatSection):
    """A weekly layer."""

    weeks: Count


class SessionsSection(FlatSection):
    """A layer of the US market."""

    sessions: Count


class DaysSection(FlatSection):
    """A layer of crypto."""

    days: Count


class BroadEquitiesSection(SessionsSection):
    """The broad market against its own average."""

    average: Count


class WaterfallSection(Section):
    """The layers, from the top of the risk curve to its foot."""

    net_liquidity: FlatSection
    treasury_account: WeeksSection
    credit: SessionsSection
    broad_equities: BroadEquitiesSection
    small_cap_strength: FlatSection
    small_cap_trend: SessionsSection
    eth: DaysSection
    altcoin_breadth: DaysSection
    stablecoin_supply: DaysSection


class LongRunSection(Section):
    """Sessions above a breakout's level, against past runs."""

    runs_needed: Count


class DipsSection(Section):
    """Pullbacks, and how many of them recovered."""

    depth: Annotated[float, Strict(), Field(gt=0, lt=1)]
    sessions: Count
    lookback: Count
    needed: Count
    share: Share


class SectorsSection(Section):
    """Spread and correlation of sector funds."""

    funds_needed: Annotated[int, Strict(), Field(ge=2, le=11)]
    dispersion_window: Count
    dispersion_median: Count
    correlation_window: AtLeastTwo
    correlation_lag: Count


class HighBetaSection(Section):
    """High beta against low volatility."""

    lookback: Count


class SupercycleSection(Section):
    """The four traits, and how many of them the gate needs."""

    gate_needs: Annotated[int, Strict(), Field(ge=1, le=4)]
    long_run: LongRunSection
    dips_bought: DipsSection
    sectors_rotate: SectorsSection
    high_beta: HighBetaSection
