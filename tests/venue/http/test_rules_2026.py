"""Execution rules, expiry reasons, self-trade modes and order counts over HTTP, in the form of Binance's responses."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from bot.venue.http.server import VenueServer
from tests.venue.world import PAIR, admin, ask, refusal

BUY = {"symbol": PAIR, "side": "BUY", "type": "MARKET"}


def read(venue: VenueServer, path: str) -> Any:
    """Send an unsigned request for the pair."""
    return requests.get(f"{venue.api}/{path}", params={"symbol": PAIR}, timeout=5).json()


def placed(venue: VenueServer, **more: Any) -> dict[str, Any]:
    """Place a market purchase and return its response."""
    body: dict[str, Any] = ask(venue, "POST", "order", **{**BUY, **more}).json()
    return body


def test_execution_rules_and_the_reference_price(venue: VenueServer) -> None:
    admin(venue, "filters", {"symbol": PAIR, "bid_range": ["0.9", "1.1"], "ask_range": None})
    assert read(venue, "executionRules") == {
        "symbolRules": [
            {
                "symbol": PAIR,
                "rules": [{"ruleType": "PRICE_RANGE", "bidLimitMultUp": "1.1000", "bidLimitMultDown": "0.9000"}],
            }
        ]
    }
    assert read(venue, "referencePrice")["referencePrice"] == "100.00000000"


def test_an_expired_order_says_why_when_it_is_placed_and_when_it_is_looked_up(venue: VenueServer) -> None:
    admin(venue, "filters", {"symbol": PAIR, "bid_range": ["0.5", "1.0015"]})
    body = placed(venue, quantity="3", newClientOrderId="far")
    assert (body["status"], body["executedQty"]) == ("EXPIRED", "2.00000000")
    assert body["expiryReason"] == "EXECUTION_RULE_PRICE_RANGE_EXCEEDED"
    found = ask(venue, "GET", "order", symbol=PAIR, origClientOrderId="far").json()
    assert found["expiryReason"] == "EXECUTION_RULE_PRICE_RANGE_EXCEEDED"


def test_an_order_that_is_filled_has_no_expiry_reason(venue: VenueServer) -> None:
    body = placed(venue, quantity="1")
    assert (body["status"], body["selfTradePreventionMode"]) == ("FILLED", "EXPIRE_MAKER")
    assert "expiryReason" not in body
    assert "preventedQuantity" not in body


def test_an_order_that_was_prevented_has_its_quantity(venue: VenueServer) -> None:
    placed(venue, quantity="2")
    limit = {"symbol": PAIR, "side": "SELL", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "100.15"}
    ask(venue, "POST", "order", newClientOrderId="rests", **limit)
    placed(venue, quantity="2")
    found = ask(venue, "GET", "order", symbol=PAIR, origClientOrderId="rests").json()
    assert (found["status"], found["preventedQuantity"]) == ("EXPIRED_IN_MATCH", "1.00000000")


@pytest.mark.parametrize("mode", ["NONE", "DECREMENT", "expire_maker"])
def test_a_self_trade_mode_that_the_pair_does_not_allow_is_refused(venue: VenueServer, mode: str) -> None:
    response = ask(venue, "POST", "order", **BUY, quantity="1", selfTradePreventionMode=mode)
    assert refusal(response) == (400, -1013, "This symbol does not allow the specified self-trade prevention mode.")


def test_orders_are_counted_in_ten_seconds_and_in_a_day(venue: VenueServer) -> None:
    response = ask(venue, "POST", "order", **BUY, quantity="1")
    assert response.headers["X-MBX-ORDER-COUNT-1D"] == "1"
    counts = ask(venue, "GET", "rateLimit/order").json()
    assert [(row["interval"], row["limit"], row["count"]) for row in counts] == [
        ("SECOND", 100, 1),
        ("DAY", 200_000, 1),
    ]


def test_a_pair_is_put_into_cancel_only_by_request(venue: VenueServer) -> None:
    assert admin(venue, "cancel-only", {"symbol": PAIR}).json() == {"cancel_only": [PAIR]}
    symbols = read(venue, "exchangeInfo")["symbols"]
    assert symbols[0]["status"] == "CANCEL_ONLY"
    assert refusal(ask(venue, "POST", "order", **BUY, quantity="1")) == (400, -1013, "Market is closed.")
    assert admin(venue, "cancel-only", {"symbol": PAIR, "cancel_only": False}).json() == {"cancel_only": []}


def test_filters_change_by_request_and_a_wrong_one_changes_nothing(venue: VenueServer) -> None:
    assert admin(venue, "filters", {"symbol": PAIR, "max_market_quantity": "1.5"}).status_code == 200
    assert admin(venue, "filters", {"symbol": PAIR, "max_market_quantity": "-1"}).status_code == 400
    response = ask(venue, "POST", "order", **BUY, quantity="2")
    assert refusal(response) == (400, -1013, "Filter failure: MARKET_LOT_SIZE")


def test_an_injected_error_can_ask_for_a_pause(venue: VenueServer) -> None:
    fault = {"kind": "error", "method": "POST", "path": "order", "code": -1015, "retry_after": 7}
    admin(venue, "faults", {"script": [fault]})
    response = ask(venue, "POST", "order", **BUY, quantity="1")
    assert (response.status_code, response.headers["Retry-After"]) == (429, "7")
