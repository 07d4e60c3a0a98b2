"""The watch on live prices: it fetches first, waits for a missing row, and looks again after midnight."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from unittest import mock

import pytest

from bot.core.ports import Clock
from bot.infra.vendor_errors import Unreachable
from bot.paper.outbox import no_post
from bot.paper.watch.watch_alerts import Alert
from bot.paper.watch.watch_state import read_state
from bot.paper.watch.watcher import Watcher, problem_of
from bot.services.vendors import VendorSessions
from bot.settings.loader import Config
from tests.paper.test_daemon import Life
from tests.paper.test_tick import FIRST_TICK, world
from tests.servers.loopback import dropped
from tests.servers.world import World

__all__ = ["world"]  # a fixture


def watcher_of(world: World, shown: list[Alert], said: list[str]) -> Watcher:
    def opened(config: Config, clock: Clock) -> AbstractContextManager[VendorSessions]:
        return world.sessions(tries=1)

    return Watcher(world.config, None, "auto", world.clock, no_post, shown.append, said.append, opened)


@pytest.mark.slow
def test_a_required_row_that_is_missing_leaves_today_to_the_next_look(world: World) -> None:
    shown, said = list[Alert](), list[str]()
    world.set_time(FIRST_TICK)
    world.update("RUT", "ETH", "BTC")
    world.set_time(FIRST_TICK + timedelta(days=1))
    world.servers.exchange.fail(dropped())
    watcher = watcher_of(world, shown, said)
    first = watcher.once()
    problem = problem_of(first)
    assert problem is not None and problem.exit_code == 3
    assert "today is not watched yet: ETH: " in str(problem)
    assert first.day == FIRST_TICK.date() and not first.is_done
    again = watcher.once()
    assert (again.day, again.problems, again.is_done) == (FIRST_TICK.date() + timedelta(days=1), (), True)


@pytest.mark.slow
def test_without_a_network_the_days_before_are_watched(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.set_time(FIRST_TICK)
    world.update("RUT", "ETH", "BTC")
    world.set_time(FIRST_TICK + timedelta(days=1))
    offline = Unreachable("No network: Yahoo could not be reached")
    monkeypatch.setattr(VendorSessions, "require_network", mock.Mock(side_effect=offline))
    found = watcher_of(world, [], []).once()
    assert (found.day, found.is_done) == (FIRST_TICK.date(), False)
    assert found.problems == (f"today is not watched yet: {offline}",)


@pytest.mark.slow
def test_it_looks_again_after_each_midnight_until_it_is_stopped(world: World) -> None:
    shown, said = list[Alert](), list[str]()
    world.set_time(FIRST_TICK)
    watcher = watcher_of(world, shown, said)
    watcher.run(Life(world, FIRST_TICK + timedelta(days=1, minutes=30), {}))
    sent, _ = read_state(watcher.path)
    assert sent.day == FIRST_TICK.date() + timedelta(days=1)
    assert [line for line in said if "not watched" in line] == []
    assert not (world.config.state / "ledgers").exists()
