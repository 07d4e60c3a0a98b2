"""Texts of a strategy: its title, and the sentences that only its own runs have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.core.plural import counted
from bot.core.text import printable


@dataclass(frozen=True, slots=True)
class StrategyText:
    """Texts of any strategy: its own name, and sentences that rest on trades.

    Every screen, report and JSON object asks here, through `Labels.strategy`, before it prints what belongs to the
    rotation only. `is_rotation` opens the rotation's sections, and its words for stages, reasons and readings.
    """

    title: str
    is_rotation: bool = False

    @property
    def name(self) -> str:
        """Name of the strategy in lists."""
        return self.title

    @property
    def subject(self) -> str:
        """The strategy as the subject of a sentence."""
        return self.title

    @property
    def row(self) -> str:
        """Name of the strategy's row beside its benchmarks."""
        return self.title

    @property
    def timing(self) -> str:
        """Subject of the sentence about random timing: the shares that are shifted."""
        return "The same daily shares in coins, shifted to other days of the run"

    @property
    def basket(self) -> str:
        """Coins whose mean return random timing gives to the share in coins other than the two majors."""
        return "the coins that the strategy targets"

    def demo_lead(self) -> str:
        """Return the opening of a sentence about a run on the demo."""
        return "In a synthetic market, from"

    def rests_on(self, summary: Mapping[str, Any]) -> str:
        """Return what the result of a run rests on, in words."""
        made = summary["strategy"]["trades"]
        return counted(made, "closed round trip") if made else "no closed round trip"

    def few(self, summary: Mapping[str, Any]) -> str:
        """Return the warning about the size of the sample."""
        made = self.rests_on(summary)
        return f"One path is no evidence: the result rests on {made}, and other years would have given others."

    def stress(self, factor: float) -> str:
        """Return the words for times of wide spreads, in the sentence about costs."""
        return f"times {factor:g} on days that the strategy names as stressed"

    def crisis_note(self) -> str:
        """Return the note under the table of crises."""
        return "A strategy that was out of the market missed the fall: see the share held in coins."


@dataclass(frozen=True, slots=True)
class RotationText(StrategyText):
    """Texts of the rotation: its runs rest on breakouts."""

    title: str = "Small-cap rotation"
    is_rotation: bool = True

    @property
    def name(self) -> str:
        """Name of the strategy in lists."""
        return "rotation"

    @property
    def subject(self) -> str:
        """The strategy as the subject of a sentence."""
        return "the strategy"

    @property
    def row(self) -> str:
        """Name of the strategy's row beside its benchmarks."""
        return "Strategy"

    @property
    def timing(self) -> str:
        """Subject of the sentence about random timing: the shares that are shifted."""
        return "The same exposure at random times"

    @property
    def basket(self) -> str:
        """Coins whose mean return random timing gives to the share in coins other than the two majors."""
        return "the eligible altcoins"

    def demo_lead(self) -> str:
        """Return the opening of a sentence about a run on the demo."""
        return "In a synthetic market without effect, from"

    def rests_on(self, summary: Mapping[str, Any]) -> str:
        """Return the number of confirmed breakouts and of re-armings after a risk exit, in words."""
        episodes, again = summary["episodes"], summary["rearmings"].get("confirmed", 0)
        confirmed = f"{episodes.get('confirmed', 0)} confirmed of {counted(episodes.get('total', 0), 'breakout')}"
        return f"{confirmed} and {counted(again, 're-arming')} after a risk exit" if again else confirmed

    def few(self, summary: Mapping[str, Any]) -> str:
        """Return the warning about the size of the sample."""
        return (
            f"Few episodes prove nothing: {self.rests_on(summary)} are too few to tell skill from luck, whichever "
            "way the result points."
        )

    def stress(self, factor: float) -> str:
        """Return the words for times of wide spreads, in the sentence about costs."""
        return f"times {factor:g} while credit is stressed"

    def crisis_note(self) -> str:
        """Return the note under the table of crises."""
        return (
            "A strategy that is out of the market nine days in ten misses most crises by chance: see the share held in "
            "coins."
        )


ROTATION = RotationText()


def text_of_strategy(config: Mapping[str, Any], name: str = "") -> StrategyText:
    """Return the texts of a config's strategy.

    Parameters
    ----------
    config : Mapping
        The config as `Config.resolved()` gives it.
    name : str
        Name that the user's own strategy has in the record; "" in records of older versions, and then the file's name.
    """
    file = config.get("strategy", {}).get("file")
    return ROTATION if file is None else own_text(name or Path(str(file).replace("\\", "/")).stem)


def own_text(name: str) -> StrategyText:
    """Return the texts of a user's own strategy by its name."""
    return StrategyText(printable(name))


def strategy_name(manifest: Mapping[str, Any]) -> str:
    """Return the name of a run's strategy from its manifest; "" in runs of older versions."""
    return str(manifest.get("strategy", {}).get("name", ""))
