"""The few settings of a run that its report needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.report.contents import Contents

_DEMO_PREFIX = "DEMO-"


@dataclass(frozen=True, slots=True)
class Settings:
    """Amounts are in `quote`, the stablecoin; `costs` are shares, as in the config."""

    start_equity: float
    quote: str
    eth: str
    btc: str
    random_shifts: int
    costs: Mapping[str, Any]


def settings(contents: Contents) -> Settings:
    """The settings as the run's manifest has them; the demo's coins carry its prefix."""
    config = contents.manifest["config"]
    prefix = _DEMO_PREFIX if contents.is_demo else ""
    return Settings(
        start_equity=float(config["start_equity"]),
        quote=prefix + config["roles"]["stablecoin"],
        eth=prefix + config["roles"]["eth"],
        btc=prefix + config["roles"]["btc"],
        random_shifts=int(config["benchmarks"]["random_shifts"]),
        costs=config["costs"],
    )
