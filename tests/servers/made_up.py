"""Prices that nobody ever paid: the same for the same arguments, everywhere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Row:
    """One day; None is what a vendor leaves out."""

    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: float | None


def days(first: date, last: date, weekdays_only: bool = False) -> list[date]:
    """Every day, or every weekday, from first to last."""
    found = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    return [day for day in found if not weekdays_only or day.weekday() < 5]


def rows(first: date, last: date, price: float = 100.0, weekdays_only: bool = False) -> dict[date, Row]:
    """A row a day, around a price, in waves."""
    made = {}
    for day in days(first, last, weekdays_only):
        t = day.toordinal()
        close = round(price * (1 + 0.2 * math.sin(t / 40) + 0.01 * math.sin(t * 1.7)), 2)
        open_ = round(price * (1 + 0.2 * math.sin((t - 1) / 40) + 0.01 * math.sin((t - 1) * 1.7)), 2)
        high, low = round(max(open_, close) * 1.01, 2), round(min(open_, close) * 0.99, 2)
        made[day] = Row(open_, high, low, close, float(1000 + t % 97))
    return made
