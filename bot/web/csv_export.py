"""CSV of the dashboard: daily equity, round trips and fills of a record."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence

from bot.core.orders import Fill
from bot.core.text import csv_cell
from bot.ledger.codec import plain
from bot.review.lists.trade_list import round_trips_of
from bot.review.recording import Record
from bot.web.curve import curve_of

_TRADE = ("symbol", "entry_at", "exit_at", "days", "quantity", "entry_price", "exit_price", "fees", "pnl")
_AMOUNTS = frozenset(_TRADE[4:])
_REASONS = ("entry_reason", "exit_reason")


def equity_csv(record: Record) -> str:
    """Return equity, exposure (a share), stage and the benchmarks' equity of each day."""
    curve = curve_of(record)
    columns = {"date": curve.days, "equity": curve.equity, "exposure": curve.exposure, "stage": curve.stages}
    columns |= curve.benchmarks
    return _csv(list(columns), zip(*columns.values(), strict=True))


def trades_csv(record: Record) -> str:
    """Return the closed round trips, first in, first out; `return` is the profit over the cost of the entry."""
    rows = [
        [
            *(plain(getattr(one, name)) if name in _AMOUNTS else getattr(one, name) for name in _TRADE),
            one.gain,
            *(getattr(one, name) for name in _REASONS),
        ]
        for one in round_trips_of(record).closed
    ]
    return _csv([*_TRADE, "return", *_REASONS], rows)


def fills_csv(record: Record) -> str:
    """Return every fill with the columns of the ledger."""
    rows: list[Mapping[str, object]] = [one.to_dict() for one in record.events(Fill)]
    head = list(dict.fromkeys(key for row in rows for key in row))
    return _csv(head, ([row.get(key, "") for key in head] for row in rows))


EXPORTS: Mapping[str, Callable[[Record], str]] = {"equity": equity_csv, "trades": trades_csv, "fills": fills_csv}
"""Exports by name in the address."""


def _csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([csv_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue()
