"""Open a market: a folder of CSV files, the store, or the demo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bot.core.corporate_actions import CorporateAction, CorporateActionKind, without_old_names
from bot.core.errors import DataError
from bot.core.listing import Listing, Release
from bot.core.market import Market, Series
from bot.core.series_kind import SeriesKind
from bot.data.assembly import assemble, put_on_calendar
from bot.data.demo.demo_market import DEMO, demo_market, demo_markets
from bot.data.demo.generator import PREFIX as DEMO_PREFIX
from bot.data.demo.generator import DemoParameters
from bot.data.incomplete import require_complete_store
from bot.data.quality import QualityRules, with_quality_flags
from bot.data.quality.thresholds import Thresholds
from bot.data.store.store import FILE_NAME, Store
from bot.data.store.stored import RowVersion, StoredRows
from bot.data.vendors.csv_folder import read_folder
from bot.infra.clock import SystemClock
from bot.services.archive_coins import ARCHIVE
from bot.services.call_arguments import require_word
from bot.settings.loader import Config

STORE = "store"
SECOND = ".second"
"""Suffix of a coin's second source in the store, an aggregate of venues against which its prices are checked."""


def open_market(config: Config, data_dir: Path | None, market: str = "auto") -> Market:
    """Open the market of a folder, of the store, or of the demo, and flag the faults of its data.

    Parameters
    ----------
    config
        Symbols, roles and quality thresholds.
    data_dir
        Folder of CSV files; it wins over `market`.
    market
        "store", "demo", or "auto": the store if it has the required series, else the demo.

    Raises
    ------
    DataError, StoreError
        If the data cannot be read.
    """
    if data_dir is not None:
        folder = read_folder(data_dir, config.listings(), config.roles.roles(), config.calendar.closures)
        return _flagged(config, folder)
    if chosen(config, data_dir, market) == STORE:
        return stored_market(config, with_archive=config.sources.archive.read)
    return _flagged(config, demo_world(config, demo_parameters(config, planted=False)))


def endings_of(config: Config) -> dict[str, CorporateAction]:
    """Return the config's table of endings by symbol."""
    return {s: CorporateAction(CorporateActionKind(e.kind), e.to, e.ratio, e.last) for s, e in config.endings.items()}


def _flagged(config: Config, market: Market, seconds: Mapping[str, Series] | None = None) -> Market:
    """Cut the rows of old names and flag the faults of a market."""
    return with_quality_flags(without_old_names(market, endings_of(config)), quality_rules(config), seconds)


def quality_rules(config: Config) -> QualityRules:
    """Make the thresholds of data faults; demo series have the levels of the series that they imitate."""
    q = config.quality
    levels = {symbol: (low, high) for symbol, (low, high) in q.levels.items()}
    return QualityRules(
        **{
            **q.model_dump(exclude={"allow", "window_gaps"}),
            "allow": frozenset(q.allow),
            "repeats": Thresholds(**q.repeats.model_dump()),
            "jump_least": Thresholds(**q.jump_least.model_dump()),
            "erratic_move": Thresholds(**q.erratic_move.model_dump()),
            "base_sessions": config.rotation.breakout.base_sessions,
            "confirm_within": config.rotation.breakout.confirm_within,
            "levels": levels | {DEMO_PREFIX + symbol: level for symbol, level in levels.items()},
        }
    )


def chosen(config: Config, data_dir: Path | None, market: str) -> str:
    """Return the market that would be opened: "store", "demo", or the folder's path."""
    if data_dir is not None:
        return str(data_dir)
    require_word("market", market, ("auto", STORE, DEMO))
    if market == "auto":
        return STORE if not missing_of_store(config) else DEMO
    return market


def missing_of_store(config: Config) -> list[str]:
    """Return the required series that the store lacks; all of them if it is empty. Raises StoreError."""
    path, roles = store_path(config), config.roles
    required = [roles.small_caps, roles.eth, roles.btc]
    require_complete_store(path)  # even without a file: an import can be stopped before its first row
    # An empty file is left by an update that failed before its first row.
    if not path.is_file() or not path.stat().st_size:
        return required
    with Store.reading(path) as store:
        there = set(store.symbols())
    return [symbol for symbol in required if symbol not in there]


def store_path(config: Config) -> Path:
    """Return the path of the market store in the state folder."""
    return config.state / FILE_NAME


def stored_market(config: Config, with_archive: bool = False) -> Market:
    """Open the market of the store and check it against its second sources.

    Parameters
    ----------
    with_archive
        Add the coins that only the archive has. A forward ledger reads the live listings alone: it trades what venues
        list.

    Raises
    ------
    DataError, StoreError
        If the data cannot be read.
    """
    stored, listings = stored_rows(config), config.listings()
    archived: dict[str, StoredRows] = {}
    if with_archive:
        archived = _archived(stored, listings)
        listings |= {
            symbol: Listing(SeriesKind.CRYPTO, Release.UTC_DAY) for symbol in archived if symbol not in listings
        }
        stored |= archived
    roles, now, closures = config.roles.roles(), SystemClock().now(), config.calendar.closures
    for symbol in (roles.small_caps, roles.eth, roles.btc):
        if symbol not in stored:
            where = str(store_path(config))
            raise DataError(f"there is no row of {symbol}", where=where, mend=f"bot data update {symbol}")
    rows = {symbol: found.rows for symbol, found in stored.items() if symbol in listings}
    source_changes = {symbol: found.source_changes for symbol, found in stored.items()}
    notes = _incomplete_archive(config) if archived else []
    market = assemble(STORE, rows, listings, roles, now, notes, source_changes, closures)
    market = replace(market, archived=frozenset(archived) & set(market))
    beside = {
        symbol: put_on_calendar(found.rows, listings[symbol], market.sessions, now)
        for symbol in rows
        if (found := stored.get(symbol + SECOND)) is not None
    }
    return _flagged(config, market, beside)


def _archived(stored: Mapping[str, StoredRows], listings: Mapping[str, Listing]) -> dict[str, StoredRows]:
    """Return the archive's rows of the coins that only the archive has, by symbol."""
    found = {symbol.removesuffix(ARCHIVE): rows for symbol, rows in stored.items() if symbol.endswith(ARCHIVE)}
    return {
        symbol: StoredRows(replace(kept.rows, symbol=symbol), kept.sources)
        for symbol, kept in found.items()
        # A name that is another kind of series here, such as a fund, is no coin of the market.
        if symbol not in stored and (symbol not in listings or listings[symbol].kind is SeriesKind.CRYPTO)
    }


def _incomplete_archive(config: Config) -> list[str]:
    """Return a note if the archive is stored in part: the missing coins are again those of survivorship bias."""
    with Store.reading(store_path(config)) as store:
        state = store.archive()
    if state is None or state.complete == state.pairs:
        return []
    return [
        f"the archive is incomplete: {state.complete} of {state.pairs} pairs are stored; go on with: bot data archive"
    ]


def stored_rows(config: Config) -> dict[str, StoredRows]:
    """Read the rows of the store in the version that the config names. Raises StoreError."""
    require_complete_store(store_path(config))
    with Store.reading(store_path(config)) as store:
        return store.rows(RowVersion(config.sources.reading), config.sources.seen_by)


def demo_parameters(config: Config, planted: bool) -> DemoParameters:
    """Return the parameters of the config's demo market, with or without effect."""
    demo = config.demo
    return DemoParameters(
        seed=demo.seed,
        thesis_strength=demo.thesis_strength if planted else 0.0,
        lead_sessions=demo.lead_sessions,
        shared_regime=demo.shared_regime,
    )


def demo_world(config: Config, parameters: DemoParameters) -> Market:
    """Make the demo market of some parameters."""
    return demo_market(parameters, config.listings(), config.roles.roles())


def demo_worlds(config: Config, parameters: DemoParameters) -> tuple[Market, Market]:
    """Make the demo markets of some parameters before and after their effect."""
    return demo_markets(parameters, config.listings(), config.roles.roles())
