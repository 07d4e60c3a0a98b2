"""A Binance-like spot testnet: signed orders, filled at once at 100 in two trades, unless a test says otherwise."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from bot.brokers.testnet.keys import LOOPBACK_KEYS
from tests.servers.exchange import Pair, listing
from tests.servers.loopback import Asked, LoopbackServer, Reply, as_json

PRICE = Decimal("100")


@dataclass
class Placed:
    """An order as the server has it."""

    number: int
    fields: dict[str, str]
    filled: Decimal
    status: str

    def shown(self) -> dict[str, Any]:
        """As GET order shows it."""
        return {
            "symbol": self.fields["symbol"],
            "orderId": self.number,
            "clientOrderId": self.fields["newClientOrderId"],
            "origQty": self.fields["quantity"],
            "executedQty": str(self.filled),
            "status": self.status,
            "side": self.fields["side"],
            "type": "MARKET",
            "time": 1,
            "updateTime": 1,
        }


@dataclass
class Account:
    """What a test may change: the share of each order that is filled, the clock, and the answers' shape."""

    filled_share: Decimal = Decimal(1)
    clock_ahead: timedelta = timedelta(0)
    balances: dict[str, tuple[str, str]] = field(default_factory=lambda: {"USDT": ("1000", "0"), "ETH": ("0.5", "0.1")})
    refusal: tuple[int, str] | None = None
    cancels: bool = True


class TestnetServer(LoopbackServer):
    """Checks key, signature and time as the real one does, and has the pair ETH/USDT with a step of 0.0001."""

    __test__ = False

    def __init__(self) -> None:
        super().__init__()
        self.account = Account()
        self.orders: dict[str, Placed] = {}
        self.drop_after_acceptance = False

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rsplit(":", 1)[1])

    def answer(self, asked: Asked) -> Reply:
        path = asked.path.removeprefix("/api/v3/")
        now = self.now() + self.account.clock_ahead
        if path == "time":
            return as_json({"serverTime": int(now.timestamp() * 1000)})
        if path == "exchangeInfo":
            return as_json({"symbols": [listing("ETHUSDT", Pair("ETH", "USDT", {}))]})
        fields = dict(parse_qsl(asked.body)) if asked.method == "POST" else dict(asked.query)
        refused = self._refused(asked, fields)
        if refused is not None:
            return as_json({"code": refused[0], "msg": refused[1]}, status=400)
        return self._obeyed(asked.method, path, fields)

    def _refused(self, asked: Asked, fields: dict[str, str]) -> tuple[int, str] | None:
        if self.account.refusal is not None:
            return self.account.refusal
        if asked.headers.get("X-MBX-APIKEY") != LOOPBACK_KEYS.key:
            return -2015, "Invalid API-key, IP, or permissions for action."
        signed = asked.body if asked.method == "POST" else "&".join(f"{k}={v}" for k, v in fields.items())
        text, _, signature = signed.partition("&signature=")
        if signature != hmac.new(LOOPBACK_KEYS.secret.encode(), text.encode(), hashlib.sha256).hexdigest():
            return -1022, "Signature for this request is not valid."
        now = (self.now() + self.account.clock_ahead).timestamp() * 1000
        if not -1000 <= now - int(fields["timestamp"]) <= int(fields["recvWindow"]):
            return -1021, "Timestamp for this request is outside of the recvWindow."
        return None

    def _obeyed(self, method: str, path: str, fields: dict[str, str]) -> Reply:
        if path == "account":
            rows = [
                {"asset": name, "free": free, "locked": locked}
                for name, (free, locked) in self.account.balances.items()
            ]
            return as_json({"balances": rows})
        if path == "myTrades":
            asked = fields.get("orderId")
            found = [one for one in self.orders.values() if asked is None or one.number == int(asked)]
            return as_json([{**trade, "id": trade["tradeId"], "time": 5} for one in found for trade in _trades(one)])
        if method == "POST":
            return self._placed(fields)
        order = self.orders.get(fields["origClientOrderId"])
        if order is None:
            return as_json({"code": -2013 if method == "GET" else -2011, "msg": "Unknown order sent."}, status=400)
        if method == "DELETE":
            if not self.account.cancels:
                return as_json({"code": -1013, "msg": "Market is closed."}, status=400)
            if order.status not in ("NEW", "PARTIALLY_FILLED"):
                return as_json({"code": -2011, "msg": "Unknown order sent."}, status=400)
            order.status = "CANCELED"
        return as_json(order.shown())

    def _placed(self, fields: dict[str, str]) -> Reply:
        name, quantity = fields["newClientOrderId"], Decimal(fields["quantity"])
        standing = self.orders.get(name)
        if standing is not None and standing.status == "NEW":
            return as_json({"code": -2010, "msg": "Duplicate order sent."}, status=400)
        if quantity * PRICE > 100_000:
            message = "Account has insufficient balance for requested action."
            return as_json({"code": -2010, "msg": message}, status=400)
        filled = quantity * self.account.filled_share
        status = "FILLED" if filled == quantity else "PARTIALLY_FILLED" if filled else "NEW"
        self.orders[name] = placed = Placed(len(self.orders) + 7, fields, filled, status)
        if self.drop_after_acceptance:
            return Reply(hang_up=True)
        return as_json(placed.shown() | {"transactTime": 5, "fills": _trades(placed)})


def _trades(placed: Placed) -> list[dict[str, Any]]:
    """Two trades, the fee of the second in another coin."""
    if not placed.filled:
        return []
    part = (placed.filled / 4).quantize(Decimal("0.0001"))
    trades = [
        {"price": "99.5", "qty": str(part), "commission": "0.001", "commissionAsset": "USDT", "tradeId": 1},
        {
            "price": "100.5",
            "qty": str(placed.filled - part),
            "commission": "0.0002",
            "commissionAsset": "BNB",
            "tradeId": 2,
        },
    ]
    return [trade for trade in trades if Decimal(str(trade["qty"]))]
