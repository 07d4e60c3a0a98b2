"""Prices of a traded coin, with its buys and sells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from bot.core.orders import Side
from tests.web.world import BEGUN, DAY, FILLED, HELD, HOLDS, dashboard, site_at, write

BOUGHT = replace(FILLED, at=DAY + timedelta(days=1))
SOLD = replace(
    FILLED, order_id="r-2", at=DAY + timedelta(days=3), side=Side.SELL, price=Decimal(2200), reason="kill_eth"
)
LINK = replace(FILLED, order_id="r-3", at=DAY + timedelta(days=2), symbol="LINK", price=Decimal(10))


def days_of(count: int) -> list[object]:
    return [replace(HOLDS, day=(DAY + timedelta(days=i)).date()) for i in range(count)]


def closes(*values: float) -> Mapping[str, object]:
    days = pd.date_range("2026-03-02", periods=len(values))
    return {"state": "ready", "closes": {"ETH": pd.Series(values, days)}}


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A ledger of five days that bought ETH and LINK and sold the ETH."""
    write(tmp_path, "paper", BEGUN, HELD, BOUGHT, LINK, SOLD, *days_of(5))  # type: ignore[arg-type]
    return tmp_path


def test_the_coin_with_the_largest_worth_has_its_closes_and_trades(state: Path) -> None:
    with dashboard(site_at(state, closes=lambda record, day: closes(1950, 2000, 2100, 2150, 2180))) as asking:
        data, page = asking.ask("/api/prices").json, asking.ask("/prices").text
    assert (data["coin"], data["coins"]) == ("ETH", ["ETH", "LINK"])
    assert data["days"] == ["2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05", "2026-03-06"]
    assert data["closes"] == [1950, 2000, 2100, 2150, 2180]
    assert [(one["day"], one["side"], one["quantity"], one["price"]) for one in data["trades"]] == [
        ("2026-03-03", "buy", "2", "2000"),
        ("2026-03-05", "sell", "2", "2200"),
    ]
    assert data["held"] == [["2026-03-03", "2026-03-05"]]
    # The second of five days is at 25% of the width, the fourth at 75%.
    assert '<svg class="mark buy" x="25.0%"' in page
    assert '<svg class="mark sell" x="75.0%"' in page
    assert "2026-03-05: sold 2 at 2,200.00 (risk exit: ETH stop)" in page


@pytest.mark.parametrize(
    ("bought", "sold"),
    [
        pytest.param({"fee_in_kind": Decimal("0.002")}, {"quantity": Decimal("1.998")}, id="of the coin itself"),
        pytest.param({}, {"quantity": Decimal("1.5")}, id="of another coin's order"),
    ],
)
def test_a_fee_in_coins_is_no_holding(
    tmp_path: Path, bought: Mapping[str, Decimal], sold: Mapping[str, Decimal]
) -> None:
    fee = {} if bought else {"fee_in_kind": Decimal("0.5"), "fee_coin": "ETH"}
    events = BEGUN, HELD, replace(BOUGHT, **bought), replace(LINK, **fee), replace(SOLD, **sold)
    write(tmp_path, "paper", *events, *days_of(5))  # type: ignore[arg-type]
    with dashboard(site_at(tmp_path, closes=lambda record, day: closes(1950, 2000, 2100, 2150, 2180))) as asking:
        assert asking.ask("/api/prices").json["held"] == [["2026-03-03", "2026-03-05"]]


def test_the_day_reached_by_pointer_or_key_has_its_trades(state: Path) -> None:
    with dashboard(site_at(state, closes=lambda record, day: closes(1950, 2000, 2100, 2150, 2180))) as asking:
        page = asking.ask("/prices").text
    readings = page.partition('data-readings="')[2].partition('"')[0].replace("&#34;", '"')
    assert '[25.0,"2026-03-03","2,000.00","bought 2 at 2,000.00 (entered ETH)"]' in readings
    assert '[50.0,"2026-03-04","2,100.00"]' in readings


def test_links_to_the_coins_keep_the_chosen_ledger(state: Path) -> None:
    with dashboard(site_at(state, closes=lambda record, day: closes(1, 2, 3))) as asking:
        page = asking.ask("/prices?run=paper").text
        other = asking.ask("/prices?run=paper&coin=LINK").words
        unknown = asking.ask("/api/prices?coin=%3Cscript%3E").json
    assert '<a href="/prices?run=paper&amp;coin=LINK">LINK</a>' in page
    assert "The market has no prices of LINK." in other
    assert unknown["coin"] == "ETH"


def test_the_page_asks_again_while_the_market_is_read(state: Path) -> None:
    with dashboard(site_at(state, closes=lambda record, day: {"state": "reading"})) as asking:
        assert "data-waits" in asking.ask("/prices").text
    with dashboard(site_at(state)) as asking:
        assert "There is no market." in asking.ask("/prices").words


def test_a_ledger_without_a_fill_reads_no_market(tmp_path: Path) -> None:
    write(tmp_path, "paper", BEGUN, *days_of(2))  # type: ignore[arg-type]

    def never(*_: object) -> Mapping[str, object]:
        raise AssertionError

    with dashboard(site_at(tmp_path, closes=never)) as asking:
        assert "No coin has been traded yet." in asking.ask("/prices").words


def test_a_range_of_the_prices_leaves_earlier_trades_out(tmp_path: Path) -> None:
    write(tmp_path, "paper", BEGUN, HELD, BOUGHT, replace(SOLD, at=DAY + timedelta(days=120)), *days_of(130))  # type: ignore[arg-type]
    with dashboard(site_at(tmp_path, closes=lambda record, day: closes(*range(1, 131)))) as asking:
        whole, page = asking.ask("/prices?coin=ETH").text, asking.ask("/prices?coin=ETH&range=3m").text
    assert whole.count('<svg class="mark ') == 2
    assert page.count('<svg class="mark ') == 1
    assert '<a href="/prices?coin=ETH#ranges">All</a>' in page
    # The coin was held before the range began: the background begins at its left end.
    assert '<rect class="stage-held wash" x="0.0"' in page
