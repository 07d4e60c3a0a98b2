"""Backtests of the rotation's variants on the market of a study, which share their readings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any

import numpy as np

from bot.backtest.delayed import delayed
from bot.backtest.engines.exact import run_exact
from bot.backtest.figures import figures_of
from bot.core.book import Book
from bot.core.corporate_actions import CorporateActionKind
from bot.core.errors import DataError
from bot.core.events import Valuation
from bot.core.instrument import Instrument
from bot.core.market import Floats, Market
from bot.core.orders import SettlementCause
from bot.core.series_kind import SeriesKind
from bot.services.plans import endings_for, run_plan, window_of, with_decisions
from bot.services.run_key import run_key
from bot.study.study_data import StudyData
from strategies.rotation.rotation import Rotation
from strategies.rotation.settings import RotationSettings
from strategies.rotation.view import RotationView, Views

FIGURES = ("total_return", "cagr", "max_drawdown", "sharpe", "trades", "exposure")
"""Figures of a run that the tables show."""


@dataclass(frozen=True, slots=True, eq=False)
class VariantRun:
    """One backtest of a variant.

    Attributes
    ----------
    table, variant
        Its place in the tables.
    figures
        Figures of the run, by the names of `bot backtest`.
    returns
        Simple return of each UTC day, close to close, shape (days,).
    missing
        Why the variant is not computed; `figures` and `returns` are empty then.
    """

    table: str
    variant: str
    figures: dict[str, Any]
    returns: Floats
    missing: str | None = None


class RotationRuns:
    """The rotation of a study's config: its plan, its decisions, its run, and the runs of its variants.

    Raises DataError if the plan's claim is another than the one that the rotation trades.
    """

    def __init__(self, data: StudyData) -> None:
        _require_own_claim(data)
        self.data, self.market = data, data.market
        self.window = window_of(data.market, None, None)
        key = run_key(data.config, data.market, self.window)
        self.plan = run_plan(data.config, data.market, self.window, key)
        views = Views()
        self.view = views.of(data.market, data.settings)
        self.rotation = Rotation(data.settings, views=views)
        self.decisions = self.rotation.decide(self.view)
        self.stressed = frozenset(self.rotation.stressed(data.market))
        self.book = run_exact(with_decisions(self.plan, self.window, self.decisions, self.stressed))
        self._books = {_path_key(self.view): self.book}

    def variants(self) -> list[VariantRun]:
        """Run every variant of the tables, the config's own rotation first."""
        tables = self.data.plan.tables
        return [
            self._run_of("config", "as configured", self.book),
            *self._ablation(),
            *(self._at_costs(factor) for factor in tables.costs),
            *(self._late(days) for days in tables.delays),
            *self._survivors(),
        ]

    def _run_of(self, table: str, variant: str, book: Book) -> VariantRun:
        figures = figures_of(book, book.plan.cash)
        return VariantRun(table, variant, {name: figures[name] for name in FIGURES}, daily_returns_of(book))

    def _ablation(self) -> list[VariantRun]:
        """Switch each gate by itself, then leave it alone of all gates, and last switch all off."""
        gates = self.data.settings.rotation.gates
        off = {gate.name: False for gate in fields(gates)}
        rows = []
        for name in off:
            is_on = name in gates.switched_on
            switched = f"without {name}" if is_on else f"with {name} too"
            rows.append(self._gated(switched, name, {name: not is_on}))
            rows.append(self._gated(f"{name} alone", name, {**off, name: True}))
        return [*rows, self._gated("no gate", None, off)]

    def _gated(self, variant: str, gate: str | None, switches: Mapping[str, bool]) -> VariantRun:
        settings = with_gates(self.data.settings, switches)
        view = RotationView(self.market, settings, of=self.view)
        if gate is not None and gate in view.gates and not view.gates[gate].available.any():
            return VariantRun("gate", variant, {}, np.array([]), f"the market lacks the series of the gate {gate}")
        # Many switches change no decision; a run costs more than the comparison.
        key = _path_key(view)
        if key not in self._books:
            decisions = Rotation(settings).decide(view)
            self._books[key] = run_exact(with_decisions(self.plan, self.window, decisions, self.stressed))
        return self._run_of("gate", variant, self._books[key])

    def _at_costs(self, factor: float) -> VariantRun:
        share = Decimal(str(factor))
        instruments = {symbol: at_costs(made, share) for symbol, made in self.plan.rules.instruments.items()}
        rules = replace(self.plan.rules, instruments=instruments, impact=self.plan.rules.impact * factor)
        plan = replace(self.plan, rules=rules)
        book = run_exact(with_decisions(plan, self.window, self.decisions, self.stressed))
        return self._run_of("costs", f"costs x {factor:g}", book)

    def _late(self, days: int) -> VariantRun:
        late = delayed(self.decisions, days)
        book = run_exact(with_decisions(self.plan, self.window, late, self.stressed))
        return self._run_of("delay", f"{days} {'day' if days == 1 else 'days'} late", book)

    def _survivors(self) -> list[VariantRun]:
        """Run without the coins that died or were halted, and without all that end before the run."""
        return [
            self._on("without dead and halted coins", without_coins(self.market, self.dead_coins())),
            self._on("only coins with rows to the end", without_coins(self.market, self._settled())),
        ]

    def dead_coins(self) -> set[str]:
        """Return the coins that a run settles as dead, and those that the table of endings calls halted."""
        table = endings_for(self.data.config, self.market)
        halted = {symbol for symbol, action in table.items() if action.kind is CorporateActionKind.HALTED}
        return halted | self._settled(SettlementCause.DEAD)

    def _settled(self, *causes: SettlementCause) -> set[str]:
        """Return the coins that are settled before the end of the run, for any cause or for the given ones."""
        settled = (settling for due in self.plan.settlings.values() for settling in due)
        return {one.symbol for one in settled if not causes or one.cause in causes}

    def _on(self, variant: str, market: Market) -> VariantRun:
        decisions = self.rotation.decide(RotationView(market, self.data.settings))
        plan = replace(self.plan, market=market)
        book = run_exact(with_decisions(plan, self.window, decisions, self.stressed))
        return self._run_of("coins", variant, book)


def variant_runs(data: StudyData) -> list[VariantRun]:
    """Run every variant of the tables; see `RotationRuns`."""
    return data.once(RotationRuns).variants()


def with_gates(settings: RotationSettings, switches: Mapping[str, bool]) -> RotationSettings:
    """Return the settings of a rotation with some gates switched."""
    gates = replace(settings.rotation.gates, **switches)
    return replace(settings, rotation=replace(settings.rotation, gates=gates))


def at_costs(instrument: Instrument, factor: Decimal) -> Instrument:
    """Return an instrument with its fee and slippage multiplied by a factor."""
    return replace(instrument, fee=instrument.fee * factor, slippage=instrument.slippage * factor)


def without_coins(market: Market, symbols: Collection[str]) -> Market:
    """Return a market without some altcoins; coins with a role stay."""
    out = {
        coin.symbol
        for coin in market.of_kind(SeriesKind.CRYPTO)
        if coin.symbol in symbols and coin.symbol not in market.roles.symbols
    }
    return replace(market, series={symbol: series for symbol, series in market.series.items() if symbol not in out})


def daily_returns_of(book: Book) -> Floats:
    """Compute the simple return of a run on each UTC day, close to close, from its start cash on."""
    equity = [float(event.equity) for event in book.events if isinstance(event, Valuation)]
    curve = np.array([float(book.plan.cash), *equity])
    returns: Floats = curve[1:] / curve[:-1] - 1
    return returns


def _path_key(view: RotationView) -> bytes:
    """Return all that the orders of a path depend on: views with the same key make the same orders."""
    path = [(outcome.stage, outcome.tranche) for outcome in view.path]
    return np.array(path, np.int64).tobytes() + view.stale.tobytes()


def _require_own_claim(data: StudyData) -> None:
    roles, signal = data.market.roles, data.plan.signal
    own = signal.file is None and data.symbol(signal.series) == roles.small_caps
    if not own or data.symbol(data.plan.outcome.series) != roles.eth:
        raise DataError("the rotation does not trade this claim")
