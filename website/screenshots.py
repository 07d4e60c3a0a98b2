"""Take the screenshots of the documentation from the demo market: `make screenshots`. Needs Chromium."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

from website.links import ROOT

FOLDER = ROOT / "docs" / "screenshots"
_SIZES = {"wide": "1280,900", "phone": "390,844"}
_BOT = [sys.executable, "-m", "bot"]


def main() -> None:
    """Run a demo backtest in a temporary folder and capture its report and its page in the dashboard."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium is missing: the screenshots stay as they are.")
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([*_BOT, "backtest", "--market", "demo", "--out", "logs/runs/demo"], cwd=folder, check=True)
        report = (folder / "logs" / "runs" / "demo" / "report.html").as_uri()
        for size, pixels in _SIZES.items():
            _photograph(chromium, report, FOLDER / f"report-{size}.png", pixels)
        _photograph_dashboard(chromium, folder)


def _photograph_dashboard(chromium: str, folder: Path) -> None:
    port = _free_port()
    server = subprocess.Popen([*_BOT, "dashboard", "--port", str(port)], cwd=folder)
    try:
        address = f"http://127.0.0.1:{port}/"
        _wait_for(address)
        for size, pixels in _SIZES.items():
            _photograph(chromium, address, FOLDER / f"dashboard-{size}.png", pixels)
    finally:
        server.terminate()
        server.wait()


def _photograph(chromium: str, address: str, file: Path, pixels: str) -> None:
    command = [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += [f"--window-size={pixels}", "--virtual-time-budget=6000", f"--screenshot={file}", address]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(address: str, seconds: float = 30.0) -> None:
    """Wait until a server answers. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urlopen(address):
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(f"{address} did not answer within {seconds:g} seconds")


if __name__ == "__main__":
    main()
