"""Portfolio page: value, holdings with their cost, and the curves since the start."""

from __future__ import annotations

from decimal import Decimal
from typing import TypedDict

from bot.core.events import Valuation
from bot.core.orders import Fill
from bot.ledger.codec import plain
from bot.report import numbers
from bot.report.labels import Labels
from bot.report.words import benchmark_name
from bot.review.lists.trade_list import round_trips_of
from bot.review.recording import Record
from bot.review.story.summary import beside_record
from bot.web.curve import Curve, curve_of
from bot.web.ranges import first_shown
from bot.web.svg_chart import SvgChart, chart, stage_spans

_SHOWN = ("eth", "btc")
"""Benchmarks that are drawn beside the strategy."""
MOST_FILLS = 20_000
"""Fills that are matched or summed for a page; more would keep a reader waiting."""


Holding = TypedDict(
    "Holding",
    {
        "symbol": str,
        "quantity": str,
        "mark": str | None,
        "value": str | None,
        "weight": float | None,
        "cost": str | None,
        "unrealised": str | None,
        "return": float | None,  # a keyword of Python, which the class form cannot have
        "is_stale": bool,
    },
)
"""A coin that is held. Money and quantities are decimal text; None is a figure that the ledger does not give."""


def portfolio(record: Record) -> tuple[dict[str, object], Curve]:
    """Read the last valuation with its holdings as JSON data, and the curve. Raises LedgerError."""
    curve, last = curve_of(record), record.last_event(Valuation)
    if last is None:
        return {"valued": None, "holdings": []}, curve
    valued, figures = last.event, curve.figures()
    beside = beside_record(record)
    data: dict[str, object] = {
        "valued": last.day,
        "stage": valued.stage,
        "equity": plain(valued.equity),
        "cash": plain(valued.cash),
        "exposure": curve.exposure[-1],
        "holdings": _holdings(record, valued),
        "fees": _fees(record),
        **{name: value for name, value in figures.items() if name not in ("exposure", "final_equity")},
        "mean_exposure": figures.get("exposure"),
        "monthly": curve.monthly(),
        "benchmarks": [one.to_dict() for one in beside.results] if beside else [],
        "random_timing": dict(beside.random_timing) if beside else {},
        "random_timing_text": beside.luck() if beside else "",
        "interest_text": beside.idle_cash() if beside else "",
        "benchmarks_text": beside.missing() if beside else "",
    }
    return data, curve


def charts(curve: Curve, labels: Labels, range_name: str = "") -> list[SvgChart]:
    """Draw equity, the drawdown, and the share in coins, on one time axis over a range of days."""
    first = first_shown(curve.days, range_name)
    # Before the cut: a drawdown is measured from the highest close since the start, not of the range.
    falls = curve.falls[first:]
    curve = curve.since(first)
    shown = [name for name in _SHOWN if name in curve.benchmarks]
    beside = [(benchmark_name(name, labels), name, curve.benchmarks[name]) for name in shown]
    held = " and ".join({"eth": labels.eth, "btc": labels.btc}[name] for name in shown)
    title = f"Equity against holding {held}" if held else "Equity"
    stages = (
        " The strip at the foot is the stage; waiting in the stablecoin is left blank." if labels.is_rotation else ""
    )
    note = f"Value at each day's close.{stages}"
    drawn = [
        chart(
            title,
            note,
            curve.days,
            [*beside, (labels.strategy.row, "strategy", curve.equity)],
            numbers.short_money,
            height="tall",
            spans=stage_spans(curve, labels) if labels.is_rotation else (),
        ),
        chart(
            "Drawdown",
            "Distance from the highest close so far.",
            curve.days,
            [("Drawdown", "strategy", falls)],
            numbers.percent,
            # At least one percent, so that a curve that never fell still has an axis.
            bounds=(min([*falls, -0.01]) * 1.1, 0.0),
            area="strategy",
        ),
        chart(
            "Exposure",
            "Share of equity that is held in coins; the rest is the stablecoin.",
            curve.days,
            [("Exposure", "strategy", curve.exposure)],
            numbers.whole_percent,
            bounds=(0.0, 1.05),  # room above 100%, where the line would be cut in half
            area="strategy",
            height="low",
        ),
    ]
    return [one for one in drawn if one is not None]


def _holdings(record: Record, valued: Valuation) -> list[Holding]:
    """Return the holdings, the largest value first; a coin without a mark comes last, its value and gain unknown."""
    # Lots are matched over every fill since the start, which only a page with holdings needs.
    costs = _costs(record) if valued.holdings and record.count("fill") <= MOST_FILLS else {}
    rows = []
    for symbol, quantity in valued.holdings.items():
        mark, cost = valued.marks.get(symbol), costs.get(symbol)
        value = None if mark is None else quantity * mark
        gain = None if value is None or cost is None else value - cost
        holding: Holding = {
            "symbol": symbol,
            "quantity": plain(quantity),
            "mark": None if mark is None else plain(mark),
            "value": None if value is None else plain(value),
            "weight": None if value is None or not valued.equity else float(value / valued.equity),
            "cost": None if cost is None else plain(cost),
            "unrealised": None if gain is None else plain(gain),
            "return": float(gain / cost) if gain is not None and cost else None,
            "is_stale": symbol in valued.stale,
        }
        rows.append((value or Decimal(0), holding))
    return [row for _, row in sorted(rows, key=lambda one: one[0], reverse=True)]


def _costs(record: Record) -> dict[str, Decimal]:
    """Return the cost of the open lots by coin, fees included, in the quote currency."""
    costs: dict[str, Decimal] = {}
    for lot in round_trips_of(record).open:
        costs[lot.symbol] = costs.get(lot.symbol, Decimal(0)) + lot.quantity * lot.entry_price + lot.fees
    return costs


def _fees(record: Record) -> str | None:
    """Sum the fees of every fill; unknown (None) for more than `MOST_FILLS`."""
    if record.count("fill") > MOST_FILLS:
        return None
    return plain(sum((one.event.fee for one in record.events(Fill)), Decimal(0)))
