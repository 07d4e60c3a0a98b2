"""Readings of the rotation in words: what is measured, where it stands with its unit, and what is needed."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.report import numbers
from bot.report.labels import PLAIN, Labels

_OF_THRESHOLD = {
    "small_caps": ("{Small_caps}", "the highest close before"),
    "relative_strength": ("{funds}", "its {strength_window} average and its level {strength_ago} ago"),
    "eth_btc": ("{eth}/{btc}", "its {pair_days}-day average"),
    "eth_trend": ("{eth}", "its {eth_trend_days}-day average"),
    "level": ("{Small_caps}", "the breakout's level"),
    "small_cap_stop": ("{Small_caps}", "the trailing stop"),
    "eth_stop": ("{eth}", "its stop"),
}
"""Readings that stand above or below their threshold by a percentage: subject and name of the threshold."""
_BY_VALUE = {
    "credit": ("Credit ratio", "{value} of its average", "at least {threshold}"),
    "volatility": ("VIX", "{value} points", "below {threshold}"),
    "participation": ("Signs of a broad advance", "{value}", "at least {threshold}"),
    "volume": ("Largest volume", "{value} times its median", "at least {threshold} times"),
    "trend": ("Close, fast and slow average", "smallest ratio {value}", "above {threshold}"),
    "net_liquidity": ("Net liquidity", "{value} in {liquidity_weeks}", "above {threshold}"),
    "supercycle": ("Traits of a supercycle", "{value}", "at least {threshold}"),
    "volatility_kill": ("VIX of the risk exit", "{value} points", "above {threshold} to sell"),
    "breadth": ("Altcoins above their {breadth_days}-day average", "{value}", "at least {threshold}"),
    "peg_broken": ("The stablecoin", "{value} USD", "{peg_days} in a row below {threshold} to sell"),
}
"""Other readings: subject, value with its unit, and what is needed."""
_PERCENT, _MILLIONS = frozenset({"credit", "breadth"}), 1e6


@dataclass(frozen=True, slots=True)
class ReadingSentence:
    """Parts of a sentence: "IWM/SPY", "1.2% above its 50-session average", "above"."""

    subject: str
    now: str
    needs: str

    def __str__(self) -> str:
        return f"{self.subject}, {self.now}; needs: {self.needs}"


def reading_sentence(
    name: str, value: float | None, threshold: float | None, labels: Labels = PLAIN
) -> ReadingSentence | None:
    """Return a reading of the rotation in words.

    Parameters
    ----------
    name : str
        Name of the reading.
    value, threshold : float, optional
        As the decision has them; `relative_strength` in logarithms, `net_liquidity` in millions of USD.
    labels : Labels
        Names and numbers of the config.

    Returns
    -------
    ReadingSentence, optional
        Empty for an unknown reading, a reading of another strategy, and an unknown config.
    """
    if value is None or threshold is None or not labels.is_rotation or not labels.numbers:
        return None
    if name in _OF_THRESHOLD:
        subject, reference = (labels.fill(text) for text in _OF_THRESHOLD[name])
        share = math.expm1(value - threshold) if name == "relative_strength" else value / threshold - 1
        side = "above" if share >= 0 else "below"
        return ReadingSentence(subject, f"{numbers.share_text(share)} {side} {reference}", "above")
    if name not in _BY_VALUE:
        return None
    figures = {"value": _figure(name, value), "threshold": _figure(name, threshold)}
    return ReadingSentence(
        *(
            labels.fill(text.replace("{value}", "{{value}}").replace("{threshold}", "{{threshold}}")).format(**figures)
            for text in _BY_VALUE[name]
        )
    )


def _figure(name: str, value: float) -> str:
    if name in _PERCENT:
        return numbers.percent(value)
    return numbers.dollars(value * _MILLIONS) if name == "net_liquidity" else numbers.figure(name, value)
