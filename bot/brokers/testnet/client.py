"""Trade on an exchange's testnet: orders, balances and rules as exact values.

    exchange = open_testnet(Loopback(8788), SystemClock(), os.environ)
    report = exchange.submit("r-1", "ETH/USDT", Side.BUY, Decimal("0.5"))

The ccxt object stays inside: it has hundreds of methods that reach other products and hosts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn

from bot.brokers.testnet.dialects.binance import Binance
from bot.brokers.testnet.dialects.bybit import Bybit
from bot.brokers.testnet.dialects.dialect import Dialect, OrderKey
from bot.brokers.testnet.dialects.gate import Gate
from bot.brokers.testnet.dialects.members import Members
from bot.brokers.testnet.guard import Loopback, Profile
from bot.brokers.testnet.keys import LOOPBACK_KEYS, Keys, keys_from
from bot.brokers.testnet.order_flow import OrderFlow
from bot.brokers.testnet.reports import AssetBalance, OrderReport, VenueFill
from bot.brokers.testnet.session import TestnetSession
from bot.brokers.testnet.spot_pairs import SpotPairs
from bot.brokers.testnet.transport import TestnetTransport
from bot.core.errors import NotSandbox
from bot.core.instrument import VenueRules
from bot.core.orders import Side
from bot.core.ports import Clock
from bot.infra.vendor_errors import EmptyAccount

_DIALECTS: Mapping[str, Callable[[str], Dialect]] = MappingProxyType({"binance": Binance, "bybit": Bybit, "gate": Gate})


def open_testnet(profile: Profile, clock: Clock, environment: Mapping[str, str]) -> TestnetExchange:
    """Open a testnet with the environment's keys, or the local venue with its throwaway keys.

    Raises
    ------
    ConfigError
        A key is missing from the environment.
    NotSandbox
        ccxt differs from what the guard expects.
    """
    keys = LOOPBACK_KEYS if type(profile) is Loopback else keys_from(environment, profile.venue)
    return TestnetExchange(TestnetSession(profile, keys, clock), keys, clock)


def keep_bans(exchange: TestnetExchange, path: Path) -> None:
    """Keep a venue's pauses and the refusals of the keys in a file, for the next process."""
    exchange._transport.keep_bans(path)


class TestnetExchange:
    """One account on one testnet. `pair` is such as ETH/USDT, quantities are in coins.

    Every method may raise NotSandbox, RateLimited (also during the pause that the venue asked for), Blocked or
    KeysRefused: after each of these the venue's state is unchanged. Read methods raise Unreachable after a few tries.
    """

    __slots__ = ("_dialect", "_orders", "_page", "_pairs", "_transport")
    __test__ = False  # pytest takes it for a test by its name

    def __init__(self, session: TestnetSession, keys: Keys, clock: Clock) -> None:
        profile = session.profile
        venue = f"{profile.venue} {'on the loopback' if type(profile) is Loopback else 'testnet'}"
        self._page = profile.page
        self._dialect = _DIALECTS[profile.exchange_id](venue)
        self._transport = TestnetTransport(session, keys, clock, venue, self._dialect)
        self._pairs = SpotPairs(self._transport, self._dialect, clock)
        self._orders = OrderFlow(self._transport, self._dialect, self._pairs, clock)

    @property
    def venue(self) -> str:
        """The name on screen, such as `binance testnet`."""
        return self._transport.venue

    @property
    def verified(self) -> bool:
        """True if orders were placed this way on a local double of the venue. No real testnet was reached so far."""
        return self._dialect.verified

    def server_time(self) -> datetime:
        """Return the venue's clock, in UTC."""
        return self._transport.read(self._dialect.time_request(), self._dialect.read_time)

    def pairs(self) -> tuple[str, ...]:
        """Return the name of every spot pair, halted ones too, sorted."""
        return self._pairs.names()

    def rules(self, coin: str, quotes: Sequence[str] = ("USDT", "USD", "USDC")) -> VenueRules:
        """Return the rules of a coin's pair in the first of the quote currencies that has one. Raises NotListed."""
        return self._pairs.rules(coin, quotes)

    def balances(self) -> Members[AssetBalance]:
        """Return every asset with an amount above zero; `unread` names those that the venue states unreadably.

        Raises EmptyAccount if there is none.
        """
        balances = self._transport.read(self._dialect.balances_request(), self._dialect.read_balances)
        self._transport.report_left_out("balance", balances.left_out)
        owned = tuple(balance for balance in balances if balance.free or balance.locked)
        if not owned and not balances.unread:
            raise EmptyAccount("the account has no asset", where=self.venue, mend=f"claim test coins at {self._page}")
        return Members(owned, balances.left_out, balances.unread)

    def submit(self, client_order_id: str, pair: str, side: Side, quantity: Decimal) -> OrderReport:
        """Place a market order and return its report.

        Parameters
        ----------
        client_order_id : str
            1 to 26 characters of a-z, 0-9 and -. The venue refuses an id of an open order.
        quantity : Decimal
            Coins, a multiple of the pair's step.

        Raises
        ------
        OrderRejected
            The venue refused the order: it does not exist there.
        OutcomeUnknown
            The order may exist: `find` it before anything else.
        """
        return self._orders.submit(client_order_id, pair, side, quantity)

    def find(
        self, client_order_id: str, pair: str, venue_order_id: str = "", sent_at: datetime | None = None
    ) -> OrderReport | None:
        """Return an order with its fills; None for one that the venue calls missing.

        The venue's own order id and the time of sending, or a time of up to a day before it, find an order that the
        venue no longer lists by its client id alone: Bybit shows seven days at a time, Gate the last 100 orders.

        An order can appear up to 11 seconds after it was sent. Within that time of sending it, or of opening this
        exchange (an earlier process may have sent it), a missing order is looked up a second time.
        """
        return self._orders.find(OrderKey(client_order_id, venue_order_id, sent_at), pair)

    def cancel(self, client_order_id: str, pair: str) -> OrderReport:
        """Cancel the open part of an order and return its report. An ended order is returned as it is.

        Raises
        ------
        OrderRejected
            The order is unknown to the venue.
        OutcomeUnknown
            The cancel request has an unknown status.
        """
        return self._orders.cancel(client_order_id, pair)

    def wait_until_ended(self, report: OrderReport) -> OrderReport:
        """Poll an open order for a few seconds, then cancel its open part. Raises OutcomeUnknown if it stays open."""
        return self._orders.wait_until_ended(report)

    def trades(self, pair: str) -> tuple[VenueFill, ...]:
        """Return the account's last trades in a pair, manual ones too, as far back as the venue shows them."""
        listed = self._pairs.get(pair)
        request = self._dialect.trades_request(listed)
        return tuple(self._transport.read(request, lambda data: self._dialect.read_fills(data, listed)))

    def takes(self, pair: str, side: Side) -> bool:
        """Return True if the venue takes orders of this side in a pair now. Raises NotListed."""
        listed = self._pairs.get(pair)
        return listed.rules.active and side in listed.sides

    def __repr__(self) -> str:
        return f"TestnetExchange({self.venue})"

    def __reduce__(self) -> NoReturn:
        raise NotSandbox("a testnet exchange cannot be copied or pickled")
