"""Tables of a run, made from its ledger alone: each CSV file is one of these."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from bot.core.decision import Decision
from bot.core.events import Episode, Valuation
from bot.core.orders import Fill, OrderResult, Settlement
from bot.ledger.codec import ColumnType
from bot.ledger.event_fields import EVENT_FIELDS
from bot.ledger.recorded import recorded
from bot.ledger.round_trips import STOP_COLUMN, TRADE_COLUMNS, round_trips
from bot.ledger.row import Row

Cells = list[dict[str, object]]

_EPISODES = (
    "session",
    "known_at",
    "close",
    "level",
    "base_sessions",
    "outcome",
    "confirmed_session",
    "vetoes",
    "eth_at",
    "alts_at",
    "exit_at",
    "exit_reason",
    "eth_21",
    "eth_42",
    "eth_63",
    "btc_63",
    "stage_then",
)
_FILLS = (
    "order_id",
    "at",
    "symbol",
    "side",
    "quantity",
    "price",
    "reference_price",
    "fee",
    "slippage_bps",
    "reason",
)

_STOPS = "stops"
_OF_STOPS = (STOP_COLUMN, _STOPS)
_STOP_COLUMNS = {"decisions": _STOPS, "orders": STOP_COLUMN, "fills": STOP_COLUMN, "trades": STOP_COLUMN}
"""Last column of some tables of a run whose decisions give stops."""


@dataclass(frozen=True, slots=True)
class EventTable:
    """A CSV with one row per event of a type.

    `columns` are keys of the event's body, in the order of the file; `moment` is the column with the row's moment. Only
    events whose body has the value `only[1]` at the key `only[0]` are taken.
    """

    event: type[object]
    columns: tuple[str, ...]
    moment: str = "at"
    only: tuple[str, str] | None = None

    def cells(self, rows: Iterable[Row]) -> Cells:
        """Format rows of the event as cells by column."""
        fields = EVENT_FIELDS[self.event].columns
        formats = [(name, fields[name].codec.cell) for name in self.columns if name in fields]
        spread = [name for name in self.columns if name not in fields and name != self.moment]
        table: Cells = []
        for row in rows:
            body = row.body
            if self.only is None or body[self.only[0]] == self.only[1]:
                cells: dict[str, object] = {name: cell(body[name]) for name, cell in formats}
                cells[self.moment] = row.at
                cells.update((name, body[name]) for name in spread if name in body)
                cells.update((name, fields[name].codec.cell(body[name])) for name in _OF_STOPS if name in body)
                table.append(cells)
        return table

    def types(self) -> dict[str, ColumnType]:
        """Return the type of each column; a key that a mapping is spread into is a number."""
        fields = EVENT_FIELDS[self.event].columns
        types = {name: fields[name].codec.column if name in fields else ColumnType.NUMBER for name in self.columns}
        return {**types, self.moment: ColumnType.MOMENT}


_TABLES: Mapping[str, EventTable] = {
    "decisions": EventTable(Decision, ("at", "stage", "previous_stage", "weights", "reasons", "readings")),
    "orders": EventTable(
        OrderResult,
        ("order_id", "decision_at", "symbol", "side", "quantity", "status", "reason"),
        moment="decision_at",
    ),
    "fills": EventTable(Fill, _FILLS),
    "settlements": EventTable(Settlement, ("at", "symbol", "quantity", "price", "cause", "fee", "into", "received")),
    "episodes": EventTable(Episode, _EPISODES, moment="known_at", only=("kind", "breakout")),
    "rearmings": EventTable(Episode, _EPISODES, moment="known_at", only=("kind", "rearmed")),
}
_EQUITY = ("equity", "cash", "stage")

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "equity": ("date", *_EQUITY),
    "decisions": _TABLES["decisions"].columns,
    "orders": _TABLES["orders"].columns,
    "fills": _TABLES["fills"].columns,
    "settlements": _TABLES["settlements"].columns,
    "trades": tuple(TRADE_COLUMNS),
    "episodes": _TABLES["episodes"].columns,
    "rearmings": _TABLES["rearmings"].columns,
}
"""Columns of each CSV by the table's name; equity.csv has a column per benchmark more."""


def column_types(table: str) -> Mapping[str, ColumnType]:
    """Return the type of each column of a table, by name; that of a benchmark's equity is left out."""
    if table == "trades":
        return TRADE_COLUMNS
    if table == "equity":
        fields = EVENT_FIELDS[Valuation].columns
        return {"date": ColumnType.DATE, **{name: fields[name].codec.column for name in _EQUITY}}
    return {**_TABLES[table].types(), _STOPS: ColumnType.JSON, STOP_COLUMN: ColumnType.NUMBER}


def project(rows: Iterable[Row]) -> dict[str, pd.DataFrame]:
    """Make every table of a run, by name.

    Parameters
    ----------
    rows
        All rows of the run's ledger, in order.

    Returns
    -------
    dict[str, pd.DataFrame]
        Cells as the CSVs have them: money is decimal text, moments are ISO-8601 in UTC.
    """
    # One pass: `rows` may be read from the file, row by row.
    by_kind: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row)
    tables: dict[str, pd.DataFrame] = {"equity": _equity(by_kind[EVENT_FIELDS[Valuation].kind])}
    # Only a run with stops has their columns: the files of every other run stay as they were.
    has_stops = any(_STOPS in row.body for row in by_kind[EVENT_FIELDS[Decision].kind])
    for name, usual in COLUMNS.items():
        columns = (*usual, _STOP_COLUMNS[name]) if has_stops and name in _STOP_COLUMNS else usual
        if name == "trades":
            trades = recorded((*by_kind["fill"], *by_kind["settlement"]), Fill, Settlement)
            tables[name] = pd.DataFrame(round_trips(one.event for one in trades), columns=list(columns))
        elif name != "equity":
            table = _TABLES[name]
            cells = table.cells(by_kind[EVENT_FIELDS[table.event].kind])
            tables[name] = pd.DataFrame(cells, columns=list(columns)).fillna({STOP_COLUMN: "", _STOPS: "{}"})
    return tables


def _equity(valuations: list[Row]) -> pd.DataFrame:
    # In the order of their first day: a forward ledger may get a benchmark later than its first valuation.
    benchmarks = list(dict.fromkeys(name for row in valuations for name in row.body.get("benchmarks", ())))
    cells = [
        {"date": row.at[:10], **{name: row.body[name] for name in _EQUITY}, **row.body.get("benchmarks", {})}
        for row in valuations
    ]
    return pd.DataFrame(cells, columns=[*COLUMNS["equity"], *benchmarks])
