"""What the exchange refuses, with Binance's own codes and texts.

raise Refusal(-1121, "Invalid symbol.")
"""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):
    """A request that was not carried out: the error code and text of the answer, its HTTP status and headers."""

    def __init__(self, code: int, text: str, status: int = 400, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{code} {text}")
        self.code, self.text, self.status, self.headers = code, text, status, dict(headers or {})


def filter_failure(name: str) -> Refusal:
    """An order that one of its pair's filters does not let through."""
    return Refusal(-1013, f"Filter failure: {name}")


def unknown_symbol() -> Refusal:
    """A pair that is not listed."""
    return Refusal(-1121, "Invalid symbol.")


def market_closed() -> Refusal:
    """A pair that is listed and not traded now."""
    return Refusal(-1013, "Market is closed.")


def insufficient() -> Refusal:
    """An order that the free balance does not cover."""
    return Refusal(-2010, "Account has insufficient balance for requested action.")


def malformed(name: str) -> Refusal:
    """A parameter that had to be there and was not, or was nonsense."""
    return Refusal(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def illegal(name: str, legal: str) -> Refusal:
    """A parameter with characters that it must not have."""
    return Refusal(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")
