"""The rotation strategy: from the stablecoin to ETH to altcoins and back, after breakouts of small caps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

import numpy as np

from bot.core.decision import Decision, Trade
from bot.core.events import Episode
from bot.core.instrument import to_weight
from bot.core.market import Floats, Market
from bot.core.moments import Days
from bot.core.window import Window
from strategies.rotation.altcoins import Altcoins
from strategies.rotation.episodes import episodes
from strategies.rotation.input_warnings import input_warnings
from strategies.rotation.rules import Stage, reason_codes
from strategies.rotation.settings import RotationSettings
from strategies.rotation.targets import Position, Target, TradeCode, WeightSource, target_of, trade_of
from strategies.rotation.view import RotationView, Views

_TRADES = {TradeCode.HOLD: Trade.HOLD, TradeCode.BAND: Trade.BAND, TradeCode.NOW: Trade.NOW}

Chooser = Callable[[Altcoins, np.datetime64], dict[str, float]]
"""Picks the altcoin half on a day: shares of it by symbol."""


class Rotation:
    """The rule of the article, or its gated variant, by the settings.

    `choose` picks the altcoin half; with None the half is ETH.
    """

    name = "rotation"

    def __init__(
        self, settings: RotationSettings, choose: Chooser | None = Altcoins.choose, views: Views | None = None
    ) -> None:
        self.settings, self.choose = settings, choose
        self._views = views or Views()

    def view(self, market: Market) -> RotationView:
        """Return the view of a market, from the views that this rotation was made with."""
        return self._views.of(market, self.settings)

    def decisions(self, market: Market) -> Sequence[Decision]:
        """Decide at every decision time of a market, beginning with an empty memory at the first."""
        return self.decide(self.view(market))

    def stressed(self, market: Market) -> list[datetime]:
        """Return the decision times at which the credit reading shows stress."""
        stress = self.view(market).credit_stress.tolist()
        return [at for at, is_stressed in zip(market.decision_moments, stress, strict=True) if is_stressed]

    def variants(self, market: Market) -> dict[str, Sequence[Decision]]:
        """Return the decisions of the rotation with another altcoin half, by the benchmark's name."""
        view = self.view(market)
        return {
            "equal_weight_altcoins": Rotation(self.settings, Altcoins.equal).decide(view),
            "no_altcoins": Rotation(self.settings, choose=None).decide(view),
        }

    def episodes(self, market: Market) -> Sequence[Episode]:
        """Return every breakout and rearming of the whole history."""
        return episodes(self.view(market))

    def warnings(self, market: Market, window: Window) -> Sequence[str]:
        """Return the warnings of stale and absent inputs. Raises DataError if one ends before the window."""
        return input_warnings(self.view(market), window)

    def basket_returns(self, market: Market, days: Days) -> Floats:
        """Return the mean simple daily return of the eligible altcoins on consecutive UTC days; 0 before the first."""
        return self.view(market).altcoins.basket_returns(days)

    def decide(self, view: RotationView) -> list[Decision]:
        """Make the decisions of a view: target weights along its path, and the times to trade towards them."""
        decisions = []
        rules, position, weights = self.settings.target_rules, Position(), dict[str, Decimal]()
        for i, (at, outcome) in enumerate(zip(view.market.decision_moments, view.path, strict=True)):
            previous = Stage(position.stage)
            target = target_of(rules, position, i, outcome.stage, outcome.tranche, bool(view.stale[i]))
            trade = trade_of(rules, position, target.position, i)
            position, weights = target.position, self._weights(view, target, view.days[i], weights)
            decisions.append(
                Decision(
                    at=at,
                    stage=Stage(outcome.stage).name,
                    previous=previous.name,
                    weights=weights,
                    reasons=reason_codes(outcome.reasons),
                    trade=_TRADES[TradeCode(trade)],
                    reduce_only=target.reduce_only,
                    readings=view.table.at(i),
                )
            )
        return decisions

    def _weights(
        self, view: RotationView, target: Target, day: np.datetime64, before: dict[str, Decimal]
    ) -> dict[str, Decimal]:
        """Return the target weights of a decision; `before` are those of the decision before."""
        match target.source:
            case WeightSource.ETH:
                return {view.market.roles.eth: to_weight(target.eth)}
            case WeightSource.CHOICE:
                return self._with_altcoins(view, target, day)
            case WeightSource.BEFORE:
                return before
            case WeightSource.CUT:
                return {symbol: to_weight(float(weight) * target.kept) for symbol, weight in before.items()}
        return {}

    def _with_altcoins(self, view: RotationView, target: Target, day: np.datetime64) -> dict[str, Decimal]:
        eth = view.market.roles.eth
        if self.choose is None:
            return {eth: to_weight(target.eth + target.altcoins)}
        shares = self.choose(view.altcoins, day)
        half = {symbol: to_weight(target.altcoins * share) for symbol, share in shares.items()}
        return {eth: to_weight(target.eth), **half}
