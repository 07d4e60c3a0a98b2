"""The example of docs/writing-a-strategy.md runs as a user would run it, and never looks ahead."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from bot import run_backtest
from bot.backtest.lookahead import cut_times, first_peek
from bot.core.decision import Decision
from bot.core.market import Market
from bot.services.plans import build_strategy
from bot.settings.loader import Config, load_config
from strategies.examples.eth_trend import strategy

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "eth-trend.yaml"


@pytest.fixture(scope="module")
def config() -> Config:
    return load_config(EXAMPLE, {"demo": {"spread_seeds": 2}})


@pytest.fixture(scope="module")
def full(demo: Market) -> Sequence[Decision]:
    return strategy(days=100).decisions(demo)


def test_it_is_found_by_the_path_in_its_config(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert build_strategy(config).name == "eth_trend_example"


def test_it_runs_beside_the_benchmarks(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    run = run_backtest(config)
    assert set(run.decisions["stage"]) == {"IN", "OUT"}
    assert {"strategy", "btc", "eth"} <= set(run.metrics.index)
    assert len(run.trades) > 10


def test_what_it_decides_does_not_change_when_the_future_is_taken_away(demo: Market, full: Sequence[Decision]) -> None:
    for cut in cut_times(full, 30):
        early = strategy(days=100).decisions(demo.as_of(cut))
        assert early == full[: len(early)]
        assert early[-1].at == cut


def test_the_check_can_fail_a_peek_of_one_day_is_found(tmp_path: Path, demo: Market) -> None:
    source = (ROOT / "strategies" / "examples" / "eth_trend.py").read_text(encoding="utf-8")
    peeking = source.replace("until(moment)", "until(moment + 86_400)")  # a day in seconds
    assert peeking != source
    (tmp_path / "peeking.py").write_text(peeking, encoding="utf-8")
    cheat = build_strategy(load_config(changes={"strategy": {"file": str(tmp_path / "peeking.py")}}))
    decisions = cheat.decisions(demo)
    assert first_peek(cheat, demo, decisions, cut_times(decisions, 12)) is not None


def test_it_waits_until_its_average_is_whole(full: Sequence[Decision]) -> None:
    assert [decision.reasons for decision in full[:98]] == [("warms_up",)] * 98
    assert full[100].reasons != ("warms_up",)


@pytest.mark.parametrize("parameters", [{"days": 1}, {"weight": 0.99}, {"weight": 0}])
def test_parameters_that_make_no_sense_are_refused(parameters: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="days must be"):
        strategy(**parameters)  # type: ignore[arg-type]
