"""Faults of a plan: one line with the file, the key and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.errors import ConfigError
from bot.settings.loader import load_config
from bot.study.plan import load_plan
from bot.study.study import run_study


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            "outcome: {series: ETH/BTC/LTC}",
            r"outcome.series: is not an outcome; expected a symbol, a ratio A/B, or one of",
        ),
        ("replication: {behind: [ETH/]}", r"replication.behind.0: is not an outcome"),
        ("multiverse: {horizons: [63, 63]}", r"multiverse.horizons: names 63 twice"),
        ("lead_lag: {pairs: [ETH, ETH]}", r"lead_lag.pairs: names ETH twice"),
        ("lead_lag: {subsamples: ['2020']}", r"is not a span of dates; expected FIRST/LAST"),
        ("lead_lag: {without: [2021-01-01/2020-01-01]}", r"the span ends before it begins"),
        ("prospective: {looks: [8, 5, 12]}", r"looks must ascend, was \[8, 5, 12\]"),
        ("prospective: {power: {lots: [0.1, 0.2, 0.3]}}", r"'lots' is not a log return, such as 0.35"),
        ("judgement: {bound_step: 1.0e-9}", r"judgement.bound_step: Input should be greater than or equal to 0.001"),
        ("judgement: {effect: 1.0e+300}", r"judgement.effect: Input should be less than or equal to 5"),
        ("benchmarks: {blocks: 32}", r"benchmarks.blocks: Input should be less than or equal to 20"),
        ("tables: {costs: [true]}", r"tables.costs.0: Input should be a valid number; was True"),
        ("worlds: {index: {sessions: 9638}}", r"outcomes end at row 9,639, after the index, 9,638 sessions"),
        ("worlds: {kinds: [{name: a}, {name: a}]}", r"kinds must have different names, was a, a"),
        ("worlds: {targets: {lags: []}}", r"autocorrelation must have as many values as lags, 0"),
        ("signal: {file: none.py}", r"none.py: there is no such event file"),
        ("signal: {file: .}", r"the event file cannot be read"),
    ],
)
def test_a_faulty_plan_is_an_error_of_one_line(tmp_path: Path, changes: str, message: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(f"extends: study.yaml\n{changes}\n")
    with pytest.raises(ConfigError, match=message) as caught:
        load_plan(path)
    assert "\n" not in str(caught.value)


def test_a_multiverse_has_a_largest_size(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    # 2 events x 3 spacings x 2 series x 100 horizons x 3 bases x 2 closes x 3 outcomes
    path.write_text(f"extends: study.yaml\nmultiverse: {{horizons: {list(range(1, 101))}}}\n")
    with pytest.raises(ConfigError, match="crosses up to 21,600 cells; at most 10,000 can be computed"):
        load_plan(path)


def test_an_event_file_is_found_beside_the_plan_that_names_it(tmp_path: Path) -> None:
    folder = tmp_path / "base"
    folder.mkdir()
    (folder / "own.py").write_text("def events(closes):\n    return []\n")
    (folder / "base.yaml").write_text("extends: study.yaml\nsignal: {file: own.py}\n")
    (tmp_path / "own.yaml").write_text("extends: base/base.yaml\nname: another\n")
    assert load_plan(tmp_path / "own.yaml").signal.file == folder / "own.py"


def test_a_plan_cannot_change_the_kind_of_a_series(tmp_path: Path) -> None:
    plan = load_plan().model_copy(update={"symbols": {"RUT": "crypto"}})
    config = load_config().model_copy(update={"state": tmp_path})
    with pytest.raises(
        ConfigError, match=r"symbols.RUT: the config has this series as another kind; expected index, was"
    ):
        run_study(plan, config=config, market="demo")
