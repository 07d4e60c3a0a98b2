"""One decision of the rotation: the whole of its trading rule, one pass down the table of docs/rotation.md."""

from __future__ import annotations

from strategies.rotation.rules import Memory, Observation, Outcome, Reason, Rules, Stage


def step(rules: Rules, memory: Memory, seen: Observation) -> Outcome:
    """Decide the stage and tranche from what is remembered and what is seen, and say why.

    Stale inputs come first, then the counters, then the kills, then the table from top to bottom. A kill ends
    the decision. Only scalars go in and out.
    """
    (
        stage,
        stage_session,
        came_from,
        level,
        high,
        closes_above,
        breakout_session,
        confirmed_session,
        eth_session,
        eth_high,
        tranche,
        pair_weak_days,
        killed,
    ) = memory
    reasons = 0
    session = seen.session
    fresh = seen.missed <= rules.stale_after

    # Stale inputs.
    if not fresh:
        reasons |= Reason.STALE
        if (stage == Stage.ETH or stage == Stage.ALTS) and seen.missed > rules.stale_leave_after:
            came_from, stage, stage_session = stage, Stage.DISTRIBUTION, session
            reasons |= Reason.STALE_TOO_LONG
    if seen.peg_broken:
        reasons |= Reason.PEG_BROKEN

    # Counters.
    invested = stage == Stage.ETH or stage == Stage.ALTS or stage == Stage.DISTRIBUTION
    if seen.new_session and (invested or stage == Stage.ARMED or stage == Stage.CONFIRMED):
        if seen.close > high:  # not max(): a close that is missing must change nothing
            high = seen.close
        if stage == Stage.ARMED and seen.close > level:
            closes_above += 1
    if invested and seen.eth_close > eth_high:
        eth_high = seen.eth_close
    if stage == Stage.ALTS:
        pair_weak_days = pair_weak_days + 1 if seen.pair_below else 0

    # Kills.
    trail = rules.trail_of_level * max(level, rules.trail_of_high * high)
    kill_readings = 0
    if rules.kill_on_credit and seen.credit_stress:
        kill_readings |= Reason.KILL_CREDIT
    if rules.kill_on_volatility and seen.volatility_kill:
        kill_readings |= Reason.KILL_VOLATILITY
    if rules.kill_on_trail and seen.close < trail:
        kill_readings |= Reason.KILL_TRAIL
    if invested:
        kills = kill_readings if seen.new_session else 0
        if rules.eth_stop_is_atr:
            stopped = seen.eth_close < eth_high - rules.atr_multiple * seen.eth_range
        else:
            stopped = seen.eth_close <= eth_high * (1 - rules.eth_drawdown)
        if rules.kill_on_eth and stopped:
            kills |= Reason.KILL_ETH
        if rules.kill_on_peg and seen.peg_broken:
            kills |= Reason.KILL_PEG
        if kills:
            memory = Memory(
                Stage.COOLDOWN,
                session,
                came_from,
                level,
                high,
                closes_above,
                breakout_session,
                confirmed_session,
                eth_session,
                eth_high,
                0,
                pair_weak_days,
                True,
            )
            return Outcome(memory, Stage.COOLDOWN, 0, reasons | kills)

    # The table.
    if stage == Stage.COOLDOWN and session - stage_session >= rules.cooldown_sessions:
        stage, stage_session = Stage.STABLE, session
        reasons |= Reason.COOLED_DOWN
    if stage == Stage.DISTRIBUTION and seen.is_record and seen.rs_up and fresh:
        stage, stage_session, tranche, pair_weak_days = came_from, session, 2, 0
        reasons |= Reason.RESUMED
    if stage == Stage.DISTRIBUTION and session - stage_session >= rules.distribution_sessions:
        stage, stage_session = Stage.STABLE, session
        reasons |= Reason.DISTRIBUTED
    if stage == Stage.STABLE and seen.is_record and (seen.base >= rules.min_base or killed):
        reasons |= Reason.BREAKOUT if seen.base >= rules.min_base else Reason.REARMED
        stage, stage_session, breakout_session, killed = Stage.ARMED, session, session, False
        level, high, closes_above = seen.prior_high, seen.close, 1
        trail = rules.trail_of_level * max(level, rules.trail_of_high * high)
        if seen.thin_trading:
            reasons |= Reason.THIN_TRADING
    if stage == Stage.ARMED and seen.close < rules.floor * level:
        stage, stage_session = Stage.STABLE, session
        reasons |= Reason.FAILED
    sustained = closes_above >= rules.confirm_closes
    if stage == Stage.ARMED and sustained and seen.close > level and seen.gates_pass:
        stage, stage_session, confirmed_session = Stage.CONFIRMED, session, session
        reasons |= Reason.CONFIRMED
    if stage == Stage.ARMED and session - breakout_session >= rules.confirm_within:
        stage, stage_session = Stage.STABLE, session
        reasons |= Reason.VETOED if sustained else Reason.EXPIRED
    if stage == Stage.CONFIRMED and seen.close < trail:
        stage, stage_session = Stage.STABLE, session
        reasons |= Reason.FELL_BACK
    if stage == Stage.CONFIRMED and fresh and (not rules.gated or (seen.eth_above_trend and not kill_readings)):
        stage, stage_session, eth_session, tranche = Stage.ETH, session, session, 1
        eth_high = seen.eth_close if seen.eth_close > 0 else 0.0
        reasons |= Reason.ENTERED_ETH
    if stage == Stage.CONFIRMED and rules.gated and session - confirmed_session >= rules.patience_sessions:
        stage, stage_session = Stage.STABLE, session
        reasons |= Reason.NO_TREND
    if (stage == Stage.ETH or stage == Stage.ALTS) and fresh:
        quiet = min(session - confirmed_session, seen.sessions_since_record) >= rules.quiet_sessions
        weak = seen.rs_weak_sessions >= rules.weak_sessions
        if quiet or weak:
            came_from, stage, stage_session = stage, Stage.DISTRIBUTION, session
            reasons |= (Reason.NO_NEW_RECORD if quiet else 0) | (Reason.WEAK_SMALL_CAPS if weak else 0)
    if (
        stage == Stage.ETH
        and fresh
        and session - confirmed_session >= rules.altcoins_after_sessions
        and seen.pair_above
        and seen.breadth_passes
    ):
        stage, stage_session, pair_weak_days = Stage.ALTS, session, 0
        reasons |= Reason.ENTERED_ALTS
    if stage == Stage.ALTS and fresh and pair_weak_days >= rules.leave_altcoins_days:
        stage, stage_session, tranche = Stage.ETH, session, 2
        reasons |= Reason.ETH_LAGS_BTC
    if stage == Stage.ETH and tranche == 1 and fresh and session - eth_session >= rules.full_after_sessions:
        tranche = 2
        reasons |= Reason.SECOND_TRANCHE

    if stage == Stage.STABLE:
        reasons |= Reason.WAITS_FOR_RECORD
    elif stage == Stage.ARMED:
        reasons |= Reason.WAITS_FOR_GATES if sustained else Reason.WAITS_FOR_CLOSES
    elif stage == Stage.CONFIRMED:
        reasons |= Reason.WAITS_FOR_TREND
    elif stage == Stage.COOLDOWN:
        reasons |= Reason.COOLS_DOWN
    elif stage == memory.stage and tranche == memory.tranche:
        reasons |= Reason.HOLDS
    if stage != Stage.ETH and stage != Stage.ALTS and stage != Stage.DISTRIBUTION:
        tranche = 0
    memory = Memory(
        stage,
        stage_session,
        came_from,
        level,
        high,
        closes_above,
        breakout_session,
        confirmed_session,
        eth_session,
        eth_high,
        tranche,
        pair_weak_days,
        killed,
    )
    return Outcome(memory, stage, tranche, reasons)
