"""Drawings: places that are worked by hand, and what is marked in them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot.report.axis_scale import AxisScale, scale_of
from bot.report.canvas import Canvas
from bot.report.markup import Figure
from bot.report.numbers import NOTHING
from bot.study.page.event_curves import event_curves
from bot.study.page.forest_plot import replication_forest
from bot.study.page.look_calendar import look_calendar, look_section
from bot.study.page.multiverse_dots import multiverse_dots
from bot.study.page.plan_names import both, log_return, names_of, p_value
from bot.study.page.power_curves import power_curves
from bot.study.page.rows_table import table_cells
from bot.study.page.sharpe_dots import benchmark_dots
from bot.study.page.shift_distribution import shift_distribution
from bot.study.page.tick_texts import tick_texts
from tests.study.page.figures import cell, curves, outcome_row, section, study, worlds

MINUS = "\N{MINUS SIGN}"


def drawn(draw: Any, figures: dict[str, Any]) -> list[Any]:
    return list(draw(figures, names_of(figures)))


def test_a_scale_maps_its_ends_and_holds_what_is_outside() -> None:
    scale = AxisScale(-1.0, 3.0, 10.0, 90.0)
    assert [scale(value) for value in (-1.0, 0.0, 3.0, 7.0, -9.0)] == [10.0, 30.0, 90.0, 90.0, 10.0]


@pytest.mark.parametrize(
    ("low", "high", "count", "ticks"),
    [
        (-0.6, 0.9, 4, [-0.5, 0.0, 0.5]),
        (-0.05, 0.45, 2, [0.0, 0.25]),
        (2026.2, 2053.0, 4, [2030.0, 2040.0, 2050.0]),
    ],
)
def test_ticks_are_round(low: float, high: float, count: int, ticks: list[float]) -> None:
    assert AxisScale(low, high, 0.0, 100.0).ticks(count) == ticks


def test_ticks_have_as_many_decimals_as_they_need() -> None:
    assert [text for _, text in tick_texts([-0.25, 0.0, 0.25])] == [f"{MINUS}0.25", "0", "+0.25"]
    assert [text for _, text in tick_texts([0.0, 0.5, 1.0])] == ["0", "+0.5", "+1.0"]


def test_a_scale_of_values_shows_zero_and_leaves_room() -> None:
    scale = scale_of([2.0, None, 4.0], 0.0, 100.0, room=0.25)
    assert (scale.low, scale.high) == (-1.0, 5.0)
    assert scale_of([], 0.0, 1.0)(0.0) == 0.5


def test_a_path_is_in_thousandths_of_the_drawing() -> None:
    canvas = Canvas(200)
    canvas.curve([(0, 0), (50, 100), (100, 200)], "thin")
    assert 'd="M0.0 0.0 L500.0 500.0 L1000.0 1000.0"' in canvas.svg("A line")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (log_return(-0.2207), f"{MINUS}0.22"),
        (log_return(0.001), "0.00"),
        (log_return(None), NOTHING),
        (both(0.35), "+0.35 (+42%)"),
    ],
)
def test_log_returns_have_their_sign(text: str, value: str) -> None:
    assert text == value


def test_a_p_value_has_no_more_digits_than_it_knows() -> None:
    assert [p_value(p) for p in (0.8407, 0.0507, 0.0027, None)] == ["0.84", "0.051", "0.0027", NOTHING]


def test_a_forest_shows_each_excess_in_units_of_what_its_row_can_see() -> None:
    rows = [outcome_row("A", group="behind", p_up=0.01), outcome_row("B", group="behind", p_up=0.4)]
    # Low -0.02, excess 0.01 and high 0.06 over 0.05 are -0.4, 0.2 and 1.2. With 5% room the axis goes from -0.48 to
    # 1.28, of which 0.2 is 0.68 / 1.76: 2 + 96 x 0.38636 = 39.09.
    [drawing] = drawn(replication_forest, study({"replication": section(rows)}))
    dots = re.findall(r'<circle class="([\w ]+)" cx="([\d.]+)%"', drawing.canvas.svg(""))
    assert dots == [("dot", "39.09"), ("dot hollow", "39.09")]


def test_a_row_that_lacks_its_data_is_named_in_the_forest() -> None:
    rows = [outcome_row("A", group="behind"), outcome_row("Micro caps", group="behind", excess=None)]
    [drawing] = drawn(replication_forest, study({"replication": section(rows)}))
    assert "Micro caps not computed" in drawing.label
    assert drawing.canvas.svg("").count("<circle") == 1


def test_the_plan_itself_is_marked_among_the_cells() -> None:
    rows = [cell(0.1, "SUPPORTED", base=10), cell(-0.2, "NOT SUPPORTED"), cell(0.0, "INCONCLUSIVE", horizon=42)]
    [drawing] = drawn(multiverse_dots, study({"multiverse": section(rows)}))
    svg = drawing.canvas.svg("")
    # Sorted by excess, the plan's own cell is the first of three: at the left end.
    assert re.findall(r'class="own-cell" cx="([\d.]+)%"', svg) == ["12.00"]
    assert "1 SUPPORTED, 1 INCONCLUSIVE, 1 NOT SUPPORTED" in drawing.label


def test_the_curves_say_if_the_mean_leaves_the_band() -> None:
    figures = study()
    figures["sections"]["verdict"]["curves"] = curves()
    [drawing] = drawn(event_curves, figures)
    assert f"ends at {MINUS}0.25 (log), outside the band of chance from {MINUS}0.20 to +0.20" in drawing.label
    assert drawing.canvas.svg("").count('class="thin"') == 2
    assert drawing.canvas.svg("").count('class="thin uncounted"') == 1


def test_a_study_without_curves_has_no_drawing_of_them() -> None:
    figures = study()
    figures["sections"]["verdict"]["curves"] = {"missing": "Altcoin basket has no price path"}
    assert drawn(event_curves, figures) == []


def test_the_observed_excess_is_a_line_in_the_distribution() -> None:
    [drawing] = drawn(shift_distribution, study())
    # -0.22 on an axis from -0.5 to 0.5: 1 + 98 x 0.28 = 28.44.
    assert re.findall(r'class="observed" x1="([\d.]+)%"', drawing.canvas.svg("")) == ["28.44"]


def test_the_rule_is_marked_where_its_word_is_wrong() -> None:
    supported, rejected = drawn(power_curves, {**study(), "worlds": worlds()})
    assert "At 0.00, where the word is wrong: calm 9.0% ± 1.0%" in supported.label
    assert "At +0.35, where the word is wrong: calm 5.0% ± 1.0%" in rejected.label


def test_the_calendar_has_a_span_for_each_look() -> None:
    [drawing] = drawn(look_calendar, study())
    assert "at 5 episodes in 2033 (2029 to 2039)" in drawing.label
    assert [row["episodes"] for row in look_section(study())["rows"]] == [5, 8, 12]


def test_the_rotation_has_its_total_return_beside_its_benchmarks() -> None:
    benchmark = {"benchmark": "Hold BTC", "sharpe": 1.1, "total_return": 248.75, "is_beaten": False}
    tables = section(rows=[{"table": "config", "variant": "as configured", "sharpe": 0.372, "total_return": 0.94}])
    sections = {"benchmarks": section(rows=[benchmark], sharpe=0.372), "tables": tables}
    (drawn,) = benchmark_dots(study(sections), names_of(study()))
    texts = re.findall(r">([^<>]+)</text>", drawn.html())
    assert [text for text in texts if text.endswith("%")] == ["+94.0%", "+24,875%"]


def test_yes_and_no_stand_under_their_heading() -> None:
    head, (row,) = table_cells([{"benchmark": "Hold BTC", "is_beaten": False, "sharpe": 1.1}], {})
    assert head == ["Benchmark", "Beaten", Figure("Sharpe")]
    assert row == ["Hold BTC", "no", Figure("1.100")]
