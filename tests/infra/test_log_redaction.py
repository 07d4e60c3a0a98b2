"""Queries stay out of every record of the HTTP libraries, whichever logger and level."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from bot.infra.log_redaction import hide_queries

URL = "https://demo.example/api/v3/order?symbol=ETHUSDT&signature=0badf00d"


@pytest.fixture
def kept() -> Iterator[io.StringIO]:
    """Text of a handler on the root logger, and the record factory as it was before."""
    text, make, root = io.StringIO(), logging.getLogRecordFactory(), logging.getLogger()
    handler = logging.StreamHandler(text)
    root.addHandler(handler)
    yield text
    root.removeHandler(handler)
    logging.setLogRecordFactory(make)


@pytest.mark.parametrize("level", [logging.DEBUG, logging.WARNING, logging.CRITICAL])
@pytest.mark.parametrize("name", ["urllib3.connection", "urllib3.connectionpool", "urllib3.a.new.one", "requests"])
def test_no_query_of_any_logger_is_kept(kept: io.StringIO, name: str, level: int) -> None:
    logger = logging.Logger(name, logging.DEBUG)
    logger.parent = logging.getLogger()
    hide_queries()
    hide_queries()
    try:
        raise OSError(f"no answer of {URL}")
    except OSError:
        logger.log(level, "Failed to parse headers (url=%s), body %r", URL, "sign=0badf00d", exc_info=True)
    assert "Failed to parse headers (url=https://demo.example/api/v3/order?(hidden))" in kept.getvalue()
    assert "0badf00d" not in kept.getvalue()


def test_other_loggers_are_left_as_they_are(kept: io.StringIO) -> None:
    hide_queries()
    logging.getLogger("somebody").warning("why? %s", "because")
    assert "why? because" in kept.getvalue()
