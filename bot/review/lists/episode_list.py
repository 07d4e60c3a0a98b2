"""List episodes: small-cap breakouts and their outcomes, recorded in a ledger or computed for it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.events import Episode
from bot.ledger.event_fields import encode
from bot.review.lists.filters import Page, RowFilter
from bot.review.recording import Record


def recorded_episodes(record: Record) -> list[Episode]:
    """Read the episodes of a record in order: those of a backtest. Raises LedgerError."""
    return [one.event for one in record.events(Episode)]


def listed(episodes: Sequence[Episode], chosen: RowFilter) -> Page[Episode]:
    """Return the newest episodes that pass the filters; reasons are the codes of the exit and of the vetoes."""
    return chosen.newest(
        [
            one
            for one in episodes
            if chosen.takes(one.session.isoformat(), "", (*one.exit_reasons, *one.vetoes), one.outcome)
        ]
    )


def episode_dict(episode: Episode) -> dict[str, object]:
    """Format an episode as JSON: `known_at`, then the keys of its ledger row, codes as lists."""
    _, known_at, body = encode(episode)
    return {
        "known_at": known_at,
        **body,
        "vetoes": list(episode.vetoes),
        "exit_reason": list(episode.exit_reasons),
    }
