"""Formats of numbers, each worked by hand."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest

from bot.core.plural import counted
from bot.report import numbers


@pytest.mark.parametrize(
    ("formatted", "expected"),
    [
        (numbers.money(12_345.6), "12,346"),
        (numbers.money("99.994"), "99.99"),
        (numbers.money(-0.001), "0.00"),
        (numbers.money(None), "\N{EN DASH}"),
        (numbers.cents(Decimal("12345.678")), "12,345.68"),
        (numbers.short_money(9_500), "9,500"),
        (numbers.short_money(25_000), "25k"),
        (numbers.short_money(1_234_567), "1.235m"),
        (numbers.percent(-0.1234), "\N{MINUS SIGN}12.3%"),
        (numbers.percent(0.12345, 2), "12.35%"),
        (numbers.change(0.1), "+10.0%"),
        (numbers.change(-0.0001), "0.0%"),
        (numbers.change(float("nan")), "\N{EN DASH}"),
        (numbers.growth(8.99), "+899.0%"),
        (numbers.growth(9), "+900.0%"),
        (numbers.growth(9.9999), "+1,000%"),
        (numbers.growth(778.4), "+77,840%"),
        (numbers.ratio(-0.001), "0.00"),
        (numbers.ratio(1234.5678, 3), "1,234.568"),
        (numbers.times(2), "2.00\N{MULTIPLICATION SIGN}"),
        (numbers.count(1_234.4), "1,234"),
        (counted(1, "session"), "1 session"),
        (counted(2, "stretch", "stretches"), "2 stretches"),
        (numbers.price(0.00012345), "0.0001234"),
        (numbers.price(65_432.1), "65,432.10"),
        (numbers.quantity("1234567.1234"), "1,234,567.1"),
        (numbers.quantity("0.5000"), "0.5"),
        (numbers.share_text(-0.0004), "0.04%"),
        (numbers.share_text(0.073), "7.3%"),
        (numbers.figure("sessions_without_record", 37.0), "37"),
        (numbers.figure("breadth", 0.6), "60%"),
        (numbers.figure("credit", 0.98), "0.98"),
        (numbers.figure("small_caps", 2718.77), "2718.77"),
        (numbers.size(1_500_000), "1.5 MB"),
        (numbers.dollars(-3.5e11), "-$350.00bn"),
        (numbers.day(pd.Timestamp("2026-03-02 12:00")), "2026-03-02"),
        (numbers.day(pd.NaT), "\N{EN DASH}"),
        (numbers.to_ascii("\N{MINUS SIGN}1.5\N{MULTIPLICATION SIGN}"), "-1.5x"),
    ],
)
def test_a_number_is_formatted(formatted: str, expected: str) -> None:
    assert formatted == expected
