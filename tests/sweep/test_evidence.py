"""Evidence for a best set: DSR, PBO and plateau of tables that are worked by hand, and why one is not computed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bot.core.errors import LedgerError
from bot.core.market import Floats
from bot.infra.sqlite import connect
from bot.sweep.evidence import evidence, evidence_of
from bot.sweep.run_figures import FIGURES, monthly_returns
from bot.sweep.sweep_file import SweepFile, SweepRow
from tests.sweep.small_grid import COMPARISON, PLAN

GOOD, FLAT, BAD = [0.03, -0.01], [0.01, -0.01], [0.01, -0.03]


def table(equity: list[float], episodes: list[int] | None = None) -> pd.DataFrame:
    count = len(equity)
    return pd.DataFrame(
        {
            "set": range(count),
            "a.x": range(count),
            "final_equity": equity,
            "trades": episodes or [3] * count,
            "episodes": episodes or [2] * count,
        }
    )


def months(*sets: list[float]) -> Floats:
    return np.array(sets).T


def test_a_sharpe_ratio_is_deflated_by_the_sets_of_the_sweep() -> None:
    found = evidence(table([120.0, 100.0]), months(GOOD * 6, FLAT * 6), is_grid=True)
    # Best: mean 0.01, deviation 0.02 sqrt(12/11), ratio 0.4787; the other 0. V = 0.4787^2 / 2 = 0.11458.
    # Emax(2) = 0.57722 z(1 - 1/2e) = 0.57722 x 0.90038 = 0.5197, SR0 = 0.3385 x 0.5197 = 0.1759.
    # No skew, kurtosis 1: DSR = Phi((0.4787 - 0.1759) sqrt(11)) = Phi(1.0042) = 0.8424.
    assert found.deflated_sharpe == pytest.approx(0.8424, abs=5e-5)
    assert found.sharpe == pytest.approx(0.4787 * 12**0.5, abs=2e-4)
    assert found.by_luck == pytest.approx(0.1759 * 12**0.5, abs=2e-4)
    assert (found.trials, found.distinct, found.best, found.episodes, found.months) == (2, 2, 0, 2, 12)
    # The best of each half of six blocks is the best of the other half.
    assert (found.pbo, found.splits) == (0.0, 20)
    assert (found.plateau, found.best_plateau_set, found.best_plateau) == (100 / 120, 0, 100 / 120)


def test_sets_that_are_good_in_one_half_each_are_overfitted_in_every_split() -> None:
    # A split of three of six blocks has two or three good blocks of one set, which then has one or none outside.
    found = evidence(table([101.0, 100.0]), months(GOOD * 3 + BAD * 3, BAD * 3 + GOOD * 3), is_grid=True)
    assert (found.pbo, found.splits) == (1.0, 20)


@pytest.mark.parametrize(
    ("equity", "returns", "reason"),
    [
        ([100.0], [GOOD * 6], "there is one set"),
        ([100.0, 100.0, 100.0], [GOOD * 6] * 3, "all sets have the same returns"),
        ([101.0, 100.0], [GOOD * 5, FLAT * 5], "the window has 10 months, fewer than 12"),
    ],
)
def test_what_cannot_be_judged_has_its_reason(equity: list[float], returns: list[list[float]], reason: str) -> None:
    found = evidence(table(equity), months(*returns), is_grid=True)
    assert found.deflated_sharpe is None and found.pbo is None
    assert found.missing["deflated_sharpe"] == found.missing["pbo"] == reason
    assert f"not computed: {reason}." in " ".join(found.sentences())


def test_one_month_is_judged_without_a_warning(recwarn: pytest.WarningsRecorder) -> None:
    found = evidence(table([101.0, 100.0]), months([0.01], [0.0]), is_grid=True)
    assert found.missing["deflated_sharpe"] == "the window has 1 month, fewer than 12"
    assert not recwarn.list


def test_sets_without_trades_have_no_sharpe_ratio() -> None:
    # The idle set is the best: both others lose.
    found = evidence(table([100.0, 90.0, 80.0], [0, 3, 3]), months([0.0] * 12, BAD * 6, [-0.01, 0.0] * 6), True)
    assert found.missing == {"deflated_sharpe": "the best set has no Sharpe ratio, since its equity never changes"}
    assert "it rests on no trade at all" in found.sentences()[0]
    found = evidence(table([110.0, 100.0], [1, 0]), months(GOOD * 6, [0.0] * 12), is_grid=True)
    assert found.missing["deflated_sharpe"] == "fewer than two sets have a Sharpe ratio"
    assert found.pbo == 0.0


def test_one_set_is_no_choice() -> None:
    found = evidence(table([100.0]), months(GOOD * 6), is_grid=True)
    assert found.sentences()[-1] == "One set was tried, so that none was chosen."
    assert found.missing["plateau"] == "the best set has no neighbour among the sets"
    assert evidence(table([101.0, 100.0]), months(GOOD * 6, FLAT * 6), True).sentences()[-1] == (
        "The highest of 2 results is high by luck alone."
    )


def test_returns_are_those_of_calendar_months() -> None:
    found = monthly_returns(np.array([110.0, 121.0, 121.0, 60.5]), 100.0, date(2020, 1, 30))
    assert found.tolist() == pytest.approx([0.21, -0.5])


def row(number: int, equity: float, returns: list[float]) -> SweepRow:
    figures = dict.fromkeys(FIGURES, 1.0) | {"final_equity": equity}
    return number, {"a.x": number}, {**figures, "monthly": np.array(returns, "<f4").tobytes()}


@pytest.fixture
def file(tmp_path: Path) -> SweepFile:
    file = SweepFile(tmp_path / "sweeps" / "one.sqlite3")
    file.begin(PLAN, resume=False)
    return file


def test_the_evidence_is_made_from_the_file_alone(file: SweepFile) -> None:
    assert evidence_of(file) is None
    file.add(0, [row(0, 120.0, GOOD * 6)])
    file.add(1, [row(1, 100.0, FLAT * 6)])
    found = evidence_of(SweepFile(file.path))
    assert found is not None and found.deflated_sharpe == pytest.approx(0.8424, abs=5e-5)


def test_a_set_that_starts_later_is_cash_before(file: SweepFile) -> None:
    file.add(0, [row(0, 1.0, [0.25, 0.5]), row(1, 1.0, [0.125])])
    assert file.monthly_returns().tolist() == [[0.25, 0.0], [0.5, 0.125]]


def test_the_comparison_is_replaced(file: SweepFile) -> None:
    assert file.comparison() is None
    file.keep_comparison({**COMPARISON, "default": {"total_return": 0.5}})
    file.keep_comparison(COMPARISON)
    assert file.comparison() == COMPARISON


def test_a_file_without_monthly_returns_is_an_error_of_one_line(file: SweepFile) -> None:
    with connect(file.path) as connection:
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    for read in (file.table, lambda: file.begin(PLAN, resume=True)):
        with pytest.raises(LedgerError, match="the sweep was made by an older version"):
            read()
