"""What rows of a ledger tell, as it stands on a phone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bot.core.decision import Decision
from bot.core.events import BalanceCause, BalanceDifference, ConfigPeriod, Drift, Event, Late, Valuation
from bot.core.notice import Notice, NoticeKind
from bot.core.orders import Fill, OrderIntent, OrderResult, OrderStatus, Settlement, SettlementCause, Side
from bot.ledger.record import as_rows
from bot.ledger.recorded import recorded
from bot.paper.tick_notices import error_notice, head_notice, last_day, notices_of
from bot.report.labels import Labels

DAY = datetime(2026, 3, 2, tzinfo=UTC)
BEGUN = ConfigPeriod(DAY, 1, "new", "key", "hash", "0.1", "simulated", Decimal(10_000))
HELD = Decision(DAY, "ETH", "ETH", {"ETH": Decimal("0.98")}, ("holds",))
BUY = OrderIntent("r-1", DAY, "ETH", Side.BUY, Decimal("1.5"), "entered_eth")
FILLED = OrderResult("r-1", DAY, "ETH", Side.BUY, Decimal("1.5"), OrderStatus.FILLED, "entered_eth")


def told(*events: Event) -> list[Notice]:
    """What the user of the ledger `mine` is told of events."""
    return notices_of("mine", as_rows(events))


def bought(symbol: str, quantity: str, price: str, side: Side = Side.BUY) -> Fill:
    amounts = Decimal(quantity), Decimal(price), Decimal(price)
    return Fill("r-1", DAY + timedelta(minutes=15), symbol, side, *amounts, fee=Decimal("1.204"), reason="x")


def test_a_day_on_which_nothing_is_done_is_a_silent_one_and_no_decision() -> None:
    assert told(HELD) == [
        Notice(
            NoticeKind.SILENT_DAY,
            "mine: nothing to do on 2026-03-02",
            "No change: the position is held.",
        )
    ]


def test_a_new_stage_is_told_with_its_reasons_and_what_is_to_be_done() -> None:
    entered = replace(HELD, previous="CONFIRMED", reasons=("entered_eth",))
    assert told(entered, BUY) == [
        Notice(NoticeKind.DECISION, "mine: ETH, was CONFIRMED, 2026-03-02", "ETH is bought. To do: buy 1.5 ETH.")
    ]


def test_a_new_stage_has_the_name_of_its_coin() -> None:
    entered = replace(HELD, previous="CONFIRMED", weights={"SOL": Decimal("0.98")}, reasons=("entered_eth",))
    (notice,) = notices_of("mine", as_rows([entered]), Labels(eth="SOL"))
    assert (notice.title, notice.body) == ("mine: SOL, was CONFIRMED, 2026-03-02", "SOL is bought.")


def test_orders_are_told_though_the_stage_is_the_same() -> None:
    assert [(notice.kind, notice.title) for notice in told(HELD, BUY)] == [
        (NoticeKind.DECISION, "mine: ETH, 2026-03-02")
    ]


def test_a_kill_comes_first_and_in_place_of_its_decision() -> None:
    killed = replace(HELD, stage="COOLDOWN", weights={}, reasons=("kill_volatility", "kill_trail"))
    first, second = told(replace(HELD, at=DAY - timedelta(days=1)), bought("ETH", "1", "2000"), killed)
    assert (first.kind, first.title) == (NoticeKind.KILL, "mine: out, on 2026-03-02")
    assert first.body.startswith("VIX is over its limit: everything is sold. Small caps fell through")
    assert second.kind is NoticeKind.FILL


def test_the_fills_of_a_tick_are_one_notice_at_the_mean_of_their_prices() -> None:
    fills = [bought("ETH", "2", "2400"), bought("ETH", "1", "2430"), bought("SHIB", "1000000", "0.0000123456789")]
    sold = bought("BTC", "0.10", "90000", Side.SELL)
    (notice,) = told(*fills, sold)
    assert notice == Notice(
        NoticeKind.FILL,
        "mine: 3 coins traded",
        "Sold 0.1 BTC at 90,000.00. Bought 3 ETH at 2,410.00, 1000000 SHIB at 0.00001235. Fees 4.82.",
    )


def test_an_order_that_came_to_nothing_is_told_and_one_that_was_filled_is_not() -> None:
    unfilled = replace(FILLED, status=OrderStatus.UNFILLED, reason="entered_eth;spread_too_wide")
    (notice,) = told(unfilled)
    assert (notice.title, notice.body) == (
        "mine: no order was filled",
        "Not filled in full, tried again: ETH (spread_too_wide).",
    )
    assert told(FILLED) == []


def test_a_coin_that_ended_is_told_with_its_cause() -> None:
    (notice,) = told(Settlement(DAY, "LUNA", Decimal(7), Decimal("0.1"), SettlementCause.DEAD))
    assert (notice.title, notice.body) == ("mine: a coin ended", "Ended: 7 LUNA (dead).")


def test_a_missed_day_is_told_only_where_its_stage_changed() -> None:
    missed, result = Late(DAY, DAY + timedelta(days=2), True), replace(FILLED, status=OrderStatus.UNFILLED)
    unsent = replace(result, reason="entered_eth;missed")
    assert [n.kind for n in told(missed, HELD, BUY, unsent)] == [NoticeKind.SILENT_DAY]
    (notice,) = told(missed, replace(HELD, previous="CONFIRMED"), BUY, unsent)
    assert notice.body.endswith("Decided late, its orders were not sent.")
    assert "To do" not in notice.body


def test_a_month_that_was_missed_is_one_silent_day() -> None:
    days = [DAY + timedelta(days=i) for i in range(30)]
    events = [e for day in days for e in (Late(day, days[-1] + timedelta(days=2), True), replace(HELD, at=day))]
    assert len(told(*events)) == 1


def test_drifts_are_one_notice_that_says_what_it_would_be_now() -> None:
    one = Drift(DAY, '["ETH", {"ETH": "0.98"}, "now", false]', '["ALTS", {}, "now", false]')
    two = Drift(DAY + timedelta(days=1), '["ETH", {"ETH": "0.98"}, "now", false]', '["ETH", {}, "now", false]')
    (notice,) = told(one, two)
    assert notice.kind is NoticeKind.DRIFT
    assert "2026-03-02 (ETH, now ALTS), 2026-03-03 (ETH, in other weights). The record is kept." in notice.body


def test_a_difference_names_both_sides_and_its_cause() -> None:
    (notice,) = told(BalanceDifference(DAY, "ETH", Decimal("1.5"), Decimal("1.4985"), BalanceCause.FEE))
    assert notice == Notice(
        NoticeKind.DIFFERENCE, "mine: the testnet account differs", "It holds ETH 1.4985, by the ledger 1.5 (fee)."
    )


def test_a_difference_that_nothing_explains_says_what_it_stops_and_how_to_go_on() -> None:
    fee = BalanceDifference(DAY, "ETH", Decimal("1.5"), Decimal("1.4985"), BalanceCause.FEE)
    (notice,) = told(fee, replace(fee, asset="BTC", cause=BalanceCause.UNKNOWN))
    assert notice.body.endswith(
        "BTC 1.4985, by the ledger 1.5 (unknown). No coin is bought until you acknowledge it: "
        "bot paper acknowledge --ledger mine"
    )


def test_a_wiped_account_is_told_and_an_epoch_for_another_reason_is_not() -> None:
    (notice,) = told(replace(BEGUN, number=2, why="the testnet account was wiped"))
    assert (notice.kind, notice.title) == (NoticeKind.DIFFERENCE, "mine: the testnet account was wiped")
    assert told(replace(BEGUN, number=2, why="the config was changed")) == []


def test_a_long_list_ends_with_how_many_more_there_are() -> None:
    (notice,) = told(*(bought(f"COIN{i}", "1", "1") for i in range(20)))
    assert "COIN5 at 1.000, 14 more." in notice.body
    assert len(notice.body) < 250


def test_the_head_carries_the_hash_and_the_worth() -> None:
    worth = Valuation(DAY.date() - timedelta(days=1), Decimal("10212.5"), Decimal(1), "ETH", {})
    decision, valued = next(recorded(as_rows([HELD]), Decision)), next(recorded(as_rows([worth]), Valuation))
    notice = head_notice("mine", decision, 41, "ab" * 32, valued)
    assert notice.body.startswith("Worth 10,212.50 at the close of 2026-03-01. 41 rows up to 2026-03-02;")
    assert notice.body.endswith("ab" * 32)
    assert head_notice("mine", decision, 41, "ab" * 32, None).body.startswith("41 rows")


def test_an_error_is_told_in_its_own_words() -> None:
    assert error_notice("mine", "ETH has no row").body == "ETH has no row"


def test_the_last_day_is_that_of_the_last_decision() -> None:
    rows = as_rows([HELD, BUY, replace(HELD, at=DAY + timedelta(days=1)), FILLED])
    assert [row.sequence for row in last_day(rows)] == [3]
    assert last_day(as_rows([FILLED])) == []
