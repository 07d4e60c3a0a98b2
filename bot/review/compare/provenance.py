"""How a record was made: its config, data, version, broker and days, as far as it keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.ledger.codec import plain
from bot.review.compare.days import Days
from bot.review.recording import Record

_SHORT = 12
"""Letters of a hash that are shown."""
_NOT_THERE = "not there"


@dataclass(frozen=True, slots=True)
class Making:
    """How a record was made; what it does not keep is None.

    `config` has its values by dotted key, `data` the hash of each series, `config_hashes` the hash of each epoch's
    config in order: a forward ledger keeps no more of it than these.
    """

    name: str
    is_run: bool
    first_day: date | None
    last_day: date | None
    version: str
    brokers: tuple[str, ...]
    cash: str
    market: str | None
    config: Mapping[str, Any] | None
    config_hashes: tuple[str, ...]
    strategy: str | None
    data: Mapping[str, str] | None

    def as_dict(self) -> dict[str, Any]:
        """The making as plain data, without the config itself."""
        return {
            "name": self.name,
            "kind": "run" if self.is_run else "ledger",
            "first_day": _text(self.first_day),
            "last_day": _text(self.last_day),
            "version": self.version,
            "brokers": list(self.brokers),
            "cash": self.cash,
            "market": self.market,
            "config_hashes": list(self.config_hashes),
            "series": None if self.data is None else len(self.data),
        }


@dataclass(frozen=True, slots=True)
class Otherwise:
    """One thing that was different when two records were made; `kind` is config, data, version, broker or start."""

    kind: str
    name: str
    first: str
    second: str

    def as_dict(self) -> dict[str, str]:
        """The difference as plain data."""
        return {"kind": self.kind, "name": self.name, "first": self.first, "second": self.second}


def making_of(record: Record, told: Days) -> Making:
    """How a record was made. Raises LedgerError where its manifest cannot be read."""
    decided = told.decided
    first_day, last_day = (decided[0], decided[-1]) if decided else (None, None)
    if record.folder is None:
        epochs = told.epochs
        return Making(
            record.name,
            False,
            first_day,
            last_day,
            ", ".join(dict.fromkeys(e.version for e in epochs)),
            tuple(dict.fromkeys(e.broker for e in epochs)),
            plain(epochs[0].cash) if epochs else "",
            None,
            None,
            tuple(dict.fromkeys(e.config_hash for e in epochs)),
            None,
            None,
        )
    manifest = record.folder.json("manifest.json")
    data = {symbol: str(series["sha256"]) for symbol, series in manifest["series"].items()}
    return Making(
        record.name,
        True,
        first_day,
        last_day,
        manifest["version"],
        ("simulated",),
        str(manifest["config"]["start_equity"]),
        manifest["market"],
        dict(_flat(manifest["config"])),
        (manifest["config_hash"],),
        manifest.get("strategy_sha256"),
        data,
    )


def made_otherwise(first: Making, second: Making) -> list[Otherwise]:
    """What differs in how two records were made, as far as both keep it."""
    found = [
        *_configs(first, second),
        *_each("data", first.data, second.data, cut=_SHORT),
        *_one("version", "bot", first.version, second.version),
        *_one("broker", "broker", ", ".join(first.brokers), ", ".join(second.brokers)),
        *_one("start", "first day", _text(first.first_day), _text(second.first_day)),
        *_one("start", "money", first.cash, second.cash),
    ]
    if first.is_run and second.is_run:
        found += _one("version", "strategy file", _cut(first.strategy), _cut(second.strategy))
    return found


def not_kept(first: Making, second: Making) -> list[str]:
    """What cannot be compared, because a record does not keep it, in words."""
    notes = []
    for made in (first, second):
        if made.config is None:
            epochs = f"{len(made.config_hashes)} config(s)"
            notes.append(f"{made.name} is a forward ledger: of its {epochs} it keeps a hash, and of its data nothing.")
    return notes


def _configs(first: Making, second: Making) -> Iterator[Otherwise]:
    if first.config is not None and second.config is not None:
        yield from _each("config", first.config, second.config)
    elif first.config_hashes != second.config_hashes:
        yield Otherwise("config", "hash", *(_hashes(made) for made in (first, second)))


def _each(
    kind: str, first: Mapping[str, Any] | None, second: Mapping[str, Any] | None, cut: int | None = None
) -> Iterator[Otherwise]:
    """Each name whose value is another one, or that only one side has."""
    if first is None or second is None:
        return
    for name in sorted({*first, *second}):
        if first.get(name) != second.get(name):
            texts = (str(side[name])[:cut] if name in side else _NOT_THERE for side in (first, second))
            yield Otherwise(kind, name, *texts)


def _one(kind: str, name: str, first: str | None, second: str | None) -> list[Otherwise]:
    return [Otherwise(kind, name, first or _NOT_THERE, second or _NOT_THERE)] if first != second else []


def _flat(config: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """A nested mapping as dotted keys and their values."""
    for key, value in config.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _hashes(made: Making) -> str:
    return ", ".join(digest[:_SHORT] for digest in made.config_hashes)


def _cut(digest: str | None) -> str | None:
    return None if digest is None else digest[:_SHORT]


def _text(day: date | None) -> str | None:
    return None if day is None else str(day)
