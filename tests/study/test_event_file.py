"""Events of a plan from a user's own file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.core.errors import ConfigError
from bot.study.axis import Index
from bot.study.event_file import events_of_file, require_causal

SESSIONS = np.arange("2020-01-06", "2020-01-26", dtype="datetime64[D]")
INDEX = Index("RUT", SESSIONS, np.array([100.0, 101, 99, 104, 103, 98, 97, 110, 111, 90] * 2))


def file_of(folder: Path, body: str) -> Path:
    path = folder / "own.py"
    path.write_text(f"import pandas as pd\n\n\ndef events(closes):\n    {body}\n")
    return path


def test_the_dates_of_the_function_become_rows(tmp_path: Path) -> None:
    path = file_of(tmp_path, "return list(closes.index[closes > 103.5])")
    assert events_of_file(path, INDEX).tolist() == [3, 7, 8, 13, 17, 18]


def test_a_date_that_is_named_twice_is_one_event(tmp_path: Path) -> None:
    path = file_of(tmp_path, "return list(closes.index[:1]) * 2")
    assert events_of_file(path, INDEX).tolist() == [0]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return [pd.Timestamp('2020-03-01')]", "an event on a day that is no session"),
        ("return closes[closes > 103.5]", "returns numbers; expected dates from closes.index, was 104.0"),
        ("return list(closes.index.tz_localize('Asia/Tokyo'))", "returns dates with a time zone"),
        ("raise ValueError('no luck')", r"own.py line 5: ValueError: no luck"),
        ("return 5", "own.py"),
        ("import sys; sys.exit(3)", "own.py"),
        ("return ['not a date']", "own.py"),
    ],
)
def test_a_faulty_function_is_an_error_of_one_line(tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        events_of_file(file_of(tmp_path, body), INDEX)
    assert "\n" not in str(caught.value) and str(caught.value).endswith("see docs/study.md")


def test_the_function_cannot_change_the_closes(tmp_path: Path) -> None:
    path = file_of(tmp_path, "closes[:] = 1.0; return []")
    before = INDEX.closes.copy()
    assert events_of_file(path, INDEX).tolist() == []
    assert (before == INDEX.closes).all()


@pytest.mark.parametrize(
    ("body", "reads_the_future"),
    [
        ("return [closes.idxmax()]", True),
        ("return closes.index[closes > closes.mean()]", True),
        ("return closes.index[closes.shift(-1) > 105]", True),
        ("return closes.index[closes > closes.expanding().mean()]", False),
    ],
)
def test_a_function_that_reads_later_closes_is_refused(tmp_path: Path, body: str, reads_the_future: bool) -> None:
    path = file_of(tmp_path, body)
    rows = events_of_file(path, INDEX)
    if reads_the_future:
        with pytest.raises(ConfigError, match="reads the future"):
            require_causal(path, INDEX, rows)
    else:
        require_causal(path, INDEX, rows)
