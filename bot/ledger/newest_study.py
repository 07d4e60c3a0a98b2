"""The newest study of the same data, for commands that show a result beside its verdict."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORMAT = 1
"""Form of study.json; a reader leaves out files of another form."""
_TYPES: Mapping[str, type] = {"made_at": str, "series": dict, "reads": list, "verdict": dict, "plan": dict}
NOT_STUDIED = "not studied yet"


@dataclass(frozen=True, slots=True)
class StudyVerdict:
    """Word of a study, with its labels, the day on which it was made, and its report."""

    word: str
    labels: tuple[str, ...]
    made_on: str
    plan: str
    report: Path

    @property
    def line(self) -> str:
        """The verdict in one line."""
        doubts = f" ({', '.join(self.labels)})" if self.labels else ""
        return f"{self.word}{doubts}, retrospective, made on {self.made_on}"

    def to_dict(self) -> dict[str, Any]:
        """Format the verdict as JSON, as `summary.json` has it."""
        return {
            "word": self.word,
            "labels": list(self.labels),
            "made_on": self.made_on,
            "plan": self.plan,
            "line": self.line,
        }


def study_of_run(state: Path, series_sha256: Mapping[str, str]) -> dict[str, Any]:
    """Return the verdict of the newest study of a run's data as JSON; its word says so if there is no such study."""
    found = newest_study(state, series_sha256)
    if found is not None:
        return found.to_dict()
    return {"word": NOT_STUDIED, "labels": [], "made_on": None, "plan": None, "line": NOT_STUDIED}


def study_line(state: Path, manifest: Mapping[str, Any]) -> str:
    """Return the verdict of the newest study of a run's data in one line; `manifest` is that of its folder."""
    hashes = {symbol: str(entry["sha256"]) for symbol, entry in manifest.get("series", {}).items()}
    return str(study_of_run(state, hashes)["line"])


def newest_study(state: Path, series_sha256: Mapping[str, str]) -> StudyVerdict | None:
    """Find the newest study whose series are those of a run.

    Parameters
    ----------
    state
        State folder of the config.
    series_sha256
        Hash of the rows of each series of the run, by symbol.

    Returns
    -------
    StudyVerdict or None
        None if no study read the same rows of its signal and its outcome.
    """
    fitting = [
        (str(study["made_at"]), path, study)
        for path in state.glob("study/*/study.json")
        if (study := _read(path)) is not None and _is_of(study, series_sha256)
    ]
    if not fitting:
        return None
    made_at, path, study = max(fitting, key=lambda one: one[0])
    verdict, plan = study["verdict"], study["plan"]["name"]
    return StudyVerdict(verdict["word"], tuple(verdict["labels"]), made_at[:10], plan, path.with_name("report.html"))


def _read(path: Path) -> dict[str, Any] | None:
    """Return a study; None for a file that is not one of this form."""
    try:
        study: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(study, dict) or study.get("format") != FORMAT:
        return None
    try:
        is_whole = all(isinstance(study[key], kind) for key, kind in _TYPES.items()) and all(
            isinstance(text, str)
            for text in (study["verdict"]["word"], study["plan"]["name"], *study["verdict"]["labels"])
        )
    except (KeyError, TypeError):
        return None
    return study if is_whole else None


def _is_of(study: Mapping[str, Any], series_sha256: Mapping[str, str]) -> bool:
    return all(study["series"].get(symbol) == series_sha256.get(symbol) for symbol in study["reads"])
