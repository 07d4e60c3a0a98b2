"""The test of the test: tables, workers, resuming, and sizes on 200 and on 1,000 worlds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.core.errors import ConfigError
from bot.study.plan import load_plan
from bot.study.study import run_study
from bot.study.worlds.table import is_fault, table_of
from bot.study.worlds.worlds_run import kept_worlds, run_criticals, run_worlds, worlds_path
from tests.study.worlds_plans import config_in, short_plan


def record(**changes: Any) -> dict[str, Any]:
    """A judged world in which nothing is seen and every figure is the real one."""
    targets = load_plan().worlds.targets
    nothing = {"words": ["INCONCLUSIVE"] * 5, "look_words": [["INCONCLUSIVE"] * 3] * 5, "waits": []}
    figures = {"n": 7, "n_all": 27, "volatility": targets.volatility, "spread": targets.spread}
    return {**nothing, **figures, "autocorrelation": targets.autocorrelation, "correlation": 0.0, **changes}


def rate(table: dict[str, Any], **where: Any) -> dict[str, Any]:
    found = [row for row in table["rows"] if all(row[key] == value for key, value in where.items())]
    assert len(found) == 1
    return dict(found[0])


def test_rates_and_errors_by_hand() -> None:
    plan = short_plan(kinds=load_plan().worlds.kinds[:1])
    sees = record(words=["SUPPORTED"] + ["INCONCLUSIVE"] * 4, n=12)
    table = table_of(plan, [[sees, record(), record(n=6), record(n=9)]])
    row = rate(table, effect=0.0, looks="one look", word="SUPPORTED")
    assert (row["rate"], row["error"], row["worlds"], row["n"]) == (0.25, pytest.approx(0.2165, abs=1e-4), 4, 8.5)
    assert (row["rate_near"], row["worlds_near"]) == (0.0, 2)  # 12 and 9 are not within one of 7
    assert table["faults"] == []  # 0.25 is not over 0.05 + 0.2165


@pytest.mark.parametrize(("volatility", "within"), [(0.0765, True), (0.0767, False), (0.0627, True), (0.0625, False)])
def test_a_mean_is_held_to_the_real_figure(volatility: float, within: bool) -> None:
    plan = short_plan(kinds=load_plan().worlds.kinds[:1])
    rows = table_of(plan, [[record(volatility=volatility + 0.01), record(volatility=volatility - 0.01)]])["realism"]
    assert [row["within"] for row in rows] == [True, True, within, True, True, True, True]


def test_a_schedule_ends_with_its_first_word() -> None:
    plan = short_plan(kinds=load_plan().worlds.kinds[:1])
    words = [["INCONCLUSIVE", "NOT SUPPORTED", "SUPPORTED"]] + [["INCONCLUSIVE"] * 3] * 4
    table = table_of(plan, [[record(look_words=words)]])
    rates = [
        rate(table, effect=0.0, looks=looks, word=word)["rate"]
        for word in ("NOT SUPPORTED", "SUPPORTED")
        for looks in ("5", "5/8", "5/8/12")
    ]
    assert rates == [0, 1, 1, 0, 0, 0]


@pytest.mark.parametrize(
    ("word", "effect", "share", "fault"),
    [
        ("SUPPORTED", 0.0, 0.0601, True),
        ("SUPPORTED", 0.0, 0.06, False),
        ("SUPPORTED", 0.35, 0.9, False),
        ("NOT SUPPORTED", 0.35, 0.07, True),
        ("NOT SUPPORTED", 0.0, 0.9, False),
    ],
)
def test_a_size_over_five_percent_plus_its_error_is_a_fault(
    word: str, effect: float, share: float, fault: bool
) -> None:
    assert is_fault({"word": word, "effect": effect, "rate": share, "error": 0.01}, 0.35) is fault


def test_a_fault_stands_in_the_sentence() -> None:
    plan = short_plan(kinds=load_plan().worlds.kinds[:1])
    sees = record(words=["SUPPORTED"] + ["INCONCLUSIVE"] * 4)
    table = table_of(plan, [[sees] * 3 + [record()]])
    fault = "a size is over 5% plus its error: SUPPORTED at +0.00, no common regime, one look: 75.0% +- 21.7%"
    assert fault in table["sentence"]


# --- running it ---------------------------------------------------------------------------------------------------


def test_processes_and_stops_change_nothing(tmp_path: Path) -> None:
    plan, alone, stopped = short_plan(), config_in(tmp_path / "alone"), config_in(tmp_path / "stopped")
    counts: list[int] = []
    expected = run_worlds(plan, alone, 30, workers=1, advance=counts.append)
    assert counts == [0, 25, 5, 25, 5, 25, 5]

    def stop(count: int) -> None:
        if count == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_worlds(plan, stopped, 30, workers=1, advance=stop)
    partial = worlds_path(stopped, expected["key"]).with_suffix(".partial")
    partial.write_text(partial.read_text() + '\n{"kind": 1, "fir')  # a line that the stop tore
    again: list[int] = []
    assert run_worlds(plan, stopped, 30, workers=2, advance=again.append) == expected
    assert again == [30, 25, 5, 25, 5] and not partial.exists()


def test_each_kind_has_worlds_of_its_own(tmp_path: Path) -> None:
    kind = load_plan().worlds.kinds[0]
    plan = short_plan(kinds=[kind, kind.model_copy(update={"name": "the same again"})])
    volatility = [row["mean"] for row in run_worlds(plan, config_in(tmp_path), 2, workers=1)["realism"][2::7]]
    assert len(volatility) == 2 and volatility[0] != volatility[1]


def test_a_finished_table_is_read_again(tmp_path: Path) -> None:
    plan, config = short_plan(worlds=3), config_in(tmp_path)
    assert kept_worlds(plan, config) is None
    made = run_worlds(plan, config, workers=1)
    assert kept_worlds(plan, config) == made
    counts: list[int] = []
    assert run_worlds(plan, config, advance=counts.append) == made and counts == [9]
    assert kept_worlds(short_plan(worlds=3, seed=5), config) is None


def test_a_plan_without_the_effect_of_a_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"worlds.effects"):
        run_worlds(short_plan(effects=[0.5]), config_in(tmp_path), 1)


def test_a_plan_with_events_of_a_file_is_refused(tmp_path: Path) -> None:
    plan = short_plan()
    plan = plan.model_copy(update={"signal": plan.signal.model_copy(update={"file": Path("mine.py")})})
    for judge in (run_worlds, run_criticals):
        with pytest.raises(ConfigError, match=r"signal.file"):
            judge(plan, config_in(tmp_path), 1)


def test_critical_values_of_a_few_worlds_come_again(tmp_path: Path) -> None:
    plan = load_plan()
    schedule = plan.prospective.model_copy(update={"alpha_up": 0.3, "alpha_low": 0.6})
    found = run_criticals(plan.model_copy(update={"prospective": schedule}), config_in(tmp_path), 30, workers=1)
    assert found == {
        "critical_up": [0.146974, 0.206055, 0.640392],
        "critical_low": [0.459849, 0.370033, 0.326807],
    }


@pytest.mark.slow
def test_the_rule_keeps_its_sizes_on_200_worlds(tmp_path: Path) -> None:
    holds_its_sizes(run_worlds(load_plan(), config_in(tmp_path), 200), errors=3)


@pytest.mark.soak
def test_the_rule_keeps_its_sizes_on_1000_worlds(tmp_path: Path) -> None:
    table = run_worlds(load_plan(), config_in(tmp_path))
    holds_its_sizes(table, errors=1)
    powers = load_plan().prospective.power
    for effect, shares in powers.items():
        where = {"kind": "no common regime", "word": "SUPPORTED", "effect": float(effect)}
        rates = [rate(table, **where, looks=looks)["rate"] for looks in ("5", "5/8", "5/8/12")]
        assert rates == shares
    assert len(powers) == 4
    assert table["faults"] == [] and all(row["within"] for row in table["realism"])


@pytest.mark.soak
def test_the_critical_values_of_the_plan_come_again(tmp_path: Path) -> None:
    schedule = load_plan().prospective
    found = run_criticals(load_plan(), config_in(tmp_path))
    assert found == {"critical_up": schedule.critical_up, "critical_low": schedule.critical_low}


def holds_its_sizes(table: dict[str, Any], errors: float) -> None:
    """Compare sizes with 5%, and power with what was measured on 1,000 worlds."""
    for row in table["rows"]:
        wrong = (row["word"], row["effect"]) in {("SUPPORTED", 0.0), ("NOT SUPPORTED", 0.35)}
        if wrong:
            assert row["rate"] <= 0.05 + errors * row["error"], row
    for kind in load_plan().worlds.kinds:
        assert rate(table, kind=kind.name, effect=1.0, looks="one look", word="SUPPORTED")["rate"] > 0.6
        assert rate(table, kind=kind.name, effect=1.0, looks="5/8/12", word="SUPPORTED")["rate"] > 0.9


@pytest.mark.slow
def test_a_study_shows_the_finished_table(tmp_path: Path) -> None:
    plan, config = short_plan(worlds=2), config_in(tmp_path)
    made = run_worlds(plan, config, workers=1)
    assert run_study(plan, config=config, market="demo", only=["verdict"]).figures["worlds"] == made
