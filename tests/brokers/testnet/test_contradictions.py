"""Orders, rules and balances of a venue that contradict themselves."""

# ruff: noqa: F811 - fixtures of another file are imported

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.brokers.testnet.client import TestnetExchange
from bot.brokers.testnet.dialects.binance import Binance
from bot.brokers.testnet.dialects.fees import read_fee
from bot.brokers.testnet.dialects.gate import Gate
from bot.brokers.testnet.dialects.json_values import identifier, number, signed_number
from bot.infra.vendor_errors import Unreachable
from tests.brokers.testnet.test_dialects import (
    BYBIT_ORDER,
    PAIR,
    Script,
    bybit,  # noqa: F401
    result,
    script,  # noqa: F401
)
from tests.brokers.testnet.test_odd_answers import ETHUSDT

D = Decimal
WALLET = "GET /v5/account/wallet-balance"
TICK = {"filterType": "PRICE_FILTER", "tickSize": "0.01"}
LOT = {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "9000", "stepSize": "0.001"}


@pytest.mark.parametrize("text", ["1E+99999999", "-1E+50", "1E-99999999", "Infinity", "sNaN"])
def test_a_number_of_endless_digits_is_unreadable(text: str) -> None:
    for read in (number, signed_number):
        with pytest.raises(ValueError, match="not a number"):
            read(text)


@pytest.mark.parametrize("text", ["A\x1b[2J", "\u202eETH", "A" * 101, ""])
def test_a_name_is_short_and_printable(text: str) -> None:
    with pytest.raises(ValueError, match="not an identifier"):
        identifier(text)


def test_a_fee_in_an_unreadable_currency_follows_the_side() -> None:
    assert read_fee("0.1", "\u202eETH", "buy", ETHUSDT) == (D("0.1"), "ETH")


@pytest.mark.parametrize("filled", ["0", "1.4", "3"])
def test_a_filled_order_of_another_quantity_is_read_again(bybit: TestnetExchange, script: Script, filled: str) -> None:
    script.say("GET /v5/order/realtime", result(BYBIT_ORDER | {"cumExecQty": filled}))
    with pytest.raises(Unreachable, match="the order is filled, yet another quantity of it was filled"):
        bybit.find("r-1", PAIR)


def pair(*filters: dict[str, str]) -> dict[str, Any]:
    named = {"symbol": "ETHUSDT", "status": "TRADING", "baseAsset": "ETH", "quoteAsset": "USDT"}
    return {**named, "orderTypes": ["MARKET"], "filters": [TICK, *filters]}


@pytest.mark.parametrize(
    ("filters", "fault"),
    [
        ([LOT, LOT | {"stepSize": "0.5"}], "two filters LOT_SIZE differ"),
        ([LOT | {"minQty": "5", "maxQty": "1"}], "the least quantity is above the largest"),
        ([LOT | {"stepSize": "1E-9999999"}], "not a number of an amount or a price"),
    ],
)
def test_a_pair_with_contradictory_filters_is_left_out(filters: list[dict[str, str]], fault: str) -> None:
    good = pair(LOT, LOT) | {"symbol": "BTCUSDT", "baseAsset": "BTC"}
    pairs = Binance("binance").read_pairs({"symbols": [pair(*filters), good]})
    assert [listed.name for listed in pairs] == ["BTCUSDT"]
    assert pairs.left_out == (f"ETHUSDT ({fault})",)


@pytest.mark.parametrize("decimals", [4.5, True, 99_999_999, "-99999999"])
def test_a_count_of_decimals_is_a_small_whole_number(decimals: object) -> None:
    row = {"id": "ETH_USDT", "base": "ETH", "quote": "USDT", "precision": 2, "trade_status": "tradable"}
    good = row | {"id": "BTC_USDT", "base": "BTC", "amount_precision": 6}
    value = D(str(decimals)) if isinstance(decimals, float) else decimals
    pairs = Gate("gate").read_pairs([row | {"amount_precision": value}, good])
    assert [listed.name for listed in pairs] == ["BTC_USDT"]


def test_a_balance_that_cannot_be_read_is_named_and_is_not_zero(bybit: TestnetExchange, script: Script) -> None:
    coins = [
        {"coin": "USDT", "walletBalance": "5"},
        {"coin": "ETH", "walletBalance": "-1"},
        {"coin": "SOL", "walletBalance": "1"},
        {"coin": "SOL", "walletBalance": "2"},
    ]
    script.say(WALLET, result({"coin": coins}))
    balances = bybit.balances()
    assert [(balance.asset, balance.free) for balance in balances] == [("USDT", D(5))]
    assert balances.unread == {"ETH", "SOL"}
