"""Symbols that the rules use, by role."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Roles:
    """The symbol of each role, so that rules work on any set of symbols."""

    small_caps: str
    small_cap_fund: str
    broad_fund: str
    high_yield_fund: str
    investment_grade_fund: str
    treasury_fund: str
    high_yield_spread: str
    volatility: str
    equal_weight_fund: str
    small_cap_breadth_fund: str
    sector_funds: tuple[str, ...]
    high_beta_fund: str
    low_volatility_fund: str
    fed_assets: str
    treasury_account: str
    reverse_repo: str
    btc: str
    eth: str
    stablecoin: str
    stablecoin_supply: str

    @property
    def symbols(self) -> frozenset[str]:
        """All symbols that have a role."""
        parts = [getattr(self, part.name) for part in fields(self)]
        return frozenset(symbol for part in parts for symbol in ((part,) if isinstance(part, str) else part))

    def prefixed(self, prefix: str) -> Roles:
        """Return the same roles with a prefix before each symbol."""
        parts: dict[str, Any] = {}
        for part in fields(self):
            symbols = getattr(self, part.name)
            parts[part.name] = tuple(prefix + s for s in symbols) if isinstance(symbols, tuple) else prefix + symbols
        return Roles(**parts)
