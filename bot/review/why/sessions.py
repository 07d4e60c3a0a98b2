"""Sessions of a market as the rotation decided them, for the odds of the past."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from bot.core.market import Market
from bot.core.moments import utc
from bot.data.demo.demo_market import DEMO
from bot.report.labels import labels_of
from bot.review.recording import Record
from bot.review.why.odds import Odds, Session, odds
from bot.services.markets import open_market
from bot.services.strategy_settings import rotation_settings
from bot.settings.loader import Config, kept_config, load_config
from strategies.rotation.rules import Reason, Stage
from strategies.rotation.state import Outcome
from strategies.rotation.view import RotationView

_ENDINGS = (Reason.CONFIRMED, Reason.FAILED, Reason.VETOED, Reason.EXPIRED)


def config_of(record: Record, path: Path | None) -> Config:
    """Return the config that a run was made with; for a forward ledger load a file. Raises ConfigError."""
    if record.folder is None:
        return load_config(path)
    return kept_config(record.folder.json("manifest.json")["config"], record.name)


def market_of(record: Record, config: Config, data_dir: Path | None, market: str) -> Market:
    """Open the named market, else the one that a run was made on. Raises DataError, StoreError."""
    if record.folder is None or data_dir is not None or market != "auto":
        return open_market(config, data_dir, market)
    name = str(record.folder.json("manifest.json")["market"])
    return open_market(config, None, name) if name in (DEMO, "store") else open_market(config, Path(name))


def odds_at(config: Config, market: Market, day: date) -> Odds | None:
    """Compute the odds of a decision day, from the rotation's first session on."""
    return odds(sessions_of(config, market), day, labels_of(config.resolved()))


def sessions_of(config: Config, market: Market) -> list[Session]:
    """List the sessions of a market, each as of the first decision after it.

    Parameters
    ----------
    config
        Settings of the rotation.
    market
        Prices; each row is used from the time it was known.
    """
    settings = rotation_settings(config)
    view = RotationView(market, settings)
    rows, (before, _, _, _) = view.source.session_rows(), view.source.records()
    closes, found = view.source.closes, []
    for i in np.flatnonzero(view.source.new_session()):
        row, outcome = rows[i], view.path[i]
        gap = float(closes[row] / max(closes[row], before[row])) - 1
        found.append(
            Session(
                day=utc(view.times[i]).date(),
                stage=Stage(outcome.stage).name,
                gap=gap,
                would_arm=outcome.ahead.sessions_without_record.holds,
                armed=bool(outcome.reasons & (Reason.BREAKOUT | Reason.REARMED)),
                ending=_ending(outcome),
            )
        )
    return found


def _ending(outcome: Outcome) -> str:
    return next((reason.name.lower() for reason in _ENDINGS if outcome.reasons & reason), "")
