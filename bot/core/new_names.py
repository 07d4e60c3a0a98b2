"""New names of coins that were renamed while a book held them: strategies may go on naming a coin by its old symbol."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from bot.core.instrument import ZERO


class NewNames:
    """Successors of the coins of one book, with the new units for one old."""

    def __init__(self, successors: Mapping[str, tuple[str, Decimal]] | None = None) -> None:
        self._successors = dict(successors or {})

    def __bool__(self) -> bool:
        return bool(self._successors)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NewNames) and self._successors == other._successors

    def fork(self) -> NewNames:
        """Return an independent copy."""
        return NewNames(self._successors)

    def note(self, symbol: str, into: str, ratio: Decimal) -> None:
        """Remember that each unit of a coin became `ratio` units of another."""
        self._successors[symbol] = into, ratio

    def newest(self, symbol: str) -> tuple[str, Decimal]:
        """Return the present name of a coin, and how many of its units one unit became."""
        units = Decimal(1)
        while symbol in self._successors:  # a coin may be renamed twice; a circle is refused with the config
            symbol, ratio = self._successors[symbol]
            units *= ratio
        return symbol, units

    def of_weights(self, weights: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
        """Move the target weights of renamed coins to their successors."""
        if not any(symbol in self._successors for symbol in weights):
            return weights
        moved: dict[str, Decimal] = {}
        for symbol, weight in weights.items():
            name, _ = self.newest(symbol)
            moved[name] = moved.get(name, ZERO) + weight
        return moved
