"""Deadline of a whole HTTP response: connecting, the headers, any `100 Continue` before them, and the body.

The timeout of a socket restarts with each piece that arrives. A server that sends a header or a `100 Continue` every
few seconds would be waited for forever.
"""

from __future__ import annotations

import io
import socket
import time
from functools import partial
from http.client import HTTPResponse
from typing import Any, ClassVar

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError


class DeadlineExceeded(TimeoutError):
    """The response was still incomplete at its deadline."""


class _TimedReader(io.RawIOBase):
    """Raw reader of a socket that waits until the deadline at most."""

    def __init__(self, raw: io.RawIOBase, connection: socket.socket, ends: float) -> None:
        self._raw, self._connection, self._ends = raw, connection, ends
        self._timeout = connection.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise DeadlineExceeded("the response is too slow")
        is_last = self._timeout is None or left < self._timeout
        self._connection.settimeout(left if is_last else self._timeout)
        try:
            return self._raw.readinto(buffer)
        except TimeoutError:
            if is_last:
                raise DeadlineExceeded("the response is too slow") from None
            raise

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _TimedResponse(HTTPResponse):
    def __init__(self, connection: socket.socket, *args: Any, ends: float, **kwargs: Any) -> None:
        super().__init__(connection, *args, **kwargs)
        raw: Any = self.fp.detach()
        self.fp = io.BufferedReader(_TimedReader(raw, connection, ends))


class _Timed(HTTPConnection):
    """Connection whose deadline begins with connecting, or with the request if it is open already."""

    seconds: ClassVar[float]
    _ends: float | None = None

    def _begin(self) -> float:
        if self._ends is None:
            self._ends = time.monotonic() + self.seconds
        return self._ends

    def connect(self) -> None:
        self._begin()
        super().connect()

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._begin()
        super().request(*args, **kwargs)

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]
        ends, self._ends = self._begin(), None
        self.response_class: Any = partial(_TimedResponse, ends=ends)
        return super().getresponse()

    def close(self) -> None:
        self._ends = None
        super().close()

    def _new_conn(self) -> socket.socket:
        """Try the addresses of the host one by one. urllib3 would wait its whole timeout for each of them."""
        name, timeout = self._dns_host, self.timeout
        try:
            found = socket.getaddrinfo(name, self.port, type=socket.SOCK_STREAM)
        except socket.gaierror as problem:
            raise NameResolutionError(self.host, self, problem) from None
        last: Exception = NewConnectionError(self, "no address")
        try:
            for *_, address in found:
                left = self._begin() - time.monotonic()
                if left <= 0:
                    raise ConnectTimeoutError(self, "the deadline is over")
                self._dns_host = str(address[0])
                self.timeout = min(left, float(timeout)) if isinstance(timeout, int | float) else left
                try:
                    return super()._new_conn()
                except (NewConnectionError, ConnectTimeoutError) as problem:
                    last = problem
        finally:
            self._dns_host = name
        raise last


def set_deadline(adapter: HTTPAdapter, seconds: float) -> None:
    """Give every response of an adapter a deadline.

    Parameters
    ----------
    adapter : HTTPAdapter
        Carrier of a session.
    seconds : float
        Seconds from connecting, or from sending the request on an open connection, to the last byte of the body.
        Looking up the host's name is bounded by the system's resolver.
    """
    plain = type("TimedConnection", (_Timed,), {"seconds": seconds})
    encrypted = type("TimedHTTPSConnection", (_Timed, HTTPSConnection), {"seconds": seconds})
    adapter.poolmanager.pool_classes_by_scheme = {
        "http": type("TimedPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("TimedHTTPSPool", (HTTPSConnectionPool,), {"ConnectionCls": encrypted}),
    }
