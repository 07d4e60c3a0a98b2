"""Check that a network is there, before a command spends minutes on retries."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from bot.infra.vendor_errors import Unreachable

_HTTPS = 443
_PATIENCE = 5.0
"""Seconds for all hosts together: name servers that are absent answer no sooner."""

Connect = Callable[[str, float], None]
"""Connects to a host within seconds. Raises OSError."""


def require_network(hosts: Mapping[str, str], connect: Connect | None = None, patience: float = _PATIENCE) -> None:
    """Raise Unreachable unless one of the hosts accepts a connection, which is closed at once.

    Parameters
    ----------
    hosts
        Hosts by the vendor's printed name.
    connect
        Connects to a host; by default over TCP on the port of https.
    patience
        Seconds for all hosts together, the look-up of their names included.
    """
    outcomes: queue.Queue[bool] = queue.Queue()

    def attempt(host: str) -> None:
        reached = False
        with suppress(OSError):
            (connect or _connect)(host, patience)
            reached = True
        outcomes.put(reached)

    # Daemons: the look-up of a name has no timeout of its own, and must not keep the command from ending.
    for host in hosts.values():
        threading.Thread(target=attempt, args=(host,), daemon=True).start()
    ends = time.monotonic() + patience
    with suppress(queue.Empty):
        for _ in hosts:
            if outcomes.get(timeout=max(ends - time.monotonic(), 0)):
                return
    *first, last = hosts
    named = f"{', '.join(first)} and {last}" if first else last
    raise Unreachable(
        f"No network: {named} could not be reached",
        mend="connect and run the same command again, or import files with: bot data import FOLDER",
    )


def _connect(host: str, seconds: float) -> None:
    # No byte is sent, so no request can leave this way, past the guards of the sessions.
    socket.create_connection((host, _HTTPS), timeout=seconds).close()
