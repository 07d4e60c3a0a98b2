"""What the pages say, how they are built, and that nothing from outside is ever markup."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bot import run_backtest
from bot.core.decision import Decision
from bot.core.events import (
    BalanceCause,
    BalanceDifference,
    ConfigPeriod,
    Drift,
    Event,
    Late,
    TradingState,
    TradingStateChange,
)
from bot.core.invariants import not_none
from bot.core.orders import OrderIntent, OrderResult, OrderStatus, Settlement, SettlementCause, Side
from bot.paper.daemon_status import DaemonStatus
from bot.paper.heartbeat import Beat
from bot.settings.loader import load_config
from bot.web.runs_page import _bounds
from bot.web.site import Stored
from tests.web.world import (
    BEGUN,
    DAY,
    FILLED,
    HELD,
    HOLDS,
    READINGS,
    WAITS,
    Asking,
    alive,
    dashboard,
    quiet_days,
    site_at,
    write,
)

PAGES = (
    "/",
    "/portfolio",
    "/trades",
    "/prices",
    "/episodes",
    "/runs",
    "/runs/paper",
    "/compare?a=paper&b=other",
    "/health",
)
FOLDER = Path(__file__).parents[1] / "golden" / "folder"
TEMPLATES = Path(__file__).parents[2] / "bot" / "web" / "templates"
HTML = "text/html; charset=utf-8"
EVIL = '<script>alert("x")</script>'
LAYER = {
    "name": "credit",
    "state": "easing",
    "note": "",
    "value": 0.8,
    "unit": "ratio",
    "change": 0.01,
    "change_unit": "relative",
    "span": "21 sessions",
    "arrow": "up",
}
READY = {"state": "ready", "layers": [LAYER], "score": {"score": 0, "known": 0, "parts": []}}


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """Two ledgers, one of which has bought ETH, with a daemon and a store."""
    state = tmp_path_factory.mktemp("state")
    write(state, "paper", BEGUN, HELD, FILLED, HOLDS)
    write(state, "other", BEGUN, *quiet_days(100))
    stored = Stored(DAY, 2, [("RUT", "2026-02-27"), ("ETH", "2026-03-01")])
    site = site_at(state, daemon=alive, store=lambda: stored, waterfall=lambda record, day: READY)
    with dashboard(site) as asking:
        yield asking


def test_today_tells_the_stage_its_reasons_and_the_gates(asking: Asking) -> None:
    words = asking.ask("/").words
    assert "In ETH ETH since 2026-03-02, decided on 2026-03-02" in words
    assert "ETH is bought." in words
    assert "Credit ratio to its SMA, at least passes is 0.9999 threshold 0.98" in words
    assert "VIX, below does not pass is 30 threshold 28" in words
    assert "Gates that pass now: 1 of the 3 that are on." in words
    assert "Gates that are off: 1" in words
    assert "10,200" in words
    assert "Bought 2 ETH at 2,000.00: entered ETH." in words
    assert "Credit easing 0.8000 +1.0% in 21 sessions" in words


def test_a_day_of_waiting_tells_what_it_waits_for(asking: Asking) -> None:
    words = asking.ask("/?run=other").words
    assert "Why no position Waiting in the stablecoin for small caps to break out." in words
    assert "Small caps are 7.3% under their record of 2718.77" in words
    assert "STABLE since 2026-03-02" in words


def test_the_pulse_tells_of_the_daemon(asking: Asking) -> None:
    assert "paper: Daemon alive, next tick 2026-03-03T00:15:00Z" in asking.ask("/").text


def test_the_portfolio_tells_marks_and_unrealised_gains_exactly(asking: Asking) -> None:
    (held,) = asking.ask("/api/portfolio").json["holdings"]
    assert held == {
        "symbol": "ETH",
        "quantity": "2",
        "mark": "2102",
        "value": "4204",
        "weight": pytest.approx(4204 / 10200),
        "cost": "4004",
        "unrealised": "200",
        "return": pytest.approx(200 / 4004),
        "is_stale": False,
    }
    words = asking.ask("/portfolio").words
    assert "ETH 2 2,102.00 4,204 41.2% 4,004 200 +5.0%" in words
    assert "Total return +2.0%" in words


def test_a_mark_that_the_ledger_does_not_tell_is_not_guessed(tmp_path: Path) -> None:
    write(tmp_path, "paper", BEGUN, HELD, FILLED, replace(HOLDS, marks={}))
    with dashboard(site_at(tmp_path)) as asking:
        (held,) = asking.ask("/api/portfolio").json["holdings"]
        assert (held["mark"], held["value"], held["unrealised"]) == (None, None, None)
        assert "ETH 2 not known" in asking.ask("/portfolio").words


def test_health_names_the_newest_anchor(tmp_path: Path) -> None:
    write(tmp_path, "main", BEGUN)
    with dashboard(site_at(tmp_path)) as asking:
        assert "Newest anchor" not in asking.ask("/health").words
        for row in (9, 12):
            (tmp_path / "ledgers" / f"main.anchor-{row}.tsr").write_bytes(b"token")
        assert "token of row 12, not verified here" in asking.ask("/health").words


def test_health_tells_what_was_not_as_it_should_be(tmp_path: Path) -> None:
    difference = BalanceDifference(DAY, "ETH", Decimal(2), Decimal(1), BalanceCause.UNKNOWN)
    late = Late(DAY, DAY + timedelta(hours=9), missed=True)
    write(
        tmp_path,
        "paper",
        BEGUN,
        late,
        HELD,
        Drift(DAY, "ETH", "STABLE"),
        difference,
        TradingStateChange(DAY, TradingState.REDUCE_ONLY),
    )
    with dashboard(site_at(tmp_path)) as asking:
        told, words = asking.ask("/api/health").json, asking.ask("/health").words
    assert told["counts"] == {"missed": 1, "late": 1, "drift": 1, "difference": 1, "unfinished": 0, "unknown": 1}
    assert (told["mode"], told["rows"], len(told["head"])) == ("reduce only", 6, 64)
    assert "decided 2026-03-02 09:00, its orders were not sent" in words
    assert "the ledger accounts for 2, the account had 1" in words
    assert "There is no market store" in words


def test_long_lists_are_paged_the_newest_first(tmp_path: Path) -> None:
    fills = [replace(FILLED, order_id=f"r-{i}", at=DAY + timedelta(days=i)) for i in range(95)]
    write(tmp_path, "paper", BEGUN, WAITS, *fills)
    with dashboard(site_at(tmp_path)) as asking:
        pages = [asking.ask(f"/api/trades?fills={i}").json["fills"] for i in (1, 2, 3, 9)]
        assert [len(page["rows"]) for page in pages] == [40, 40, 15, 15]
        assert pages[0]["rows"][0]["order_id"] == "r-94"
        assert pages[2]["rows"][-1]["order_id"] == "r-0"
        assert "Page 2 of 3, 95 fills" in asking.ask("/trades?fills=2").words
        assert asking.ask("/trades?fills=-1&page=x").status == 200


def test_one_thing_is_counted_without_a_plural(asking: Asking) -> None:
    assert "1 fill, the newest first" in asking.ask("/trades").words
    templates = [path.read_text(encoding="utf-8") for path in TEMPLATES.iterdir()]
    assert [text for text in templates if re.search(r"\| (count|length) }} [a-z ]*s\b", text)] == []


@pytest.mark.parametrize(
    ("gap", "low", "high"), [([0.0, -0.1, 0.05], -0.11, 0.11), ([0.0, 200.0], -1.0, 220.0), ([0.0], -0.0011, 0.0011)]
)
def test_the_axis_of_a_difference_ends_at_a_total_loss(gap: list[float], low: float, high: float) -> None:
    assert _bounds(gap) == pytest.approx((low, high))


def test_the_days_that_two_ledgers_share_are_laid_over_each_other(asking: Asking) -> None:
    told = asking.ask("/api/compare?a=other&b=other").json
    assert (told["days"], told["differences"]) == (100, [])
    assert "fewer than two days in common" in asking.ask("/compare?a=paper&b=other").words


def test_an_unknown_run_is_named_with_the_nearest(asking: Asking) -> None:
    answer = asking.ask("/portfolio?run=papre")
    assert answer.status == 404
    assert "did you mean &#39;paper&#39;?" in answer.text
    assert asking.ask("/api/portfolio?run=papre").json["error"]["type"] == "LedgerError"


def test_a_path_is_no_name(asking: Asking, tmp_path: Path) -> None:
    write(tmp_path, "hidden", BEGUN)
    assert asking.ask(f"/?run={tmp_path}/ledgers/hidden.sqlite3").status == 404
    assert asking.ask("/runs/..%2f..%2fetc").status == 404
    assert asking.ask("/static/..%2fpages.py").status == 404
    assert asking.ask("/static/app.py").status == 404


def test_a_damaged_ledger_is_told_in_a_line_and_the_others_are_listed(tmp_path: Path) -> None:
    write(tmp_path, "other", BEGUN, WAITS)
    (tmp_path / "ledgers" / "paper.sqlite3").write_bytes(b"no database" * 100)
    with dashboard(site_at(tmp_path)) as asking:
        answer = asking.ask("/")
        assert answer.status == 503
        assert "is damaged or no ledger" in answer.text
        assert 'value="other"' in answer.text
        assert "is damaged or no database" in asking.ask("/runs?run=other").text
        assert asking.ask("/?run=other").status == 200


def test_a_run_whose_manifest_lacks_a_key_is_listed_with_it(tmp_path: Path) -> None:
    write(tmp_path, "paper", BEGUN, WAITS)
    run = tmp_path / "runs" / "20240101T000000Z-abcdefgh"
    run.mkdir(parents=True)
    (run / "manifest.json").write_text("{}")
    (run / "summary.json").write_text("{}")
    with dashboard(site_at(tmp_path)) as asking:
        answer = asking.ask("/runs")
        assert answer.status == 200
        assert "manifest.json: lacks the key &#39;market&#39;" in answer.text
        assert asking.ask("/").status == 200


def test_without_any_ledger_the_page_says_how_to_begin(tmp_path: Path) -> None:
    with dashboard(site_at(tmp_path)) as asking:
        answer = asking.ask("/")
        assert (answer.status, "bot paper run" in answer.text) == (200, True)
        assert asking.ask("/healthz").status == 200
        assert asking.ask("/metrics").text.startswith("# HELP bot_info")


def test_a_ledger_of_another_name_has_a_front_page(tmp_path: Path) -> None:
    write(tmp_path, "other", BEGUN, WAITS)
    write(tmp_path, "mine", BEGUN, WAITS)
    with dashboard(site_at(tmp_path)) as asking:
        assert asking.ask("/").status == 200
        assert asking.ask("/api/version").json["sequence"] == 2
        assert asking.ask("/healthz").text.startswith("mine: ")


def test_the_list_of_ledgers_has_the_largest_fall_of_each(tmp_path: Path) -> None:
    """Begun with 10,000: 10,200, then 9,180 is 10% under the peak; a new close is read at once."""
    site = site_at(tmp_path)
    write(tmp_path, "paper", BEGUN, HOLDS)
    with dashboard(site) as asking:
        assert asking.ask("/api/runs").json["runs"]["rows"][0]["max_drawdown"] == 0.0
        write(tmp_path, "paper", replace(HOLDS, day=date(2026, 3, 2), equity=Decimal(9_180)))
        assert asking.ask("/api/runs").json["runs"]["rows"][0]["max_drawdown"] == pytest.approx(-0.1)


def test_a_run_is_called_by_its_name_in_the_title_and_the_status_line(tmp_path: Path) -> None:
    config = load_config(changes={"state": str(tmp_path), "benchmarks": {"random_shifts": 10}})
    run_backtest(config, FOLDER, save=True, name="first-try")
    with dashboard(site_at(tmp_path)) as asking:
        page = asking.ask("/?run=first-try").text
        assert asking.ask("/runs/first-try").status == 200
        assert "did you mean &#39;first-try&#39;?" in asking.ask("/?run=first-tri").text
    assert re.search(r"<title>[^<]* · first-try · ", page)
    assert re.search(r'id="pulse"[^>]*><i aria-hidden="true"></i>first-try: ', page)


def test_a_backtest_shows_its_figures_episodes_and_trades(tmp_path: Path) -> None:
    config = load_config(changes={"state": str(tmp_path), "benchmarks": {"random_shifts": 10}})
    run = run_backtest(config, FOLDER, save=True)
    with dashboard(site_at(tmp_path)) as asking:
        told = asking.ask(f"/api/runs/{run.run_id}").json
        assert told["figures"]["strategy"] == run.summary["strategy"]
        portfolio = asking.ask("/api/portfolio").json
        for name in ("total_return", "max_drawdown", "sharpe"):
            assert portfolio[name] == pytest.approx(run.summary["strategy"][name])
        assert asking.ask("/api/trades").json["trips"]["total"] == len(run.trades)
        kinds = [row["kind"] for row in asking.ask("/api/episodes").json["episodes"]["rows"]]
        assert kinds.count("breakout") == len(run.episodes) > 0
        for path in ("/", "/portfolio", "/trades", "/episodes", f"/runs/{run.run_id}", "/health", "/runs"):
            assert asking.ask(path).status == 200, path
        page = f"/runs/{run.run_id}"
        assert f'<a href="{page}/report">Full report of this run</a>' in asking.ask(page).text
        assert asking.ask(f"{page}/report").text.startswith("<!doctype html>")


def test_a_backtest_stands_beside_the_verdict_of_the_study_and_its_luck(tmp_path: Path) -> None:
    config = load_config(changes={"state": str(tmp_path), "benchmarks": {"random_shifts": 10}})
    run = run_backtest(config, FOLDER, save=True)
    folder = not_none(run.folder, "the folder of a saved run")
    assert run.summary["study"]["word"] == "not studied yet"
    with dashboard(site_at(tmp_path)) as asking:
        page = f"/runs/{run.run_id}"
        share = run.summary["random_timing"]["at_least_as_well"]
        assert f"in 90% of cases; {share:.1%} did at least as well." in asking.ask(page).words
        assert "The thesis on this data: not studied yet." in asking.ask(page).words
        series = folder.json("manifest.json")["series"]
        write_study(tmp_path, "INCONCLUSIVE", {symbol: entry["sha256"] for symbol, entry in series.items()})
        line = "INCONCLUSIVE (fragile), retrospective, made on 2026-02-01"
        assert f"The thesis on this data: {line}." in asking.ask(page).words
        assert asking.ask(f"/api{page}").json["study"] == line
        # Runs of version 0.1.0 have neither.
        old = folder.json("summary.json")
        del old["random_timing"]["at_least_as_well"], old["study"]
        (folder.path / "summary.json").write_text(json.dumps(old))
        assert "in 90% of cases. The thesis" in asking.ask(page).words
    again = run_backtest(config, FOLDER)
    assert again.summary["study"] == {
        "word": "INCONCLUSIVE",
        "labels": ["fragile"],
        "made_on": "2026-02-01",
        "plan": "small caps lead ETH",
        "line": line,
    }


def write_study(state: Path, word: str, series: dict[str, str]) -> None:
    study = {
        "format": 1,
        "made_at": "2026-02-01T00:00:00Z",
        "plan": {"name": "small caps lead ETH"},
        "verdict": {"word": word, "labels": ["fragile"]},
        "series": series,
        "reads": ["RUT", "ETH"],
    }
    folder = state / "study" / "a"
    folder.mkdir(parents=True)
    (folder / "study.json").write_text(json.dumps(study))


def everything_evil() -> list[Event]:
    """Rows whose every text is a script."""
    reading = {"value": 1.0, "threshold": 2.0, "verdict": EVIL, "gate": None}
    decision = Decision(
        DAY, EVIL, EVIL + "2", {EVIL: Decimal("0.5")}, (EVIL,), readings={EVIL: reading, "credit": READINGS["credit"]}
    )
    return [
        ConfigPeriod(DAY, 1, EVIL, EVIL, EVIL, EVIL, EVIL, Decimal(10_000)),
        decision,
        OrderIntent(EVIL, DAY, EVIL, Side.BUY, Decimal(1), EVIL),
        replace(FILLED, symbol=EVIL, reason=EVIL, order_id=EVIL),
        OrderResult(EVIL, DAY, EVIL, Side.BUY, Decimal(1), OrderStatus.UNFILLED, EVIL),
        Settlement(DAY, EVIL, Decimal(1), Decimal(1), SettlementCause.DEAD, Decimal(0)),
        replace(HOLDS, stage=EVIL, holdings={EVIL: Decimal(1)}, marks={EVIL: Decimal(1)}, stale=(EVIL,)),
        replace(HOLDS, day=DAY.date() + timedelta(days=1), stage=EVIL, holdings={}, marks={}),
        BalanceDifference(DAY, EVIL, Decimal(2), Decimal(1), BalanceCause.UNKNOWN),
        Drift(DAY, EVIL, EVIL),
    ]


def test_nothing_from_outside_is_markup(tmp_path: Path) -> None:
    write(tmp_path, "paper", *everything_evil())
    write(tmp_path, "other", *everything_evil())
    site = site_at(
        tmp_path,
        daemon=lambda name: DaemonStatus(Beat(7, DAY, DAY, EVIL), DAY),
        store=lambda: Stored(DAY, 1, [(EVIL, EVIL)]),
        waterfall=lambda record, day: {"state": "none", "why": EVIL},
    )
    with dashboard(site) as asking:
        for path in (*PAGES, f"/?run={EVIL.replace(' ', '%20')}", f"/runs/{EVIL[:8]}"):
            page = asking.ask(path)
            assert (page.status, page.headers["content-type"]) in ((200, HTML), (404, HTML)), path
            assert page.text.lower().count("<script") == ('src="/static/dashboard.js"' in page.text), path
            assert 'alert("' not in page.text, path
        assert "&lt;script&gt;alert(" in asking.ask("/").text
        assert asking.ask("/api/today").headers["content-type"] == "application/json"


def test_what_does_not_print_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, "paper", BEGUN, replace(HELD, reasons=("a\x1b[31m\u202eb",)))
    with dashboard(site_at(tmp_path)) as asking:
        page = asking.ask("/").text
    assert "a [31m b" in page
    assert "\x1b" not in page


class Structure(HTMLParser):
    """What the rules of a readable page look at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.faults: list[str] = []
        self.count: dict[str, int] = {}
        self.open_tables: list[bool] = []
        self.labels: set[str] = set()
        self.fields: list[str] = []
        self.ids: list[str] = []
        self.language = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.count[tag] = self.count.get(tag, 0) + 1
        if "id" in told:
            self.ids.append(told["id"])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "html":
            self.language = told.get("lang", "")
        if tag == "label":
            self.labels.add(told.get("for", ""))
        if tag in ("select", "input"):
            self.fields.append(told.get("id", "nameless"))
        if tag == "table":
            self.open_tables.append(False)
        if tag == "caption":
            self.open_tables[-1] = True
        if tag == "th" and told.get("scope") not in ("col", "row"):
            self.faults.append("a heading cell without a scope")
        if tag == "svg" and told.get("role") == "img" and not told.get("aria-label"):
            self.faults.append("a picture without words")
        if tag == "img" and not told.get("alt"):
            self.faults.append("an image without words")
        if "style" in told or tag == "style" or any(name.startswith("on") for name in told):
            self.faults.append(f"{tag} with style or script of its own")
        if any(value.startswith(("http:", "https:", "//")) for value in told.values()):
            self.faults.append(f"{tag} leads elsewhere")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table" and not self.open_tables.pop():
            self.faults.append("a table without a caption")


@pytest.mark.parametrize("path", [*PAGES, "/?run=nobody"])
def test_a_page_is_built_for_keyboards_and_screen_readers(asking: Asking, path: str) -> None:
    page = asking.ask(path).text
    found = Structure(page)
    assert found.faults == []
    assert found.language == "en"
    assert re.search(r"<title>\w[^<]*Small-cap rotation</title>", page)
    assert found.headings[0] == 1
    assert found.headings.count(1) == 1
    assert all(later - before <= 1 for before, later in zip(found.headings, found.headings[1:], strict=False))
    assert set(found.fields) <= found.labels
    assert len(found.ids) == len(set(found.ids))
    assert [found.count.get(tag) for tag in ("main", "header", "footer")] == [1, 1, 1]
    assert '<a class="skip" href="#main">' in page
    assert 'role="status" aria-live="polite"' in page
    assert '<noscript><meta http-equiv="refresh"' in page
