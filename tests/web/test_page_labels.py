"""Pages name the coins of the config."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from bot.core.decision import Decision
from bot.core.events import Episode
from bot.core.orders import Fill, Side
from bot.report.labels import Labels
from tests.web.world import BEGUN, DAY, FILLED, HELD, HOLDS, WAITS, Asking, dashboard, site_at, write

SOLD = Fill(
    "r-3",
    DAY.replace(day=3),
    "SOL",
    Side.SELL,
    Decimal("2"),
    Decimal("1500"),
    Decimal("1500"),
    Decimal("3"),
    reason="kill_eth",
)
LEFT = replace(WAITS, at=DAY.replace(day=3), stage="COOLDOWN", previous="ETH", reasons=("kill_eth",))
BREAKOUT = Episode(
    session=date(2026, 2, 27),
    known_at=datetime(2026, 2, 27, 21, tzinfo=UTC),
    kind="breakout",
    close=1700.0,
    level=1690.0,
    base_sessions=30,
    outcome="confirmed",
    confirmed_session=date(2026, 3, 1),
    vetoes=(),
    eth_at=DAY,
    alts_at=None,
    exit_at=DAY.replace(day=3),
    exit_reasons=("kill_eth",),
    returns={"eth_21": 0.1, "eth_42": 0.2, "eth_63": 0.3, "btc_63": 0.4},
    stage_then="STABLE",
)
LAYER = {
    "name": "eth",
    "state": "easing",
    "note": "",
    "value": 1.2,
    "unit": "ratio",
    "change": None,
    "change_unit": "relative",
    "span": "",
    "arrow": "up",
}
READY = {"state": "ready", "layers": [LAYER], "score": {"score": 0, "known": 0, "parts": []}}


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """A ledger that bought SOL as the lead coin and sold it at its stop, and one that holds it."""
    state = tmp_path_factory.mktemp("state")
    bought = replace(FILLED, symbol="SOL")
    entered: Decision = replace(HELD, weights={"SOL": Decimal("0.98")})
    held = replace(HOLDS, holdings={"SOL": Decimal("2")}, marks={"SOL": Decimal("2102")})
    curves = [
        replace(held, day=date(2026, 3, day), benchmarks={"eth": Decimal("9000"), "btc": Decimal("9500")})
        for day in (2, 3)
    ]
    write(state, "paper", BEGUN, entered, bought, *curves, SOLD, LEFT, BREAKOUT)
    write(state, "holds", BEGUN, entered, bought, held)
    site = site_at(state, labels=lambda record: Labels(eth="SOL"), waterfall=lambda record, day: READY)
    with dashboard(site) as asking:
        yield asking


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/?run=holds", "In SOL SOL since 2026-03-02"),
        ("/?run=holds", "Bought 2 SOL at 2,000.00: entered SOL."),
        ("/?run=holds", "SOL easing 1.200"),
        ("/?run=holds", "in SOL and altcoins"),
        ("/", "SOL fell too far from its high: everything is sold."),
        ("/portfolio", "At the close of 2026-03-03, in SOL."),
        ("/portfolio", "Equity against holding SOL and BTC"),
        ("/portfolio", "Hold SOL 9,000"),
        ("/trades", "entered SOL risk exit: SOL stop"),
        ("/episodes", "Every breakout, and the returns of SOL after it"),
        ("/episodes", "SOL +21 SOL +42 SOL +63 BTC +63"),
        ("/episodes", "cooling down in SOL risk exit: SOL stop"),
    ],
)
def test_a_page_names_the_lead_coin_of_the_config(asking: Asking, path: str, words: str) -> None:
    page = asking.ask(path)
    assert page.status == 200
    assert words in page.words
    assert not re.search(r"\bETH\b", page.text)
