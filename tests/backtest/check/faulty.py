"""Strategy files with one fault each, the market on which they decide, and their answers in new processes."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path

from bot.backtest.check.strategy_answer import ask
from bot.backtest.check.subject import Subject
from bot.core.market import Market
from bot.services.user_strategy import load_strategy
from bot.settings.loader import Config
from tests.markets import config_with, random_market

ROOT = Path(__file__).parents[3]
FOLDER = Path(__file__).parent / "strategies"


def file_of(name: str) -> Path:
    """The file of a strategy."""
    return FOLDER / f"{name}.py"


def config_of(name: str) -> Config:
    """A config that names the file of a strategy."""
    return config_with({"strategy": {"file": str(file_of(name))}})


@cache
def market() -> Market:
    """A market of 450 days with rows of ETH on each."""
    return random_market(4, days=450).market


def subject_of(name: str, of: Market | None = None) -> Subject:
    """A strategy with its answer to the whole history."""
    make = partial(load_strategy, file_of(name), {})
    whole = market() if of is None else of
    return Subject(make, whole, ask(make(), whole), seconds=0.01)


def line_of_fault(name: str) -> int:
    """The line that ends with the comment `# fault`."""
    lines = file_of(name).read_text(encoding="utf-8").splitlines()
    (number,) = [number for number, line in enumerate(lines, 1) if line.endswith("# fault")]
    return number
