"""Price charts of traded coins: marks at fills, holding spans, background."""

from __future__ import annotations

import gzip
import json
from base64 import b64decode
from dataclasses import replace
from html import escape

import pandas as pd

from bot.report.background import Span, stage_background
from bot.report.coin_trades import coins_of_tables
from bot.report.contents import Contents
from bot.report.page import page
from bot.report.plot import Chart, line
from bot.report.price_charts import price_charts
from tests.report.test_tear_sheet import ATTACK, DAYS, Page, contents, table


def fill(day: int, symbol: str, side: str, quantity: str, price: str, reason: str = "holds") -> tuple[str, ...]:
    return ("r-1", f"{DAYS[day]:%Y-%m-%dT00:00:00Z}", symbol, side, quantity, price, price, "1", "10", reason)


def traded(*fills: tuple[str, ...], symbols: tuple[str, ...] = ("ETH", "LINK")) -> Contents:
    closes = pd.Series([100.0, 110.0, 120.0, 130.0], DAYS)
    settled = table("settlements", (f"{DAYS[3]:%Y-%m-%dT00:00:00Z}", "LINK", "5", "0.25", "dead", "0", "", "0"))
    made = contents(fills=table("fills", *fills), settlements=settled)
    return replace(made, prices=dict.fromkeys(symbols, closes))


FILLS = (
    fill(0, "ETH", "buy", "1", "99"),
    fill(1, "ETH", "buy", "2", "111"),
    fill(2, "ETH", "sell", "3", "119", "kill_eth"),
    fill(1, "LINK", "buy", "5", "1"),
)


def test_each_traded_coin_has_a_chart_with_its_buys_and_sells() -> None:
    charts = Page(price_charts(traded(*FILLS))).charts
    assert [chart["data"][0]["name"] for chart in charts] == ["ETH close", "LINK close"]  # the larger worth first
    bought, sold = charts[0]["data"][1:]
    assert (bought["name"], bought["x"], bought["y"]) == ("Bought", ["2020-01-30", "2020-01-31"], [99.0, 111.0])
    assert (sold["name"], sold["x"], sold["y"]) == ("Sold", ["2020-02-01"], [119.0])
    assert sold["text"] == ["3.000: risk exit: ETH stop"]


def spans_of(made: Contents, symbol: str) -> list[Span]:
    (coin,) = [coin for coin in coins_of_tables(made.tables) if coin.symbol == symbol]
    return coin.spans


def test_a_holding_ends_with_the_last_sale_or_a_settlement() -> None:
    made = traded(*FILLS)
    assert spans_of(made, "ETH") == [(DAYS[0], DAYS[2])]
    assert spans_of(made, "LINK") == [(DAYS[1], DAYS[3])]


def test_a_coin_that_is_still_held_is_held_to_the_end() -> None:
    made = traded(fill(1, "ETH", "buy", "0.3", "99"), fill(2, "ETH", "sell", "0.1", "99"))
    assert spans_of(made, "ETH") == [(DAYS[1], DAYS[3] + pd.Timedelta(days=1))]


def test_a_remainder_ends_a_holding_and_the_next_buy_begins_another() -> None:
    made = traded(
        fill(0, "ETH", "buy", "1", "99"),
        fill(1, "ETH", "sell", "0.9995", "99"),
        fill(2, "ETH", "buy", "0.001", "99"),
    )
    assert spans_of(made, "ETH") == [(DAYS[0], DAYS[1]), (DAYS[2], DAYS[3] + pd.Timedelta(days=1))]


def test_a_coin_bought_and_stopped_out_within_a_day_has_no_span() -> None:
    # In floats 0.1 + 0.2 - 0.3 is above zero.
    made = traded(
        fill(1, "ETH", "buy", "0.1", "99"), fill(1, "ETH", "buy", "0.2", "99"), fill(1, "ETH", "sell", "0.3", "99")
    )
    assert spans_of(made, "ETH") == []


def test_a_run_without_a_fill_has_no_prices() -> None:
    assert price_charts(traded()) == ""


def test_a_hostile_symbol_is_text() -> None:
    html = price_charts(traded(fill(0, ATTACK, "buy", "1", "2", ATTACK), symbols=(ATTACK,)))
    assert ATTACK not in html and escape(ATTACK) in html


def test_the_background_has_a_spell_of_each_stage_but_waiting() -> None:
    shapes = stage_background(pd.Series(["ETH", "ETH", "STABLE", "ALTS"], DAYS))
    assert [(shape["x0"], shape["x1"]) for shape in shapes if shape["y1"] == 1] == [
        ("2020-01-30", "2020-02-01"),
        ("2020-02-02", "2020-02-03"),
    ]


def test_a_large_chart_is_packed_and_unpacks_to_the_same_figure() -> None:
    trace = line("a", {"x0": 0, "dx": 1}, range(10_000), "--eth")
    html = Chart("big", "Big", "", [trace], {"xaxis": {}}).html()
    packed = html.partition('data-encoding="gzip">')[2].partition("</script>")[0]
    assert json.loads(gzip.decompress(b64decode(packed))) == {"data": [trace], "layout": {"xaxis": {}}}
    assert len(html) < 40_000


def test_the_page_links_to_each_of_its_sections() -> None:
    html = page("T", "", ['<section id="a"><h2>A &amp; B</h2></section>', "", '<section id="c"><h2>C</h2></section>'])
    links = html.partition("<nav")[2].partition("</nav>")[0]
    assert links.endswith('<ul><li><a href="#a">A &amp; B</a></li><li><a href="#c">C</a></li></ul>')
