"""Guard of requests to Binance's public archive: GET of its files and of its listing alone.

Its hosts and paths are constants of this module, so that a wrong address of the sender is refused here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from bot.core.errors import NotPublic

FILES_HOST, LISTING_HOST = "data.binance.vision", "s3-ap-northeast-1.amazonaws.com"
"""Pinned hosts: the files, and the listing of the bucket that has them."""
_FILE = re.compile(
    r"/data/spot/(?:monthly/klines/([A-Z0-9]{2,30})/1d/\1-1d-\d{4}-\d{2}"
    r"|daily/klines/([A-Z0-9]{2,30})/1d/\2-1d-\d{4}-\d{2}-\d{2})\.zip(?:\.CHECKSUM)?",
    re.ASCII,
)
_LISTING_PATH = "/data.binance.vision"
_LISTING_VALUES = {
    "delimiter": re.compile(r"/"),
    "prefix": re.compile(r"data/spot/(monthly|daily)/klines/([A-Z0-9]{2,30}/1d/)?", re.ASCII),
    # A marker is a key of the listing itself; keys of other alphabets than Latin are in it too.
    "marker": re.compile(r"data/spot/(monthly|daily)/klines/[\w\-./]{0,120}"),
}
"""Query keys of the listing, with the pattern of their values."""
_HEADERS = {"accept", "accept-encoding", "connection", "user-agent"}


def refuse_unless_archive(method: str | None, url: str | None, headers: Mapping[str, object], body: object) -> None:
    """Allow only a GET of a daily-candle file, of its checksum, or of the bucket's listing.

    Parameters
    ----------
    method, url : str, optional
        Request line as it is sent.
    headers : mapping
        Headers of the request.
    body : object, optional
        Body of the request; one that is set is refused.

    Raises
    ------
    NotPublic
        The request is refused. The message shows the host only.
    """
    parts = urlsplit(url or "")
    where = parts.hostname or "a request"
    if method != "GET":
        raise NotPublic("only GET requests are allowed", where=where, expected="GET", was=str(method))
    if parts.scheme != "https":
        raise NotPublic("the request is not encrypted", where=where, expected="https", was=parts.scheme or "none")
    # The whole authority: a user name, a port or a look-alike host differs from the pinned text.
    if parts.netloc not in (FILES_HOST, LISTING_HOST):
        shown = "a host with a user name" if "@" in parts.netloc else parts.netloc
        raise NotPublic("the host is not on the allow-list", expected=f"{FILES_HOST} or {LISTING_HOST}", was=shown)
    if not _is_known_address(url or ""):
        raise NotPublic("is no file and no listing of daily candles", where=where)
    for name in headers:
        if name.lower() not in _HEADERS:
            raise NotPublic("the header is not on the allow-list", where=where, was=str(name))
    if body is not None:
        raise NotPublic("a public request must not have a body", where=where)


def _is_known_address(url: str) -> bool:
    """Compare the path, and for the listing the query, with the patterns."""
    # Characters that servers and clients read differently are refused before the URL is taken apart.
    if not url.isascii() or re.search(r"[\s\\;#@]", url):
        return False
    parts = urlsplit(url)
    if parts.netloc == FILES_HOST:
        return bool(_FILE.fullmatch(parts.path)) and url == f"https://{FILES_HOST}{parts.path}"
    try:
        query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        return False
    keys = [key for key, _ in query]
    return (
        parts.path == _LISTING_PATH
        and len(keys) == len(set(keys))
        and {"delimiter", "prefix"} <= set(keys)
        and all(key in _LISTING_VALUES and _LISTING_VALUES[key].fullmatch(value) for key, value in query)
        and ".." not in parts.query
    )
