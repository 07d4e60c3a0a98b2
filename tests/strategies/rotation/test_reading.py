"""A table of readings: values, verdicts and gates at one decision."""

from __future__ import annotations

import numpy as np

from strategies.rotation.reading import Reading, ReadingTable
from tests.markets import settings_with

RULES = settings_with().rules
LIMIT = RULES.stale_after
NAN = float("nan")


def reading(name: str, is_absent: bool = False) -> Reading:
    """Six decisions: holds, fails, stale by one row, as late as is allowed, without a value, ended."""
    return Reading(
        name,
        value=np.array([2.0, 0.5, 2.0, 2.0, NAN, 2.0]),
        threshold=np.ones(6),
        holds=np.array([True, False, True, True, False, True]),
        missed=np.array([0, 0, LIMIT + 1, LIMIT, 0, 0]),
        available=np.array([True, True, True, True, True, False]),
        is_absent=is_absent,
    )


def test_a_reading_is_missing_for_a_reason() -> None:
    assert reading("a").missing_reason(RULES).tolist() == ["", "", "stale", "", "not yet", "ended"]
    assert reading("a", is_absent=True).missing_reason(RULES).tolist()[-1] == "absent"


def test_a_gate_is_on_while_it_has_data_and_no_gate_is_null() -> None:
    table = ReadingTable(
        {"on": reading("on"), "off": reading("off"), "eth": reading("eth")}, {}, {"on": True, "off": False}, RULES
    )
    assert table.at(0)["on"] == {"value": 2.0, "threshold": 1.0, "verdict": "yes", "gate": True}
    verdicts = [(table.at(i)["on"]["verdict"], table.at(i)["on"]["gate"]) for i in range(6)]
    assert verdicts == [
        ("yes", True),
        ("no", True),
        ("stale", True),
        ("yes", True),
        ("not yet", True),
        ("no data", False),
    ]
    assert [table.at(i)["off"]["gate"] for i in (0, 5)] == [False, False]
    assert [table.at(i)["eth"]["gate"] for i in (0, 5)] == [None, None]
    assert table.at(4)["on"]["value"] is None


def test_progress_is_left_out_where_it_is_unknown() -> None:
    table = ReadingTable({"eth": reading("eth")}, {"closes": reading("closes")}, {}, RULES)
    assert [list(table.at(i)) for i in (3, 4)] == [["eth", "closes"], ["eth"]]
    assert [len(table.at(i)) for i in (3, 4)] == [2, 1]
