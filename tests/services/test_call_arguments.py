"""Arguments of another type are refused in one line by the functions that a notebook calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bot import run_backtest, run_study, run_sweep, run_walk_forward
from bot.core.errors import ConfigError
from bot.services.call_arguments import config_argument, date_argument, folder_argument
from bot.settings.loader import load_config

GRID = "grid: is no path; expected the path of a YAML file"
CONFIG = "config: is no path; expected the path of a YAML file, or what load_config"
FOLDER = "data_dir: is no path; expected the path of a folder, was DataFrame"
PRICES = pd.DataFrame({"close": [1.0]})
NO_NAME = r"--name: is (no valid|an invalid) name.*, was 3$"


@pytest.mark.parametrize(
    ("function", "given", "error"),
    [
        (run_sweep, {"grid": {}}, f"{GRID}.*, was dict$"),
        (run_sweep, {"grid": None}, f"{GRID}.*, was None$"),
        (run_walk_forward, {"grid": {"rotation.breakout.floor": [0.97]}}, f"{GRID}.*, was dict$"),
        (run_sweep, {"config": {}}, f"{CONFIG}.*, was dict$"),
        (run_walk_forward, {"config": {}}, f"{CONFIG}.*, was dict$"),
        (run_backtest, {"config": {"start_equity": 5000}}, f"{CONFIG}.*, was dict$"),
        (run_study, {"config": 3}, f"{CONFIG}.*, was 3$"),
        (run_study, {"plan": {}}, "plan: is no path; expected the path of a YAML file, or a StudyPlan, was dict$"),
        (run_study, {"only": "verdict"}, r"--only: is no list of sections; expected .*\[\"verdict\"\], was 'verdict'$"),
        (run_study, {"only": None}, "--only: is no list of sections.*, was None$"),
        *(
            (function, {"data_dir": PRICES}, FOLDER)
            for function in (run_backtest, run_sweep, run_walk_forward, run_study)
        ),
        (run_backtest, {"market": PRICES}, "market: is no market; expected auto, store or demo"),
        (run_backtest, {"changes": "start_equity=5000"}, "changes: are no changes; expected a mapping.*, was 'start_"),
        (run_backtest, {"changes": [("start_equity", 5000)]}, "changes: are no changes; .*, was list$"),
        (run_backtest, {"out": 3}, "out: is no path; expected the path of a folder, was 3$"),
        (run_backtest, {"name": 3}, NO_NAME),
        (run_backtest, {"note": 3}, "--note: is no text; expected text, was 3$"),
        (run_sweep, {"name": 3}, NO_NAME),
        (run_sweep, {"sampler": PRICES}, "--sampler: is no sampler; expected grid, random or sobol, was DataFrame$"),
        (run_sweep, {"backend": "ray"}, "--backend: is no backend; expected threads or dask, was 'ray'$"),
        *(
            (function, {"start": "2016-13-01"}, "start: is not a date; expected a date, .* was '2016-13-01'$")
            for function in (run_backtest, run_sweep, run_walk_forward)
        ),
        (run_walk_forward, {"criterion": "calmar"}, "--criterion: is no criterion; expected sharpe or total_return"),
    ],
)
def test_an_argument_of_another_type_is_one_line(
    function: Callable[..., Any], given: dict[str, Any], error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=f"^{error}"):
        function(**{"market": "demo", **given})
    assert list(tmp_path.rglob("*.*")) == []


def test_changes_of_a_loaded_config_are_refused_and_not_ignored() -> None:
    with pytest.raises(
        ConfigError, match=r"changes: a loaded config takes no changes; pass load_config\(path, changes\)"
    ):
        config_argument(load_config(), {"start_equity": 5000})


def test_a_folder_is_a_path_or_a_text() -> None:
    assert folder_argument("out", "runs/mine") == folder_argument("out", Path("runs/mine")) == Path("runs/mine")
    assert folder_argument("out", None) is None


def test_a_path_a_text_and_a_loaded_config_give_the_same_config(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("extends: default.yaml\nstart_equity: 5000\n", encoding="utf-8")
    found = config_argument(path)
    assert float(found.start_equity) == 5000
    assert config_argument(str(path)) == found == config_argument(found)
    assert config_argument(None, {"start_equity": 5000}).start_equity == found.start_equity


def test_a_day_is_a_date_a_time_or_text() -> None:
    day = date(2016, 1, 2)
    given = (day, pd.Timestamp("2016-01-02 23:59"), "2016-01-02", None)
    assert [date_argument("start", one) for one in given] == [day, day, day, None]
