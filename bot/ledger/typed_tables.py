"""Tables of a run with typed columns: dates as dates, amounts as floats, JSON as objects."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pandas as pd

from bot.ledger.codec import ColumnType
from bot.ledger.projections import column_types


def typed(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Convert the cells of every table to the types of their columns.

    Parameters
    ----------
    tables
        Tables by name, as `project` makes them.

    Returns
    -------
    dict[str, pd.DataFrame]
        Dates and UTC moments as datetime64, amounts as floats, JSON as objects; blanks are NaT or NaN. `equity` is
        indexed by date.
    """
    converted = {name: _typed_table(table, column_types(name)) for name, table in tables.items()}
    converted["equity"] = converted["equity"].set_index("date")
    return converted


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
