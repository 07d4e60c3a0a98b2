"""Target and trading of a decision from its stage, on scalars only, so that numba can compile it."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from strategies.rotation.rules import Stage


class WeightSource(IntEnum):
    """Source of the target weights of a decision."""

    NOTHING = 0
    ETH = 1
    CHOICE = 2
    """ETH, and the altcoins chosen on the day that has just closed."""
    BEFORE = 3
    """Those of the decision before."""
    CUT = 4
    """A share of those of the decision before."""


class TradeCode(IntEnum):
    """Trading of a decision: retries alone, outside the bands, or at once."""

    HOLD = 0
    BAND = 1
    NOW = 2


class TargetRules(NamedTuple):
    """The numbers of target weights and trading days: shares of equity, and days."""

    eth_first: float
    eth_full: float
    altcoins: float
    distribution: float
    choose_every_days: int
    rebalance_days: int


class Position(NamedTuple):
    """Stage and tranche of a decision, and the number of the decision that entered the stage."""

    stage: int = Stage.STABLE
    tranche: int = 0
    entered: int = 0


class Target(NamedTuple):
    """Target of one decision: `eth` and `altcoins` are shares of equity, `kept` the share of the weights before."""

    position: Position
    source: int
    reduce_only: bool
    eth: float
    altcoins: float
    kept: float


def target_of(rules: TargetRules, before: Position, number: int, stage: int, tranche: int, stale: bool) -> Target:
    """Return the target of a decision.

    Parameters
    ----------
    rules
        Numbers of the config.
    before
        Position of the decision before; `Position()` at the first.
    number
        Number of this decision, one a UTC day.
    stage, tranche
        Stage and tranche after `step`.
    stale
        True if a needed input is too old to buy on.
    """
    entered = number if stage != before.stage else before.entered
    days = number - entered
    source, eth, altcoins, kept = WeightSource.NOTHING.value, 0.0, 0.0, 0.0
    if stage == Stage.ETH:
        source = WeightSource.ETH.value
        eth = rules.eth_first if tranche == 1 else rules.eth_full
    elif stage == Stage.ALTS:
        # Nothing is bought on a stale day, so a new choice could not be carried out.
        is_due = days == 0 or (days % rules.choose_every_days == 0 and not stale)
        source = WeightSource.CHOICE.value if is_due else WeightSource.BEFORE.value
        eth, altcoins = rules.eth_first, rules.altcoins
    elif stage == Stage.DISTRIBUTION:
        # Weights are cut once, then frozen: prices may move them, orders do not.
        source = WeightSource.CUT.value if days == 0 else WeightSource.BEFORE.value
        kept = rules.distribution
    reduce_only = stale or stage == Stage.DISTRIBUTION
    return Target(Position(stage, tranche, entered), source, reduce_only, eth, altcoins, kept)


def trade_of(rules: TargetRules, before: Position, position: Position, number: int) -> int:
    """Return the `TradeCode` of a decision: at once on a change, outside the bands on due days, else retries alone.

    Parameters
    ----------
    rules
        Numbers of the config.
    before, position
        Position of the decision before, and of this decision.
    number
        Number of this decision, one a UTC day.
    """
    # A new tranche is a purchase too, though the stage is the same.
    if position.stage != before.stage or position.tranche != before.tranche:
        return TradeCode.NOW.value
    is_due = (number - position.entered) % rules.rebalance_days == 0
    return TradeCode.BAND.value if is_due else TradeCode.HOLD.value
