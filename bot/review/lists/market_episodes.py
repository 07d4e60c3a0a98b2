"""Compute the episodes of a forward ledger from the market that it was traded on."""

from __future__ import annotations

from bot.core.decision import Decision
from bot.core.errors import BotError
from bot.core.events import Episode
from bot.core.market import Market
from bot.core.moments import iso
from bot.data.demo.demo_market import DEMO
from bot.review.lists.episode_list import recorded_episodes
from bot.review.lists.trade_list import IGNORED
from bot.review.recording import Record
from bot.services.markets import STORE, missing_of_store, open_market
from bot.services.strategy_settings import rotation_settings
from bot.settings.loader import Config
from strategies.rotation.episodes import episodes
from strategies.rotation.view import RotationView


def episodes_of(config: Config, record: Record) -> tuple[list[Episode], str]:
    """Return the episodes of a record, and a sentence for an empty list.

    A forward ledger has no rows of episodes. They are computed from the config's market as it is now: from those that
    were still on when the ledger began to those of its last day. Raises LedgerError.
    """
    recorded = recorded_episodes(record)
    if recorded or record.folder is not None:
        return recorded, "" if recorded else "There was no breakout in these days."
    first, last = record.first_event(Decision), record.last_event(Decision)
    if first is None or last is None:
        return [], "Nothing is decided yet."
    market = market_of(config, first.at)
    if market is None:
        return [], "A forward ledger has no rows of episodes, and no market here has its days: bot data update"
    begin, end = first.event.at, last.event.at
    found = episodes(RotationView(market, rotation_settings(config)))
    # Keep those that overlap the ledger's days; an ignored one has no end and counts by its begin alone.
    known = [e for e in found if e.known_at <= end and (e.exit_at is None or e.exit_at >= begin)]
    known = [e for e in known if e.exit_at is not None or e.known_at >= begin or e.outcome != IGNORED]
    return known, "" if known else "There was no breakout in these days."


def market_of(config: Config, begun: str) -> Market | None:
    """Return the market of a forward ledger that began at a moment (ISO-8601, UTC): the store's or the demo's."""
    for name in (STORE, DEMO):
        if name == STORE and missing_of_store(config):
            continue
        try:
            market = open_market(config, None, name)
        except BotError:
            continue
        if iso(market.decision_moments[0]) <= begun <= iso(market.decision_moments[-1]):
            return market
    return None
