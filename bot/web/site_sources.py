"""Build the dashboard's sources from a config: daemons, the market store and the waterfall."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from bot.core.errors import BotError, DataError
from bot.core.events import ConfigPeriod
from bot.core.market import Market
from bot.core.orders import Fill
from bot.core.ports import Clock
from bot.data.store.store import Store
from bot.paper.daemon_status import daemon_status
from bot.paper.health_facts import expected_day, store_freshness
from bot.report.coin_trades import closes_of
from bot.review.record_labels import labels_of_record
from bot.review.recording import Record
from bot.services.markets import open_market, store_path, stored_market
from bot.services.signals import signal_at
from bot.settings.loader import Config, kept_config
from bot.web.site import Site, Stored

_OLDEST = 8
_KEPT = 16
_READING: Mapping[str, object] = {"state": "reading"}


def site_of(config: Config, clock: Clock) -> Site:
    """Return the site of a config's state folder."""

    return Site(
        state=config.state,
        now=clock.now,
        daemon=lambda name: daemon_status(config, name, clock.now()),
        expected=lambda: expected_day(config, clock.now()),
        freshness=lambda: store_freshness(config),
        store=lambda: _stored(config),
        waterfall=MarketReader(config, _waterfall),
        closes=MarketReader(config, _closes),
        labels=lambda record: labels_of_record(record, config),
    )


def _stored(config: Config) -> Stored | None:
    """Read the state of the market store; None if there is none. Raises StoreError."""
    path = store_path(config)
    if not path.is_file():
        return None
    with Store.reading(path) as store:
        last = {symbol: str(found.rows.dates[-1]) for symbol, found in store.rows().items()}
        seen = store.newest_seen_at()
    return Stored(seen, len(last), sorted(last.items(), key=lambda item: (item[1], item[0]))[:_OLDEST])


class MarketReader:
    """Cache of what a function computes from the market of a record, by record and day.

    Reading a market takes seconds, so a thread does it while the page shows that it is being read.
    """

    _one_at_a_time = threading.Lock()  # of all readers

    def __init__(self, config: Config, compute: Callable[[Config, Record, date], Mapping[str, object]]) -> None:
        self._config, self._compute = config, compute
        self._lock = threading.Lock()
        self._found: dict[tuple[str, date], Mapping[str, object]] = {}

    def __call__(self, record: Record, day: date) -> Mapping[str, object]:
        """Return what was computed, or start computing it and return the state `reading`."""
        key = record.name, day
        with self._lock:
            if key not in self._found:
                self._found[key] = _READING
                for old in list(self._found)[:-_KEPT]:
                    del self._found[old]
                # A daemon thread, so that Ctrl-C ends the server while a market is being read.
                threading.Thread(target=self._read, args=(key, record), daemon=True).start()
            return self._found[key]

    def _read(self, key: tuple[str, date], record: Record) -> None:
        # Two markets at once would double the memory and halve the speed of each.
        with self._one_at_a_time:
            try:
                found = self._compute(self._config, record, key[1])
            except BotError as problem:
                found = {"state": "none", "why": str(problem)}
            except Exception as bug:  # the thread has no caller, and the page would say "reading" for ever
                found = {"state": "none", "why": f"The market cannot be used: {type(bug).__name__}."}
        with self._lock:
            self._found[key] = found


def _waterfall(config: Config, record: Record, day: date) -> Mapping[str, object]:
    """Compute the waterfall from the market and the config of a record. Raises BotError."""
    config, market = _market(config, record)
    signal = signal_at(config, market, day)
    return {"state": "ready", "layers": signal["waterfall"], "score": signal["supercycle"]}


def _closes(config: Config, record: Record, day: date) -> Mapping[str, object]:
    """Read the closes of each coin that a record traded, up to a UTC day. Raises BotError."""
    _, market = _market(config, record)
    traded = {one.event.symbol for one in record.events(Fill)}
    closes = {symbol: closes_of(market[symbol]).loc[: str(day)] for symbol in traded if symbol in market}
    return {"state": "ready", "closes": closes}


def _market(config: Config, record: Record) -> tuple[Config, Market]:
    """Open the market of a record with its config. Raises BotError; DataError if the record does not name it."""
    if record.folder is not None:
        manifest = record.folder.json("manifest.json")
        name = str(manifest["market"])
        # The run's own settings, since the config may have changed after it.
        config = kept_config(manifest["config"], record.name)
        folder = None if name in ("demo", "store") else Path(name)
        return config, open_market(config, folder, name if folder is None else "auto")
    period = record.first_event(ConfigPeriod)
    if period is not None and period.event.is_history:
        raise DataError(f"The ledger of a {period.event.why} does not name its prices.")
    return config, stored_market(config)
