"""Match orders and keep accounts in memory; the clock is passed in.

    exchange = Exchange(price_path, listings, clock, AccountTerms(cash=Decimal(10_000)))
    exchange.place(KEY, OrderRequest("ETHUSDT", Side.BUY, OrderType.MARKET, Decimal(2), "mine"))

Every call first fills the resting orders that the market met since the call before. The same calls at the same moments
give the same answers. Money is exact; only prices are rounded to the tick and quantities to the step.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from bot.core.instrument import ZERO, to_decimal
from bot.core.orders import Side
from bot.infra.loopback import LOOPBACK_KEY, LOOPBACK_SECRET
from bot.venue.matching.account import Account, Balance
from bot.venue.matching.book_shape import BookShape, DeepBook, Level
from bot.venue.matching.clocks import VenueClock
from bot.venue.matching.commission import DISCOUNT_ASSET, Commission, CommissionMode, commission_of
from bot.venue.matching.exact_decimals import exact
from bot.venue.matching.order import (
    AccountTrade,
    ExpiryReason,
    Order,
    OrderRequest,
    OrderType,
    TimeInForce,
    VenueOrderStatus,
)
from bot.venue.matching.pair import MAX_OPEN_ORDERS, Pair
from bot.venue.matching.price_path import DayBar, PricePath, share_of_day
from bot.venue.matching.refusal import Refusal, filter_failure, insufficient, market_closed
from bot.venue.matching.self_trade import Crossing, cross_within
from bot.venue.matching.spot_market import SpotMarket

KEY, SECRET = LOOPBACK_KEY, LOOPBACK_SECRET
"""Key and secret of the one account. They are valid here only."""
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AccountTerms:
    """Initial balances of every account, and how it pays its commission.

    `bnb_price` is the price of one BNB in the quote asset, used unless the venue lists a pair of it.
    """

    cash: Decimal = Decimal(10_000)
    quote: str = "USDT"
    commission: CommissionMode = CommissionMode.IN_KIND
    bnb: Decimal = ZERO
    bnb_price: Decimal = Decimal(600)


class Exchange:
    """A spot exchange with a market and one account per key. Methods raise Refusal.

    Parameters
    ----------
    price_path : PricePath
        Prices at any moment.
    listings : iterable of Pair
        Pairs; each is listed from the first day of its prices.
    clock : VenueClock
        Time of prices and orders.
    terms : AccountTerms, optional
        Initial balance and commission.
    shape : BookShape, optional
        Quantities in the order books; a `DeepBook` by default.
    keys : iterable of str
        API keys that have an account.
    """

    def __init__(
        self,
        price_path: PricePath,
        listings: Iterable[Pair],
        clock: VenueClock,
        terms: AccountTerms | None = None,
        shape: BookShape | None = None,
        keys: Iterable[str] = (KEY,),
    ) -> None:
        self.price_path, self.clock, self.terms = price_path, clock, terms or AccountTerms()
        self.market = SpotMarket(price_path, listings, clock, shape or DeepBook())
        self._keys = tuple(keys)
        self.wipe()

    def wipe(self) -> None:
        """Delete every order, restore the initial balances and restart the ids, as the testnet does each month."""
        self._accounts = {key: self._new_account() for key in self._keys}
        self._orders = self._trades = self._client_ids = 0
        self._reached = self.clock.now()
        self.market.reset()

    def halt(self, pair: str, halted: bool = True) -> None:
        """Close a pair, or open it again. Its open orders stay."""
        self.market.listing(pair)
        self.catch_up()
        (self.market.halted.add if halted else self.market.halted.discard)(pair)

    def delist(self, pair: str) -> None:
        """Take a pair off the list. Its open orders stay."""
        self.market.listing(pair)
        self.catch_up()
        self.market.delisted.add(pair)

    def limit_to_cancels(self, pair: str, only: bool = True) -> None:
        """Refuse new orders of a pair and stop its trading; open orders can be cancelled. False reopens it."""
        self.market.listing(pair)
        self.catch_up()
        (self.market.cancel_only.add if only else self.market.cancel_only.discard)(pair)

    def account(self, key: str) -> Account:
        """Return the current account of a key."""
        self.catch_up()
        return self._accounts[key]

    @exact
    def check_order(self, key: str, request: OrderRequest) -> None:
        """Raise Refusal where `place` would. The account stays as it is."""
        self._match(self.account(key), request)

    @exact
    def place(self, key: str, request: OrderRequest) -> Order:
        """Accept an order and fill it from the book. A GTC limit order rests with the remainder, others expire."""
        account = self.account(key)
        crossing = self._match(account, request)
        matches = crossing.matches
        self._orders += 1
        quantity = sum((match.quantity for match in matches), ZERO) if request.quantity is None else request.quantity
        now = self.clock.now()
        order = Order(self._orders, request, quantity, now, now)
        account.add(order)
        for maker in crossing.makers:
            self._expire_prevented(account, maker, now)
        for match in matches:
            self.market.take(request.pair, request.side, match)
            self._fill(account, order, match, now, is_maker=False)
        if not order.status.is_open:
            return order
        if crossing.is_taker_expired:
            order.prevented = order.remaining
            self._end(account, order, VenueOrderStatus.EXPIRED_IN_MATCH, now)
        elif request.can_rest and not crossing.is_out_of_range:
            self._balance(account, order).lock(self._locked_amount(order))
        else:
            order.expiry = ExpiryReason.PRICE_RANGE if crossing.is_out_of_range else request.expiry
            self._end(account, order, VenueOrderStatus.EXPIRED, now)
        return order

    @exact
    def cancel(self, key: str, pair: str, order_id: int | None, client_id: str | None) -> Order:
        """Cancel an open order and unlock its balance."""
        self.market.listing(pair)
        account = self.account(key)
        order = account.find(pair, order_id, client_id)
        if order is None or order.id not in account.open:
            raise Refusal(-2011, "Unknown order sent.")
        self._balance(account, order).unlock(self._locked_amount(order))
        self._end(account, order, VenueOrderStatus.CANCELED, self.clock.now())
        return order

    def order(self, key: str, pair: str, order_id: int | None, client_id: str | None) -> Order:
        """Return an order by its id, or the newest one with a client id."""
        self.market.listing(pair)
        order = self.account(key).find(pair, order_id, client_id)
        if order is None:
            raise Refusal(-2013, "Order does not exist.")
        return order

    def next_client_id(self) -> str:
        """Return the next id for a request that lacks one. The same run gives the same ids."""
        self._client_ids += 1
        return f"venue-{self._client_ids}"

    @exact
    def catch_up(self) -> None:
        """Fill the resting orders that the market met since the last call."""
        now = self.clock.now()
        # Day by day, since each day has its own path and its own limit for resting orders.
        while self._reached < now:
            midnight = self._reached.replace(hour=0, minute=0, second=0, microsecond=0) + _ONE_DAY
            until = min(midnight, now)
            if any(account.open for account in self._accounts.values()):
                self._fill_met_orders(self._reached, 1.0 if until == midnight else share_of_day(until))
                self._reached = until
            else:
                self._reached = now  # years pass at once while no order rests

    def _match(self, account: Account, request: OrderRequest) -> Crossing:
        """Check an order and return the quantities that it takes from the book at once."""
        listing = self.market.listing(request.pair)
        price = self.market.price(request.pair)
        if not self.market.is_trading(request.pair) or price is None:
            raise market_closed()
        listing.require_filters(request, price)
        if len([order for order in account.open.values() if order.request.pair == request.pair]) >= MAX_OPEN_ORDERS:
            raise filter_failure("MAX_NUM_ORDERS")
        # Only an open order blocks its client id: Binance accepts the id again after a fill.
        if account.has_open(request.client_id):
            raise Refusal(-2010, "Duplicate order sent.")
        crossing = self._cross(account, request, listing, price)
        if request.type is OrderType.LIMIT_MAKER and (crossing.matches or crossing.meets_own_order):
            raise Refusal(-2010, "Order would immediately match and take.")
        matched = sum((match.quantity for match in crossing.matches), ZERO)
        if request.quantity is None and not matched:
            raise Refusal(-2010, "Order book liquidity is less than LOT_SIZE filter minimum quantity.")
        is_fill_or_kill = request.time_in_force is TimeInForce.FOK
        # The order is accepted and expires with no fill; Binance reports it as an order, not as an error.
        if is_fill_or_kill and request.quantity is not None and matched < request.quantity:
            crossing = Crossing([], is_out_of_range=crossing.is_out_of_range)
        if self._required_funds(request, crossing.matches) > account.balances[self._paid_in(request)].free:
            raise insufficient()
        return crossing

    def _cross(self, account: Account, request: OrderRequest, listing: Pair, price: Decimal) -> Crossing:
        """Match an order within the price range of its side, around the price at which it was sent."""
        levels, step = self.market.available_levels(request.pair, request.side), listing.instrument.step
        own = [
            order
            for order in account.open.values()
            if order.request.pair == request.pair and order.request.side is not request.side
        ]
        return cross_within(listing.filters.price_range(request.side), price, levels, own, request, step)

    def _required_funds(self, request: OrderRequest, matches: list[Level]) -> Decimal:
        """Return the amount that an order needs of the asset that it pays with."""
        if request.side is Side.SELL:
            return request.quantity or sum((match.quantity for match in matches), ZERO)
        if request.price is not None and request.quantity is not None:
            # The limit, even where the book is cheaper: the remainder may rest at it.
            return request.price * request.quantity * self._commission_factor(request)
        spent = request.quote_quantity or sum((match.price * match.quantity for match in matches), ZERO)
        return spent * self._commission_factor(request)

    def _commission_factor(self, request: OrderRequest) -> Decimal:
        """Return the factor by which a purchase costs more than its price."""
        is_added = self.terms.commission is CommissionMode.QUOTE and request.side is Side.BUY
        return 1 + self.market.known(request.pair).instrument.fee if is_added else Decimal(1)

    def _fill(self, account: Account, order: Order, match: Level, at: datetime, is_maker: bool) -> None:
        request, listing = order.request, self.market.known(order.request.pair)
        notional = match.price * match.quantity
        is_purchase = request.side is Side.BUY
        paid = notional * self._commission_factor(request) if is_purchase else match.quantity
        balance = self._balance(account, order)
        # A resting order pays out of what it locked, one that takes pays out of the free balance.
        if is_maker:
            balance.pay_locked(paid)
        else:
            balance.receive(-paid)
        # After the payment: a sale of BNB leaves less of it for the commission.
        commission = self._commission(account, listing, request.side, match, at)
        received, amount = (listing.base, match.quantity) if is_purchase else (listing.quote, notional)
        in_kind = commission.asset == received
        account.balances[received].receive(amount - commission.amount if in_kind else amount)
        if not in_kind and self.terms.commission is not CommissionMode.QUOTE:
            account.balances[commission.asset].receive(-commission.amount)
        self._trades += 1
        trade = AccountTrade(
            self._trades,
            order.id,
            request.pair,
            request.side,
            match.price,
            match.quantity,
            commission.amount,
            commission.asset,
            at,
            is_maker,
        )
        order.trades.append(trade)
        account.trades.append(trade)
        order.executed, order.spent = order.executed + match.quantity, order.spent + notional
        order.status, order.updated_at = VenueOrderStatus.PARTIALLY_FILLED, at
        if not order.remaining:
            self._end(account, order, VenueOrderStatus.FILLED, at)

    def _commission(self, account: Account, listing: Pair, side: Side, match: Level, at: datetime) -> Commission:
        has_pair = self.market.is_listed(DISCOUNT_ASSET + listing.quote)
        known = self.price_path.last_price(DISCOUNT_ASSET, at) if has_pair else None
        price = self.terms.bnb_price if known is None else to_decimal(known)
        bnb = account.balances[DISCOUNT_ASSET].free if DISCOUNT_ASSET in account.balances else ZERO
        return commission_of(self.terms.commission, listing, side, match, bnb, price)

    def _expire_prevented(self, account: Account, order: Order, at: datetime) -> None:
        """Expire a resting order that an order of its own account met, and release what it locks."""
        self._balance(account, order).unlock(self._locked_amount(order))
        order.prevented = order.remaining
        self._end(account, order, VenueOrderStatus.EXPIRED_IN_MATCH, at)

    def _end(self, account: Account, order: Order, status: VenueOrderStatus, at: datetime) -> None:
        order.status, order.updated_at = status, at
        del account.open[order.id]

    def _locked_amount(self, order: Order) -> Decimal:
        """Return the amount that the unfilled part of a resting order locks of the asset that it pays with."""
        if order.request.side is Side.SELL:
            return order.remaining
        return (order.request.price or ZERO) * order.remaining * self._commission_factor(order.request)

    def _fill_met_orders(self, since: datetime, until: float) -> None:
        """Fill the resting orders that the price meets within one day, in the order in which it meets them."""
        met = []
        for account in self._accounts.values():
            for order in account.open.values():
                limit, side = order.request.price, order.request.side
                day = self.market.day(order.request.pair, since.date())
                if limit is None:
                    raise ValueError(f"a resting order must have a limit: {order.request}")
                if day is None or not self.market.is_open(order.request.pair):
                    continue
                share = day.first_touch(side, float(limit), share_of_day(since), until)
                if share is not None:
                    met.append((day.moment(share), order.id, day, account, order))
        # In order of time, then of age: the first order may use up the day's limit of the pair.
        for at, _, day, account, order in sorted(met, key=lambda meeting: meeting[:2]):
            self._fill_resting(account, order, day, at)

    def _fill_resting(self, account: Account, order: Order, day: DayBar, at: datetime) -> None:
        request = order.request
        quantity = self.market.fill_resting(request.pair, request.side, day, order.remaining)
        if quantity > 0 and request.price is not None:
            self._fill(account, order, Level(request.price, quantity), at, is_maker=True)

    def _new_account(self) -> Account:
        account = Account()
        account.balances[self.terms.quote].receive(self.terms.cash)
        if self.terms.bnb:
            account.balances[DISCOUNT_ASSET].receive(self.terms.bnb)
        return account

    def _paid_in(self, request: OrderRequest) -> str:
        listing = self.market.known(request.pair)
        return listing.quote if request.side is Side.BUY else listing.base

    def _balance(self, account: Account, order: Order) -> Balance:
        return account.balances[self._paid_in(order.request)]
