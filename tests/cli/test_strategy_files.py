"""A strategy file that breaks the rules is refused in one line that names the place."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.errors import ConfigError
from bot.core.market import Market
from bot.services.user_strategy import load_strategy

HEAD = """
from decimal import Decimal
from bot.core.decision import Decision
class Mine:
    name = "mine"
    def decisions(self, market):
        made = [Decision(at, "S", "S", {}, ("x",)) for at in market.decision_moments]
        BODY
def strategy():
    return Mine()
"""
FAULTS = {
    "return made[:-1]": "does not decide once a midnight",
    "return [*made, made[-1]]": "does not decide once a midnight",
    "return made[::-1]": "decides at another time",
    "return [1 for _ in made]": "returns something else",
    "return None": "TypeError",
    "raise RuntimeError('mine')": "line 8; see",
    "import sys; sys.exit(7)": "SystemExit",
    "return [Decision(d.at, 'S', 'S', {'NOPE': Decimal('0.5')}, ('x',)) for d in made]": "what cannot be held",
    "return [Decision(d.at, 'S', 'S', {'DEMO-RUT': Decimal('0.5')}, ('x',)) for d in made]": "what cannot be held",
    "return [Decision(d.at, 'S', 'S', {'DEMO-ETH': 0.5}, ('x',)) for d in made]": "weights must be Decimal",
    "return [Decision(d.at, 'S', 'S', {'DEMO-ETH': Decimal('1.5')}, ('x',)) for d in made]": "sum to <= 1",
}


@pytest.mark.parametrize("body", FAULTS)
def test_what_a_strategy_returns_is_looked_at_before_it_is_believed(body: str, tmp_path: Path, demo: Market) -> None:
    path = tmp_path / "mine.py"
    path.write_text(HEAD.replace("BODY", body))
    with pytest.raises(ConfigError) as refused:
        load_strategy(path, {}).decisions(demo)
    assert FAULTS[body].removesuffix("; see") in str(refused.value)
    assert "mine.py" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def strategy(:\n", "SyntaxError"),
        ("import nowhere_to_be_found\n", "ModuleNotFoundError"),
        ("x = 1\n", "AttributeError"),
        ("def strategy():\n    return 1\n", "is no strategy"),
        ("def strategy(days):\n    return 1\n", "TypeError"),
    ],
)
def test_a_file_that_makes_no_strategy_is_refused(text: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(ConfigError, match=expected):
        load_strategy(path, {})


def test_a_dataclass_with_postponed_annotations_is_a_strategy_too(tmp_path: Path, demo: Market) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "from bot.core.decision import Decision\n"
        "@dataclass\nclass Mine:\n    name: str = 'mine'\n"
        "    def decisions(self, market):\n"
        "        return [Decision(at, 'S', 'S', {}, ('x',)) for at in market.decision_moments]\n"
        "def strategy():\n    return Mine()\n"
    )
    assert len(load_strategy(path, {}).decisions(demo)) == len(demo.decision_moments)
