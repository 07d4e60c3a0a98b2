"""Write the template of a new strategy: the file, its test, and a config that names it."""

from __future__ import annotations

import builtins
import json
import keyword
import re
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from bot.core.errors import ConfigError
from bot.infra.whole_file import place_new, temporary_beside
from bot.infra.write_access import write_error
from bot.settings.state_folder import CONFIG_FOLDER

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")

_STRATEGY = '''"""NAME: hold ETH above its average, and sell it at a loss. Change it to your own rule.

Try it:   bot backtest --config NAME.yaml --market demo
Check it: bot check NAME.py --market demo --quick
Long only, no leverage, daily decisions only. Paper only, not advice.
"""

from __future__ import annotations

from bot import Decision, Today


class CLASS:
    # The name of the strategy in reports.
    name = "NAME"

    def __init__(self, days: int, stop: float) -> None:
        # A wrong parameter ends the command with one line.
        if days < 2 or not 0 < stop < 1:
            raise ValueError(f"days must be 2 or more and stop in (0, 1), was {days} and {stop}")
        self.days, self.stop = days, stop

    def decide(self, today: Today) -> Decision:
        """Decide one day. It is called at each UTC midnight, in order, and its orders are filled at that day's open."""
        # Symbols by role: `today.roles.eth` is DEMO-ETH on the demo market and ETH on real prices.
        eth = today.roles.eth

        # Your own position, None without one: gain (a share), profit, entry_price, days_held, quantity, weight.
        held = today.holding(eth)
        if held and held.gain < -self.stop:
            return today.target({}, "stop_loss")

        # Prices as they are known now: yesterday's close is the last one. NaN is unknown.
        close = today.series(eth).close
        if len(close) < self.days:
            return today.hold("warms_up")
        is_above = close[-1] > close[-self.days :].mean()
        if held is None and is_above:
            # Shares of equity, at most 1 in sum; the 2% left pay fees and the gap from close to open.
            # A coin sold at a level of `stops=` is bought again only by a decision with trade=Trade.NOW.
            return today.target({eth: 0.98}, "above_average")
        if held and not is_above:
            return today.target({}, "below_average")

        # Keep the last weights, without orders.
        return today.hold()


def strategy(days: int = 100, stop: float = 0.10) -> CLASS:
    """Make the strategy from the config's `parameters`."""
    return CLASS(days, stop)
'''

_TEST = '''"""Tests of NAME. They take some seconds. Run them with: pytest test_NAME.py"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from NAME import strategy

from bot import run_backtest

FILE = Path(__file__).with_name("NAME.py")


@cache
def run():
    """Backtest the strategy on two years of the demo market, whose prices are always the same."""
    changes = {
        "strategy": {"file": str(FILE), "parameters": {"stop": 0.05}},
        "demo": {"spread_seeds": 2},
        "benchmarks": {"random_shifts": 10},
    }
    return run_backtest(market="demo", start="2104-01-01", end="2105-12-31", changes=changes)


def test_it_trades():
    assert len(run().trades) > 2


def test_a_stop_loss_ends_without_a_position():
    decisions = run().decisions
    stopped = decisions[decisions["reasons"].astype(str).str.contains("stop_loss")]
    assert len(stopped) > 0
    assert set(stopped["stage"]) == {"OUT"}


def test_a_wrong_parameter_is_refused():
    with pytest.raises(ValueError, match="days must be 2 or more"):
        strategy(days=1)
'''

_CONFIG = """# The strategy of NAME.py. The path is relative to the folder in which you start the bot.
extends: default.yaml

strategy:
  file: FILE
  parameters: {days: 100, stop: 0.10}
"""


def write_template(name: str, folder: Path) -> list[Path]:
    """Write `NAME.py`, `test_NAME.py` and `NAME.yaml` into a folder and return their paths.

    Raises ConfigError for an invalid name, a missing folder, or a file that exists; existing files are kept.
    """
    if keyword.iskeyword(name):
        raise ConfigError("is a keyword of Python", where=repr(name), mend="choose another name")
    if not _NAME.fullmatch(name):
        expected = "lower-case letters, digits and _, a letter first, at most 60"
        raise ConfigError("is no name of a strategy", where=repr(name), expected=expected)
    class_name = "".join(part.capitalize() for part in name.split("_"))
    if hasattr(builtins, class_name) or class_name in ("Decision", "Today"):
        # The file uses them: its class would take their place.
        raise ConfigError(
            f"gives its class the name {class_name}, which is taken", where=repr(name), mend="choose another name"
        )
    if (CONFIG_FOLDER / f"{name}.yaml").is_file():
        # Beside it, every `extends: default.yaml` and `--config gated.yaml` would read the new file.
        raise ConfigError("is the name of one of the bot's own configs", where=repr(name), mend="choose another name")
    if not folder.is_dir():
        raise ConfigError("there is no such folder", where=str(folder), mend="make it first")
    texts = {folder / f"{name}.py": _STRATEGY, folder / f"test_{name}.py": _TEST, folder / f"{name}.yaml": _CONFIG}
    for path in texts:
        if path.exists() or path.is_symlink():
            raise ConfigError("the file exists already", where=str(path), mend="choose another name")
    if find_spec(name) is not None:
        # Its test imports the file by this name, and would get the library; others would get the file.
        raise ConfigError("is the name of an installed module", where=repr(name), mend="choose another name")
    quoted = json.dumps(f"{folder / name}.py")  # a path may have letters that mean something in YAML
    written: list[Path] = []
    for path, text in texts.items():
        filled = text.replace("NAME", name).replace("CLASS", class_name).replace("FILE\n", quoted + "\n")
        try:
            with temporary_beside(path) as temporary:
                temporary.write_text(filled, encoding="utf-8")
                written.append(place_new(temporary, path))
        except OSError as problem:
            # A part of a template would block the next try under the same name.
            for done in written:
                with suppress(OSError):
                    done.unlink()
            raise write_error(ConfigError, path, problem) from None
    return written
