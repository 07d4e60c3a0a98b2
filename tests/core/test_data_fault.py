"""Faults of a series: the words on screen."""

from __future__ import annotations

from bot.core.data_fault import FaultKind


def test_a_change_of_source_has_a_plain_label_and_keeps_its_value() -> None:
    assert (FaultKind.SOURCE_CHANGE.label, FaultKind.SOURCE_CHANGE.value) == ("source change", "seam")


def test_every_other_kind_is_labelled_by_its_value() -> None:
    assert {kind.label for kind in FaultKind} == {kind.value for kind in FaultKind} - {"seam"} | {"source change"}
    assert FaultKind.MISSING.label == "missing rows"
