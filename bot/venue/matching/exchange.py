"""The exchange itself: a state machine of accounts and orders, without a wire and without a clock of its own.

    exchange = Exchange(tape, listings, clock, Terms(cash=Decimal(10_000)))
    exchange.place(KEY, Ticket("ETHUSDT", Side.BUY, OrderType.MARKET, Decimal(2), "mine"))

Every call first lets resting orders meet what the market did since the call before. The same calls at the same moments
give the same answers, and nothing is ever rounded but prices to the tick and quantities to the step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from bot.core.instrument import ZERO, to_decimal
from bot.core.invariants import not_none
from bot.core.orders import Side
from bot.infra.loopback import LOOPBACK_KEY, LOOPBACK_SECRET
from bot.venue.http.refusal import Refusal, filter_failure, insufficient, market_closed, unknown_symbol
from bot.venue.matching.account import Account, Balance
from bot.venue.matching.book_shape import BookShape, DeepBook, Level
from bot.venue.matching.clocks import VenueClock
from bot.venue.matching.exactness import exactly
from bot.venue.matching.order import AccountTrade, Order, OrderRequest, OrderType, TimeInForce, VenueOrderStatus
from bot.venue.matching.pair import Pair
from bot.venue.matching.price_path import DayBar, PricePath, share_of_day

KEY, SECRET = LOOPBACK_KEY, LOOPBACK_SECRET
"""The key and the secret of the one account: valid here, and nowhere else."""
_MOST_OPEN = 200
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AccountTerms:
    """What every account begins with, and in which asset a purchase pays its commission.

    With `commission_in_quote` a purchase pays on top of its price, as backtests do; else out of the coins that it
    receives, as Binance does. A sale pays out of its proceeds either way.
    """

    cash: Decimal = Decimal(10_000)
    quote: str = "USDT"
    commission_in_quote: bool = False


class Exchange:
    """All pairs and accounts. Methods raise Refusal; `keys` are those that have an account."""

    def __init__(
        self,
        tape: PricePath,
        listings: Iterable[Pair],
        clock: VenueClock,
        terms: AccountTerms | None = None,
        shape: BookShape | None = None,
        keys: Iterable[str] = (KEY,),
    ) -> None:
        self.tape, self.clock, self.terms = tape, clock, terms or AccountTerms()
        self.halted: set[str] = set()
        self.delisted: set[str] = set()
        self._listings = {listing.pair: listing for listing in listings}
        self._shape = shape or DeepBook()
        self._keys = tuple(keys)
        self.wipe()

    # --- the market ------------------------------------------------------------------------------------------------

    def wipe(self) -> None:
        """Forget every order, give back the first balances, count ids from one: as the testnet does every month."""
        self._accounts = {key: self._opened() for key in self._keys}
        self._orders = self._trades = self._named = 0
        self._reached = self.clock.now()
        self._taken: dict[tuple[str, Side, Decimal], Decimal] = {}
        self._taken_in: datetime | None = None
        self._met: dict[tuple[str, Side, date], Decimal] = {}

    def listings(self) -> list[Pair]:
        """The pairs that are listed now, by name."""
        return [self._listings[pair] for pair in sorted(self._listings) if self._is_listed(pair)]

    def listing(self, pair: str) -> Pair:
        """A pair that is listed now."""
        if not self._is_listed(pair):
            raise unknown_symbol()
        return self._listings[pair]

    def is_trading(self, pair: str) -> bool:
        """Whether orders are taken now: the pair is listed, has a price today, and is not halted."""
        return self._is_listed(pair) and pair not in self.halted and self._day(pair) is not None

    @exactly
    def offered(self, pair: str, side: Side) -> list[Level]:
        """What an order of a side could take now, the best price first; nothing while the pair is not traded."""
        listing, day = self.listing(pair), self._day(pair)
        if day is None or pair in self.halted:
            return []
        now = self.clock.now()
        minute = now.replace(second=0, microsecond=0)
        if minute != self._taken_in:  # what was taken comes back with the next minute
            self._taken_in, self._taken = minute, {}
        levels = self._shape.offered(listing, day, share_of_day(now), side)
        left = (Level(level.price, level.quantity - self._taken_at(pair, side, level)) for level in levels)
        return [level for level in left if level.quantity > 0]

    @exactly
    def price(self, pair: str) -> Decimal | None:
        """The price of the moment on the tick, or the last one that was known; None before there was any."""
        listing = self.listing(pair)
        found = self.tape.last_price(listing.base, self.clock.now())
        return None if found is None else listing.instrument.price(to_decimal(found))

    def halt(self, pair: str, halted: bool = True) -> None:
        """Stop trading a pair, or let it go on; its open orders stay where they are."""
        self.listing(pair)
        self.catch_up()
        (self.halted.add if halted else self.halted.discard)(pair)

    def delist(self, pair: str) -> None:
        """Take a pair off the list, as if it had never been there."""
        self.listing(pair)
        self.catch_up()
        self.delisted.add(pair)

    # --- an account ------------------------------------------------------------------------------------------------

    def account(self, key: str) -> Account:
        """All that a key owns, now."""
        self.catch_up()
        return self._accounts[key]

    @exactly
    def examine(self, key: str, ticket: OrderRequest) -> None:
        """Raise Refusal where `place` would; nothing is placed."""
        self._admitted(self.account(key), ticket)

    @exactly
    def place(self, key: str, ticket: OrderRequest) -> Order:
        """Take an order in and fill what the book offers; the rest rests, or expires."""
        account = self.account(key)
        takes = self._admitted(account, ticket)
        self._orders += 1
        quantity = sum((take.quantity for take in takes), ZERO) if ticket.quantity is None else ticket.quantity
        now = self.clock.now()
        order = Order(self._orders, ticket, quantity, now, now)
        account.keep(order)
        for take in takes:
            spot = ticket.pair, ticket.side, take.price
            self._taken[spot] = self._taken.get(spot, ZERO) + take.quantity
            self._fill(account, order, take, now, is_maker=False)
        if order.status.is_open and self._rests(ticket):
            self._balance(account, order).lock(self._held(order))
        elif order.status.is_open:
            self._end(account, order, VenueOrderStatus.EXPIRED, now)
        return order

    @exactly
    def cancel(self, key: str, pair: str, order_id: int | None, client_id: str | None) -> Order:
        """Take an open order out of the book and give back what it held."""
        self.listing(pair)
        account = self.account(key)
        order = self._found(account, pair, order_id, client_id)
        if order is None or order.id not in account.open:
            raise Refusal(-2011, "Unknown order sent.")
        self._balance(account, order).unlock(self._held(order))
        self._end(account, order, VenueOrderStatus.CANCELED, self.clock.now())
        return order

    def order(self, key: str, pair: str, order_id: int | None, client_id: str | None) -> Order:
        """An order by its id, or the newest with a client id."""
        self.listing(pair)
        order = self._found(self.account(key), pair, order_id, client_id)
        if order is None:
            raise Refusal(-2013, "Order does not exist.")
        return order

    def next_client_id(self) -> str:
        """An id for an order or a cancellation that came without one; the same run gives the same ids."""
        self._named += 1
        return f"venue-{self._named}"

    # --- admission -------------------------------------------------------------------------------------------------

    def _admitted(self, account: Account, ticket: OrderRequest) -> list[Level]:
        """What an order would take at once, if it passes every check."""
        listing = self.listing(ticket.pair)
        price = self.price(ticket.pair)
        if not self.is_trading(ticket.pair) or price is None:
            raise market_closed()
        listing.require_passing(ticket, price)
        if len([order for order in account.open.values() if order.ticket.pair == ticket.pair]) >= _MOST_OPEN:
            raise filter_failure("MAX_NUM_ORDERS")
        if account.has_open(ticket.client_id):
            raise Refusal(-2010, "Duplicate order sent.")
        takes = list(_takes(self.offered(ticket.pair, ticket.side), ticket, listing.instrument.step))
        if ticket.type is OrderType.LIMIT_MAKER and takes:
            raise Refusal(-2010, "Order would immediately match and take.")
        taken = sum((take.quantity for take in takes), ZERO)
        if ticket.quantity is None and not taken:
            raise Refusal(-2010, "Order book liquidity is less than LOT_SIZE filter minimum quantity.")
        if ticket.time_in_force is TimeInForce.FOK and ticket.quantity is not None and taken < ticket.quantity:
            takes = []
        if self._needed(ticket, takes) > account.balances[self._paid_in(ticket)].free:
            raise insufficient()
        return takes

    def _needed(self, ticket: OrderRequest, takes: list[Level]) -> Decimal:
        """What an order needs of the asset that it pays with."""
        if ticket.side is Side.SELL:
            return ticket.quantity or sum((take.quantity for take in takes), ZERO)
        if ticket.price is not None and ticket.quantity is not None:
            return ticket.price * ticket.quantity * self._with_commission(ticket)
        spent = ticket.quote_quantity or sum((take.price * take.quantity for take in takes), ZERO)
        return spent * self._with_commission(ticket)

    def _with_commission(self, ticket: OrderRequest) -> Decimal:
        """The factor by which a purchase costs more than its price."""
        on_top = self.terms.commission_in_quote and ticket.side is Side.BUY
        return 1 + self._listings[ticket.pair].instrument.fee if on_top else Decimal(1)

    # --- filling ---------------------------------------------------------------------------------------------------

    def _fill(self, account: Account, order: Order, take: Level, at: datetime, is_maker: bool) -> None:
        ticket, listing = order.ticket, self._listings[order.ticket.pair]
        notional = take.price * take.quantity
        is_purchase = ticket.side is Side.BUY
        in_coins = is_purchase and not self.terms.commission_in_quote
        commission = (take.quantity if in_coins else notional) * listing.instrument.fee
        paid = notional * self._with_commission(ticket) if is_purchase else take.quantity
        balance = self._balance(account, order)
        if is_maker:
            balance.pay_locked(paid)
        else:
            balance.receive(-paid)
        if is_purchase:
            account.balances[listing.base].receive(take.quantity - (commission if in_coins else ZERO))
        else:
            account.balances[listing.quote].receive(notional - commission)
        self._trades += 1
        trade = AccountTrade(
            self._trades,
            order.id,
            ticket.pair,
            ticket.side,
            take.price,
            take.quantity,
            commission,
            listing.base if in_coins else listing.quote,
            at,
            is_maker,
        )
        order.trades.append(trade)
        account.trades.append(trade)
        order.executed, order.spent = order.executed + take.quantity, order.spent + notional
        order.status, order.updated_at = VenueOrderStatus.PARTIALLY_FILLED, at
        if not order.remaining:
            self._end(account, order, VenueOrderStatus.FILLED, at)

    def _end(self, account: Account, order: Order, status: VenueOrderStatus, at: datetime) -> None:
        order.status, order.updated_at = status, at
        del account.open[order.id]

    def _held(self, order: Order) -> Decimal:
        """What the part of a resting order that is not filled holds of the asset that it pays with."""
        if order.ticket.side is Side.SELL:
            return order.remaining
        return (order.ticket.price or ZERO) * order.remaining * self._with_commission(order.ticket)

    # --- time ------------------------------------------------------------------------------------------------------

    @exactly
    def catch_up(self) -> None:
        """Let resting orders meet what the market did since the last call."""
        now = self.clock.now()
        while self._reached < now:
            midnight = self._reached.replace(hour=0, minute=0, second=0, microsecond=0) + _ONE_DAY
            until = min(midnight, now)
            if any(account.open for account in self._accounts.values()):
                self._meet(self._reached, 1.0 if until == midnight else share_of_day(until))
                self._reached = until
            else:
                self._reached = now

    def _meet(self, since: datetime, until: float) -> None:
        """Fill the resting orders that the price meets in one day, in the order in which it meets them."""
        met = []
        for account in self._accounts.values():
            for order in account.open.values():
                day = self._day(order.ticket.pair, since.date())
                if day is None or order.ticket.pair in self.halted | self.delisted:
                    continue
                price = not_none(order.ticket.price, "the price of a resting order")  # only limit orders rest
                share = day.touch(order.ticket.side, float(price), share_of_day(since), until)
                if share is not None:
                    met.append((day.moment(share), order.id, day, account, order))
        for at, _, day, account, order in sorted(met, key=lambda meeting: meeting[:2]):
            self._fill_resting(account, order, day, at)

    def _fill_resting(self, account: Account, order: Order, day: DayBar, at: datetime) -> None:
        ticket, listing = order.ticket, self._listings[order.ticket.pair]
        quantity, bound = order.remaining, self._shape.met(listing, day)
        if bound is not None:
            spot = ticket.pair, ticket.side, day.date
            met = self._met.get(spot, ZERO)
            quantity = min(quantity, bound - met)
            self._met[spot] = met + quantity
        if quantity > 0 and ticket.price is not None:
            self._fill(account, order, Level(ticket.price, quantity), at, is_maker=True)

    # --- finding ---------------------------------------------------------------------------------------------------

    def _opened(self) -> Account:
        account = Account()
        account.balances[self.terms.quote].receive(self.terms.cash)
        return account

    def _is_listed(self, pair: str) -> bool:
        listing = self._listings.get(pair)
        return listing is not None and pair not in self.delisted and self.tape.is_listed(listing.base, self.clock.now())

    def _day(self, pair: str, day: date | None = None) -> DayBar | None:
        return self.tape.day(self._listings[pair].base, day or self.clock.now().date())

    def _taken_at(self, pair: str, side: Side, level: Level) -> Decimal:
        return self._taken.get((pair, side, level.price), ZERO)

    def _paid_in(self, ticket: OrderRequest) -> str:
        listing = self._listings[ticket.pair]
        return listing.quote if ticket.side is Side.BUY else listing.base

    def _balance(self, account: Account, order: Order) -> Balance:
        return account.balances[self._paid_in(order.ticket)]

    @staticmethod
    def _rests(ticket: OrderRequest) -> bool:
        return ticket.type is not OrderType.MARKET and ticket.time_in_force is TimeInForce.GTC

    @staticmethod
    def _found(account: Account, pair: str, order_id: int | None, client_id: str | None) -> Order | None:
        if order_id is None:
            return account.by_client_id.get((pair, client_id or ""))
        order = account.orders.get(order_id)
        same = order is not None and order.ticket.pair == pair and client_id in (None, order.ticket.client_id)
        return order if same else None


def _takes(levels: Iterable[Level], ticket: OrderRequest, step: Decimal) -> Iterator[Level]:
    """What an order takes of the levels that it may take, the best first."""
    left, budget = ticket.quantity, ticket.quote_quantity
    sign = 1 if ticket.side is Side.BUY else -1
    for level in levels:
        if ticket.price is not None and sign * level.price > sign * ticket.price:
            return
        if left is not None:
            wanted = left
        else:
            wanted = ((budget or ZERO) / level.price / step).to_integral_value(ROUND_DOWN) * step
        quantity = min(wanted, level.quantity)
        if quantity <= 0:
            return
        yield Level(level.price, quantity)
        if left is not None:
            left -= quantity
        else:
            budget = (budget or ZERO) - quantity * level.price
