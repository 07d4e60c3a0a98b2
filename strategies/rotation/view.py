"""The rotation's view of a market: every reading at every decision time, and the path of stages."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from bot.core.market import Market
from strategies.decimals import is_at_least, is_below
from strategies.indicators import Bools, Ints
from strategies.rotation.altcoins import Altcoins
from strategies.rotation.conditions import is_stale
from strategies.rotation.progress import progress
from strategies.rotation.reading import Reading, ReadingTable
from strategies.rotation.readings import KeptReadings, Readings
from strategies.rotation.settings import RotationSettings
from strategies.rotation.state import Memory, Observation, ObservedColumns, Outcome
from strategies.rotation.step import step
from strategies.rotation.supercycle import Supercycle


class RotationView:
    """A market as the rotation reads it. Arrays have one entry a decision time.

    `of` is a view of the same market whose settings differ in the switches of the gates alone; its readings are shared.
    `altcoins` are those of the same market and section `altcoins`, and `source` the readings of the same market and
    section `rotation`, if they are made already; otherwise `kept` has readings of the same market.
    """

    def __init__(
        self,
        market: Market,
        settings: RotationSettings,
        of: RotationView | None = None,
        altcoins: Altcoins | None = None,
        source: Readings | None = None,
        kept: KeptReadings | None = None,
    ) -> None:
        self.market, self.settings = market, settings
        self.gates_on = settings.rotation.gates.switched_on
        """Names of the gates that are on."""
        self.times = market.decision_times
        self.days = self.times.astype("datetime64[D]") - 1
        """The UTC day that has just closed at each decision time."""
        gaps = settings.quality.window_gaps
        made = of.altcoins if of else altcoins
        self.altcoins: Altcoins = made or Altcoins(market, settings.altcoins, gaps)
        read = of.source if of else source
        self.source: Readings = read or Readings(market, settings, kept)
        self.gates = {**self.source.gates, **self._supercycle_gate()}
        self.readings: dict[str, Reading] = {
            "small_caps": self._small_caps(),
            **self.gates,
            "volatility_kill": self.source.volatility_kill(),
            "eth_btc": self.source.pair(),
            "eth_trend": self.source.eth_trend(),
            "breadth": of.readings["breadth"] if of else self._breadth(),
            "peg_broken": self.source.peg(),
        }

    @cached_property
    def table(self) -> ReadingTable:
        """Every reading and the progress of the stage, by decision."""
        switches = {name: name in self.gates_on for name in self.gates}
        return ReadingTable(self.readings, progress(self.path), switches, self.settings.rules)

    @cached_property
    def supercycle(self) -> Supercycle:
        """The supercycle score, computed at its first use."""
        return Supercycle(self.source)

    @property
    def required(self) -> tuple[str, str, str]:
        """The series that every decision needs."""
        roles = self.market.roles
        return roles.small_caps, roles.eth, roles.btc

    @property
    def kills(self) -> set[str]:
        """Names of the readings whose risk exit is switched on."""
        rules = self.settings.rules
        switches = {
            "credit": rules.risk_exits_credit,
            "volatility": rules.risk_exits_volatility,
            "peg_broken": rules.risk_exits_peg,
        }
        return {name for name, on in switches.items() if on}

    @cached_property
    def credit_stress(self) -> Bools:
        """True where the credit reading shows stress."""
        credit = self.gates["credit"]
        return credit.available & credit.is_known & ~credit.holds

    @cached_property
    def missed(self) -> Ints:
        """Late rows of the needed input that lacks most, in its own sessions or days."""
        silences = [self.source.missed(self.market[symbol]) for symbol in self.required]
        silences += [
            np.where(reading.available, reading.missed, 0)
            for name, reading in self.gates.items()
            if name in self.gates_on or name in self.kills
        ]
        longest: Ints = np.max(silences, axis=0)
        return longest

    @cached_property
    def stale(self) -> Bools:
        """True where a needed input is too old to buy on."""
        return is_stale(self.settings.rules, self.missed)

    @cached_property
    def path(self) -> list[Outcome]:
        """The outcome of `step` at each decision time, folded from an empty memory."""
        rules, memory, path = self.settings.rules, Memory(), []
        for seen in self.observations():
            outcome = step(rules, memory, seen)
            memory = outcome.memory
            path.append(outcome)
        return path

    def observations(self) -> list[Observation]:
        """Return the observations that `step` reads, one a decision time."""
        # `tolist` gives Python numbers: `step` is slower on NumPy scalars.
        rows_of_columns = zip(*(column.tolist() for column in self.observed), strict=True)
        return list(map(Observation._make, rows_of_columns))

    @cached_property
    def observed(self) -> ObservedColumns:
        """All that `step` reads, a column each, with one entry a decision time."""
        rows, new = self.source.session_rows(), self.source.new_session()
        before, is_record, base, since = self.source.records()
        strength, pair = self.gates["relative_strength"], self.readings["eth_btc"]
        kill, peg = self.readings["volatility_kill"], self.readings["peg_broken"]
        columns = {
            "session": rows,
            "new_session": new,
            "close": self.source.closes[rows],
            "prior_high": before[rows],
            "is_record": is_record[rows] & new,  # a Friday's record must not count again on Saturday
            "base": base[rows],
            "sessions_since_record": since[rows],
            "gates_pass": self._gates_pass(),
            "credit_stress": self.credit_stress,
            "volatility_kill": kill.available & kill.holds,
            "rs_up": strength.available & strength.holds,
            "rs_weak_sessions": np.where(strength.available, self.source.rs_weak_sessions(), 0),
            "eth_close": self.readings["eth_trend"].value,
            "eth_above_trend": self.readings["eth_trend"].holds,
            "eth_range": self.source.eth_range(),
            "pair_above": pair.holds,
            "pair_below": is_below(pair.value, pair.threshold),  # unknown is neither above nor below
            "breadth_passes": self.readings["breadth"].holds,
            "peg_broken": peg.available & peg.holds,
            "thin_trading": self.source.thin_trading(),
            "missed": self.missed,
        }
        return ObservedColumns(**columns)

    def failing_gates(self, i: int) -> list[str]:
        """Return the gates that are on and block at a decision."""
        return [name for name in self.gates if name in self.gates_on and not self._passes(name)[i]]

    def _gates_pass(self) -> Bools:
        passing = np.ones(len(self.times), bool)
        for name in self.gates:
            if name in self.gates_on:
                passing &= self._passes(name)
        return passing

    def _passes(self, name: str) -> Bools:
        """True where a gate passes: a gate that lacks data is off, a stale one blocks."""
        gate = self.gates[name]
        return ~gate.available | (gate.holds & ~is_stale(self.settings.rules, gate.missed))

    def _supercycle_gate(self) -> dict[str, Reading]:
        """Return the gate of the score if it is on; an unused score would only cost time."""
        return {"supercycle": self.supercycle.gate()} if "supercycle" in self.gates_on else {}

    def _small_caps(self) -> Reading:
        """The small caps' close against the highest close before it."""
        rows = self.source.session_rows()
        before, is_record, _, _ = self.source.records()
        missed, everywhere = self.source.missed(self.source.small_caps), np.ones(len(rows), bool)
        return Reading(
            "small_caps",
            self.source.closes[rows],
            before[rows],
            is_record[rows],
            missed,
            everywhere,
            False,
            (self.source.small_caps,),
        )

    def _breadth(self) -> Reading:
        share = self.altcoins.breadth(self.days)
        needed = np.full(len(share), self.settings.altcoins.breadth_needed)
        none_missed = np.zeros(len(share), np.int64)
        return Reading("breadth", share, needed, is_at_least(share, needed), none_missed, np.ones(len(share), bool))


class Views:
    """The newest view, kept by its owner so that one run computes it once.

    Only one is kept: a daemon that holds the cache would otherwise keep yesterday's market in memory.
    """

    def __init__(self) -> None:
        self._newest: RotationView | None = None

    def of(self, market: Market, settings: RotationSettings) -> RotationView:
        """Return the view of a market, computing it for another market or other settings than the last."""
        view = self._newest
        if view is None or view.market is not market or view.settings != settings:
            view = self._newest = RotationView(market, settings)
        return view
