"""`bot signal` on an old store says its age first, and ends with a code of its own once it is too old to act on."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.infra import clock
from bot.services.signals import signal_age
from tests.cli.running import ROOT, bot
from tests.markets import default_config

DECIDED = date(2026, 3, 19)
MEND = "bring the store up to date with: bot data update"


@pytest.mark.parametrize(
    ("market", "today", "expected"),
    [
        ("store", date(2026, 3, 19), None),
        ("store", date(2026, 3, 20), (1, False, f"the newest decision is of 2026-03-19, 1 day old; {MEND}")),
        ("store", date(2026, 3, 22), (3, False, f"the newest decision is of 2026-03-19, 3 days old; {MEND}")),
        (
            "store",
            date(2026, 3, 23),
            (4, True, f"the newest decision is of 2026-03-19, 4 days old, too old to act on; {MEND}"),
        ),
        (
            "prices",
            date(2026, 11, 29),
            (255, False, "the newest decision is of 2026-03-19, 255 days old; the prices of prices end there"),
        ),
        ("demo", date(2026, 11, 29), None),
    ],
)
def test_the_age_in_words(market: str, today: date, expected: tuple[int, bool, str] | None) -> None:
    found = signal_age(default_config(), market, DECIDED, today)
    assert (found and (found.days, found.is_too_old, found.line)) == expected


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Sets this machine's clock."""

    def set_clock(moment: datetime) -> None:
        monkeypatch.setattr(clock.SystemClock, "now", lambda self: moment)

    return set_clock


def test_an_old_store_is_said_first_and_ends_with_code_3(tmp_path: Path) -> None:
    assert bot("data", "import", str(ROOT / "docs" / "one-day"), cwd=tmp_path).returncode == 0
    done = bot("signal", cwd=tmp_path)
    newest = done.stdout.split("\n", 1)[0]
    assert newest.startswith("Warning: the newest decision is of 2024-")
    assert newest.endswith(f"days old, too old to act on; {MEND}.")
    assert "Stage: " in done.stdout  # the decision is still shown
    assert done.returncode == 3
    assert done.stderr.startswith("Error: signal: the newest decision is of 2024-")


@pytest.mark.slow
def test_json_has_the_age_and_a_day_that_is_asked_for_is_no_fault(
    tmp_path: Path, at: Callable[[datetime], None]
) -> None:
    bot("data", "import", str(ROOT / "docs" / "one-day"), cwd=tmp_path)
    as_json = bot("signal", "--json", cwd=tmp_path)
    found = json.loads(as_json.stdout)
    assert as_json.returncode == found["error"]["exit_code"] == 3
    assert found["age_days"] > 600
    decided = datetime.fromisoformat(found["at"])
    assert bot("signal", "--at", str(decided.date()), cwd=tmp_path).returncode == 0
    at(decided.astimezone(UTC).replace(hour=9))
    fresh = bot("signal", cwd=tmp_path)
    assert (fresh.returncode, fresh.stdout.split(":", 1)[0]) == (0, "Market")
