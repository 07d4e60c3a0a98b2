"""Episodes: every breakout and what became of it, as a ledger's rows tell it or as they were computed for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bot.core.events import Episode
from bot.ledger.event_fields import encode
from bot.review.lists.filters import Page, RowFilter
from bot.review.lists.trade_list import Breakout
from bot.review.recording import Record

Episodes = Sequence[dict[str, Any]]
"""The body of each episode's row, and when it was known."""


def recorded_episodes(record: Record) -> Episodes:
    """The episodes of a record's own rows, in order; a forward ledger has none. Raises LedgerError."""
    return [{"known_at": row.at, **row.body} for row in record.rows("episode")]


def as_recorded(episodes: Iterable[Episode]) -> Episodes:
    """Episodes as a ledger would tell them."""
    return [{"known_at": at, **body} for _, at, body in map(encode, episodes)]


def breakouts(episodes: Episodes) -> list[Breakout]:
    """Those that the bot followed, as trips are counted to them."""
    return [Breakout(e["session"], e["known_at"], e["exit_at"]) for e in episodes if e["outcome"] != "ignored"]


def listed(episodes: Episodes, wanted: RowFilter) -> Page[dict[str, Any]]:
    """The episodes that pass the filters; a reason is one of its end, or a gate that held it back."""
    return wanted.newest(
        [e for e in episodes if wanted.takes(e["session"], "", (e["exit_reason"], e["vetoes"]), e["outcome"])]
    )
