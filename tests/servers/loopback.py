"""A server on the loopback with a script of faults, and the faults."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from bot.infra.clock import SystemClock


@dataclass(frozen=True)
class Reply:
    """What is sent back; `cut` bytes of the body are held back though announced, `drip` waits before each byte."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int = 0
    drip: float = 0.0
    hang_up: bool = False


@dataclass(frozen=True)
class Asked:
    """One request as the server saw it."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: str = ""


def as_json(value: Any, status: int = 200) -> Reply:
    """A reply of JSON."""
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json"})


def status(code: int, retry_after: str | None = None, body: str = "") -> Reply:
    """A reply of one status, which may name when to come back."""
    return Reply(code, body.encode(), {} if retry_after is None else {"Retry-After": retry_after})


def html(code: int = 200) -> Reply:
    """A page where data was expected: a captive portal, a maintenance page."""
    return Reply(code, b"<!DOCTYPE html><html><body>Hello</body></html>", {"Content-Type": "text/html"})


def cut_off(body: bytes = b'{"chart": {"result": [{"meta": {') -> Reply:
    """The beginning of an answer, complete to HTTP, broken to whoever reads it."""
    return Reply(200, body, {"Content-Type": "application/json"})


def interrupted() -> Reply:
    """An answer whose connection ends before the announced length."""
    return Reply(200, b'{"chart": {}}', cut=5)


def dripping(seconds: float = 0.1) -> Reply:
    """An answer that comes a byte at a time, long enough for any patience to end."""
    return Reply(200, b" " * 300 + b"{}", {"Content-Type": "application/json"}, drip=seconds)


def dropped() -> Reply:
    """No answer at all: the connection ends."""
    return Reply(hang_up=True)


class _Handler(BaseHTTPRequestHandler):
    # Written in small pieces, an answer would wait for the client's delayed acknowledgement.
    wbufsize = -1
    server: _Threads

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode(errors="surrogateescape")
        asked = Asked(self.command, unquote(parts.path), query, dict(self.headers), body)
        reply = self.server.owner.reply(asked)
        if reply.hang_up:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response_only(reply.status)
        self.send_header("Date", format_datetime(self.server.owner.now(), usegmt=True))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if not reply.drip:
            self.wfile.write(reply.body[: len(reply.body) - reply.cut])
            return
        for byte in reply.body:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(reply.drip)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class _Threads(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    owner: LoopbackServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left is no error; anything else is, and is kept for the test to see."""
        import sys

        problem = sys.exception()
        if not isinstance(problem, OSError):
            self.owner.problems.append(problem)


class LoopbackServer:
    """A server on a free port of 127.0.0.1 until the end of its `with` block."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.faults: defaultdict[str, list[Reply]] = defaultdict(list)
        self.problems: list[BaseException | None] = []
        self.date: datetime | None = None
        """The server's own clock, as its Date header tells it; None is this machine's."""
        self._threads = _Threads(("127.0.0.1", 0), _Handler)
        self._threads.owner = self
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._threads.server_address[1]}"

    def now(self) -> datetime:
        """The time that the server believes it is."""
        return self.date or SystemClock().now()

    def fail(self, *replies: Reply, path: str = "/") -> None:
        """Answer the next requests under a path with these, one each."""
        self.faults[path].extend(replies)

    def reply(self, asked: Asked) -> Reply:
        """The next fault that is in store for this path, or what the book says."""
        with self._lock:
            self.asked.append(asked)
            for path, replies in self.faults.items():
                if asked.path.startswith(path) and replies:
                    return replies.pop(0)
        return self.answer(asked)

    def answer(self, asked: Asked) -> Reply:
        """What the book says."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        threading.Thread(target=self._threads.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown()
        self._threads.server_close()
        assert self.problems == [], f"the server itself failed: {self.problems}"
