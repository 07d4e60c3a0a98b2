"""A rehearsal on a venue that runs already goes on where it ended, and on nothing else than what it was begun with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bot.core.errors import BotError, ConfigError, DataError, LedgerError
from bot.core.market import Market
from bot.core.moments import midnight
from bot.core.orders import Side
from bot.core.run_plan import RunPlan
from bot.core.window import Window
from bot.infra.clock import SystemClock
from bot.ledger.writer import LedgerWriter
from bot.paper.ledgers import ledger_path
from bot.paper.rehearsal import RehearsalResult, rehearse, trade
from bot.services.local_exchange import open_exchange, terms_of
from bot.services.plans import planned
from bot.settings.loader import Config
from bot.venue.http.server import VenueServer
from bot.venue.matching.clocks import DrivenClock, RunningClock, VenueClock
from bot.venue.matching.exchange import KEY
from bot.venue.matching.order import OrderRequest, OrderType
from bot.venue.running_venue import RunningVenue
from tests.markets import config_with, default_config

FIRST, LAST = date(2112, 10, 19), date(2112, 10, 21)
MACHINE = SystemClock()


class Stopped(BaseException):
    """The process ends here."""


@cache
def plan_to(last: date, market: Market) -> RunPlan:
    """The plan of a few busy days of the demo."""
    return planned(default_config(), market, Window(FIRST, last))


@contextmanager
def running(
    demo: Market, clock: VenueClock | None = None, cash: Decimal | None = None
) -> Iterator[tuple[VenueServer, int]]:
    """A venue that runs already, and its port."""
    terms = terms_of(default_config().start_equity if cash is None else cash)
    clock = clock or DrivenClock(MACHINE, midnight(FIRST))
    with VenueServer(open_exchange(default_config(), demo, clock, terms).exchange) as server:
        yield server, int(server.url.rpartition(":")[2])


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return config_with({"state": str(tmp_path)})


def stopped_at(step: int) -> Callable[[str], None]:
    """A step_hook that ends the process at a step."""
    steps = count()

    def step_hook(name: str) -> None:
        if next(steps) == step:
            raise Stopped(name)

    return step_hook


def traded(config: Config, demo: Market, port: int, stop: int | None = None, last: date = LAST) -> RehearsalResult:
    """Trade the days under the name `one`, perhaps only up to a step."""
    step_hook = stopped_at(-1 if stop is None else stop)
    return trade(config, "one", plan_to(last, demo), RunningVenue(port, MACHINE), MACHINE, step_hook=step_hook)


def told(config: Config, name: str) -> list[tuple[str, str, dict[str, Any]]]:
    """What a ledger says but for where its account is, and for when that was looked at by the machine's clock."""
    with LedgerWriter.open(ledger_path(config, name)) as journal:
        return [(row.kind, row.at, row.body) for row in journal.rows if row.kind not in ("epoch", "account_seen")]


def test_on_a_running_venue_it_trades_as_on_its_own_and_is_over_when_it_is_over(demo: Market, config: Config) -> None:
    own = rehearse(config, None, "demo", FIRST, LAST, "own", MACHINE)
    with running(demo) as (_, port):
        there = rehearse(config, None, "demo", FIRST, LAST, "there", MACHINE, port)
        assert rehearse(config, None, "demo", FIRST, LAST, "there", MACHINE, port) == there
    assert told(config, "there") == told(config, "own")
    assert there == own
    assert (there.orders, there.fills, there.difference) == (20, 20, "")
    assert there.slippage_cost > 0
    with pytest.raises(LedgerError, match="exists already"):
        rehearse(config, None, "demo", FIRST, LAST, "own", MACHINE)


def test_without_a_day_it_begins_where_the_venue_stands_and_goes_on_with_the_same_days(
    demo: Market, config: Config
) -> None:
    with running(demo, DrivenClock(MACHINE, midnight(FIRST) - timedelta(hours=5))) as (_, port):
        done = rehearse(config, None, "demo", None, LAST, "one", MACHINE, port)
        assert (done.first, done.last) == (FIRST, LAST)
        assert rehearse(config, None, "demo", None, LAST, "one", MACHINE, port) == done


def test_what_was_stopped_is_taken_up_by_nothing_else_than_what_began_it(demo: Market, config: Config) -> None:
    with running(demo) as (_, port):
        with pytest.raises(Stopped):
            traded(config, demo, port, stop=40)
        before = told(config, "one")
        with pytest.raises(LedgerError, match=r"began with another config; expected \w{12}, was \w{12};"):
            other = config_with({"state": str(config.state), "paper": {"retry_minutes": 3}})
            traded(other, demo, port)
        changed = r"began with another market, or another last day; expected key \w+, was key \w+ to 2112-10-20;"
        with pytest.raises(LedgerError, match=changed):
            traded(config, demo, port, last=LAST - timedelta(days=1))
        with pytest.raises(LedgerError, match="another first day; expected 2112-10-19, was 2112-10-20;"):
            rehearse(config, None, "demo", FIRST + timedelta(days=1), LAST, "one", MACHINE, port)
        with pytest.raises(LedgerError, match="holds no rehearsal;"):
            trade(config, "one", plan_to(LAST, demo), RunningVenue(port, MACHINE), MACHINE, "rehearsal")
        assert told(config, "one") == before
        assert traded(config, demo, port).difference == ""


def test_a_venue_that_was_started_anew_or_went_on_alone_is_not_gone_on_with(demo: Market, config: Config) -> None:
    with running(demo) as (_, port), pytest.raises(Stopped):
        traded(config, demo, port, stop=40)
    with running(demo) as (server, port):
        with pytest.raises(LedgerError, match="differs from the day at which this ledger continues"):
            traded(config, demo, port)
        server.exchange.clock.sleep(86_400)
        with pytest.raises(LedgerError, match="the trades of this ledger are lost"):
            traded(config, demo, port)
        server.exchange.clock.sleep(2 * 86_400)
        with pytest.raises(LedgerError, match="expected 2112-10-20 or 2112-10-21, was 2112-10-22T00:00:00Z"):
            traded(config, demo, port)


def test_a_new_ledger_needs_a_new_account_and_a_clock_before_its_days(demo: Market, config: Config) -> None:
    with running(demo) as (server, port):
        request = OrderRequest("DEMO-ETHUSDT", Side.BUY, OrderType.MARKET, Decimal("0.1"), "by-hand")
        server.exchange.place(KEY, request)
        with pytest.raises(
            LedgerError, match=r"the venue's account has traded already; was DEMO-ETH: ledger 0, venue 0\.099"
        ):
            traded(config, demo, port)
        server.exchange.clock.sleep(3600)
        with pytest.raises(LedgerError, match="expected 2112-10-19 or before, was 2112-10-19T01:00:00Z"):
            traded(config, demo, port)
    assert not ledger_path(config, "one").exists()


@pytest.mark.parametrize(
    ("clock", "kind", "match"),
    [
        (RunningClock(MACHINE, midnight(FIRST)), ConfigError, "clock runs by itself; start it with: bot venue serve"),
        (DrivenClock(MACHINE, midnight(LAST)), LedgerError, "start the venue on an earlier day"),
    ],
)
def test_a_clock_that_cannot_be_driven_to_the_first_day_is_told(
    demo: Market, config: Config, clock: VenueClock, kind: type[BotError], match: str
) -> None:
    with running(demo, clock) as (_, port), pytest.raises(kind, match=match):
        traded(config, demo, port)


def test_another_market_than_the_venues_is_told_by_the_first_pair_that_differs(demo: Market, config: Config) -> None:
    other = config_with({"state": str(config.state), "demo": {"seed": 3}})
    with running(demo) as (_, port), pytest.raises(DataError, match="serves another market than demo") as caught:
        rehearse(other, None, "demo", FIRST, LAST, "one", MACHINE, port)
    assert caught.value.where == f"DEMO-A01USDT on port {port}"


def test_where_no_venue_answers_it_says_how_to_start_one(config: Config) -> None:
    with pytest.raises(DataError, match="no venue answers; was nothing; start it: bot venue serve --driven"):
        RunningVenue(1, MACHINE)


def test_a_rehearsal_whose_own_venue_is_gone_says_what_to_do(demo: Market, config: Config) -> None:
    with running(demo) as (_, port), pytest.raises(Stopped):
        plan = plan_to(LAST, demo)
        trade(config, "own", plan, RunningVenue(port, MACHINE), MACHINE, "rehearsal", step_hook=stopped_at(40))
    with pytest.raises(
        LedgerError,
        match=r"was interrupted on 2112-10-20; its venue and account no longer exist.*bot paper archive --ledger own",
    ):
        rehearse(config, None, "demo", FIRST, LAST, "own", MACHINE)
