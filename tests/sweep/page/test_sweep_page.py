"""Report of a sweep: its figures at the top, its drawings, and its size."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bot.core.errors import LedgerError
from bot.sweep.page.heat_maps import heat_maps
from bot.sweep.page.parallel_axes import shown_rows
from bot.sweep.page.result_histogram import result_histogram
from bot.sweep.page.sweep_data import Parts, parts_of, short_names
from bot.sweep.page.sweep_page import data_of, render, write_report
from bot.sweep.run_figures import FIGURES
from bot.sweep.sweep_file import SweepFile, SweepRow

PLAN = {
    "sampler": "grid",
    "count": 6,
    "config": "ab" * 32,
    "days": ["2020-01-01", "2021-12-31"],
    "market": "csv",
    "version": "1.2",
}
COMPARISON = {
    "default": {"total_return": 0.25, "sharpe": 0.5},
    "random_timing": {"low": -0.5, "median": 0.1, "high": 0.75, "at_least_as_well": 0.4, "shifts": 1000},
}


def row(number: int, changes: dict[str, object], total_return: float, **more: Any) -> SweepRow:
    returns = np.random.default_rng(number).normal(0.01, 0.05, 24)
    figures = dict.fromkeys(FIGURES, 0.5) | {"final_equity": 1e4 * (1 + total_return), "total_return": total_return}
    return number, changes, {**figures, "trades": 7, "episodes": 4, "monthly": returns.astype("<f4").tobytes(), **more}


def file_of(folder: Path, rows: list[SweepRow], **plan: object) -> SweepFile:
    file = SweepFile(folder / "sweeps" / "one.sqlite3")
    file.begin({**PLAN, "count": len(rows), **plan}, resume=False)
    file.add(0, rows)
    return file


def grid(folder: Path) -> SweepFile:
    """Six sets of three closes and a gate: the medians over the gate are 0, 0.25 and 0.5."""
    sets = [(closes, gate) for closes in (3, 5, 7) for gate in (True, False)]
    found = [-0.25, 0.25, 0.0, 0.5, 0.25, 0.75]
    return file_of(
        folder,
        [
            row(number, {"rotation.breakout.confirm_closes": closes, "rotation.gates.credit": gate}, total)
            for number, ((closes, gate), total) in enumerate(zip(sets, found, strict=True))
        ],
    )


def test_the_head_has_trials_deflated_sharpe_pbo_episodes_and_plateau(tmp_path: Path) -> None:
    file = grid(tmp_path)
    file.keep_comparison(COMPARISON)
    page = write_report(file).read_text(encoding="utf-8")
    head = re.sub("<[^>]+>", " ", page[page.index("<header>") : page.index("</header>")])
    found = data_of(file).evidence
    assert found.deflated_sharpe is not None and found.pbo is not None
    for words in (
        "The highest of 6 results is high by luck alone.",
        "Trials (N)  6",
        f"Deflated Sharpe (DSR)  {found.deflated_sharpe:.2f}",
        f"Overfitting (PBO)  {found.pbo:.2f}",
        "Episodes of the best set  4",
        # Neighbours of set 5 (7, off): set 4 with 12,500 and set 3 with 15,000; 13,750 of 17,500.
        "Plateau of the best set  79%",
    ):
        assert words in head
    assert "The unchanged config has +25.0%, more than 33% of the sets." in page
    assert "40% of the shifts do at least as well" in page
    assert "DEMO" not in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")


def test_a_heat_map_has_the_median_of_each_pair_and_frames_the_best_set(tmp_path: Path) -> None:
    three = [
        row(number, {"a.x": x, "a.y": y, "a.z": z}, total)
        for number, (x, y, z, total) in enumerate(
            [(1, 1, 1, 0.1), (1, 1, 2, 0.3), (1, 2, 1, 0.5), (2, 1, 1, 0.9), (2, 1, 2, 0.2), (2, 1, 3, 0.4)]
        )
    ]
    data = data_of(file_of(tmp_path, three))
    drawings = {drawing.title: drawing.canvas.svg("") for drawing in heat_maps(data)}
    assert set(drawings) == {"x (rows), y (columns)", "x (rows), z (columns)", "y (rows), z (columns)"}
    drawn = drawings["x (rows), y (columns)"]
    # (1, 1) 0.1 and 0.3; (1, 2) 0.5; (2, 1) 0.9, 0.2 and 0.4; (2, 2) has no set.
    assert re.findall(r'inside"[^>]*>([^<]+)', drawn) == ["+20%", "+50%", "+40%", "\N{EN DASH}"]
    assert re.findall(r'own-cell" x="([\d.]+)%" y="([\d.]+)"', drawn) == [("19.00", "38.0")]


def test_many_values_are_cut_in_six_parts_of_equally_many() -> None:
    found = parts_of(pd.Series([float(2**power) for power in range(12)]))
    assert found.of_set.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert list(found.labels) == ["1.5", "6", "24", "96", "384", "1.54e+03"]
    switch: Parts = parts_of(pd.Series([False, True, False]))
    assert (switch.of_set.tolist(), list(switch.labels)) == ([0, 1, 0], ["off", "on"])


def test_keys_that_end_alike_keep_their_path() -> None:
    assert short_names(["a.fee", "b.window", "c.window"]) == {
        "a.fee": "fee",
        "b.window": "b.window",
        "c.window": "c.window",
    }


def test_a_key_with_the_name_of_a_figure_keeps_its_section(tmp_path: Path) -> None:
    assert short_names(["rotation.eth_stop.drawdown"]) == {"rotation.eth_stop.drawdown": "eth_stop.drawdown"}
    sets = [row(number, {"rotation.eth_stop.drawdown": loss}, 0.1) for number, loss in enumerate((0.2, 0.3))]
    page = write_report(file_of(tmp_path, sets)).read_text(encoding="utf-8")
    table = page[page.index('id="best"') : page.index("</thead>")]
    heads = re.findall(r"<th([^>]*)>([^<]+)</th>", table)
    assert [text for _, text in heads if "rawdown" in text] == ["Drawdown", "eth_stop.drawdown"]
    assert ["figure" in attributes for attributes, _ in heads] == [False, *[True] * (len(heads) - 1)]


def test_the_line_of_a_mark_crosses_no_label_of_another(tmp_path: Path) -> None:
    """From the left the marks are the median at 10%, the default at 25% and the best set at 75%."""
    file = grid(tmp_path)
    file.keep_comparison(COMPARISON)
    (drawn,) = result_histogram(data_of(file))
    found = re.findall(r'<text[^>]* y="([\d.]+)"[^>]*>(best set|unchanged config|random timing, median)<', drawn.html())
    assert [(text, float(y)) for y, text in found] == [
        ("random timing, median", 14.0),
        ("unchanged config", 31.0),
        ("best set", 48.0),
    ]


def test_of_many_sets_the_best_and_a_sample_are_drawn() -> None:
    shown = shown_rows(range(10_000))
    assert len(shown) == len(set(shown)) == 1_000
    assert shown[:101] == list(range(101)) and shown[-1] == 9_999
    assert shown_rows(range(1_000)) == list(range(1_000))


def test_integers_of_a_grid_of_numbers_stay_integers(tmp_path: Path) -> None:
    sets = [(closes, fee) for closes in (3, 5) for fee in (0.001, 0.002)]
    rows = [row(number, {"a.closes": c, "a.fee": fee}, number / 10) for number, (c, fee) in enumerate(sets)]
    page = render(data_of(file_of(tmp_path, rows)))
    best = page[page.index("<tbody>") :].partition("</tr>")[0]
    assert re.findall(r">([^<>\n]+)<", best)[0] == "3"
    assert {"7", "4", "5", "0.002"} <= set(re.findall(r">([^<>\n]+)<", best))


@pytest.mark.slow
def test_a_thousand_sets_make_a_small_page(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    rows = [
        row(number, {f"a.k{key}": float(random.random()) for key in range(8)}, float(random.normal(0.5, 0.3)))
        for number in range(1_000)
    ]
    page = render(data_of(file_of(tmp_path, rows, sampler="random")))
    assert len(page) < 500_000
    assert "These are the 10 of 28 pairs" in page


@pytest.mark.parametrize("changes", [{}, {"a.x": 1}])
def test_a_single_set_says_what_is_missing(tmp_path: Path, changes: dict[str, object]) -> None:
    rows = [row(0, changes, 0.0, sharpe=None, trades=0, episodes=0)]
    page = render(data_of(file_of(tmp_path, rows, market="demo", count=4)))
    for words in ("not computed: there is one set", "no trade at all", "No key varies.", "DEMO: synthetic market"):
        assert words in page
    assert "1 parameter set of 4: the sweep has not ended" in page


def test_a_sweep_without_sets_has_no_report(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="the sweep has no sets yet"):
        write_report(file_of(tmp_path, []))


def test_a_total_loss_is_drawn_on_a_linear_axis(tmp_path: Path) -> None:
    page = render(data_of(file_of(tmp_path, [row(0, {"a.x": 1}, -1.0), row(1, {"a.x": 2}, 3.0)])))
    assert "log scale" not in page
