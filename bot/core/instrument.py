"""Trading rules of a coin at its venue, and the conversion of floats to exact decimals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from bot.core.orders import Side
from bot.core.python_value import python_value

ZERO = Decimal(0)
WEIGHT_STEP = Decimal("1e-9")
MAX_PARTS = 20
"""Most orders that one quantity is split into."""
COARSE_TICK = Decimal("0.01")
"""Share of the price from which a tick is an error of the table: rounding would cost more than the slippage."""
PRICE_DIGITS = 6
"""Significant digits of a price on the tick that replaces a coarse one."""


def to_decimal(number: float) -> Decimal:
    """Convert a float to the shortest decimal that reads back as the same float."""
    # Decimal(number) would have the float's binary digits, such as 0.1000000000000000055.
    return Decimal(repr(float(number)))


def to_weight(weight: float) -> Decimal:
    """Convert a weight to a decimal, rounded down to 1e-9, so that the sum stays at most that of the floats."""
    exact = to_decimal(weight)
    # NaN and numbers far out of range fail to round; as they are, `Decision` refuses them with the coin's name.
    return exact.quantize(WEIGHT_STEP, rounding=ROUND_DOWN) if abs(weight) <= 1 else exact


def exact_weights(weights: Mapping[str, Decimal | float]) -> dict[str, Decimal]:
    """Convert weights to decimals with `to_weight`; a decimal is kept as it is.

    Parameters
    ----------
    weights
        Share of equity by symbol: numbers of Python or NumPy.

    Returns
    -------
    dict
        Share of equity by symbol.

    Raises
    ------
    TypeError
        If a weight is a truth value, a text or another object.
    """
    exact = {}
    for symbol, weight in weights.items():
        number = python_value(weight)
        if isinstance(number, bool) or not isinstance(number, int | float | Decimal):
            raise TypeError(f"the weight of {symbol} must be a number, was {weight!r}")
        exact[symbol] = number if isinstance(number, Decimal) else to_weight(number)
    return exact


@dataclass(frozen=True, slots=True)
class Instrument:
    """Trading rules and costs of one coin.

    `step` is the smallest increment of quantity, `tick` of price, `min_notional` the smallest order in the quote
    currency. `fee` and `slippage` are shares of the notional. `min_quantity` is the smallest order in coins; 0 is one
    step. `is_of_venue` is True for the rules that a venue states now, and False for those of the config's table.
    """

    symbol: str
    step: Decimal
    tick: Decimal
    min_notional: Decimal
    fee: Decimal
    slippage: Decimal
    min_quantity: Decimal = ZERO
    is_of_venue: bool = False

    def __post_init__(self) -> None:
        for name in ("step", "tick", "min_notional"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} of {self.symbol} must be above zero, was {getattr(self, name)}")
        for name in ("fee", "slippage"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} of {self.symbol} must be in [0, 1), was {getattr(self, name)}")
        if self.min_quantity < 0:
            raise ValueError(f"min_quantity of {self.symbol} must be zero or above, was {self.min_quantity}")

    def quantity(self, amount: Decimal) -> Decimal:
        """Round a quantity down to the step."""
        # Down for a sale too: an order must stay within the holding and within the cash.
        return (amount / self.step).to_integral_value(ROUND_DOWN) * self.step

    def tick_at(self, price: Decimal) -> Decimal:
        """Return the tick that applies at a price.

        Parameters
        ----------
        price
            Price above zero, in the quote currency.

        Returns
        -------
        Decimal
            `tick`, or a tick of six digits of the price where that of the table is coarser than 1% of the price. A
            venue's tick applies down to a price of one tick.
        """
        if self.tick <= (price if self.is_of_venue else price * COARSE_TICK):
            return self.tick
        return Decimal(1).scaleb(price.adjusted() + 1 - PRICE_DIGITS)

    def worse_price(self, price: Decimal, side: Side) -> Decimal:
        """Round a price to the tick against the trader: up for a buy, down for a sale.

        Parameters
        ----------
        price
            Price above zero, in the quote currency.
        side
            Side of the order.
        """
        tick = self.tick_at(price)
        return (price / tick).to_integral_value(ROUND_CEILING if side is Side.BUY else ROUND_FLOOR) * tick

    def price(self, price: Decimal) -> Decimal:
        """Round a price to the nearest tick, at least one tick, for quotations."""
        ticks = (price / self.tick).to_integral_value(ROUND_HALF_EVEN)
        return max(ticks, Decimal(1)) * self.tick

    def lots(self, quantity: Decimal) -> int:
        """Convert a quantity to a whole number of steps."""
        return int((quantity / self.step).to_integral_value(ROUND_DOWN))


@dataclass(frozen=True, slots=True)
class VenueRules:
    """Current rules of a venue for a coin.

    `step` is of quantity and `tick` of price. `min_notional` is the smallest order in the quote currency, if the venue
    states one. `active` is False while trading is halted. `min_quantity` and `max_quantity` are the smallest and the
    largest market order in coins, if the venue states them.
    """

    symbol: str
    venue: str
    pair: str
    step: Decimal
    tick: Decimal
    min_notional: Decimal | None
    active: bool
    min_quantity: Decimal | None = None
    max_quantity: Decimal | None = None

    def parts(self, quantity: Decimal) -> list[Decimal]:
        """Split a quantity into market orders of at most `max_quantity`, in whole steps.

        Parameters
        ----------
        quantity : Decimal
            Coins, a multiple of the step.

        Returns
        -------
        list of Decimal
            Coins of each order, at most `MAX_PARTS` of them; their sum is the quantity, or less if that many are too
            few. They are of nearly equal size, so that the last one stays above `min_quantity`.
        """
        if self.max_quantity is None or quantity <= self.max_quantity:
            return [quantity]
        most = max(int(self.max_quantity / self.step), 1)
        steps = min(int(quantity / self.step), most * MAX_PARTS)
        count = -(-steps // most)
        smaller, larger = divmod(steps, count)
        return [(smaller + (number < larger)) * self.step for number in range(count)]
