"""Terms: what a run calls small caps, and which of its readings take nothing out of the market."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.settings.renamed_keys import with_new_names

_INDEX_NAMES = {"RUT": "Russell 2000"}
_KILLS = {"credit": "credit", "volatility": "volatility_kill", "trail": "small_cap_stop", "eth_drawdown": "eth_stop"}
"""The reading of each kill that the config can switch off."""


@dataclass(frozen=True, slots=True)
class Labels:
    """`small_caps` is the index's name, None where it is not known; `no_kill` are readings whose kill is off."""

    small_caps: str | None = None
    no_kill: frozenset[str] = frozenset()

    @property
    def subject(self) -> str:
        """Small caps, inside a sentence."""
        return self.small_caps or "small caps"

    @property
    def start(self) -> str:
        """Small caps, at the start of a sentence."""
        return self.small_caps or "Small caps"

    def verb(self, of_one: str, of_many: str) -> str:
        """The form of a verb: an index is one, small caps are many."""
        return of_one if self.small_caps else of_many


def labels_of(config: Mapping[str, Any] | None, is_real: bool = True) -> Labels:
    """The terms of a resolved config; `is_real` is whether its symbols are those of a real market."""
    if config is None:
        return Labels()
    name = _INDEX_NAMES.get(str(config["roles"]["small_caps"])) if is_real else None
    switches = with_new_names(config)["rotation"]["risk_exits"]
    return Labels(name, frozenset(reading for name, reading in _KILLS.items() if not switches[name]))
