"""Labels of a run: names of its coins and index, and the numbers of its config as words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.core.plural import counted
from bot.report.strategy_text import ROTATION, StrategyText, text_of_strategy

_USUAL = {"small_caps": "RUT", "small_cap_fund": "IWM", "broad_fund": "SPY"}
"""Symbol by role for which sentences say small caps, and the market. Another one is called by its name."""
_NAMES = {"RUT": "Russell 2000"}
"""Printed names of a config without the key `names`."""
_READING_OF_EXIT = {
    "credit": "credit",
    "volatility": "volatility_kill",
    "trail": "small_cap_stop",
    "eth_drawdown": "eth_stop",
}
"""The reading behind each risk exit that the config can switch off."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Names and numbers that the sentences of one run use.

    `small_caps` is the printed name of the series in that role, None if it is unknown. `is_other` is True if it is
    another series than small caps, which sentences then call by its name. `fund` and `market` are the names of the
    two sides of relative strength; None for the usual funds, small caps against the market.

    `no_exit` holds the readings whose risk exit is switched off. `numbers` are spans and limits of the config as text;
    empty if the config is unknown, and then sentences leave numbers out. `strategy` has the texts of the strategy
    itself.
    """

    small_caps: str | None = None
    no_exit: frozenset[str] = frozenset()
    eth: str = "ETH"
    btc: str = "BTC"
    numbers: Mapping[str, str] = field(default_factory=dict)
    is_other: bool = False
    fund: str | None = None
    market: str | None = None
    strategy: StrategyText = ROTATION

    @property
    def is_rotation(self) -> bool:
        """True if the run is one of the rotation: its sections, and its words for codes, belong to the run."""
        return self.strategy.is_rotation

    @property
    def subject(self) -> str:
        """Small caps, inside a sentence."""
        return self.small_caps or "small caps"

    @property
    def start(self) -> str:
        """Small caps, at the start of a sentence."""
        return self.small_caps or "Small caps"

    @property
    def group(self) -> str:
        """Small caps as a group, inside a sentence; the name of another series in their role."""
        return self.subject if self.is_other else "small caps"

    def verb(self, of_one: str, of_many: str) -> str:
        """Return the form of a verb: an index is one, small caps are many."""
        return of_one if self.small_caps else of_many

    def fill(self, sentence: str, with_numbers: str | None = None) -> str:
        """Fill the names into a sentence; into the one with numbers where the config is known."""
        # Half a set of numbers would leave a brace unfilled, so a sentence has all of them or none.
        chosen = with_numbers if with_numbers is not None and self.numbers else sentence
        return chosen.format(
            eth=self.eth,
            btc=self.btc,
            small_caps=self.group,
            Small_caps=self.start if self.is_other else "Small caps",
            Small_cap=self.start if self.is_other else "Small-cap",
            of_small_caps=f"{self.group}'s" if self.is_other else "small caps'",
            of_the_small_caps=f"{self.group}'s" if self.is_other else "the small caps'",
            they="it" if self.is_other else "they",
            their="its" if self.is_other else "their",
            fund=self.fund or "small caps",
            Fund=self.fund or "Small caps",
            of_fund=f"{self.fund}'s" if self.fund else "small caps'",
            have="has" if self.fund else "have",
            lead="leads" if self.fund else "lead",
            market=self.market or "market",
            the_market=self.market or "the market",
            **self.numbers,
        )


PLAIN = Labels()
"""Labels where the config of a record is unknown."""


def labels_of(config: Mapping[str, Any], is_real: bool = True, name: str = "") -> Labels:
    """Derive labels from a resolved config.

    Parameters
    ----------
    config : Mapping
        The config as `Config.resolved()` gives it.
    is_real : bool
        True if the symbols are those of a real market: a demo's index has no name.
    name : str
        Name of the user's own strategy, as the record has it.
    """
    roles, rotation = config["roles"], config["rotation"]
    names, lead = config.get("names", _NAMES), str(roles["small_caps"])
    others = {
        role: str(names.get(roles[role], roles[role]))
        for role, usual in _USUAL.items()
        if is_real and roles[role] != usual
    }
    exits = rotation["risk_exits"]
    return Labels(
        small_caps=names.get(lead, lead) if is_real else None,
        is_other="small_caps" in others,
        fund=others.get("small_cap_fund"),
        market=others.get("broad_fund"),
        no_exit=frozenset(reading for name, reading in _READING_OF_EXIT.items() if not exits[name]),
        eth=str(names.get(roles["eth"], roles["eth"])),
        btc=str(names.get(roles["btc"], roles["btc"])),
        numbers={**_numbers(config), "funds": _funds(roles, names, is_real)},
        strategy=text_of_strategy(config, name),
    )


def _numbers(config: Mapping[str, Any]) -> dict[str, str]:
    rotation = config["rotation"]
    stages, stale, peg, stop = (rotation[name] for name in ("stages", "stale", "peg", "eth_stop"))
    by_range = stop["measure"] == "atr"
    return {
        "base": counted(rotation["breakout"]["base_sessions"], "session"),
        "floor": _percent(1 - rotation["breakout"]["floor"]),
        "within": counted(rotation["breakout"]["confirm_within"], "session"),
        "patience": counted(rotation["gated"]["patience_sessions"], "session"),
        "quiet": counted(stages["quiet_sessions"], "session"),
        "weak": counted(stages["weak_sessions"], "session"),
        "distributing": counted(stages["distribution_sessions"], "session"),
        "cooling": counted(stages["cooldown_sessions"], "session"),
        "pair_weak": counted(stages["leave_altcoins_days"], "day"),
        "altcoin_share": _percent(rotation["weights"]["altcoins"]),
        "sold": _percent(1 - rotation["weights"]["distribution"]),
        "vix_exit": f"{rotation['volatility']['kill_above']:g}",
        "fall": f"{stop['atr_multiple']:g} average true ranges" if by_range else _percent(stop["drawdown"]),
        "peg_below": f"{peg['below']:g}",
        "peg_days": counted(peg["days"], "day"),
        "stale_after": str(stale["after"]),
        "stale_leave": str(stale["leave_after"]),
        "eth_trend_days": str(rotation["gated"]["trend_days"]),
        "pair_days": str(rotation["pair_window"]),
        "breadth_days": str(config["altcoins"]["breadth_window"]),
        "strength_window": f"{rotation['relative_strength']['window']}-session",
        "strength_ago": counted(rotation["relative_strength"]["lookback"], "session"),
        "liquidity_weeks": counted(rotation["net_liquidity"]["weeks"], "week"),
        "trend_days": str(config["benchmarks"]["trend_days"]),
    }


def _funds(roles: Mapping[str, Any], names: Mapping[str, Any], is_real: bool) -> str:
    """Return the two sides of relative strength: IWM/SPY."""
    if not is_real:
        return "Small caps/market"
    symbols = (str(roles[role]) for role in ("small_cap_fund", "broad_fund"))
    return "/".join(str(names.get(symbol, symbol)) for symbol in symbols)


def _percent(share: float) -> str:
    return f"{round(share * 100, 6):g}%"  # 1 - 0.97 is 0.030000000000000027
