"""Refusals of the exchange, with Binance's own codes and texts.

raise Refusal(-1121, "Invalid symbol.")
"""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):
    """A refused request: error code and text of the response, its HTTP status and headers."""

    def __init__(self, code: int, text: str, status: int = 400, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{code} {text}")
        self.code, self.text, self.status, self.headers = code, text, status, dict(headers or {})


def filter_failure(name: str) -> Refusal:
    """Return the refusal of an order that fails a filter of its pair."""
    return Refusal(-1013, f"Filter failure: {name}")


def unknown_symbol() -> Refusal:
    """Return the refusal for a pair that is absent from the list."""
    return Refusal(-1121, "Invalid symbol.")


def market_closed() -> Refusal:
    """Return the refusal for a listed pair that is closed now."""
    return Refusal(-1013, "Market is closed.")


def insufficient() -> Refusal:
    """Return the refusal of an order that exceeds the free balance."""
    return Refusal(-2010, "Account has insufficient balance for requested action.")


def malformed(name: str) -> Refusal:
    """Return the refusal for a required parameter that is missing or malformed."""
    return Refusal(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def illegal(name: str, legal: str) -> Refusal:
    """Return the refusal for a parameter with illegal characters."""
    return Refusal(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")
