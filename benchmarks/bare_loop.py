"""The rotation as one loop over arrays, written by hand for speed: the yardstick of the sweep's compiled simulation.

It decides stages, targets, orders and fills as `bot.simulation` does and ends with the same equity. It leaves out
reasons and conditions of decisions, the list of fills, cash by day, coins that end or are renamed, quarantined coins,
delays, manual overrides, and stages by day. All sets run inside one compiled call on arrays that are reused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bot.core import execution, instrument
from bot.core.impact import impact_share
from bot.simulation.kernel import rounded_weight

Floats = Any

STABLE, ARMED, CONFIRMED, ETH, ALTS, DISTRIBUTION, COOLDOWN = range(7)
TIE, LOT_TIE, FLOAT_TIE = 1e-12, 1e-9, 4e-16
CASH_KEPT, COARSE_TICK = float(execution.CASH_KEPT), float(instrument.COARSE_TICK)
PRICE_DIGITS = instrument.PRICE_DIGITS


def bare_loop() -> Callable[..., Floats]:
    """Compile the loop. Raises ImportError without numba."""
    import numba

    inline = numba.extending.register_jitable(forceinline=True)
    for function in (_whole, _worse, impact_share, rounded_weight):
        inline(function)
    return numba.njit(error_model="numpy")(_run_sets)  # type: ignore[no-any-return]


def _whole(amount: float) -> float:
    return np.floor(amount + LOT_TIE + FLOAT_TIE * amount)  # type: ignore[no-any-return]


def _worse(price: float, tick: float, is_buy: bool) -> float:
    if tick > price * COARSE_TICK:
        tick = 10.0 ** (np.floor(np.log10(price) + 1e-12) + 1 - PRICE_DIGITS)
    ticks = price / tick
    tie = LOT_TIE + FLOAT_TIE * ticks
    return (np.ceil(ticks - tie) if is_buy else np.floor(ticks + tie)) * tick  # type: ignore[no-any-return]


def _run_sets(rules, targets, numbers, seen, shares, coins, multipliers, first):  # type: ignore[no-untyped-def]
    """Run every set; `rules`, `targets` and `numbers` have a row a set. Return the final equity of each."""
    n, days = len(coins.step), len(multipliers)
    close_of, open_of, volume_of, fresh = coins.close, coins.open, coins.median_volume, coins.fresh
    deviation_of = coins.volatility
    step_of, fee_of, slip_of, tick_of = coins.step, coins.fee, coins.slippage, coins.tick
    final, equity_of = np.zeros(len(rules)), np.zeros(days)
    lots, weights, orders = np.zeros(n), np.zeros(n), np.zeros(n)
    live, again, unfinished = np.zeros(n, np.int64), np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    for row in range(len(rules)):
        r, t, z = rules[row], targets[row], numbers[row]
        lots[:], weights[:], unfinished[:] = 0.0, 0.0, False
        count, cash, band, relative, volume_share, eth = 0, z[0], z[1], z[2], z[3], int(z[7])
        stage = came = tranche = entered = since = closes = armed_on = confirmed_on = eth_on = lag = 0
        was_stage, was_tranche = 0, 0
        killed, level, high, eth_high = False, 0.0, 0.0, 0.0
        for i in range(len(seen.missed)):
            # --- the rule -------------------------------------------------------------------------------
            session, close, is_new = seen.session[i], seen.close[i], seen.new_session[i]
            stale = seen.missed[i] > r[15]
            if stale and ETH <= stage <= ALTS and seen.missed[i] > r[16]:
                came, stage, since = stage, DISTRIBUTION, session
            if stage != STABLE and stage != COOLDOWN:
                if is_new:
                    if close > high:
                        high = close
                    if stage == ARMED and close > level:
                        closes += 1
                if ETH <= stage <= DISTRIBUTION and seen.eth_close[i] > eth_high:
                    eth_high = seen.eth_close[i]
                if stage == ALTS:
                    lag = lag + 1 if seen.pair_below[i] else 0
            left = False
            if ETH <= stage <= DISTRIBUTION:
                trail = r[5] * max(level, r[6] * high)
                if is_new:
                    left = (r[17] != 0 and seen.credit_stress[i]) or (r[18] != 0 and seen.volatility_kill[i])
                    left = left or (r[19] != 0 and trail - close > TIE * abs(trail))
                if r[20] != 0:
                    stop = eth_high - r[24] * seen.eth_range[i] if r[22] != 0 else eth_high * (1 - r[23])
                    left = left or stop - seen.eth_close[i] >= -TIE * abs(stop)
                left = left or (r[21] != 0 and seen.peg_broken[i])
            if left:
                stage, since, tranche, killed = COOLDOWN, session, 0, True
            else:
                if stage == COOLDOWN and session - since >= r[14]:
                    stage, since, tranche = STABLE, session, 0
                if stage == DISTRIBUTION:
                    if seen.is_record[i] and seen.rs_up[i] and not stale:
                        stage, since, tranche, lag = came, session, 2, 0
                    elif session - since >= r[13]:
                        stage, since, tranche = STABLE, session, 0
                if stage == STABLE and seen.is_record[i] and seen.base[i] >= (0 if killed else r[1]):
                    stage, since, tranche, killed = ARMED, session, 0, False
                    level, high, closes, armed_on = seen.prior_high[i], close, 1, session
                if stage == ARMED:
                    floor = r[4] * level
                    if floor - close > TIE * abs(floor):
                        stage, since, tranche = STABLE, session, 0
                    elif closes >= r[2] and close - level > TIE * abs(level) and seen.gates_pass[i]:
                        stage, since, tranche, confirmed_on = CONFIRMED, session, 0, session
                    elif session - armed_on >= r[3]:
                        stage, since, tranche = STABLE, session, 0
                if stage == CONFIRMED:
                    trail = r[5] * max(level, r[6] * high)
                    fell = trail - close > TIE * abs(trail)
                    agrees = seen.eth_above_trend[i] and not seen.credit_stress[i] and not seen.volatility_kill[i]
                    if fell:
                        stage, since, tranche = STABLE, session, 0
                    elif not stale and (agrees or r[0] == 0):
                        stage, since, tranche, eth_on = ETH, session, 1, session
                        eth_high = seen.eth_close[i] if seen.eth_close[i] > 0 else 0.0
                    elif r[0] != 0 and session - confirmed_on >= r[7]:
                        stage, since, tranche = STABLE, session, 0
                if ETH <= stage <= ALTS and not stale:
                    age = session - confirmed_on
                    if min(age, seen.sessions_since_record[i]) >= r[11] or seen.rs_weak_sessions[i] >= r[12]:
                        came, stage, since = stage, DISTRIBUTION, session
                    elif stage == ETH and age >= r[9] and seen.pair_above[i] and seen.breadth_passes[i]:
                        stage, since, lag = ALTS, session, 0
                    elif stage == ALTS and lag >= r[10]:
                        stage, since, tranche = ETH, session, 2
                    elif stage == ETH and tranche == 1 and session - eth_on >= r[8]:
                        tranche = 2
            # --- target weights -------------------------------------------------------------------------
            changed = stage != was_stage or tranche != was_tranche
            if stage != was_stage:
                entered = i
            age = i - entered
            is_set = True
            if stage == ETH:
                weights[:] = 0.0
                weights[eth] = rounded_weight(t[0] if tranche == 1 else t[1])
            elif stage == ALTS and (age == 0 or (age % t[4] == 0 and not stale)):
                weights[:] = 0.0
                weights[eth] = rounded_weight(t[0])
                for c in range(n):
                    if shares[i, c] > 0:
                        weights[c] = rounded_weight(t[2] * shares[i, c])
            elif stage == DISTRIBUTION and age == 0:
                for c in range(n):
                    weights[c] = rounded_weight(weights[c] * t[3])
            elif ALTS <= stage <= DISTRIBUTION or not ETH <= was_stage <= DISTRIBUTION:
                is_set = False
            else:
                weights[:] = 0.0
            was_stage, was_tranche = stage, tranche
            if is_set:
                count = 0
                for c in range(n):
                    if weights[c] > 0 or lots[c] > 0:
                        live[count] = c
                        count += 1
                    else:
                        unfinished[c] = False
            # --- orders and fills -----------------------------------------------------------------------
            day = i - first + 1
            if day < 1 or day > days:
                continue
            is_held = is_late = False
            for k in range(count):
                is_held = is_held or lots[live[k]] > 0
                is_late = is_late or unfinished[live[k]]
            if not is_held and not ETH <= stage <= DISTRIBUTION:
                equity_of[day - 1] = cash
                continue
            now = changed or day == 1
            is_banded = age % t[5] == 0
            if (now or is_banded or is_late) and count:
                equity = cash
                for k in range(count):
                    c = live[k]
                    equity += lots[c] * step_of[c] * close_of[day - 1, c] if lots[c] > 0 else 0.0
                planned, reduce_only = cash, stale or stage == DISTRIBUTION
                multiplier = multipliers[day - 1]
                for k in range(count):
                    orders[live[k]], again[live[k]] = 0.0, False
                for side in range(2):
                    for k in range(count):
                        c = live[k]
                        if weights[c] <= 0 and lots[c] <= 0:
                            continue
                        price, step = close_of[day - 1, c], step_of[c]
                        weight = lots[c] * step * price / equity
                        is_near = not is_banded or abs(weight - weights[c]) <= max(band, relative * weights[c])
                        if is_near and not now and not unfinished[c]:
                            continue
                        change = weights[c] * equity / price / step - lots[c]
                        if (side == 0) != (change < 0) or change == 0:
                            continue
                        cost, volume = fee_of[c] + slip_of[c] * multiplier, volume_of[day - 1, c]
                        tradable = np.inf if np.isnan(volume) else _whole(volume_share * volume / price / step)
                        wanted = _whole(abs(change))
                        if side == 1 and reduce_only:
                            again[c] = again[c] or (unfinished[c] and not now)
                            continue
                        if wanted == 0:
                            continue
                        if not fresh[day - 1, c]:
                            again[c] = True
                            continue
                        allowed = min(wanted, tradable)
                        sigma = deviation_of[day - 1, c]
                        if side == 1:
                            expected = min(change, tradable) * step * price
                            cost += impact_share(z[4], sigma, expected, volume)
                            allowed = min(allowed, _whole(max(planned, 0.0) / (price * (1 + cost)) / step))
                        again[c] = again[c] or allowed < wanted
                        size = allowed * step
                        if size * price < coins.min_notional[c] or size < coins.min_quantity[c]:
                            continue
                        orders[c] = allowed if side == 1 else -allowed
                        if side == 0:
                            cost += impact_share(z[4], sigma, size * price, volume)
                        planned += -size * price * (1 + cost) if side == 1 else size * price * (1 - cost)
                for k in range(count):
                    unfinished[live[k]] = again[live[k]]
                for side in range(2):
                    for k in range(count):
                        c = live[k]
                        if orders[c] == 0 or (side == 0) != (orders[c] < 0):
                            continue
                        opened, step, slip = open_of[day, c], step_of[c], slip_of[c] * multiplier
                        if np.isnan(opened):
                            unfinished[c] = True
                            continue
                        size = abs(orders[c]) * step * opened
                        slip += impact_share(z[4], deviation_of[day - 1, c], size, volume_of[day - 1, c])
                        if side == 1:
                            price = _worse(opened * (1 + slip), tick_of[c], True)
                            paid = price * (1 + fee_of[c])
                            filled = min(orders[c], _whole(cash * (1 - CASH_KEPT) / paid / step))
                            cash -= filled * step * paid
                        else:
                            price = _worse(opened * (1 - slip), tick_of[c], False)
                            filled = -min(-orders[c], lots[c])
                            cash -= filled * step * price * (1 - fee_of[c])
                        lots[c] += filled
                        unfinished[c] = unfinished[c] or filled != orders[c]
            equity = cash
            for k in range(count):
                c = live[k]
                equity += lots[c] * step_of[c] * close_of[day, c] if lots[c] > 0 else 0.0
            equity_of[day - 1] = equity
        final[row] = equity_of[days - 1]
    return final
