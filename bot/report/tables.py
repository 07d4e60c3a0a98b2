"""The tables of a report, from those of its run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from bot.report import names, numbers
from bot.report.contents import Contents
from bot.report.markup import Badge, Cell, Figure, Row, Table
from bot.report.settings import settings

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FIGURES = (
    ("total_return", "Total return", numbers.growth),
    ("cagr", "A year (CAGR)", lambda v: numbers.percent(v, signed=True)),
    ("max_drawdown", "Deepest fall", numbers.percent),
    ("volatility", "Volatility", numbers.percent),
    ("sharpe", "Sharpe", numbers.ratio),
    ("sortino", "Sortino", numbers.ratio),
    ("calmar", "Calmar", numbers.ratio),
    ("exposure", "Held in coins", numbers.percent),
    ("turnover", "Turnover a year", lambda v: f"{numbers.ratio(v)}×"),
    ("fees", "Fees", numbers.money),
    ("slippage_cost", "Slippage", numbers.money),
    ("trades", "Trades", numbers.count),
    ("win_rate", "Won", numbers.percent),
)
_AFTER = ("eth_21", "eth_42", "eth_63", "btc_63")


def key_figures(contents: Contents) -> Table:
    """The strategy's figures beside each benchmark's and random timing's."""
    summary, run = contents.summary, settings(contents)
    keys = [key for key, figures in summary.items() if isinstance(figures, dict) and "cagr" in figures]
    luck = summary["random_timing"]
    rest = [Figure("")] * (len(_FIGURES) - 1)
    return Table(
        f"Strategy and benchmarks, {summary['periods_per_year']} periods a year, amounts in {run.quote}",
        ["", Figure("Ends at"), *(Figure(title) for _, title, _ in _FIGURES)],
        [_figures_row(names.benchmark(key, run.trend_days), summary[key]) for key in keys],
        [
            [f"Random timing, {title}", Figure(numbers.money(run.start_equity * (1 + luck[key]))),
             Figure(numbers.growth(luck[key])), *rest]
            for key, title in (
                ("total_return_5", "5th percentile"), ("total_return_50", "median"), ("total_return_95", "95th percentile"),
            )
        ],
        marked=keys.index("strategy"),
    )  # fmt: skip


def delay(contents: Contents) -> Table:
    """The strategy as it was run beside the same decisions carried out a day later."""
    return Table(
        f"One day late, amounts in {settings(contents).quote}",
        ["", Figure("Ends at"), *(Figure(title) for _, title, _ in _FIGURES)],
        [
            _figures_row("As decided", contents.summary["strategy"]),
            _figures_row("Every decision one day late", contents.delayed),
        ],
        marked=0,
    )


def costs(contents: Contents) -> Table:
    """What trading cost, and its share of what was won before costs."""
    own, run = contents.summary["strategy"], settings(contents)
    fees, slippage = float(own["fees"]), float(own["slippage_cost"])
    before = float(own["final_equity"]) - run.start_equity + fees + slippage
    return Table(
        f"Costs of the strategy, in {run.quote}",
        ["", Figure("Amount"), Figure("Of the start"), Figure("Of the result before costs")],
        [
            [
                title,
                Figure(numbers.money(cost)),
                Figure(numbers.percent(cost / run.start_equity)),
                Figure(numbers.percent(cost / before) if before > 0 else "a loss"),
            ]
            for title, cost in (("Fees", fees), ("Slippage", slippage), ("Together", fees + slippage))
        ],
    )


def monthly_returns(contents: Contents) -> Table:
    """The strategy's return in each calendar month, a year a row."""
    equity = contents.tables["equity"]["equity"]
    months = _returns(equity, "M", settings(contents).start_equity)
    years = _returns(equity, "Y", settings(contents).start_equity)
    rows = [
        [str(year.year), *(_month(months.get(pd.Period(year=year.year, month=m, freq="M"))) for m in range(1, 13)),
         _month(total)]
        for year, total in years.items()
        if isinstance(year, pd.Period)
    ]  # fmt: skip
    return Table("Returns of the strategy by month", ["Year", *map(Figure, _MONTHS), Figure("Year")], rows)


def episodes(contents: Contents, table: str = "episodes") -> Table:
    """Every breakout with what became of it and what ETH did after it; averages stand at its foot."""
    found = contents.tables[table]
    head: Row = (
        "Session", Figure("Close"), Figure("Level"), Figure("Quiet sessions"), "Outcome", "Confirmed", "Vetoed by",
        "ETH from", "Altcoins from", "Ended", "Because", Figure("ETH +21"), Figure("ETH +42"), Figure("ETH +63"),
        Figure("BTC +63"),
    )  # fmt: skip
    rows = [_episode(episode) for episode in found.to_dict("records")]
    blank: list[Cell] = [""] * (len(head) - len(_AFTER) - 1)
    after = found[list(_AFTER)].astype(float)
    foot: list[Row] = [
        [title, *blank, *(Figure(numbers.percent(value, signed=True)) for value in values)]
        for title, values in (
            ("Mean", after.mean()),
            ("Median", after.median()),
            ("Mean without the best", (after.sum() - after.max()) / (after.count() - 1)),
        )
    ]
    return Table("Returns after each breakout, in sessions", head, rows, foot if len(found) > 1 else ())


def trades(contents: Contents) -> Table:
    """Every round trip."""
    return Table(
        f"Round trips, first in, first out, profit in {settings(contents).quote}",
        ("Coin", "Bought", "Sold", Figure("Days"), Figure("Quantity"), Figure("Bought at"), Figure("Sold at"),
         Figure("Return"), Figure("Profit"), Figure("Fees"), "Bought because", "Sold because"),
        [
            (t["symbol"], numbers.day(t["entry_at"]), numbers.day(t["exit_at"]), Figure(numbers.count(t["days"])),
             Figure(numbers.price(t["quantity"])), Figure(numbers.price(t["entry_price"])),
             Figure(numbers.price(t["exit_price"])), _tinted(t["return"], 0.5), Figure(numbers.money(t["pnl"])),
             Figure(numbers.money(t["fees"])), names.reasons(t["entry_reason"]), names.reasons(t["exit_reason"]))
            for t in contents.tables["trades"].to_dict("records")
        ],
    )  # fmt: skip


def failed_orders(contents: Contents) -> Table:
    """Every order that was not filled in full, and why."""
    orders = contents.tables["orders"]
    return Table(
        "Orders that were not filled in full",
        ("Coin", "Decided", "Side", Figure("Quantity"), "Ended as", "Reason"),
        [
            (o["symbol"], numbers.day(o["decision_at"]), o["side"], Figure(numbers.price(o["quantity"])), o["status"],
             names.reasons(o["reason"]))
            for o in orders[orders["status"] != "filled"].to_dict("records")
        ],
    )  # fmt: skip


def settlements(contents: Contents) -> Table:
    """Every holding that left the book without an order."""
    return Table(
        f"Settlements, in {settings(contents).quote}",
        ("Coin", "Day", "Cause", Figure("Quantity"), Figure("Price"), Figure("Fee"), "Into", Figure("Received")),
        [
            (s["symbol"], numbers.day(s["at"]), s["cause"], Figure(numbers.price(s["quantity"])),
             Figure(numbers.price(s["price"])), Figure(numbers.money(s["fee"])), s["into"] or numbers.NOTHING,
             Figure(numbers.price(s["received"])))
            for s in contents.tables["settlements"].to_dict("records")
        ],
    )  # fmt: skip


def _figures_row(title: str, figures: Any) -> Row:
    return [title, Figure(numbers.money(figures["final_equity"])), *(Figure(show(figures[key])) for key, _, show in _FIGURES)]


def _returns(equity: pd.Series, period: str, start: float) -> pd.Series:
    """The simple return of each calendar period; the first begins at the start equity."""
    ends = equity.groupby(pd.DatetimeIndex(equity.index).to_period(period)).last()
    return ends / np.concatenate(([start], ends.to_numpy()[:-1])) - 1


def _month(value: float | None) -> Figure:
    return Figure("") if value is None else _tinted(value, 0.3)


def _tinted(value: Any, full: float) -> Figure:
    """A signed percentage whose tint is full at `full`."""
    share = numbers.number(value)
    return Figure(numbers.percent(share, signed=True), None if share is None else share / full)


def _episode(e: dict[Any, Any]) -> Row:
    outcome = str(e["outcome"])
    said = f"{outcome} (was {str(e['stage_then']).lower()})" if outcome == "ignored" else outcome
    return (
        numbers.day(e["session"]), Figure(numbers.price(e["close"])), Figure(numbers.price(e["level"])),
        Figure(numbers.count(e["base_sessions"])), Badge(said, outcome), numbers.day(e["confirmed_session"]),
        names.reasons(e["vetoes"]), numbers.day(e["eth_at"]), numbers.day(e["alts_at"]), numbers.day(e["exit_at"]),
        names.reasons(e["exit_reason"]), *(_tinted(e[key], 1) for key in _AFTER),
    )  # fmt: skip
