"""Provenance of a record: config, data, version, broker and days, as far as it keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from bot.core.plural import counted
from bot.ledger.codec import plain
from bot.review.compare.days import Days
from bot.review.recording import Record

_SHORT = 12
"""Letters of a hash that are shown."""
_NOT_THERE = "not there"
_STRATEGY = "strategy file"
_NAMES_OF_STRATEGY = ("strategy.file", "strategy.name")
"""Config keys that name the strategy."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Provenance of a record; a value that the record lacks stays empty.

    `config` has its values by dotted key, `data` the hash of each series. `config_hashes` has the hash of each period's
    config in order, which is all that a forward ledger keeps of it.
    """

    name: str
    is_run: bool
    first_day: date | None
    last_day: date | None
    version: str
    brokers: tuple[str, ...]
    cash: str
    market: str | None
    config: Mapping[str, object] | None
    config_hashes: tuple[str, ...]
    strategy: str | None
    data: Mapping[str, str] | None

    def as_dict(self) -> dict[str, object]:
        """Format the provenance as JSON, less the values of the config."""
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
class ProvenanceDiff:
    """A difference in provenance; `kind` is config, data, version, strategy file, broker or start."""

    kind: str
    name: str
    first: str
    second: str

    def as_dict(self) -> dict[str, str]:
        """Format the difference as JSON."""
        return {"kind": self.kind, "name": self.name, "first": self.first, "second": self.second}


def provenance_of(record: Record, days: Days) -> Provenance:
    """Read the provenance of a record. Raises LedgerError for an unreadable manifest."""
    decided = days.decided
    first_day, last_day = (decided[0], decided[-1]) if decided else (None, None)
    if record.folder is None:
        epochs = days.epochs
        return Provenance(
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
    return Provenance(
        record.title,
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


def provenance_diffs(first: Provenance, second: Provenance) -> list[ProvenanceDiff]:
    """List the differences in provenance, as far as both records keep it."""
    found = [
        *_configs(first, second),
        *_each("data", first.data, second.data, cut=_SHORT),
        *_one("version", "bot", first.version, second.version),
        *_one("broker", "broker", ", ".join(first.brokers), ", ".join(second.brokers)),
        *_one("start", "first day", _text(first.first_day), _text(second.first_day)),
        *_one("start", "money", first.cash, second.cash),
    ]
    if not (first.is_run and second.is_run) or first.strategy == second.strategy:
        return found
    # The config names the file: that is a part of the difference between the files, and no other cause.
    found = [replace(one, kind=_STRATEGY) if one.name in _NAMES_OF_STRATEGY else one for one in found]
    return [*found, *_one(_STRATEGY, "strategy file", _cut(first.strategy), _cut(second.strategy))]


def unknown_provenance(first: Provenance, second: Provenance) -> list[str]:
    """List, as sentences, the parts of the provenance that a record lacks."""
    notes = []
    for made in (first, second):
        if made.config is None:
            configs = counted(len(made.config_hashes), "config")
            notes.append(f"{made.name} is a forward ledger: it keeps a hash of {configs}, and no hash of its data.")
    return notes


def _configs(first: Provenance, second: Provenance) -> Iterator[ProvenanceDiff]:
    if first.config is not None and second.config is not None:
        yield from _each("config", first.config, second.config)
    elif first.config_hashes != second.config_hashes:
        yield ProvenanceDiff("config", "hash", *(_hashes(made) for made in (first, second)))


def _each(
    kind: str, first: Mapping[str, object] | None, second: Mapping[str, object] | None, cut: int | None = None
) -> Iterator[ProvenanceDiff]:
    """Find the names with different values, or on one side alone."""
    if first is None or second is None:
        return
    for name in sorted({*first, *second}):
        if first.get(name) != second.get(name):
            texts = (str(side[name])[:cut] if name in side else _NOT_THERE for side in (first, second))
            yield ProvenanceDiff(kind, name, *texts)


def _one(kind: str, name: str, first: str | None, second: str | None) -> list[ProvenanceDiff]:
    return [ProvenanceDiff(kind, name, first or _NOT_THERE, second or _NOT_THERE)] if first != second else []


def _flat(config: Mapping[str, object], above: str = "") -> Iterator[tuple[str, object]]:
    """Flatten a nested mapping to dotted keys."""
    for key, value in config.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _hashes(made: Provenance) -> str:
    return ", ".join(digest[:_SHORT] for digest in made.config_hashes)


def _cut(digest: str | None) -> str | None:
    return None if digest is None else digest[:_SHORT]


def _text(day: date | None) -> str | None:
    return None if day is None else str(day)
