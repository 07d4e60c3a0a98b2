"""Activity of a day: the orders, fills, order ends and settlements that followed its decision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from bot.core.events import Event
from bot.core.moments import ONE_DAY
from bot.core.orders import Fill, OrderIntent, OrderResult, OrderStatus, Settlement, Side
from bot.core.plural import counted
from bot.core.text import printable
from bot.ledger.codec import plain
from bot.ledger.recorded import Recorded
from bot.report import names, numbers
from bot.report.labels import PLAIN, Labels

TRADING_EVENTS = (OrderIntent, Fill, OrderResult, Settlement)
"""Types of the events that an activity is made of."""
FILLED_WITHIN = 7 * ONE_DAY
"""Time after a decision in which the fills and ends of its orders are looked for."""
_NAMED = 3
"""Coins that one sentence names."""

CoinSums = Mapping[str, tuple[Decimal, Decimal]]
"""Quantity in coins and money in the quote currency, by coin."""


@dataclass(slots=True)
class DayActivity:
    """Events that followed the decision of one day, each list in the order of the ledger."""

    orders: list[Recorded[OrderIntent]] = field(default_factory=list)
    fills: list[Recorded[Fill]] = field(default_factory=list)
    results: list[Recorded[OrderResult]] = field(default_factory=list)
    settlements: list[Recorded[Settlement]] = field(default_factory=list)

    @property
    def sequences(self) -> list[int]:
        """Row numbers: those of the orders first, then of the fills, the ends and the settlements."""
        return [one.sequence for one in (*self.orders, *self.fills, *self.results, *self.settlements)]

    @property
    def refused(self) -> list[OrderResult]:
        """Ends of the orders that were cut, skipped or left unfilled."""
        return [one.event for one in self.results if one.event.status is not OrderStatus.FILLED]

    def traded(self, side: Side) -> dict[str, tuple[Decimal, Decimal]]:
        """Sum the fills of one side by coin, those of stop orders left out.

        Returns
        -------
        dict
            By coin, in order of the first fill: quantity in coins, and money in the quote currency before fees.
        """
        sums: dict[str, tuple[Decimal, Decimal]] = {}
        for one in self.fills:
            fill = one.event
            if fill.side is side and fill.stop is None:
                quantity, money = sums.get(fill.symbol, (Decimal(0), Decimal(0)))
                sums[fill.symbol] = quantity + fill.quantity, money + fill.notional
        return sums

    @property
    def stopped(self) -> list[Recorded[Fill]]:
        """Fills of the stop orders that the day triggered."""
        return [one for one in self.fills if one.event.stop is not None]


def activity_of(events: Iterable[Recorded[Event]]) -> Mapping[str, DayActivity]:
    """Group trading events by the day of their decision.

    Parameters
    ----------
    events
        Events of the types in `TRADING_EVENTS`, in the order of the ledger.

    Returns
    -------
    Mapping
        Activity by UTC date, YYYY-MM-DD; an empty one for every other day.
    """
    days: dict[str, DayActivity] = defaultdict(DayActivity)
    day_of_order: dict[str, str] = {}
    for one in events:
        match one.event:
            case Settlement() as settlement:
                days[one.day].settlements.append(Recorded(one.row, settlement))
            case OrderIntent() | Fill() | OrderResult() as event:
                # A live fill may come after midnight; it still belongs to the decision that sent its order.
                found = days[day_of_order.setdefault(event.order_id, one.day)]
                match event:
                    case OrderIntent():
                        found.orders.append(Recorded(one.row, event))
                    case Fill():
                        found.fills.append(Recorded(one.row, event))
                    case OrderResult():
                        found.results.append(Recorded(one.row, event))
            case _:
                raise TypeError(f"a trading event is expected, was {one.event!r}")
    return days


def sentences(activity: DayActivity, labels: Labels = PLAIN) -> list[str]:
    """Format an activity as sentences: sales, purchases, stops, orders cut or skipped, settlements."""
    return [
        *(_trade("Sold", symbol, *sums) for symbol, sums in activity.traded(Side.SELL).items()),
        *(_trade("Bought", symbol, *sums) for symbol, sums in activity.traded(Side.BUY).items()),
        *(stop_sentence(one.event) for one in activity.stopped),
        *(_refusal(result, labels) for result in activity.refused),
        *(settlement_sentence(one.event) for one in activity.settlements),
    ]


def _trade(verb: str, symbol: str, quantity: Decimal, money: Decimal) -> str:
    each = numbers.price(money / quantity) if quantity else numbers.NOTHING
    return f"{verb} {plain(quantity)} {printable(symbol)} at {each}, {numbers.money(money)} in all."


def stop_sentence(fill: Fill) -> str:
    """Format the sale of a stop order with its level and its fill."""
    symbol, level = printable(fill.symbol), numbers.price(fill.stop)
    reached = fill.reference_price == fill.stop
    how = f"fell to its stop at {level}" if reached else f"opened under its stop at {level}"
    at, money = numbers.price(fill.price), numbers.money(fill.notional)
    return f"{symbol} {how}: sold {plain(fill.quantity)} at {at}, {money} in all."


_ENDED = {
    OrderStatus.PARTIAL: "was filled in part",
    OrderStatus.UNFILLED: "was not filled",
    OrderStatus.SKIPPED: "was not sent",
}


def _refusal(result: OrderResult, labels: Labels) -> str:
    why = printable(names.reasons(end_of(result), labels))
    order = f"The order to {result.side} {plain(result.quantity)} {printable(result.symbol)}"
    return f"{order} {_ENDED[result.status]} ({why})."


def end_of(result: OrderResult) -> str:
    """Return the code of an order's end with its detail; the last code where a ledger has an end of its own."""
    return result.end_text or result.reason.rpartition(";")[2]


def settlement_sentence(settlement: Settlement) -> str:
    """Format the end of a coin that was held: renamed, or settled in cash."""
    symbol, quantity = printable(settlement.symbol), plain(settlement.quantity)
    if settlement.into:
        return f"{symbol} became {printable(settlement.into)}: {plain(settlement.received)} for {quantity}."
    return f"{symbol} ended ({settlement.cause}): {quantity} settled at {numbers.price(settlement.price)}."


def trades_in_short(activity: DayActivity) -> str:
    """Format sales and purchases in a few words; empty for an idle day."""
    sold, bought = activity.traded(Side.SELL), activity.traded(Side.BUY)
    parts = [f"sold {coins(sold)}"] if sold else []
    parts += [f"bought {coins(bought)}"] if bought else []
    return ", ".join(parts)


def coins(sums: CoinSums) -> str:
    """Format traded coins, the most money first: one with its price, up to three by name, more by number."""
    symbols = sorted(sums, key=lambda symbol: -sums[symbol][1])
    if len(symbols) == 1:
        quantity, money = sums[symbols[0]]
        return f"{printable(symbols[0])} at {numbers.price(money / quantity)}" if quantity else printable(symbols[0])
    shown = [printable(name) for name in symbols[:_NAMED]]
    more = len(symbols) - len(shown)
    if not more:
        return ", ".join(shown[:-1]) + " and " + shown[-1]
    return f"{', '.join(shown)} and {counted(more, 'other')}"
