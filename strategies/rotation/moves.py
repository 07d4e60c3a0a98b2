"""Moves of the rotation from one stage to the next: each returns the memory after it."""

from __future__ import annotations

from strategies.rotation.rules import Stage
from strategies.rotation.state import Breakout, EthPosition, Memory, Observation


def waiting(memory: Memory, session: int) -> Memory:
    """Go back to the stablecoin and wait for a record."""
    return _placed(memory, Stage.STABLE.value, session, 0, memory.breakout, memory.eth)


def armed(memory: Memory, seen: Observation) -> Memory:
    """Arm on a record: the highest close before it is the level, and its own close is the first above."""
    return Memory(
        stage=Stage.ARMED.value,
        stage_session=seen.session,
        came_from=memory.came_from,
        tranche=0,
        killed=False,
        breakout=Breakout(
            level=seen.prior_high,
            high=seen.close,
            closes_above=1,
            session=seen.session,
            # Kept until the next confirmation: no stage before CONFIRMED reads it.
            confirmed_session=memory.breakout.confirmed_session,
        ),
        eth=memory.eth,
    )


def confirmed(memory: Memory, session: int) -> Memory:
    """Confirm the breakout."""
    breakout = Breakout(
        level=memory.breakout.level,
        high=memory.breakout.high,
        closes_above=memory.breakout.closes_above,
        session=memory.breakout.session,
        confirmed_session=session,
    )
    return _placed(memory, Stage.CONFIRMED.value, session, 0, breakout, memory.eth)


def first_half(memory: Memory, seen: Observation) -> Memory:
    """Buy the first half of ETH; its stop counts from this close, and from 0 where the close is missing."""
    high = seen.eth_close if seen.eth_close > 0 else 0.0  # NaN > 0 is False
    eth = EthPosition(session=seen.session, high=high, pair_weak_days=memory.eth.pair_weak_days)
    return _placed(memory, Stage.ETH.value, seen.session, 1, memory.breakout, eth)


def second_half(memory: Memory) -> Memory:
    """Buy the second half of ETH in the same stage."""
    return _placed(memory, memory.stage, memory.stage_session, 2, memory.breakout, memory.eth)


def into_altcoins(memory: Memory, session: int) -> Memory:
    """Move half to altcoins."""
    return _placed(memory, Stage.ALTS.value, session, memory.tranche, memory.breakout, _without_lag(memory.eth))


def back_into_eth(memory: Memory, session: int) -> Memory:
    """Move the altcoins back into ETH."""
    # Tranche 2: the first half is held already, and the altcoins' half follows at once.
    return _placed(memory, Stage.ETH.value, session, 2, memory.breakout, memory.eth)


def winding_down(memory: Memory, session: int) -> Memory:
    """Begin DISTRIBUTION, and remember the stage that a record leads back to."""
    return Memory(
        stage=Stage.DISTRIBUTION.value,
        stage_session=session,
        came_from=memory.stage,
        tranche=memory.tranche,
        killed=memory.killed,
        breakout=memory.breakout,
        eth=memory.eth,
    )


def resumed(memory: Memory, session: int) -> Memory:
    """Go back to the stage that DISTRIBUTION came from, with the full position."""
    return _placed(memory, memory.came_from, session, 2, memory.breakout, _without_lag(memory.eth))


def out_of_the_market(memory: Memory, session: int) -> Memory:
    """Sell everything on a risk exit; any record arms again after the cooldown."""
    return Memory(
        stage=Stage.COOLDOWN.value,
        stage_session=session,
        came_from=memory.came_from,
        tranche=0,
        killed=True,
        breakout=memory.breakout,
        eth=memory.eth,
    )


def _placed(memory: Memory, stage: int, session: int, tranche: int, breakout: Breakout, eth: EthPosition) -> Memory:
    return Memory(
        stage=stage,
        stage_session=session,
        came_from=memory.came_from,
        tranche=tranche,
        killed=memory.killed,
        breakout=breakout,
        eth=eth,
    )


def _without_lag(eth: EthPosition) -> EthPosition:
    return EthPosition(session=eth.session, high=eth.high, pair_weak_days=0)
