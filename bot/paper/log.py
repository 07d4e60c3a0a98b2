"""Log of the daemon: a rotated file, as text or as one JSON object a line, with secrets removed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC
from typing import TYPE_CHECKING

from bot.core.errors import LedgerError
from bot.core.moments import iso
from bot.core.text import printable
from bot.infra.write_access import write_error
from bot.settings.loader import Config

if TYPE_CHECKING:
    from loguru import Record

_TEXT = "{time:YYYY-MM-DD HH:mm:ss!UTC} | {level: <8} | {message}\n"


def open_log(config: Config, ledger: str, hide: Callable[[str], str]) -> None:
    """Write all further log messages to bot.log alone; the daemon itself writes to the terminal.

    `hide` removes secrets from each message. Raises LedgerError if the file fails to open.
    """
    from loguru import logger

    def line(record: Record) -> str:
        message = record["message"] = printable(hide(record["message"]), kept="\n\t")
        if config.paper.log == "text":
            return _TEXT
        fields = {"time": iso(record["time"].astimezone(UTC)), "level": record["level"].name, "message": message}
        record["extra"]["line"] = json.dumps({**fields, "ledger": ledger})
        return "{extra[line]}\n"

    path = config.state / "bot.log"
    # diagnose and backtrace would write the values of variables, which may be secrets.
    logger.remove()
    try:
        logger.add(path, format=line, rotation="5 MB", retention=5, diagnose=False, backtrace=False)
    except OSError as problem:
        raise write_error(LedgerError, path, problem) from None
