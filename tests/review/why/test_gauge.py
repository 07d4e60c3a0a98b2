"""Gauges of a strategy's own readings: every figure is one of JSON."""

from __future__ import annotations

import json

import pytest

from bot.review.why.gauge import gauges_of


@pytest.mark.parametrize(
    ("name", "value", "threshold", "share"),
    [
        ("own", 1.5, 2.0, -0.25),
        ("own", 1.5, -2.0, 1.75),  # 3.5 / 2
        ("own", 1.5, 0.0, None),
        ("own", 1e29, 1e-300, None),  # 1e329 is beyond the largest float, 1.8e308
        ("relative_strength", 0.6931471805599453, 0.0, 1.0),  # ln 2: twice as strong
        ("relative_strength", 1000.0, 0.0, None),  # e**1000 too
    ],
)
def test_a_share_is_a_finite_number_or_unknown(name: str, value: float, threshold: float, share: float | None) -> None:
    gauge = gauges_of({name: {"value": value, "threshold": threshold, "verdict": "no"}})[name]
    assert gauge.share == (None if share is None else pytest.approx(share))
    json.dumps(gauge.as_dict(), allow_nan=False)


def test_a_bare_reading_without_a_value_is_unknown() -> None:
    gauge = gauges_of({"own": None})["own"]
    assert (gauge.value, gauge.verdict, gauge.share) == (None, "unknown", None)
