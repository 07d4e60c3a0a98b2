"""A strategy file that breaks the rules is refused in one line that names the place."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.backtest.strategy_check import check_strategy
from bot.core.errors import ConfigError
from bot.core.market import Market
from bot.services.user_strategy import load_strategy
from tests.cli.running import bot, bot_process, error_of

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
    "return made[:-1]": "does not decide once a midnight: no decision on 2112-12-31; expected 4017 decisions, was 4016",
    "return [*made, made[-1]]": "does not decide once a midnight",
    "return made[::-1]": "decides at another time",
    "return [made[0], 1]": "on 2102-01-03 returns something else; expected a Decision, was int",
    "return None": "returns something else; expected a list of Decision, was NoneType",
    "import itertools; return itertools.count()": "returns something else; expected a Decision, was int",
    "return made + list(made)": "does not decide once a midnight; expected 4017 decisions, was more",
    "raise RuntimeError('mine')": "line 8: RuntimeError: mine; compare with the file that",
    "import sys; sys.exit(7)": "mine.py line 8: SystemExit: 7; raise an error instead: a file cannot end the program",
    "exit()": "mine.py line 8: SystemExit; raise an error instead",
    "raise SystemExit": "mine.py line 8: SystemExit; raise an error instead",
    "import argparse; argparse.ArgumentParser().parse_args(['x'])": "mine.py line 8: SystemExit: 2; raise an error",
    "raise RuntimeError": "mine.py line 8: RuntimeError; compare with the file that",
    "c = market['DEMO-ETH'].close; c /= c[0]": "ValueError: output array is read-only",
    "market.as_of(made[99].at)['DEMO-ETH'].open[:] = 1": "ValueError: assignment destination is read-only",
    "return [Decision(d.at, 'S', 'S', {'NOPE': Decimal('0.5')}, ('x',)) for d in made]": "what cannot be held",
    "return [Decision(d.at, 'S', 'S', {'DEMO-RUT': Decimal('0.5')}, ('x',)) for d in made]": "what cannot be held",
    "return [Decision(d.at, 'S', 'S', {'DEMO-ETH': '0.5'}, ('x',)) for d in made]": "DEMO-ETH must be a number",
    "return [Decision(d.at, 'S', 'S', {'DEMO-ETH': True}, ('x',)) for d in made]": "DEMO-ETH must be a number",
    "return [Decision(d.at, 'S', 'S', {'DEMO-ETH': Decimal('1.5')}, ('x',)) for d in made]": "no leverage",
}


@pytest.mark.parametrize("body", FAULTS)
def test_what_a_strategy_returns_is_looked_at_before_it_is_believed(body: str, tmp_path: Path, demo: Market) -> None:
    path = tmp_path / "mine.py"
    path.write_text(HEAD.replace("BODY", body))
    with pytest.raises(ConfigError) as refused:
        load_strategy(path, {}).decisions(demo)
    assert FAULTS[body] in str(refused.value)
    assert "mine.py" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def strategy(:\n", "SyntaxError"),
        ("import nowhere_to_be_found\n", "ModuleNotFoundError"),
        ("import sys\nsys.exit('no key')\n", r"mine\.py line 2: SystemExit: no key; raise an error instead"),
        ("def strategy():\n    exit(3)\n", r"mine\.py line 2: SystemExit: 3; raise an error instead"),
        ("x = 1\n", "has no function `strategy`; expected def strategy"),
        ("strategy = 1\n", "has no function `strategy`"),
        ("async def strategy():\n    return 1\n", "`strategy` is an `async def`; expected `def`"),
        ("def strategy():\n    return 1\n", "is no strategy"),
        (
            "def strategy(days):\n    return 1\n",
            r"strategy\(days\) does not fit .*: missing .* 'days'; was none; change",
        ),
        ("def strategy(**more):\n    raise TypeError('own')\n", "line 2: TypeError: own"),
    ],
)
def test_a_file_that_makes_no_strategy_is_refused(text: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(ConfigError, match=expected):
        load_strategy(path, {})


def test_parameters_that_a_file_does_not_take_are_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("def strategy():\n    return 1\n")
    with pytest.raises(ConfigError, match=r"got an unexpected keyword argument 'days'; was days, stop; change"):
        load_strategy(path, {"days": 100, "stop": 0.1})


@pytest.mark.slow
@pytest.mark.parametrize("out", [(), ("--out", "mine")], ids=["in logs", "with --out"])
def test_a_run_that_ends_with_an_error_of_the_file_leaves_no_folder(out: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(PRINTS.replace("FAULT", "1 / 0"))
    words = ("backtest", "--market", "demo", "--set", "strategy={file: mine.py}", *out)
    for _ in range(2):
        assert "ZeroDivisionError" in error_of(bot(*words, cwd=tmp_path), 2)
    assert json.loads(bot("runs", "--json", cwd=tmp_path).stdout)["runs"] == []
    assert not (tmp_path / "mine").exists()


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


HEADER = """
import atexit, os, random, subprocess
from decimal import Decimal
from bot import Decision
"""
TOSSED = """
class Mine:
    name = "mine"
    def decisions(self, market):
        return [Decision(at, "S", "S", {"DEMO-ETH": Decimal(random.randint(0, 1))}, ("x",))
                for at in market.decision_moments]
def strategy():
    return Mine()
"""
FLAGGED = """
class Mine:
    name, asked = "mine", Decimal(0)
    def decisions(self, market):
        self.asked = 1 - self.asked
        return [Decision(at, "S", "S", {"DEMO-ETH": self.asked}, ("x",)) for at in market.decision_moments]
def strategy():
    return Mine()
"""
KEPT = """
made = []
class Mine:
    name = "mine"
    def decisions(self, market):
        made or made.extend(Decision(at, "S", "S", {}, ("x",)) for at in market.decision_moments)
        return made
def strategy():
    return Mine()
"""
PEEKING = """
class Mine:
    name, known = "mine", {}
    def decisions(self, market):
        last = market["DEMO-ETH"].close[-1]
        return [Decision(at, "S", "S", {"DEMO-ETH": self.known.setdefault(at, Decimal(int(last > 3000)))}, ("x",))
                for at in market.decision_moments]
def strategy():
    return Mine()
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.py"
    path.write_text(HEADER + text)
    return path


def checked(folder: Path, text: str, market: Market) -> str:
    """The error of the checks before a backtest."""
    mine = load_strategy(written(folder, text), {})
    with pytest.raises(ConfigError) as refused:
        check_strategy(mine, market, mine.decisions(market), 8)
    return str(refused.value)


@pytest.mark.parametrize("text", [TOSSED, FLAGGED], ids=["chance", "flag"])
def test_a_strategy_that_answers_the_same_question_differently_is_not_reproducible(
    text: str, tmp_path: Path, demo: Market
) -> None:
    error = checked(tmp_path, text, demo)
    assert "not reproducible: it decides differently when it is asked twice" in error
    assert "future" not in error


def test_a_strategy_that_keeps_its_first_answer_is_not_reproducible(tmp_path: Path, demo: Market) -> None:
    assert "not reproducible: it decides differently when it was asked before" in checked(tmp_path, KEPT, demo)


def test_a_memory_does_not_hide_that_later_rows_are_read(tmp_path: Path, demo: Market) -> None:
    last = demo["DEMO-ETH"].close
    level = float(np.median(last))
    text = PEEKING.replace("> 3000", f"{'>' if last[-1] > level else '<'} {level}")
    assert "reads the future" in checked(tmp_path, text, demo)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return market['NOPE'].close", "mine.py line 8: market demo: there is no series NOPE"),
        ("return market.as_of(made[0].at)['NOPE']", "mine.py line 8: market demo: there is no series NOPE"),
        ("made[0].weights['NOPE']", "mine.py line 8: KeyError"),
        ("class Odd(BaseException): pass\n        raise Odd('x')", "mine.py line 9: Odd: x"),
        ("return [Decision(made[0].at, 'S', 'S', {'ETH': Decimal('NaN')}, ())]", "the weight of ETH is NaN"),
        ("return [Decision(made[0].at, 'S', 'S', {'ETH': to_weight(float('nan'))}, ())]", "the weight of ETH is NaN"),
        ("return [Decision(made[0].at, 'S', 'S', {'ETH': to_weight(float('inf'))}, ())]", "of ETH is infinite"),
        ("return [Decision(d.at, 'S', 'S', {}, 'hold') for d in made]", "the wrong reasons; expected a tuple of texts"),
        ("return [Decision(d.at, None, 'S', {}, ()) for d in made]", "the wrong stage; expected text, was None"),
        ("return [Decision(d.at, 'S', 'S', {}, (), 'now') for d in made]", "the wrong trade"),
        ("return [Decision(d.at, 'S', 'S', None, ()) for d in made]", "the wrong weights; expected a mapping"),
        ("return [Decision(d.at, 'S', 'S', {}, ('\\ud800',)) for d in made]", "the record cannot hold"),
        (
            "return [Decision(at, 'S', 'S', {}, ()) for at in market.decision_times]",
            "needs an aware time, as in market.decision_moments; was 2102-01-02T00:00:00",
        ),
        ("return [Decision(made[0].at, 'S', 'S', {}, (), readings={'a': {1}})]", "type set is not JSON serializable"),
        ("return [Decision(made[0].at, 'S', 'S', {}, (), readings={'a': 1e999})]", "was Infinity"),
        ("return [Decision(d.at, 'S', 'S', {}, (1,)) for d in made]", "a reason that is no text"),
    ],
)
def test_a_fault_in_a_strategy_is_one_of_the_strategy(body: str, expected: str, tmp_path: Path, demo: Market) -> None:
    path = tmp_path / "mine.py"
    path.write_text(HEAD.replace("import Decimal", "import Decimal; from bot import to_weight").replace("BODY", body))
    with pytest.raises(ConfigError) as refused:
        load_strategy(path, {}).decisions(demo)
    assert expected in str(refused.value)
    assert "mine.py" in str(refused.value)


@pytest.mark.parametrize(
    "line",
    [
        "market.series.pop(market.roles.btc)",
        "market.series[market.roles.btc] = None",
        "market.decision_moments.reverse()",
        "market.decision_times[:] = market.decision_times[0]",
        "market['DEMO-ETH'].close.flags.writeable = True",
    ],
)
def test_a_strategy_that_changes_the_market_is_refused(line: str, tmp_path: Path, demo: Market) -> None:
    path = tmp_path / "mine.py"
    path.write_text(HEAD.replace("BODY", f"{line}; return made"))
    own = replace(demo, series=dict(demo.series))
    with pytest.raises(ConfigError, match=r"mine\.py: the strategy changes the market"):
        load_strategy(path, {}).decisions(own)


def test_bare_readings_of_a_strategy_are_shown_with_its_signal(tmp_path: Path) -> None:
    readings = "readings={'close': 1.5, 'gone': float('nan'), 'word': 'up', 'own': {'value': 2, 'verdict': 'yes'}}"
    made = f"return [Decision(d.at, 'S', 'S', {{}}, ('x',), {readings}) for d in made]"
    (tmp_path / "mine.py").write_text(HEAD.replace("BODY", made))
    command = ("signal", "--set", "strategy.file=mine.py", "--market", "demo")
    shown = bot(*command, cwd=tmp_path)
    rows = [
        words for line in shown.stdout.splitlines() if (words := line.split())[:1] in (["close"], ["gone"], ["own"])
    ]
    expected = [["close", "1.5", "-", "1.5"], ["gone", "-", "-", "unknown"], ["own", "2", "-", "yes"]]
    assert (shown.returncode, rows) == (0, expected)
    as_json = json.loads(bot(*command, "--json", cwd=tmp_path).stdout, parse_constant=pytest.fail)
    assert as_json["readings"] == {"close": 1.5, "gone": None, "word": "up", "own": {"value": 2, "verdict": "yes"}}


def test_whatever_a_strategy_prints_stays_out_of_the_json_object(tmp_path: Path) -> None:
    noisy = """
print("at import")
os.write(1, b"past python")
atexit.register(print, "at exit")
class Mine:
    name = "mine"
    def decisions(self, market):
        print("deciding")
        subprocess.run(["echo", "from a child"])
        return [Decision(at, "S", "S", {}, ("x",)) for at in market.decision_moments]
def strategy():
    return Mine()
"""
    written(tmp_path, noisy)
    (tmp_path / "mine.yaml").write_text("extends: default.yaml\nstrategy: {file: mine.py}\n")
    done = bot_process("signal", "--config", "mine.yaml", "--market", "demo", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert isinstance(json.loads(done.stdout), dict)
    for noise in ("at import", "past python", "at exit", "deciding", "from a child"):
        assert noise in done.stderr


def test_a_strategy_prints_to_standard_error_without_json_too(
    tmp_path: Path, demo: Market, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(HEAD.replace("BODY", "print('deciding')\n        return made"))
    load_strategy(path, {}).decisions(demo)
    assert capsys.readouterr() == ("", "deciding\n")


PRINTS = """
from bot import Decision, Today
print("loaded")
class Mine:
    name = "mine"
    def decide(self, today: Today) -> Decision:
        print("asked")
        return today.hold(FAULT)
def strategy():
    return Mine()
"""


@pytest.mark.parametrize("place", [".", "inside"])
def test_an_error_names_the_line_of_a_file_with_a_relative_path(
    place: str, tmp_path: Path, demo: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / place).mkdir(exist_ok=True)
    path = Path(place) / "mine.py"
    path.write_text(HEAD.replace("BODY", "raise RuntimeError('mine')"))
    with pytest.raises(ConfigError, match=r"mine\.py line 8: RuntimeError: mine"):
        load_strategy(path, {}).decisions(demo)
    path.write_text("x = 1\ndef strategy(:\n")
    with pytest.raises(ConfigError, match=r"mine\.py line 2: SyntaxError"):
        load_strategy(path, {})


@pytest.mark.slow
def test_debug_prints_the_traceback_and_keeps_it(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(PRINTS.replace("FAULT", "1 / 0"))
    (tmp_path / "mine.yaml").write_text("extends: default.yaml\nstrategy: {file: mine.py}\n")
    words = ("signal", "--market", "demo", "--config", "mine.yaml")
    plain, debug = bot(*words, cwd=tmp_path), bot(*words, "--debug", cwd=tmp_path)
    assert plain.returncode == debug.returncode == 2
    assert "mine.py line 8 on 2102-01-02: ZeroDivisionError: division by zero" in plain.stderr
    assert "Traceback" not in plain.stderr
    assert "return today.hold(1 / 0)" in debug.stderr
    assert "return today.hold(1 / 0)" in (tmp_path / "logs" / "bot.log").read_text()
