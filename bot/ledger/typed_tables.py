"""Tables of a run with typed columns: dates as dates, amounts as floats, JSON as objects."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import pandas as pd

from bot.ledger.codec import ColumnType
from bot.ledger.projections import column_types


class TypedTables(Mapping[str, pd.DataFrame]):
    """Tables of a run by name; each is converted when it is first read.

    Dates and UTC moments are datetime64, amounts floats, JSON objects; blanks are NaT or NaN. `equity` is indexed by
    date. The tables given are cells as `project` makes them.
    """

    def __init__(self, cells: Mapping[str, pd.DataFrame]) -> None:
        self._cells = cells
        self._typed: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        # The readings of a long run take a tenth of its memory as objects, and most commands read none of them.
        if name not in self._typed:
            table = _typed_table(self._cells[name], column_types(name))
            self._typed[name] = table.set_index("date") if name == "equity" else table
        return self._typed[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._cells)

    def __len__(self) -> int:
        return len(self._cells)

    def without(self, name: str, column: str) -> TypedTables:
        """Return the tables with a column of one of them left out."""
        return TypedTables({**self._cells, name: self._cells[name].drop(columns=column)})


def _typed_table(table: pd.DataFrame, types: Mapping[str, ColumnType]) -> pd.DataFrame:
    # A column outside the types is the equity of a benchmark.
    return table.apply(lambda column: _typed_column(column, types.get(str(column.name), ColumnType.NUMBER)))


def _typed_column(column: pd.Series, column_type: ColumnType) -> pd.Series:
    if column_type is ColumnType.TEXT:
        return column
    if column_type is ColumnType.JSON:
        return column.map(json.loads).astype(object)
    # A blank cell is an unknown value, but pandas would refuse the empty text as a date.
    filled = column.where(column != "", None)
    if column_type is ColumnType.DATE:
        return pd.to_datetime(filled, format="%Y-%m-%d")
    if column_type is ColumnType.MOMENT:
        return pd.to_datetime(filled, format="%Y-%m-%dT%H:%M:%SZ", utc=True)
    return pd.to_numeric(filled)
