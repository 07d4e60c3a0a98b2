"""HTTP server of the dashboard, in a thread of its own."""

from __future__ import annotations

import ipaddress
import socket
import threading
from types import TracebackType
from typing import Self

import uvicorn

from bot.core.errors import ConfigError
from bot.web.access import AccessControl, AccessToken
from bot.web.app import app_of
from bot.web.bounded_connection import BoundedConnection
from bot.web.site import Site

_SHORTEST_TOKEN = 16
_AT_ONCE = 64
"""Requests that are answered at one time; more get status 503."""


class DashboardServer:
    """Server that listens from its creation on, and answers inside its `with` block; port 0 takes a free port.

    Raises ConfigError if the port is taken, or if an address beyond this machine has no token.
    """

    def __init__(self, site: Site, host: str = "127.0.0.1", port: int = 0, token: str | None = None) -> None:
        key = _key(host, token)
        self.needs_token = key is not None
        # Bound here rather than by the server's thread, so that a taken port is an error of the command.
        self._socket = _listening(host, port)
        self.host, self.port = host, int(self._socket.getsockname()[1])
        hosts = _names(self.port) if _is_this_machine(host) else None
        config = uvicorn.Config(
            AccessControl(app_of(site), hosts, key),
            http=BoundedConnection,
            log_config=None,
            access_log=False,
            server_header=False,
            ws="none",
            lifespan="off",
            proxy_headers=False,  # a header that any client can write must not change the address seen here
            limit_concurrency=_AT_ONCE,
            timeout_graceful_shutdown=1,  # an open page polls for ever
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    @property
    def url(self) -> str:
        """URL of the start page."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()


def _key(host: str, token: str | None) -> AccessToken | None:
    if token is not None and len(token) < _SHORTEST_TOKEN:
        raise ConfigError("is too short", where="--token", expected=f"{_SHORTEST_TOKEN} characters or more")
    if token is None and not _is_this_machine(host):
        raise ConfigError(
            "others could read the ledgers",
            where=f"--host {host}",
            mend="name a token in BOT_DASHBOARD_TOKEN, or stay on 127.0.0.1",
        )
    return None if token is None else AccessToken(token)


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _names(port: int) -> frozenset[str]:
    """Return the host headers that a browser on this machine sends."""
    names = ("127.0.0.1", "localhost", "[::1]")
    # Browsers leave out port 80.
    return frozenset(f"{name}:{port}" for name in names) | (frozenset(names) if port == 80 else frozenset())


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        # A restart within a minute would find its own port still closing.
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen()
    except OSError as problem:
        found.close()
        raise ConfigError(
            f"port {port} of {host} cannot be listened on", was=problem.strerror, mend="name another with --port"
        ) from None
    return found
