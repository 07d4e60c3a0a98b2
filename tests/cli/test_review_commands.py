"""`bot review` as a user types it: on terminals that can little, with words that are wrong, on ledgers of any size."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from bot.cli.main import main
from bot.core.orders import Side
from tests.cli.running import bot, error_of
from tests.markets import default_config
from tests.review.ledgers import begun, decided, ledger, traded, valued, waiting


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """A folder with a ledger of one waiting day."""
    told = decided("2020-11-13", "STABLE", "STABLE", ["waits_for_record"], waiting(98.0, 100.0, 30))
    ledger(tmp_path, [begun("2020-11-13"), told, valued("2020-11-13", "10000")])
    return tmp_path


def test_the_group_alone_tells_the_story(there: Path) -> None:
    done = bot("review", cwd=there)
    assert done.returncode == 0, done.stderr
    assert done.stdout == bot("review", "story", "paper", cwd=there).stdout
    assert "Small caps are 2.0% under their record of 100 and 30 sessions past it" in " ".join(done.stdout.split())
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_both_speak_json_and_markdown(there: Path) -> None:
    story = json.loads(bot("review", "paper", "--json", cwd=there).stdout)
    assert story["verdict"][0].startswith("Since 2020-11-13 the ledger turned 10,000 into 10,000")
    assert story["equity"] == [{"day": "2020-11-13", "equity": "10000"}]
    day = json.loads(bot("review", "why", "2020-11-13", "--json", cwd=there).stdout)
    assert day["nearest"]["share"] == pytest.approx(-0.02)
    assert bot("review", "paper", "--md", cwd=there).stdout.startswith("# paper\n")
    assert "| reading | value |" in bot("review", "why", "--md", cwd=there).stdout


def test_a_terminal_without_unicode_gets_ascii(there: Path) -> None:
    text = printed(there, "ascii", "review", "paper")
    assert text.isascii()
    assert "?" not in text
    for encoding in ("ascii", "cp1252"):
        assert printed(there, encoding, "review", "trades", "--by", "coin")


def printed(folder: Path, encoding: str, *words: str) -> str:
    """Return the output of a command on a terminal whose encoding lacks some letters."""
    screen = io.TextIOWrapper(io.BytesIO(), encoding)
    with contextlib.chdir(folder), contextlib.redirect_stdout(screen), pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    screen.flush()
    return screen.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("review", "papr"), 5, "paper"),
        (("review", "why", "yesterday"), 2, "YYYY-MM-DD"),
        (("review", "paper", "--since", "13.11.2020"), 2, "--since"),
        (("review", "paper", "--json", "--md"), 2, "contradict"),
        (("review", "why", "--odds", "--market", "demo", "--data-dir", "x"), 2, "contradict"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(there: Path, words: tuple[str, ...], code: int, told: str) -> None:
    assert told in error_of(bot(*words, cwd=there), code)


def test_the_odds_of_a_run_are_asked_of_its_own_config_and_market(tmp_path: Path) -> None:
    told = decided("2110-06-01", "STABLE", "STABLE", ["waits_for_record"], waiting(98.0, 100.0, 30))
    record = ledger(tmp_path, [told], "moved")
    folder = tmp_path / "logs" / "runs" / "a-run"
    folder.mkdir(parents=True)
    record.path.rename(folder / "ledger.sqlite3")
    manifest = {"market": "demo", "config": default_config().resolved()}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    odds = json.loads(bot("review", "why", "--run", "latest", "--odds", "--json", cwd=tmp_path).stdout)["odds"]
    assert odds["day"] == "2110-06-01"
    assert len(odds["sentences"]) == (3 if odds["stage"] == "STABLE" else 1)


def test_a_ledger_of_very_many_rows_is_read_in_part_and_says_so(tmp_path: Path) -> None:
    order, *_ = traded("2020-01-01", Side.BUY, "ETH", "1", "100", "100", "why")
    ledger(tmp_path, [begun("2020-01-01"), *([order] * 20_000), valued("2020-01-01", "10000")])
    told = bot("review", cwd=tmp_path).stdout
    assert "Only the newest 20,000 rows of orders and fills were read" in " ".join(told.split())


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """A ledger that recorded holding ETH from its second day on."""
    timing = {"total_return_5": -0.1, "total_return_50": 0.02, "total_return_95": 0.3, "at_least_as_well": 0.25}
    told = decided("2020-11-13", "STABLE", "STABLE", ["waits_for_record"], waiting(98.0, 100.0, 30))
    second = replace(valued("2020-11-14", "11000"), benchmarks={"eth": Decimal("10500.25")}, random_timing=timing)
    ledger(tmp_path, [begun("2020-11-13"), told, valued("2020-11-13", "10000"), second])
    return tmp_path


def test_the_equity_of_a_ledger_is_listed_beside_its_benchmarks(beside: Path) -> None:
    assert bot("review", "equity", "--csv", cwd=beside).stdout.splitlines() == [
        "date,equity,cash,stage,eth",
        "2020-11-13,10000,10000,STABLE,",
        "2020-11-14,11000,11000,STABLE,10500.25",
    ]
    first, _ = json.loads(bot("review", "equity", "--json", cwd=beside).stdout)["equity"]
    assert first["eth"] is None
    assert "Hold ETH" in bot("review", "equity", cwd=beside).stdout
    assert bot("review", "equity", "--since", "2020-11-15", cwd=beside).stdout.endswith("No row matches.\n")


def test_the_status_sets_a_ledger_beside_its_benchmarks(beside: Path) -> None:
    shown = " ".join(bot("paper", "status", cwd=beside).stdout.split())
    assert "Beside ledger +10.0%; Hold ETH +5.0%. The daily values of its benchmarks are not recorded before" in shown
    assert "2020-11-14 Luck the ledger lies between the median and the 95th percentile of random timing" in shown
    data = json.loads(bot("paper", "status", "--json", cwd=beside).stdout)
    assert data["total_return"] == pytest.approx(0.1)
    assert [(one["name"], one["equity"], one["first_day"]) for one in data["benchmarks"]] == [
        ("eth", "10500.25", "2020-11-14")
    ]
