"""Alerts of a watch: once each, kept over restarts and failed addresses, with distances of the next triggers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.core.decision import Decision, Trade
from bot.core.errors import ConfigError, InUse, LedgerError
from bot.core.market import Market
from bot.core.moments import midnight
from bot.core.notice import Notice
from bot.data.store.write_lock import write_lock
from bot.ledger.plan_progress import keep_progress
from bot.paper.outbox import AddressPost, Post, no_post
from bot.paper.watch import watcher as watcher_module
from bot.paper.watch.near_misses import Nearness
from bot.paper.watch.watch_alerts import Alert
from bot.paper.watch.watch_state import read_state
from bot.paper.watch.watcher import Watcher
from bot.report.labels import Labels
from tests.cli.running import bot, error_of
from tests.clocks import FakeClock
from tests.markets import closes_on_days, closes_on_sessions, config_with, market_of

DAY = date(2024, 1, 10)
RUSSELL = Labels(small_caps="Russell 2000")
NEAR = Nearness({"small_caps": 0.01, "credit": 0.015}, 0.0, 2.0)


def reading(value: float | None, threshold: float | None, verdict: str = "no", gate: bool | None = None) -> object:
    return {"value": value, "threshold": threshold, "verdict": verdict, "gate": gate}


def decision(day: date = DAY, stage: str = "STABLE", previous: str = "STABLE", **readings: object) -> Decision:
    reasons = ("waits_for_record",)
    return Decision(midnight(day), stage, previous, {}, reasons, trade=Trade.HOLD, readings=readings)


def waiting(close: float, record: float = 2400.0, sessions: float = 30.0) -> dict[str, object]:
    base = reading(sessions, 21.0, "yes" if sessions >= 21 else "no")
    return {"small_caps": reading(close, record), "sessions_without_record": base}


class TestNearMisses:
    def test_the_distance_and_the_sentence_are_those_of_the_review(self) -> None:
        credit = reading(0.9918, 0.98, "yes", True)
        near, _ = NEAR.of(decision(**waiting(2380.8), credit=credit), RUSSELL)
        assert near["small_caps"].share == pytest.approx(-0.008)
        assert near["small_caps"].sentence.startswith("Russell 2000 is 0.8% under its record of 2400")
        assert near["credit"].sentence == "The credit reading of 0.9918 is 1.2% from stress at 0.98."

    @pytest.mark.parametrize(
        ("close", "is_near", "is_gone"), [(2380.8, True, False), (2364.0, False, False), (2340.0, False, True)]
    )
    def test_it_is_near_within_one_percent_and_gone_beyond_two(
        self, close: float, is_near: bool, is_gone: bool
    ) -> None:
        near, gone = NEAR.of(decision(**waiting(close)), RUSSELL)
        assert ("small_caps" in near, "small_caps" in gone) == (is_near, is_gone)

    def test_a_record_that_would_not_arm_is_none(self) -> None:
        near, gone = NEAR.of(decision(**waiting(2380.8, sessions=20.0)), RUSSELL)
        assert "small_caps" not in near and "small_caps" in gone

    def test_an_unknown_distance_ends_no_near_miss(self) -> None:
        near, gone = NEAR.of(decision(credit=reading(None, 0.98, "stale", True), **waiting(2380.8)), RUSSELL)
        assert "credit" not in near and "credit" not in gone

    def test_credit_in_stress_is_no_near_miss_while_waiting(self) -> None:
        near, gone = NEAR.of(decision(credit=reading(0.975, 0.98, "no", True), **waiting(2000.0)), RUSSELL)
        assert "credit" not in near and "credit" in gone

    def test_a_strategy_of_the_users_own_has_one_share_for_its_readings(self) -> None:
        own = Nearness({}, 0.05, 2.0)
        near, _ = own.of(decision(stage="MINE", momentum=reading(0.96, 1.0)), RUSSELL)
        assert near["momentum"].share == pytest.approx(-0.04)


class Driven:
    """Looks at decisions that the test names, one watcher a look."""

    def __init__(self, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.config, self._patch = config_with({"state": str(state)}), monkeypatch
        days = [100.0 + n for n in range(40)]
        market = market_of(
            {
                "RUT": closes_on_sessions("2024-01-02", days),
                "ETH": closes_on_days("2024-01-02", days),
                "BTC": closes_on_days("2024-01-02", days),
            }
        )
        monkeypatch.setattr(watcher_module, "open_market", lambda config, data_dir, name: market)
        self.shown: list[Alert] = []
        self.show: Callable[[Alert], None] = self.shown.append

    def look(self, *decisions: Decision, post: Post = no_post) -> list[str]:
        class Fixed:
            def decisions(self, market: Market) -> Sequence[Decision]:
                return decisions

        self._patch.setattr(watcher_module, "build_strategy", lambda config: Fixed())
        self.shown.clear()
        self.watcher(decisions[-1].at.date(), post).once()
        return [f"{one.kind}: {one.day}" for one in self.shown]

    def watcher(self, day: date = DAY, post: Post = no_post) -> Watcher:
        return Watcher(self.config, None, "demo", FakeClock(midnight(day)), post, self.show, print)


@pytest.fixture
def driven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Driven:
    return Driven(tmp_path, monkeypatch)


def test_a_near_miss_is_told_once_until_it_is_gone(driven: Driven) -> None:
    closes = [2300.0, 2380.0, 2390.0, 2364.0, 2385.0, 2340.0, 2380.0]
    days = [date(2024, 1, 10 + n) for n in range(len(closes))]
    told = [driven.look(decision(day, **waiting(close))) for day, close in zip(days, closes, strict=True)]
    assert told == [[], ["near miss: 2024-01-11"], [], [], [], [], ["near miss: 2024-01-16"]]


def test_the_stage_is_compared_with_the_one_that_was_told(driven: Driven) -> None:
    assert driven.look(decision()) == []
    # On restated data the change was on a day that was looked at already.
    later = decision(date(2024, 1, 11), "ARMED", "ARMED")
    assert driven.look(decision(DAY, "ARMED"), later) == ["stage: 2024-01-11"]
    assert driven.shown[0].figures["previous_stage"] == "STABLE"
    assert driven.look(decision(DAY, "ARMED"), later) == []


def test_missed_days_are_told_each(driven: Driven) -> None:
    driven.look(decision())
    missed = [decision(date(2024, 1, 11), "ARMED", "STABLE"), decision(date(2024, 1, 12), "STABLE", "ARMED")]
    assert driven.look(*missed) == ["stage: 2024-01-11", "stage: 2024-01-12"]


def test_a_look_of_the_plan_is_told_once_and_earlier_ones_are_not(driven: Driven) -> None:
    def progress(*episodes: int) -> Mapping[str, Any]:
        return {"plan_sha256": "ab" * 32, "line": "INCONCLUSIVE; 9 of 12", "looks": [{"episodes": n} for n in episodes]}

    keep_progress(driven.config.state, progress(6))
    assert driven.look(decision()) == []
    keep_progress(driven.config.state, progress(6, 9))
    assert driven.look(decision()) == ["study look: 2024-01-10"]
    assert driven.shown[0].text == "Plan abababababab, look after 9 episodes: INCONCLUSIVE; 9 of 12."
    assert driven.look(decision()) == []


def test_stale_data_are_told_once_until_they_come(driven: Driven) -> None:
    # The last row is that of 2024-02-10 for coins and of 2024-02-28 for the index.
    assert driven.look(decision(date(2024, 2, 13))) == []
    assert driven.look(decision(date(2024, 2, 15))) == ["stale data: 2024-02-15"]
    assert (driven.shown[0].title, driven.shown[0].figures["symbols"]) == ("BTC, ETH are stale", ["BTC", "ETH"])
    assert driven.shown[0].text.count("that fell due since did not come") == 2
    assert driven.look(decision(date(2024, 2, 16))) == []


class _Addresses:
    """Two addresses, the second of which fails while `is_down`."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        self.is_down = True
        self.post = AddressPost(["first", "second"], self._deliver)

    def _deliver(self, batches: Sequence[Sequence[Notice]]) -> tuple[list[list[int]], list[str]]:
        refused: list[list[int]] = [[], list(range(len(batches[1]))) if self.is_down else []]
        for name, batch, failed in zip(self.post.addresses, batches, refused, strict=True):
            self.taken += [(name, one.title) for i, one in enumerate(batch) if i not in failed]
        return refused, ["notices: address 2 of 2 did not take 1 of 1"] if refused[1] else []


def test_an_alert_that_an_address_refused_is_sent_to_it_alone_at_the_next_look(driven: Driven) -> None:
    addresses = _Addresses()
    driven.look(decision())
    armed = decision(date(2024, 1, 11), "ARMED", "STABLE")
    assert driven.look(armed, post=addresses.post) == ["stage: 2024-01-11"]
    assert [name for name, _ in addresses.taken] == ["first"]
    addresses.is_down = False
    assert driven.look(armed, post=addresses.post) == []
    assert [name for name, _ in addresses.taken] == ["first", "second"]
    assert driven.look(armed, post=addresses.post) == []
    assert len(addresses.taken) == 2


def test_a_watch_that_is_killed_before_it_shows_an_alert_shows_it_next_time(driven: Driven) -> None:
    driven.look(decision())

    class Killed(BaseException):
        pass

    def die(alert: Alert) -> None:
        raise Killed

    with driven._patch.context() as patch:
        patch.setattr(driven, "show", die)
        with pytest.raises(Killed):
            driven.look(decision(date(2024, 1, 11), **waiting(2380.0)))
    # The near miss is gone by now, and its alert is kept all the same.
    gone = decision(date(2024, 1, 12), **waiting(2000.0))
    assert driven.look(gone) == ["near miss: 2024-01-11"]
    assert driven.look(gone) == []


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 2}', "[" * 10_000, '{"format": 1, "day": 5}'])
def test_a_damaged_state_is_named_and_left_as_it_is(driven: Driven, text: str) -> None:
    driven.look(decision())
    path = driven.watcher().path
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LedgerError, match="is no state of a watch; move it away"):
        driven.look(decision())
    assert path.read_text(encoding="utf-8") == text


def test_two_watches_of_the_same_do_not_run_at_once(driven: Driven) -> None:
    watcher = driven.watcher()
    with write_lock(watcher.path, FakeClock()), pytest.raises(InUse):
        driven.look(decision())


def test_the_state_has_what_was_told(driven: Driven) -> None:
    driven.look(decision(**waiting(2380.0)))
    told, pending = read_state(driven.watcher().path)
    assert (told.day, told.stage, dict(told.near), pending) == (DAY, "STABLE", {"small_caps": "2024-01-10"}, [])


def test_a_misspelt_reading_is_named(tmp_path: Path) -> None:
    config = config_with({"state": str(tmp_path), "watch": {"near": {"small_cap": 0.01}}})
    with pytest.raises(ConfigError, match=r"watch\.near.*small_cap; did you mean 'small_caps'"):
        Watcher(config, None, "demo", FakeClock(), no_post, print, print)


def test_the_hash_of_the_config_has_no_part_in_alerts() -> None:
    other = config_with({"watch": {"gone_factor": 3.0}})
    assert other.fingerprint() == config_with({}).fingerprint()


class TestCommand:
    def test_json_is_one_object_a_line_and_a_second_look_has_none(self, tmp_path: Path, monkeypatch: Any) -> None:
        prices = tmp_path / "prices"
        prices.mkdir()
        for symbol in ("RUT", "ETH", "BTC"):
            days = [f"2024-01-{day:02},{100 + day}" for day in range(2, 13) if symbol != "RUT" or day not in (6, 7)]
            (prices / f"{symbol}.csv").write_text("\n".join(["date,close", *days]))
        done = bot("watch", "--once", "--json", "--data-dir", "prices", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert [(line["kind"], line["symbol"], line["symbols"]) for line in lines] == [
            ("stale data", "BTC", ["BTC", "ETH", "RUT"])
        ]
        again = bot("watch", "--once", "--json", "--data-dir", "prices", cwd=tmp_path)
        assert (again.returncode, again.stdout) == (0, "")
        assert "nothing new" in again.stderr

    def test_the_demo_has_no_new_days(self, tmp_path: Path) -> None:
        assert "needs --once" in error_of(bot("watch", "--market", "demo", cwd=tmp_path), 2)

    def test_an_error_is_one_line_of_json_too(self, tmp_path: Path) -> None:
        done = bot("watch", "--once", "--json", "--data-dir", "nowhere", cwd=tmp_path)
        assert done.returncode == 3
        assert "error" in json.loads(done.stdout.splitlines()[0])
