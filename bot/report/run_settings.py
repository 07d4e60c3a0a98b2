"""Settings of a run that its report needs."""

from __future__ import annotations

from dataclasses import dataclass

from bot.report.contents import Contents, Json

_DEMO_PREFIX = "DEMO-"


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a run. Amounts are in `quote`, the stablecoin; `costs` are shares, as in the config."""

    start_equity: float
    quote: str
    eth: str
    btc: str
    random_shifts: int
    costs: Json


def settings(contents: Contents) -> Settings:
    """Read the settings from the run's manifest; coins of the demo market get its prefix."""
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
