"""The universe of a run: which coins its market has, and from where."""

from __future__ import annotations

from typing import Any

from bot.core.market import Market
from bot.core.plural import counted
from bot.core.series_kind import SeriesKind
from bot.data.demo.demo_market import DEMO
from bot.services.markets import STORE


def universe_of(market: Market) -> dict[str, Any]:
    """Return the universe of a market as data.

    Returns
    -------
    dict
        `kind` ("live listings", "point in time", "folder" or "demo"), `coins` (number of all coins that may be
        bought, BTC and ETH included), `archived` (number of those that only the archive has) and `line`, a sentence.
    """
    coins = len([series for series in market.of_kind(SeriesKind.CRYPTO) if len(series)])
    archived, found = len(market.archived), counted(coins, "coin")
    kind = {STORE: "point in time" if archived else "live listings", DEMO: "demo"}.get(market.name, "folder")
    lines = {
        "live listings": f"{found} of the store's live listings; coins that venues no longer list are missing "
        "(survivorship bias): bot data archive adds them",
        "point in time": f"{found}, point in time: {coins - archived} of live listings and {archived} that only "
        "the archive has",
        "folder": f"{found} of the folder; a coin without a file is missing",
        "demo": f"{counted(coins, 'generated coin')}, dead ones included",
    }
    return {"kind": kind, "coins": coins, "archived": archived, "line": f"Universe: {lines[kind]}"}
