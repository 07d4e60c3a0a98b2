"""Why a day was what it was: its readings, what was done, and why there is none."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.core.decision import Trade
from bot.core.errors import LedgerError
from bot.core.events import Late, TradingState, TradingStateChange
from bot.core.orders import OrderIntent, OrderResult, OrderStatus, Side
from bot.review.why import last_day, why
from tests.review.ledgers import RUSSELL, D, armed, at, begun, decided, gates, ledger, traded, waiting

MONDAY = date(2020, 11, 16)


def test_a_day_tells_every_reading_with_its_distance(tmp_path: Path) -> None:
    record = ledger(
        tmp_path, [decided("2020-11-16", "STABLE", "STABLE", ["waits_for_record"], {**waiting(98, 100, 30), **gates()})]
    )
    told = why(record, MONDAY, RUSSELL)
    assert (told.row, told.stage, told.previous) == (1, "STABLE", "STABLE")
    assert told.reasons == ("Waiting in the stablecoin for small caps to break out.",)
    assert told.done == ("Nothing was ordered: nothing is wanted but the stablecoin.",)
    vix = next(gauge for gauge in told.as_dict()["readings"] if gauge["name"] == "volatility")
    assert vix == {
        "name": "volatility",
        "words": "VIX, below",
        "value": 23.11,
        "threshold": 28.0,
        "verdict": "yes",
        "gate": True,
        "distance": pytest.approx(-4.89),
        "share": pytest.approx(-0.1746, abs=1e-4),
    }
    assert told.as_dict()["nearest"]["sentence"] == (
        "Russell 2000 is 2.0% under its record of 100 and 30 sessions past it: a close above arms the bot."
    )


def test_what_was_done_names_trades_and_refusals(tmp_path: Path) -> None:
    refused = ("r-2", at("2020-11-16"), "SOL", Side.BUY, D("3"))
    record = ledger(
        tmp_path,
        [
            decided("2020-11-16", "ALTS", "ETH", ["entered_alts"], {}, {"ETH": "0.49", "SOL": "0.49"}, Trade.NOW),
            *traded("2020-11-16", Side.BUY, "ETH", "2", "500", "499", "entered_alts"),
            OrderIntent(*refused, "entered_alts"),
            OrderResult(*refused, OrderStatus.SKIPPED, "entered_alts;min_notional"),
        ],
    )
    assert why(record, MONDAY).done == (
        "Bought 2 ETH at 500.00, 1,000 in all.",
        "The order to buy 3 SOL was not sent (under the smallest order).",
    )


def test_a_fill_of_a_later_moment_belongs_to_the_day_of_its_order(tmp_path: Path) -> None:
    intent, fill, result = traded("2020-11-16", Side.BUY, "ETH", "2", "500", "499", "entered_eth")
    late = type(fill)(**{**{n: getattr(fill, n) for n in fill.__slots__}, "at": at("2020-11-17T09:00:00")})
    record = ledger(
        tmp_path, [decided("2020-11-16", "ETH", "ARMED", ["entered_eth"], {}, {"ETH": "0.49"}), intent, late, result]
    )
    assert why(record, MONDAY).done == ("Bought 2 ETH at 500.00, 1,000 in all.",)


def test_a_late_day_says_so(tmp_path: Path) -> None:
    events = [
        decided("2020-11-16", "ARMED", "STABLE", ["breakout"], armed(101, 100, 1, 0)),
        Late(at("2020-11-16"), at("2020-11-18T07:30:00"), True),
    ]
    assert why(ledger(tmp_path, events), MONDAY).done[0] == (
        "Decided late, at 2020-11-18 07:30:00 UTC: its orders were not sent."
    )


@pytest.mark.parametrize(
    ("day", "gap", "near"),
    [
        ("2020-11-15", "The ledger begins later: its first decision is that of 2020-11-16.", ["2020-11-16"]),
        ("2020-11-20", "The ledger ends before: its last decision is that of 2020-11-19.", ["2020-11-19"]),
        (
            "2020-11-17",
            "No decision was made on this day, though one is due each day at 00:00 UTC: the bot did not run.",
            ["2020-11-16", "2020-11-19"],
        ),
    ],
)
def test_a_day_without_a_decision_says_why_and_names_its_neighbours(
    tmp_path: Path, day: str, gap: str, near: list[str]
) -> None:
    events = [decided(d, "STABLE", "STABLE", ["waits_for_record"]) for d in ("2020-11-16", "2020-11-19")]
    told = why(ledger(tmp_path, [begun("2020-11-16"), *events]), date.fromisoformat(day))
    assert (told.row, told.gap, [str(d) for d in told.near]) == (None, gap, near)


def test_a_stopped_ledger_is_named_as_the_cause(tmp_path: Path) -> None:
    before, after = (decided(d, "STABLE", "STABLE", ["waits_for_record"]) for d in ("2020-11-16", "2020-11-19"))
    record = ledger(tmp_path, [before, TradingStateChange(at("2020-11-16T12:00:00"), TradingState.STOPPED), after])
    assert why(record, date(2020, 11, 18)).gap.endswith(": the ledger had been stopped.")


def test_a_ledger_without_decisions_says_so(tmp_path: Path) -> None:
    record = ledger(tmp_path, [begun("2020-11-16")])
    assert why(record, MONDAY).gap == "Nothing has been decided in this ledger yet."
    with pytest.raises(LedgerError, match="nothing has been decided"):
        last_day(record)
