"""The folder of a study: a file a section, so that an interrupted study goes on where it ended."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.core.errors import LedgerError
from bot.ledger.text_file import write_state_text

_KEYS = {"sentence", "does_not_show", "definitions"}
"""Keys of every section."""
STUDY_FILE, REPORT_FILE = "study.json", "report.html"


class StudyFolder:
    """Files of one plan on one data set by one version of the code.

    Raises LedgerError where reading or writing a file fails.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def section(self, name: str) -> dict[str, Any] | None:
        """Return the figures of a finished section; None if it is not there, or its file is not whole."""
        path = self._section_path(name)
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise LedgerError(f"cannot be read: {problem.strerror}", where=str(path), mend="remove it") from None
        except (ValueError, RecursionError):
            return None  # it holds figures alone, which are computed again
        return found if isinstance(found, dict) and found.keys() >= _KEYS else None

    def keep_section(self, name: str, figures: Mapping[str, Any]) -> None:
        """Write the figures of a finished section."""
        write_state_text(self._section_path(name), to_json(figures))

    def keep_study(self, study: Mapping[str, Any], report: str) -> None:
        """Write the whole study and its report."""
        write_state_text(self.path / REPORT_FILE, report)
        write_state_text(self.path / STUDY_FILE, to_json(study))

    def _section_path(self, name: str) -> Path:
        return self.path / "sections" / f"{name}.json"


def to_json(figures: Mapping[str, Any]) -> str:
    """Return figures as JSON: floats to their last digit, null for NaN and infinity."""
    return json.dumps(_plain(figures), indent=1, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value
