"""The portfolio: what it is worth, what it holds and what that cost, and how it came to this."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from bot.ledger.codec import plain
from bot.ledger.record import Row
from bot.report import names, numbers
from bot.review.lists.trade_list import round_trips_of
from bot.review.recording import Record
from bot.web.chart import SvgChart, chart, stage_spans
from bot.web.curve import Curve, curve_of
from bot.web.site import Plain

_SHOWN = ("eth", "btc")
"""The benchmarks that are drawn beside the strategy."""
MOST_FILLS = 20_000
"""Fills that are matched or summed for a page; more would keep a reader waiting."""


def portfolio(record: Record) -> tuple[Plain, Curve]:
    """The last valuation with its holdings as plain data, and the curve to it. Raises LedgerError."""
    curve, valued = curve_of(record), record.last("valuation")
    if valued is None:
        return {"valued": None, "holdings": []}, curve
    equity, cash = Decimal(valued.body["equity"]), Decimal(valued.body["cash"])
    told = {
        "valued": valued.at[:10],
        "stage": valued.body["stage"],
        "equity": plain(equity),
        "cash": plain(cash),
        "exposure": curve.exposure[-1],
        "holdings": _holdings(record, valued, equity),
        "fees": _fees(record),
        **{name: value for name, value in curve.figures().items() if name not in ("exposure", "final_equity")},
        "mean_exposure": curve.figures().get("exposure"),
    }
    return told, curve


def charts(curve: Curve) -> list[SvgChart]:
    """Equity, the fall from the peak, and the share in coins, on one time axis."""
    shown = [name for name in _SHOWN if name in curve.benchmarks]
    beside = [(names.benchmark(name), name, curve.benchmarks[name]) for name in shown]
    title = "Equity against holding ETH and BTC" if shown else "Equity"
    note = "Value at each day's close. The strip at the foot is the stage; waiting in the stablecoin is left blank."
    drawn = [
        chart(
            title,
            note,
            curve.days,
            [*beside, ("Strategy", "strategy", curve.equity)],
            numbers.short_money,
            height="tall",
            spans=stage_spans(curve),
        ),
        chart(
            "Below the peak",
            "Fall from the highest value so far.",
            curve.days,
            [("Fall", "strategy", curve.falls)],
            numbers.percent,
            bounds=(min([*curve.falls, -0.01]) * 1.1, 0.0),
            area="strategy",
        ),
        chart(
            "In coins",
            "Share of equity that is held in coins; the rest is the stablecoin.",
            curve.days,
            [("In coins", "eth", curve.exposure)],
            numbers.whole_percent,
            bounds=(0.0, 1.05),
            area="eth",
            height="low",
        ),
    ]
    return [one for one in drawn if one is not None]


def _holdings(record: Record, valued: Row, equity: Decimal) -> list[Plain]:
    """What is held, by value; a mark that no row tells is not known, and neither is what follows from it."""
    marks: Mapping[str, str] = valued.body.get("marks", {})
    costs = _costs(record) if valued.body["holdings"] and record.count("fill") <= MOST_FILLS else {}
    told = []
    for symbol, held in valued.body["holdings"].items():
        quantity, mark, cost = Decimal(held), marks.get(symbol), costs.get(symbol)
        value = None if mark is None else quantity * Decimal(mark)
        gain = None if value is None or cost is None else value - cost
        told.append(
            {
                "symbol": symbol,
                "quantity": held,
                "mark": mark,
                "value": None if value is None else plain(value),
                "weight": None if value is None or not equity else float(value / equity),
                "cost": None if cost is None else plain(cost),
                "unrealised": None if gain is None else plain(gain),
                "return": float(gain / cost) if gain is not None and cost else None,
                "is_stale": symbol in valued.body["stale"],
            }
        )
    return sorted(told, key=lambda one: Decimal(one["value"] or 0), reverse=True)


def _costs(record: Record) -> dict[str, Decimal]:
    """What the lots that are still open cost by coin, fees included."""
    costs: dict[str, Decimal] = {}
    for lot in round_trips_of(record).open:
        costs[lot.symbol] = costs.get(lot.symbol, Decimal(0)) + lot.quantity * lot.entry_price + lot.fees
    return costs


def _fees(record: Record) -> str | None:
    """The fees of every fill; None where there are too many to sum."""
    if record.count("fill") > MOST_FILLS:
        return None
    return plain(sum((Decimal(row.body["fee"]) for row in record.rows("fill")), Decimal(0)))
