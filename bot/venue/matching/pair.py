"""Trading pair of the exchange and the filters that an order must pass."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from bot.core.instrument import ZERO, Instrument
from bot.core.orders import Side
from bot.venue.matching.exact_decimals import format_decimal
from bot.venue.matching.order import OrderRequest, OrderType, SelfTradeMode
from bot.venue.matching.pair_filters import NO_BOUNDS, PairFilters
from bot.venue.matching.refusal import Refusal, filter_failure

MAX_OPEN_ORDERS = 200
"""Most open orders of an account in one pair."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One pair with its filters. Its base asset is the coin's symbol."""

    instrument: Instrument
    quote: str = "USDT"
    filters: PairFilters = NO_BOUNDS
    notional_filter: Literal["NOTIONAL", "MIN_NOTIONAL"] = "NOTIONAL"

    @property
    def base(self) -> str:
        """Base asset, the coin."""
        return self.instrument.symbol

    @property
    def pair(self) -> str:
        """Name of the pair, such as ETHUSDT."""
        return self.base + self.quote

    @property
    def max_quantity(self) -> Decimal:
        """Largest quantity of one order, in coins."""
        return self.filters.largest(self.instrument)

    @property
    def max_price(self) -> Decimal:
        """Highest price of an order."""
        return self.instrument.tick * 10**16

    @property
    def max_decimals(self) -> int:
        """Most decimals of a quantity or price."""
        return max(8, _decimals(self.instrument.step), _decimals(self.instrument.tick))

    def require_filters(self, request: OrderRequest, price: Decimal) -> None:
        """Raise Refusal, with Binance's code and text, unless an order passes every filter at the current price."""
        for name in ("quantity", "quote_quantity", "price"):
            number = getattr(request, name)
            if number is not None and _decimals(number) > self.max_decimals:
                parameter = "quoteOrderQty" if name == "quote_quantity" else name
                raise Refusal(-1111, f"Parameter '{parameter}' has too much precision.")
        if request.price is not None:
            self._require_price(request.side, request.price, price)
        if request.quantity is not None:
            self._require_quantity(request.type, request.quantity)
            notional = request.quantity * (request.price or price)
        else:
            notional = request.quote_quantity or ZERO
        if notional < self.instrument.min_notional:
            raise filter_failure(self.notional_filter)

    def _require_price(self, side: Side, limit: Decimal, price: Decimal) -> None:
        if not self.instrument.tick <= limit <= self.max_price or limit % self.instrument.tick:
            raise filter_failure("PRICE_FILTER")
        if not self.filters.band(side).contains(limit, price):
            raise filter_failure("PERCENT_PRICE_BY_SIDE")

    def _require_quantity(self, kind: OrderType, quantity: Decimal) -> None:
        smallest = self.filters.smallest(self.instrument)
        if not smallest <= quantity <= self.max_quantity or quantity % self.instrument.step:
            raise filter_failure("LOT_SIZE")
        if kind is OrderType.MARKET and quantity > self.filters.largest_market(self.instrument):
            raise filter_failure("MARKET_LOT_SIZE")

    def to_exchange_info(self, status: str) -> dict[str, object]:
        """Return the pair's entry in exchangeInfo."""
        return {
            "symbol": self.pair,
            "status": status,
            "baseAsset": self.base,
            "baseAssetPrecision": self.max_decimals,
            "quoteAsset": self.quote,
            "quotePrecision": self.max_decimals,
            "quoteAssetPrecision": self.max_decimals,
            "baseCommissionPrecision": self.max_decimals,
            "quoteCommissionPrecision": self.max_decimals,
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
            "defaultSelfTradePreventionMode": SelfTradeMode.EXPIRE_MAKER,
            "allowedSelfTradePreventionModes": list(SelfTradeMode),
        }

    def _filters(self) -> list[dict[str, object]]:
        tick, min_notional = (format_decimal(getattr(self.instrument, name)) for name in ("tick", "min_notional"))
        notional: dict[str, object] = {
            "filterType": self.notional_filter,
            "minNotional": min_notional,
            "avgPriceMins": 0,
        }
        if self.notional_filter == "NOTIONAL":
            notional |= {
                "applyMinToMarket": True,
                "maxNotional": format_decimal(Decimal(10**15)),
                "applyMaxToMarket": False,
            }
        else:
            notional |= {"applyToMarket": True}
        return [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": tick,
                "maxPrice": format_decimal(self.max_price),
                "tickSize": tick,
            },
            *self.filters.quantities_to_json(self.instrument),
            self.filters.bands_to_json(),
            notional,
            {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": MAX_OPEN_ORDERS},
        ]


def _decimals(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    if not isinstance(exponent, int):  # a letter stands for NaN or infinity
        raise AssertionError(f"{number} is not finite")
    return max(0, -exponent)
