"""What is fuzzed: a body of a kind, and the command that reads it. Add a kind of input as one more `Target`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

from bot.ledger.record import as_rows
from bot.settings.loader import CONFIG_FOLDER
from tests.data.vendors.test_csv_folder import COIN, RUT
from tests.fuzz.target import COMMANDS, Target
from tests.fuzz.vendor_targets import ANSWERS, REFUSALS
from tests.ledger.forgeries import READERS, every_kind, write_chained, write_forgery


def _config(folder: Path, body: bytes) -> Sequence[Sequence[str]]:
    path = folder / "mine.yaml"
    path.write_bytes(body)
    return [["config", "show", str(path), "--json"]]


def _series(folder: Path, body: bytes) -> Sequence[Sequence[str]]:
    for symbol, text in {"RUT": RUT, "ETH": COIN, "BTC": COIN}.items():
        (folder / f"{symbol}.csv").write_text(text)
    (folder / "ETH.csv").write_bytes(body)
    return [["data", "check", "--data-dir", str(folder), "--json"]]


def _download(name: str) -> COMMANDS:
    def commands(folder: Path, body: bytes) -> Sequence[Sequence[str]]:
        downloads = folder / "downloads"
        downloads.mkdir()
        (downloads / f"{name}.csv").write_bytes(body)
        return [["data", "import", str(downloads), "--set", f"state={folder / 'state'}", "--json"]]

    return commands


def _ledger(folder: Path, body: bytes) -> Sequence[Sequence[str]]:
    """Write rows with right hashes as a ledger, beside a valid one, and read it with some of the commands."""
    ledgers = folder / "logs" / "ledgers"
    write_forgery(ledgers / "good.sqlite3", None)
    lines = [line.split("\t") for line in body.decode(errors="replace").split("\n")]
    write_chained(ledgers / "paper.sqlite3", [(parts[0], *parts[1:3], "", "")[:3] for parts in lines])
    return [command.split() for command in Random(body).sample(READERS, _READERS_PER_TRIAL)]


_READERS_PER_TRIAL = 2
_LEDGER = "\n".join(f"{row.kind}\t{row.at}\t{json.dumps(row.body)}" for row in as_rows(every_kind()))
_FILES: Mapping[str, str] = {
    "IWM": "Date,Open,High,Low,Close,Adj Close,Volume\n2024-01-02,2,3,1,2,1,9\n2024-01-03,2,3,1,2,2,9\n",
    "fredgraph": "observation_date,DGS10,DGS2\n2024-01-02,3.95,4.33\n2024-01-03,.,\n2024-01-04,3.9,4.3\n",
    "ETHUSDT-1d-2024-12": "1735603200000,1,3,1,2,7,1735689599999,14,9,3,6,0\n1735689600000000,1,3,1,2,7,1,14,9,3,6,0\n",
    "x": "https://www.CryptoDataDownload.com\nUnix,Date,Symbol,Open,High,Low,Close,Volume ETH,Volume USDT,n\n"
    "1704240000000,2024-01-03 00:00:00,ETHUSDT,2,4,1,3,7,21,5\n1704153600000,2024-01-02,ETHUSDT,1,3,1,2,7,14,5\n",
    "BINANCE_ETHUSDT, 1D": "time,open,high,low,close,Volume,MA\n1704153600,1,3,1,2,7,\n1704240000,2,4,1,3,7,5\n",
    "RUT": '"Date","Price","Open","High","Low","Vol.","Change %"\n'
    '"01/19/2024","1,944.39","1,923.65","1,944.39","1,903.94","1.2K","1.08%"\n'
    '"01/18/2024","1,923.65","1,913.16","1,927.78","1,910.15","-","0.55%"\n',
}
_CONFIGS = [path.read_bytes() for path in sorted(CONFIG_FOLDER.glob("*.yaml"))]
_MINE = b"""extends: default.yaml
state: here
sources: {seen_by: 2026-01-31T00:00:00Z}
strategy: {file: mine.py, parameters: {days: 100, more: [1, 2.5, text]}}
endings: {AAA: {kind: renamed, to: BBB, last: 2021-03-04, ratio: 10}}
instruments: {table: {ETH: {step: "0.001", tick: "0.01", min_notional: "5"}}}
"""

TARGETS = (
    Target("config", (*_CONFIGS, *[_MINE] * len(_CONFIGS)), _config, good_codes=frozenset({0, 2})),
    Target("series", (COIN.encode(), COIN.replace("date", '"Date"').encode()), _series),
    *(Target(f"download of {name}", (text.encode(),), _download(name)) for name, text in _FILES.items()),
    Target("ledger", (_LEDGER.encode(),), _ledger),
    *ANSWERS,
    *REFUSALS,
)
