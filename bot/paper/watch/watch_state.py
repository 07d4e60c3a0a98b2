"""State file of a watch: what was sent, and alerts that are still to be delivered."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bot.core.errors import LedgerError
from bot.ledger.text_file import write_state_text
from bot.paper.watch.watch_alerts import Alert, AlertKind, SentAlerts
from bot.services.markets import chosen
from bot.settings.loader import Config

_FORMAT = 1
_FIELDS = ("kind", "day", "title", "text")
OUTPUT = "output"
"""Mark of standard output among the addresses of a pending alert."""


@dataclass(frozen=True, slots=True)
class PendingAlert:
    """An alert that `address` still lacks: the mark of an address, "" for all of them, or `OUTPUT`."""

    alert: Alert
    address: str


def watch_path(config: Config, data_dir: Path | None, market: str) -> Path:
    """Return the state file of a watch: one for each rule, by the hash of the config, and market."""
    name = "folder" if data_dir is not None else market
    if data_dir is not None:
        name += f"-{data_dir.resolve().name}"
    kept = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name)[:60]
    return config.state / "watch" / f"{config.fingerprint()[:12]}-{kept}.json"


def read_state(path: Path) -> tuple[SentAlerts, list[PendingAlert]]:
    """Read the state of a watch, which is new if the file is missing. Raises LedgerError for a damaged file."""
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        if plain["format"] != _FORMAT:
            raise ValueError("another format")
        sent = SentAlerts(
            date.fromisoformat(plain["day"]) if plain["day"] is not None else None,
            str(plain["stage"]),
            *(_days(plain[name]) for name in ("near", "stale", "looks")),
        )
        return sent, [PendingAlert(_alert(one["alert"]), str(one["address"])) for one in plain["pending"]]
    except FileNotFoundError:
        return SentAlerts(), []
    except OSError as problem:
        raise LedgerError(f"cannot be read: {problem.strerror}", where=str(path)) from None
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        mend = "move it away; the next watch begins anew and repeats the alerts that still hold"
        raise LedgerError("is no state of a watch", where=str(path), mend=mend) from None


def write_state(path: Path, sent: SentAlerts, pending: list[PendingAlert]) -> None:
    """Write the state of a watch in one step. Raises LedgerError."""
    plain = {
        "format": _FORMAT,
        "day": None if sent.day is None else sent.day.isoformat(),
        "stage": sent.stage,
        "near": dict(sent.near),
        "stale": dict(sent.stale),
        "looks": dict(sent.looks),
        "pending": [{"alert": one.alert.as_dict(), "address": one.address} for one in pending],
    }
    write_state_text(path, json.dumps(plain, indent=1) + "\n")
    os.chmod(path, 0o600)  # noqa: PTH101 - marks of addresses are for this user alone


def market_of_watch(config: Config, data_dir: Path | None, market: str) -> str:
    """Return the market that a watch reads: a folder, "demo", or "store", which `auto` fills first."""
    return "store" if data_dir is None and market == "auto" else chosen(config, data_dir, market)


def _alert(plain: Mapping[str, Any]) -> Alert:
    figures = {name: value for name, value in plain.items() if name not in _FIELDS}
    day = date.fromisoformat(plain["day"])
    return Alert(AlertKind(plain["kind"]), day, str(plain["title"]), str(plain["text"]), figures)


def _days(plain: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): date.fromisoformat(day).isoformat() for name, day in plain.items()}
