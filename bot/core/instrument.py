"""A coin's trading rules at the venue, and the one border between floats and exact decimals."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

ZERO = Decimal(0)
WEIGHT_STEP = Decimal("1e-9")


def to_decimal(number: float) -> Decimal:
    """A float as the decimal that a person would write for it: the shortest that reads back the same."""
    return Decimal(repr(float(number)))


def to_weight(weight: float) -> Decimal:
    """A weight, rounded down to 1e-9 so that rounded weights never sum to more than the floats did."""
    return to_decimal(weight).quantize(WEIGHT_STEP, rounding=ROUND_DOWN)


@dataclass(frozen=True, slots=True)
class Instrument:
    """What the venue allows for one coin, and what trading it costs.

    `step` is the smallest increment of quantity, `tick` of price, `min_notional` the smallest order in the
    quote currency; `fee` and `slippage` are shares of the notional.
    """

    symbol: str
    step: Decimal
    tick: Decimal
    min_notional: Decimal
    fee: Decimal
    slippage: Decimal

    def __post_init__(self) -> None:
        for name in ("step", "tick", "min_notional"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} of {self.symbol} must be above zero, was {getattr(self, name)}")
        for name in ("fee", "slippage"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} of {self.symbol} must be in [0, 1), was {getattr(self, name)}")

    def quantity(self, wanted: Decimal) -> Decimal:
        """A quantity, rounded down to the step."""
        return (wanted / self.step).to_integral_value(ROUND_DOWN) * self.step

    def price(self, wanted: Decimal) -> Decimal:
        """A price, rounded to the tick, never to zero."""
        ticks = (wanted / self.tick).to_integral_value(ROUND_HALF_EVEN)
        return max(ticks, Decimal(1)) * self.tick

    def lots(self, quantity: Decimal) -> int:
        """A quantity as a whole number of steps."""
        return int((quantity / self.step).to_integral_value(ROUND_DOWN))


@dataclass(frozen=True, slots=True)
class VenueRules:
    """What a venue allows for a coin now; `min_notional` is None where the venue names none.

    `step` is of quantity and `tick` of price; `active` is False while trading is halted.
    """

    symbol: str
    venue: str
    pair: str
    step: Decimal
    tick: Decimal
    min_notional: Decimal | None
    active: bool
