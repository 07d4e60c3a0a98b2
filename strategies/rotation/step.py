"""One decision of the rotation: the whole of its trading rule, one pass down the table of docs/rotation.md."""

from __future__ import annotations

from strategies.rotation.conditions import base_needed, conditions_of, is_breakout, is_stale
from strategies.rotation.moves import (
    armed,
    back_into_eth,
    confirmed,
    first_half,
    into_altcoins,
    out_of_the_market,
    resumed,
    second_half,
    waiting,
    winding_down,
)
from strategies.rotation.rules import Reason, Rules, Stage
from strategies.rotation.state import Breakout, Conditions, EthPosition, Memory, Observation, Outcome


def step(rules: Rules, memory: Memory, seen: Observation) -> Outcome:
    """Decide stage and tranche from memory and one observation, with the reasons and the conditions looked at.

    Stale inputs come first, then the counters, then the risk exits, then the table from top to bottom. A risk exit
    ends the decision.

    Parameters
    ----------
    rules : Rules
        Numbers of the config.
    memory : Memory
        State after the decision before; `Memory()` at the first.
    seen : Observation
        The market as it is known at this decision.
    """
    before = memory
    memory, reasons = stale(rules, memory, seen)
    memory = counters(memory, seen)
    found = conditions_of(rules, memory, seen)
    # Before the table, so that no purchase is decided on a day that ends with everything sold.
    exits = risk_exits(rules, seen, found) if Stage.ETH <= memory.stage <= Stage.DISTRIBUTION else 0
    if exits:
        memory = out_of_the_market(memory, seen.session)
        return Outcome(memory, memory.stage, memory.tranche, reasons | exits, found, conditions_of(rules, memory, seen))
    memory, moves, ahead = table(rules, memory, seen, found)
    reasons |= moves | _standing(before, memory, ahead)
    return Outcome(memory, memory.stage, memory.tranche, reasons, found, ahead)


def stale(rules: Rules, memory: Memory, seen: Observation) -> tuple[Memory, int]:
    """Wind down once a needed input has been silent for too long; return the memory and the reasons."""
    reasons = 0
    if is_stale(rules, seen.missed):
        reasons |= Reason.STALE
        if Stage.ETH <= memory.stage <= Stage.ALTS and seen.missed > rules.stale_leave_after:
            memory = winding_down(memory, seen.session)
            reasons |= Reason.STALE_TOO_LONG
    if seen.peg_broken:
        reasons |= Reason.PEG_BROKEN
    return memory, reasons


def counters(memory: Memory, seen: Observation) -> Memory:
    """Count what the observation adds: highest closes, closes above the level, days in a row that ETH lags BTC."""
    stage, breakout, eth = memory.stage, memory.breakout, memory.eth
    if stage == Stage.STABLE or stage == Stage.COOLDOWN:
        return memory
    high, closes_above, eth_high, weak_days = breakout.high, breakout.closes_above, eth.high, eth.pair_weak_days
    if seen.new_session:
        if seen.close > high:  # not max(): a close that is missing must change nothing
            high = seen.close
        if stage == Stage.ARMED and seen.close > breakout.level:
            closes_above += 1
    if Stage.ETH <= stage <= Stage.DISTRIBUTION and seen.eth_close > eth_high:
        eth_high = seen.eth_close
    if stage == Stage.ALTS:
        weak_days = weak_days + 1 if seen.pair_below else 0
    return Memory(
        stage=stage,
        stage_session=memory.stage_session,
        came_from=memory.came_from,
        tranche=memory.tranche,
        killed=memory.killed,
        breakout=Breakout(
            level=breakout.level,
            high=high,
            closes_above=closes_above,
            session=breakout.session,
            confirmed_session=breakout.confirmed_session,
        ),
        eth=EthPosition(session=eth.session, high=eth_high, pair_weak_days=weak_days),
    )


def risk_exits(rules: Rules, seen: Observation, conditions: Conditions) -> int:
    """Return the reasons to leave the market at once; 0 to go on to the table."""
    # The US readings are the same all weekend: only a new session may act on them. ETH and its peg trade every day.
    exits = _exit_readings(seen, conditions) & _exits_on(rules) if seen.new_session else 0
    if rules.risk_exits_eth_drawdown and not conditions.eth_stop.holds:
        exits |= Reason.KILL_ETH
    if rules.risk_exits_peg and seen.peg_broken:
        exits |= Reason.KILL_PEG
    return exits


def table(rules: Rules, memory: Memory, seen: Observation, conditions: Conditions) -> tuple[Memory, int, Conditions]:
    """Go once down the table; return the memory, the reasons of the rows that applied, and the conditions ahead."""
    memory, reasons = _up_to_armed(rules, memory, seen, conditions)
    if reasons:
        conditions = conditions_of(rules, memory, seen)
    if memory.stage == Stage.ARMED:
        memory, more = _from_armed(memory, seen, conditions)
        if more:  # another stage has other conditions: the next row must look at those
            conditions, reasons = conditions_of(rules, memory, seen), reasons | more
    if memory.stage == Stage.CONFIRMED:
        memory, more = _from_confirmed(rules, memory, seen, conditions)
        if more:
            conditions, reasons = conditions_of(rules, memory, seen), reasons | more
    if Stage.ETH <= memory.stage <= Stage.ALTS and not is_stale(rules, seen.missed):
        memory, more = _while_buying(memory, seen, conditions)
        if more:
            conditions, reasons = conditions_of(rules, memory, seen), reasons | more
    return memory, reasons, conditions


# --- the rows of the table, in its order -----------------------------------------------------------------------


def _up_to_armed(rules: Rules, memory: Memory, seen: Observation, conditions: Conditions) -> tuple[Memory, int]:
    reasons = 0
    if conditions.sessions_cooling.holds:
        memory = waiting(memory, seen.session)
        reasons |= Reason.COOLED_DOWN
    if memory.stage == Stage.DISTRIBUTION:
        if seen.is_record and seen.rs_up and not is_stale(rules, seen.missed):
            memory = resumed(memory, seen.session)
            reasons |= Reason.RESUMED
        elif conditions.sessions_distributing.holds:
            memory = waiting(memory, seen.session)
            reasons |= Reason.DISTRIBUTED
    if memory.stage == Stage.STABLE and seen.is_record and seen.base >= base_needed(rules, memory.killed):
        reasons |= Reason.BREAKOUT if is_breakout(rules, seen.is_record, seen.base) else Reason.REARMED
        if seen.thin_trading:
            reasons |= Reason.THIN_TRADING
        memory = armed(memory, seen)
    return memory, reasons


def _from_armed(memory: Memory, seen: Observation, conditions: Conditions) -> tuple[Memory, int]:
    reasons, sustained = 0, conditions.closes_above.holds
    if not conditions.floor.holds:
        memory = waiting(memory, seen.session)
        reasons |= Reason.FAILED
    elif sustained and conditions.level.holds and seen.gates_pass:
        memory = confirmed(memory, seen.session)
        reasons |= Reason.CONFIRMED
    elif conditions.sessions_armed.holds:
        memory = waiting(memory, seen.session)
        reasons |= Reason.VETOED if sustained else Reason.EXPIRED
    return memory, reasons


def _from_confirmed(rules: Rules, memory: Memory, seen: Observation, conditions: Conditions) -> tuple[Memory, int]:
    reasons = 0
    # Readings count here even at a weekend: to buy what Monday sells would only cost fees. They count with their exits
    # switched off too: the switch of an exit decides on selling, and the gated entry is a rule of its own.
    agrees = seen.eth_above_trend and not _exit_readings(seen, conditions)
    if not conditions.small_cap_stop.holds:
        memory = waiting(memory, seen.session)
        reasons |= Reason.FELL_BACK
    elif not is_stale(rules, seen.missed) and (agrees or not rules.entry_is_gated):
        memory = first_half(memory, seen)
        reasons |= Reason.ENTERED_ETH
    elif rules.entry_is_gated and conditions.sessions_for_trend.holds:
        memory = waiting(memory, seen.session)
        reasons |= Reason.NO_TREND
    return memory, reasons


def _while_buying(memory: Memory, seen: Observation, conditions: Conditions) -> tuple[Memory, int]:
    reasons, session = 0, seen.session
    if conditions.sessions_quiet.holds or conditions.sessions_weak.holds:
        memory = winding_down(memory, session)
        reasons |= Reason.NO_NEW_RECORD if conditions.sessions_quiet.holds else 0
        reasons |= Reason.WEAK_SMALL_CAPS if conditions.sessions_weak.holds else 0
    elif conditions.sessions_for_altcoins.holds and seen.pair_above and seen.breadth_passes:
        memory = into_altcoins(memory, session)
        reasons |= Reason.ENTERED_ALTS
    elif conditions.days_eth_lags.holds:
        memory = back_into_eth(memory, session)
        reasons |= Reason.ETH_LAGS_BTC
    elif memory.tranche == 1 and conditions.sessions_for_full.holds:
        memory = second_half(memory)
        reasons |= Reason.SECOND_TRANCHE
    return memory, reasons


def _exit_readings(seen: Observation, conditions: Conditions) -> int:
    """Return the risk exits that the US market's readings call for, switched on or off."""
    exits = 0
    if seen.credit_stress:
        exits |= Reason.KILL_CREDIT
    if seen.volatility_kill:
        exits |= Reason.KILL_VOLATILITY
    if not conditions.small_cap_stop.holds:
        exits |= Reason.KILL_TRAIL
    return exits


def _exits_on(rules: Rules) -> int:
    """Return the risk exits of the US market that are switched on."""
    exits = 0
    if rules.risk_exits_credit:
        exits |= Reason.KILL_CREDIT
    if rules.risk_exits_volatility:
        exits |= Reason.KILL_VOLATILITY
    if rules.risk_exits_trail:
        exits |= Reason.KILL_TRAIL
    return exits


def _standing(before: Memory, memory: Memory, ahead: Conditions) -> int:
    """Return the reason of a decision that keeps its stage: the event it waits for, or HOLDS."""
    reasons, stage = 0, memory.stage
    if stage == Stage.STABLE:
        reasons |= Reason.WAITS_FOR_RECORD
    elif stage == Stage.ARMED:
        reasons |= Reason.WAITS_FOR_GATES if ahead.closes_above.holds else Reason.WAITS_FOR_CLOSES
    elif stage == Stage.CONFIRMED:
        reasons |= Reason.WAITS_FOR_TREND
    elif stage == Stage.COOLDOWN:
        reasons |= Reason.COOLS_DOWN
    elif stage == before.stage and memory.tranche == before.tranche:
        reasons |= Reason.HOLDS
    return reasons
