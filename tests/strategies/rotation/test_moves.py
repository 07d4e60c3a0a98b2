"""Moves between stages: the memory after each, field by field."""

from __future__ import annotations

import pytest

from strategies.rotation.moves import first_half, waiting
from strategies.rotation.rules import Stage
from strategies.rotation.state import Breakout, EthPosition, Memory, Observation

HELD = Memory(Stage.ETH, 54, Stage.STABLE, 2, False, Breakout(100.0, 105.0, 5, 50, 54), EthPosition(54, 2000.0, 3))


def seen(eth_close: float) -> Observation:
    return Observation(*[0] * len(Observation._fields))._replace(session=60, eth_close=eth_close)


def test_waiting_holds_no_tranche_and_keeps_what_is_remembered() -> None:
    assert waiting(HELD, 70) == HELD._replace(stage=Stage.STABLE, stage_session=70, tranche=0)


@pytest.mark.parametrize(("eth_close", "high"), [(2000.0, 2000.0), (0.5, 0.5), (float("nan"), 0.0)])
def test_the_stop_counts_from_the_close_of_the_entry_and_from_0_where_it_is_missing(
    eth_close: float, high: float
) -> None:
    memory = first_half(HELD._replace(stage=Stage.CONFIRMED, tranche=0), seen(eth_close))
    assert (memory.stage, memory.stage_session, memory.tranche) == (Stage.ETH, 60, 1)
    assert memory.eth == EthPosition(session=60, high=high, pair_weak_days=3)
