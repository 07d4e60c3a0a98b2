"""What a dashboard is told beside the ledgers: of daemons, of the store's freshness, and of the waterfall."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from bot.core.errors import BotError
from bot.core.events import ConfigPeriod
from bot.core.ports import Clock
from bot.data.store.store import Store
from bot.ledger.decode import decode
from bot.paper.health_facts import daemon_status, expected_day, store_freshness
from bot.review.recording import Record
from bot.services.markets import open_market, store_path
from bot.services.signals import signal_at
from bot.settings.loader import Config, kept_config
from bot.web.site import Site, Stored

_OLDEST = 8
_KEPT = 16
_READING = {"state": "reading"}


def site_of(config: Config, clock: Clock) -> Site:
    """The site of a config's state folder."""

    return Site(
        state=config.state,
        now=clock.now,
        daemon=lambda name: daemon_status(config, name, clock.now()),
        expected=lambda: expected_day(config, clock.now()),
        freshness=lambda: store_freshness(config),
        store=lambda: _stored(config),
        waterfall=Waterfalls(config),
    )


def _stored(config: Config) -> Stored | None:
    """How fresh the store is. Raises StoreError."""
    path = store_path(config)
    if not path.is_file():
        return None
    with Store.reading(path) as store:
        last = {symbol: str(found.rows.dates[-1]) for symbol, found in store.rows().items()}
        seen = store.newest_seen_at()
    return Stored(seen, len(last), sorted(last.items(), key=lambda item: (item[1], item[0]))[:_OLDEST])


class Waterfalls:
    """The layers of liquidity on a record's day: the market is read beside the pages, once for each."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._lock, self._one_at_a_time = threading.Lock(), threading.Lock()
        self._found: dict[tuple[str, date], Mapping[str, Any]] = {}

    def __call__(self, record: Record, day: date) -> Mapping[str, Any]:
        """The layers and the score if they are there; else they are looked for, and come later."""
        key = record.name, day
        with self._lock:
            if key not in self._found:
                self._found[key] = _READING
                for old in list(self._found)[:-_KEPT]:
                    del self._found[old]
                threading.Thread(target=self._look, args=(key, record), daemon=True).start()
            return self._found[key]

    def _look(self, key: tuple[str, date], record: Record) -> None:
        with self._one_at_a_time:
            try:
                found = _waterfall(self._config, record, key[1])
            except BotError as problem:
                found = {"state": "none", "why": str(problem)}
            except Exception as bug:
                found = {"state": "none", "why": f"The layers could not be found: {type(bug).__name__}."}
        with self._lock:
            self._found[key] = found


def _waterfall(config: Config, record: Record, day: date) -> Mapping[str, Any]:
    """The waterfall by the market and the config that a record is of. Raises BotError."""
    if record.folder is not None:
        manifest = record.folder.json("manifest.json")
        name = str(manifest["market"])
        config = kept_config(manifest["config"], record.name)
        folder = None if name in ("demo", "store") else Path(name)
        market = open_market(config, folder, name if folder is None else "auto")
    else:
        row = record.first("epoch")
        epoch = decode(row) if row else None
        if isinstance(epoch, ConfigPeriod) and epoch.is_history:
            return {"state": "none", "why": f"A {epoch.why} does not tell of which prices it is made."}
        market = open_market(config, None, "store")
    told = signal_at(config, market, day)
    return {"state": "ready", "layers": told["waterfall"], "score": told["supercycle"]}
