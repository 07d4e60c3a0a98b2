"""What can go wrong between a client and an exchange, one by one or at random, the same for the same seed.

faults.script(Fault(Kind.DROP, "POST", "order", accepted=True))   # the order is in the book, the answer is lost
faults.random(seed=7, rates={Fault(Kind.ERROR, code=-1007): 0.05})
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.venue.http.refusal import Refusal

HTML = b"<!DOCTYPE html><html><body>Down for maintenance</body></html>"
TEXTS: Mapping[int, tuple[int, str]] = {
    -1000: (503, "Unknown error, please check your request or try again later."),
    -1001: (503, "Internal error; unable to process your request. Please try again."),
    -1003: (429, "Too many requests queued."),
    -1006: (503, "An unexpected response was received from the message bus. Execution status unknown."),
    -1007: (504, "Timeout waiting for response from backend server. Send status unknown; execution status unknown."),
    -1008: (503, "Server is currently overloaded with other requests. Please try again in a few minutes."),
    -1013: (400, "Market is closed."),
    -1015: (429, "Too many new orders; current limit is 100 orders per 10 SECOND."),
    -1021: (400, "Timestamp for this request is outside of the recvWindow."),
    -2015: (401, "Invalid API-key, IP, or permissions for action."),
}
"""The status and text of an error that is made up."""


class InjectedKind(StrEnum):
    """What becomes of a request or of its answer."""

    DELAY = "delay"
    DROP = "drop"
    ERROR = "error"
    HTML = "html"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class InjectedFault:
    """One fault, for requests of a method under a path such as `order`; empty is any.

    `accepted` is whether the request is carried out before things go wrong; what is cut short or comes twice always
    is. `seconds` is how long a delay lasts, `code` which error is told, `status` its HTTP status if not the usual one.
    Raises ValueError for an error that has no text.
    """

    kind: InjectedKind
    method: str = ""
    path: str = ""
    accepted: bool = False
    seconds: float = 0.0
    code: int = -1000
    status: int | None = None

    def __post_init__(self) -> None:
        if self.code not in TEXTS:
            raise ValueError(f"expected one of the codes {', '.join(map(str, TEXTS))}, was {self.code}")
        if not 0 <= self.seconds <= 3600:
            raise ValueError(f"expected 0 to 3600 seconds, was {self.seconds}")

    def concerns(self, method: str, path: str) -> bool:
        """Whether a request is one of those that it is for."""
        return self.method in ("", method) and self.path in ("", path)

    @property
    def is_carried_out(self) -> bool:
        """Whether the request reaches the exchange before anything goes wrong."""
        return self.accepted or self.kind in (InjectedKind.TRUNCATED, InjectedKind.DUPLICATE)

    @property
    def refusal(self) -> Refusal:
        """The error that is told."""
        status, text = TEXTS[self.code]
        return Refusal(self.code, text, self.status or status)


class FaultQueue:
    """What is still to go wrong."""

    def __init__(self) -> None:
        self.scripted: list[InjectedFault] = []
        self._random = random.Random()
        self._rates: dict[InjectedFault, float] = {}

    def script(self, *faults: InjectedFault) -> None:
        """Each of these happens once, to the next request that it is for."""
        self.scripted.extend(faults)

    def random(self, seed: int, rates: Mapping[InjectedFault, float]) -> None:
        """From now on each of these happens to its share of the requests that it is for."""
        self._random, self._rates = random.Random(seed), dict(rates)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.scripted.clear()
        self._rates.clear()

    def next(self, method: str, path: str) -> InjectedFault | None:
        """What happens to a request."""
        for place, fault in enumerate(self.scripted):
            if fault.concerns(method, path):
                return self.scripted.pop(place)
        for fault, rate in self._rates.items():
            if fault.concerns(method, path) and self._random.random() < rate:
                return fault
        return None


def parse_fault(told: Mapping[str, Any]) -> InjectedFault:
    """A fault as JSON tells it. Raises ValueError, TypeError."""
    return InjectedFault(**{**told, "kind": InjectedKind(told.get("kind", ""))})
