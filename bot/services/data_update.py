"""Fill the store from the vendors or from a folder of CSV files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from bot.core.errors import DataError
from bot.core.ports import Clock
from bot.data.csv.csv_format import CsvFormat
from bot.data.csv.import_reader import read_exports
from bot.data.csv.series_names import SeriesNames
from bot.data.incomplete import marked_import
from bot.data.store.bar_writer import is_restated
from bot.data.store.store import Store
from bot.data.store.update_result import UpdateResult, UpdateStatus
from bot.data.store.write_lock import write_lock
from bot.data.vendors.feed import Rows, SeriesFeed
from bot.data.vendors.raw_bars import RawBars
from bot.services.markets import store_path
from bot.services.vendors import VendorSessions, feeds, open_vendors, updater
from bot.settings.loader import Config

_IMPORT = "import"
Advance = Callable[[str, int, int], None]
"""Called with a symbol before it is fetched, the number of those done, and of all."""


def update_store(
    config: Config,
    sessions: VendorSessions,
    clock: Clock,
    symbols: Sequence[str] = (),
    since: date | None = None,
    advance: Advance = lambda symbol, done, total: None,
    waiting: Callable[[str], None] = print,
) -> list[UpdateResult]:
    """Fetch new rows of the given series, or of all, and store each series as soon as it arrives.

    Raises ConfigError for an unknown symbol, Unreachable without a network, WrongClock, StoreError.
    """
    vendors = open_vendors(config, sessions)
    requested = feeds(config, vendors, symbols)
    sessions.require_network()
    path, results = store_path(config), []
    with write_lock(path, clock, waiting=waiting), Store.writing(path) as store:
        bring = updater(config, store, clock, vendors.skews)
        # With a clock in the past new rows would be stored as seen before older ones.
        bring.require_clock_after_store()
        for done, (symbol, feed) in enumerate(requested.items()):
            advance(symbol, done, len(requested))
            results.append(bring.update(symbol, feed, since))
    return results


def import_folder(
    config: Config,
    folder: Path,
    clock: Clock,
    waiting: Callable[[str], None] = print,
    csv_format: CsvFormat = CsvFormat.AUTO,
) -> tuple[list[UpdateResult], list[str]]:
    """Import a folder's series into the store and return the results, with notes on what was left out.

    The store keeps one history of a series that its vendor restates, so that of a folder is imported only where the
    store has none yet. An import that is stopped leaves a mark: no market is read from the store until the same folder
    is imported again. Raises DataError, StoreError.
    """
    rows, notes = read_exports(folder, config.listings(), series_names(config), csv_format)
    if not rows:
        raise DataError("has no file of a listed symbol", where=str(folder), expected="SYMBOL.csv files")
    path, results = store_path(config), []
    with write_lock(path, clock, waiting=waiting), Store.writing(path) as store, marked_import(path, folder):
        bring = updater(config, store, clock)
        for symbol, found in rows.items():
            stored = store.rows_of(symbol)
            if stored and stored.rows.source != found.source and is_restated(config.listings()[symbol].kind):
                note = f"{stored.rows.source} is its source already, and adjusted prices of two vendors cannot be mixed"
                last = str(stored.rows.dates[-1])
                results.append(UpdateResult(symbol, _IMPORT, UpdateStatus.NOTHING_NEW, last=last, notes=(note,)))
            else:
                feed = SeriesFeed(_IMPORT, _always(found))
                results.append(bring.update(symbol, feed, found.dates[0].item()))
    return results, notes


def series_names(config: Config) -> SeriesNames:
    """Return the vendors' names of every series, by which files are recognised."""
    sources = config.sources
    tickers = {**sources.yahoo.aggregates, **sources.yahoo.symbols, **sources.fred.symbols}
    return SeriesNames(
        list(config.listings()), tickers, sources.exchange.names, sources.exchange.quotes, sources.fallbacks
    )


def _always(rows: RawBars) -> Rows:
    return lambda since: rows
