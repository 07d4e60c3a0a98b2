"""The rotation: stablecoin to ETH to altcoins and back, as small caps break out, hold and fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

import numpy as np

from bot.core.decision import Decision, Trade
from bot.core.instrument import to_weight
from bot.core.market import Market
from strategies.rotation.altcoins import Altcoins
from strategies.rotation.rules import Stage, reason_codes
from strategies.rotation.settings import RotationSettings
from strategies.rotation.view import RotationView, view_of

Chooser = Callable[[Altcoins, np.datetime64], dict[str, float]]
"""Picks the altcoin half on a day: shares of it by symbol."""


class Rotation:
    """The article's rule, or its gated variant, by the settings.

    `choose` picks the altcoin half; None puts ETH in its place.
    """

    name = "rotation"

    def __init__(self, settings: RotationSettings, choose: Chooser | None = Altcoins.choose) -> None:
        self.settings, self.choose = settings, choose

    def decisions(self, market: Market) -> Sequence[Decision]:
        """One decision for each of the market's decision times, folded from the origin."""
        return self.decide(view_of(market, self.settings))

    def decide(self, view: RotationView) -> list[Decision]:
        """The decisions of a view: target weights along its path, and when to trade towards them."""
        decisions = []
        stage, tranche = Stage.STABLE, 0
        entered, weights = 0, dict[str, Decimal]()
        for i, (at, outcome) in enumerate(zip(view.market.decision_moments, view.path, strict=True)):
            previous, stage = stage, Stage(outcome.stage)
            changed = stage is not previous or outcome.tranche != tranche
            tranche = outcome.tranche
            entered = i if stage is not previous else entered
            stale = bool(view.stale[i])
            weights = self._weights(view, i, stage, tranche, i - entered, stale, weights)
            on_schedule = (i - entered) % self.settings.rebalance_days == 0
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
        """The target weights at one decision; `before` are those of the decision before."""
        settings, eth = self.settings, view.market.roles.eth
        if stage is Stage.ETH:
            return {eth: to_weight(settings.eth_first if tranche == 1 else settings.eth_full)}
        if stage is Stage.ALTS:
            due = days_in_stage == 0 or (days_in_stage % settings.altcoins.choose_every_days == 0 and not stale)
            return self._with_altcoins(view, view.days[i]) if due else before
        if stage is Stage.DISTRIBUTION:
            share = settings.distribution_share
            return {s: to_weight(float(w) * share) for s, w in before.items()} if days_in_stage == 0 else before
        return {}

    def _with_altcoins(self, view: RotationView, day: np.datetime64) -> dict[str, Decimal]:
        settings, eth = self.settings, view.market.roles.eth
        if self.choose is None:
            return {eth: to_weight(settings.eth_first + settings.altcoin_half)}
        shares = self.choose(view.altcoins, day)
        half = {symbol: to_weight(settings.altcoin_half * share) for symbol, share in shares.items()}
        return {eth: to_weight(settings.eth_first), **half}
