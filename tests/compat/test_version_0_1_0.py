"""Ledgers, run folders, stores and configs of version 0.1.0 are read, and its ledgers go on."""

from __future__ import annotations

import json
import tarfile
from datetime import date
from pathlib import Path

import pytest

from bot.infra.clock import SystemClock
from bot.ledger.record import read_ledger, verify_ledger
from bot.settings.loader import load_config
from bot.web.site_sources import site_of
from tests.cli.running import bot
from tests.paper.test_tick import FIRST_TICK, at, narrowed, tick
from tests.servers.world import open_world
from tests.web.world import dashboard

HERE = Path(__file__).parent
OLD_CONFIG = HERE / "config-0.1.0.yaml"
LEDGERS = ("forward", "rehearsal", "replay")
RECORDS = ("latest", "rehearsal", "replay")
PAGES = ("", "portfolio", "trades", "episodes", "runs", "health")
LISTS = ("trades", "decisions", "orders", "episodes")
THIRD_TICK = FIRST_TICK.replace(day=4)
READERS = [
    "runs",
    "runs latest --verify",
    "review latest",
    "review story rehearsal",
    "review forward",
    "review why --run latest",
    "review why 2104-09-30 --run replay --odds",
    "review why --run forward",
    "review compare latest replay",
    "review parity replay --market demo",
    "review parity latest",
    "review verify --all",
    "paper list",
    "paper status --ledger replay",
    "paper status --ledger rehearsal --json",
    "paper status --ledger forward",
    "paper backup --ledger replay",
    "data list",
]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a user who has just updated from version 0.1.0; `logs` in it is the state folder."""
    with tarfile.open(HERE / "state-0.1.0.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    (tmp_path / "config.yaml").write_bytes(OLD_CONFIG.read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


NO_IMPACT = {"costs": {"impact": 0.0}}
"""Market impact came later: the config of that version, laid over today's defaults, leaves it out."""


def ledger_bytes(state: Path) -> dict[str, bytes]:
    """The content of every ledger and run file."""
    files = [path for path in (state / "logs").rglob("*") if path.is_file() and path.suffix != ".lock"]
    return {str(path): path.read_bytes() for path in files}


def test_every_reader_reads_the_old_records_and_changes_none(state: Path) -> None:
    before = ledger_bytes(state)
    ended = {line: bot(*line.split(), cwd=state) for line in READERS}
    assert {line: done.stderr for line, done in ended.items() if done.returncode} == {}
    after = ledger_bytes(state)
    assert {path: after[path] for path in before} == before


@pytest.mark.parametrize("record", RECORDS)
def test_the_lists_are_those_of_the_old_version_to_the_byte(state: Path, record: str) -> None:
    for name in LISTS:
        printed = bot("review", name, "--run", record, "--csv", cwd=state)
        assert printed.returncode == 0, printed.stderr
        assert printed.stdout == (state / "expected" / f"{record}-{name}.csv").read_text(encoding="utf-8"), name


def test_an_old_ledger_is_salvaged_whole(state: Path) -> None:
    old = state / "logs" / "ledgers" / "replay.sqlite3"
    done = bot("review", "salvage", str(old), "--to", "saved.sqlite3", cwd=state)
    assert done.returncode == 0, done.stderr
    assert verify_ledger(state / "saved.sqlite3") == verify_ledger(old)


@pytest.mark.parametrize("ledger", LEDGERS)
def test_the_dashboard_shows_the_old_records(state: Path, ledger: str) -> None:
    [run] = (path.name for path in (state / "logs" / "runs").iterdir())
    pages = [f"/{page}?run={ledger}" for page in PAGES]
    pages += [
        f"/runs/{ledger}",
        f"/runs/{run}",
        f"/compare?a={ledger}&b={run}",
        f"/api/trades?run={ledger}",
        "/metrics",
    ]
    with dashboard(site_of(load_config(), SystemClock())) as asking:
        answers = {page: asking.ask(page) for page in pages}
    assert {page: answer.words for page, answer in answers.items() if answer.status != 200} == {}


def test_the_old_config_is_read_and_keeps_its_hash(state: Path) -> None:
    config = load_config(OLD_CONFIG, NO_IMPACT)
    manifest = json.loads(next(state.glob("logs/runs/*/manifest.json")).read_text(encoding="utf-8"))
    assert "kills" in manifest["config"]["rotation"]
    assert "admit" in manifest["config"]["quality"]
    assert config.fingerprint() == manifest["config_hash"]


def same_but_for_rounding(now: str, before: str) -> bool:
    """Compare two cells. Version 0.1.0 rounded fills to the nearest tick, later ones against the trader."""
    try:
        return float(now) == pytest.approx(float(before), rel=1e-6, abs=1e-4)
    except ValueError:
        return now == before


def test_an_old_config_runs_as_it_did(state: Path) -> None:
    words = ["--config", "config.yaml", "--market", "demo", "--start", "2104-09-01", "--end", "2104-11-30"]
    words += ["--set", "costs.impact=0.0"]
    replayed = bot("paper", "replay", *words, "--ledger", "again", cwd=state)
    assert replayed.returncode == 0, replayed.stderr
    trades = bot("review", "trades", "--run", "again", "--csv", cwd=state).stdout.splitlines()
    expected = (state / "expected" / "replay-trades.csv").read_text(encoding="utf-8").splitlines()
    # The last two columns are ids of orders, which hash the version.
    assert len(trades) == len(expected)
    for now, before in zip(trades, expected, strict=True):
        cells = zip(now.split(",")[:-2], before.split(",")[:-2], strict=True)
        assert all(same_but_for_rounding(*pair) for pair in cells), (now, before)


def test_an_old_ledger_goes_on_in_its_period_on_its_store(state: Path) -> None:
    before = list(read_ledger(state / "logs" / "ledgers" / "forward.sqlite3"))
    with open_world(state / "logs") as world:
        no_pauses = {"yahoo": {"pause": 0.0}, "fred": {"pause": 0.0}}
        venues = {"exchange": {"venues": ["binance", "binanceus"], "pause": 0.0}}
        changes = {**NO_IMPACT, "strategy": {"file": "half_eth.py"}, "sources": {**no_pauses, **venues}}
        world.config = narrowed(load_config(Path("config.yaml"), changes))
        at(world, THIRD_TICK)
        ticked = tick(world, "forward")
    after = list(read_ledger(state / "logs" / "ledgers" / "forward.sqlite3"))
    assert ticked.decided == (date(2025, 12, 4),)
    assert ticked.drifted == ()
    assert after[: len(before)] == before
    assert [row.at for row in after if row.kind == "epoch"] == ["2025-12-02T00:00:00Z"]
    assert verify_ledger(state / "logs" / "ledgers" / "forward.sqlite3")[0] == len(after) > len(before)
