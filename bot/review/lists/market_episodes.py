"""What a review needs of a market: the past as a strategy sees it, beside what a ledger tells."""

from __future__ import annotations

from bot.core.errors import BotError
from bot.core.market import Market
from bot.core.moments import iso
from bot.data.demo.demo_market import DEMO
from bot.review.lists.episode_list import Episodes, as_recorded, recorded_episodes
from bot.review.recording import Record
from bot.services.markets import STORE, missing_of_store, open_market
from bot.services.strategy_settings import rotation_settings
from bot.settings.loader import Config
from strategies.rotation.episodes import episodes
from strategies.rotation.view import RotationView


def episodes_of(config: Config, record: Record) -> tuple[Episodes, str]:
    """The episodes of a record, and why there are none, empty where there are.

    A forward ledger has no rows of them: they are computed from the config's market as it is now, those that were not
    over when the ledger began, up to its last day. Raises LedgerError.
    """
    recorded = recorded_episodes(record)
    if recorded or record.folder is not None:
        return recorded, "" if recorded else "There was no breakout in these days."
    first, last = record.first("decision"), record.last("decision")
    if first is None or last is None:
        return [], "Nothing is decided yet."
    market = market_of(config, first.at)
    if market is None:
        return [], "A forward ledger has no rows of episodes, and no market here has its days: bot data update"
    found = as_recorded(episodes(RotationView(market, rotation_settings(config))))
    known = [e for e in found if e["known_at"] <= last.at and (not e["exit_at"] or e["exit_at"] >= first.at)]
    known = [e for e in known if e["exit_at"] or e["known_at"] >= first.at or e["outcome"] != "ignored"]
    return known, "" if known else "There was no breakout in these days."


def market_of(config: Config, begun: str) -> Market | None:
    """The market on which a forward ledger that began at a moment was traded: the store's, or the demo's."""
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
