"""The daemon's log: a file that is rotated, as text or as one JSON object a line, with no secret in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC
from typing import TYPE_CHECKING

from bot.brokers.keys import KEY_NAMES
from bot.config import Config
from bot.core.moments import iso
from bot.notifying import ADDRESSES

if TYPE_CHECKING:
    from loguru import Record

_TEXT = "{time:YYYY-MM-DD HH:mm:ss!UTC} | {level: <8} | {message}\n"


def open_log(config: Config, ledger: str, environment: Mapping[str, str]) -> None:
    """Write what is logged from now on to bot.log, and nothing to the terminal, which is told otherwise.

    Whatever a message holds of the environment's keys and addresses is hidden.
    """
    from loguru import logger

    secrets = _secrets(environment)

    def line(record: Record) -> str:
        message = record["message"]
        for secret in secrets:
            message = message.replace(secret, "(hidden)")
        record["message"] = message
        if config.paper.log == "text":
            return _TEXT
        told = {"time": iso(record["time"].astimezone(UTC)), "level": record["level"].name, "message": message}
        record["extra"]["line"] = json.dumps({**told, "ledger": ledger})
        return "{extra[line]}\n"

    logger.remove()
    logger.add(config.state / "bot.log", format=line, rotation="5 MB", retention=5, diagnose=False, backtrace=False)


def _secrets(environment: Mapping[str, str]) -> list[str]:
    """Keys, and addresses, whole; the longest first, since one may be part of another."""
    keys = [environment.get(name, "").strip() for pair in KEY_NAMES.values() for name in pair]
    return sorted({secret for secret in (*keys, *environment.get(ADDRESSES, "").split()) if secret}, key=len)[::-1]
