"""Serve the exchange on a port of 127.0.0.1.

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
from bot.venue.http.admin import PREFIX as ADMIN_PREFIX
from bot.venue.http.admin import AdminApi
from bot.venue.http.injected_faults import HTML, FaultQueue, InjectedFault, InjectedKind
from bot.venue.http.rest import PREFIX, IncomingRequest, Reply, Rest, as_json, refusal_reply
from bot.venue.http.weights import RequestLimits
from bot.venue.matching.exchange import Exchange

HOST = "127.0.0.1"
_LONGEST_BODY = 1_000_000
_IDLE_SECONDS = 60
_FOR_BROWSERS = (("Cross-Origin-Resource-Policy", "same-origin"), ("X-Content-Type-Options", "nosniff"))
"""Headers by which a browser keeps an answer from pages of other sites."""


class VenueServer:
    """HTTP server that listens from its creation and answers inside its `with` block.

    Hold `lock` to use `exchange`, `rest` or `faults` directly while it runs. Raises OSError if the port is in use.

    Parameters
    ----------
    exchange : Exchange
        Exchange to serve.
    port : int
        Port on 127.0.0.1; 0 picks a free one.
    faults : FaultQueue, optional
        Faults to inject.
    limits : RequestLimits, optional
        Request limits, by default those of Binance.
    """

    def __init__(
        self, exchange: Exchange, port: int = 0, faults: FaultQueue | None = None, limits: RequestLimits | None = None
    ) -> None:
        self.exchange, self.faults = exchange, faults or FaultQueue()
        self.rest = Rest(exchange, limits)
        self.lock = threading.Lock()
        self.problems: list[BaseException] = []
        """Errors inside the server itself. Any entry is a bug."""
        self._admin = AdminApi(self.rest, self.faults)
        self._threads = _Threads(self, port)

    @property
    def url(self) -> str:
        """Base URL of the server."""
        host, port = self._threads.server_address[:2]
        return f"http://{host!s}:{port}"

    @property
    def api(self) -> str:
        """Base URL of the REST API for a client."""
        return self.url + PREFIX.rstrip("/")

    def is_foreign(self, request: IncomingRequest) -> bool:
        """Return True for a request from a web page, or for another host name that resolves to this machine."""
        # A page reads across sites without an Origin, as an image or a script. Browsers then send where it comes from;
        # an address typed in by the user comes from "none".
        is_embedded = request.headers.get("sec-fetch-site", "none") != "none" or "referer" in request.headers
        is_from_page = is_embedded or "origin" in request.headers
        return is_from_page or request.headers.get("host") != self.url.removeprefix("http://")

    def answer(self, request: IncomingRequest) -> tuple[Reply | None, InjectedKind | None]:
        """Answer a request.

        Returns
        -------
        tuple of Reply and InjectedKind
            Response, None to close the connection; and the fault of its sending, None for a plain one.
        """
        if self.is_foreign(request):
            return as_json({"error": "only programs on this machine are served"}, 403), None
        if request.path.startswith(ADMIN_PREFIX):
            with self.lock:
                return self._admin.answer(request), None
        with self.lock:
            fault = self.faults.next(request.method, request.path.removeprefix(PREFIX))
            answer = self.rest.answer(request) if fault is None or fault.is_carried_out else None
        if fault is None:
            return answer, None
        # Outside the lock: other clients go on while one waits.
        time.sleep(fault.seconds)
        if fault.kind is InjectedKind.DELAY and answer is None:
            with self.lock:
                return self.rest.answer(request), None
        return _apply_fault(answer, fault), fault.kind

    def start(self) -> None:
        """Start answering, in threads of its own."""
        threading.Thread(target=self._threads.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Close all connections and release the port."""
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


def _apply_fault(answer: Reply | None, fault: InjectedFault) -> Reply | None:
    """Return the response that a client sees after a fault."""
    match fault.kind:
        case InjectedKind.DROP:
            return None
        case InjectedKind.ERROR:
            return refusal_reply(fault.refusal)
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
    # A response in small writes waits for the client's delayed acknowledgement: 44 ms a call on loopback.
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = _IDLE_SECONDS
    server: _Threads

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        # A body of unknown length would leave its rest in the connection, as the next request.
        if not length.isdecimal() or int(length) > _LONGEST_BODY or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._send(as_json({"error": "the body needs a Content-Length of at most 1,000,000"}, 413))
            return
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(length)).decode("utf-8", "replace")
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer, fault = self.server.venue.answer(IncomingRequest(self.command, path, query, body, headers))
        if answer is None:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        for _ in range(2 if fault is InjectedKind.DUPLICATE else 1):
            self._send(answer)

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def _send(self, answer: Reply) -> None:
        # The date of the exchange's clock, which clients compare their own with.
        self.send_response_only(answer.status)
        self.send_header("Date", format_datetime(self.server.venue.exchange.clock.server_time(), usegmt=True))
        for name, value in (*_FOR_BROWSERS, *answer.headers.items()):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """Discard the message."""


class _Threads(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, venue: VenueServer, port: int) -> None:
        super().__init__((HOST, port), _Handler)
        self.venue = venue
        self._open: set[socket.socket] = set()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection and keep it in the list of open ones."""
        self._open.add(request)
        try:
            super().finish_request(request, client_address)
        finally:
            self._open.discard(request)

    def hang_up(self) -> None:
        """Close the connections that clients keep alive: their threads would answer after the server has stopped."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep errors other than a closed connection in `problems`."""
        problem = sys.exception()
        if problem is not None and not isinstance(problem, OSError):
            self.venue.problems.append(problem)
