"""Statistics of a run in the report: figures, worst drawdowns, years beside the benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.report import numbers
from bot.report.charts import curves_of
from bot.report.contents import Contents
from bot.report.drawdown_periods import DrawdownPeriod, worst_drawdowns
from bot.report.markup import Figure, Row, Table
from bot.report.run_settings import settings
from bot.report.statistics import (
    TAIL,
    Statistics,
    curve_statistics,
    daily_returns,
    period_returns,
    statistics_of,
)
from bot.report.words import benchmark_name

_FULL_TINT = 1.0  # return of a year at which a cell's tint is full
_ROWS: tuple[tuple[str, str, Callable[[numbers.Number], str]], ...] = (
    ("best_day", "Best day", numbers.change),
    ("worst_day", "Worst day", numbers.change),
    ("best_month", "Best month", numbers.growth),
    ("worst_month", "Worst month", numbers.change),
    ("best_year", "Best year", numbers.growth),
    ("worst_year", "Worst year", numbers.change),
    ("win_months", "Win months", numbers.percent),
    ("time_in_market", "Days with a position", numbers.percent),
    ("value_at_risk", "VaR, a day, 95%", numbers.percent),
    ("conditional_value_at_risk", "CVaR, a day, 95%", numbers.percent),
    ("skew", "Skew", numbers.ratio),
    ("kurtosis", "Excess kurtosis", numbers.ratio),
    ("ulcer_index", "Ulcer index", numbers.percent),
    ("profit_factor", "Profit factor", numbers.ratio),
    ("expectancy", "Expectancy", numbers.money),
    ("average_win", "Average win", numbers.change),
    ("average_loss", "Average loss", numbers.change),
)
_HELD = ("eth", "btc")

NOTE = (
    "Over all days, those without a position too. Win months are a share of the months with a return; days with a "
    f"position, at the close, are a share of all days. VaR is the return of which {TAIL:.0%} of the days were worse, "
    "CVaR the mean of those days. The Ulcer index is the root mean square of the drawdown. Profit factor, expectancy "
    "(mean profit) and average win and loss are of closed round trips, after costs."
)
DRAWDOWN_NOTE = "Days are from the peak to the recovery, or to the end of the run for a drawdown that lasts."


def statistics_table(contents: Contents) -> Table:
    """Tabulate the statistics of the strategy beside those of holding ETH and BTC."""
    run, table = settings(contents), contents.tables["equity"]
    columns: dict[str, Statistics] = {"strategy": statistics_of(table, contents.tables["trades"], run.start_equity)}
    for key in _HELD:
        if key in table:
            # Held from the first day to the last: neither cash nor a round trip.
            columns[key] = curve_statistics(table[key].astype(float), 0 * table[key], run.start_equity)
    head: Row = ("Statistic", *(Figure(benchmark_name(key, contents.labels)) for key in columns))
    return Table(
        f"Statistics of returns and round trips, amounts in {run.quote}",
        head,
        [(title, *(_shown(one, key, show) for one in columns.values())) for key, title, show in _ROWS],
    )


def drawdown_table(contents: Contents) -> Table:
    """Tabulate the ten worst drawdowns of the strategy."""
    found = worst_drawdowns(contents.tables["equity"]["equity"], settings(contents).start_equity)
    head: Row = (
        "Rank",
        Figure("Drawdown"),
        *map(Figure, ("Peak", "Low", "Recovered", "Days", "Days to the low")),
    )
    return Table("The worst drawdowns of the strategy", head, [_drawdown(i, one) for i, one in enumerate(found, 1)])


def years_table(contents: Contents) -> Table:
    """Tabulate the total return of each calendar year beside the benchmarks."""
    run, curves = settings(contents), curves_of(contents.tables["equity"])
    years = {key: period_returns(daily_returns(curve, run.start_equity), "Y") for key, curve in curves.items()}
    head: Row = ("Year", *(Figure(benchmark_name(key, contents.labels)) for key in years))
    rows: list[Row] = [(str(year), *(_year(one[year]) for one in years.values())) for year in years["strategy"].index]
    return Table("Total return by calendar year", head, rows)


def _shown(found: Mapping[str, float | int | None], key: str, show: Callable[[numbers.Number], str]) -> Figure:
    return Figure(show(found[key]) if key in found else "")


def _drawdown(rank: int, one: DrawdownPeriod) -> Row:
    recovered = Figure("not yet" if one.recovered is None else numbers.day(one.recovered))
    return (
        str(rank),
        Figure(numbers.percent(one.depth)),
        Figure(numbers.day(one.peak)),
        Figure(numbers.day(one.low)),
        recovered,
        Figure(numbers.count(one.days)),
        Figure(numbers.count(one.days_to_low)),
    )


def _year(share: float) -> Figure:
    known = numbers.number(share)
    # A year without a position is blank, as in the table of months.
    return Figure("") if not known else Figure(numbers.growth(known), known / _FULL_TINT)
