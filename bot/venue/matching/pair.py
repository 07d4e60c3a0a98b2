"""A pair as the exchange lists it: its name, and the filters that an order must pass."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from bot.core.instrument import ZERO, Instrument
from bot.venue.http.refusal import Refusal, filter_failure
from bot.venue.matching.exactness import written
from bot.venue.matching.order import OrderRequest, OrderType


@dataclass(frozen=True, slots=True)
class Pair:
    """One pair. Its base asset has the coin's own symbol; `reach` is how far, as a factor, a limit may be off."""

    instrument: Instrument
    quote: str = "USDT"
    reach: Decimal = Decimal(5)
    notional_filter: Literal["NOTIONAL", "MIN_NOTIONAL"] = "NOTIONAL"

    @property
    def base(self) -> str:
        """The asset that is traded."""
        return self.instrument.symbol

    @property
    def pair(self) -> str:
        """The pair's name, such as ETHUSDT."""
        return self.base + self.quote

    @property
    def most(self) -> Decimal:
        """The largest quantity of one order."""
        return self.instrument.step * 10**16

    @property
    def highest(self) -> Decimal:
        """The highest price."""
        return self.instrument.tick * 10**16

    @property
    def digits(self) -> int:
        """The decimals that a quantity or a price may have at most."""
        return max(8, _decimals(self.instrument.step), _decimals(self.instrument.tick))

    def require_passing(self, ticket: OrderRequest, price: Decimal) -> None:
        """Raise Refusal, in Binance's words, unless an order passes every filter at the price of the moment."""
        for name in ("quantity", "quote_quantity", "price"):
            number = getattr(ticket, name)
            if number is not None and _decimals(number) > self.digits:
                told = "quoteOrderQty" if name == "quote_quantity" else name
                raise Refusal(-1111, f"Parameter '{told}' has too much precision.")
        if ticket.price is not None:
            self._require_price(ticket.price, price)
        if ticket.quantity is not None:
            self._require_quantity(ticket.quantity)
            notional = ticket.quantity * (ticket.price or price)
        else:
            notional = ticket.quote_quantity or ZERO
        if notional < self.instrument.min_notional:
            raise filter_failure(self.notional_filter)

    def _require_price(self, limit: Decimal, price: Decimal) -> None:
        if not self.instrument.tick <= limit <= self.highest or limit % self.instrument.tick:
            raise filter_failure("PRICE_FILTER")
        if not price / self.reach <= limit <= price * self.reach:
            raise filter_failure("PERCENT_PRICE")

    def _require_quantity(self, quantity: Decimal) -> None:
        if not self.instrument.step <= quantity <= self.most or quantity % self.instrument.step:
            raise filter_failure("LOT_SIZE")

    def described(self, status: str) -> dict[str, Any]:
        """The pair as exchangeInfo tells it."""
        return {
            "symbol": self.pair,
            "status": status,
            "baseAsset": self.base,
            "baseAssetPrecision": self.digits,
            "quoteAsset": self.quote,
            "quotePrecision": self.digits,
            "quoteAssetPrecision": self.digits,
            "baseCommissionPrecision": self.digits,
            "quoteCommissionPrecision": self.digits,
            "orderTypes": [OrderType.LIMIT, OrderType.LIMIT_MAKER, OrderType.MARKET],
            "icebergAllowed": False,
            "ocoAllowed": False,
            "otoAllowed": False,
            "allowTrailingStop": False,
            "quoteOrderQtyMarketAllowed": True,
            "cancelReplaceAllowed": False,
            "isSpotTradingAllowed": True,
            "isMarginTradingAllowed": False,
            "filters": self._filters(),
            "permissions": [],
            "permissionSets": [["SPOT"]],
            "defaultSelfTradePreventionMode": "NONE",
            "allowedSelfTradePreventionModes": ["NONE"],
        }

    def _filters(self) -> list[dict[str, Any]]:
        step, tick, least = (written(getattr(self.instrument, name)) for name in ("step", "tick", "min_notional"))
        notional: dict[str, Any] = {"filterType": self.notional_filter, "minNotional": least, "avgPriceMins": 0}
        if self.notional_filter == "NOTIONAL":
            notional |= {"applyMinToMarket": True, "maxNotional": written(Decimal(10**15)), "applyMaxToMarket": False}
        else:
            notional |= {"applyToMarket": True}
        return [
            {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": written(self.highest), "tickSize": tick},
            {"filterType": "LOT_SIZE", "minQty": step, "maxQty": written(self.most), "stepSize": step},
            {
                "filterType": "PERCENT_PRICE",
                "multiplierUp": str(self.reach),
                "multiplierDown": str(1 / self.reach),
                "avgPriceMins": 0,
            },
            notional,
        ]


def _decimals(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    if not isinstance(exponent, int):  # a letter stands for NaN or infinity
        raise AssertionError(f"{number} is not finite")
    return max(0, -exponent)
