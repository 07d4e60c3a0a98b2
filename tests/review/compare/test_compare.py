"""Two records side by side, and the commands that lay records over each other."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.cli.review.compare_commands import _few_series
from bot.core.decision import Decision
from bot.core.events import ConfigPeriod, Drift, Event, Valuation
from bot.core.moments import midnight
from bot.core.orders import Fill, OrderIntent, OrderResult, OrderStatus, Side
from bot.ledger.record import as_rows, write_ledger
from bot.review.compare.compare import Comparison, compared
from bot.review.compare.days import Days, days_of
from bot.review.compare.mismatch_causes import MismatchCause, decision_text
from bot.review.compare.overlay import overlay
from bot.review.compare.overlay_page import comparison_page
from bot.review.compare.parity import Known, parity
from bot.review.compare.provenance import Provenance
from tests.cli.running import bot, error_of

D = Decimal
FIRST = date(2024, 1, 1)


def events(
    closes: list[str], share: str = "0.5", cash: str = "1000", begins: int = 0, reason: str = "holds", fee: str = "0"
) -> Iterator[Event]:
    """A record that buys a coin on its first day at its close and holds it."""
    held, left = D(0), D(cash)
    for i, close in enumerate(closes[begins:], start=begins):
        day = FIRST + timedelta(days=i)
        yield Decision(midnight(day), "ETH", "ETH", {"ETH": D(share)}, (reason,))
        if i == begins:
            held = D(cash) * D(share) / D(close)
            order = OrderIntent(f"{cash}-{i}", midnight(day), "ETH", Side.BUY, held, reason)
            yield order
            yield Fill(order.order_id, order.at, "ETH", Side.BUY, held, D(close), D(close), D(fee), reason)
            left -= held * D(close) + D(fee)
            yield OrderResult(order.order_id, order.at, "ETH", Side.BUY, held, OrderStatus.FILLED, reason)
        yield Valuation(day, left + held * D(close), left, "ETH", {"ETH": held}, (), {"ETH": D(close)})


def days(*arguments: Any, **more: Any) -> Days:
    return days_of(events(*arguments, **more))


def making(name: str, told: Days, config: Mapping[str, Any] | None = None, **more: Any) -> Provenance:
    made = Provenance(
        name,
        True,
        told.decided[0],
        told.decided[-1],
        "1",
        ("simulated",),
        "1000",
        "store",
        config or {},
        ("h",),
        None,
        {"ETH": "one"},
    )
    return replace(made, **more)


def laid_over(first: Days, second: Days, config: Mapping[str, Any] | None = None, **more: Any) -> Comparison:
    return compared(
        first, second, making("one", first, {"a.b": 1}), making("two", second, config or {"a.b": 1}, **more)
    )


RISING = ["100", "110", "121", "133.1"]


def test_two_records_that_are_the_same_have_no_difference() -> None:
    found = laid_over(days(RISING), days(RISING))
    assert (found.mismatches, found.moves, found.provenance_diffs) == ([], [], [])
    assert (
        found.summary == "4 common days, 4 decided the same, 0 orders and 0 fills differ, two ends +0.00% against one"
    )


def test_the_reasons_of_a_decision_are_in_words() -> None:
    sold = Decision(midnight(FIRST), "COOLDOWN", "ETH", {}, ("kill_eth", "mine_alone"))
    assert decision_text(sold) == "COOLDOWN: the stablecoin (risk exit: ETH stop, mine alone)"


def test_a_stop_level_has_the_digits_of_a_price() -> None:
    held = Decision(midnight(FIRST), "IN", "OUT", {"ETH": D("0.98")}, ("hold",), stops={"ETH": D("3086.3448435200003")})
    assert decision_text(held) == "IN: 98.0% ETH (hold); stop of ETH at 3,086.34"


def test_the_page_has_the_words_of_the_command() -> None:
    page = comparison_page(laid_over(days(RISING), days(RISING, share="1"), {"a.b": 2}))
    assert re.findall("<h2>([^<]+)</h2>", page) == [
        *("Over time", "Provenance", "Days of the largest difference", "Differences"),
    ]
    assert "Differ since</th>" in page
    assert "less one. The marks are the days of the largest difference." in page
    same = comparison_page(laid_over(days(RISING), days(RISING)))
    assert "Equity of B over that of A, less one.<" in same
    assert same.count("<p>No difference.</p>") == 3


def test_a_difference_of_thousands_of_percent_is_separated_and_its_labels_have_room() -> None:
    found = laid_over(days(["100", "100", "100"]), days(["100", "100", "10100"], share="1"), {"a.b": 2})
    assert found.overlay.difference[-1] > 10
    assert re.search(r"two ends \+10,000\.00% against one", found.summary)
    page = comparison_page(found)
    assert re.search(r"<dd>\+10,000\.00%</dd>", page)
    assert '"margin":{"b":44,"l":88}' in page.replace(" ", "")


def test_stops_that_trail_are_one_difference() -> None:
    trailing = (
        replace(one, stops={"ETH": D(90 + one.at.day)}) if isinstance(one, Decision) else one for one in events(RISING)
    )
    found = laid_over(days(RISING), days_of(trailing), {"a.b": 2})
    assert [(one.what, one.days) for one in found.mismatches] == [("decision", 4)]
    assert found.mismatches[0].second.endswith("; stop of ETH at 91")
    assert (found.stops, found.weights, found.as_dict()["days_apart"]) == (
        4,
        0,
        {"any": 4, "stage": 0, "weights": 0, "reasons": 0, "stops": 4},
    )


def test_another_strategy_file_is_a_cause_of_its_own() -> None:
    """Its name in the config is a part of it; a parameter of it is a second cause."""
    first, second = days(RISING), days(RISING, share="1")
    mine = making("one", first, {"strategy.file": "a.py", "strategy.parameters.n": 1}, strategy="a")
    other = making("two", second, {"strategy.file": "b.py", "strategy.parameters.n": 1}, strategy="b")
    found = compared(first, second, mine, other)
    assert [(one.kind, one.name) for one in found.provenance_diffs] == [
        ("strategy file", "strategy.file"),
        ("strategy file", "strategy file"),
    ]
    assert {one.causes for one in found.mismatches} == {(MismatchCause.STRATEGY,)}
    longer = replace(other, config={"strategy.file": "b.py", "strategy.parameters.n": 2})
    causes = {one.causes for one in compared(first, second, mine, longer).mismatches}
    assert causes == {(MismatchCause.CONFIG, MismatchCause.STRATEGY)}


def test_one_order_is_counted_without_a_plural() -> None:
    found = laid_over(days(RISING), days(RISING, share="1"), {"a.b": 2})
    assert "1 order and 0 fills differ" in found.summary


def test_another_share_is_named_by_its_config_key_and_carried_on() -> None:
    found = laid_over(days(RISING), days(RISING, share="1"), {"a.b": 2, "a.c": 3})
    assert [(one.name, one.first, one.second) for one in found.provenance_diffs] == [
        ("a.b", "1", "2"),
        ("a.c", "not there", "3"),
    ]
    assert [(one.what, one.causes, one.days) for one in found.mismatches] == [
        ("decision", (MismatchCause.CONFIG,), 4),
        ("order", (MismatchCause.CONFIG,), 1),
    ]
    assert (found.first_difference, found.weights, found.stages) == (FIRST, 4, 0)
    assert {move.causes for move in found.moves} == {(MismatchCause.CARRIED,)}
    assert {move.apart_since for move in found.moves} == {"2024-01-01 (config)"}


def test_the_overlay_begins_at_one_and_has_the_difference_of_each_day() -> None:
    laid = laid_over(days(RISING), days(RISING, share="1"), {"a.b": 2}).overlay
    assert laid.first.tolist() == pytest.approx([1, 1.05, 1.105, 1.1655])
    assert laid.second.tolist() == pytest.approx([1, 1.1, 1.21, 1.331])
    moves = [1.1 / 1 - 1.05, 1.1 - 1.105 / 1.05, 1.1 - 1.1655 / 1.105]
    mean = sum(moves) / 3
    assert laid.tracking == pytest.approx(math.sqrt(sum((m - mean) ** 2 for m in moves) / 2) * math.sqrt(365))
    assert (laid.largest(2), laid.running_tracking[-1]) == ([1, 2], laid.tracking)


def test_only_common_days_count_and_a_later_start_is_a_cause() -> None:
    found = laid_over(days(RISING), days(RISING, begins=2))
    assert (len(found.days), found.only_first, found.only_second) == (2, 2, 0)
    assert [(one.day, one.causes, one.apart_since) for one in found.mismatches] == [
        (FIRST + timedelta(days=2), (MismatchCause.CARRIED,), "2024-01-03 (start)")
    ]


def test_other_prices_are_a_difference_of_data() -> None:
    found = laid_over(days(RISING), days([*RISING[:3], "140"]), data={"ETH": "two", "SOL": "one"})
    assert [(one.kind, one.name) for one in found.provenance_diffs] == [("data", "ETH"), ("data", "SOL")]
    assert [move.causes for move in found.moves] == [(MismatchCause.DATA,)]


def test_a_forward_ledger_is_told_to_keep_no_config() -> None:
    found = laid_over(days(RISING), days(RISING), is_run=False, config_hashes=("x", "y"))
    assert found.notes == []
    one, two = days(RISING), days(RISING)
    ledger = replace(making("two", two), config=None, data=None, is_run=False, config_hashes=("x", "y"))
    told = compared(one, two, making("one", one), ledger)
    assert told.notes == ["two is a forward ledger: it keeps a hash of 2 configs, and no hash of its data."]
    assert ("config", "hash") in {(one.kind, one.name) for one in told.provenance_diffs}


def test_a_difference_between_records_that_were_made_alike_is_unknown() -> None:
    found = laid_over(days(RISING), days(RISING, reason="other"))
    assert {one.causes for one in found.mismatches} == {(MismatchCause.UNKNOWN,)}
    assert (found.reasons, found.weights) == (4, 0)


def test_without_a_common_day_it_says_so() -> None:
    first, second = days(RISING[:2]), days(RISING, begins=2)
    found = compared(first, second, making("one", first), making("two", second))
    assert found.summary == "one and two have no day in common"
    assert "There are not two days to draw yet" in comparison_page(found)


def test_names_from_outside_cannot_end_a_page() -> None:
    evil = "</script><b>x"
    first, second = days(RISING), days(RISING, reason=evil, share="0.4")
    page = comparison_page(compared(first, second, making(evil, first), making("two", second)))
    assert evil not in page
    assert "http" not in page.replace("http-equiv", "").partition("<script>")[0]


@pytest.mark.parametrize(
    ("known", "cause"),
    [
        ({"news": lambda day, at: "ETH came late"}, MismatchCause.REVISED),
        ({"changed": lambda day: "made by version 0"}, MismatchCause.CHANGED),
        ({"rule": "the file"}, MismatchCause.CHANGED),
        ({"drift": True}, MismatchCause.REVISED),
        ({}, MismatchCause.UNKNOWN),
    ],
)
def test_a_day_that_would_be_decided_otherwise_has_the_cause_that_is_known(
    known: dict[str, Any], cause: MismatchCause
) -> None:
    paper = list(events(RISING[:1]))
    if known.pop("drift", False):
        paper.append(Drift(midnight(FIRST), "a", "b"))
    nothing = Known(
        D("0.01"), timedelta(hours=1), lambda day: "", "", date.max, lambda day, at: "", lambda symbol, day: None
    )
    told, expected = days_of(paper), days(RISING[:1], reason="other")
    found = parity("one", told, expected, expected.equity, {}, replace(nothing, **known))
    assert found.causes == {str(cause): 1}
    assert found.unknown == ([FIRST] if cause is MismatchCause.UNKNOWN else [])


# --- the commands --------------------------------------------------------------------------------------------------


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A folder with two ledgers, written by hand."""
    for name, share in (("one", "0.5"), ("two", "0.4")):
        folder = tmp_path / "logs" / "ledgers"
        folder.mkdir(parents=True, exist_ok=True)
        epoch = ConfigPeriod(midnight(FIRST), 1, "replay", "key", name, "1", "simulated", D(1000))
        write_ledger(folder / f"{name}.sqlite3", as_rows([epoch, *events(RISING, share)]))
    return tmp_path


def test_compare_tells_it_in_words_in_json_and_in_markdown(state: Path) -> None:
    done = bot("review", "compare", "one", "two", "--html", "page.html", cwd=state)
    assert done.returncode == 0, done.stderr
    assert "4 common days, 0 decided the same, 1 order and 0 fills differ" in done.stdout.replace("\n", " ")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "plotly" in (state / "page.html").read_text()
    told = json.loads(bot("review", "compare", "one", "two", "--json", "--limit", "1", cwd=state).stdout)
    assert (told["common_days"], len(told["differences"]), told["differences_left_out"]) == (4, 1, 1)
    assert "| hash | one | two |" in bot("review", "compare", "one", "two", "--md", cwd=state).stdout


def test_of_many_series_ten_are_listed() -> None:
    made = [{"kind": "data", "name": f"S{i}"} for i in range(40)] + [{"kind": "start", "name": "money"}]
    shown, others = _few_series(made)
    assert ([one["name"] for one in shown[9:]], others) == (["S9", "money"], 30)
    assert _few_series(made[35:]) == (made[35:], 0)


def test_parity_of_days_under_another_config_ends_well_and_says_so(state: Path) -> None:
    done = bot("review", "parity", "one", cwd=state)
    assert done.returncode == 0, done.stderr
    assert "no day is compared, 4 days not compared (config changed)" in done.stdout.replace("\n", " ")
    assert "name it with --config" in done.stdout.replace("\n", " ")


def test_what_cannot_be_is_refused_in_one_line(state: Path) -> None:
    assert "keep one" in error_of(bot("review", "parity", "one", "--run", "two", cwd=state), 2)
    assert "did you mean 'one'?" in error_of(bot("review", "compare", "onee", "two", cwd=state), 5)
    assert "cannot be written" in error_of(bot("review", "compare", "one", "two", "--html", "no/x", cwd=state), 5)


def test_a_day_of_zero_equity_is_left_out_of_the_overlay() -> None:
    """From an equity of zero neither a base nor a return can be computed."""
    days = [date(2024, 3, day) for day in (1, 2, 3, 4)]
    first = dict(zip(days, map(Decimal, (0, 100, 110, 121)), strict=True))
    second = dict(zip(days, map(Decimal, (50, 50, 0, 60)), strict=True))
    found = overlay(first, second)
    assert found.days == [days[1], days[3]]
    assert found.first.tolist() == pytest.approx([1.0, 1.21]) and found.second.tolist() == pytest.approx([1.0, 1.2])
