"""The verdict: what came of a record, in one or two honest sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from bot.core.text import printable
from bot.ledger.record import Row
from bot.report import headline, names, numbers
from bot.report.labels import PLAIN, Labels
from bot.report.numbers import counted
from bot.review.recording import Record
from bot.review.why.next_triggers import next_triggers

_RECENT = 2_000
"""Orders whose ends are looked for: an older one has long had its end."""


def of_backtest(
    summary: Mapping[str, Any], start: Decimal, quote: str, is_demo: bool, terms: Labels = PLAIN
) -> list[str]:
    """A backtest against holding ETH and BTC, and against luck."""
    own, others = summary["strategy"], summary["benchmarks"]
    lead = "In a synthetic market, from" if is_demo else "From"
    made = (
        f"{lead} {summary['start']} to {summary['end']} the strategy turned {numbers.money(start)} {quote} into "
        f"{numbers.money(own['final_equity'])} ({numbers.growth(own['total_return'])}), {_beside(own, others, terms)}."
    )
    few = f"It rests on {headline.rests_on(summary)}, too few to tell skill from luck"
    luck = headline.place(own["total_return"], summary["random_timing"])
    return [made, f"{few}, and it {luck}."]


def _beside(own: Mapping[str, Any], others: Mapping[str, Any], terms: Labels) -> str:
    parts = []
    for key, symbol in (("eth", terms.eth), ("btc", terms.btc)):
        made = others[key]["total_return"]
        than = "more" if own["total_return"] > made else "less"
        parts.append(f"{than} than holding {symbol} ({numbers.growth(made)})")
    return " and ".join(parts)


def of_ledger(record: Record, unknown: int, terms: Labels) -> list[str]:
    """A forward ledger: what it is worth, since when, what was late, and what is open or unexplained."""
    first, last = record.first("epoch"), record.last("valuation")
    if first is None:
        return ["The ledger has not begun."]
    cash = Decimal(first.body["cash"])
    if last is None:
        return [f"Begun on {first.at[:10]} with {numbers.money(cash)}; no day has been valued yet."]
    equity = Decimal(last.body["equity"])
    worth = (
        f"Since {first.at[:10]} the ledger turned {numbers.money(cash)} into {numbers.money(equity)} "
        f"({numbers.growth(float(equity / cash) - 1)}), at the close of {last.at[:10]}. "
        "Play money: nothing was at stake."
    )
    return [worth, _place(record, terms), _health(record, unknown)]


def _place(record: Record, terms: Labels) -> str:
    last = record.last("decision")
    if last is None:
        return "Nothing has been decided yet."
    stage = printable(str(last.body["stage"]))
    way = next_triggers(stage, last.body["readings"], terms)
    return f"It stands in {stage} ({names.stage(stage, terms)}). {way.sentence}"


def _health(record: Record, unknown: int) -> str:
    late = list(record.rows("late", newest_first=True, limit=_RECENT))
    missed = sum(bool(row.body["missed"]) for row in late)
    return (
        f"{counted(len(late) - missed, 'day')} late, {missed} missed; {counted(open_orders(record), 'open order')}; "
        f"{counted(unknown, 'unknown difference')}."
    )


def open_orders(record: Record) -> int:
    """How many of the newest orders have no end yet."""
    orders = _ids(record.rows("order", newest_first=True, limit=_RECENT))
    return len(orders - _ids(record.rows("order_result", newest_first=True, limit=2 * _RECENT)))


def _ids(rows: Iterable[Row]) -> set[str]:
    found: set[str] = {row.body["order_id"] for row in rows}
    return found


def worst_fall(equity: list[tuple[str, Decimal]]) -> tuple[str, str, float] | None:
    """The deepest fall below a peak: the day of the peak, of the trough, and its share; None without a fall."""
    peak_day, peak, worst = "", Decimal(0), None
    for day, value in equity:
        if value > peak:
            peak_day, peak = day, value
        fall = float(value / peak) - 1 if peak else 0.0
        if fall < (worst[2] if worst else 0.0):
            worst = (peak_day, day, fall)
    return worst
