"""A sweep from its grid to its table: chunks, resume, kills, and the check against the full engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bot.backtest.run import run_backtest
from bot.core.errors import ConfigError, LedgerError
from bot.core.market import Market
from bot.data.demo.demo_market import DEMO
from bot.settings.loader import Config, load_config
from bot.sweep import sweep as sweeping
from bot.sweep.grid import changes_of
from bot.sweep.sweep import SweepOptions, run_sweep, sweep
from bot.sweep.sweep_file import SweepFile, find_sweep
from bot.sweep.variation import Variations
from tests.sweep.small_grid import GRID


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of three of the eight sets."""
    monkeypatch.setattr(sweeping, "CHUNK", 3)


def run(config: Config, demo: Market, options: SweepOptions, resume: bool = False) -> pd.DataFrame:
    file = SweepFile(config.state / "sweeps" / "one.sqlite3")
    sweep(config, demo, options, file, resume, lambda done, total: None)
    return file.table()


@pytest.mark.slow
def test_each_set_has_the_figures_of_its_own_backtest(config: Config, demo: Market, options: SweepOptions) -> None:
    table = run(config, demo, options)
    assert table["set"].tolist() == list(range(8))
    assert table["final_equity"].nunique() > 3
    number = 5
    changes = {key: table[key][number].item() for key in table.columns if "." in key}
    own = run_backtest(
        load_config(changes={"state": str(config.state), "demo": {"spread_seeds": 2}, **changes_of(changes)}),
        market=DEMO,
    )
    assert table["total_return"][number] == pytest.approx(own.summary["strategy"]["total_return"], rel=1e-9)
    assert table["trades"][number] == own.summary["strategy"]["trades"]
    assert table["exposure"][number] == pytest.approx(own.summary["strategy"]["exposure"], rel=1e-9)


@pytest.mark.slow
def test_a_sweep_that_was_stopped_goes_on(
    config: Config, demo: Market, options: SweepOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(config, demo, options)
    other = config.model_copy(update={"state": config.state / "other"})
    figures_of, calls = Variations.figures_of, []

    def stops(self: Variations, sets: list[dict[str, object]]) -> Iterator[object]:
        for changes, figures in zip(sets, figures_of(self, sets), strict=True):
            calls.append(changes)
            if len(calls) > 5:
                raise KeyboardInterrupt
            yield figures

    monkeypatch.setattr(Variations, "figures_of", stops)
    with pytest.raises(KeyboardInterrupt):
        run(other, demo, options)
    monkeypatch.setattr(Variations, "figures_of", figures_of)
    file = find_sweep(other.state, "one")
    kept = file.count()
    assert kept % 3 == 0 and kept < 8
    with pytest.raises(LedgerError, match="exists already"):
        run(other, demo, options)
    pd.testing.assert_frame_equal(run(other, demo, options, resume=True), whole)


@pytest.mark.slow
def test_a_sweep_of_another_grid_or_config_is_not_resumed(config: Config, demo: Market, options: SweepOptions) -> None:
    run(config, demo, options)
    options.grid.write_text(GRID.replace("[3, 5]", "[3, 4]"))
    with pytest.raises(LedgerError, match="begun with another grid"):
        run(config, demo, options, resume=True)
    options.grid.write_text(GRID)
    with pytest.raises(LedgerError, match="begun with another config"):
        run(load_config(changes={"state": str(config.state), "recovery": 0.4}), demo, options, resume=True)


@pytest.mark.slow
def test_a_difference_from_the_exact_engine_ends_the_sweep(
    config: Config, demo: Market, options: SweepOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures_of = Variations.figures_of

    def wrong(self: Variations, sets: list[dict[str, object]]) -> Iterator[dict[str, object]]:
        for found in figures_of(self, sets):
            yield {**found, "exposure": found["exposure"] + 1e-6}  # type: ignore[operator]

    monkeypatch.setattr(Variations, "figures_of", wrong)
    with pytest.raises(AssertionError, match="the sweep and the exact engine disagree on exposure"):
        run(config, demo, options)


def test_too_many_sets_without_numba_are_refused(
    config: Config, demo: Market, options: SweepOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "is_compiled", lambda: False)
    monkeypatch.setattr(sweeping, "_MINUTES_ALLOWED", 0.01)
    with pytest.raises(Exception, match="8 sets would take about 0 minutes without numba"):
        run(config, demo, options)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"on_start": "wait"},
            r"on_start: a sweep trades from its first day on; expected adopt, was wait; --set on_start=adopt",
        ),
        (
            {"overrides": {"reduce_only": True}},
            r"overrides: a sweep runs without manual overrides; --set overrides\.reduce_only=false",
        ),
    ],
)
def test_a_config_that_a_sweep_cannot_run_is_refused(
    tmp_path: Path, demo: Market, options: SweepOptions, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        run(load_config(changes={"state": str(tmp_path / "logs"), **changes}), demo, options)


def test_a_strategy_of_the_users_own_is_refused_before_a_file_is_made(
    tmp_path: Path, demo: Market, options: SweepOptions
) -> None:
    (tmp_path / "own.py").write_text("strategy = None\n")
    own = {"state": str(tmp_path / "logs"), "strategy": {"file": str(tmp_path / "own.py")}}
    with pytest.raises(ConfigError, match=r"strategy\.file: a sweep and a walk-forward run only the rotation"):
        run(load_config(changes=own), demo, options)
    assert not (tmp_path / "logs").exists()


@pytest.mark.slow
def test_the_table_is_a_data_frame(tmp_path: Path, config: Config) -> None:
    (tmp_path / "small.yaml").write_text("sizing.band: [0.02, 0.05]\n")
    table = run_sweep(tmp_path / "small.yaml", config=config, market=DEMO, name="small")
    assert list(table.columns) == [
        "set",
        "sizing.band",
        "final_equity",
        "total_return",
        "cagr",
        "max_drawdown",
        "sharpe",
        "trades",
        "exposure",
        "episodes",
    ]
    assert table["sizing.band"].tolist() == [0.02, 0.05]
    assert table.attrs["evidence"]["trials"] == 2


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\x00"])
def test_a_file_that_is_no_sweep_is_an_error_of_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "sweeps" / "odd.sqlite3"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(LedgerError):
        SweepFile(path).table()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"market": "dmeo"}, "market: is no market; expected auto, store or demo, was 'dmeo'"),
        ({"market": DEMO, "start": 2105}, "start: is not a date; expected a date, or text as 2016-01-01, was 2105"),
        (
            {"market": DEMO, "end": "01.01.2105"},
            "end: is not a date; expected a date, or text as 2016-01-01, was '01.01.2105'",
        ),
        ({"market": DEMO, "name": "../one"}, "--name: is no valid name"),
    ],
)
def test_an_odd_argument_of_a_call_is_one_line(
    arguments: dict[str, Any], message: str, config: Config, options: SweepOptions
) -> None:
    with pytest.raises(ConfigError, match=message):
        run_sweep(options.grid, config=config, **arguments)
    assert not list(config.state.rglob("*.sqlite3"))
