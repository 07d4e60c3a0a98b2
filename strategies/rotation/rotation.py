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
from strategies.rotation.view import RotationView, Views

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
        stage, tranche = Stage.STABLE, 0
        entered, weights = 0, dict[str, Decimal]()
        for i, (at, outcome) in enumerate(zip(view.market.decision_moments, view.path, strict=True)):
            previous, stage = stage, Stage(outcome.stage)
            # A new tranche is a purchase too, though the stage is the same.
            changed = stage is not previous or outcome.tranche != tranche
            tranche = outcome.tranche
            entered = i if stage is not previous else entered
            stale = bool(view.stale[i])
            weights = self._weights(view, i, stage, tranche, i - entered, stale, weights)
            on_schedule = (i - entered) % self.settings.sizing.rebalance_days == 0
            decisions.append(
                Decision(
                    at=at,
                    stage=stage.name,
                    previous=previous.name,
                    weights=weights,
                    reasons=reason_codes(outcome.reasons),
                    trade=Trade.NOW if changed else Trade.BAND if on_schedule else Trade.HOLD,
                    reduce_only=stale or stage is Stage.DISTRIBUTION,
                    readings=view.table.at(i),
                )
            )
        return decisions

    def _weights(
        self,
        view: RotationView,
        i: int,
        stage: Stage,
        tranche: int,
        days_in_stage: int,
        stale: bool,
        before: dict[str, Decimal],
    ) -> dict[str, Decimal]:
        """Return the target weights at one decision; `before` are those of the decision before."""
        shares, eth = self.settings.rotation.weights, view.market.roles.eth
        if stage is Stage.ETH:
            return {eth: to_weight(shares.eth_first if tranche == 1 else shares.eth_full)}
        if stage is Stage.ALTS:
            # Nothing is bought on a stale day, so a new choice could not be carried out.
            every = self.settings.altcoins.choose_every_days
            due = days_in_stage == 0 or (days_in_stage % every == 0 and not stale)
            return self._with_altcoins(view, view.days[i]) if due else before
        if stage is Stage.DISTRIBUTION:
            kept = shares.distribution  # weights are halved once, then frozen: prices may move them, orders do not
            return {s: to_weight(float(w) * kept) for s, w in before.items()} if days_in_stage == 0 else before
        return {}

    def _with_altcoins(self, view: RotationView, day: np.datetime64) -> dict[str, Decimal]:
        weights, eth = self.settings.rotation.weights, view.market.roles.eth
        if self.choose is None:
            return {eth: to_weight(weights.eth_first + weights.altcoins)}
        shares = self.choose(view.altcoins, day)
        half = {symbol: to_weight(weights.altcoins * share) for symbol, share in shares.items()}
        return {eth: to_weight(weights.eth_first), **half}
