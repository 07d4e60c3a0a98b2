"""The exchange of a market: which coins it lists, by whose rules, from which day on; and parity of its fills."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from bot.core.errors import DataError
from bot.core.execution import fill_price
from bot.core.market import Market
from bot.core.moments import midnight
from bot.core.orders import Side
from bot.core.series_kind import SeriesKind
from bot.services.local_exchange import open_exchange, terms_of, venue_clock
from bot.venue.matching.book_shape import FlatBook
from bot.venue.matching.clocks import DrivenClock, RunningClock
from bot.venue.matching.commission import CommissionMode
from bot.venue.matching.exchange import KEY, AccountTerms
from bot.venue.matching.order import OrderRequest, OrderType, VenueOrderStatus
from tests.clocks import FakeClock
from tests.markets import closes_on_days, default_config, market_of

DAY = date(2110, 3, 1)


def test_every_coin_but_the_stablecoin_is_listed_by_the_rules_of_the_config(demo: Market) -> None:
    opened = open_exchange(default_config(), demo, venue_clock(demo, FakeClock(), DAY, driven=True))
    listed = {listing.base for listing in opened.exchange.market.listings()}
    since_then = [s for s in demo if demo[s].kind is SeriesKind.CRYPTO and demo[s].dates[0].item() <= DAY]
    assert listed == set(since_then)
    eth = opened.exchange.market.listing("DEMO-ETHUSDT").instrument
    assert (eth.step, eth.min_notional, eth.fee) == (Decimal("0.0001"), Decimal(5), Decimal("0.001"))
    assert opened.left_out == ()


def test_a_coin_whose_name_no_pair_can_have_is_left_out() -> None:
    prices = closes_on_days("2024-01-01", [1.0, 2.0, 3.0])
    market = market_of(dict.fromkeys(["RUT", "ETH", "BTC", "A COIN WITH SPACES", "USDT"], prices))
    opened = open_exchange(default_config(), market, DrivenClock(FakeClock(), midnight(date(2024, 1, 2))))
    assert opened.left_out == ("A COIN WITH SPACES",)
    assert [listing.pair for listing in opened.exchange.market.listings()] == ["BTCUSDT", "ETHUSDT"]


def test_the_venue_begins_where_it_is_told_or_a_year_before_the_end(demo: Market) -> None:
    assert venue_clock(demo, FakeClock(), DAY, driven=True).now() == midnight(DAY)
    running = venue_clock(demo, FakeClock(), None, driven=False)
    assert isinstance(running, RunningClock)
    assert running.now() == midnight(date(2112, 1, 1))
    with pytest.raises(DataError, match="outside the data"):
        venue_clock(demo, FakeClock(), date(2113, 1, 1), driven=True)


def test_an_account_begins_with_its_cash() -> None:
    assert terms_of(Decimal(7)) == AccountTerms(cash=Decimal(7), quote="USDT")


def test_with_a_flat_book_every_fill_and_fee_is_that_of_a_backtest_to_the_last_digit(demo: Market) -> None:
    clock = DrivenClock(FakeClock(), midnight(DAY))
    terms = AccountTerms(cash=Decimal(10**6), commission=CommissionMode.QUOTE)
    exchange = open_exchange(default_config(), demo, clock, terms, FlatBook()).exchange
    cash = terms.cash
    for number, listing in enumerate(exchange.market.listings()):
        rules, bar = listing.instrument, demo[listing.base].bar(np.datetime64(DAY, "D"))
        if bar is None or not exchange.market.is_trading(listing.pair):
            continue
        quantity = rules.quantity(Decimal("1234.56789") / Decimal(bar.open)) + 20 * rules.step
        quantity = max(quantity, rules.quantity(rules.min_notional * 2 / Decimal(bar.open)))
        request = OrderRequest(listing.pair, Side.BUY, OrderType.MARKET, quantity, f"c{number}")
        (trade,) = exchange.place(KEY, request).trades
        price = fill_price(bar.open, Side.BUY, rules.slippage, rules)
        assert (trade.price, trade.quantity) == (price, quantity)
        assert trade.commission == price * quantity * rules.fee
        cash -= price * quantity + price * quantity * rules.fee
    assert exchange.account(KEY).balances["USDT"].free == cash
    assert {order.status for order in exchange.account(KEY).orders.values()} == {VenueOrderStatus.FILLED}
    assert len(exchange.account(KEY).orders) > 15
