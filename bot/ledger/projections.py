"""What a ledger says, as tables: each CSV of a run is one of these and nothing else."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from bot.ledger.record import Row
from bot.ledger.round_trips import round_trips

Rows = list[dict[str, Any]]

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

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "equity": ("date", "equity", "cash", "stage"),
    "decisions": ("at", "stage", "previous_stage", "weights", "reasons", "readings"),
    "orders": ("order_id", "decision_at", "symbol", "side", "quantity", "status", "reason"),
    "fills": (
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
    ),
    "settlements": ("at", "symbol", "quantity", "price", "cause", "fee", "into", "received"),
    "trades": (
        "symbol",
        "entry_at",
        "exit_at",
        "quantity",
        "entry_price",
        "exit_price",
        "fees",
        "pnl",
        "return",
        "days",
        "entry_reason",
        "exit_reason",
    ),
    "episodes": _EPISODES,
    "rearmings": _EPISODES,
}


def project(rows: Iterable[Row]) -> dict[str, pd.DataFrame]:
    """Every table of a run by name, all values as text, as the CSVs have them."""
    by_kind: dict[str, Rows] = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append({"at": row.at, **row.body})
    episodes = [{**body, "known_at": body["at"]} for body in by_kind["episode"]]
    tables = {
        "equity": _equity(by_kind["valuation"]),
        "decisions": _decisions(by_kind["decision"]),
        "orders": [{**body, "decision_at": body["at"]} for body in by_kind["order_result"]],
        "fills": by_kind["fill"],
        "settlements": [{**body, "into": body["into"] or ""} for body in by_kind["settlement"]],
        "trades": round_trips(by_kind["fill"], by_kind["settlement"]),
        "episodes": [episode for episode in episodes if episode["kind"] == "breakout"],
        "rearmings": [episode for episode in episodes if episode["kind"] == "rearmed"],
    }
    frames = {
        name: pd.DataFrame(table, columns=list(COLUMNS[name])) for name, table in tables.items() if name != "equity"
    }
    benchmarks = list(by_kind["valuation"][0]["benchmarks"]) if by_kind["valuation"] else []
    equity = pd.DataFrame(tables["equity"], columns=[*COLUMNS["equity"], *benchmarks])
    return {"equity": equity, **frames}


def _equity(valuations: Rows) -> Rows:
    return [
        {
            "date": v["at"][:10],
            "equity": v["equity"],
            "cash": v["cash"],
            "stage": v["stage"],
            **v["benchmarks"],
        }
        for v in valuations
    ]


def _decisions(decisions: Rows) -> Rows:
    return [
        {
            **decision,
            "weights": json.dumps(decision["weights"]),
            "reasons": ";".join(decision["reasons"]),
            "readings": json.dumps(decision["readings"]),
        }
        for decision in decisions
    ]
