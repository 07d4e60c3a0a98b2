"""A study from plan to files: kept sections, missing libraries, and data that a plan cannot use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from bot.core.errors import ConfigError, DataError
from bot.core.series_kind import SeriesKind
from bot.settings.loader import load_config
from bot.study import extra
from bot.study.axis import index_of
from bot.study.outcomes import outcome_of
from bot.study.redrawn import block_length
from bot.study.study import Study, run_study
from bot.study.study_folder import StudyFolder
from bot.study.worlds.worlds_run import run_worlds
from tests.markets import closes_on_days, closes_on_sessions, market_of
from tests.study.studies import plan_with


def run(state: Path, only: Sequence[str] = ("dropone",)) -> Study:
    config = load_config().model_copy(update={"state": state})
    few = {"draws": 3}
    changes = {"nulls": {"redrawn": few, "random_dates": few}, "curves": few}
    small = {"horizons": [63], "bases": [21], "closes": [5], "series": ["RUT"], "outcomes": ["ETH"]}
    plan = plan_with({**changes, "multiverse": small, "signal": {"base_sessions": 21}})
    return run_study(plan, config=config, market="demo", only=only)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"sentence": "half"}'])
def test_a_section_whose_file_is_not_whole_is_computed_again(tmp_path: Path, text: str) -> None:
    folder = StudyFolder(tmp_path)
    figures = {"sentence": "", "does_not_show": "", "definitions": {}}
    folder.keep_section("dropone", figures)
    assert folder.section("dropone") == figures
    (tmp_path / "sections" / "dropone.json").write_text(text)
    assert folder.section("dropone") is None


def test_the_second_run_gives_the_first_ones_figures(tmp_path: Path) -> None:
    first = run(tmp_path)
    (first.folder / "sections" / "dropone.json").write_text('{"sentence"')
    again = run(tmp_path)
    assert again.figures["sections"] == first.figures["sections"]


def test_missing_libraries_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda name: None if name == "arch" else object())
    message = "^the study needs arch, not installed here; (pip install .*arch.*|install .* extra 'study')$"
    with pytest.raises(ConfigError, match=message):
        run(tmp_path)
    with pytest.raises(ConfigError, match=message):
        run_worlds(plan_with(), load_config().model_copy(update={"state": tmp_path}))
    assert not list(tmp_path.iterdir())


def test_macro_data_are_neither_signal_nor_outcome() -> None:
    closes = closes_on_sessions("2015-01-02", [1.0, 2.0, 3.0, 4.0])
    coin = closes_on_days("2015-01-02", [1.0] * 8)
    market = market_of({"RUT": closes, "ETH": coin, "BTC": coin, "DFF": closes}, kinds={"DFF": SeriesKind.MACRO})
    with pytest.raises(DataError, match="DFF is macro data, released after its date; expected prices"):
        index_of(market, "DFF")
    with pytest.raises(DataError, match="DFF is macro data without prices; expected prices"):
        outcome_of(market, "DFF", index_of(market, "RUT").sessions, 1, "close")


def test_a_constant_series_has_blocks_of_one_row() -> None:
    assert block_length(np.zeros(500)) == 1.0
