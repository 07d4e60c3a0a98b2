"""The tables of a run with their types: dates as dates, amounts as floats, JSON as objects."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pandas as pd

_DATES = ("date", "session", "confirmed_session")
_MOMENTS = ("at", "decision_at", "known_at", "eth_at", "alts_at", "exit_at", "entry_at")
_TEXT = (
    "order_id",
    "symbol",
    "side",
    "status",
    "reason",
    "cause",
    "into",
    "stage",
    "previous_stage",
    "reasons",
    "outcome",
    "vetoes",
    "exit_reason",
    "entry_reason",
    "stage_then",
)
_JSON = ("weights", "readings")


def typed(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The same tables with typed columns; blanks are NaT or NaN. `equity` is indexed by date."""
    converted = {name: table.apply(_typed_column) for name, table in tables.items()}
    converted["equity"] = converted["equity"].set_index("date")
    return converted


def _typed_column(column: pd.Series) -> pd.Series:
    name = str(column.name)
    if name in _DATES:
        return pd.to_datetime(column.where(column != "", None), format="%Y-%m-%d")
    if name in _MOMENTS:
        return pd.to_datetime(column.where(column != "", None), format="%Y-%m-%dT%H:%M:%SZ", utc=True)
    if name in _JSON:
        return column.map(json.loads).astype(object)
    return column if name in _TEXT else pd.to_numeric(column.where(column != "", None))
