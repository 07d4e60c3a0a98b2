"""Notices that could not be sent are tried again, exits even by the next process; text is escaped for its channel."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.notice import Notice, NoticeKind
from bot.paper.outbox import AddressPost, Outbox, no_post
from tests.clocks import FakeClock
from tests.paper.test_notifier import Ledger, Sent, ledger
from tests.paper.test_tick_notices import DAY, HELD

__all__ = ["ledger"]  # a fixture
EXIT = Notice(NoticeKind.KILL, "mine: out", "Everything is sold.")
FILLED = Notice(NoticeKind.FILL, "mine: 1 coin traded", "Sold 1 ETH.")


class Mail:
    """Two addresses; those in `broken` take nothing."""

    def __init__(self, *broken: str) -> None:
        self.broken, self.taken = set(broken), list[tuple[str, str]]()
        self.post = AddressPost(("one", "two"), self.deliver)

    def deliver(self, batches: Sequence[Sequence[Notice]]) -> tuple[list[list[int]], list[str]]:
        failed = []
        for address, batch in zip(self.post.addresses, batches, strict=True):
            failed.append(list(range(len(batch))) if address in self.broken else [])
            self.taken += [] if address in self.broken else [(address, notice.title) for notice in batch]
        return failed, [f"{address} failed" for address in sorted(self.broken)]


class TestOutbox:
    def test_tries_only_the_address_that_failed_and_after_longer_and_longer_pauses(self, tmp_path: Path) -> None:
        clock, mail = FakeClock(DAY), Mail("two")
        outbox = Outbox(tmp_path / "mine.notices.json", clock, mail.post)
        assert outbox.send([FILLED], 7) == ["two failed"]
        assert mail.taken == [("one", FILLED.title)]
        tries = []
        for minute in range(1, 20):
            clock.sleep(60)
            if outbox.retry():
                tries.append(minute)
        assert tries == [1, 3, 7, 15]
        mail.broken.clear()
        clock.sleep(3600)
        assert outbox.retry() == []
        assert mail.taken == [("one", FILLED.title), ("two", FILLED.title)]
        assert outbox.retry() == []
        assert len(mail.taken) == 2

    def test_keeps_an_exit_for_the_next_process_and_no_address(self, tmp_path: Path) -> None:
        file, clock = tmp_path / "mine.notices.json", FakeClock(DAY)
        Outbox(file, clock, Mail("two").post).send([FILLED, EXIT], 7)
        assert [one["title"] for one in json.loads(file.read_text())["to_retry"]] == [EXIT.title]
        assert file.stat().st_mode & 0o077 == 0
        Outbox(file, clock, no_post).send([], 7)  # a tick without addresses leaves it
        mail = Mail()
        assert Outbox(file, clock, mail.post).send([], 7) == []
        assert mail.taken == [("two", EXIT.title)]
        assert json.loads(file.read_text())["to_retry"] == []

    @pytest.mark.parametrize("content", ["", "{", "[]", '{"rows": 1, "to_retry": [{"kind": "x"}]}', '{"rows": "x"}'])
    def test_with_a_damaged_file_goes_on(self, tmp_path: Path, content: str) -> None:
        file, mail = tmp_path / "mine.notices.json", Mail()
        file.write_text(content)
        assert Outbox(file, FakeClock(DAY), mail.post).send([EXIT], 3) == []
        assert mail.taken == [("one", EXIT.title), ("two", EXIT.title)]


class TestNotifier:
    def test_sends_an_exit_that_failed_with_the_next_tick(self, ledger: Ledger) -> None:
        ledger.sent = Sent("address 1 did not answer")
        out = replace(HELD, stage="COOLDOWN", weights={}, reasons=("kill_eth",))
        with ledger.notifier().watching():
            ledger.write(out)
        ledger.sent = Sent()
        with ledger.notifier().watching():
            pass
        assert ledger.sent.kinds == ["kill"]

    def test_reports_the_rows_of_a_tick_that_was_killed_before_it_could(self, ledger: Ledger) -> None:
        with ledger.notifier().watching():
            ledger.write(HELD)
        # A process that wrote these and was killed has sent none of its notices.
        out = replace(HELD, at=DAY + timedelta(days=1), stage="COOLDOWN", weights={}, reasons=("kill_eth",))
        ledger.write(out)
        ledger.sent = Sent()
        with ledger.notifier().watching():
            pass
        assert ledger.sent.kinds == ["kill", "head"]
        ledger.sent = Sent()
        with ledger.notifier().watching():
            pass
        assert ledger.sent.kinds == []


def test_text_is_escaped_for_telegram(tmp_path: Path) -> None:
    # The sending process with its request replaced: Telegram refuses a message with a bare `<`.
    program = (
        "import json, sys, requests\n"
        "class Answer:\n"
        "    status_code, content, text, headers = 200, b'{\"ok\":true}', '{\"ok\":true}', {}\n"
        "def post(url, **given):\n"
        "    open(sys.argv[1], 'a').write(given['data']); return Answer()\n"
        "requests.post = post\n"
        "from bot.paper.notice_delivery import main\n"
        "main()\n"
    )
    given = {
        "addresses": ["tgram://123456789:abcdefg_hijklmnop/12345/"],
        "messages": [[["mine: a<b", "VIX < 28 & HYG > 1"]]],
        "pauses": [],
    }
    sent = tmp_path / "sent"
    done = subprocess.run(
        [sys.executable, "-c", program, str(sent)], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [0, "", []]
    text = json.loads(sent.read_text())["text"]
    assert "a&lt;b" in text
    assert "VIX &lt; 28 &amp; HYG &gt; 1" in text
