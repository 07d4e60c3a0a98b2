"""Which objects the garbage collection of a process looks at."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from bot.infra.garbage import collect_new_objects_only, collect_rarely


@pytest.fixture(autouse=True)
def own_threshold() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_present_objects_are_left_out_in_a_process_that_collects_rarely() -> None:
    collect_rarely()
    made: list[list[object]] = [[] for _ in range(100)]
    frozen = gc.get_freeze_count()
    collect_new_objects_only()
    assert gc.get_freeze_count() >= frozen + len(made)


def test_another_process_looks_at_all_objects() -> None:
    frozen, made = gc.get_freeze_count(), [list[object]() for _ in range(100)]
    collect_new_objects_only()
    assert gc.get_freeze_count() <= frozen
    assert len(made) == 100
