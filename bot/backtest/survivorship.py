"""Survivorship bias of a run: the same run on the coins of live listings only, against all coins."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from bot.backtest.engines.exact import run_exact
from bot.backtest.figures import figures_of
from bot.core.market import Market
from bot.core.orders import Fill
from bot.core.window import Window
from bot.report.numbers import growth, to_ascii
from bot.services.plans import planned
from bot.settings.loader import Config


def survivorship_of(
    config: Config,
    market: Market,
    window: Window,
    total_return: float,
    bought: Collection[str],
    name: str = "the same run",
) -> dict[str, Any] | None:
    """Measure the survivorship bias of a run.

    Parameters
    ----------
    market
        All coins of the run.
    total_return
        Simple return of the run, as a share.
    bought
        Symbols of the run's fills. Only a run that bought altcoins is repeated.
    name
        Name of the run in the sentence.

    Returns
    -------
    dict, optional
        `total_return_all`, `total_return_live`, `difference` (live less all, as a share; 0.01 is one point) and `line`,
        where the market has coins of the archive beside those of live listings.
    """
    if not market.archived:
        return None
    live = total_return
    if set(bought) - {market.roles.btc, market.roles.eth}:
        survivors = market.without(market.archived)
        book = run_exact(planned(config, survivors, window, "survivorship"))
        live = float(str(figures_of(book, config.start_equity)["total_return"]))
        text = (
            f"{name} returns {growth(total_return)} on all coins and {growth(live)} on those of live listings "
            f"alone: leaving out the others is worth {100 * (live - total_return):+.1f} points"
        )
    else:
        text = "worth 0.0 points in this run, which bought no altcoin"
    return {
        "total_return_all": total_return,
        "total_return_live": live,
        "difference": round(live - total_return, 10),
        "line": f"Survivorship: {to_ascii(text)}",
    }


def survivorship_of_config(config: Config, market: Market, window: Window) -> dict[str, Any] | None:
    """Run a config and measure its survivorship bias, for a sweep or a walk-forward that varies it.

    Returns the same as `survivorship_of`: None where the market has no coins of the archive.
    """
    if not market.archived:
        return None
    book = run_exact(planned(config, market, window, "survivorship"))
    bought = {event.symbol for event in book.events if isinstance(event, Fill)}
    total_return = float(str(figures_of(book, config.start_equity)["total_return"]))
    return survivorship_of(config, market, window, total_return, bought, "the config itself")
