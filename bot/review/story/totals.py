"""Totals of a story: fills, money bought and sold, fees, slippage and settlements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from bot.core.orders import Side
from bot.core.plural import counted
from bot.ledger.codec import plain
from bot.report import numbers
from bot.review.day_activity import DayActivity


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the fills of a story, money in the stablecoin; `short` counts orders cut, skipped or left unfilled."""

    fills: int
    bought: Decimal
    sold: Decimal
    fees: Decimal
    slippage: Decimal
    short: int
    settled: int

    def sentence(self) -> str:
        """Format the sums as one sentence."""
        if not self.fills:
            return "No trade, no costs."
        sums = (
            f"{counted(self.fills, 'fill')}: {numbers.money(self.bought)} bought, {numbers.money(self.sold)} sold; "
            f"{numbers.money(self.fees)} in fees and {numbers.money(self.slippage)} in slippage."
        )
        short = f" {counted(self.short, 'order')} not filled in full." if self.short else ""
        settled = f" {counted(self.settled, 'settlement')}." if self.settled else ""
        return sums + short + settled

    def as_dict(self) -> dict[str, object]:
        """Format the sums as JSON, money as decimal text."""
        return {
            "fills": self.fills,
            "bought": plain(self.bought),
            "sold": plain(self.sold),
            "fees": plain(self.fees),
            "slippage": plain(self.slippage),
            "short": self.short,
            "settled": self.settled,
        }


def totals_of(days: Iterable[DayActivity]) -> Totals:
    """Sum the trading events of some days.

    Parameters
    ----------
    days
        Activity of each day.

    Returns
    -------
    Totals
        Money before fees is quantity times price; slippage is measured against each fill's reference price, and is
        above zero for a cost.
    """
    sums = {Side.BUY: Decimal(0), Side.SELL: Decimal(0)}
    fees = slippage = Decimal(0)
    fills = short = settled = 0
    for day in days:
        for one in day.fills:
            fills += 1
            sums[one.event.side] += one.event.notional
            fees += one.event.fee
            slippage += one.event.slippage_cost
        for settlement in day.settlements:
            settled += 1
            fees += settlement.event.fee
        short += len(day.refused)
    return Totals(fills, sums[Side.BUY], sums[Side.SELL], fees, slippage, short, settled)
