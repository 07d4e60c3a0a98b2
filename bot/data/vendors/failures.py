"""Failures of vendors in one update, counted for each vendor and venue by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from bot.core.errors import DataError
from bot.infra.vendor_errors import Blocked, RateLimited, Unreachable

_GIVE_UP_AFTER = 2
"""Unreachable answers in a row after which a vendor's other symbols are left for the next update."""
_Answer = TypeVar("_Answer")


class Postponed(DataError):
    """A request was left for the next update, because of an earlier `problem` of the same vendor."""

    def __init__(self, problem: DataError) -> None:
        super().__init__(
            problem.what, where=problem.where, expected=problem.expected, was=problem.was, mend=problem.mend
        )
        self.problem = problem


class VendorFailures:
    """Failures of each vendor. The other vendors are asked while one is down."""

    def __init__(self) -> None:
        self._closed: dict[str, DataError] = {}
        self._unreachable = Counter[str]()

    def ask(self, vendor: str, request: Callable[[], _Answer]) -> _Answer:
        """Send a request to a vendor and count its failures.

        Parameters
        ----------
        vendor : str
            Name of a vendor with one host, such as yahoo or coinbase.
        request : callable
            Sends the request. Raises DataError.

        Raises
        ------
        Postponed
            The vendor limits or blocks us, or was unreachable twice in a row.
        DataError
            The request failed.
        """
        if vendor in self._closed:
            raise Postponed(self._closed[vendor])
        try:
            answer = request()
        except DataError as problem:
            self._unreachable[vendor] += isinstance(problem, Unreachable)
            if isinstance(problem, RateLimited | Blocked) or self._unreachable[vendor] >= _GIVE_UP_AFTER:
                self._closed[vendor] = problem
            raise
        self._unreachable[vendor] = 0
        return answer
