"""Round trips and open lots: worked by hand, and adding up to the last digit on a busy stretch of the demo."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bot.backtest.engines.exact import run_exact
from bot.core.events import Valuation
from bot.core.market import Market
from bot.core.orders import Fill, Settlement, SettlementCause, Side
from bot.core.window import Window
from bot.ledger.projections import project
from bot.ledger.record import read_ledger
from bot.review.lists.excursions import Excursion, excursions
from bot.review.lists.trade_list import FollowedBreakout, round_trips_of
from bot.review.lists.trade_sums import group, grouped
from bot.review.recording import Record
from bot.services.plans import planned
from tests.markets import default_config
from tests.review.records import D, began, decided, on, order, record, story, valued


class TestByHand:
    def test_a_trip_tells_what_it_earned_why_and_in_which_stages(self, tmp_path: Path) -> None:
        """10 x (55 - 50) - 2 of fees = 48. Slippage: 10 x 0.50 on the way in, 10 x 1 on the way out."""
        (trip,) = round_trips_of(record(tmp_path, story())).all
        assert (trip.pnl, trip.fees, trip.slippage, trip.days) == (D(48), D(2), D(15), 2)
        assert (trip.entry_stage, trip.exit_stage) == ("ETH", "COOLDOWN")
        assert (trip.entry_reason, trip.exit_reason) == ("entered_eth", "kill_eth")
        assert trip.gain == pytest.approx(48 / 500)
        assert not trip.is_open

    def test_the_worst_and_best_closes_are_those_before_the_day_of_the_exit(self, tmp_path: Path) -> None:
        """Closes of 45 and 60 against 50, sold at 55; the close of the day of the sale was not seen by the lot."""
        found = record(tmp_path, story())
        assert excursions(found, round_trips_of(found).all) == [Excursion(pytest.approx(-0.1), pytest.approx(0.2))]

    def test_the_close_of_the_day_of_an_exit_counts_for_the_lot_that_stays(self, tmp_path: Path) -> None:
        """10 at 50, 4 sold at 55 on day 1; closes 45 and 75. The 4 saw -10% and +10%; the other 6 saw -10% and +50%."""
        events = [
            began(),
            decided(0, "ETH", "in", ETH="0.5"),
            *order(0, "buy", "ETH", "10", "50", why="in"),
            valued(0, "950", "500", {"ETH": "45"}, ETH="10"),
            decided(1, "ETH", "less", before="ETH", ETH="0.3"),
            *order(1, "sell", "ETH", "4", "55", why="less"),
            valued(1, "1170", "720", {"ETH": "75"}, ETH="6"),
        ]
        found = record(tmp_path, events)
        assert excursions(found, round_trips_of(found).all) == [
            Excursion(pytest.approx(-0.1), pytest.approx(0.1)),
            Excursion(pytest.approx(-0.1), pytest.approx(0.5)),
        ]

    def test_where_a_ledger_has_no_marks_excursions_are_not_known(self, tmp_path: Path) -> None:
        events = [valued(1, "1099", "499", ETH="10") if i == 7 else event for i, event in enumerate(story())]
        found = record(tmp_path, events)
        assert excursions(found, round_trips_of(found).all) == [None]

    def test_the_price_of_the_exit_is_a_part_of_the_excursion(self, tmp_path: Path) -> None:
        """10 at 50, one close of 45, then stopped at 40: the worst is the -20% of the sale."""
        events = [*story()[:5], valued(0, "949", "499", {"ETH": "45"}, ETH="10"), decided(1, "ETH", "in", before="ETH")]
        found = record(tmp_path, [*events, *order(1, "sell", "ETH", "10", "40", why="stop_price")])
        assert excursions(found, round_trips_of(found).all) == [Excursion(pytest.approx(-0.2), pytest.approx(-0.1))]

    def test_a_lot_without_a_close_has_its_exit_alone(self, tmp_path: Path) -> None:
        """Bought at 5 and sold at 6 on one day; a lot that stays open until the first close has no excursion."""
        day = [began(), decided(0, "ETH", "x"), *order(0, "buy", "A", "1", "5"), *order(0, "sell", "A", "1", "6")]
        found = record(tmp_path, [*day, *order(0, "buy", "B", "1", "5")])
        assert excursions(found, round_trips_of(found).all) == [
            Excursion(pytest.approx(0.2), pytest.approx(0.2)),
            None,
        ]

    def test_a_lot_that_is_open_is_told_at_its_mark(self, tmp_path: Path) -> None:
        """10 at 60 for 500 and a fee of 1: 99 more, the fee of the way in taken off."""
        found = record(tmp_path, story()[:8])
        (lot,) = round_trips_of(found).open
        assert (lot.is_open, lot.pnl, lot.fees, lot.days, lot.exit_price) == (True, D(99), D(1), 1, D(60))
        assert excursions(found, [lot]) == [Excursion(pytest.approx(-0.1), pytest.approx(0.2))]

    def test_a_lot_without_a_mark_has_no_profit(self, tmp_path: Path) -> None:
        events = [*story()[:5], valued(0, "949", "499", ETH="10")]
        found = round_trips_of(record(tmp_path, events))
        assert (found.open[0].pnl, found.exact, group("", found.all).unrealised) == (None, None, None)

    def test_a_renamed_coin_is_followed_under_both_names(self, tmp_path: Path) -> None:
        """2 A at 10 become 4 B at 5: closes of 9 and then 6 are 0.9 and 1.2 of what they cost; sold at 7, 1.4."""
        events = [
            began(),
            decided(0, "ALTS", "in", A="0.1"),
            *order(0, "buy", "A", "2", "10", why="in"),
            valued(0, "998", "980", {"A": "9"}, A="2"),
            Settlement(on(1), "A", D(2), D(9), SettlementCause.RENAMED, into="B", received=D(4)),
            valued(1, "1004", "980", {"B": "6"}, B="4"),
            decided(2, "STABLE", "out"),
            *order(2, "sell", "B", "4", "7", why="out"),
        ]
        found = record(tmp_path, events)
        (trip,) = round_trips_of(found).all
        assert (trip.symbol, trip.pnl, trip.entry_price) == ("B", D(8), D(5))
        assert excursions(found, [trip]) == [Excursion(pytest.approx(-0.1), pytest.approx(0.4))]

    def test_what_a_venue_kept_of_the_coin_counts_once(self, tmp_path: Path) -> None:
        """10 for 500, of which 0.1 is kept as the fee; 9.9 sold at 60: 594 - 500 = 94, as in cash."""
        buy = Fill("r-1", on(0), "A", Side.BUY, D(10), D(50), D(50), D(5), "in", fee_in_kind=D("0.1"))
        sell = Fill("r-2", on(1), "A", Side.SELL, D("9.9"), D(60), D(60), D(0), "out")
        (trip,) = round_trips_of(record(tmp_path, [began(), buy, sell])).all
        assert (trip.exact, trip.quantity) == (94, D("9.9"))

    def test_a_trip_belongs_to_the_breakout_that_was_on_when_it_was_decided(self, tmp_path: Path) -> None:
        found = record(tmp_path, story())
        on_then = FollowedBreakout("2024-02-28", "2024-02-28T21:00:00Z", "2024-03-03T00:00:00Z")
        over = FollowedBreakout("2024-02-29", "2024-02-29T10:00:00Z", "2024-02-29T20:00:00Z")
        assert [trip.episode for trip in round_trips_of(found, [on_then]).all] == ["2024-02-28"]
        assert [trip.episode for trip in round_trips_of(found, [on_then, over]).all] == [""]
        assert [trip.episode for trip in round_trips_of(found).all] == [""]

    def test_groups_add_up_and_the_largest_profit_comes_first(self, tmp_path: Path) -> None:
        events = [*story(), decided(3, "ALTS", "in"), *order(3, "buy", "A", "1", "9"), *order(3, "sell", "A", "1", "7")]
        trips = round_trips_of(record(tmp_path, events)).all
        coins = grouped(trips, "coin")
        assert [(one.key, one.pnl, one.gains) for one in coins] == [("ETH", D(48), 1), ("A", D(-2), 0)]
        assert [(one.key, one.round_trips) for one in grouped(trips, "stage")] == [("ETH", 1), ("ALTS", 1)]
        assert group("", trips).pnl == D(46)


@pytest.fixture(scope="module")
def busy(demo: Market, tmp_path_factory: pytest.TempPathFactory) -> Record:
    """A summer of the demo that ends while altcoins are held."""
    plan = planned(default_config(), demo, Window(date(2112, 6, 1), date(2112, 10, 20)))
    first = began(str(plan.cash))
    return record(tmp_path_factory.mktemp("busy"), [first, *run_exact(plan).events])


class TestAddsUp:
    def test_all_that_was_earned_is_what_the_equity_has_changed_to_the_last_digit(self, busy: Record) -> None:
        trips, last = round_trips_of(busy), busy.last_event(Valuation)
        assert last is not None
        assert len(trips.closed) > 20
        assert len(trips.open) > 5
        assert trips.exact == last.event.equity - (busy.start_cash() or 0)

    def test_what_is_shown_is_that_rounded_to_eight_decimals(self, busy: Record) -> None:
        for trip in round_trips_of(busy).all:
            assert trip.pnl is not None
            assert trip.exact is not None
            assert abs(trip.pnl - trip.exact) <= Decimal("5e-9")

    def test_the_trips_are_those_of_the_csv(self, busy: Record) -> None:
        table = project(read_ledger(busy.path))["trades"].to_dict("records")
        trips = round_trips_of(busy).closed
        assert [(t.symbol, t.entry_at, t.exit_at) for t in trips] == [
            (row["symbol"], row["entry_at"], row["exit_at"]) for row in table
        ]
        for trip, row in zip(trips, table, strict=True):
            assert trip.pnl is not None
            assert abs(trip.pnl - Decimal(row["pnl"])) <= Decimal("1e-8")
            assert abs(trip.fees - Decimal(row["fees"])) <= Decimal("1e-8")

    def test_slippage_of_lots_adds_up_to_that_of_fills(self, busy: Record) -> None:
        trips = round_trips_of(busy)
        total = sum((trip.slippage for trip in trips.all), Decimal(0))
        assert abs(total - trips.slippage) <= Decimal("1e-8") * len(trips.all)
