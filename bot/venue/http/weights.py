"""How much may be asked in a minute, and what becomes of who goes on asking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.venue.http.refusal import Refusal


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Weight in a minute, orders in ten seconds; requests after the first 429 of a minute that earn a ban; its seconds.

    A ban is twice as long as the one before, up to three days.
    """

    weight: int = 6000
    orders: int = 100
    tolerated: int = 10
    first_ban: int = 120


_LONGEST_BAN = 3 * 86_400


class Weights:
    """What was asked since the minute began. All clients are one, as all are at one address."""

    def __init__(self, limits: RequestLimits | None = None) -> None:
        self.limits = limits or RequestLimits()
        self.used = self.orders = 0
        self._minute = self._ten_seconds = datetime.min.replace(tzinfo=UTC)
        self._warned = self._bans = 0
        self._banned_until = datetime.min.replace(tzinfo=UTC)

    def charge(self, weight: int, now: datetime) -> None:
        """Count a request. Raises Refusal: 418 for who is banned, 429 for who asked too much."""
        if now < self._banned_until:
            raise self._banned(now)
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
        """Count an order. Raises Refusal where there were too many."""
        ten_seconds = now.replace(second=now.second // 10 * 10, microsecond=0)
        if ten_seconds != self._ten_seconds:
            self._ten_seconds, self.orders = ten_seconds, 0
        self.orders += 1
        if self.orders > self.limits.orders:
            told = f"Too many new orders; current limit is {self.limits.orders} orders per 10 SECOND."
            raise Refusal(-1015, told, 429)

    def _banned(self, now: datetime) -> Refusal:
        until = int(self._banned_until.timestamp() * 1000)
        told = f"Way too much request weight used; IP banned until {until}. "
        told += "Please use WebSocket Streams for live updates to avoid bans."
        return Refusal(-1003, told, 418, {"Retry-After": _seconds(self._banned_until - now)})


def _seconds(left: timedelta) -> str:
    return str(max(1, -(-int(left.total_seconds() * 1000) // 1000)))
