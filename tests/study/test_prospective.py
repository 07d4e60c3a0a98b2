"""The prospective verdict: episodes after the date, looks, the wait for the next one, and the log."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.core.errors import ConfigError
from bot.core.market import Market
from bot.data.demo.demo_market import DEMO
from bot.ledger.plan_log import PlanEntryKind, plan_log
from bot.ledger.plan_progress import progress_line
from bot.services.markets import open_market
from bot.settings.loader import Config, load_config
from bot.study import registration
from bot.study.plan import StudyPlan, load_plan
from bot.study.prospective import arrival_quantile, as_dict, look_dates, progress_of, status_lines
from bot.study.registration import follow, register, registered_plan, status_of
from bot.study.study_data import StudyData
from bot.study.word import Word

AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def demo() -> Market:
    return open_market(load_config(), None, DEMO)


def config_in(folder: Path) -> Config:
    return load_config(changes={"state": str(folder)})


# --- the wait -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "rate", "share", "years"),
    [
        (1, 1.0, 0.5, 0.6931),  # ln 2: the first event of one a year
        (5, 0.7, 0.05, 2.815),  # half the chi-squared of 10 degrees, 3.940, over 0.7
        (5, 0.7, 0.95, 13.077),  # 18.307 / 2 / 0.7
        (12, 2.0, 0.5, 5.834),
    ],
)
def test_the_time_of_an_event_is_erlang(count: int, rate: float, share: float, years: float) -> None:
    assert arrival_quantile(count, rate, share) == pytest.approx(years, abs=1e-3)


# --- episodes and looks -------------------------------------------------------------------------------------------


def test_a_plan_of_today_waits_for_its_first_look(demo: Market) -> None:
    data = StudyData(load_plan(), load_config(), demo)
    last = data.index("RUT").sessions[-1].item()
    found = progress_of(data, last)
    assert (found.sessions, found.looks, found.word, found.next_look) == ((), (), None, 5)
    assert found.years is not None
    low, middle, high = found.years
    assert 0.25 < low < middle < high  # a quarter for the outcome of the last episode at least


def test_the_word_is_that_of_the_first_look_that_decides(demo: Market) -> None:
    plan = load_plan()
    data = StudyData(plan, load_config(), demo)
    found = progress_of(data, date(2102, 6, 1))
    assert [look.episodes for look in found.looks] == [5, 8, 12]
    rejected = [
        look.test.low(plan.judgement.effect).p <= critical
        for look, critical in zip(found.looks, plan.prospective.critical_low, strict=True)
    ]
    assert rejected.index(True) >= 0 and found.word is Word.NOT_SUPPORTED and found.next_look is None
    assert all(not any(look.test.outcomes != look.test.outcomes) for look in found.looks)


def test_the_spacing_goes_on_from_before_the_date(demo: Market) -> None:
    data = StudyData(load_plan(), load_config(), demo)
    whole = progress_of(data, date(2102, 6, 1)).sessions
    later = progress_of(data, whole[0]).sessions
    assert later == whole[1:]


# --- the log ------------------------------------------------------------------------------------------------------


def test_a_registration_holds_the_plan(tmp_path: Path) -> None:
    plan = load_plan()
    entry = register(tmp_path, plan, AT)
    assert registered_plan(entry) == plan and entry.plan_sha256 == plan.sha256
    with pytest.raises(ConfigError, match="is registered already, on 2026-03-01"):
        register(tmp_path, plan, AT)


def test_a_changed_plan_is_another_plan(tmp_path: Path) -> None:
    plan = load_plan()
    changed = plan.model_copy(update={"judgement": plan.judgement.model_copy(update={"effect": 0.3})})
    register(tmp_path, plan, AT)
    entry = register(tmp_path, changed, AT)
    assert entry.number == 2 and registered_plan(entry).judgement.effect == 0.3


def test_a_changed_event_file_is_found(tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text("def events(closes):\n    return []\n")
    plan = load_plan()
    with_file = plan.model_copy(update={"signal": plan.signal.model_copy(update={"file": own})})
    entry = register(tmp_path, with_file, AT)
    registered_plan(entry)
    own.write_text("def events(closes):\n    return list(closes.index[:1])\n")
    with pytest.raises(ConfigError, match="changed after its registration on 2026-03-01"):
        registered_plan(entry)


def test_a_registration_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    entry = register(tmp_path, load_plan(), AT)
    for body in ({}, {"plan": {}}, {"plan": {**entry.body["plan"], "curves": None}}):
        with pytest.raises(ConfigError, match="the plan of entry 1 was registered with another version"):
            registered_plan(replace(entry, body=body))


def test_a_removed_event_file_does_not_stop_a_tick(tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text("def events(closes):\n    return []\n")
    plan = load_plan()
    register(tmp_path, plan.model_copy(update={"signal": plan.signal.model_copy(update={"file": own})}), AT)
    own.unlink()
    line = follow(config_in(tmp_path), AT)
    assert line is not None and "own.py: there is no such event file" in line


def test_an_event_file_is_registered_by_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own.py").write_text("def events(closes):\n    return []\n")
    (tmp_path / "own.yaml").write_text("extends: study.yaml\nsignal: {file: own.py}\n")
    monkeypatch.chdir(tmp_path)
    entry = register(tmp_path, load_plan(Path("own.yaml")), AT)
    monkeypatch.chdir("/")
    assert registered_plan(entry).signal.file == tmp_path / "own.py"


def test_a_status_needs_a_registration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no plan is registered; begin one with: bot study register"):
        status_of(config_in(tmp_path), None, DEMO, AT)


def test_the_demo_adds_no_episode_to_the_log(tmp_path: Path) -> None:
    register(tmp_path, load_plan(), AT)
    found = status_of(config_in(tmp_path), None, DEMO, AT)
    assert found["episodes"] and found["peeks"] == 0
    assert [entry.kind for entry in plan_log(tmp_path).entries()] == [PlanEntryKind.REGISTERED]


def test_episodes_are_added_once_and_the_line_is_kept(
    tmp_path: Path, demo: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(config: Config, plan: StudyPlan, data_dir: Path | None, market: str) -> StudyData:
        return StudyData(plan, config, demo)

    monkeypatch.setattr(registration, "_opened", opened)
    config, plan = config_in(tmp_path), load_plan()
    entry = register(tmp_path, plan, AT)
    assert (
        progress_line(tmp_path)
        == f"Plan {plan.sha256[:12]}, registered on 2026-03-01: `bot study status` counts its episodes"
    )
    for _ in range(2):
        line = follow(config, AT)
    episodes = [one.body["session"] for one in plan_log(tmp_path).entries() if one.kind is PlanEntryKind.EPISODE]
    progress = as_dict(StudyData(plan, config, demo), entry, progress_of(StudyData(plan, config, demo), entry.day))
    assert episodes == progress["episodes"] and len(set(episodes)) == len(episodes)
    assert line == f"{plan.name}: {progress['line']}"
    assert progress_line(tmp_path) == f"Plan {plan.sha256[:12]}, registered on 2026-03-01: {progress['line']}"


def test_without_a_registration_nothing_is_followed(tmp_path: Path) -> None:
    assert follow(config_in(tmp_path), AT) is None
    assert progress_line(tmp_path) is None


def test_a_plan_that_cannot_be_followed_is_one_line(tmp_path: Path) -> None:
    register(tmp_path, load_plan(), AT)
    line = follow(config_in(tmp_path), AT)  # there is no store
    assert line is not None and line.startswith("The registered plan was not followed: ")


def test_the_status_says_when_and_what_the_next_look_sees(demo: Market, tmp_path: Path) -> None:
    data = StudyData(load_plan(), load_config(), demo)
    entry = register(tmp_path, data.plan, AT)
    last = data.index("RUT").sessions[-1].item()
    lines = status_lines({**as_dict(data, entry, progress_of(data, last)), "peeks": 3})
    assert lines[0] == "small caps lead ETH: no look yet, prospective, registered on 2026-03-01."
    assert lines[2].startswith("The next look waits for the outcome of episode 5: about 21")
    assert lines[3] == (
        "Leads (log) that it then sees, by share of synthetic worlds: +0.35 in under 1%, +0.50 in under 1%, "
        "+0.75 in 4%, +1.00 in 8%."
    )
    assert lines[4].startswith("Looks at outcomes after the date, by the log: 3.")


def test_a_broken_log_is_reported_in_the_line_of_pages_and_notices(tmp_path: Path) -> None:
    register(tmp_path, load_plan(), AT)
    log = plan_log(tmp_path).path
    log.write_text(log.read_text().replace("confirmed", "breakout"))
    line = progress_line(tmp_path)
    assert line is not None and line.startswith("Registered plan unknown: ") and "the chain is broken" in line


def test_a_rule_that_never_counted_an_episode_has_no_date(demo: Market, tmp_path: Path) -> None:
    own = tmp_path / "never.py"
    own.write_text("def events(closes):\n    return []\n")
    plan = load_plan()
    never = plan.model_copy(update={"signal": plan.signal.model_copy(update={"file": own})})
    data = StudyData(never, load_config(), demo)
    found = as_dict(data, register(tmp_path, never, AT), progress_of(data, date(2102, 6, 1)))
    assert (found["episodes"], found["next_look"], found["next_look_expected"]) == ([], 5, None)
    assert found["line"].startswith("no look yet; 0 of 5 episodes; next look at an unknown date")
    assert status_lines({**found, "peeks": 0})[2].endswith("since the rule never counted an episode.")
    assert look_dates(data) == []
