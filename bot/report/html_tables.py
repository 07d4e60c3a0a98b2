"""Tables of a report, made from the tables of its run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from bot.report import names, numbers
from bot.report.contents import Cells, Contents, Json
from bot.report.interest import interest_amounts, interest_note
from bot.report.labels import Labels
from bot.report.markup import Badge, Figure, Row, Table
from bot.report.run_settings import settings
from bot.report.words import figures_name

_FIGURES: tuple[tuple[str, str, Callable[[numbers.Number], str]], ...] = (
    ("final_equity", "Ends at", numbers.money),
    ("total_return", "Total return", numbers.growth),
    ("cagr", "CAGR", numbers.change),
    ("max_drawdown", "Drawdown", numbers.percent),
    ("volatility", "Volatility", numbers.percent),
    ("sharpe", "Sharpe", numbers.ratio),
    ("sortino", "Sortino", numbers.ratio),
    ("calmar", "Calmar", numbers.ratio),
    ("exposure", "Exposure", numbers.percent),
    ("turnover", "Turnover", numbers.times),
    ("fees", "Fees", numbers.money),
    ("slippage_cost", "Slippage", numbers.money),
    ("trades", "Trades", numbers.count),
    ("win_rate", "Win rate", numbers.percent),
)
_FIGURES_HEAD = tuple(Figure(title) for _, title, _ in _FIGURES)
_PERCENTILES = {"total_return_5": "5%", "total_return_50": "median", "total_return_95": "95%"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_AFTER = {"eth_21": "{eth} +21", "eth_42": "{eth} +42", "eth_63": "{eth} +63", "btc_63": "{btc} +63"}
_RETURNS_AFTER = {
    "episodes": "Returns by number of sessions after each breakout",
    "rearmings": "Returns by number of sessions after each re-arming",
}
_FULL_TINT = {"month": 0.3, "trade": 0.5, "episode": 1.0}  # return at which a cell's tint is full


def key_figures(contents: Contents) -> Table:
    """Tabulate the figures of the strategy, each benchmark and random timing."""
    summary, run = contents.summary, settings(contents)
    runs = {"strategy": summary["strategy"], **summary["benchmarks"]}
    title = f"Strategy and benchmarks, {summary['periods_per_year']} periods a year, amounts in {run.quote}"
    head: Row = ("Portfolio", *_FIGURES_HEAD)
    rows = [_figures(figures_name(key, one, contents.labels), one) for key, one in runs.items()]
    if "cash_interest" in summary:
        amounts = interest_amounts(summary)
        title = f"{title}. {interest_note(summary['cash_interest']['symbol'])}"
        head = (*head, Figure("Cash interest"))
        rows = [(*row, _money(amounts.get(key))) for key, row in zip(runs, rows, strict=True)]
    return Table(
        title,
        head,
        rows,
        [
            _random_timing(title, summary["random_timing"][key], run.start_equity)
            for key, title in _PERCENTILES.items()
            if key in summary["random_timing"]
        ],
        marked=0,
    )


def delay(contents: Contents) -> Table:
    """Tabulate the strategy beside the same decisions executed a day later."""
    return Table(
        f"The same decisions a day late, amounts in {settings(contents).quote}",
        ("Execution", *_FIGURES_HEAD),
        [
            _figures("As decided", contents.summary["strategy"]),
            _figures("Every decision a day late", contents.summary["a_day_late"]),
        ],
        marked=0,
    )


def costs(contents: Contents) -> Table:
    """Tabulate the costs of trading and their share of the profit before costs."""
    own, run = contents.summary["strategy"], settings(contents)
    fees, slippage = float(own["fees"]), float(own["slippage_cost"])
    # Costs added back: the profit that the same fills would have made at no cost.
    before = float(own["final_equity"]) - run.start_equity + fees + slippage
    return Table(
        f"Costs of the strategy, in {run.quote}",
        ("Cost", Figure("Amount"), Figure("Of the start"), Figure("Of the profit before costs")),
        [
            (
                title,
                _money(cost),
                Figure(numbers.percent(cost / run.start_equity)),
                Figure(numbers.percent(cost / before) if before > 0 else "no profit"),
            )
            for title, cost in (("Fees", fees), ("Slippage", slippage), ("Together", fees + slippage))
        ],
    )


def monthly_returns(contents: Contents) -> Table:
    """Tabulate the strategy's return in each calendar month, one row a year."""
    table, start = contents.tables["equity"], settings(contents).start_equity
    months, years = (_without_idle(_returns(table["equity"], period, start), table, period) for period in ("M", "Y"))
    return Table(
        "Returns of the strategy by month",
        ("Year", *(Figure(month) for month in _MONTHS), Figure("Year")),
        [
            (str(year), *(_tinted(months.get((year, m)), "month") for m in range(1, 13)), _tinted(total, "episode"))
            for (year, _), total in years.items()
        ],
    )


def episodes(contents: Contents, table: str = "episodes") -> Table:
    """Tabulate every breakout, its outcome, and the returns after it, with averages at the foot."""
    found, labels = contents.tables[table], contents.labels
    after = found[list(_AFTER)].astype(float)
    averages = {
        "Mean": after.mean(),
        "Median": after.median(),
        # One lucky episode can carry the mean of a handful.
        "Mean, best one left out": (after.sum() - after.max()) / (after.count() - 1),
    }
    head: Row = (
        "Session",
        "Outcome",
        *(Figure(labels.fill(title)) for title in _AFTER.values()),
        Figure("Level"),
        Figure("Sessions before"),
        Figure("Confirmed"),
        "Vetoed by",
        Figure(f"{labels.eth} from"),
        Figure("Altcoins from"),
        Figure("Ended"),
        "Because",
    )
    blank = [""] * (len(head) - len(_AFTER) - 2)
    foot: list[Row] = [
        (title, "", *(Figure(numbers.change(value)) for value in values), *blank) for title, values in averages.items()
    ]
    title = _RETURNS_AFTER[table]
    return Table(title, head, [_episode(e, labels) for e in _records(found)], foot if len(found) > 1 else ())


def trades(contents: Contents) -> Table:
    """Tabulate every round trip."""
    head: Row = (
        "Coin",
        Figure("Bought"),
        Figure("Sold"),
        Figure("Days"),
        Figure("Quantity"),
        Figure("Bought at"),
        Figure("Sold at"),
        Figure("Return"),
        Figure("Profit"),
        Figure("Fees"),
        "Bought because",
        "Sold because",
    )
    rows: list[Row] = [
        (
            t["symbol"],
            _day(t["entry_at"]),
            _day(t["exit_at"]),
            Figure(numbers.count(t["days"])),
            _price(t["quantity"]),
            _price(t["entry_price"]),
            _price(t["exit_price"]),
            _tinted(t["return"], "trade"),
            _money(t["pnl"]),
            _money(t["fees"]),
            names.reasons(t["entry_reason"], contents.labels),
            names.reasons(t["exit_reason"], contents.labels) + _stop_level(t),
        )
        for t in _records(contents.tables["trades"])
    ]
    return Table(f"Round trips, first in, first out, amounts in {settings(contents).quote}", head, rows)


def _stop_level(trade: Mapping[str, Any]) -> str:
    level = trade.get("stop")  # a column of the runs whose decisions give stops
    return f" at {numbers.price(level)}" if level else ""


def coins(contents: Contents) -> Table:
    """Tabulate the round trips by coin, the most profitable first."""
    round_trips = contents.tables["trades"]
    head: Row = ("Coin", *map(Figure, ("Round trips", "Win rate", "Profit", "Fees", "Days held, mean")))
    found = round_trips.assign(won=round_trips["pnl"].astype(float) > 0).groupby("symbol")
    sums = found.agg({"pnl": "sum", "fees": "sum", "days": "mean", "won": "mean", "quantity": "size"})
    rows: list[Row] = [
        (
            str(symbol),
            Figure(numbers.count(one["quantity"])),
            Figure(numbers.percent(one["won"])),
            Figure(numbers.money(one["pnl"]), _sign(one["pnl"])),
            _money(one["fees"]),
            Figure(numbers.count(round(one["days"]))),
        )
        for symbol, one in sums.sort_values("pnl", ascending=False).iterrows()
    ]
    return Table(f"Round trips by coin, amounts in {settings(contents).quote}", head, rows)


def failed_orders(contents: Contents) -> Table:
    """Tabulate the orders that were filled in part or left open, with the reason."""
    orders = contents.tables["orders"]
    return Table(
        "Orders that were not filled in full",
        ("Coin", Figure("Decided"), "Side", Figure("Quantity"), "Ended as", "Reason"),
        [
            (
                o["symbol"],
                _day(o["decision_at"]),
                o["side"],
                _price(o["quantity"]),
                o["status"],
                names.reasons(o["reason"], contents.labels),
            )
            for o in _records(orders[orders["status"] != "filled"])
        ],
    )


def settlements(contents: Contents) -> Table:
    """Tabulate the holdings that left the book through a delisting or a corporate action."""
    return Table(
        f"Settlements, amounts in {settings(contents).quote}",
        (
            "Coin",
            Figure("Day"),
            "Cause",
            Figure("Quantity"),
            Figure("Price"),
            Figure("Fee"),
            "Into",
            Figure("Received"),
        ),
        [
            (
                s["symbol"],
                _day(s["at"]),
                s["cause"],
                _price(s["quantity"]),
                _price(s["price"]),
                _money(s["fee"]),
                s["into"] or numbers.NOTHING,
                _price(s["received"]),
            )
            for s in _records(contents.tables["settlements"])
        ],
    )


def _records(table: pd.DataFrame) -> list[Cells]:
    return table.to_dict("records")


def _figures(title: str, figures: Json) -> Row:
    return (title, *(Figure(show(figures[key])) for key, _, show in _FIGURES))


def _random_timing(title: str, total_return: float, start: float) -> Row:
    known = (_money(start * (1 + total_return)), Figure(numbers.growth(total_return)))
    return (f"Random timing, {title}", *known, *[Figure("")] * (len(_FIGURES) - len(known)))


def _returns(equity: pd.Series, period: str, start: float) -> dict[tuple[int, int], float]:
    """Return the simple return of each calendar period by year and last month; the first is on the start equity."""
    ends = equity.groupby(pd.DatetimeIndex(equity.index).to_period(period)).last()
    returns = ends.to_numpy() / np.concatenate(([start], ends.to_numpy()[:-1])) - 1
    periods = pd.PeriodIndex(ends.index)
    return {(when.year, when.month): float(share) for when, share in zip(periods, returns, strict=True)}


def _without_idle(
    returns: dict[tuple[int, int], float], table: pd.DataFrame, period: str
) -> dict[tuple[int, int], float | None]:
    """Return the returns with None for each period without a position and without a return: a blank, not 0.0%."""
    held = (table["cash"] < table["equity"]).groupby(pd.DatetimeIndex(table.index).to_period(period)).any()
    busy = {(when.year, when.month) for when in pd.PeriodIndex(held.index[held.to_numpy(bool)])}
    return {when: share if share or when in busy else None for when, share in returns.items()}


def _tinted(value: numbers.Number, kind: str) -> Figure:
    """Return a signed percentage, tinted by its size; an empty cell for an unknown return."""
    share = numbers.number(value)
    return Figure("") if share is None else Figure(numbers.change(share), share / _FULL_TINT[kind])


def _episode(e: Cells, labels: Labels) -> Row:
    outcome = str(e["outcome"])
    is_ignored = outcome == "ignored"
    because = (
        f"was {names.stage(e['stage_then'], labels)} already" if is_ignored else names.reasons(e["exit_reason"], labels)
    )
    return (
        numbers.day(e["session"]),
        Badge(outcome, outcome),
        *(_tinted(e[key], "episode") for key in _AFTER),
        _price(e["level"]),
        Figure(numbers.count(e["base_sessions"])),
        _day(e["confirmed_session"]),
        names.reasons(e["vetoes"], labels),
        _day(e["eth_at"]),
        _day(e["alts_at"]),
        _day(e["exit_at"]),
        because,
    )


def _sign(value: float) -> float:
    """Return a faint tint for a gain or a loss, whatever its size."""
    return 0.3 if value > 0 else -0.3 if value < 0 else 0.0


def _day(value: date | None) -> Figure:
    return Figure(numbers.day(value))


def _money(value: numbers.Number) -> Figure:
    return Figure(numbers.money(value))


def _price(value: numbers.Number) -> Figure:
    return Figure(numbers.price(value))
