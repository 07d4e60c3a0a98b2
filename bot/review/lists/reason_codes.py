"""Reason codes of orders and round trips in lists."""

from __future__ import annotations

import re

# A rejection has the words of the venue in brackets, and they may have a semicolon.
_BETWEEN = re.compile(r";(?![^()]*\))")
_HOLDS, _REBALANCED = "holds", "rebalanced"


def codes_of(joined: str) -> list[str]:
    """Return reason codes that are joined by `;` as a list."""
    return _BETWEEN.split(joined) if joined else []


def traded_because(joined: str) -> str:
    """Return the reasons of a trade: a decision that holds its stage trades only to rebalance.

    The ledger gives an order the reasons of its decision, and keeps `holds`.
    """
    return ";".join(_REBALANCED if code == _HOLDS else code for code in joined.split(";"))


def shown_code(code: str | None) -> str | None:
    """Return the code of a filter as lists show it."""
    return _REBALANCED if code == _HOLDS else code


def recorded_code(code: str | None) -> str | None:
    """Return the code of a filter as the ledger has it."""
    return _HOLDS if code == _REBALANCED else code
