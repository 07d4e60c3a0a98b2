"""Readings in words: subject, place beside the threshold, unit, and what is needed."""

from __future__ import annotations

import math

import pytest

from bot.report.labels import PLAIN, labels_of
from bot.report.reading_sentences import reading_sentence
from bot.settings.loader import load_config

LABELS = labels_of(load_config().resolved())
AVERAGE = "its 50-session average and its level 21 sessions ago"


@pytest.mark.parametrize(
    ("name", "value", "threshold", "sentence"),
    [
        ("relative_strength", math.log(0.506), math.log(0.5), f"IWM/SPY, 1.2% above {AVERAGE}; needs: above"),
        ("small_caps", 95.0, 100.0, "Small caps, 5.0% below the highest close before; needs: above"),
        ("eth_trend", 110.0, 100.0, "ETH, 10.0% above its 100-day average; needs: above"),
        ("credit", 0.9517, 0.98, "Credit ratio, 95.2% of its average; needs: at least 98.0%"),
        ("volatility", 30.74, 28.0, "VIX, 30.74 points; needs: below 28"),
        ("participation", 1.0, 2.0, "Signs of a broad advance, 1; needs: at least 2"),
        ("net_liquidity", -105_358.0, 0.0, "Net liquidity, -$105.36bn in 13 weeks; needs: above $0.00"),
        ("breadth", 0.5, 0.6, "Altcoins above their 50-day average, 50.0%; needs: at least 60.0%"),
    ],
)
def test_a_reading_has_words_units_and_its_threshold(name: str, value: float, threshold: float, sentence: str) -> None:
    assert str(reading_sentence(name, value, threshold, LABELS)) == sentence


def test_an_unknown_reading_has_no_sentence() -> None:
    assert reading_sentence("credit", None, 0.98, LABELS) is None
    assert reading_sentence("of_my_own", 1.0, 0.98, LABELS) is None
    assert reading_sentence("credit", 1.0, 0.98, PLAIN) is None
