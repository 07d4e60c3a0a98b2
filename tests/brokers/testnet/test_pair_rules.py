"""Rules of a pair as each dialect reads them: smallest and largest market order, and pairs that take no orders."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.brokers.testnet.dialects.binance import Binance
from bot.brokers.testnet.dialects.bybit import Bybit
from bot.brokers.testnet.dialects.gate import Gate
from bot.core.instrument import VenueRules

D = Decimal


def binance(status: str = "TRADING", **market_lot: str) -> VenueRules:
    """A pair with a LOT_SIZE of 0.001 to 9000, and a MARKET_LOT_SIZE if one is given."""
    filters: list[dict[str, str]] = [
        {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000", "tickSize": "0.01"},
        {"filterType": "LOT_SIZE", "minQty": "0.00200000", "maxQty": "9000.00000000", "stepSize": "0.00100000"},
        *([{"filterType": "MARKET_LOT_SIZE", **market_lot}] if market_lot else []),
    ]
    row = {
        "symbol": "ETHUSDT",
        "status": status,
        "baseAsset": "ETH",
        "quoteAsset": "USDT",
        "orderTypes": ["LIMIT", "MARKET"],
        "filters": filters,
    }
    return Binance("venue").read_pairs({"symbols": [row]})[0].rules


def test_binance_states_the_bounds_of_all_orders() -> None:
    assert (binance().min_quantity, binance().max_quantity) == (D("0.002"), D(9000))


def test_binance_bounds_market_orders_again_and_zero_states_no_bound() -> None:
    rules = binance(minQty="0.00000000", maxQty="97.09521512", stepSize="0.00000000")
    assert (rules.min_quantity, rules.max_quantity, rules.step) == (D("0.002"), D("97.09521512"), D("0.001"))


@pytest.mark.parametrize(("status", "active"), [("TRADING", True), ("CANCEL_ONLY", False), ("BREAK", False)])
def test_a_pair_that_takes_no_orders_is_inactive(status: str, active: bool) -> None:
    assert binance(status).active is active


@pytest.mark.parametrize(("market", "most"), [({"maxMarketOrderQty": "41.5"}, "41.5"), ({}, "83")])
def test_bybit_bounds_market_orders(market: dict[str, str], most: str) -> None:
    lots = {"basePrecision": "0.000001", "minOrderQty": "0.000011", "maxOrderQty": "83", "minOrderAmt": "5", **market}
    row: dict[str, Any] = {"symbol": "BTCUSDT", "baseCoin": "BTC", "quoteCoin": "USDT", "status": "Trading"}
    row |= {"lotSizeFilter": lots, "priceFilter": {"tickSize": "0.1"}}
    rules = Bybit("venue").read_pairs({"result": {"list": [row]}})[0].rules
    assert (rules.min_quantity, rules.max_quantity) == (D("0.000011"), D(most))


def test_gate_states_the_smallest_order() -> None:
    row = {"id": "BTC_USDT", "base": "BTC", "quote": "USDT", "min_base_amount": "0.0001", "min_quote_amount": "1"}
    row |= {"amount_precision": 4, "precision": 1, "trade_status": "tradable"}  # type: ignore[dict-item]
    rules = Gate("venue").read_pairs([row])[0].rules
    assert (rules.min_quantity, rules.max_quantity) == (D("0.0001"), None)


def test_recorded_pairs_of_binance_have_bounds() -> None:
    folder = os.environ.get("RECORDED_DIR")
    if not folder:
        pytest.skip("RECORDED_DIR is not set")
    body = json.loads((Path(folder) / "binance" / "exchange_info_2025-08.json").read_text(), parse_float=Decimal)
    rules = {pair.pair: pair.rules for pair in Binance("venue").read_pairs(body)}
    assert (rules["BTC/USDT"].min_quantity, rules["BTC/USDT"].max_quantity) == (D("0.00001"), D("97.09521512"))
    assert not rules["EOS/ETH"].active
