"""Watcher: look at a market after each midnight and deliver the alerts that are new."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np

from bot.core.decision import Decision
from bot.core.errors import BotError, ConfigError, DataError, StoreError, did_you_mean
from bot.core.market import Market
from bot.core.moments import ONE_DAY
from bot.core.plural import counted
from bot.core.ports import Clock
from bot.data.store.write_lock import write_lock
from bot.infra.vendor_errors import Unreachable
from bot.ledger.plan_progress import kept_looks
from bot.paper.daemon import Stop, next_time
from bot.paper.outbox import AddressPost, Post
from bot.paper.watch.near_misses import Nearness
from bot.paper.watch.watch_alerts import Alert, SentAlerts, WatchFacts, news_of
from bot.paper.watch.watch_state import OUTPUT, PendingAlert, market_of_watch, read_state, watch_path, write_state
from bot.report.labels import labels_of
from bot.report.names import stage_code
from bot.services.data_update import update_store
from bot.services.markets import open_market
from bot.services.plans import build_strategy
from bot.services.vendors import VendorSessions, open_sessions
from bot.settings.loader import Config
from bot.study.registration import follow

_LOOK_UP = 60.0
"""Longest sleep in seconds, so that a suspended machine or a changed clock is noticed within a minute."""
NEAR_READINGS = (
    "small_caps",
    "level",
    "eth_trend",
    "relative_strength",
    "credit",
    "volatility_kill",
    "small_cap_stop",
    "eth_stop",
    "eth_btc",
)
"""Readings of the rotation whose distance is a share of a price, a ratio or an index."""

Open = Callable[[Config, Clock], AbstractContextManager[VendorSessions]]
"""Opens the vendor sessions of one look."""


@dataclass(frozen=True, slots=True)
class LookResult:
    """Result of one look: new alerts, the newest decision, problems in words; True if today is done."""

    alerts: tuple[Alert, ...]
    day: date
    stage: str
    problems: tuple[str, ...]
    is_done: bool


class Watcher:
    """Watcher of one market by one config. It reads prices alone.

    `show` gets each alert, `post` sends it to the addresses, `say` writes problems to the terminal.

    Raises
    ------
    ConfigError
        If `watch.near` names a reading that the rotation lacks.
    """

    def __init__(
        self,
        config: Config,
        data_dir: Path | None,
        market: str,
        clock: Clock,
        post: Post,
        show: Callable[[Alert], None],
        say: Callable[[str], None],
        opened: Open = open_sessions,
    ) -> None:
        self._config, self._data_dir, self._clock = config, data_dir, clock
        self._post, self._show, self._say, self._opened = post, show, say, opened
        self._is_live = data_dir is None and market == "auto"
        self._market = market_of_watch(config, data_dir, market)
        self.path = watch_path(config, data_dir, self._market)
        self._labels = labels_of(config.resolved(), is_real=self._market != "demo")
        self._nearness = _nearness(config)

    def once(self) -> LookResult:
        """Look once. Raises DataError, StoreError, LedgerError, or InUse if another process watches the same."""
        with write_lock(self.path, self._clock, patience=0.0):
            return self._look()

    def run(self, stop: Stop) -> None:
        """Look now, then after every midnight until it is stopped. A fault of vendors or disks is tried again."""
        with write_lock(self.path, self._clock, patience=0.0):
            while True:
                is_done = self._tried()
                if self._is_stopped_before(stop, next_time(self._config, self._clock.now(), is_done)):
                    return

    def _tried(self) -> bool:
        try:
            result = self._look()
        except (DataError, StoreError) as fault:
            self._say(f"not watched: {fault}")
            return False
        for problem in result.problems:
            self._say(problem)
        return result.is_done

    def _is_stopped_before(self, stop: Stop, due: datetime) -> bool:
        while (left := (due - self._clock.now()).total_seconds()) > 0:
            if stop.wait(min(left, _LOOK_UP)):
                return True
        return False

    def _look(self) -> LookResult:
        sent, pending = read_state(self.path)
        late = self._fetch() if self._is_live else ""
        market = open_market(self._config, self._data_dir, self._market)
        decisions = list(build_strategy(self._config).decisions(market))
        now = self._clock.now()
        # A day whose required rows are missing is left to a later look, as a tick leaves it.
        decided = [one for one in decisions if not (late and one.at.date() >= now.date())]
        if not decided:
            raise DataError("has no day to watch yet", where=market.name)
        seen = observe(self._config, market, decided, sent, now)
        alerts, after = news_of(sent, seen, self._nearness, self._labels)
        problems = self._deliver(after, pending, alerts)
        if late:
            problems = [f"today is not watched yet: {late}", *problems]
        day, stage = decided[-1].at.date(), stage_code(decided[-1].stage, self._labels)
        return LookResult(tuple(alerts), day, stage, tuple(problems), day >= now.date() and not problems)

    def _fetch(self) -> str:
        """Fetch new rows into the store; return the reason if required series are late, "" if they came."""
        with self._opened(self._config, self._clock) as sessions:
            try:
                results = update_store(self._config, sessions, self._clock, waiting=self._say)
            except Unreachable as problem:  # the days before are watched without a network too
                return str(problem)
        roles = self._config.roles
        required = (roles.small_caps, roles.eth, roles.btc)
        failed = {result.symbol: str(result.problem) for result in results if result.problem is not None}
        if failed:
            self._say(f"{counted(len(failed), 'series', 'series')} did not come: {', '.join(failed)}")
        if (line := follow(self._config, self._clock.now())) is not None:
            self._say(line)
        return "; ".join(f"{symbol}: {why}" for symbol, why in failed.items() if symbol in required)

    def _deliver(self, after: SentAlerts, before: Sequence[PendingAlert], alerts: Sequence[Alert]) -> list[str]:
        """Show and send alerts, those of earlier looks first, and keep those that an address refused.

        The state is written before the first of them: a killed watch repeats an alert rather than lose it.
        """
        new = [PendingAlert(alert, place) for alert in alerts for place in self._places()]
        pending = [*before, *new]
        write_state(self.path, after, pending)
        for one in pending:
            if one.address == OUTPUT:
                self._show(one.alert)
        to_send = [one for one in pending if one.address != OUTPUT]
        if not isinstance(self._post, AddressPost):
            write_state(self.path, after, to_send)  # alerts wait for addresses that this start lacks
            return []
        if not to_send:
            write_state(self.path, after, [])
            return []
        failed, problems = self._post.send([(one.alert.notice(), one.address) for one in to_send])
        alert_of = {one.alert.notice(): one.alert for one in to_send}
        write_state(self.path, after, [PendingAlert(alert_of[notice], address) for notice, address in failed])
        return problems

    def _places(self) -> list[str]:
        return [OUTPUT, ""] if isinstance(self._post, AddressPost) else [OUTPUT]


def observe(
    config: Config, market: Market, decisions: Sequence[Decision], sent: SentAlerts, now: datetime
) -> WatchFacts:
    """Gather the facts of one look.

    Parameters
    ----------
    decisions
        Every decision of the market that may be looked at, ascending.
    sent
        What was sent before.
    now
        UTC time. Series are judged by it; those of a market whose days lie ahead by its newest decision.
    """
    newest = decisions[-1].at
    first = newest.date() if sent.day is None else sent.day + ONE_DAY
    fresh = [one for one in decisions[-((newest.date() - first).days + 1) :] if one.at.date() >= first]
    moment = max(now, newest)
    return WatchFacts(
        fresh if newest.date() >= first else [],
        stale_series(config, market, moment),
        kept_looks(config.state),
        min(moment, now).date() if newest <= now else newest.date(),
    )


def stale_series(config: Config, market: Market, moment: datetime) -> dict[str, str]:
    """Return a sentence about each series of a role that lacks more rows than `rotation.stale.after`, by symbol."""
    at = np.array([moment.replace(tzinfo=None)], "datetime64[s]")
    found = {}
    for symbol in sorted(market.roles.symbols):
        if symbol not in market:
            continue
        series = market[symbol]
        missed = int(series.missed(at)[0])
        if missed > config.rotation.stale.after and len(series):
            found[symbol] = (
                f"{symbol} has rows to {series.dates[-1]}; {counted(missed, 'row')} that fell due since did not come "
                f"or repeat the last close."
            )
    return found


def _nearness(config: Config) -> Nearness:
    watch, is_own = config.watch, config.strategy.file is not None
    for name in watch.near:
        if not is_own and name not in NEAR_READINGS:
            mend = did_you_mean(name, NEAR_READINGS) or f"known: {', '.join(NEAR_READINGS)}"
            raise ConfigError("is no reading with a distance", where="watch.near", was=name, mend=mend)
    return Nearness(watch.near, watch.other if is_own else 0.0, watch.gone_factor)


def alert_line(alert: Alert) -> str:
    """Format an alert for the terminal."""
    return f"{alert.title}: {alert.text}"


def summary_line(result: LookResult) -> str:
    """Format a look in one line."""
    count = counted(len(result.alerts), "new alert") if result.alerts else "nothing new"
    return f"{result.stage} on {result.day}: {count}."


def problem_of(result: LookResult) -> BotError | None:
    """Return the error of a look whose data or deliveries are incomplete."""
    return DataError("; ".join(result.problems)) if result.problems else None
