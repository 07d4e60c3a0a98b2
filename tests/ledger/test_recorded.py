"""Events with their rows, picked by type."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.core.events import Acknowledged, Drift, Event, Late
from bot.ledger.record import as_rows
from bot.ledger.recorded import Recorded, recorded
from bot.ledger.row import Row

AT = datetime(2024, 3, 1, 6, 30, 5, tzinfo=UTC)
EVENTS: list[Event] = [Acknowledged(AT), Late(AT, AT, False), Drift(AT, "ETH", "STABLE"), Acknowledged(AT)]


def test_the_types_that_are_named_are_picked_in_order_with_their_rows() -> None:
    rows = as_rows(EVENTS)
    found = [(one.sequence, one.event) for one in recorded(rows, Drift, Acknowledged)]
    assert found == [(1, EVENTS[0]), (3, EVENTS[2]), (4, EVENTS[3])]
    assert [one.sequence for one in recorded(rows, Late)] == [2]


def test_every_event_is_picked_where_no_type_is_named() -> None:
    assert [one.event for one in recorded(as_rows(EVENTS))] == EVENTS


def test_a_recorded_event_knows_its_moment_its_day_and_its_row_as_json() -> None:
    (row,) = as_rows([Drift(AT, "ETH", "STABLE")])
    one = Recorded(row, EVENTS[2])
    assert (one.at, one.day) == ("2024-03-01T06:30:05Z", "2024-03-01")
    assert one.to_dict() == {"at": "2024-03-01T06:30:05Z", "recorded": "ETH", "replayed": "STABLE"}


def test_a_key_at_in_a_body_does_not_replace_the_moment_of_the_row() -> None:
    row = Row(1, "acknowledged", "2024-03-01T00:00:00Z", {"at": "another", "more": 1})
    assert next(recorded([row])).to_dict() == {"at": "2024-03-01T00:00:00Z", "more": 1}
