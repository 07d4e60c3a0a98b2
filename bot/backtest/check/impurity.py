"""Uses of files, network, processes, clocks and chance by a strategy, with the place in its code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.backtest.check.check_result import CheckFinding

_KINDS = {
    "file": "uses a file",
    "network": "uses the network",
    "process": "starts a process",
    "clock": "reads the clock",
    "chance": "uses chance without a seed",
}


@dataclass(frozen=True, slots=True, order=True)
class Impurity:
    """A call of a strategy that makes its decisions depend on more than the market.

    `kind` is file, network, process, clock or chance; `name` is the function, or the path of the file.
    """

    file: str
    line: int
    kind: str
    name: str

    def finding(self) -> CheckFinding:
        """Return the finding with its sentence."""
        sentence = f"{_KINDS[self.kind]} while deciding: {self.name}, {self.file} line {self.line}"
        return CheckFinding(sentence, name=self.name, file=self.file, line=self.line)


_NOW_METHODS = {"now", "today", "utcnow"}
_NOW_MAKERS = {"datetime64", "Timestamp", "to_datetime"}
_LOADING = {"strategy", "__init__"}
_CONVERTERS = {"time.localtime": 0, "time.gmtime": 0, "time.ctime": 0, "time.asctime": 0, "time.strftime": 1}
"""Functions that read the clock if they are given this many arguments."""


def written_clocks(path: Path) -> list[Impurity]:
    """Find clocks in the text of a file that the hooks miss: those of NumPy and pandas, and `time.localtime()`."""
    tree = ast.parse(path.read_bytes())
    return [Impurity(str(path), node.lineno, "clock", name) for node, name in _clocks(tree)]


def _clocks(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    # Without the code that runs while the file is loaded: the top of the file, and what makes the strategy.
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name not in _LOADING]
    calls = {id(n): n for function in functions for n in ast.walk(function) if isinstance(n, ast.Call)}
    for node in calls.values():
        words = ast.unparse(node.func).split(".")
        first = node.args[0] if node.args else None
        is_converter = _CONVERTERS.get(".".join(words[-2:])) == len(node.args)
        if is_converter or (words[-1] in _NOW_METHODS and words[-2:-1] == ["Timestamp"]):
            yield node, ".".join(words)
        elif words[-1] in _NOW_MAKERS and isinstance(first, ast.Constant) and first.value in _NOW_METHODS:
            yield node, f"{'.'.join(words)}({first.value!r})"
