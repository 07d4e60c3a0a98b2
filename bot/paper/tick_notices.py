"""From the rows that a tick added to a ledger to what its user is told of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from decimal import Context, Decimal

from bot.core.events import BalanceCause
from bot.core.notice import Notice, NoticeKind
from bot.core.orders import OrderStatus, Side
from bot.ledger.codec import plain
from bot.ledger.record import Row
from bot.paper.health import Finding
from bot.paper.reconcile import WIPED
from bot.report.words import sentence

_NAMED = 6
"""Orders, coins or days that one notice names; a phone shows no more of it."""


def notices_of(ledger: str, added: Sequence[Row]) -> list[Notice]:
    """What rows tell, the most important first: kills and decisions, fills, then what does not agree.

    A day that was missed is told of only where its stage changed, since its orders were not sent.
    """
    found = [*_decisions(ledger, added), *_fills(ledger, added), *_drifts(ledger, added), *_differences(ledger, added)]
    return sorted(found, key=lambda notice: notice.kind is not NoticeKind.KILL)


def head_notice(ledger: str, last: Row, rows: int, head: str, valued: Row | None) -> Notice:
    """The hash that proves a ledger's record up to a decision, to be kept where the ledger is not."""
    worth = f"Worth {_money(valued.body['equity'])} at the close of {_day(valued)}. " if valued else ""
    told = f"{worth}{rows} rows up to {_day(last)}; keep this, it proves them: {head}"
    return Notice(NoticeKind.HEAD, f"{ledger}: the record of {_day(last)}", told)


def error_notice(ledger: str, problem: str) -> Notice:
    """What kept a tick from being done."""
    return Notice(NoticeKind.ERROR, f"{ledger}: not decided, or not in full", problem)


def fault_notice(ledger: str, fault: Finding) -> Notice:
    """Return the notice of a fault that a health check found."""
    return Notice(
        NoticeKind.ERROR, f"{ledger}: {fault.kind}", f"{fault.text}; {fault.mend}" if fault.mend else fault.text
    )


def last_day(rows: Sequence[Row]) -> list[Row]:
    """The rows of the last day that was decided; none where none was."""
    decided = [row for row in rows if row.kind == "decision"]
    return [row for row in rows if _day(row) == _day(decided[-1])] if decided else []


# --- decisions -----------------------------------------------------------------------------------------------


def _decisions(ledger: str, added: Sequence[Row]) -> list[Notice]:
    decided = [row for row in added if row.kind == "decision"]
    missed = {row.at for row in added if row.kind == "late" and row.body["missed"]}
    late = {row.at for row in added if row.kind == "late"} - missed
    found = []
    for row in decided:
        orders = [order for order in added if order.kind == "order" and order.at == row.at and row.at not in missed]
        changed = row.body["stage"] != row.body["previous_stage"]
        remark = " Decided late, its orders were not sent." if row.at in missed else " Late." if row.at in late else ""
        if any(reason.startswith("kill") for reason in row.body["reasons"]):
            found.append(
                Notice(NoticeKind.KILL, f"{ledger}: out, on {_day(row)}", _why(row) + _listed(orders) + remark)
            )
        elif orders or changed:
            found.append(
                Notice(NoticeKind.DECISION, _moved(ledger, row, changed), _why(row) + _listed(orders) + remark)
            )
        elif row is decided[-1]:
            found.append(Notice(NoticeKind.SILENT_DAY, f"{ledger}: nothing to do on {_day(row)}", _why(row) + remark))
    return found


def _moved(ledger: str, row: Row, changed: bool) -> str:
    return f"{ledger}: {row.body['stage']}{', was ' + row.body['previous_stage'] if changed else ''}, {_day(row)}"


def _why(row: Row) -> str:
    return " ".join(map(sentence, row.body["reasons"]))


def _listed(orders: Sequence[Row]) -> str:
    """Orders as they are meant, sells first, as a sentence."""
    if not orders:
        return ""
    each = _some(f"{order.body['side']} {_amount(order)}" for order in orders)
    return f" To do: {each}."


# --- fills ---------------------------------------------------------------------------------------------------


def _fills(ledger: str, added: Sequence[Row]) -> list[Notice]:
    """One notice that sums up what was bought, sold, settled and not filled in full."""
    fills = [row for row in added if row.kind == "fill"]
    settled = [row for row in added if row.kind == "settlement"]
    short = [row for row in added if row.kind == "order_result" and _fell_short(row)]
    if not (fills or settled or short):
        return []
    told = {
        "Sold": _traded(row for row in fills if row.body["side"] == Side.SELL),
        "Bought": _traded(row for row in fills if row.body["side"] == Side.BUY),
        "Fees": [_money(sum(Decimal(row.body["fee"]) for row in fills))] if fills else [],
        "Ended:": [f"{_amount(row)} ({row.body['cause']})" for row in settled],
        "Not filled in full, tried again:": [row.body["symbol"] for row in short],
    }
    traded = len({row.body["symbol"] for row in fills})
    title = f"{traded} coin(s) traded" if fills else "a coin ended" if settled else "nothing was filled"
    body = " ".join(f"{name} {_some(each)}." for name, each in told.items() if each)
    return [Notice(NoticeKind.FILL, f"{ledger}: {title}", body)]


def _fell_short(row: Row) -> bool:
    unfilled = row.body["status"] in (OrderStatus.PARTIAL, OrderStatus.UNFILLED)
    return unfilled and row.body["reason"].rpartition(";")[2] != "missed"


def _traded(fills: Iterable[Row]) -> list[str]:
    """What went one way, each coin at the mean of its prices."""
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for row in fills:
        quantity, money = sums.get(row.body["symbol"], (Decimal(0), Decimal(0)))
        more = Decimal(row.body["quantity"])
        sums[row.body["symbol"]] = quantity + more, money + more * Decimal(row.body["price"])
    return [f"{plain(quantity)} {symbol} at {_price(money / quantity)}" for symbol, (quantity, money) in sums.items()]


# --- what does not agree -------------------------------------------------------------------------------------


def _drifts(ledger: str, added: Sequence[Row]) -> list[Notice]:
    drifts = [row for row in added if row.kind == "drift"]
    if not drifts:
        return []
    told = f"On what is known now it would be decided otherwise: {_some(map(_drifted, drifts))}. The record is kept."
    return [Notice(NoticeKind.DRIFT, f"{ledger}: {len(drifts)} day(s) drifted", told)]


def _drifted(row: Row) -> str:
    then, now = (json.loads(row.body[name])[0] for name in ("recorded", "replayed"))
    return f"{_day(row)} ({then}, now {now})" if then != now else f"{_day(row)} ({then}, in other weights)"


def _differences(ledger: str, added: Sequence[Row]) -> list[Notice]:
    """What the testnet account holds otherwise than the ledger says, and whether it was wiped."""
    if any(row.kind == "epoch" and row.body["why"] == WIPED for row in added):
        told = "The venue has taken back all orders and balances. A new epoch begins; nothing is booked as a loss."
        return [Notice(NoticeKind.DIFFERENCE, f"{ledger}: {WIPED}", told)]
    found = [row.body for row in added if row.kind == "difference"]
    if not found:
        return []
    each = _some(f"{b['asset']} {b['found']}, by the ledger {b['recorded']} ({b['cause']})" for b in found)
    told = f"It holds {each}."
    if any(body["cause"] == BalanceCause.UNKNOWN for body in found):
        told += f" Nothing more is bought until you say: bot paper acknowledge --ledger {ledger}"
    return [Notice(NoticeKind.DIFFERENCE, f"{ledger}: the testnet account differs", told)]


# --- words ---------------------------------------------------------------------------------------------------


def _day(row: Row) -> str:
    return row.at[:10]


def _amount(row: Row) -> str:
    return f"{row.body['quantity']} {row.body['symbol']}"


def _some(told: Iterable[str]) -> str:
    """The first few, and how many more there are."""
    every = list(told)
    more = [f"{len(every) - _NAMED} more"] if len(every) > _NAMED else []
    return ", ".join(every[:_NAMED] + more)


def _money(amount: str | Decimal | int) -> str:
    return f"{Decimal(amount):,.2f}"


def _price(price: Decimal) -> str:
    """A price to the cent from a hundred on, below that with five digits that matter."""
    return f"{price:,.2f}" if price >= 100 else plain(Context(prec=5).plus(price))
