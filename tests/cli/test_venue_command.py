"""`bot venue serve` as a user starts it: in a process of its own, until Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from bot.infra.loopback import LOOPBACK_KEY, LOOPBACK_SECRET
from tests.cli.running import BOT, ROOT, bot, error_of
from tests.venue.world import signed

pytestmark = pytest.mark.slow


@contextmanager
def serving(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A venue that was started with some words, and what it told of itself as JSON."""
    command = [*BOT, "venue", "serve", "--json", "--port", "0", *words]
    given = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80"}
    with subprocess.Popen(
        command, cwd=folder, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line == "}\n":
                break
        try:
            yield process, json.loads("".join(lines))
        finally:
            process.kill()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_market_is_served_until_it_is_asked_to_end(tmp_path: Path, ending: signal.Signals) -> None:
    with serving(tmp_path, "--driven", "--start", "2105-01-01") as (process, told):
        assert told["now"] == "2105-01-01T00:00:00+00:00"
        assert (told["key"], told["secret"], told["driven"]) == (LOOPBACK_KEY, LOOPBACK_SECRET, True)
        assert "DEMO-ETHUSDT" in told["pairs"]
        price = requests.get(f"{told['api']}/ticker/price?symbol=DEMO-ETHUSDT", timeout=5).json()["price"]
        assert float(price) > 0
        moved = requests.post(f"{told['url']}/venue/clock", data='{"advance": 86400}', timeout=5).json()
        assert moved["now"] == "2105-01-02T00:00:00+00:00"
        process.send_signal(ending)
        out, error = process.communicate(timeout=10)
        assert (process.returncode, out) == (0, "")
        assert error.endswith("The venue is closed. Its state is discarded.\n")
        assert ("Ctrl-C again stops at once" in error) == (ending is signal.SIGINT)


def test_a_folders_market_is_served_under_its_own_names(tmp_path: Path) -> None:
    with serving(tmp_path, "--data-dir", str(ROOT / "docs" / "one-day"), "--cash", "500") as (_, told):
        assert {"ETHUSDT", "BTCUSDT"} <= set(told["pairs"])
        assert told["driven"] is False


@pytest.mark.parametrize(
    ("words", "told", "code"),
    [
        (["--cash", "much"], "--cash: is not an amount; expected a number of USDT", 2),
        (["--cash", "-1"], "--cash: is not an amount", 2),
        (["--cash", "nan"], "--cash: is not an amount", 2),
        (["--start", "1999-01-01"], "the venue would start outside the data; expected a day from 2102-01-02", 3),
        (["--port", "70000"], "less than or equal to 65535", 2),
    ],
)
def test_what_cannot_be_served_is_told_in_one_line(words: list[str], told: str, code: int, tmp_path: Path) -> None:
    assert told in error_of(bot("venue", "serve", *words, cwd=tmp_path), code)


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"port {port} of 127.0.0.1" in error_of(bot("venue", "serve", "--port", port, cwd=tmp_path), 2)


@pytest.mark.parametrize(("fees", "asset"), [("in-kind", "DEMO-ETH"), ("bnb", "BNB"), ("zero", "DEMO-ETH")])
def test_the_option_fees_names_the_asset_of_the_commission(tmp_path: Path, fees: str, asset: str) -> None:
    with serving(tmp_path, "--driven", "--start", "2112-01-05", "--fees", fees) as (_, told):
        fields = {"symbol": "DEMO-ETHUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.1"}
        stamp = requests.get(f"{told['api']}/time", timeout=5).json()["serverTime"]
        text = signed({**fields, "timestamp": stamp})
        answer = requests.post(f"{told['api']}/order", data=text, headers={"X-MBX-APIKEY": LOOPBACK_KEY}, timeout=5)
        (fill,) = answer.json()["fills"]
    assert fill["commissionAsset"] == asset
    assert (float(fill["commission"]) == 0) is (fees == "zero")
