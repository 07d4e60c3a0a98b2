"""Episodes: every breakout, what became of it, and what ETH did after it."""

from __future__ import annotations

from bot.report import names
from bot.review.recording import Record
from bot.web.paging import page_of
from bot.web.site import Plain

RETURNS = ("eth_21", "eth_42", "eth_63", "btc_63")


def episodes(record: Record, page: int) -> Plain:
    """The episodes of a run with what followed, and the moves from stage to stage. Raises LedgerError.

    Forward ledgers hold no episodes: what ETH does after a breakout is known a quarter later.
    """
    total = record.count("episode")
    moves = _moves(record)
    return {
        "episodes": page_of(total, page, lambda count: _newest(record, count)),
        "moves": page_of(len(moves), page, lambda count: moves[:count], "moves"),
    }


def _newest(record: Record, count: int) -> list[Plain]:
    return [_episode(row.body) for row in record.rows("episode", newest_first=True, limit=count)]


def _episode(body: Plain) -> Plain:
    ended = f"was {names.stage(body['stage_then'])} already" if body["outcome"] == "ignored" else ""
    return {
        **body,
        **{name: body.get(name) if body.get(name) != "" else None for name in RETURNS},
        "kind_words": "breakout" if body["kind"] == "breakout" else "armed again",
        "veto_words": names.reasons(body["vetoes"]),
        "exit_day": body["exit_at"][:10],
        "exit_words": ended or names.reasons(body["exit_reason"]),
    }


def _moves(record: Record) -> list[Plain]:
    """Every decision that moved to another stage, the newest first."""
    return [
        {
            "at": row.at[:10],
            "stage": row.body["stage"],
            "stage_title": names.stage(row.body["stage"]),
            "previous_title": names.stage(row.body["previous_stage"]),
            "words": names.reasons(";".join(row.body["reasons"])),
        }
        for row in record.rows("decision", newest_first=True)
        if row.body["stage"] != row.body["previous_stage"]
    ]
