"""Entries of the story of a user's own strategy: one sentence for each day with trades or refused orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from bot.core.decision import Decision
from bot.core.orders import Fill, Settlement, Side
from bot.core.plural import counted
from bot.core.text import printable
from bot.ledger.recorded import Recorded
from bot.ledger.round_trips import Closed, days_between, match_lots
from bot.report import names, numbers
from bot.report.labels import Labels
from bot.review.day_activity import DayActivity, end_of, stop_sentence

_NAMED = 3
"""Coins that one sentence names; the rest is counted."""

TradeSentence = tuple[str, str, tuple[int, ...], str]
"""UTC day (YYYY-MM-DD), sentence, numbers of the rows that it rests on, and the stage of the day."""


def trade_sentences(
    decisions: Iterable[Recorded[Decision]],
    activity: Mapping[str, DayActivity],
    trades: Iterable[Fill | Settlement],
    labels: Labels,
) -> Iterator[TradeSentence]:
    """Format the days on which a strategy traded.

    Parameters
    ----------
    decisions
        Decisions in the order of the ledger.
    activity
        Trading events by UTC date of their decision, YYYY-MM-DD.
    trades
        Every fill and settlement of the record up to the story's end: a sale is matched with its purchases, first in,
        first out. Empty leaves out holding days and results.
    labels
        Names of the record's config.
    """
    closed: dict[str, list[Closed]] = defaultdict(list)
    for part in match_lots(trades)[0]:
        closed[part.order_id].append(part)
    for one in decisions:
        found = activity.get(one.day)
        if found is None or not (found.fills or found.refused):
            continue
        why = ", ".join(printable(names.plain(code)) for code in one.event.reasons)
        stops = [
            f"{stop_sentence(fill.event).rstrip('.')}{_result(closed.get(fill.event.order_id, []))}"
            for fill in found.stopped
        ]
        parts = [*_sales(found, closed), *_purchases(found)]
        if not (parts or stops):
            parts = [_refused(found, labels)]
        traded = f"{why}: {'; '.join(parts)}" if why and parts else "; ".join(parts)
        text = ". ".join(filter(None, [traded, *stops]))
        yield one.day, text, (one.sequence, *found.sequences), printable(one.event.stage)


def _purchases(found: DayActivity) -> list[str]:
    bought = found.traded(Side.BUY)
    each = [f"{_priced(symbol, sums)} for {numbers.money(sums[1])}" for symbol, sums in bought.items()]
    return [f"bought {_first_few(each)}"] if each else []


def _sales(found: DayActivity, closed: Mapping[str, Sequence[Closed]]) -> list[str]:
    parts: dict[str, list[Closed]] = defaultdict(list)
    for one in found.fills:
        if one.event.side is Side.SELL and one.event.stop is None:
            parts[one.event.symbol] += closed.get(one.event.order_id, [])
    sold = found.traded(Side.SELL)
    each = [f"{_priced(symbol, sums)}{_result(parts[symbol])}" for symbol, sums in sold.items()]
    return [f"sold {_first_few(each)}"] if each else []


def _priced(symbol: str, sums: tuple[Decimal, Decimal]) -> str:
    quantity, money = sums
    return f"{printable(symbol)} at {numbers.price(money / quantity)}" if quantity else printable(symbol)


def _result(parts: Sequence[Closed]) -> str:
    """Format holding days and result of a sale: " after 12 days, +4.2% (403)"; "" if its purchases are unknown."""
    cost = sum((part.cost for part in parts), Decimal(0))
    if not cost:
        return ""
    held = [days_between(part.lot.at, part.at) for part in parts]
    span = counted(held[0], "day") if min(held) == max(held) else f"{min(held):,} to {max(held):,} days"
    profit = sum((part.pnl for part in parts), Decimal(0))
    return f" after {span}, {numbers.growth(float(profit / cost))} ({numbers.money(profit)})"


def _refused(found: DayActivity, labels: Labels) -> str:
    result = found.refused[0]
    return f"no order was filled ({printable(names.reasons(end_of(result), labels))})"


def _first_few(each: Sequence[str]) -> str:
    more = len(each) - _NAMED
    return ", ".join(each[:_NAMED]) + (f" and {counted(more, 'other')}" if more > 0 else "")
