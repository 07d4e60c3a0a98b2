"""Results of a strategy check: its parts, their findings, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """A fault of a strategy: a sentence, with the day, the fields and readings, and the place in the file, if known."""

    sentence: str
    day: datetime | None = None
    fields: tuple[str, ...] = ()
    name: str | None = None
    file: str | None = None
    line: int | None = None

    def to_dict(self) -> dict[str, object]:
        """Return the finding as data, for `--json`."""
        return {
            "sentence": self.sentence,
            "day": None if self.day is None else self.day.date().isoformat(),
            "fields": list(self.fields),
            "name": self.name,
            "file": self.file,
            "line": self.line,
        }


@dataclass(frozen=True, slots=True)
class CheckPart:
    """One part of a check. `is_blind` is True if a planted fault was missed, `word` is the state if it passes."""

    name: str
    sentence: str
    findings: tuple[CheckFinding, ...] = ()
    is_blind: bool = False
    word: str = "passes"
    figures: tuple[tuple[str, object], ...] = ()

    @property
    def state(self) -> str:
        """State of the part: `fails`, `cannot see`, or its own word."""
        return "fails" if self.findings else "cannot see" if self.is_blind else self.word

    def to_dict(self) -> dict[str, object]:
        """Return the part as data, for `--json`."""
        return {
            "name": self.name,
            "state": self.state,
            "sentence": self.sentence,
            **dict(self.figures),
            "findings": [finding.to_dict() for finding in self.findings],
        }


@dataclass(frozen=True, slots=True)
class StrategyVerdict:
    """The verdict on a strategy: its parts, and the sentences that say what was left out."""

    strategy: str
    parts: Sequence[CheckPart]
    unchecked: tuple[str, ...] = ()

    @property
    def passes(self) -> bool:
        """True if all parts are free of findings."""
        return not any(part.findings for part in self.parts)

    @property
    def line(self) -> str:
        """The verdict in one line."""
        failed = [part.name for part in self.parts if part.findings]
        if failed:
            return f"{self.strategy} fails: {', '.join(failed)}."
        blind = [part.name for part in self.parts if part.is_blind]
        return f"{self.strategy} passes{', but the check cannot see: ' + ', '.join(blind) if blind else ''}."

    def to_dict(self) -> dict[str, object]:
        """Return the verdict as data, for `--json`."""
        return {
            "strategy": self.strategy,
            "verdict": "passes" if self.passes else "fails",
            "sentence": self.line,
            "parts": [part.to_dict() for part in self.parts],
            "unchecked": list(self.unchecked),
        }
