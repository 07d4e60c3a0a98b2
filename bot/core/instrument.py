"""Trading rules of a coin at its venue, and the conversion of floats to exact decimals."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

ZERO = Decimal(0)
WEIGHT_STEP = Decimal("1e-9")


def to_decimal(number: float) -> Decimal:
    """Convert a float to the shortest decimal that reads back as the same float."""
    # Decimal(number) would have the float's binary digits, such as 0.1000000000000000055.
    return Decimal(repr(float(number)))


def to_weight(weight: float) -> Decimal:
    """Convert a weight to a decimal, rounded down to 1e-9, so that the sum stays at most that of the floats."""
    return to_decimal(weight).quantize(WEIGHT_STEP, rounding=ROUND_DOWN)


@dataclass(frozen=True, slots=True)
class Instrument:
    """Trading rules and costs of one coin.

    `step` is the smallest increment of quantity, `tick` of price, `min_notional` the smallest order in the quote
    currency. `fee` and `slippage` are shares of the notional.
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

    def quantity(self, amount: Decimal) -> Decimal:
        """Round a quantity down to the step."""
        # Down for a sale too: an order must stay within the holding and within the cash.
        return (amount / self.step).to_integral_value(ROUND_DOWN) * self.step

    def price(self, price: Decimal) -> Decimal:
        """Round a price to the tick, at least one tick."""
        ticks = (price / self.tick).to_integral_value(ROUND_HALF_EVEN)
        return max(ticks, Decimal(1)) * self.tick

    def lots(self, quantity: Decimal) -> int:
        """Convert a quantity to a whole number of steps."""
        return int((quantity / self.step).to_integral_value(ROUND_DOWN))


@dataclass(frozen=True, slots=True)
class VenueRules:
    """Current rules of a venue for a coin.

    `step` is of quantity and `tick` of price. `min_notional` is the smallest order in the quote currency, if the venue
    states one. `active` is False while trading is halted.
    """

    symbol: str
    venue: str
    pair: str
    step: Decimal
    tick: Decimal
    min_notional: Decimal | None
    active: bool
