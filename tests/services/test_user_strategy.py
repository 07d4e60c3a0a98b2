"""Decisions of a strategy file in the values of the record: numbers of NumPy, and unknown numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.core.decision import Decision
from bot.core.errors import ConfigError
from bot.core.market import Market
from bot.services.plans import build_strategy
from tests.markets import closes_on_days, closes_on_sessions, config_with, market_of

WHOLE = """
import numpy as np
from bot import Decision
class Mine:
    name = "mine"
    def decisions(self, market):
        return [DECISION for at in market.decision_moments]
strategy = Mine
"""
DAILY = """
import numpy as np
from bot import Decision
class Mine:
    name = "mine"
    def decide(self, today):
        at = today.at
        return DECISION
strategy = Mine
"""


def decided(folder: Path, text: str, decision: str) -> Sequence[Decision]:
    """The decisions of a file on four days of ETH."""
    path = folder / "mine.py"
    path.write_text(text.replace("DECISION", decision), encoding="utf-8")
    return build_strategy(config_with({"strategy": {"file": str(path)}})).decisions(falling())


def falling() -> Market:
    days = closes_on_days("2024-01-01", [100.0, 99.0, 98.0, 97.0])
    return market_of({"RUT": closes_on_sessions("2024-01-02", [100.0] * 2), "ETH": days, "BTC": days})


@pytest.mark.parametrize("text", [WHOLE, DAILY], ids=["decisions", "decide"])
@pytest.mark.parametrize(
    ("reading", "recorded"),
    [
        ("float('nan')", None),
        ("np.float64('nan')", None),
        ("np.float32('nan')", None),
        ("{'value': float('nan'), 'threshold': np.float64(2.5)}", {"value": None, "threshold": 2.5}),
        ("np.int64(3)", 3),
        ("np.float32(0.5)", 0.5),
        ("np.longdouble(0.25)", 0.25),
        ("np.bool_(True)", True),
        ("np.where(True, 2, 1)", 2),
        ("[np.uint8(7), float('nan')]", [7, None]),
    ],
)
def test_a_reading_is_a_value_of_json(text: str, reading: str, recorded: object, tmp_path: Path) -> None:
    made = decided(tmp_path, text, f"Decision(at, 'S', 'S', {{}}, ('x',), readings={{'own': {reading}}})")
    for decision in made:
        assert json.dumps(dict(decision.readings), allow_nan=False) == json.dumps({"own": recorded})


@pytest.mark.parametrize("reading", ["np.float64('inf')", "-np.float32('inf')", "{'value': float('inf')}"])
def test_an_infinite_reading_is_refused(reading: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"the record cannot hold; expected finite numbers.*was -?Infinity|finite"):
        decided(tmp_path, WHOLE, f"Decision(at, 'S', 'S', {{}}, ('x',), readings={{'own': {reading}}})")


@pytest.mark.parametrize(
    ("reading", "kind"), [("np.datetime64(0, 'ns')", "datetime64"), ("np.array([1, 2])", "ndarray")]
)
def test_an_object_that_is_no_number_is_refused_by_its_name(reading: str, kind: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"type {kind} is not JSON serializable"):
        decided(tmp_path, WHOLE, f"Decision(at, 'S', 'S', {{}}, ('x',), readings={{'own': {reading}}})")


@pytest.mark.parametrize("value", ["np.bool_(True)", "np.float64(2) > 1"])
def test_a_truth_value_of_numpy_is_one_of_python(value: str, tmp_path: Path) -> None:
    made = decided(tmp_path, WHOLE, f"Decision(at, 'S', 'S', {{}}, ('x',), reduce_only={value})")
    assert [decision.reduce_only is True for decision in made] == [True] * len(made)


def test_a_number_is_no_truth_value(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"wrong reduce_only; expected True or False, was np\.int64\(1\)"):
        decided(tmp_path, WHOLE, "Decision(at, 'S', 'S', {}, ('x',), reduce_only=np.int64(1))")


@pytest.mark.parametrize(
    ("weight", "exact"),
    [
        ("np.float64(0.5)", "0.500000000"),
        ("np.float32(0.1)", "0.100000001"),  # 0.10000000149 in binary, rounded down
        ("np.int64(1)", "1.000000000"),
        ("np.where(True, 0.25, 0.0)", "0.250000000"),
        ("0.1 + 0.2", "0.300000000"),  # 0.30000000000000004 in binary
        ("Decimal('0.12345678901')", "0.12345678901"),
    ],
)
def test_a_weight_of_any_number_is_exact(weight: str, exact: str, tmp_path: Path) -> None:
    text = f"from decimal import Decimal{WHOLE}"
    made = decided(tmp_path, text, f"Decision(at, 'S', 'S', {{'ETH': {weight}}}, ('x',), stops={{'ETH': np.int64(9)}})")
    assert {str(decision.weights["ETH"]) for decision in made} == {exact}
    assert {str(decision.stops["ETH"]) for decision in made} == {"9"}


@pytest.mark.parametrize(
    ("field", "what"),
    [
        ("{'ETH': np.bool_(True)}, ('x',)", r"the weight of ETH must be a number, was np\.True_"),
        ("{'ETH': np.float64('nan')}, ('x',)", "the weight of ETH is NaN"),
        ("{'ETH': -np.float64(1)}, ('x',)", "long only"),
        ("{'ETH': np.float64(0.7), 'BTC': 0.7}, ('x',)", "no leverage"),
        ("{}, ('x',), stops={'ETH': np.bool_(True)}", r"the stop of ETH must be a number, was np\.True_"),
    ],
)
def test_a_wrong_weight_or_stop_is_refused(field: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=what):
        decided(tmp_path, WHOLE, f"Decision(at, 'S', 'S', {field})")
