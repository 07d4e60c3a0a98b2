"""The results in the README are those of the real prices, to the digits that it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot import run_backtest
from bot.backtest.run import Run
from tests.docs.blocks import ROOT

SECTION = (
    (ROOT / "README.md").read_text(encoding="utf-8").partition("## Results on real prices")[2].partition("\n## ")[0]
)
BENCHMARKS = {
    "article with equal-weight altcoins": "equal_weight_altcoins",
    "article with ETH in the altcoins' place": "no_altcoins",
    "hold BTC": "btc",
    "hold ETH": "eth",
    "60% BTC, 40% stable": "btc_60_stable_40",
    "ETH above its 200-day average": "eth_trend",
    "ETH while BTC is above its 200-day average": "eth_while_btc_trend",
}
COLUMNS = ("total_return", "cagr", "max_drawdown", "sharpe", "exposure")


def is_shown(text: str, value: float) -> bool:
    """Return True if a text is a rounded value: "+16,100%" is one of 160.5 to 161.5, "0.38" one of 0.375 to 0.385."""
    digits = text.strip("+%").replace(",", "")
    number = abs(float(digits))
    # The last digit that is not a zero may be the rounded one.
    unit = 10.0 ** -len(digits.partition(".")[2]) if "." in digits else 10.0 ** (len(digits) - len(digits.rstrip("0")))
    shown = value * (100 if text.endswith("%") else 1)
    return abs(abs(shown) - number) <= unit / 2 and (value < 0) == text.startswith("-")


def rows() -> Iterator[tuple[str, list[str]]]:
    """Each row of the table: its name without marks and remarks, and its cells."""
    for line in SECTION.splitlines():
        if line.startswith("| ") and "Total return" not in line:
            name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
            yield re.sub(r" \(.*", "", name).replace("*", ""), cells


@pytest.fixture(scope="module")
def article(real_folder: Path) -> Run:
    return run_backtest(data_dir=real_folder, start="2016-01-01", end="2026-03-18", save=False)


@pytest.mark.parametrize(
    ("text", "value", "is_right"),
    [
        ("+94%", 0.9397, True),
        ("+94%", 0.9451, False),
        ("-55%", 0.548, False),
        ("+16,100%", 161.18, True),
        ("+16,100%", 161.6, False),
        ("0.38", 0.379, True),
        ("0.38", 0.386, False),
    ],
)
def test_a_rounded_figure_differs_from_a_wrong_one(text: str, value: float, is_right: bool) -> None:
    assert is_shown(text, value) == is_right


@pytest.mark.slow
def test_the_table_of_results_is_that_of_the_real_prices(article: Run, real_folder: Path) -> None:
    gated = run_backtest("gated.yaml", data_dir=real_folder, start="2016-01-01", end="2026-03-18", save=False)
    of: dict[str, Mapping[str, Any]] = {
        "article": article.summary["strategy"],
        "the same, each decision a day late": article.summary["a_day_late"],
        "gated": gated.summary["strategy"],
        **{name: article.summary["benchmarks"][key] for name, key in BENCHMARKS.items()},
    }
    table = dict(rows())
    random = table.pop("article's exposure at random times")[0]
    assert set(table) == set(of)
    wrong = [
        (name, text, of[name][key])
        for name, cells in table.items()
        for key, text in zip(COLUMNS, cells, strict=True)
        if not is_shown(text, of[name][key])
    ]
    assert wrong == []
    low, high, median = (text.strip(",") for text in re.findall(r"[-+][\d,]+%", random))
    band = article.summary["random_timing"]
    found = {low: band["total_return_5"], high: band["total_return_95"], median: band["total_return_50"]}
    assert [(text, value) for text, value in found.items() if not is_shown(text, value)] == []


@pytest.mark.slow
def test_the_breakouts_of_the_readme_are_those_of_the_real_prices(article: Run) -> None:
    counts = {"total": 12, "confirmed": 7, "expired": 2, "vetoed": 2, "ignored": 1}
    assert {name: article.summary["episodes"][name] for name in counts} == counts
    assert "Of twelve breakouts seven confirmed, two expired, two were vetoed" in SECTION
    sentence = " ".join(SECTION.partition("63 sessions after each:")[2].split())
    returns = re.findall(r"[-+]\d+%", sentence.partition(". ")[0])
    assert len(returns) == 12
    outcomes = article.episodes["eth_63"].astype(float)
    assert [(text, y) for text, y in zip(returns, outcomes, strict=True) if not is_shown(text, y)] == []
