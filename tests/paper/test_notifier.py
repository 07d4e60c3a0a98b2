"""Notices leave for the environment's addresses, and nothing that goes wrong with them gets back but a line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.errors import BotError, ConfigError, DataError, LedgerError
from bot.core.events import Event
from bot.core.notice import Notice, NoticeKind
from bot.ledger.record import as_rows, read_rows, verify_ledger
from bot.ledger.row import Row
from bot.ledger.selection import Selection
from bot.paper.ledgers import ledger_path, open_ledger
from bot.paper.notifier import ADDRESSES, Notifier, addresses_of, latest_notices, open_post
from bot.paper.outbox import no_post
from bot.settings.loader import Config
from tests.clocks import FakeClock
from tests.ledger.forgeries import write_chained
from tests.markets import config_with
from tests.paper.test_tick_notices import BEGUN, BUY, DAY, FILLED, HELD, bought
from tests.servers.loopback import status
from tests.servers.phone import Phone

NOTICE = Notice(NoticeKind.DECISION, "mine: ETH", "ETH is bought.")


class Sent:
    """A post that keeps what it is given, and may say that it got nowhere."""

    def __init__(self, problem: str | None = None) -> None:
        self.notices: list[Notice] = []
        self.problem = problem

    def __call__(self, notices: Sequence[Notice]) -> list[str]:
        self.notices += notices
        return [self.problem] if self.problem else []

    @property
    def kinds(self) -> list[str]:
        """What was sent, in its order."""
        return [str(notice.kind) for notice in self.notices]


class Ledger:
    """A ledger on disk, what is told of it, and what is said of that."""

    def __init__(self, folder: Path) -> None:
        self.config: Config = config_with({"state": str(folder)})
        self.clock, self.said, self.sent = FakeClock(DAY), list[str](), Sent()

    def write(self, *events: Event) -> None:
        """What a tick does to a ledger."""
        with open_ledger(self.config, "mine", self.clock) as journal:
            journal.append(events)

    def notifier(self) -> Notifier:
        """A new process's."""
        return Notifier(self.config, "mine", self.clock, self.sent, self.said.append)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """A ledger with an epoch and no decision."""
    ledger = Ledger(tmp_path)
    ledger.write(BEGUN)
    return ledger


@contextmanager
def phone() -> Iterator[Phone]:
    """A phone that everything comes to."""
    with Phone() as found:
        yield found


def environment(*addresses: str, **more: str) -> dict[str, str]:
    """This process's environment with addresses to notify."""
    return {**os.environ, ADDRESSES: " ".join(addresses), **more}


class TestWhatIsTold:
    def test_of_a_tick_is_what_it_added_and_the_head(self, ledger: Ledger) -> None:
        with ledger.notifier().watching():
            ledger.write(replace(HELD, previous="CONFIRMED"), BUY, bought("ETH", "1.5", "2000"), FILLED)
        assert ledger.sent.kinds == ["decision", "fill", "head"]
        rows, head = verify_ledger(ledger_path(ledger.config, "mine"))
        assert f"{rows} rows up to 2026-03-02; keep this, it proves them: {rows}:{head}" in ledger.sent.notices[-1].body

    def test_of_a_tick_is_read_from_its_own_rows_alone(self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
        ledger.write(HELD, BUY, FILLED)
        read: list[int] = []

        def reading(path: Path, selection: Selection) -> Iterator[Row]:
            for row in read_rows(path, selection):
                read.append(row.sequence)
                yield row

        monkeypatch.setattr("bot.paper.notifier.read_rows", reading)
        monkeypatch.delattr("bot.paper.notifier.read_ledger")
        with ledger.notifier().watching():
            ledger.write(replace(HELD, at=DAY + timedelta(days=1)))
        assert (read, ledger.sent.kinds) == ([5], ["head"])

    def test_a_ledger_with_a_malformed_row_leaves_the_count_of_reported_rows(self, ledger: Ledger) -> None:
        outbox = ledger_path(ledger.config, "mine").with_name("mine.notices.json")
        with ledger.notifier().watching():
            pass
        path = ledger_path(ledger.config, "mine")
        write_chained(path, [(row.kind, row.at, "{}") for row in as_rows([BEGUN, HELD])])
        with pytest.raises(LedgerError), ledger.notifier().watching():
            raise LedgerError("row 1 is no such event")
        assert json.loads(outbox.read_text())["rows"] == 1

    def test_of_a_tick_that_added_nothing_is_nothing(self, ledger: Ledger) -> None:
        ledger.write(HELD, BUY, FILLED)
        with ledger.notifier().watching():
            pass
        assert ledger.sent.kinds == []

    def test_of_a_silent_day_is_its_head_unless_the_config_wants_it(self, ledger: Ledger) -> None:
        with ledger.notifier().watching():
            ledger.write(HELD)
        assert ledger.sent.kinds == ["head"]
        ledger.config = config_with({"state": str(ledger.config.state), "notify": {"kinds": ["silent day"]}})
        with ledger.notifier().watching():
            ledger.write(replace(HELD, at=DAY + timedelta(days=1)))
        assert ledger.sent.kinds == ["head", "silent day"]

    def test_of_a_tick_that_failed_is_the_error_and_what_was_done_before_it(self, ledger: Ledger) -> None:
        with pytest.raises(DataError, match="no row"), ledger.notifier().watching():
            ledger.write(bought("ETH", "1.5", "2000"))
            raise DataError("ETH has no row")
        assert ledger.sent.kinds == ["fill", "error"]
        assert ledger.sent.notices[-1].body == "ETH has no row"

    def test_of_an_error_that_lasts_is_one_notice_a_day_and_kind(self, ledger: Ledger) -> None:
        notifier = ledger.notifier()
        errors: list[BotError] = [DataError("one"), DataError("two"), LedgerError("three")]
        for error in errors:
            with pytest.raises(type(error)), notifier.watching():
                raise error
        assert [notice.body for notice in ledger.sent.notices] == ["one", "three"]
        ledger.clock.sleep(86_400)
        with pytest.raises(DataError), notifier.watching():
            raise DataError("four")
        assert ledger.sent.notices[-1].body == "four"

    def test_of_a_bug_is_that_there_was_one_and_no_word_of_it(self, ledger: Ledger) -> None:
        with pytest.raises(ZeroDivisionError), ledger.notifier().watching():
            raise ZeroDivisionError("s3cret")
        assert ledger.sent.notices[-1].body == "A bug ended it; logs/bot.log has more."

    def test_of_a_damaged_ledger_is_the_error_alone(self, ledger: Ledger) -> None:
        ledger_path(ledger.config, "mine").write_bytes(b"no database" * 100)
        with pytest.raises(LedgerError), ledger.notifier().watching():
            ledger.write(HELD)
        assert ledger.sent.kinds == ["error"]

    def test_of_the_last_day_is_told_again_with_its_head_whatever_is_wanted(self, ledger: Ledger) -> None:
        ledger.write(replace(HELD, at=DAY - timedelta(days=1)), replace(HELD, previous="CONFIRMED"), BUY)
        assert [str(notice.kind) for notice in latest_notices(ledger.config, "mine")] == ["decision", "head"]
        quiet = config_with({"state": str(ledger.config.state), "notify": {"kinds": []}})
        assert [str(notice.kind) for notice in latest_notices(quiet, "mine")] == ["head"]

    def test_of_a_ledger_without_a_decision_is_that(self, ledger: Ledger) -> None:
        with pytest.raises(LedgerError, match="no decision yet; bot paper tick"):
            latest_notices(ledger.config, "mine")

    def test_a_post_that_fails_is_said_and_stops_nothing(self, ledger: Ledger) -> None:
        ledger.sent = Sent("address 1 did not answer")
        with ledger.notifier().watching():
            ledger.write(HELD)
        assert ledger.said == ["address 1 did not answer"]


class TestWhereItGoes:
    def test_each_notice_comes_to_each_address_and_failures_are_told_by_number(self) -> None:
        with phone() as one, phone() as broken:
            broken.fail(*[status(500)] * 2, status(200), status(500), status(500))
            addresses = (one.address, broken.address, "moon://s3cret")
            post = open_post(config_with({}), environment(*addresses, GATE_TESTNET_API_KEY="k3y-of-gate"))
            problems = post([NOTICE, replace(NOTICE, body=f"an error may hold k3y-of-gate or {one.address}")])
            assert one.messages == [
                ("mine: ETH", "ETH is bought."),
                ("mine: ETH", "an error may hold (hidden) or (hidden)"),
            ]
        assert problems == [
            "notices: address 2 of 3 did not take 1 of 2",
            "notices: address 3 of 3 is incomplete, or of a kind that apprise does not know",
        ]

    def test_an_address_that_never_answers_is_given_up_and_the_others_are_reached(self, tmp_path: Path) -> None:
        given = environment("moon://1", f"file://{tmp_path / 'reached'}", PYTHONPATH=str(tmp_path))
        (tmp_path / "apprise.py").write_text(
            "import pathlib, time\n"
            "AppriseAsset = dict\n"
            "class Apprise:\n"
            "    def __init__(self, asset): self.address = ''\n"
            "    def add(self, address):\n"
            "        self.address = address\n"
            "        return True\n"
            "    def notify(self, body, title, body_format):\n"
            "        if self.address.startswith('moon'): time.sleep(60)\n"
            "        return pathlib.Path(self.address.partition('://')[2]).write_text(body)\n"
        )
        began = time.monotonic()
        problems = open_post(config_with({"notify": {"patience_seconds": 1}}), given)([NOTICE])
        assert time.monotonic() - began < 3
        assert problems == ["notices: address 1 of 2 did not answer within 1 s"]
        assert (tmp_path / "reached").read_text() == NOTICE.body

    def test_what_sends_is_started_without_a_key_or_an_address(self, tmp_path: Path) -> None:
        # A module of the name of apprise, which is found first, writes down what the sending process has.
        (tmp_path / "apprise.py").write_text(
            f"import os, pathlib\npathlib.Path({str(tmp_path / 'seen')!r}).write_text(repr(dict(os.environ)))\n"
        )
        secrets = {"BINANCE_TESTNET_API_SECRET": "s3cret-key", "GATE_TESTNET_API_KEY": "s3cret-too"}
        secrets |= {"BOT_DASHBOARD_TOKEN": "s3cret-token", "AWS_SECRET_ACCESS_KEY": "s3cret-of-another-program"}
        given = environment("json://127.0.0.1/s3cret-path", PYTHONPATH=str(tmp_path), **secrets)
        problems = open_post(config_with({}), given)([NOTICE])
        assert problems == ["notices: address 1 of 1 was not reached: the sending process failed"]
        assert "PYTHONPATH" in (tmp_path / "seen").read_text()
        assert "s3cret" not in (tmp_path / "seen").read_text()

    def test_without_addresses_nothing_is_sent(self) -> None:
        assert open_post(config_with({}), {}) is no_post

    def test_a_dry_run_shows_what_would_be_sent_and_needs_no_address(self) -> None:
        shown: list[str] = []
        assert open_post(config_with({}), {}, shown.append)([NOTICE]) == []
        assert shown == ["Notice (decision): mine: ETH\n  ETH is bought."]

    @pytest.mark.parametrize(
        "address",
        [
            "json://api.binance.com/api/v3/order",
            "jsons://user:pass@API.Binance.COM:443/x",
            "form://testnet.binance.vision",
            "xml://api%2Ebybit%2Ecom/",
            "jsons://fapi.binance.com",
            "json://api.gateio.ws",
        ],
    )
    def test_an_exchange_is_no_address(self, address: str) -> None:
        with pytest.raises(ConfigError, match="address 2 is one of an exchange") as caught:
            addresses_of({ADDRESSES: f"json://127.0.0.1\n{address}"})
        assert address.partition("://")[2] not in str(caught.value)

    @pytest.mark.parametrize("address", ["ntfy://ntfy.sh/mine", "mailto://me@bokx.com", "json://binance.useful.org"])
    def test_what_only_resembles_an_exchange_is_an_address(self, address: str) -> None:
        assert addresses_of({ADDRESSES: address}) == [address]

    def test_what_is_no_address_is_told_without_being_shown(self) -> None:
        with pytest.raises(ConfigError, match="address 1 is invalid") as caught:
            addresses_of({ADDRESSES: "123456:s3cret"})
        assert "s3cret" not in str(caught.value)

    def test_without_apprise_it_says_how_to_get_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "path", [])
        with pytest.raises(ConfigError, match="install the project with its extra 'notify'"):
            open_post(config_with({}), {ADDRESSES: "json://127.0.0.1"})


def test_what_a_plugin_prints_is_no_answer() -> None:
    program = (
        "from bot.paper.notice_delivery import _answer_stream\n"
        "answers = _answer_stream(); print('noise of a plugin'); answers.write('an answer')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert (done.stdout, done.stderr) == ("an answer", "noise of a plugin\n")
