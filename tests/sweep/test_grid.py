"""The grid of a sweep: axes, draws, and faults in one line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.core.errors import ConfigError
from bot.settings.loader import Config, load_config
from bot.study.plan import load_plan
from bot.sweep.contradictions import require_consistent
from bot.sweep.grid import Grid, changes_of, load_grid
from bot.sweep.sweep import DEFAULT_GRID


@pytest.fixture(scope="module")
def config() -> Config:
    return load_config()


def grid_of(folder: Path, text: str, config: Config) -> Grid:
    path = folder / "grid.yaml"
    path.write_text(text)
    return load_grid(path, config)


def test_a_grid_has_every_combination_in_order(tmp_path: Path, config: Config) -> None:
    text = "rotation.breakout.confirm_closes: [3, 5]\nsizing.band: {from: 0.01, to: 0.03, step: 0.01}\n"
    grid = grid_of(tmp_path, text, config)
    assert grid.size == 6
    assert list(grid.sets("grid", None, 0)) == [
        {"rotation.breakout.confirm_closes": closes, "sizing.band": band}
        for closes in (3, 5)
        for band in (0.01, 0.02, 0.03)
    ]
    assert len(list(grid.sets("grid", 4, 0))) == 4


@pytest.mark.parametrize("sampler", ["random", "sobol"])
def test_draws_stay_in_the_ranges_and_are_those_of_the_seed(tmp_path: Path, config: Config, sampler: str) -> None:
    text = "rotation.breakout.floor: {low: 0.9, high: 0.99}\ncosts.fee: {low: 0.0001, high: 0.01, log: true}\n"
    grid = grid_of(tmp_path, text + "rotation.gates.credit: [true, false]\n", config)
    assert grid.size is None
    sets = list(grid.sets(sampler, 100, 7))  # type: ignore[arg-type]
    assert sets == list(grid.sets(sampler, 100, 7))  # type: ignore[arg-type]
    assert sets != list(grid.sets(sampler, 100, 8))  # type: ignore[arg-type]
    assert all(0.9 <= one["rotation.breakout.floor"] <= 0.99 for one in sets)  # type: ignore[operator]
    assert 30 < sum(one["costs.fee"] < 0.001 for one in sets) < 70  # type: ignore[operator, misc]
    assert {one["rotation.gates.credit"] for one in sets} == {True, False}


@pytest.mark.parametrize("form", ["{low: 3, high: 5}", "{low: 3, high: 5, log: true}", "{from: 3.0, to: 5, step: 1.0}"])
def test_a_count_draws_whole_numbers_each_of_them_about_as_often(tmp_path: Path, config: Config, form: str) -> None:
    grid = grid_of(tmp_path, f"rotation.breakout.confirm_closes: {form}\n", config)
    drawn = [one["rotation.breakout.confirm_closes"] for one in grid.sets("random", 300, 1)]
    assert {type(value) for value in drawn} == {int}
    assert {value: drawn.count(value) > 60 for value in drawn} == {3: True, 4: True, 5: True}


def test_steps_have_no_last_bits_of_arithmetic(tmp_path: Path, config: Config) -> None:
    grid = grid_of(tmp_path, "sizing.band: {from: 0.1, to: 0.7, step: 0.1}\n", config)
    assert grid.axes[0].values == (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the grid is empty"),
        ("rotation.breakout.confirm_close: [3]\n", "did you mean 'rotation.breakout.confirm_closes'"),
        ("start_equity: [100]\n", "is no key that may vary; expected a key of rotation, altcoins"),
        ("rotation.credit.window: {low: 20, high: 40.5}\n", "takes whole numbers; was 20, 40.5"),
        ("rotation.credit.window: {from: 20, to: 40, step: 2.5}\n", "takes whole numbers; was 20, 22.5, 25"),
        ("rotation.breakout.confirm_closes: []\n", "has no values"),
        ("rotation.breakout.confirm_closes: 3\n", "has no values"),
        ("rotation.breakout.confirm_closes: [3, 3]\n", "names a value twice"),
        ("rotation.breakout.confirm_closes: [0]\n", "greater than or equal to 1"),
        ("rotation.breakout.confirm_closes: [3.5]\n", "integer"),
        ("rotation.breakout.floor: {low: 0.9, high: 0.8}\n", "has no range"),
        ("costs.fee: {low: 0, high: 0.1, log: true}\n", "has no range"),
        ("sizing.band: {from: 0, to: 1, step: 0}\n", "has no range"),
        ("sizing.band: {from: 0, to: 1, step: 0.0000001}\n", "has too many values"),
        ("sizing.band: {low: 0, high: 1, steps: 5}\n", "has no values"),
        ("sizing.band: {from: 0, to: 1.0e+300, step: 1.0e-300}\n", "has too many values"),
        ("sizing.band: [0.1]\nsizing.band: [0.2]\n", "stands twice"),
        ("- 3\n", "expected keys and values"),
        ("rotation.breakout.confirm_closes: [9, true]\n", "integer"),
        ("costs.fee: [0, 0.001, -0.0]\n", "names a value twice"),
        ("sizing.band: [1, 1.0]\n", "names a value twice"),
        ("sizing.band: {from: 0.5, to: 0.50000000000001, step: 1.0e-14}\n", "names a value twice"),
        ("start: [2016-01-01, '2016-01-01']\n", "names a value twice"),
        ("altcoin_universe: [[SOL, LINK], [LINK, SOL]]\n", "names a value twice"),
        ("start: [0]\n", "is no date, expected YYYY-MM-DD; was 0"),
        ("start: ['2016-01-01T00:00:00Z']\n", "is no date"),
        ("start: [2016-01-01 12:00:00]\n", "is no date"),
        ("roles.small_caps: [{RUT: 1}]\n", "valid string; was {'RUT': 1}"),
        ("roles.small_caps: [null]\n", "valid string; was None$"),
        (
            "sizing.band: [1e-3]\n",
            "valid number; was '1e-3'; in YAML such a number needs a point and a sign, as 1.0e-3",
        ),
    ],
)
def test_a_faulty_grid_is_an_error_of_one_line(tmp_path: Path, config: Config, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        grid_of(tmp_path, text, config)
    assert "\n" not in str(caught.value)


def test_a_huge_grid_is_drawn_from(tmp_path: Path, config: Config) -> None:
    wide = "{from: 0.0, to: 1.0, step: 0.001}"
    grid = grid_of(tmp_path, f"sizing.band: {wide}\nsizing.relative_band: {wide}\n", config)
    with pytest.raises(ConfigError, match="has too many sets; expected at most 1,000,000, was 1,002,001"):
        list(grid.sets("grid", None, 0))
    assert len(list(grid.sets("sobol", 10, 0))) == 10
    with pytest.raises(ConfigError, match="needs a number of sets"):
        list(grid.sets("random", None, 0))


def test_more_than_a_million_draws_are_refused(tmp_path: Path, config: Config) -> None:
    grid = grid_of(tmp_path, "sizing.band: {low: 0.0, high: 1.0}\n", config)
    for sampler in ("random", "sobol"):
        with pytest.raises(ConfigError, match="are too many sets; expected at most 1,000,000, was 10,000,000"):
            list(grid.sets(sampler, 10_000_000, 0))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sampler", "count", "seed", "message"),
    [
        ("halton", 3, 0, "--sampler: is no sampler; expected grid, random or sobol, was 'halton'"),
        ("random", "3", 0, "--sets: is no number of sets; expected at least 1, was '3'"),
        ("grid", 2.5, 0, "--sets: is no number of sets; expected at least 1, was 2.5"),
        ("random", 3, -1, "--seed: is no seed; expected a whole number from 0 on, was -1"),
        ("sobol", 3, None, "--seed: is no seed; expected a whole number from 0 on, was None"),
    ],
)
def test_odd_arguments_of_a_call_are_one_line(
    tmp_path: Path, config: Config, sampler: str, count: object, seed: object, message: str
) -> None:
    grid = grid_of(tmp_path, "sizing.band: [0.1, 0.2]\n", config)
    with pytest.raises(ConfigError, match=re.escape(message)):
        list(grid.sets(sampler, count, seed))  # type: ignore[arg-type]


def test_eight_million_combinations_are_counted_without_building_them(tmp_path: Path, config: Config) -> None:
    keys = ("sizing.band", "sizing.relative_band", "costs.fee")
    text = "".join(f"{key}: {{from: 0.0, to: 0.2, step: 0.001}}\n" for key in keys)
    with pytest.raises(ConfigError, match=r"has too many sets; expected at most 1,000,000, was 8,120,601"):
        list(grid_of(tmp_path, text, config).sets("grid", None, 0))


def test_a_contradictory_set_is_named(tmp_path: Path, config: Config) -> None:
    """`confirm_closes` is at most `confirm_within` + 1: each value is valid with some other one."""
    text = "rotation.breakout.confirm_closes: [2, 5]\nrotation.breakout.confirm_within: [3, 10]\n"
    sets = list(grid_of(tmp_path, text, config).sets("grid", None, 0))
    with pytest.raises(ConfigError, match=r"set 2 is contradictory: .*cannot be reached within 3 .*was confirm_clos"):
        require_consistent(sets, config, tmp_path / "grid.yaml")
    require_consistent([*sets[:2], sets[3]], config, tmp_path / "grid.yaml")


def test_a_set_may_contradict_the_config_that_it_varies(tmp_path: Path) -> None:
    own = load_config(changes={"rotation": {"breakout": {"confirm_closes": 2, "confirm_within": 3}}})
    sets = list(grid_of(tmp_path, "rotation.breakout.confirm_closes: [4, 5]\n", own).sets("grid", None, 0))
    with pytest.raises(ConfigError, match="set 1 is contradictory"):
        require_consistent(sets, own, tmp_path / "grid.yaml")


@pytest.mark.parametrize(("name", "meant"), [("sources.yaml", None), ("gird.yaml", "grid.yaml")])
def test_a_missing_grid_hints_at_grids_only(tmp_path: Path, config: Config, name: str, meant: str | None) -> None:
    with pytest.raises(ConfigError, match="cannot be read") as caught:
        load_grid(tmp_path / name, config)
    assert caught.value.mend == (meant and f"did you mean {meant!r}?")


def test_a_missing_plan_hints_at_plans_only(tmp_path: Path) -> None:
    for name in ("studi.yaml", "sources.yaml", "grid.yaml"):
        with pytest.raises(ConfigError, match="cannot be read") as caught:
            load_plan(tmp_path / name)
        assert caught.value.mend in (None, "did you mean 'study.yaml'?")


def test_changes_are_nested_by_their_paths() -> None:
    changes = changes_of({"rotation.breakout.floor": 0.9, "rotation.entry": "gated", "sizing.band": 0.1})
    assert changes == {"rotation": {"breakout": {"floor": 0.9}, "entry": "gated"}, "sizing": {"band": 0.1}}


def test_the_default_grid_is_valid(config: Config) -> None:
    assert load_grid(DEFAULT_GRID, config).size == 972


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- rotation\n- altcoins\n", "is not a grid of a sweep; expected keys and values, was list"),
        ("rotation.breakout: {confirm_closes: [3]}\n", "a grid names single values, such as rotation.breakout."),
        ("rotation.trail.of_level: [.nan]\n", "is not a finite number; was '.nan'"),
        ("rotation.breakout.confirm_closes: [3]\nrotation.breakout.confirm_closes: [5]\n", "stands twice"),
    ],
)
def test_a_grid_of_another_form_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "grid.yaml").write_text(text)
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_grid(tmp_path / "grid.yaml", load_config())


def test_no_sets_are_refused(tmp_path: Path) -> None:
    (tmp_path / "grid.yaml").write_text("rotation.breakout.confirm_closes: [3, 5]\n")
    grid = load_grid(tmp_path / "grid.yaml", load_config())
    with pytest.raises(ConfigError, match="--sets: is no number of sets; expected at least 1, was 0"):
        list(grid.sets("grid", 0, 0))


def test_a_range_has_no_combinations_and_is_named(tmp_path: Path, config: Config) -> None:
    grid = grid_of(tmp_path, "rotation.breakout.confirm_closes: [3]\ncosts.fee: {low: 0.001, high: 0.01}\n", config)
    with pytest.raises(ConfigError, match=r"has no combinations of a range: costs\.fee; list its values"):
        list(grid.sets("grid", None, 0))
