"""Limits of workers and chunks, at given times."""

from __future__ import annotations

import pytest

from bot.sweep.worker_progress import CHUNK_SECONDS, SILENT_SECONDS, WorkerProgress


def test_a_chunk_has_four_times_the_slowest_and_at_least_half_an_hour() -> None:
    progress = WorkerProgress()
    progress.begin(["a", "b"], 100.0)
    assert progress.overdue(100.0 + 1800) == set()
    assert progress.overdue(100.0 + 1801) == {"a", "b"}
    progress.end("a", 600.0)
    # 500 seconds were the slowest: 2,000 is more than the least limit.
    assert progress.limit == 2000.0 > CHUNK_SECONDS
    assert progress.overdue(2100.0) == set()
    assert progress.overdue(2101.0) == {"b"}
    progress.begin(["b"], 2101.0)
    assert progress.overdue(2102.0) == set()


def test_a_worker_is_silent_a_minute_after_its_newest_heartbeat() -> None:
    progress = WorkerProgress()
    # The scheduler's clock is hours ahead: only changes count.
    assert progress.silent({"one": 9e6, "two": 9e6}, 0.0) == set()
    assert progress.silent({"one": 9e6 + 50, "two": 9e6}, 50.0) == set()
    assert progress.silent({"one": 9e6 + 50, "two": 9e6}, SILENT_SECONDS) == set()
    assert progress.silent({"one": 9e6 + 50, "two": 9e6}, SILENT_SECONDS + 1) == {"two"}
    assert progress.silent({"one": 9e6 + 50}, 50.0 + SILENT_SECONDS + 1) == {"one"}


def test_a_chunk_that_has_not_begun_cannot_end() -> None:
    with pytest.raises(KeyError):
        WorkerProgress().end("a", 1.0)
