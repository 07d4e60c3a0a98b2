"""Spot pairs of a testnet, loaded again every hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.brokers.testnet.dialects.dialect import Dialect, SpotPair
from bot.brokers.testnet.dialects.members import Members
from bot.brokers.testnet.transport import TestnetTransport
from bot.core.instrument import VenueRules
from bot.core.ports import Clock
from bot.infra.vendor_errors import NotListed

_VALID = timedelta(hours=1)
"""Time for which loaded pairs are used."""


class SpotPairs:
    """The venue's pairs by name, such as ETH/USDT. The first use loads them, and uses an hour later load them again.

    A pair that cannot be read is left out and logged once.
    """

    __slots__ = ("_clock", "_dialect", "_loaded_at", "_pairs", "_transport")

    def __init__(self, transport: TestnetTransport, dialect: Dialect, clock: Clock) -> None:
        self._transport, self._dialect, self._clock = transport, dialect, clock
        self._loaded_at = clock.now()
        self._pairs: Mapping[str, SpotPair] | None = None

    def names(self) -> tuple[str, ...]:
        """Return the name of every pair, halted ones too, sorted."""
        return tuple(sorted(self._load()))

    def get(self, name: str) -> SpotPair:
        """Return a pair. Raises NotListed."""
        pair = self._load().get(name)
        if pair is None:
            raise NotListed(f"{name} is not listed", where=self._transport.venue)
        return pair

    def rules(self, coin: str, quotes: Sequence[str]) -> VenueRules:
        """Return the rules of a coin's pair in the first of the quote currencies that has one. Raises NotListed."""
        pairs = self._load()
        for quote in quotes:
            if (pair := pairs.get(f"{coin}/{quote}")) is not None:
                return pair.rules
        raise NotListed(
            f"{coin} is not listed", where=self._transport.venue, expected=f"a spot pair in {' or '.join(quotes)}"
        )

    def _load(self) -> Mapping[str, SpotPair]:
        # A daemon runs for months, and the venue changes its largest orders daily.
        if self._pairs is None or abs(self._clock.now() - self._loaded_at) > _VALID:
            pairs = self._transport.read(self._dialect.pairs_request(), self._parse)
            self._loaded_at = self._clock.now()
            self._pairs = {pair.pair: pair for pair in pairs}
            self._transport.report_left_out("pair", pairs.left_out)
        return self._pairs

    def _parse(self, data: object) -> Members[SpotPair]:
        pairs = self._dialect.read_pairs(data)
        if not pairs:
            raise ValueError("no pair")
        return pairs
