"""Episodes page: every breakout, its outcome, and the coins' returns after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from bot.core.decision import Decision
from bot.core.events import Episode
from bot.ledger.recorded import Recorded
from bot.report import names
from bot.report.labels import Labels
from bot.review.recording import Record
from bot.web.paging import PagedRows, page_of

RETURNS = ("eth_21", "eth_42", "eth_63", "btc_63")


class EpisodesPage(TypedDict):
    """Data of the page: one page of episodes, one of stage changes."""

    episodes: PagedRows
    moves: PagedRows


class StageChange(TypedDict):
    """A decision that moved to another stage."""

    at: str
    stage: str
    stage_title: str
    previous_title: str
    words: str


def episodes(record: Record, labels: Labels, page: int) -> EpisodesPage:
    """Read the episodes of a run and its stage changes. Raises LedgerError.

    A forward ledger's list is empty: the longest return after a breakout is known 63 sessions later.
    """
    total = record.count("episode")
    moves = _stage_changes(record, labels)
    return {
        "episodes": page_of(total, page, lambda count: _newest(record, labels, count)),
        "moves": page_of(len(moves), page, lambda count: moves[:count], "moves"),
    }


def _newest(record: Record, labels: Labels, count: int) -> list[Mapping[str, object]]:
    return [_episode(one, labels) for one in record.events(Episode, newest_first=True, limit=count)]


def _episode(one: Recorded[Episode], labels: Labels) -> Mapping[str, object]:
    episode = one.event
    is_ignored = episode.outcome == "ignored"
    ended = f"was {names.stage(episode.stage_then, labels)} already" if is_ignored else ""
    # The row's time is dropped: a breakout is dated by its session.
    row = one.to_dict()
    del row["at"]
    return {
        **row,
        **{name: episode.returns.get(name) for name in RETURNS},
        "kind_words": "breakout" if episode.kind == "breakout" else "armed again",
        "veto_words": names.reasons(";".join(episode.vetoes), labels),
        "exit_day": f"{episode.exit_at:%Y-%m-%d}" if episode.exit_at else "",
        "exit_words": ended or names.reasons(";".join(episode.exit_reasons), labels),
    }


def _stage_changes(record: Record, labels: Labels) -> list[StageChange]:
    """Read every decision that moved to another stage, the newest first."""
    return [
        {
            "at": one.day,
            "stage": one.event.stage,
            "stage_title": names.stage(one.event.stage, labels),
            "previous_title": names.stage(one.event.previous, labels),
            "words": names.reasons(";".join(one.event.reasons), labels),
        }
        for one in record.events(Decision, newest_first=True)
        if one.event.stage != one.event.previous
    ]
