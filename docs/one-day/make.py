"""Write the prices of docs/one-day.md into this folder. They are invented: the rule is the page's first section.

Run it as `python docs/one-day/make.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

FIRST, LAST = date(2024, 1, 2), date(2024, 4, 5)
HOLIDAYS = {date(2024, 1, 15), date(2024, 2, 19), date(2024, 3, 29)}
QUIET_SESSIONS, RISE = 60, 10  # the Russell stands still for so long, then gains so many points a session


def small_caps(session: int) -> int:
    """The Russell's close on a session, counted from 1."""
    return 1000 + RISE * max(session - QUIET_SESSIONS, 0)


def tables() -> dict[str, str]:
    """The text of every file by symbol."""
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    sessions = [day for day in days if day.weekday() < 5 and day not in HOLIDAYS]
    rut = [small_caps(n) for n in range(1, len(sessions) + 1)]
    return {
        "RUT": _closes(sessions, rut),
        "IWM": _closes(sessions, [close // 10 for close in rut]),
        "SPY": _closes(sessions, [400] * len(sessions)),
        "VIX": _closes(sessions, [15] * len(sessions)),
        "BTC": _bars(days, "40200,40400,39900,40000,10000000000"),
        "ETH": _bars(days, "2010,2020,1990,2000,5000000000"),
    }


def _closes(days: Iterable[date], closes: Iterable[int]) -> str:
    return "".join(["date,close\n", *(f"{day},{close}\n" for day, close in zip(days, closes, strict=True))])


def _bars(days: Iterable[date], bar: str) -> str:
    return "".join(["date,open,high,low,close,volume\n", *(f"{day},{bar}\n" for day in days)])


if __name__ == "__main__":
    for symbol, text in tables().items():
        Path(__file__).with_name(f"{symbol}.csv").write_text(text, encoding="utf-8", newline="\n")
