"""The schema of a whole config: every section by its key. The values and their reasons are in config/*.yaml."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, Strict, model_validator

from bot.core.errors import did_you_mean
from bot.core.listing import Listing, Release
from bot.core.roles import Roles
from bot.core.series_kind import SeriesKind
from bot.settings.added_keys import without_added_keys
from bot.settings.renamed_keys import with_old_names
from bot.settings.schema.calendar import CalendarSection
from bot.settings.schema.notify import NotifySection, WatchSection
from bot.settings.schema.paper import AnchorSection, PaperSection
from bot.settings.schema.quality import QualitySection
from bot.settings.schema.review import ReviewSection
from bot.settings.schema.rotation import AltcoinsSection, RotationSection
from bot.settings.schema.sources import SourcesSection
from bot.settings.schema.trading import (
    CostsSection,
    EndingSection,
    InstrumentsSection,
    OverridesSection,
    SizingSection,
    check_endings,
)
from bot.settings.schema.values import Count, PrintedName, Section, Share, Switch, Symbol
from bot.settings.schema.waterfall import SupercycleSection, WaterfallSection


class StrategySection(Section):
    """The strategy of a run: the built-in rotation, or a file of the user's own, which wins over a name."""

    name: Literal["rotation"] | None = None
    file: Path | None = None
    parameters: dict[str, object] = Field(default_factory=dict)

    @property
    def is_own(self) -> bool:
        """True for a strategy of the user's own."""
        return self.file is not None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if self.name is None and self.file is None:
            raise ValueError("name a strategy, or the file of one")
        return self


class BenchmarksSection(Section):
    """The benchmarks' own numbers."""

    random_shifts: Annotated[int, Strict(), Field(ge=10, le=100_000)]
    trend_days: Count
    own: Annotated[str, Field(min_length=1, max_length=500)] | None
    cash_rate: Symbol | None


class DemoSection(Section):
    """The synthetic market."""

    seed: Annotated[int, Strict(), Field(ge=0)]
    thesis_strength: Annotated[float, Strict(), Field(ge=-5, le=5)]
    lead_sessions: Annotated[int, Strict(), Field(ge=0, le=250)]
    shared_regime: Switch
    spread_seeds: Annotated[int, Strict(), Field(ge=2, le=1000)]


class RolesSection(Section):
    """The symbol of each role."""

    small_caps: Symbol
    small_cap_fund: Symbol
    broad_fund: Symbol
    high_yield_fund: Symbol
    investment_grade_fund: Symbol
    treasury_fund: Symbol
    high_yield_spread: Symbol
    volatility: Symbol
    equal_weight_fund: Symbol
    small_cap_breadth_fund: Symbol
    sector_funds: list[Symbol]
    high_beta_fund: Symbol
    low_volatility_fund: Symbol
    fed_assets: Symbol
    treasury_account: Symbol
    reverse_repo: Symbol
    btc: Symbol
    eth: Symbol
    stablecoin: Symbol
    stablecoin_supply: Symbol

    def symbols(self) -> set[str]:
        """Return the symbols of all roles."""
        parts = self.model_dump().values()
        return {symbol for part in parts for symbol in ([part] if isinstance(part, str) else part)}

    def roles(self) -> Roles:
        """Return the roles as the rules read them."""
        parts = self.model_dump()
        return Roles(**{**parts, "sector_funds": tuple(parts["sector_funds"])})


SymbolKind = Literal[
    "index",
    "etf-adjusted",
    "etf-raw",
    "crypto",
    "stablecoin",
    "wrapped",
    "staked",
    "leveraged",
    "macro thursday",
    "macro same day",
    "macro next session",
    "macro utc day",
]


class Config(Section):
    """A resolved config: the data of the file and of all that it extends."""

    state: Path
    start_equity: Annotated[Decimal, Field(ge=1, le=10**12)]
    on_start: Literal["adopt", "wait"]
    strategy: StrategySection
    rotation: RotationSection
    altcoins: AltcoinsSection
    waterfall: WaterfallSection
    supercycle: SupercycleSection
    sizing: SizingSection
    overrides: OverridesSection
    benchmarks: BenchmarksSection
    demo: DemoSection
    calendar: CalendarSection
    sources: SourcesSection
    paper: PaperSection
    notify: NotifySection
    watch: WatchSection
    anchor: AnchorSection
    review: ReviewSection
    costs: CostsSection
    instruments: InstrumentsSection
    quality: QualitySection
    recovery: Share
    endings: dict[Symbol, EndingSection]
    symbols: dict[Symbol, SymbolKind]
    names: dict[Symbol, PrintedName]
    altcoin_universe: list[Symbol]
    stablecoins: list[Symbol]
    wrapped: list[Symbol]
    staked: list[Symbol]
    leveraged: list[Symbol]
    roles: RolesSection

    @model_validator(mode="after")
    def _parts_have_their_kind(self) -> Self:
        listings = self.listings()
        parts = {
            "small_caps": (SeriesKind.INDEX, SeriesKind.ETF_ADJUSTED, SeriesKind.ETF_RAW),
            "eth": (SeriesKind.CRYPTO, SeriesKind.ETF_RAW),
            "btc": (SeriesKind.CRYPTO, SeriesKind.ETF_RAW),
            "stablecoin": (SeriesKind.STABLECOIN,),
        }
        for part, kinds in parts.items():
            symbol = getattr(self.roles, part)
            if symbol not in listings or listings[symbol].kind not in kinds:
                was = listings[symbol].kind if symbol in listings else "not in the symbol table"
                expected = " or ".join(kinds)
                raise ValueError(f"roles.{part} is {symbol}, which must be of kind {expected}, was {was}")
        sources = self.sources
        # A misspelt symbol would be fetched for ever and read by no rule.
        tables = {
            "yahoo.symbols": sources.yahoo.symbols,
            "yahoo.aggregates": sources.yahoo.aggregates,
            "fred.symbols": sources.fred.symbols,
            "defillama.symbols": sources.defillama.symbols,
            "fallbacks": sources.fallbacks,
        }
        for name, table in tables.items():
            for symbol in table:
                if symbol not in listings:
                    raise ValueError(f"sources.{name} has {symbol}, which is not in the symbol table")
        for name, symbols in {"allow": self.quality.allow, "money": self.quality.money}.items():
            for symbol in symbols:
                if symbol not in listings:
                    near = did_you_mean(symbol, listings)
                    text = f"quality.{name} has {symbol}, which is not in the symbol table"
                    raise ValueError(f"{text}; {near}" if near else text)
        held = [symbol for symbol, listing in listings.items() if listing.kind.may_be_held]
        check_endings(self.endings, listings, held)
        own = self.benchmarks.own
        # Before a run: a forward ledger would go on without the benchmark, which a misspelt name must not cause.
        if own is not None and not own.endswith(".py") and own not in held:
            near = did_you_mean(own, held) or "name a coin, or a strategy file that ends in .py"
            raise ValueError(f"benchmarks.own is {own}, which is no coin of the symbol table; {near}")
        rate = self.benchmarks.cash_rate
        if rate is not None and (rate not in listings or listings[rate].kind is not SeriesKind.MACRO):
            rates = [symbol for symbol, listing in listings.items() if listing.kind is SeriesKind.MACRO]
            near = did_you_mean(rate, rates) or "name a yearly rate in per cent, such as DGS3MO"
            raise ValueError(f"benchmarks.cash_rate is {rate}, which is no macro series of the symbol table; {near}")
        for symbol in self.names:
            if symbol not in listings:
                near = did_you_mean(symbol, listings)
                text = f"names has {symbol}, which is not in the symbol table"
                raise ValueError(f"{text}; {near}" if near else text)
        # ETH/BTC would always be 1: the rotation would never buy altcoins, without an error.
        if self.roles.eth == self.roles.btc:
            raise ValueError(f"roles.eth and roles.btc are both {self.roles.eth}")
        return self

    def listings(self) -> dict[str, Listing]:
        """Return the kind and the release rule of every symbol; an entry of `symbols` wins over the lists."""
        lists = {
            SeriesKind.CRYPTO: self.altcoin_universe,
            SeriesKind.STABLECOIN: self.stablecoins,
            SeriesKind.WRAPPED: self.wrapped,
            SeriesKind.STAKED: self.staked,
            SeriesKind.LEVERAGED: self.leveraged,
        }
        found = {symbol: Listing(kind, Release.UTC_DAY) for kind, names in lists.items() for symbol in names}
        for symbol, text in self.symbols.items():
            kind, _, release = text.partition(" ")
            found[symbol] = Listing(SeriesKind(kind), Release(release) if release else _release_of(SeriesKind(kind)))
        return found

    def resolved(self) -> dict[str, Any]:
        """Return the config as plain data, as `manifest.json` keeps it."""
        return self.model_dump(mode="json")

    def fingerprint(self) -> str:
        """Hash the part of the config that affects decisions.

        Returns
        -------
        str
            SHA-256 in hexadecimal digits. Output folder, data sources, notices, watch, review, log format and the time
            of retries are left out. The data have a hash of their own.
        """
        # In the old words, so that an upgrade begins no new period in a ledger.
        plain = without_added_keys(with_old_names(self.resolved()))
        del plain["state"], plain["sources"], plain["notify"], plain["review"], plain["paper"]["log"]
        plain.pop("watch", None)  # alerts; no decision depends on them
        for name in ("own", "cash_rate"):  # they stand beside the strategy and decide no day
            plain["benchmarks"].pop(name, None)
        plain.pop("names", None)  # words on screens
        plain.pop("anchor", None)  # time-stamps of the record; no decision depends on them
        plain["paper"].pop("quote_retry_minutes", None)  # a time of retries; no decision depends on it
        # The seeds decide no day. The default was 50 once: with today's the hash is the same.
        if plain["demo"]["spread_seeds"] == _SEEDS:
            plain["demo"]["spread_seeds"] = _SEEDS_OF_0_1_0
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


_SEEDS, _SEEDS_OF_0_1_0 = 10, 50
"""Default of `demo.spread_seeds`, and that of version 0.1.0."""


def _release_of(kind: SeriesKind) -> Release:
    return Release.UTC_DAY if kind.is_coin else Release.SESSION
