"""Messages to systemd through a real datagram socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.infra.service_manager import ServiceManager


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """The address of a service manager, and its socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(1)
        yield str(tmp_path / "notify"), listener


def test_the_messages_are_those_of_sd_notify(manager: tuple[str, socket.socket]) -> None:
    address, listener = manager
    service = ServiceManager({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "300000000"})
    service.ready()
    service.alive("paper: next tick 2026-03-02T00:15:00Z\nREADY=0")
    service.stopping()
    assert [listener.recv(500) for _ in range(3)] == [
        b"READY=1",
        b"WATCHDOG=1\nSTATUS=paper: next tick 2026-03-02T00:15:00Z",
        b"STOPPING=1",
    ]


def test_an_abstract_address_begins_with_an_at_sign() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0small-cap-rotation-test-{os.getpid()}")
        listener.settimeout(1)
        ServiceManager({"NOTIFY_SOCKET": f"@small-cap-rotation-test-{os.getpid()}"}).ready()
        assert listener.recv(500) == b"READY=1"


@pytest.mark.parametrize(
    ("more", "seconds"),
    [
        ({"WATCHDOG_USEC": "90000000"}, 90.0),
        ({"WATCHDOG_USEC": "90000000", "WATCHDOG_PID": str(os.getpid())}, 90.0),
        ({"WATCHDOG_USEC": "90000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_interval_is_that_of_this_process(more: dict[str, str], seconds: float | None) -> None:
    service = ServiceManager({"NOTIFY_SOCKET": "/run/nobody", **more})
    assert service.watchdog_seconds == seconds
    assert service.longest_pause == (None if seconds is None else seconds / 2)


@pytest.mark.parametrize("address", ["", "relative/path", "/nowhere/notify", "127.0.0.1:80"])
def test_without_a_manager_every_message_is_dropped(address: str) -> None:
    service = ServiceManager({"NOTIFY_SOCKET": address})
    service.ready()
    service.alive()
    service.stopping()


def test_a_manager_that_does_not_read_holds_up_nothing(manager: tuple[str, socket.socket]) -> None:
    service = ServiceManager({"NOTIFY_SOCKET": manager[0]})
    for _ in range(5000):  # far more than a socket's queue takes
        service.alive("x" * 100)
