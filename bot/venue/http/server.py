"""The exchange on a port of 127.0.0.1.

with VenueServer(exchange) as venue:
    client = ccxt.binance({"urls": {"test": {"public": venue.api, "private": venue.api}}, ...})
"""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from bot.core.invariants import not_none
from bot.venue.http.admin import PREFIX as CONTROL
from bot.venue.http.admin import AdminApi
from bot.venue.http.injected_faults import HTML, FaultQueue, InjectedFault, InjectedKind
from bot.venue.http.rest import PREFIX, IncomingRequest, Reply, Rest, as_json, refused
from bot.venue.http.weights import RequestLimits
from bot.venue.matching.exchange import Exchange

HOST = "127.0.0.1"
_LONGEST_BODY = 1_000_000
_IDLE_SECONDS = 60


class VenueServer:
    """Listens from its beginning, and answers until the end of its `with` block; port 0 is any that is free.

    `exchange`, `rest` and `faults` may be used beside the wire while `lock` is held. Raises OSError if the port is
    taken.
    """

    def __init__(
        self, exchange: Exchange, port: int = 0, faults: FaultQueue | None = None, limits: RequestLimits | None = None
    ) -> None:
        self.exchange, self.faults = exchange, faults or FaultQueue()
        self.rest = Rest(exchange, limits)
        self.lock = threading.Lock()
        self.problems: list[BaseException] = []
        """What went wrong inside the server itself; anything here is a bug."""
        self._control = AdminApi(self.rest, self.faults)
        self._threads = _Threads(self, port)

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._threads.server_address[:2]
        return f"http://{host!s}:{port}"

    @property
    def api(self) -> str:
        """Where its REST is, as a client's base address."""
        return self.url + PREFIX.rstrip("/")

    def is_foreign(self, asked: IncomingRequest) -> bool:
        """Whether a request comes from a web page, or was meant for another host that was led here."""
        return "origin" in asked.headers or asked.headers.get("host") != self.url.removeprefix("http://")

    def answer(self, asked: IncomingRequest) -> tuple[Reply | None, InjectedKind | None]:
        """The answer to a request, None for none at all, and what goes wrong as it is sent."""
        if self.is_foreign(asked):
            return as_json({"error": "only this machine's own programs are served"}, 403), None
        if asked.path.startswith(CONTROL):
            with self.lock:
                return self._control.answer(asked), None
        with self.lock:
            fault = self.faults.next(asked.method, asked.path.removeprefix(PREFIX))
            answer = self.rest.answer(asked) if fault is None or fault.is_carried_out else None
        if fault is None:
            return answer, None
        time.sleep(fault.seconds)
        if fault.kind is InjectedKind.DELAY and answer is None:
            with self.lock:
                return self.rest.answer(asked), None
        return _spoilt(answer, fault), fault.kind

    def start(self) -> None:
        """Answer from now on, in threads of its own."""
        threading.Thread(target=self._threads.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Hang up on everybody and let the port go."""
        self._threads.shutdown()
        self._threads.server_close()
        self._threads.hang_up()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _spoilt(answer: Reply | None, fault: InjectedFault) -> Reply | None:
    """What a client sees of an answer after a fault."""
    match fault.kind:
        case InjectedKind.DROP:
            return None
        case InjectedKind.ERROR:
            return refused(fault.refusal)
        case InjectedKind.HTML:
            return Reply(200, HTML, {"Content-Type": "text/html"})
        case InjectedKind.EMPTY:
            return Reply(200, b"", {"Content-Type": "application/json;charset=UTF-8"})
    answer = not_none(answer, "the answer to a request that was carried out")
    if fault.kind is InjectedKind.TRUNCATED:
        return Reply(answer.status, answer.body[: len(answer.body) // 2], answer.headers)
    return answer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Written in small pieces, an answer would wait for the client's delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = _IDLE_SECONDS
    server: _Threads

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _LONGEST_BODY or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._send(as_json({"error": "a body needs a length, and not a great one"}, 413))
            return
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(length)).decode("utf-8", "replace")
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer, spoilt = self.server.venue.answer(IncomingRequest(self.command, path, query, body, headers))
        if answer is None:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        for _ in range(2 if spoilt is InjectedKind.DUPLICATE else 1):
            self._send(answer)

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def _send(self, answer: Reply) -> None:
        self.send_response_only(answer.status)
        self.send_header("Date", format_datetime(self.server.venue.exchange.clock.wire(), usegmt=True))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class _Threads(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, venue: VenueServer, port: int) -> None:
        super().__init__((HOST, port), _Handler)
        self.venue = venue
        self._open: set[socket.socket] = set()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection, and remember it while it lasts."""
        self._open.add(request)
        try:
            super().finish_request(request, client_address)
        finally:
            self._open.discard(request)

    def hang_up(self) -> None:
        """End the connections that clients keep open, so that no thread answers for a server that is gone."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left is no error; anything else is kept for whoever looks."""
        problem = sys.exception()
        if problem is not None and not isinstance(problem, OSError):
            self.venue.problems.append(problem)
