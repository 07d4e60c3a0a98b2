"""Account and order answers of Binance, Bybit and Gate as others recorded them, and how each is read.

RECORDED_DIR names the folder of the answers. Files of public prices are read by the tests of the vendors.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.brokers.testnet.dialects.binance import Binance
from bot.brokers.testnet.dialects.bybit import Bybit
from bot.brokers.testnet.dialects.dialect import Dialect, OrderKey, SpotPair
from bot.brokers.testnet.dialects.gate import Gate
from bot.brokers.testnet.dialects.json_values import PARSE_ERRORS, describe
from bot.brokers.testnet.dialects.response_table import Meaning
from bot.core.instrument import VenueRules

D = Decimal
FOLDER = os.environ.get("RECORDED_DIR")
DIALECTS: dict[str, Callable[[str], Dialect]] = {"binance": Binance, "bybit": Bybit, "gate": Gate}
pytestmark = pytest.mark.skipif(not FOLDER, reason="RECORDED_DIR names no folder of recorded answers")

ERRORS: dict[str, tuple[int, Meaning]] = {
    "binance/doc_error_codes_error.json": (400, Meaning.REFUSED),
    "binance/error_400_clock.json": (400, Meaning.WRONG_TIME),
    "binance/error_400_duplicate.json": (400, Meaning.UNKNOWN),
    "binance/error_400_insufficient.json": (400, Meaning.REFUSED),
    "binance/error_400_market_closed.json": (400, Meaning.REFUSED),
    "binance/error_400_no_such_order.json": (400, Meaning.MISSING),
    "binance/error_400_notional.json": (400, Meaning.REFUSED),
    "binance/error_400_symbol.json": (400, Meaning.REFUSED),
    "binance/error_400_unknown_order.json": (400, Meaning.MISSING),
    "binance/error_401_key_format.json": (401, Meaning.KEY),
    "binance/error_401_key_invalid.json": (401, Meaning.KEY),
    "binance/error_403_waf.html": (403, Meaning.UNKNOWN),
    "binance/error_408_timeout_unknown.json": (408, Meaning.UNKNOWN),
    "binance/error_418_ip_banned.json": (418, Meaning.RATE_LIMIT),
    "binance/error_429_weight.json": (429, Meaning.RATE_LIMIT),
    # The session raises Blocked for a 451 before the dialect reads it.
    "binance/error_451_restricted.json": (451, Meaning.UNKNOWN),
    "binance/error_503_overloaded.json": (503, Meaning.RATE_LIMIT),
    "bybit/ccxt_price_invalid_110003.json": (200, Meaning.REFUSED),
    "bybit/error_200_clock.json": (200, Meaning.WRONG_TIME),
    "bybit/error_200_duplicate.json": (200, Meaning.UNKNOWN),
    "bybit/error_200_insufficient.json": (200, Meaning.REFUSED),
    "bybit/error_200_key.json": (200, Meaning.KEY),
    "bybit/error_200_no_such_order.json": (200, Meaning.MISSING),
    "bybit/error_200_not_modified.json": (200, Meaning.MISSING),
    "bybit/error_200_rate.json": (200, Meaning.RATE_LIMIT),
    "bybit/error_200_too_small_value.json": (200, Meaning.REFUSED),
    "bybit/error_403_ip_too_often.txt": (403, Meaning.RATE_LIMIT),
    "bybit/issue_request_parameter_error_10001.json": (200, Meaning.REFUSED),
    "bybit/xchange_getOrderError.json": (200, Meaning.REFUSED),
    "gate/error_400_balance_not_enough.json": (400, Meaning.REFUSED),
    "gate/error_400_invalid_currency.json": (400, Meaning.REFUSED),
    "gate/error_400_pull_4929_order_too_small.json": (400, Meaning.REFUSED),
    "gate/error_401_invalid_key.json": (401, Meaning.KEY),
    "gate/error_403_forbidden_ip.json": (403, Meaning.KEY),
    "gate/error_404_order_not_found.json": (404, Meaning.MISSING),
    "gate/error_500_server_error.json": (500, Meaning.UNKNOWN),
}
"""HTTP status and meaning of each error."""

BALANCES: dict[str, dict[str, str]] = {
    "binance/doc_account_information_account.json": {"BTC": "4723846.89208129", "LTC": "4763368.68006011"},
    "binance/nautilus_account_response.json": {"BTC": "4723846.89208129", "LTC": "4763368.68006011"},
    "bybit/ccxt_wallet_balance_2025_available_to_withdraw_empty.json": {
        "USDC": "5848.20013918",
        "BTC": "0.85581394",
        "ETH": "0.09174816",
        "ADA": "38.68128",
    },
    "bybit/doc_wallet.json": {"BTC": "0"},
    "bybit/nautilus_wallet_balance.json": {"BTC": "0", "USDT": "1000.50", "ETH": "0"},
    "bybit/nautilus_wallet_balance_with_spot_borrow.json": {"USDT": "1200.00"},
    "gate/xchange_accounts.json": {"USDT": "4.1"},
}
"""Free amounts by asset."""

PAIRS: dict[str, tuple[int, tuple[str, ...]]] = {
    "binance/doc_exchange_information_info.json": (0, ("every filter is missing",)),
    "binance/exchange_info_2020-04.json": (22, ()),
    "binance/exchange_info_2025-08.json": (25, ()),
    "binance/nautilus_exchange_info_response.json": (0, ("every filter is missing",)),
    "bybit/doc_instrument.json": (1, ()),
    "bybit/nautilus_instruments_spot.json": (2, ()),
    "bybit/nautilus_instruments_spot_xstocks.json": (1, ()),
    "gate/xchange_currency_pairs.json": (3, ()),
}
"""Number of pairs that are read; a list of which no pair can be read is refused whole."""

ORDERS: dict[str, tuple[str, str]] = {
    "binance/ccxt_new_order_limit_iceberg_new.json": ("SOL/USDT", "0 of 0.05 open"),
    "binance/ccxt_query_order_market_filled.json": ("LTC/USDT", "0.1 of 0.1 filled"),
    "binance/doc_cancel_order_one.json": ("LTC/BTC", "0 of 1 canceled"),
    "binance/doc_new_order_ack.json": ("BTC/USDT", "looked up"),
    "binance/doc_new_order_full.json": ("BTC/USDT", "10 of 10 filled, fees 39.983 USDT"),
    "binance/gct_cancel_partially_filled.json": ("LTC/BTC", "8 of 10 canceled"),
    "binance/nautilus_new_order_full_response.json": ("BTC/USDT", "10 of 10 filled, fees 39.983 USDT"),
    "binance/xchange_query_order_market_filled_2019.json": ("ETH/BTC", "0.107 of 0.107 filled"),
    "bybit/ccxt_order_market_buy_by_quote_partially_filled_canceled.json": (
        "BTC/USDT",
        "refused: an order in an amount of money",
    ),
    "bybit/ccxt_order_market_sell_by_base_filled.json": ("XRP/USDT", "123 of 123 filled"),
    "bybit/doc_open_order.json": ("ETH/USDT", "0 of 0.1 open"),
    "bybit/doc_order_history.json": ("BTC/USDT", "0 of 0.003 canceled"),
    "bybit/nautilus_order_partially_filled_rejected.json": ("BTC/USDT", "0.005 of 0.01 rejected"),
    "bybit/nautilus_orders_history.json": ("BTC/USDT", "0 of 0.01 canceled"),
    # Without `marketUnit` an amount of money looks like one of coins; orders of the bot are always in coins.
    "bybit/xchange_getOrderDetailsSpot.json": ("ETH/USDT", "0.000772 of 20 canceled"),
    "bybit/ccxt_order_create_market.json": ("BTC/USDT", "looked up"),
    "bybit/doc_create.json": ("BTC/USDT", "looked up"),
    "bybit/xchange_cancelOrder.json": ("BTC/USDT", "looked up"),
    "gate/ccxt_closed_orders_market_buy_in_quote.json": ("LTC/USDT", "refused: an order in an amount of money"),
    "gate/xchange_orders-open-limit-order.json": ("BTC/USDT", "0 of 0.00012 open"),
    "gate/xchange_orders-valid-cancel-order.json": ("BTC/USDT", "0 of 0.00068 canceled"),
    "gate/xchange_orders-valid-limit-sell-order.json": ("BTC/USDT", "0 of 0.00068 open"),
    "gate/xchange_orders-valid-market-buy-order.json": ("BTC/USDT", "refused: an order in an amount of money"),
    "gate/xchange_orders-valid-market-sell-order.json": ("BTC/USDT", "0.0007 of 0.0007 filled"),
    "gate/xchange_orders.json": ("BTC/USDT", "0 of 0.00012 open"),
    # The bot never asks for this list; its groups have no order at their top.
    "gate/ccxt_open_orders_grouped_by_pair.json": ("BTC/USDT", "missing"),
}
"""Pair of each order, and what is read of it."""

TRADES: dict[str, tuple[str, tuple[str, ...]]] = {
    "binance/doc_account_trade_list_trades.json": ("BNB/BTC", ("12 at 4.000001, fee 10.1 BNB",)),
    "binance/nautilus_account_trades_response.json": ("BNB/BTC", ("12 at 4.000001, fee 10.1 BNB",)),
    "bybit/doc_execution.json": ("ETH/USDT", ("0.1 at 1190.15, fee 0.071409 ETH",)),
    "bybit/nautilus_executions.json": ("BTC/USDT", ("0.1 at 50000, fee 0.015 USDT", "0.5 at 3000, fee 0.9 USDT")),
    "gate/ccxt_my_trades_spot.json": ("LTC/USDT", ("0.025 at 68.02, fee 0.00005 LTC",)),
    "gate/rotki_my_trades_ms_fraction.json": (
        "BTC/USDT",
        ("0.1 at 40000, fee 0.5 USDT", "2 at 3000, fee 0.01 ETH"),
    ),
    "gate/xchange_my_trades.json": (
        "BTC/USDT",
        ("0.00003 at 29454.6, fee 0.00000006 BTC", "0.00005 at 29447.2, fee 0.00294472 USDT"),
    ),
}
"""Pair of some trades, and what is read of each."""

OTHER = re.compile(r"ccxt_requests|depth_|klines_|ticker|orderbook|order_book|doc_time|doc_check_server_time|Ticker")
"""Public prices and times, and requests instead of answers."""


def body(name: str) -> tuple[str, Any]:
    """The text of an answer and its JSON, None if it has none."""
    text = (Path(FOLDER or "") / name).read_text(encoding="utf-8")
    try:
        return text, json.loads(text, parse_float=Decimal)
    except ValueError:
        return text, None


def dialect(name: str) -> Dialect:
    """The dialect of an answer's vendor."""
    return DIALECTS[name.partition("/")[0]](name)


def pair_of(name: str, pair: str) -> SpotPair:
    """A pair under the vendor's own name."""
    base, _, quote = pair.partition("/")
    rules = VenueRules(base, "", pair, D("0.00000001"), D("0.00000001"), None, True)
    return SpotPair(f"{base}_{quote}" if name.startswith("gate") else f"{base}{quote}", base, quote, rules)


def text_of(number: Decimal) -> str:
    """A number without an exponent and zeros at its end."""
    return f"{number.normalize():f}"


@pytest.mark.parametrize("name", ERRORS)
def test_a_recorded_error_is_judged_with_its_status(name: str) -> None:
    status, meaning = ERRORS[name]
    text, data = body(name)
    assert dialect(name).classify(status, data, text).meaning is meaning


@pytest.mark.parametrize("name", [*BALANCES, *PAIRS, *ORDERS, *TRADES])
def test_a_recorded_answer_is_accepted(name: str) -> None:
    text, data = body(name)
    assert dialect(name).classify(200, data, text).meaning is Meaning.ACCEPTED


@pytest.mark.parametrize("name", BALANCES)
def test_recorded_balances_are_read(name: str) -> None:
    balances = dialect(name).read_balances(body(name)[1])
    assert {balance.asset: balance.free for balance in balances} == {
        asset: D(amount) for asset, amount in BALANCES[name].items()
    }
    assert balances.left_out == ()


@pytest.mark.parametrize("name", PAIRS)
def test_recorded_pairs_are_read(name: str) -> None:
    count, left_out = PAIRS[name]
    if left_out:
        with pytest.raises(ValueError, match="no valid member"):
            dialect(name).read_pairs(body(name)[1])
        return
    pairs = dialect(name).read_pairs(body(name)[1])
    assert (len(pairs), pairs.left_out) == (count, ())


def read_order(name: str) -> str:
    """What is read of the order in an answer."""
    data, pair, venue = body(name)[1], pair_of(name, ORDERS[name][0]), dialect(name)
    rows = data if isinstance(data, list) else data.get("result", {}).get("list")
    try:
        if rows is None:
            report = venue.read_submitted(data, pair)
        else:
            own = str(rows[0].get("orderLinkId") or rows[0].get("text"))
            report = venue.read_found(data, OrderKey(own.removeprefix("t-")), pair)
            if report is None and own.startswith(("web", "apiv4")):
                # Placed by hand, under an id that no order of the bot has.
                report = venue.read_found(rows[0], OrderKey(own), pair)
    except PARSE_ERRORS as problem:
        return f"refused: {describe(problem)}"
    if report is None:
        return "looked up" if rows is None else "missing"
    fees = sum((fill.fee for fill in report.fills), D(0))
    paid = f", fees {text_of(fees)} {report.fills[0].fee_asset}" if report.fills else ""
    return f"{text_of(report.filled)} of {text_of(report.quantity)} {report.status}{paid}"


@pytest.mark.parametrize("name", ORDERS)
def test_a_recorded_order_is_read(name: str) -> None:
    assert read_order(name) == ORDERS[name][1]


@pytest.mark.parametrize("name", TRADES)
def test_recorded_trades_are_read(name: str) -> None:
    pair, expected = TRADES[name]
    fills = dialect(name).read_fills(body(name)[1], pair_of(name, pair))
    assert expected == tuple(
        f"{text_of(one.quantity)} at {text_of(one.price)}, fee {text_of(one.fee)} {one.fee_asset}" for one in fills
    )


def test_every_recorded_answer_of_an_account_has_an_expected_outcome() -> None:
    folder = Path(FOLDER or "")
    there = {f"{venue}/{path.name}" for venue in DIALECTS for path in (folder / venue).iterdir()}
    assert {name for name in there if not OTHER.search(name)} == {*ERRORS, *BALANCES, *PAIRS, *ORDERS, *TRADES}
