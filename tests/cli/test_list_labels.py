"""The lists of `bot review` name the coins of the config; codes in CSV stay."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bot.core.orders import Side
from bot.settings.loader import load_config
from tests.cli.running import bot
from tests.review.ledgers import begun, decided, ledger, traded, valued


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """A ledger that bought SOL as the lead coin, and a config that names it."""
    (tmp_path / "sol.yaml").write_text("extends: default.yaml\nroles: {eth: SOL}\n")
    ledger(
        tmp_path,
        [
            begun("2020-11-20"),
            decided("2020-11-20", "ETH", "CONFIRMED", ["entered_eth"], weights={"SOL": "0.98"}),
            *traded("2020-11-20", Side.BUY, "SOL", "10", "2", "2", "entered_eth"),
            decided("2020-11-21", "COOLDOWN", "ETH", ["kill_eth"]),
            *traded("2020-11-21", Side.SELL, "SOL", "10", "1.5", "1.5", "kill_eth"),
            valued("2020-11-21", "9993"),
        ],
    )
    return tmp_path


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("trades",), "risk exit: SOL stop 1 round trip"),
        (("trades", "--by", "reason"), "risk exit: SOL stop 1 0"),
        (("trades", "--by", "stage"), "SOL 1 0"),
        (("decisions",), "CONFIRMED > SOL 1 98.0% hold entered SOL"),
        (("decisions",), "SOL > COOLDOWN 0 0.0% hold risk exit: SOL stop"),
        (("why", "2020-11-20"), "SOL, was CONFIRMED: in SOL"),
        (("why", "2020-11-20", "--md"), "SOL: in SOL (#2)"),
    ],
)
def test_a_list_names_the_lead_coin_of_the_config(there: Path, words: tuple[str, ...], line: str) -> None:
    shown = bot("review", *words, "--config", "sol.yaml", cwd=there)
    assert shown.returncode == 0, shown.stderr
    assert line in " ".join(shown.stdout.split())
    assert not re.search(r"\bETH\b", shown.stdout)


def test_the_columns_of_the_episodes_are_named_after_the_lead_coin(tmp_path: Path) -> None:
    record = ledger(tmp_path, [begun("2020-11-20"), valued("2020-11-20", "10000")], "moved")
    folder = tmp_path / "logs" / "runs" / "a-run"
    folder.mkdir(parents=True)
    record.path.rename(folder / "ledger.sqlite3")
    config = load_config(changes={"roles": {"eth": "SOL"}}).resolved()
    (folder / "manifest.json").write_text(json.dumps({"market": "demo", "config": config}))
    shown = bot("review", "episodes", "--run", "a-run", cwd=tmp_path)
    assert "Confirmed Bought SOL Over SOL +63 Why" in " ".join(shown.stdout.split())


def test_csv_keeps_the_codes(there: Path) -> None:
    shown = bot("review", "decisions", "--csv", "--config", "sol.yaml", cwd=there)
    assert "ETH,CONFIRMED," in shown.stdout
    assert "entered_eth" in shown.stdout


def test_the_status_of_a_ledger_names_the_lead_coin_of_the_config(tmp_path: Path) -> None:
    (tmp_path / "sol.yaml").write_text("extends: default.yaml\nroles: {eth: SOL}\n")
    bought = decided("2020-11-20", "ETH", "CONFIRMED", ["entered_eth"], weights={"SOL": "0.98"})
    ledger(tmp_path, [begun("2020-11-20"), bought, valued("2020-11-20", "10000", "ETH")])
    shown = bot("paper", "status", "--config", "sol.yaml", cwd=tmp_path)
    assert "Stage    SOL: SOL is bought." in shown.stdout
    listed = bot("paper", "list", "--config", "sol.yaml", cwd=tmp_path)
    assert "paper 2020-11-20 2020-11-20 SOL 10,000.00" in " ".join(listed.stdout.split())
