"""What codes and names mean, in a trader's words, for terminal and report alike."""

from __future__ import annotations

RUN_NAMES = {
    "strategy": "Strategy",
    "equal_weight_altcoins": "Equal-weight altcoins",
    "no_altcoins": "No altcoins (ETH)",
    "btc": "Hold BTC",
    "eth": "Hold ETH",
    "btc_60_stable_40": "60% BTC, 40% stable",
    "eth_trend": "ETH above 200-day SMA",
    "eth_while_btc_trend": "ETH while BTC > SMA",
}

READINGS = {
    "small_caps": "small caps close, above the highest before",
    "relative_strength": "ln(small caps / market), above its SMA and a month ago",
    "credit": "credit ratio to its SMA, at least",
    "volatility": "VIX, below",
    "participation": "signs of a broad advance, at least",
    "volume": "largest volume / median, at least",
    "trend": "close > fast > slow SMA, smallest ratio above",
    "net_liquidity": "net liquidity's change over a quarter ($m), above",
    "supercycle": "traits of a supercycle, at least",
    "volatility_kill": "VIX that takes the portfolio out, above",
    "eth_btc": "ETH/BTC, above its SMA",
    "eth_trend": "ETH, above its SMA",
    "breadth": "share of altcoins above their SMA, at least",
    "peg_broken": "the stablecoin, days in a row below",
    "sessions_without_record": "sessions without a record, before one arms the bot",
    "level": "small caps, above the breakout's level",
    "closes_above": "closes above the level",
    "sessions_armed": "sessions since the breakout, at most",
    "sessions_for_trend": "sessions to wait for ETH's trend",
    "small_cap_stop": "small caps, above their trailing stop",
    "eth_stop": "ETH, above its stop",
    "sessions_for_altcoins": "sessions since confirmation, before altcoins",
    "sessions_quiet": "sessions without a record, before half is sold",
    "sessions_weak": "sessions of weak small caps, before half is sold",
    "sessions_distributing": "sessions of distribution, before the rest is sold",
    "sessions_cooling": "sessions of the cooldown",
}

REASONS = {
    "breakout": "Small caps closed at a record after a month without one.",
    "rearmed": "Small caps closed at a record for the first time since a kill.",
    "failed": "Small caps closed 3% under the breakout's level.",
    "confirmed": "The breakout is sustained and every gate passes.",
    "expired": "The breakout was not sustained in time.",
    "vetoed": "The breakout was sustained, but a gate did not pass in time.",
    "fell_back": "Small caps fell through the trailing stop before ETH was bought.",
    "entered_eth": "ETH is bought.",
    "no_trend": "ETH's own trend did not answer in time.",
    "second_tranche": "The second half of ETH is bought.",
    "entered_alts": "ETH beats BTC and the altcoins' advance is broad: half goes to altcoins.",
    "eth_lags_btc": "ETH lags BTC: the altcoins go back into ETH.",
    "no_new_record": "A quarter has passed without a record: half is sold.",
    "weak_small_caps": "Small caps have lagged the market for two weeks: half is sold.",
    "resumed": "A record while small caps lead: the position is taken up again.",
    "distributed": "The month of distribution is over: the rest is sold.",
    "cooled_down": "The cooldown after a kill is over.",
    "kill_credit": "Credit is stressed: everything is sold.",
    "kill_volatility": "VIX is over its limit: everything is sold.",
    "kill_trail": "Small caps fell through the trailing stop: everything is sold.",
    "kill_eth": "ETH fell too far from its high: everything is sold.",
    "kill_peg": "The stablecoin lost its peg: everything is sold.",
    "stale": "An input that is needed is too old: nothing is bought.",
    "stale_too_long": "An input has been silent for too long: half is sold.",
    "waits_for_record": "Waiting in the stablecoin for small caps to break out.",
    "waits_for_closes": "Armed: waiting for enough closes above the level.",
    "waits_for_gates": "Armed and sustained: waiting for the gates.",
    "waits_for_trend": "Confirmed: waiting for ETH's own trend.",
    "holds": "Nothing has changed: the position is held.",
    "cools_down": "Out after a kill: waiting for the cooldown to pass.",
    "thin_trading": "Caution: the breakout came in thin trading.",
    "peg_broken": "Caution: the stablecoin closes under its peg.",
}
"""A sentence for each reason of the rotation; a strategy of the user's own speaks for itself."""


def sentence(code: str) -> str:
    """A reason in words; the code itself where it is not the rotation's."""
    return REASONS.get(code, code.replace("_", " "))
