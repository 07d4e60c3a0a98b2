"""Deeds: what was ordered, filled, refused and settled after a decision, in plain words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from bot.core.text import printable
from bot.ledger.codec import plain
from bot.ledger.record import Row
from bot.report import numbers
from bot.report.numbers import counted
from bot.review.recording import Record

KINDS = ("order", "fill", "order_result", "settlement")
_NAMED = 3
"""Coins that one sentence names."""


@dataclass(slots=True)
class Activity:
    """The rows that came of the decision of one day: its orders, their fills and ends, and settlements."""

    orders: list[Row] = field(default_factory=list)
    fills: list[Row] = field(default_factory=list)
    results: list[Row] = field(default_factory=list)
    settlements: list[Row] = field(default_factory=list)

    @property
    def sequences(self) -> list[int]:
        """The numbers of the rows."""
        return [row.sequence for row in (*self.orders, *self.fills, *self.results, *self.settlements)]

    def traded(self, side: str) -> dict[str, tuple[Decimal, Decimal]]:
        """By coin what was bought or sold: quantity and money, before fees."""
        sums: dict[str, tuple[Decimal, Decimal]] = {}
        for row in self.fills:
            if row.body["side"] == side:
                quantity, money = sums.get(row.body["symbol"], (Decimal(0), Decimal(0)))
                more = Decimal(row.body["quantity"])
                sums[row.body["symbol"]] = quantity + more, money + more * Decimal(row.body["price"])
        return sums

    @property
    def refused(self) -> list[Row]:
        """The ends of orders that were not filled in full."""
        return [row for row in self.results if row.body["status"] != "filled"]


def activity_of(rows: Iterable[Row]) -> Mapping[str, Activity]:
    """Deeds by the day of their decision, YYYY-MM-DD; a fill or an end belongs to the day of its order."""
    days: dict[str, Activity] = defaultdict(Activity)
    ordered: dict[str, str] = {}
    for row in rows:
        if row.kind == "settlement":
            days[row.at[:10]].settlements.append(row)
            continue
        day = ordered.setdefault(row.body["order_id"], row.at[:10])
        found = days[day]
        {"order": found.orders, "fill": found.fills, "order_result": found.results}[row.kind].append(row)
    return days


def rows_of(record: Record, since: date | None, until: date | None, limit: int) -> Iterator[Row]:
    """The rows that deeds are made of, in order, the newest up to a limit."""
    rows = list(record.rows(*KINDS, since=since, until=until, newest_first=True, limit=limit))
    return reversed(rows)


def sentences(deeds: Activity) -> list[str]:
    """Each thing that was done or refused, as a sentence."""
    return [
        *(_trade("Sold", symbol, *sums) for symbol, sums in deeds.traded("sell").items()),
        *(_trade("Bought", symbol, *sums) for symbol, sums in deeds.traded("buy").items()),
        *(_refusal(row) for row in deeds.refused),
        *(settlement(row) for row in deeds.settlements),
    ]


def _trade(verb: str, symbol: str, quantity: Decimal, money: Decimal) -> str:
    each = numbers.price(money / quantity) if quantity else numbers.NOTHING
    return f"{verb} {plain(quantity)} {printable(symbol)} at {each}, {numbers.money(money)} in all."


def _refusal(row: Row) -> str:
    body = row.body
    why = printable(str(body["reason"]).rpartition(";")[2].replace("_", " "))
    ended = {"partial": "was filled in part", "unfilled": "was not filled", "skipped": "was not sent"}
    told = ended.get(str(body["status"]), printable(str(body["status"])))
    order = f"The order to {printable(str(body['side']))} {body['quantity']} {printable(str(body['symbol']))}"
    return f"{order} {told} ({why})."


def settlement(row: Row) -> str:
    """What became of a holding whose coin ended."""
    body = row.body
    symbol, cause = printable(str(body["symbol"])), printable(str(body["cause"]))
    if body.get("into"):
        return f"{symbol} became {printable(str(body['into']))}: {body['received']} for {body['quantity']}."
    return f"{symbol} ended ({cause}): {body['quantity']} settled at {numbers.price(body['price'])}."


def in_short(deeds: Activity) -> str:
    """What was bought and sold, in a few words; empty where nothing was."""
    sold, bought = deeds.traded("sell"), deeds.traded("buy")
    parts = [f"sold {coins(sold)}"] if sold else []
    parts += [f"bought {coins(bought)}"] if bought else []
    return ", ".join(parts)


def coins(sums: Mapping[str, tuple[Decimal, Decimal]]) -> str:
    """The coins by their money, the largest first: one with its price, some by name, many by number."""
    names = sorted(sums, key=lambda symbol: -sums[symbol][1])
    if len(names) == 1:
        quantity, money = sums[names[0]]
        return f"{printable(names[0])} at {numbers.price(money / quantity)}" if quantity else printable(names[0])
    shown = [printable(name) for name in names[:_NAMED]]
    more = len(names) - len(shown)
    if not more:
        return ", ".join(shown[:-1]) + " and " + shown[-1]
    return f"{', '.join(shown)} and {counted(more, 'other')}"
