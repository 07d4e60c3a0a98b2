"""Summary of a record in one to three sentences: the verdict that a story begins with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from bot.core.decision import Decision
from bot.core.events import ConfigPeriod, Late, Valuation
from bot.core.orders import OrderIntent, OrderResult
from bot.core.plural import counted
from bot.core.text import printable
from bot.ledger.benchmark_fold import beside_ledger
from bot.ledger.recorded import Recorded
from bot.report import headline, names, numbers
from bot.report.beside import BesideLedger
from bot.report.labels import PLAIN, Labels
from bot.review.recording import Record
from bot.review.stopped_coins import stopped_sentences
from bot.review.why.next_triggers import next_trigger

_RECENT = 2_000
"""Newest orders whose ends are looked for; an older order has long ended."""


def of_backtest(
    summary: Mapping[str, Any], start: Decimal, quote: str, is_demo: bool, labels: Labels = PLAIN, study: str = ""
) -> list[str]:
    """Compare a backtest with holding its two coins, and with random timing; add the verdict on the thesis.

    Parameters
    ----------
    summary
        The run's `summary.json`.
    start
        Start equity, in the quote currency.
    quote
        Symbol of the quote currency.
    is_demo
        True for the synthetic market.
    labels
        Names of the coins.
    study
        Verdict of the newest study of the same data in one line; "" leaves it out.
    """
    own, others = summary["strategy"], summary["benchmarks"]
    lead = "In a synthetic market, from" if is_demo else "From"
    made = (
        f"{lead} {summary['start']} to {summary['end']} {labels.strategy.subject} turned {numbers.money(start)} "
        f"{quote} into {numbers.money(own['final_equity'])} ({numbers.growth(own['total_return'])}), "
        f"{_beside(own, others, labels)}."
    )
    rests = f"It rests on {labels.strategy.rests_on(summary)}"
    if left_out := headline.timing_left_out(summary["random_timing"]):
        return [made, f"{rests}. {left_out}"]
    few = ", too few to tell skill from luck" if labels.is_rotation else ""
    luck = headline.place(own["total_return"], summary["random_timing"])
    thesis = [f"The thesis on this data: {study}."] if study and labels.is_rotation else []
    return [made, f"{rests}{few}, and it {luck}.", *thesis]


def _beside(own: Mapping[str, Any], others: Mapping[str, Any], labels: Labels) -> str:
    parts = []
    for key, symbol in (("eth", labels.eth), ("btc", labels.btc)):
        made = others[key]["total_return"]
        if made is None:
            continue
        than = "more" if own["total_return"] > made else "less"
        parts.append(f"{than} than holding {symbol} ({headline.growth_to(others[key])})")
    return " and ".join(parts)


def of_ledger(record: Record, unknown: int, labels: Labels) -> list[str]:
    """Describe a forward ledger: its worth, its stage, late days, open orders, account differences.

    Parameters
    ----------
    record
        The ledger.
    unknown
        Number of unexplained differences of the testnet account.
    labels
        Names and numbers of its config.
    """
    first, last = record.first_event(ConfigPeriod), record.last_event(Valuation)
    if first is None:
        return ["The ledger has not begun."]
    cash = first.event.cash
    if last is None:
        return [f"Begun on {first.day} with {numbers.money(cash)}; no day has been valued yet."]
    equity, beside = last.event.equity, beside_record(record)
    against = "" if beside is None else beside.against_held(labels)
    worth = (
        f"Since {first.day} the ledger turned {numbers.money(cash)} into {numbers.money(equity)} "
        f"({numbers.growth(float(equity / cash) - 1)}){f', {against}' if against else ''}, at the close of {last.day}. "
        "Play money: nothing was at stake."
    )
    return [worth, *_benchmarks(beside, labels), _place(record, labels), _health(record, unknown)]


def beside_record(record: Record) -> BesideLedger | None:
    """Read the benchmarks that a record holds beside its last valuation, if it has one."""
    cash, first, last = record.start_cash(), record.first_event(Valuation), record.last_event(Valuation)
    if cash is None or first is None or last is None:
        return None
    return beside_ledger(cash, first.event, last.event, lambda: (one.event for one in record.events(Valuation)))


def _benchmarks(beside: BesideLedger | None, labels: Labels) -> list[str]:
    if beside is None:
        return []
    luck = beside.luck()
    text = " ".join(filter(None, [beside.others(labels), f"It {luck}." if luck else "", beside.missing()]))
    return [text] if text else []


def _place(record: Record, labels: Labels) -> str:
    last = record.last_event(Decision)
    if last is None:
        return "Nothing has been decided yet."
    stage = printable(last.event.stage)
    if not labels.is_rotation:
        targets = _targets(last.event, record.last_event(Valuation), labels)
        return " ".join([targets, *stopped_sentences(record, last.event)])
    trigger = next_trigger(stage, last.event.readings, labels)
    nearest = f" {trigger.sentence}" if trigger else ""
    return f"It stands in {names.stage_code(stage, labels)} ({names.stage(stage, labels)}).{nearest}"


def _targets(decision: Decision, valued: Recorded[Valuation] | None, labels: Labels) -> str:
    """Format the stage of a user's own strategy with its targets and the coins held at the last close."""
    wanted = ", ".join(f"{printable(coin)} {numbers.percent(share)}" for coin, share in decision.weights.items())
    held = ", ".join(map(printable, valued.event.holdings if valued else ())) or "no coin"
    target = f"target {wanted or 'the stablecoin alone'}, holds {held}"
    return f"{labels.strategy.title} is at {printable(decision.stage)}: {target}."


def _health(record: Record, unknown: int) -> str:
    late = [one.event.missed for one in record.events(Late, newest_first=True, limit=_RECENT)]
    missed = sum(late)
    return (
        f"{counted(len(late) - missed, 'day')} late, {missed} missed; {counted(open_orders(record), 'open order')}; "
        f"{counted(unknown, 'unknown difference')}."
    )


def open_orders(record: Record) -> int:
    """Count the open ones of the newest orders."""
    orders = {one.event.order_id for one in record.events(OrderIntent, newest_first=True, limit=_RECENT)}
    # Skipped orders have an end and no order row, so ends may outnumber orders.
    ended = record.events(OrderResult, newest_first=True, limit=2 * _RECENT)
    return len(orders - {one.event.order_id for one in ended})


def worst_fall(equity: Sequence[tuple[str, Decimal]]) -> tuple[str, str, float] | None:
    """Find the drawdown of daily closes: the largest fall below a peak.

    Parameters
    ----------
    equity
        Day and equity, ascending.

    Returns
    -------
    tuple or None
        Day of the peak, day of the trough, and the fall as a negative share of the peak, if there is a fall. Of
        equal peaks and troughs the first.
    """
    peak_day, peak, worst = "", Decimal(0), None
    for day, value in equity:
        if value > peak:
            peak_day, peak = day, value
        fall = float(value / peak) - 1 if peak else 0.0
        if fall < (worst[2] if worst else 0.0):
            worst = (peak_day, day, fall)
    return worst
