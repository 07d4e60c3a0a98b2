"""Keep the queries of signed requests out of the logs of the HTTP libraries."""

from __future__ import annotations

import logging
import re
from typing import Any

_LIBRARIES = ("urllib3", "requests")
_QUERY = re.compile(r"\?[^\s\"')\]>]*")
_SIGNATURE = re.compile(r"(signature|sign)=[^\s&\"')\]>]*", re.IGNORECASE)


def hide_queries() -> None:
    """Replace the query of every URL in the records of the HTTP libraries, at any level, from now on.

    A filter holds for one logger only, and the libraries log from several: `urllib3.connection` writes the whole URL of
    a response with a malformed header as a warning. Every record of every logger comes from the record factory.
    """
    make = logging.getLogRecordFactory()
    if isinstance(make, _RedactingFactory):
        return
    logging.setLogRecordFactory(_RedactingFactory(make))


class _RedactingFactory:
    """Record factory that calls another one, and removes queries from the records of the HTTP libraries."""

    def __init__(self, make: Any) -> None:
        self._make = make

    def __call__(self, name: str, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record: logging.LogRecord = self._make(name, *args, **kwargs)
        if name.split(".", 1)[0] in _LIBRARIES:
            record.msg, record.args = _without_query(record), ()
            # A traceback shows the URL again, as the text of the error.
            record.exc_info, record.exc_text, record.stack_info = None, None, None
        return record


def _without_query(record: logging.LogRecord) -> str:
    try:
        text = record.getMessage()
    except (TypeError, ValueError):
        return "(a message that cannot be formatted)"
    return _SIGNATURE.sub(r"\1=(hidden)", _QUERY.sub("?(hidden)", text))
