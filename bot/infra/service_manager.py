"""Messages to systemd: ready, alive and stopping, as `sd_notify` sends them."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress

SOCKET, INTERVAL, PROCESS = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"
"""Environment variables that systemd sets for a service (sd_notify(3), sd_watchdog_enabled(3))."""
_MICROSECONDS = 1_000_000


class ServiceManager:
    """Sender of datagrams to the socket of systemd. Outside a service every message is dropped.

    Parameters
    ----------
    environment
        Variables of the process.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._address = _address_of(environment.get(SOCKET, ""))
        self.watchdog_seconds = _interval_of(environment) if self._address else None

    @property
    def longest_pause(self) -> float | None:
        """Half of the watchdog's interval in seconds, as systemd recommends, while the watchdog is on."""
        return None if self.watchdog_seconds is None else self.watchdog_seconds / 2

    def ready(self) -> None:
        """Report that the service has started."""
        self._send("READY=1")

    def alive(self, status: str = "") -> None:
        """Report a sign of life, with a line for `systemctl status`."""
        lines = ["WATCHDOG=1", *([f"STATUS={status.splitlines()[0]}"] if status else [])]
        self._send("\n".join(lines))

    def stopping(self) -> None:
        """Report an orderly stop."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if self._address is None:
            return
        # A manager that reads slowly or is gone must not delay a tick: the watchdog then restarts the service.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.setblocking(False)
            sender.sendto(message.encode(), self._address)


def _address_of(path: str) -> bytes | None:
    """Return the address of a socket: a path, or a name in the abstract namespace, which begins with @."""
    if path[:1] not in ("/", "@"):
        return None
    return (b"\0" + os.fsencode(path[1:])) if path.startswith("@") else os.fsencode(path)


def _interval_of(environment: Mapping[str, str]) -> float | None:
    text, process = environment.get(INTERVAL, ""), environment.get(PROCESS, "")
    # Of another process: a parent that was watched passed its environment on.
    if not (text.isascii() and text.isdecimal()) or (process and process != str(os.getpid())):
        return None
    return int(text) / _MICROSECONDS or None
