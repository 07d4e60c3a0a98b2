"""The screens, files and pages of a user's own strategy are free of the rotation's words, and tell its trades."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from bot.core.notice import NoticeKind
from bot.infra.clock import SystemClock
from bot.paper.notifier import latest_notices
from bot.settings.loader import load_config
from bot.web.site_sources import site_of
from tests.cli.running import bot
from tests.web.world import Asking, dashboard

pytestmark = pytest.mark.slow

WORDS = re.compile(
    r"rotation|small[- ]?caps?\b|break-?outs?|russell|waterfall|supercycle|thesis|\barm(?:s|ed)\b|re-?arm|\bepisodes?\b"
    r"|confirm|veto|credit|risk exit|winding down|cool(?:ing|down)|with(?:out)? effect|\bleads?\b"
    r"|equal.weight|no.altcoins",
    re.IGNORECASE,
)
MINUS = "\N{MINUS SIGN}"
STRATEGY = """
from bot import Decision, Today

class Mine:
    name = "ten days on"

    def decide(self, today: Today) -> Decision:
        eth, held = today.roles.eth, today.holding(today.roles.eth)
        if held is None and today.day.day == 5:
            return today.target({eth: 0.5}, "fifth_of_the_month")
        if held and held.days_held >= 10:
            return today.target({}, "ten_days_held")
        return today.hold()

def strategy():
    return Mine()
"""
HOLDER = """
from bot import Decision, Market, Trade, to_weight

class Holder:
    name = "holder"

    def decisions(self, market: Market):
        weights = {market.roles.btc: to_weight(0.96)}
        moments = market.decision_moments
        trades = [Trade.NOW] + [Trade.HOLD] * len(moments)
        return [Decision(at, "IN", "IN", weights, ("held",), trade) for at, trade in zip(moments, trades)]

def strategy():
    return Holder()
"""
CONFIG = "extends: default.yaml\nstate: {state}\nstrategy: {{file: {file}}}\ndemo: {{spread_seeds: 2}}\n"
DAYS = ("--market", "demo", "--start", "2104-01-01", "--end", "2104-06-30")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two strategies, a run of each and a replay of the first."""
    folder = tmp_path_factory.mktemp("own")
    for name, text in (("mine", STRATEGY), ("holder", HOLDER)):
        (folder / f"{name}.py").write_text(text)
        (folder / f"{name}.yaml").write_text(CONFIG.format(state=folder / "state", file=folder / f"{name}.py"))
        done = bot("backtest", "--config", f"{name}.yaml", *DAYS, cwd=folder)
        assert done.returncode == 0, done.stderr
        (folder / f"{name}.txt").write_text(done.stdout + done.stderr)
    done = bot("paper", "replay", "--config", "mine.yaml", *DAYS, "--ledger", "mine", cwd=folder)
    assert done.returncode == 0, done.stderr
    (folder / "replay.txt").write_text(done.stdout + done.stderr)
    return folder


def runs_of(folder: Path) -> tuple[Path, Path]:
    """The run folders of the daily strategy and of the holder, in this order."""
    mine, holder = sorted((folder / "state" / "runs").iterdir())
    return mine, holder


def found(text: str) -> list[str]:
    """The words of the rotation in a text, with what stands around them."""
    return [text[max(one.start() - 40, 0) : one.end() + 40] for one in WORDS.finditer(text)]


def seen(page: str) -> str:
    """The text and the data of a page, without its style and scripts of the libraries."""
    kept = re.sub(r"(?s)<style.*?</style>", "", page)
    kept = re.sub(r'(?s)<script(?![^>]*type="application/json")[^>]*>.*?</script>', "", kept)
    # Addresses and classes are the same on every page.
    return unescape(re.sub(r'(?:class|href|action)="[^"]*"', "", kept))


def test_what_a_backtest_prints_is_the_strategys_own(folder: Path) -> None:
    for name in ("mine", "holder", "replay"):
        assert found((folder / f"{name}.txt").read_text()) == []
    assert "ten days on" in (folder / "mine.txt").read_text()
    timing = "Random timing is left out: 96% of equity was in coins on average, above 90%"
    assert timing in (folder / "holder.txt").read_text()
    assert "shifted to other days of the run" in (folder / "mine.txt").read_text()


@pytest.mark.parametrize(
    "words",
    [
        ("review", "story", "RUN", "--all"),
        ("review", "story", "RUN", "--json"),
        ("review", "story", "RUN", "--md"),
        ("review", "why", "2104-03-05", "--run", "RUN"),
        ("review", "why", "2104-03-05", "--run", "RUN", "--json"),
        ("review", "trades", "--run", "RUN"),
        ("review", "trades", "--run", "RUN", "--by", "coin"),
        ("review", "decisions", "--run", "RUN"),
        ("review", "orders", "--run", "RUN"),
        ("review", "equity", "--run", "RUN"),
        ("review", "story", "mine"),
        ("review", "why", "latest", "--run", "mine"),
        ("runs",),
        ("runs", "--json"),
        ("signal", "--market", "demo"),
        ("signal", "--market", "demo", "--json"),
        ("watch", "--once", "--market", "demo"),
        ("paper", "status", "--ledger", "mine"),
        ("paper", "status", "--ledger", "mine", "--json"),
        ("paper", "list"),
    ],
    ids=" ".join,
)
def test_each_screen_is_free_of_the_rotations_words(words: tuple[str, ...], folder: Path) -> None:
    run = runs_of(folder)[0].name
    done = bot(*(run if word == "RUN" else word for word in words), "--config", "mine.yaml", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert found(done.stdout + done.stderr) == []


def test_the_story_tells_trades_with_holding_days_and_result(folder: Path) -> None:
    run = runs_of(folder)[0]
    story = " ".join(bot("review", "story", run.name, "--config", "mine.yaml", cwd=folder).stdout.split())
    assert re.search(r"2104-01-05: fifth of the month: bought DEMO-ETH at [\d,.]+ for [\d,]+\.", story)
    assert re.search(
        rf"2104-01-15: ten days held: sold DEMO-ETH at [\d,.]+ after 10 days, [+{MINUS}][\d.]+% \([{MINUS}\d,.]+\)",
        story,
    )


def test_the_files_of_a_run_are_free_of_the_rotations_words(folder: Path) -> None:
    for run, name in zip(runs_of(folder), ("ten days on", "holder"), strict=True):
        report = seen((run / "report.html").read_text())
        assert found(report) == []
        assert f"<h1>{name}, a paper backtest</h1>" in report
        manifest = json.loads((run / "manifest.json").read_text())
        assert manifest["strategy"] == {"name": name, "is_own": True}
        # The config of the rotation and the names of series are facts of every run.
        facts = {key: value for key, value in manifest.items() if key not in ("config", "series", "files")}
        assert found(json.dumps(facts)) == []
        assert found((run / "summary.json").read_text()) == []


def test_random_timing_is_left_out_of_a_run_that_was_always_in_coins(folder: Path) -> None:
    mine, holder = (json.loads((run / "summary.json").read_text())["random_timing"] for run in runs_of(folder))
    assert set(holder) == {"exposure", "most_exposed"}
    assert 0.9 < holder["exposure"] < 1
    assert "total_return_50" in mine
    assert "Random timing, 5%" not in (runs_of(folder)[1] / "report.html").read_text()


def test_notices_are_free_of_the_rotations_words(folder: Path) -> None:
    notices = latest_notices(load_config(folder / "mine.yaml"), "mine")
    assert any(one.kind is NoticeKind.HEAD for one in notices)
    assert found(" ".join(f"{one.title} {one.body}" for one in notices)) == []


@pytest.fixture(scope="module")
def pages(folder: Path) -> Iterator[Asking]:
    """The dashboard of the folder, asked with the config of the rotation as a user starts it."""
    state = folder / "state.yaml"
    state.write_text(f"extends: default.yaml\nstate: {folder / 'state'}\n")
    with dashboard(site_of(load_config(state), SystemClock())) as asking:
        yield asking


@pytest.mark.parametrize(
    "path", ["/", "/portfolio", "/trades", "/prices", "/episodes", "/health", "/runs", "/runs/NAME"]
)
@pytest.mark.parametrize("kind", ["run", "ledger"])
def test_pages_of_the_dashboard_are_free_of_the_rotations_words(
    path: str, kind: str, pages: Asking, folder: Path
) -> None:
    name = runs_of(folder)[0].name if kind == "run" else "mine"
    address = path.replace("NAME", name) if "NAME" in path else f"{path}?run={name}"
    page = pages.ask(address).text
    assert found(seen(page)) == []
    if path in ("/", "/runs", "/runs/NAME"):
        assert "ten days on" in page


def test_the_prices_of_a_run_are_read_from_its_market(pages: Asking, folder: Path) -> None:
    address, end = f"/api/prices?run={runs_of(folder)[0].name}", time.monotonic() + 30
    while (data := pages.ask(address).json)["state"] == "reading" and time.monotonic() < end:
        time.sleep(0.1)
    assert data["state"] == "ready", data["why"]
    prices = dict(zip(data["days"], data["closes"], strict=True))
    # Slippage and the day's move part a fill from the close of its day, within a few per cent.
    assert data["trades"] and all(
        float(trade["price"]) == pytest.approx(prices[trade["day"]], rel=0.25) for trade in data["trades"]
    )
