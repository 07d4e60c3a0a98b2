"""Request weights and order counts, with Binance's limits and bans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.core.moments import ONE_DAY, midnight
from bot.venue.matching.refusal import Refusal


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Limits of the exchange.

    Attributes
    ----------
    weight : int
        Request weight per minute.
    orders, orders_a_day : int
        Orders per ten seconds and per UTC day.
    tolerated : int
        Requests with a 429 in one minute before a ban.
    first_ban : int
        Seconds of the first ban. Each further ban is twice as long, up to three days.
    """

    weight: int = 6000
    orders: int = 100
    orders_a_day: int = 200_000
    tolerated: int = 10
    first_ban: int = 120


_LONGEST_BAN = 3 * 86_400


class Weights:
    """Usage of the current minute. All clients count as one, since they share an IP address."""

    def __init__(self, limits: RequestLimits | None = None) -> None:
        self.limits = limits or RequestLimits()
        self.used = self.orders = self.orders_a_day = 0
        self._minute = self._ten_seconds = self._day = datetime.min.replace(tzinfo=UTC)
        self._warned = self._bans = 0
        self._banned_until = datetime.min.replace(tzinfo=UTC)

    def charge(self, weight: int, now: datetime) -> None:
        """Count a request. Raises Refusal with status 418 during a ban and 429 above the limit."""
        if now < self._banned_until:
            raise self._banned(now)
        # Fixed minutes as on Binance: a burst across a boundary passes.
        minute = now.replace(second=0, microsecond=0)
        if minute != self._minute:
            self._minute, self.used, self._warned = minute, 0, 0
        self.used += weight
        if self.used <= self.limits.weight:
            return
        self._warned += 1
        if self._warned > self.limits.tolerated:
            self._banned_until = now + timedelta(seconds=min(self.limits.first_ban * 2**self._bans, _LONGEST_BAN))
            self._bans += 1
            raise self._banned(now)
        raise Refusal(
            -1003,
            f"Too much request weight used; current limit is {self.limits.weight} request weight per 1 MINUTE. "
            "Please use WebSocket Streams for live updates to avoid polling the API.",
            429,
            {"Retry-After": _seconds(minute + timedelta(minutes=1) - now)},
        )

    def charge_order(self, now: datetime) -> None:
        """Count an order. Raises Refusal above a limit."""
        ten_seconds = now.replace(second=now.second // 10 * 10, microsecond=0)
        if ten_seconds != self._ten_seconds:
            self._ten_seconds, self.orders = ten_seconds, 0
        day = midnight(now.date())
        if day != self._day:
            self._day, self.orders_a_day = day, 0
        self.orders, self.orders_a_day = self.orders + 1, self.orders_a_day + 1
        if self.orders > self.limits.orders:
            raise _too_many_orders(self.limits.orders, "10 SECOND", ten_seconds + timedelta(seconds=10) - now)
        if self.orders_a_day > self.limits.orders_a_day:
            raise _too_many_orders(self.limits.orders_a_day, "1 DAY", day + ONE_DAY - now)

    def _banned(self, now: datetime) -> Refusal:
        until = int(self._banned_until.timestamp() * 1000)
        message = f"Way too much request weight used; IP banned until {until}. "
        message += "Please use WebSocket Streams for live updates to avoid bans."
        return Refusal(-1003, message, 418, {"Retry-After": _seconds(self._banned_until - now)})


def _too_many_orders(limit: int, interval: str, left: timedelta) -> Refusal:
    message = f"Too many new orders; current limit is {limit} orders per {interval}."
    return Refusal(-1015, message, 429, {"Retry-After": _seconds(left)})


def _seconds(left: timedelta) -> str:
    # Rounded up, and never zero: a client that waits that long must be let in.
    return str(max(1, -(-int(left.total_seconds() * 1000) // 1000)))
