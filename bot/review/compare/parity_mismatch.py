"""A difference between a ledger and its backtest, with its cause."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.review.compare.mismatch_causes import MismatchCause


@dataclass(frozen=True, slots=True)
class ParityMismatch:
    """A difference between ledger and backtest of a day, both sides in words; `detail` explains the cause.

    `what` is decision, order, fill, settlement or valuation.
    """

    day: date
    what: str
    cause: MismatchCause
    paper: str
    backtest: str
    symbol: str = ""
    detail: str = ""

    def as_dict(self) -> dict[str, str]:
        """Format the difference as JSON."""
        return {
            "day": str(self.day),
            "what": self.what,
            "symbol": self.symbol,
            "cause": self.cause,
            "paper": self.paper,
            "backtest": self.backtest,
            "detail": self.detail,
        }
