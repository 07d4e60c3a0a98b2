"""Notices that are still to be sent: tried again with back-off, and exits kept on disk until they are sent."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.core.notice import Notice, NoticeKind
from bot.core.ports import Clock
from bot.infra.whole_file import write_whole

Post = Callable[[Sequence[Notice]], list[str]]
"""Sends notices and returns a line for each address that failed."""
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
_MOST = 200
"""Notices that are kept; beyond it the oldest are dropped, exits last."""


@dataclass(frozen=True, slots=True)
class PendingNotice:
    """A notice that an address refused; `address` is its mark, "" for every address."""

    notice: Notice
    address: str
    pause: timedelta
    due: datetime


class AddressPost:
    """Sender to several addresses that knows which address took which notice.

    Parameters
    ----------
    addresses
        Marks of the addresses, in their order.
    deliver
        Sends notices to addresses: gets a list of notices for each address, and returns the indices of those that
        each did not take, and a line for each address that failed.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        deliver: Callable[[Sequence[Sequence[Notice]]], tuple[list[list[int]], list[str]]],
    ) -> None:
        self.addresses, self._deliver = tuple(addresses), deliver

    def __call__(self, notices: Sequence[Notice]) -> list[str]:
        """Send notices to every address."""
        return self._deliver([notices] * len(self.addresses))[1]

    def send(self, wanted: Sequence[tuple[Notice, str]]) -> tuple[list[tuple[Notice, str]], list[str]]:
        """Send each notice to its address, and return the pairs that failed, with a line for each address.

        Notices for an address that is no longer there count as sent.
        """
        batches = [[notice for notice, to in wanted if to in ("", address)] for address in self.addresses]
        failed, problems = self._deliver(batches)
        pairs = [
            (batch[i], address)
            for address, batch, indices in zip(self.addresses, batches, failed, strict=True)
            for i in indices
        ]
        return pairs, problems


class LocalPost:
    """Shows notices or drops them. Notices that wait for an address go on waiting."""

    def __init__(self, show: Callable[[Notice], None] = lambda notice: None) -> None:
        self._show = show

    def __call__(self, notices: Sequence[Notice]) -> list[str]:
        """Show notices."""
        for notice in notices:
            self._show(notice)
        return []


no_post = LocalPost()
"""Drops all notices: no address is set."""


class Outbox:
    """Pending notices of one ledger, and the number of its rows that were reported.

    Parameters
    ----------
    path
        File that keeps both between processes. Exits alone are kept there: other notices live as long as the process.
    post
        Sends notices. If it is no AddressPost, a failure counts for every address.
    """

    def __init__(self, path: Path, clock: Clock, post: Post) -> None:
        self._path, self._clock, self._post = path, clock, post
        self._to_retry: list[PendingNotice] | None = None
        self._reported: int | None = None

    def reported(self, rows: int) -> int:
        """Return the number of a ledger's rows that were reported; all of them for a new file."""
        self._load()
        return rows if self._reported is None else min(rows, self._reported)

    def send(self, notices: Sequence[Notice], rows: int | None) -> list[str]:
        """Send new notices and all that wait, and return a line for each address that failed.

        `rows` is the number of rows of the ledger that are reported with them; None if it is unreadable.
        """
        waiting = self._load()
        problems = self._try([*waiting, *(self._new(notice) for notice in notices)])
        self._reported = self._reported if rows is None else rows
        self._save()
        return problems

    def retry(self) -> list[str]:
        """Send the notices whose pause is over."""
        now, waiting = self._clock.now(), self._load()
        due = [one for one in waiting if one.due <= now]
        if not due:
            return []
        problems = self._try(due, [one for one in waiting if one.due > now])
        self._save()
        return problems

    def _new(self, notice: Notice) -> PendingNotice:
        return PendingNotice(notice, "", _FIRST_PAUSE / 2, self._clock.now())

    def _try(self, wanted: Sequence[PendingNotice], others: Sequence[PendingNotice] = ()) -> list[str]:
        if not wanted:
            self._to_retry = list(others)
            return []
        pairs = [(one.notice, one.address) for one in wanted]
        if isinstance(self._post, LocalPost):
            self._post([notice for notice, _ in pairs])
            waiting = self._load()
            self._to_retry = [*others, *(one for one in wanted if one in waiting)]
            return []
        if isinstance(self._post, AddressPost):
            failed, problems = self._post.send(pairs)
        else:
            problems = self._post([notice for notice, _ in pairs])
            failed = pairs if problems else []
        now, left = self._clock.now(), list[PendingNotice]()
        for notice, address in failed:
            before = next(one for one in wanted if one.notice == notice and one.address in ("", address))
            pause = min(before.pause * 2, _LONGEST_PAUSE)
            left.append(PendingNotice(notice, address, pause, now + pause))
        kept = sorted([*others, *left], key=lambda one: one.notice.kind is NoticeKind.KILL)
        self._to_retry = kept[-_MOST:]
        return problems

    def _load(self) -> list[PendingNotice]:
        if self._to_retry is None:
            self._to_retry = []
            with suppress(OSError, ValueError, LookupError, TypeError):  # damaged: exits in it are in the ledger
                kept = json.loads(self._path.read_text(encoding="utf-8"))
                self._reported = int(kept["rows"]) if kept["rows"] is not None else None
                for one in kept["to_retry"]:
                    notice = Notice(NoticeKind(one["kind"]), str(one["title"]), str(one["body"]))
                    self._to_retry.append(replace(self._new(notice), address=str(one["address"])))
        return self._to_retry

    def _save(self) -> None:
        exits = [
            {"kind": one.notice.kind, "title": one.notice.title, "body": one.notice.body, "address": one.address}
            for one in self._to_retry or ()
            if one.notice.kind is NoticeKind.KILL
        ]
        content = json.dumps({"rows": self._reported, "to_retry": exits}) + "\n"
        # Notices are the last step of a tick, so a disk that is full here must not fail it.
        with suppress(OSError):
            if not self._path.exists() or self._path.read_text(encoding="utf-8") != content:
                write_whole(self._path, content.encode())
                os.chmod(self._path, 0o600)  # noqa: PTH101 - marks of addresses are for this user alone
