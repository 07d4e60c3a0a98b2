"""Silent connections take no place from a reader for long."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot.web import bounded_connection
from tests.web.world import BEGUN, Asking, dashboard, site_at, write


def connect(asking: Asking, text: bytes = b"") -> socket.socket:
    """Open a connection and send the beginning of a request."""
    line = socket.create_connection(("127.0.0.1", asking.port), timeout=5)
    line.sendall(text)
    return line


@pytest.mark.parametrize("count", [64, 200])
@pytest.mark.parametrize("text", [b"", b"GET / HTTP/1.1\r\nHost: 127"])
def test_many_silent_connections_do_not_keep_a_reader_out(tmp_path: Path, count: int, text: bytes) -> None:
    write(tmp_path, "paper", BEGUN)
    with dashboard(site_at(tmp_path)) as asking, ExitStack() as lines:
        for _ in range(count):
            lines.enter_context(connect(asking, text))
        assert asking.ask("/healthz").status == 200


@pytest.mark.parametrize("text", [b"", b"GET /healthz HTTP/1.1\r\n", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_a_silent_connection_is_closed_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
    monkeypatch.setattr(bounded_connection, "SILENT_SECONDS", 0.3)
    write(tmp_path, "paper", BEGUN)
    with dashboard(site_at(tmp_path)) as asking, connect(asking, text) as line:
        begun = time.monotonic()
        try:
            while line.recv(4096):
                pass
        except ConnectionResetError:
            pass
        assert time.monotonic() - begun < 3


def test_letters_one_by_one_do_not_keep_a_connection_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_connection, "SILENT_SECONDS", 0.3)
    write(tmp_path, "paper", BEGUN)
    with (
        dashboard(site_at(tmp_path)) as asking,
        connect(asking) as line,
        pytest.raises(OSError, match=r"reset|[Bb]roken"),
    ):
        for _ in range(40):
            line.sendall(b"G")
            time.sleep(0.05)
