"""Table of the folds of a walk-forward, as the terminal shows it."""

from __future__ import annotations

from datetime import date
from io import StringIO

import pandas as pd
from rich.console import Console

from bot.cli import walkforward as command
from bot.core.window import Window
from bot.settings.loader import load_config
from bot.sweep import walk_forward as walking
from bot.sweep.evidence import Evidence
from bot.sweep.folds import Fold


def test_the_widest_figures_fit_80_columns_uncut() -> None:
    days = [date(year, 1, 2) for year in (2015, 2019, 2020, 2021)]
    figures = {"total_return": 12.345, "max_drawdown": -0.451, "episodes": 12}
    changes = {"rotation.breakout.confirm_closes": 3, "rotation.gates.credit": True}
    fold = Fold(Window(days[0], days[1]), Window(days[1], days[2]))
    folds = [
        walking.TestedFold(fold, 4321, changes, figures, figures, 1234.5),
        walking.TestedFold(Fold(fold.train, Window(days[2], days[3])), None, {}, figures, figures, None),
    ]
    equity = pd.DataFrame({"out_of_sample": [1e4, 2e4], "hindsight": [1e4, 3e4], "default": [1e4, 1e4]})
    missing = dict.fromkeys(("deflated_sharpe", "pbo"), "few months")
    evidence = Evidence(5760, 9, 24, 7, 3e4, 4, 5, missing=missing)
    found = walking.WalkForward(folds, 5760, "sharpe", evidence, changes, equity, load_config(), 0)
    written = StringIO()
    command._show(Console(file=written, width=80), found)
    table = written.getvalue().partition("Out of sample")[0].splitlines()
    assert not any("\N{HORIZONTAL ELLIPSIS}" in line for line in table)
    rows = [line.split() for line in table]
    assert ["Test", "Training", "Training", "Test", "Test", "Test", "Rank", "of"] in rows
    assert ["from", "Set", "return", "episodes", "return", "drawdown", "episodes", "5,760"] in rows
    assert ["2019-01-02", "4321", "+1,234%", "12", "+1,234%", "-45.1%", "12", "1234.5"] in rows
    assert "Set 4321: confirm_closes 3, credit on" in table
