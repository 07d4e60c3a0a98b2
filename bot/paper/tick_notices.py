"""Notices about the rows that a tick added to a ledger."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from decimal import Decimal

from bot.core.decision import Decision
from bot.core.events import BalanceCause, BalanceDifference, ConfigPeriod, Drift, Late, Valuation
from bot.core.notice import Notice, NoticeKind
from bot.core.orders import Fill, OrderIntent, OrderResult, OrderStatus, Settlement, Side
from bot.core.plural import counted
from bot.ledger.codec import plain
from bot.ledger.recorded import Recorded, recorded
from bot.ledger.row import Row
from bot.paper.health import Finding
from bot.paper.reconcile import WIPED
from bot.paper.tick_result import TickResult
from bot.report.labels import PLAIN, Labels
from bot.report.names import stage_code
from bot.report.numbers import cents, price, to_ascii
from bot.report.words import reason_sentence

_NAMED = 6
"""Orders, coins or days that one notice names; more would be cut on a phone."""


def notices_of(ledger: str, added: Sequence[Row], labels: Labels = PLAIN) -> list[Notice]:
    """Return the notices about rows of a ledger: a sale of everything first, then decisions, fills and differences.

    A missed day gets a notice only if its stage changed, since its orders were dropped.
    """
    found = [
        *_decisions(ledger, added, labels),
        *_fills(ledger, added),
        *_drifts(ledger, added),
        *_differences(ledger, added),
    ]
    # The sort is stable: within a kind the order of the rows is kept.
    return sorted(found, key=lambda notice: notice.kind is not NoticeKind.KILL)


def head_notice(
    ledger: str,
    last: Recorded[Decision],
    rows: int,
    head: str,
    valued: Recorded[Valuation] | None,
    plan: str | None = None,
    beside: str = "",
) -> Notice:
    """Return the notice of a ledger's last hash, as `bot review verify --head` takes it: it proves the rows up to it.

    `plan` is the line of the registered plan, with its hash; `beside` the growth of the ledger and of its benchmarks.

    The copy on the user's phone is out of reach of whoever could change the ledger's file.
    """
    worth = (
        f"Worth {to_ascii(cents(valued.event.equity))} at the close of {valued.day}{f' ({beside})' if beside else ''}. "
        if valued
        else ""
    )
    body = f"{worth}{rows} rows up to {last.day}; keep this, it proves them: {rows}:{head}"
    body += f" {plan}." if plan else ""
    return Notice(NoticeKind.HEAD, f"{ledger}: the record of {last.day}", body)


def error_notice(ledger: str, problem: str) -> Notice:
    """Return the notice of a tick that failed."""
    return Notice(NoticeKind.ERROR, f"{ledger}: not decided, or not in full", problem)


def summary_notices(ledger: str, ticked: TickResult) -> list[Notice]:
    """Return the notices of what a tick lacked: past days, series, and quotes of orders."""
    found = []
    if ticked.made_up:
        days = _first_few(map(str, ticked.made_up))
        body = f"The machine was off or prices were missing. Decided late, their orders were not sent: {days}."
        title = f"{ledger}: {counted(len(ticked.made_up), 'day')} made up for"
        found.append(Notice(NoticeKind.ERROR, title, body))
    if ticked.missing:
        each = _first_few(f"{one.symbol} ({one.why})" for one in ticked.missing)
        title = f"{ledger}: {len(ticked.missing)} series did not come"
        found.append(Notice(NoticeKind.ERROR, title, f"The tick went on without: {each}."))
    if ticked.waiting:
        each = _first_few(f"{one.order.side} {_amount(one.order)} ({one.why})" for one in ticked.waiting)
        title = f"{ledger}: {counted(len(ticked.waiting), 'order')} left open"
        found.append(Notice(NoticeKind.ERROR, title, f"Tried again by the next tick of today: {each}."))
    return found


def fault_notice(ledger: str, fault: Finding) -> Notice:
    """Return the notice of a fault that a health check found."""
    body = f"{fault.text}; {fault.mend}" if fault.mend else fault.text
    return Notice(NoticeKind.ERROR, f"{ledger}: {fault.kind}", body)


def last_day(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of the last decided day; empty before the first decision."""
    decided = list(recorded(rows, Decision))
    return [row for row in rows if row.at[:10] == decided[-1].day] if decided else []


# --- decisions -----------------------------------------------------------------------------------------------


def _decisions(ledger: str, added: Sequence[Row], labels: Labels) -> list[Notice]:
    decided = list(recorded(added, Decision))
    late_days = {one.at: one.event.missed for one in recorded(added, Late)}
    orders_by_day: dict[str, list[OrderIntent]] = {}
    for order in recorded(added, OrderIntent):
        if order.event.stop is None:  # a stop order is of the day that ended: the notice of its fill has it
            orders_by_day.setdefault(order.at, []).append(order.event)
    found = []
    for one in decided:
        is_missed = late_days.get(one.at, False)
        orders = [] if is_missed else orders_by_day.get(one.at, [])
        is_last = one is decided[-1]
        remark = " Decided late, its orders were not sent." if is_missed else " Late." if one.at in late_days else ""
        if (notice := _decision(ledger, one, orders, is_last, labels)) is not None:
            found.append(Notice(notice.kind, notice.title, notice.body + remark))
    return found


def _decision(
    ledger: str, one: Recorded[Decision], orders: Sequence[OrderIntent], is_last: bool, labels: Labels
) -> Notice | None:
    """Return the notice of one decision; a silent day has one only if it is the last of a tick."""
    decision = one.event
    # A strategy of the user's own gives its reasons in any form.
    why = " ".join(f"{reason_sentence(code, labels).rstrip('.')}." for code in decision.reasons)
    is_new_stage = decision.stage != decision.previous
    if any(reason.startswith("kill") for reason in decision.reasons):
        return Notice(NoticeKind.KILL, f"{ledger}: out, on {one.day}", why + _to_do(orders))
    if orders or is_new_stage:
        stage, previous = (stage_code(code, labels) for code in (decision.stage, decision.previous))
        before = f", was {previous}" if is_new_stage else ""
        return Notice(NoticeKind.DECISION, f"{ledger}: {stage}{before}, {one.day}", why + _to_do(orders))
    return Notice(NoticeKind.SILENT_DAY, f"{ledger}: nothing to do on {one.day}", why) if is_last else None


def _to_do(orders: Sequence[OrderIntent]) -> str:
    if not orders:
        return ""
    return f" To do: {_first_few(f'{one.side} {_amount(one)}' for one in orders)}."


# --- fills ---------------------------------------------------------------------------------------------------


def _fills(ledger: str, added: Sequence[Row]) -> list[Notice]:
    """Return one notice that sums up the fills, the settlements and the orders filled in part or unfilled."""
    fills = [one.event for one in recorded(added, Fill)]
    settled = [one.event for one in recorded(added, Settlement)]
    missed = {one.at for one in recorded(added, Late) if one.event.missed}
    short = [one.event for one in recorded(added, OrderResult) if _fell_short(one.event) and one.at not in missed]
    if not (fills or settled or short):
        return []
    parts = {
        "Sold": _traded(fill for fill in fills if fill.side is Side.SELL and fill.stop is None),
        "Bought": _traded(fill for fill in fills if fill.side is Side.BUY),
        "Stopped:": [_stopped(fill) for fill in fills if fill.stop is not None],
        "Fees": [to_ascii(cents(sum((fill.fee for fill in fills), Decimal(0))))] if fills else [],
        "Ended:": [f"{_amount(one)} ({one.cause})" for one in settled],
        "Not filled in full, tried again:": [f"{one.symbol} ({one.end or one.status})" for one in short],
    }
    coins = len({fill.symbol for fill in fills})
    title = f"{counted(coins, 'coin')} traded" if fills else "a coin ended" if settled else "no order was filled"
    body = " ".join(f"{name} {_first_few(each)}." for name, each in parts.items() if each)
    return [Notice(NoticeKind.FILL, f"{ledger}: {title}", body)]


def _fell_short(result: OrderResult) -> bool:
    return result.status in (OrderStatus.PARTIAL, OrderStatus.UNFILLED)


def _traded(fills: Iterable[Fill]) -> list[str]:
    """Return the quantity of each coin at the mean of its prices, weighted by quantity."""
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for fill in fills:
        quantity, money = sums.get(fill.symbol, (Decimal(0), Decimal(0)))
        sums[fill.symbol] = quantity + fill.quantity, money + fill.quantity * fill.price
    return [
        f"{plain(quantity)} {symbol} at {to_ascii(price(money / quantity))}"
        for symbol, (quantity, money) in sums.items()
    ]


def _stopped(fill: Fill) -> str:
    level, at = to_ascii(price(fill.stop)), to_ascii(price(fill.price))
    return f"{plain(fill.quantity)} {fill.symbol} sold at {at}, stop {level}"


# --- drifts and differences ----------------------------------------------------------------------------------


def _drifts(ledger: str, added: Sequence[Row]) -> list[Notice]:
    drifts = list(recorded(added, Drift))
    if not drifts:
        return []
    body = f"On what is known now the decision would differ: {_first_few(map(_drifted, drifts))}. The record is kept."
    return [Notice(NoticeKind.DRIFT, f"{ledger}: {counted(len(drifts), 'day')} drifted", body)]


def _drifted(one: Recorded[Drift]) -> str:
    then, now = _stage_in(one.event.recorded), _stage_in(one.event.replayed)
    return f"{one.day} ({then}, now {now})" if then != now else f"{one.day} ({then}, in other weights)"


def _stage_in(decision: str) -> str:
    """Return the stage of a decision as drifts keep it: a JSON list with the stage in front."""
    # The ledger keeps it as text, so that another program may have written any other.
    try:
        return str(json.loads(decision)[0])
    except (ValueError, LookupError, TypeError, RecursionError):
        return decision


def _differences(ledger: str, added: Sequence[Row]) -> list[Notice]:
    """Return the notice of a wiped testnet account, or of balances that differ from the ledger."""
    if any(one.event.why == WIPED for one in recorded(added, ConfigPeriod)):
        body = "The venue has reset all orders and balances. A new config period begins; no loss is booked."
        return [Notice(NoticeKind.DIFFERENCE, f"{ledger}: {WIPED}", body)]
    found = [one.event for one in recorded(added, BalanceDifference)]
    if not found:
        return []
    each = _first_few(f"{d.asset} {plain(d.found)}, by the ledger {plain(d.recorded)} ({d.cause})" for d in found)
    body = f"It holds {each}."
    if any(one.cause is BalanceCause.UNKNOWN for one in found):
        body += f" No coin is bought until you acknowledge it: bot paper acknowledge --ledger {ledger}"
    return [Notice(NoticeKind.DIFFERENCE, f"{ledger}: the testnet account differs", body)]


# --- words ---------------------------------------------------------------------------------------------------


def _amount(one: OrderIntent | Settlement) -> str:
    return f"{plain(one.quantity)} {one.symbol}"


def _first_few(items: Iterable[str]) -> str:
    """Join the first few items, and say how many more there are."""
    every = list(items)
    more = [f"{len(every) - _NAMED} more"] if len(every) > _NAMED else []
    return ", ".join(every[:_NAMED] + more)
