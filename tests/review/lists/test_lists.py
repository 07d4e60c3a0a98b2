"""The lists of `bot review`: what they show, leave out and say, in a table and for other programs."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import bot, error_of
from tests.review.records import began, days_of_waiting, decided, order, record, story, valued

COMMANDS = ("trades", "decisions", "orders", "episodes")


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A folder with a ledger in which orders end in every way."""
    events = [
        *story(),
        decided(3, "ALTS", "entered_alts", before="ETH", A="0.3", B="0.3"),
        *order(
            3,
            "buy",
            "A",
            "4",
            "10",
            "0.1",
            "entered_alts",
            reference="9.9",
            filled="3",
            status="partial",
            came="cash_short",
        ),
        *order(3, "buy", "B", "4", "10", why="entered_alts", status="unfilled", came="rejected (LOT_SIZE; too small)"),
        *order(3, "sell", "C", "4", "10", why="entered_alts", status="skipped", came="min_notional"),
        valued(3, "1020.9", "1017.9", {"A": "1"}, A="3"),
        *days_of_waiting(60, first=4),
    ]
    record(tmp_path, events)
    return tmp_path


def listed(folder: Path, *arguments: str) -> list[dict[str, Any]]:
    """What a list tells another program."""
    done = bot("review", *arguments, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)[arguments[0]]
    return found


def test_orders_tell_how_each_ended_and_why(recorded: Path) -> None:
    orders = {one["symbol"] + one["side"]: one for one in listed(recorded, "orders")}
    assert [one["outcome"] for one in orders.values()] == ["filled", "filled", "partial", "unfilled", "skipped"]
    partial = orders["Abuy"]
    assert (partial["quantity"], partial["filled"], partial["price"], partial["fee"]) == ("4", "3", "10", "0.1")
    assert partial["slippage_bps"] == "101.0101"  # 0.10 above 9.90
    assert (partial["reason"], partial["why"]) == (["entered_alts"], ["cash_short"])
    assert orders["Bbuy"]["why"] == ["rejected (LOT_SIZE; too small)"]
    assert (orders["Csell"]["reason"], orders["Csell"]["why"]) == (["entered_alts"], ["min_notional"])


def test_reasons_of_orders_are_words_in_the_table(recorded: Path) -> None:
    shown = " ".join(bot("review", "orders", cwd=recorded).stdout.split())
    assert "partial: cash ran" in shown
    assert "under the smallest" in shown


def test_an_order_that_has_not_ended_is_open(tmp_path: Path) -> None:
    events = story()
    record(tmp_path, events[:11])
    assert [one["outcome"] for one in listed(tmp_path, "orders")] == ["filled", "open"]
    assert [one["side"] for one in listed(tmp_path, "orders", "--outcome", "open")] == ["sell"]
    assert len(listed(tmp_path, "orders", "--outcome", "filled")) == 1


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("orders", "--outcome", "skipped"), 1),
        (("orders", "--symbol", "eth"), 2),
        (("orders", "--reason", "kill_eth"), 1),
        (("orders", "--since", "2024-03-02", "--until", "2024-03-03"), 1),
        (("decisions", "--reason", "kill_eth"), 1),
        (("decisions", "--symbol", "B"), 1),
        (("decisions", "--until", "2024-03-01"), 1),
        (("decisions", "--limit", "3"), 3),
        (("decisions",), 64),
        (("trades", "--outcome", "won"), 1),
        (("trades", "--outcome", "open"), 1),
        (("trades", "--reason", "kill_eth"), 1),
        (("trades", "--symbol", "nothing"), 0),
        (("trades", "--since", "2024-03-04"), 1),
    ],
)
def test_filters_pass_what_they_name(recorded: Path, arguments: tuple[str, ...], expected: int) -> None:
    assert len(listed(recorded, *arguments)) == expected


def test_a_table_has_the_newest_forty_and_says_what_was_left_out(recorded: Path) -> None:
    done = bot("review", "decisions", cwd=recorded)
    assert len([line for line in done.stdout.splitlines() if line.startswith("2024-")]) == 40
    assert "24 older left out: --limit 64 shows all" in done.stdout
    assert "2024-05-03" in done.stdout  # the newest
    assert "2024-03-01" not in done.stdout


@pytest.mark.parametrize("command", ["trades", "decisions", "orders"])
def test_csv_json_and_markdown_tell_the_same_rows(recorded: Path, command: str) -> None:
    as_csv = list(csv.DictReader(io.StringIO(bot("review", command, "--csv", cwd=recorded).stdout)))
    as_json = json.loads(bot("review", command, "--json", cwd=recorded).stdout)[command]
    markdown = bot("review", command, "--md", cwd=recorded).stdout.splitlines()
    assert len(as_csv) == len(as_json) == len(markdown) - 2
    for one, other in zip(as_csv, as_json, strict=True):
        assert one.keys() == other.keys()


def test_json_has_lists_and_objects_and_version_1_has_them_as_text(recorded: Path) -> None:
    decision = listed(recorded, "decisions", "--reason", "entered_alts")[0]
    assert (decision["reasons"], decision["weights"]) == (["entered_alts"], {"A": "0.3", "B": "0.3"})
    skipped = listed(recorded, "orders", "--outcome", "skipped")[0]
    assert (skipped["reason"], skipped["why"], skipped["price"]) == (["entered_alts"], ["min_notional"], None)
    (old,) = listed(recorded, "decisions", "--reason", "entered_alts", "--json-version", "1")
    assert (old["reasons"], old["weights"]) == ("entered_alts", '{"A": "0.3", "B": "0.3"}')
    old = listed(recorded, "orders", "--outcome", "skipped", "--json-version", "1")[0]
    assert (old["reason"], old["why"], old["price"]) == ("entered_alts", "min_notional", "")


def test_a_trade_of_a_decision_that_holds_is_a_rebalance(tmp_path: Path) -> None:
    held = [*order(5, "sell", "ETH", "1", "2000", "1", "holds"), *order(6, "sell", "ETH", "1", "2000", "1", "kill_eth")]
    bought = order(3, "buy", "ETH", "2", "2000", "1", "entered_eth")
    record(tmp_path, [began(), decided(3, "ETH", "entered_eth", ETH="0.9"), *bought, *held])
    assert [one["exit_reason"] for one in listed(tmp_path, "trades")] == [["rebalanced"], ["kill_eth"]]
    assert len(listed(tmp_path, "trades", "--reason", "holds")) == 1
    assert [one["reason"] for one in listed(tmp_path, "orders", "--reason", "rebalanced")] == [["rebalanced"]]


def test_sums_by_coin_add_up_to_the_trades(recorded: Path) -> None:
    groups = json.loads(bot("review", "trades", "--by", "coin", "--json", cwd=recorded).stdout)["groups"]
    assert {one["key"]: (one["pnl"], one["unrealised"]) for one in groups} == {"ETH": ("48", "0"), "A": ("0", "-27.1")}


def test_the_table_of_trades_has_the_days_of_entry_and_exit(recorded: Path) -> None:
    head, *rows = bot("review", "trades", cwd=recorded).stdout.splitlines()
    assert head.split()[:3] == ["Entry", "Exit", "Coin"]
    assert rows[0].split()[:3] == ["2024-03-01", "2024-03-03", "ETH"]
    assert rows[1].split()[1:3] == ["open", "A"]


def test_a_forward_ledger_whose_days_no_market_has_says_why_there_are_no_episodes(recorded: Path) -> None:
    done = bot("review", "episodes", cwd=recorded)
    assert "no market here has its days" in done.stdout


def test_what_came_from_outside_is_text_and_nothing_else(tmp_path: Path) -> None:
    evil = "[red]X\x1b[31m|"
    record(
        tmp_path, [began(), decided(0, "ALTS", "[bold]so\x07"), *order(0, "buy", evil, "1", "5", why="[bold]so\x07")]
    )
    lists = ("orders", "orders --csv", "orders --md", "decisions", "decisions --csv", "decisions --md", "trades")
    for words in lists:
        done = bot("review", *words.split(), cwd=tmp_path)
        assert done.returncode == 0
        assert "\x1b" not in done.stdout
        assert "\x07" not in done.stdout
    assert "[red]X" in bot("review", "orders", cwd=tmp_path).stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_a_table_fits_eighty_columns(recorded: Path, command: str) -> None:
    assert max(map(len, bot("review", command, cwd=recorded).stdout.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("trades", "--csv", "--json"), 2, "contradict each other"),
        (("trades", "--since", "2024-03-02", "--until", "2024-03-01"), 2, "ends before it begins"),
        (("orders", "--since", "yesterday"), 2, "YYYY-MM-DD"),
        (("orders", "--run", "papr"), 5, "did you mean 'paper'?"),
    ],
)
def test_bad_input_gets_one_line(recorded: Path, arguments: tuple[str, ...], code: int, says: str) -> None:
    assert says in error_of(bot("review", *arguments, cwd=recorded), code)
