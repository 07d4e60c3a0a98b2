"""Packed text of a page: base64 of gzip, which the page's script unpacks with the browser's own functions."""

from __future__ import annotations

import gzip
from base64 import b64encode


def packed(data: bytes) -> str:
    """Return data as base64 of its gzip. Equal data gives equal text: the time stamp is left out."""
    return b64encode(gzip.compress(data, mtime=0)).decode("ascii")
