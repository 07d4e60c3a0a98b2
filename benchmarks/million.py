"""Every list of `bot review` on a ledger of a million rows: `python -m benchmarks.million [ROWS]`.

The ledger is a replay of the demo, repeated end to end: the same days with later dates and other order ids, each time
beginning with the cash that the last one ended with. So it has the proportions of a real one, and its books balance.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.process import ROOT
from bot.ledger.codec import plain
from bot.ledger.record import read_ledger, write_ledger
from bot.ledger.row import Row

ROWS = 1_000_000
FIRST_DAY = datetime(1900, 1, 1, tzinfo=UTC)
COMMANDS = (
    ["trades"],
    ["trades", "--by", "coin"],
    ["trades", "--by", "episode"],
    ["trades", "--symbol", "DEMO-ETH"],
    ["orders"],
    ["orders", "--outcome", "skipped"],
    ["orders", "--symbol", "DEMO-A05"],
    ["orders", "--csv"],
    ["decisions"],
    ["decisions", "--reason", "kill_eth"],
    ["decisions", "--symbol", "DEMO-A05"],
    ["decisions", "--since", "1500-01-01", "--until", "1500-12-31", "--csv"],
    ["episodes"],
    ["verify"],
)


def grown(source: list[Row], rows: int) -> Iterator[Row]:
    """A forward ledger's rows, repeated until there are so many; the source is to end without holdings."""
    epoch, days = source[0], source[1:]
    valuations = [row for row in days if row.kind == "valuation"]
    if valuations[-1].body["holdings"]:
        raise AssertionError("the source ends with something held")
    start, end = Decimal(epoch.body["cash"]), Decimal(valuations[-1].body["cash"])
    first, last = _moment(days[0].at), _moment(days[-1].at)
    length = timedelta(days=(last - first).days + 1)
    reserve = max(Decimal(0), start - end) * (rows // len(days) + 1)
    yield Row(1, "epoch", _told(FIRST_DAY), {**epoch.body, "cash": plain(start + reserve)})
    sequence, time_ = 1, 0
    while True:
        for row in days:
            if sequence == rows:
                return
            sequence += 1
            at = _moment(row.at) - first + FIRST_DAY + time_ * length
            yield Row(sequence, row.kind, _told(at), _body(row, time_, reserve + time_ * (end - start)))
        time_ += 1


def _body(row: Row, time_: int, more: Decimal) -> dict[str, Any]:
    body = dict(row.body)
    if "order_id" in body:
        body["order_id"] = f"{body['order_id'][:16]}{time_:06}"
    for name in ("cash", "equity") if row.kind == "valuation" else ():
        body[name] = plain(Decimal(body[name]) + more)
    return body


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def _told(moment: datetime) -> str:
    return moment.isoformat()[:19] + "Z"


def grow(folder: Path, rows: int) -> Path:
    """Make a ledger named `grown` of so many rows in a state folder, as the default config has it."""
    _bot(folder, "paper", "replay", "--market", "demo", "--ledger", "source")
    ledgers = folder / "logs" / "ledgers"
    write_ledger(ledgers / "grown.sqlite3", grown(list(read_ledger(ledgers / "source.sqlite3")), rows))
    return ledgers / "grown.sqlite3"


def timed(folder: Path) -> dict[str, float]:
    """Seconds of each command on the grown ledger, the start of the process among them."""
    seconds = {}
    for command in COMMANDS:
        began = time.perf_counter()
        _bot(folder, "review", *command, "--run", "grown")
        seconds[" ".join(command)] = time.perf_counter() - began
    return seconds


def _bot(folder: Path, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )


def main() -> None:
    """Grow a ledger and print the seconds of each command."""
    rows = int(sys.argv[1]) if sys.argv[1:] else ROWS
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        path = grow(Path(folder), rows)
        size = path.stat().st_size / 1e6
        print(f"{rows:,} rows, {size:,.0f} MB, grown in {time.perf_counter() - began:.0f} s", flush=True)
        for command, seconds in timed(Path(folder)).items():
            print(f"bot review {command}: {seconds:.2f} s (target 3)", flush=True)


if __name__ == "__main__":
    main()
