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
_PHONE = ("390,844", 1.0)
_REPORT = {"wide": ("1280,2100", 0.8), "phone": _PHONE}
_DASHBOARD = {"wide": ("1280,1250", 0.8), "phone": _PHONE}
"""Width and height of a window in CSS pixels, and pixels of the picture per CSS pixel: a file stays under 400 KB."""
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
        for size, window in _REPORT.items():
            _photograph(chromium, report, FOLDER / f"report-{size}.png", window)
        _photograph_dashboard(chromium, folder)


def _photograph_dashboard(chromium: str, folder: Path) -> None:
    port = _free_port()
    server = subprocess.Popen([*_BOT, "dashboard", "--port", str(port)], cwd=folder)
    try:
        address = f"http://127.0.0.1:{port}/"
        _wait_for(address)
        for size, window in _DASHBOARD.items():
            _photograph(chromium, address, FOLDER / f"dashboard-{size}.png", window)
    finally:
        server.terminate()
        server.wait()


def _photograph(chromium: str, address: str, file: Path, window: tuple[str, float]) -> None:
    command = [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    size, scale = window
    command += [f"--window-size={size}", f"--force-device-scale-factor={scale:g}"]
    command += ["--virtual-time-budget=6000", f"--screenshot={file}", address]
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
