"""A trigger: a condition to leave a stage, and the names of the gates in its sentence."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from bot.core.text import printable
from bot.report.labels import Labels

_GATES = {
    "relative_strength": "{of_fund} lead over {the_market}",
    "credit": "credit",
    "volatility": "VIX",
    "participation": "participation",
    "volume": "volume",
    "trend": "{of_small_caps} trend",
    "net_liquidity": "net liquidity",
    "supercycle": "the supercycle score",
}
"""Name of each gate in a sentence; `gate_name` fills the name of small caps in."""


def gate_name(name: str, labels: Labels) -> str:
    """Return the name of a gate in a sentence; that of a user's own reading in words."""
    return labels.fill(_GATES[name]) if name in _GATES else printable(name.replace("_", " "))


@dataclass(frozen=True, slots=True)
class Trigger:
    """A condition to leave a stage, as one sentence.

    Attributes
    ----------
    sentence
        The condition and its distance in words.
    reading
        Name of the reading that it depends on, if known.
    distance, share
        Value less threshold in the reading's own unit, and as a share of the threshold.
    leads
        `on` to the next stage, or `out` of the market.
    """

    sentence: str
    reading: str = ""
    distance: float | None = None
    share: float | None = None
    leads: Literal["on", "out"] = "on"

    def as_dict(self) -> dict[str, object]:
        """Format the trigger as JSON."""
        return asdict(self)
