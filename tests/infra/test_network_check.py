"""A command that needs a network ends with one line, and soon, where there is none."""

from __future__ import annotations

import threading
import time

import pytest

from bot.infra.network_check import require_network
from bot.infra.vendor_errors import Unreachable

HOSTS = {"Yahoo": "a.example", "FRED": "b.example", "Binance": "c.example"}


def refused(host: str, seconds: float) -> None:
    raise OSError("Name or service not known")


def test_all_hosts_are_named_when_none_can_be_reached() -> None:
    with pytest.raises(
        Unreachable, match=r"^No network: Yahoo, FRED and Binance could not be reached; connect"
    ) as caught:
        require_network(HOSTS, refused)
    assert caught.value.exit_code == 3
    with pytest.raises(Unreachable, match=r"^No network: Yahoo could not be reached"):
        require_network({"Yahoo": "a.example"}, refused)


def test_one_host_that_answers_is_enough() -> None:
    asked: set[str] = set()

    def connect(host: str, seconds: float) -> None:
        asked.add(host)
        if host != "c.example":
            raise OSError("timed out")

    require_network(HOSTS, connect)
    assert "c.example" in asked


def test_name_servers_that_never_answer_are_waited_for_until_the_limit() -> None:
    never = threading.Event()

    def connect(host: str, seconds: float) -> None:
        never.wait(30)

    began = time.monotonic()
    with pytest.raises(Unreachable, match="No network"):
        require_network(HOSTS, connect, patience=0.2)
    assert 0.2 <= time.monotonic() - began < 5
    never.set()
