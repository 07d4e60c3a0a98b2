"""Sentences for the rotation's reasons and readings, and names of its benchmarks, for terminal and report alike.

Braces are filled by `Labels`. Where a sentence has a number, a second table holds the form with the config's number.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.report.labels import PLAIN, Labels

_BENCHMARKS = {
    "equal_weight_altcoins": "Equal-weight altcoins",
    "no_altcoins": "No altcoins ({eth})",
    "btc": "Hold {btc}",
    "eth": "Hold {eth}",
    "btc_60_stable_40": "60% {btc}, 40% stable",
    "eth_trend": "{eth} above its SMA",
    "eth_while_btc_trend": "{eth} while {btc} > SMA",
}
_BENCHMARKS_WITH_NUMBERS = {
    "eth_trend": "{eth} above {trend_days}-day SMA",
}

READINGS = {
    "small_caps": "{small_caps} close, above the highest before",
    "relative_strength": "ln({fund} / {market}), above its SMA and its earlier value",
    "credit": "credit ratio to its SMA, at least",
    "volatility": "VIX, below",
    "participation": "signs of a broad advance, at least",
    "volume": "largest volume / median, at least",
    "trend": "close > fast > slow SMA, smallest ratio above",
    "net_liquidity": "net liquidity's change ($m), above",
    "supercycle": "traits of a supercycle, at least",
    "volatility_kill": "VIX of the risk exit, above",
    "eth_btc": "{eth}/{btc}, above its SMA",
    "eth_trend": "{eth}, above its SMA",
    "breadth": "share of altcoins above their SMA, at least",
    "peg_broken": "the stablecoin, days in a row below",
    "sessions_without_record": "sessions without a record, before one arms the bot",
    "level": "{small_caps}, above the breakout's level",
    "closes_above": "closes above the level",
    "sessions_armed": "sessions since the breakout, at most",
    "sessions_for_trend": "sessions to wait for {eth}'s trend",
    "small_cap_stop": "{small_caps}, above {their} trailing stop",
    "eth_stop": "{eth}, above its stop",
    "sessions_for_altcoins": "sessions since confirmation, before altcoins",
    "sessions_quiet": "sessions without a record, before distribution",
    "sessions_weak": "sessions of weak {fund}, before distribution",
    "sessions_distributing": "sessions of distribution, before the rest is sold",
    "sessions_cooling": "sessions of the cooldown",
}
_READINGS_WITH_NUMBERS = {
    "relative_strength": "ln({fund} / {market}), above its SMA and {strength_ago} ago",
    "net_liquidity": "net liquidity's change in {liquidity_weeks} ($m), above",
    "eth_btc": "{eth}/{btc}, above its {pair_days}-day SMA",
    "eth_trend": "{eth}, above its {eth_trend_days}-day SMA",
    "breadth": "share of altcoins above their {breadth_days}-day SMA, at least",
    "peg_broken": "the stablecoin, {peg_days} in a row below",
    "sessions_quiet": "sessions without a record, before {sold} is sold",
    "sessions_weak": "sessions of weak {fund}, before {sold} is sold",
}

_REASONS = {
    "breakout": "{Small_caps} closed at a record after a base without one.",
    "rearmed": "{Small_caps} closed at a record for the first time since a risk exit.",
    "failed": "{Small_caps} closed under the floor of the breakout.",
    "confirmed": "The breakout is sustained and every gate passes.",
    "expired": "The breakout was not sustained in time.",
    "vetoed": "The breakout was sustained, but a gate did not pass in time.",
    "fell_back": "{Small_caps} fell through the trailing stop before {eth} was bought.",
    "entered_eth": "{eth} is bought.",
    "no_trend": "{eth} did not close above its average in time.",
    "second_tranche": "The second tranche of {eth} is bought.",
    "entered_alts": "{eth} beats {btc} and the altcoins' advance is broad: altcoins are bought.",
    "eth_lags_btc": "{eth} lags {btc}: the altcoins go back into {eth}.",
    "no_new_record": "Too long without a record: a part of the position is sold.",
    "weak_small_caps": "{Fund} {have} lagged {the_market} for too long: a part of the position is sold.",
    "resumed": "A record while {fund} {lead}: the position is taken up again.",
    "distributed": "The distribution is over: the rest is sold.",
    "cooled_down": "The cooldown after a risk exit is over.",
    "kill_credit": "Credit is stressed: everything is sold.",
    "kill_volatility": "VIX is over its limit: everything is sold.",
    "kill_trail": "{Small_caps} fell through the trailing stop: everything is sold.",
    "kill_eth": "{eth} fell too far from its high: everything is sold.",
    "kill_peg": "The stablecoin lost its peg: everything is sold.",
    "stale": "An input that is needed is too old: buying is blocked.",
    "stale_too_long": "An input has been silent for too long: a part of the position is sold.",
    "waits_for_record": "Waiting in the stablecoin for {small_caps} to break out.",
    "waits_for_closes": "Armed: waiting for enough closes above the level.",
    "waits_for_gates": "Armed and sustained: waiting for the gates.",
    "waits_for_trend": "Confirmed: waiting for {eth} to close above its average.",
    "holds": "No change: the position is held.",
    "cools_down": "Out after a risk exit: waiting for the cooldown to pass.",
    "thin_trading": "Caution: the breakout came in thin trading.",
    "peg_broken": "Caution: the stablecoin closes under its peg.",
}
_REASONS_WITH_NUMBERS = {
    "breakout": "{Small_caps} closed at a record after at least {base} without one.",
    "failed": "{Small_caps} closed {floor} under the breakout's level.",
    "expired": "The breakout was not sustained within {within}.",
    "vetoed": "The breakout was sustained, but a gate did not pass within {within}.",
    "no_trend": "{eth} did not close above its {eth_trend_days}-day average within {patience}.",
    "entered_alts": "{eth} beats {btc} and the altcoins' advance is broad: {altcoin_share} of equity goes to altcoins.",
    "no_new_record": "{quiet} without a record: {sold} of the position is sold.",
    "weak_small_caps": "{Fund} {have} lagged {the_market} for {weak}: {sold} of the position is sold.",
    "distributed": "The distribution of {distributing} is over: the rest is sold.",
    "cooled_down": "The cooldown of {cooling} after a risk exit is over.",
    "kill_volatility": "VIX is over {vix_exit}: everything is sold.",
    "kill_eth": "{eth} fell {fall} from its high: everything is sold.",
    "stale": "An input that is needed is more than {stale_after} sessions or days old: buying is blocked.",
    "stale_too_long": "An input has been silent for more than {stale_leave} sessions or days: {sold} of the position "
    "is sold.",
    "waits_for_trend": "Confirmed: waiting for {eth} to close above its {eth_trend_days}-day average.",
    "cools_down": "Out after a risk exit: waiting for the cooldown of {cooling} to pass.",
    "peg_broken": "Caution: the stablecoin closed under {peg_below} on {peg_days} in a row.",
}


def reason_sentence(code: str, labels: Labels = PLAIN) -> str:
    """Return a reason of the rotation as a sentence; the code in words for the reason of a user's own strategy."""
    if not labels.is_rotation or code not in _REASONS:
        return code.replace("_", " ")
    return labels.fill(_REASONS[code], _REASONS_WITH_NUMBERS.get(code))


def reading_text(name: str, labels: Labels = PLAIN) -> str:
    """Return the comparison that a reading makes; its name in words for the reading of a user's own strategy."""
    if not labels.is_rotation or name not in READINGS:
        return name.replace("_", " ")
    return labels.fill(READINGS[name], _READINGS_WITH_NUMBERS.get(name))


def figures_name(key: str, figures: Mapping[str, object], labels: Labels = PLAIN) -> str:
    """Return the name of the strategy or of a benchmark, with the last day of one that ended early."""
    last = figures.get("last_day")
    return benchmark_name(key, labels) + (f", to {last}" if last else "")


def benchmark_name(key: str, labels: Labels = PLAIN) -> str:
    """Return the name of the strategy or of a benchmark."""
    if key == "strategy":
        return labels.strategy.row
    if key.startswith("own_"):
        return f"Own: {key.removeprefix('own_')}"
    if key not in _BENCHMARKS:
        return key.replace("_", " ")
    return labels.fill(_BENCHMARKS[key], _BENCHMARKS_WITH_NUMBERS.get(key))
