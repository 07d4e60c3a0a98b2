"""Sentences that set a ledger beside its benchmarks and beside random timing of its own exposure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.report import headline, numbers
from bot.report.labels import PLAIN, Labels
from bot.report.words import benchmark_name

_HELD = ("eth", "btc")
"""Benchmarks that hold one of the two coins; they are named first."""

NOT_VALUED: Mapping[str, Any] = {"total_return": None, "benchmarks": [], "random_timing": {}, "cash_interest": {}}
"""The figures of a ledger without a valuation, as JSON data."""


@dataclass(frozen=True, slots=True)
class BenchmarkResult:
    """Result of one benchmark of a ledger.

    Attributes
    ----------
    name
        Name of the benchmark in the ledger.
    equity
        Equity at the close of `last_day` in the quote currency, as decimal text.
    total_return
        Simple return since the ledger's first day, as a share.
    first_day, last_day
        First and last day (UTC, YYYY-MM-DD) with a recorded value.
    """

    name: str
    equity: str
    total_return: float
    first_day: str
    last_day: str

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON data."""
        return {
            "name": self.name,
            "equity": self.equity,
            "total_return": self.total_return,
            "first_day": self.first_day,
            "last_day": self.last_day,
        }


@dataclass(frozen=True, slots=True)
class BesideLedger:
    """Benchmarks of a ledger at its last valuation, and total returns of random timings of its exposure.

    `begun` is the first valued day, `valued` the last (UTC, YYYY-MM-DD), `own` the ledger's total return as a share.
    `random_timing` is empty in a ledger of an older version. `interest` is what idle cash would have earned since the
    first day with a recorded rate, as decimal text by name; empty while `benchmarks.cash_rate` is null.
    """

    begun: str
    valued: str
    own: float
    results: Sequence[BenchmarkResult]
    random_timing: Mapping[str, float]
    interest: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as JSON data: `total_return`, `benchmarks`, `random_timing` and `cash_interest`."""
        return {
            "total_return": self.own,
            "benchmarks": [one.to_dict() for one in self.results],
            "random_timing": dict(self.random_timing),
            "cash_interest": dict(self.interest),
        }

    def against_held(self, labels: Labels = PLAIN) -> str:
        """Compare the ledger with holding its two coins: "less than holding ETH (+3.4%) and ..."; "" if unknown."""
        parts = []
        for one in self._held():
            than = "more" if self.own > one.total_return else "less" if self.own < one.total_return else "as much"
            link = "as" if than == "as much" else "than"
            parts.append(f"{than} {link} holding {self._coin(one.name, labels)} ({self._growth(one)})")
        return " and ".join(parts)

    def held_in_short(self, labels: Labels = PLAIN) -> str:
        """Return the growth of holding its two coins: "holding ETH +3.4%, holding BTC +5.6%"; "" if unknown."""
        return ", ".join(f"holding {self._coin(one.name, labels)} {self._growth(one)}" for one in self._held())

    def table(self, labels: Labels = PLAIN) -> str:
        """Return the growth of each benchmark, separated by semicolons."""
        return "; ".join(f"{benchmark_name(one.name, labels)} {self._growth(one)}" for one in self.results)

    def others(self, labels: Labels = PLAIN) -> str:
        """Return the growth of the benchmarks that `against_held` leaves out, as a sentence, or ""."""
        found = [one for one in self.results if one.name not in _HELD]
        if not found:
            return ""
        each = "; ".join(f"{benchmark_name(one.name, labels)} {self._growth(one)}" for one in found)
        return f"The other benchmarks: {each}."

    def luck(self) -> str:
        """Return the ledger's place among random timings of its own exposure, in words; "" if they are left out."""
        return headline.place(self.own, self.random_timing) if "total_return_50" in self.random_timing else ""

    def idle_cash(self, labels: Labels = PLAIN) -> str:
        """Say what idle cash would have earned in the ledger and in each benchmark, or return ""."""
        if not self.interest:
            return ""
        names = {"strategy": "ledger"} | {one.name: benchmark_name(one.name, labels) for one in self.results}
        each = "; ".join(f"{names.get(name, name)} {numbers.money(amount)}" for name, amount in self.interest.items())
        return f"idle cash would have earned (returns exclude it): {each}"

    def missing(self) -> str:
        """Say why random timing is left out, and since when benchmarks are recorded if they began late."""
        return " ".join(filter(None, [headline.timing_left_out(self.random_timing), self._late()]))

    def _late(self) -> str:
        if not self.results:
            return "Its benchmarks are not recorded yet."
        late = sorted({one.first_day for one in self.results if one.first_day > self.begun})
        every = all(one.first_day > self.begun for one in self.results)
        if not late:
            return ""
        if every and len(late) == 1:
            return f"The daily values of its benchmarks are not recorded before {late[0]}."
        named = ", ".join(f"{one.name} before {one.first_day}" for one in self.results if one.first_day > self.begun)
        return f"Daily values of benchmarks are not recorded: {named}."

    def _held(self) -> list[BenchmarkResult]:
        by_name = {one.name: one for one in self.results}
        return [by_name[name] for name in _HELD if name in by_name]

    def _growth(self, one: BenchmarkResult) -> str:
        ended = f" to {one.last_day}" if one.last_day < self.valued else ""
        return numbers.growth(one.total_return) + ended

    @staticmethod
    def _coin(name: str, labels: Labels) -> str:
        return {"eth": labels.eth, "btc": labels.btc}[name]
