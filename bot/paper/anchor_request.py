"""Request of a time-stamp: one POST of a digest to the authority of the config, past a guard of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from bot.core.errors import ConfigError, DataError, NotPublic
from bot.infra.deadline import set_deadline
from bot.paper.exchange_domains import names_exchange
from bot.paper.outgoing_request import refuse_other_address, refuse_other_headers

Ask = Callable[[bytes, bytes], bytes]
"""Sends a request (its body, and the digest that it stamps) and returns the answer's body."""
MOST_BYTES = 200
"""Bytes of a request; one with a SHA-256 digest and a nonce has about 70."""
_MOST_ANSWERED = 64 * 1024
_TIMEOUTS, _DEADLINE = (5.0, 10.0), 20.0
"""Seconds: to connect, between two pieces of the answer, and for all of it. A slow authority must not delay the day."""
_QUERY_TYPE = "application/timestamp-query"
_HEADERS = {
    "accept": re.compile(r"application/timestamp-reply"),
    "accept-encoding": re.compile(r"identity"),
    "connection": re.compile(r"close"),
    "content-length": re.compile(r"[1-9][0-9]{0,2}"),
    "content-type": re.compile(re.escape(_QUERY_TYPE)),
    "user-agent": re.compile(r"small-cap-rotation"),
}
"""Headers of a request, with the pattern of their values."""
_SHAPE = re.compile(
    rb"\x30(?P<length>.)\x02\x01\x01"  # TimeStampReq, version 1
    rb"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"  # imprint by SHA-256
    rb"\x04\x20(?P<digest>.{32})"
    rb"\x02(?P<size>.)(?P<nonce>.{1,9})"
    rb"\x01\x01\xff",  # with the authority's certificates
    re.DOTALL,
)
"""The one form of a request (RFC 3161, section 2.4.1, as DER): no policy, no extension."""


def refuse_unless_timestamp(url: str, digest: bytes, request: requests.PreparedRequest) -> None:
    """Allow the one request of a time-stamp: POST of the digest to the configured address, with fixed headers.

    The check is independent of the sender: it takes the bytes apart as they are sent.

    Parameters
    ----------
    url
        The configured address.
    digest
        SHA-256 digest that is to be stamped, 32 bytes.
    request
        The request.

    Raises
    ------
    NotPublic
        The request is refused. The message shows the host only.
    """
    asked = request.url or ""
    parts = urlsplit(asked)
    where = parts.hostname or "a request"
    if request.method != "POST":
        raise NotPublic("a time-stamp is asked by POST", where=where, expected="POST", was=str(request.method))
    if parts.scheme not in ("http", "https") or "@" in parts.netloc:
        raise NotPublic("a time-stamp is asked over http or https, without a user name", where=where)
    if "?" in asked or "#" in asked:
        raise NotPublic("the address has a query", where=where)
    refuse_other_address(url, asked, where, "a time-stamp")
    refuse_other_headers(_HEADERS, request.headers, where)
    names = {name.lower() for name in request.headers}
    body = request.body
    if not isinstance(body, bytes) or not {"content-type", "content-length"} <= names:
        raise NotPublic("the body is no request of a time-stamp", where=where)
    if request.headers["content-length"] != str(len(body)) or not _stamps(body, digest):
        raise NotPublic("the body is no request of a time-stamp of this digest", where=where)


def _stamps(body: bytes, digest: bytes) -> bool:
    """Return True if a body is a TimeStampReq of the digest, to the last byte."""
    found = _SHAPE.fullmatch(body) if len(body) <= MOST_BYTES else None
    return (
        found is not None
        and found["length"][0] == len(body) - 2
        and found["size"][0] == len(found["nonce"])
        and len(digest) == 32
        and found["digest"] == digest
    )


class TimestampGuard(BaseAdapter):
    """Last step before the network: passes the one allowed request on to its carrier."""

    def __init__(self, url: str, digest: bytes, carrier: BaseAdapter) -> None:
        super().__init__()
        if isinstance(carrier, HTTPAdapter):
            set_deadline(carrier, _DEADLINE)
        self._url, self._digest, self._carrier = url, digest, carrier

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request, or raise NotPublic before the network."""
        refuse_unless_timestamp(self._url, self._digest, request)
        return self._carrier.send(request, *args, **kwargs)

    def close(self) -> None:
        """Close the carrier."""
        self._carrier.close()


def checked_authority(text: str) -> str:
    """Return the address of an authority as it is sent. Raises ConfigError."""
    where = "anchor.authority"
    try:
        url = requests.Request("POST", text).prepare().url or ""
        parts = urlsplit(url)
        is_plain = parts.scheme in ("http", "https") and parts.port != 0 and not set("@?#") & set(text + url)
    except (ValueError, requests.RequestException):
        is_plain, url = False, ""
    if not is_plain or not url.isascii() or len(text.split()) != 1:
        expected = "one address http://... or https://..., without a user name and a query"
        raise ConfigError("is no address of an authority", where=where, expected=expected)
    if names_exchange(url) or names_exchange(text):
        raise ConfigError("is one of an exchange, where no time-stamp is asked", where=where, mend="leave it out")
    return url


def timestamp_session(url: str, digest: bytes, carrier: BaseAdapter | None = None) -> requests.Session:
    """Return the session of one time-stamp. Proxies, cookies and passwords of the environment are off."""
    session = requests.Session()
    session.trust_env = False
    session.headers.clear()
    session.headers.update(
        {
            "User-Agent": "small-cap-rotation",
            "Accept": "application/timestamp-reply",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
    )
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.adapters.clear()
    session.mount("", TimestampGuard(url, digest, carrier or HTTPAdapter()))
    return session


def ask_authority(url: str, body: bytes, digest: bytes, carrier: BaseAdapter | None = None) -> bytes:
    """Ask the authority for a time-stamp and return the body of its answer.

    Raises
    ------
    DataError
        The authority is out of reach, or answers with another status, type or size.
    NotPublic
        The guard refused the request.
    """
    where = urlsplit(url).hostname or "the authority"
    mend = "nothing was written; try again later"
    with timestamp_session(url, digest, carrier) as session:
        try:
            with session.post(
                url,
                data=body,
                headers={"Content-Type": _QUERY_TYPE},
                timeout=_TIMEOUTS,
                allow_redirects=False,
                stream=True,
            ) as response:
                status, kind = response.status_code, response.headers.get("Content-Type", "none")
                answer = response.raw.read(_MOST_ANSWERED + 1) if status == 200 else b""
        except NotPublic:
            raise
        except Exception as problem:  # urllib3 raises its own while a body is read
            raise DataError(f"no answer: {type(problem).__name__}", where=where, mend=mend) from None
    if status != 200:
        raise DataError("refused the request", where=where, expected="HTTP 200", was=f"HTTP {status}", mend=mend)
    if kind.split(";")[0].strip().lower() != "application/timestamp-reply" or len(answer) > _MOST_ANSWERED:
        expected = f"application/timestamp-reply of at most {_MOST_ANSWERED:,} bytes"
        raise DataError("answered with no time-stamp", where=where, expected=expected, was=kind[:80], mend=mend)
    return bytes(answer)
