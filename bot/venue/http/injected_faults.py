"""Faults between a client and the exchange, scripted or random with a seed.

faults.script(InjectedFault(InjectedKind.DROP, "POST", "order", accepted=True))  # only the response is lost
faults.random(seed=7, rates={InjectedFault(InjectedKind.ERROR, code=-1007): 0.05})
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.venue.matching.refusal import Refusal

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
"""HTTP status and text of each injected error."""


class InjectedKind(StrEnum):
    """Kind of fault of a request or its response."""

    DELAY = "delay"
    DROP = "drop"
    ERROR = "error"
    HTML = "html"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class InjectedFault:
    """One fault of the requests that match. Raises ValueError for an unknown code or a delay out of range.

    Attributes
    ----------
    kind : InjectedKind
        Fault.
    method, path : str
        Requests that it applies to, such as POST and `order`; "" for any.
    accepted : bool
        True if the exchange carries the request out before the fault. Truncated and duplicate responses always are.
    seconds : float
        Delay of the response, 0 to 3600.
    code : int
        Error code of Binance.
    status : int, optional
        HTTP status, by default the usual one of the code.
    retry_after : int
        Seconds in the header Retry-After of an error; 0 sends no such header.
    """

    kind: InjectedKind
    method: str = ""
    path: str = ""
    accepted: bool = False
    seconds: float = 0.0
    code: int = -1000
    status: int | None = None
    retry_after: int = 0

    def __post_init__(self) -> None:
        if self.code not in TEXTS:
            raise ValueError(f"expected one of the codes {', '.join(map(str, TEXTS))}, was {self.code}")
        if not 0 <= self.seconds <= 3600:
            raise ValueError(f"expected 0 to 3600 seconds, was {self.seconds}")

    def matches(self, method: str, path: str) -> bool:
        """Return True if the fault applies to a request."""
        return self.method in ("", method) and self.path in ("", path)

    @property
    def is_carried_out(self) -> bool:
        """True if the exchange carries the request out before the fault."""
        return self.accepted or self.kind in (InjectedKind.TRUNCATED, InjectedKind.DUPLICATE)

    @property
    def refusal(self) -> Refusal:
        """Error of the response."""
        status, text = TEXTS[self.code]
        headers = {"Retry-After": str(self.retry_after)} if self.retry_after else {}
        return Refusal(self.code, text, self.status or status, headers)


class FaultQueue:
    """Pending faults."""

    def __init__(self) -> None:
        self.scripted: list[InjectedFault] = []
        self._random = random.Random()
        self._rates: dict[InjectedFault, float] = {}

    def script(self, *faults: InjectedFault) -> None:
        """Add faults that happen once each, to the next request that they match."""
        self.scripted.extend(faults)

    def random(self, seed: int, rates: Mapping[InjectedFault, float]) -> None:
        """Replace the random faults. Each happens to its share (0 to 1) of the requests that it matches."""
        self._random, self._rates = random.Random(seed), dict(rates)

    def clear(self) -> None:
        """Remove all faults."""
        self.scripted.clear()
        self._rates.clear()

    def next(self, method: str, path: str) -> InjectedFault | None:
        """Return the fault of a request, None in most cases. A scripted fault is removed."""
        # Scripted faults first: a test that names one must get it, whatever the random ones do.
        for place, fault in enumerate(self.scripted):
            if fault.matches(method, path):
                return self.scripted.pop(place)
        for fault, rate in self._rates.items():
            if fault.matches(method, path) and self._random.random() < rate:
                return fault
        return None


def parse_fault(data: object) -> InjectedFault:
    """Read a fault from JSON. Raises ValueError or TypeError for another shape."""
    if not isinstance(data, dict):
        raise TypeError("a fault must be a JSON object")
    return InjectedFault(**{**data, "kind": InjectedKind(data.get("kind", ""))})
