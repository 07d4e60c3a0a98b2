"""The table of a sweep as CSV and Parquet."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from bot.core.errors import ConfigError
from bot.sweep import table_file
from bot.sweep.sweep_file import SweepFile
from bot.sweep.table_file import export_table
from tests.sweep.small_grid import PLAN
from tests.sweep.test_evidence import FLAT, GOOD, row


@pytest.fixture
def file(tmp_path: Path) -> SweepFile:
    file = SweepFile(tmp_path / "sweeps" / "one.sqlite3")
    file.begin(PLAN, resume=False)
    number, changes, figures = row(0, 120.0, GOOD * 6)
    file.add(0, [(number, changes, {**figures, "sharpe": None}), row(1, 0.1 + 0.2, FLAT * 6)])
    return file


def test_both_formats_have_the_table(file: SweepFile, tmp_path: Path) -> None:
    export_table(file, tmp_path / "one.csv")
    export_table(file, tmp_path / "one.parquet")
    table = file.table()
    assert table["final_equity"].tolist() == [120.0, 0.1 + 0.2] and table["sharpe"].isna().tolist() == [True, False]
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "one.parquet"), table, check_exact=True)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "one.csv"), table)
    with pytest.raises(ConfigError, match="exists already"):
        export_table(file, tmp_path / "one.csv")


@pytest.mark.parametrize("name", ["one.txt", "one", "one.parquet.gz", ".csv"])
def test_another_suffix_is_refused(file: SweepFile, tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"expected \.csv or \.parquet"):
        export_table(file, tmp_path / name)
    assert not (tmp_path / name).exists()


def test_parquet_without_pyarrow_names_the_command(
    file: SweepFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_file, "find_spec", lambda name: None if name == "pyarrow" else find_spec(name))
    with pytest.raises(ConfigError, match=r"(pip install .*pyarrow.*|its extra 'sweep'), or write a \.csv file"):
        export_table(file, tmp_path / "one.parquet")
