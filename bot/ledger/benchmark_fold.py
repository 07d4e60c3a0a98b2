"""Results of the benchmarks that a ledger recorded with its valuations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from bot.core.events import Valuation
from bot.ledger.codec import plain
from bot.report.beside import BenchmarkResult, BesideLedger


def beside_ledger(
    cash: Decimal, first: Valuation, last: Valuation, every: Callable[[], Iterable[Valuation]]
) -> BesideLedger:
    """Fold the valuations of a ledger into the result of each benchmark.

    Parameters
    ----------
    cash
        Cash with which the ledger began, in the quote currency.
    first, last
        First and last valuation.
    every
        Reads all valuations in order. It is called only where the first and the last have other benchmarks, as in a
        ledger that an older version began.
    """
    known = [first, last] if first.benchmarks.keys() == last.benchmarks.keys() else every()
    first_days: dict[str, str] = {}
    newest: dict[str, tuple[str, Decimal]] = {}
    for valued in known:
        for name, equity in valued.benchmarks.items():
            first_days.setdefault(name, valued.day.isoformat())
            newest[name] = valued.day.isoformat(), equity
    results = [
        BenchmarkResult(name, plain(equity), float(equity / cash) - 1, first_days[name], day)
        for name, (day, equity) in newest.items()
    ]
    interest = {name: plain(amount) for name, amount in last.interest.items()}
    own = float(last.equity / cash) - 1
    return BesideLedger(first.day.isoformat(), last.day.isoformat(), own, results, last.random_timing, interest)
