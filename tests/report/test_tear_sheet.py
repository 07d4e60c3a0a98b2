"""The report, from contents small enough to be checked by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bot.ledger.projections import COLUMNS
from bot.ledger.typed_tables import TypedTables
from bot.report import numbers
from bot.report.contents import Band, Contents, Waterfall, Worlds
from bot.report.headline import place as place_of
from bot.report.headline import sentence
from bot.report.names import market
from bot.report.tear_sheet import render
from bot.report.worlds import lesson
from bot.settings.loader import load_config

DAYS = pd.date_range("2020-01-30", periods=4)
ATTACK = "</script><script>alert('x')</script><img src=http://evil.example onerror=alert(1)>"
VOID = ("meta", "link", "img")
SECTIONS = ("figures", "charts", "statistics", "months", "risk", "costs", "waterfall", "episodes", "trades")


class Page(HTMLParser):
    """The tags of a page, the texts of its elements and the data of its charts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.charts: list[dict[str, Any]] = []
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in VOID:
            return
        self._open.append("json" if dict(attrs).get("type") == "application/json" else tag)

    def handle_data(self, data: str) -> None:
        if self._open[-1:] == ["json"]:
            self.charts.append(json.loads(data))
        elif self._open[-1:] not in (["script"], ["style"]):
            self.texts.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def attributes(self, name: str) -> list[str]:
        return [attributes[name] or "" for _, attributes in self.tags if name in attributes]

    def count(self, tag: str) -> int:
        return sum(1 for name, _ in self.tags if name == tag)


def figures(final: float, fall: float) -> dict[str, Any]:
    plain = {
        key: 0.5 for key in ("cagr", "volatility", "sharpe", "sortino", "calmar", "exposure", "turnover", "win_rate")
    }
    amounts = {"final_equity": f"{final:.2f}", "total_return": final / 10_000 - 1, "max_drawdown": -fall}
    return {**plain, **amounts, "fees": "30.00", "slippage_cost": "50.00", "trades": 1}


def table(name: str, *rows: tuple[str, ...]) -> pd.DataFrame:
    columns = [*COLUMNS[name], "btc", "eth"] if name == "equity" else list(COLUMNS[name])
    return pd.DataFrame(list(rows), columns=columns, dtype=object)


def tables(**changes: pd.DataFrame) -> Mapping[str, pd.DataFrame]:
    at = "2020-01-30T00:00:00Z"
    weights = ('{"ETH": "0.49", "LINK": "0.2"}', '{"ETH": "0.98"}', "{}", "{}")
    own, stages = (10_000, 11_000, 8_800, 12_000), ("ETH", "ETH", "STABLE", "STABLE")
    made = {
        "equity": table(
            "equity",
            *(
                (f"{day:%Y-%m-%d}", str(equity), "4000", stage, "10000", str(2 * equity))
                for day, equity, stage in zip(DAYS, own, stages, strict=True)
            ),
        ),
        "decisions": table(
            "decisions",
            *(
                (f"{day:%Y-%m-%dT00:00:00Z}", stage, stage, weight, "holds", "{}")
                for day, stage, weight in zip(DAYS, stages, weights, strict=True)
            ),
        ),
        "orders": table(
            "orders",
            ("r-1", at, "ETH", "buy", "10", "filled", "entered_eth"),
            ("r-2", at, "LINK", "buy", "7.5", "skipped", "holds;min_notional"),
        ),
        "fills": table("fills"),
        "settlements": table("settlements", (at, "LUNA", "5", "0.25", "dead", "0", "", "0")),
        "trades": table(
            "trades",
            ("ETH", at, "2020-02-01T00:00:00Z", "10", "100", "120", "2", "198", "0.198", "2", "holds", "kill_eth"),
        ),
        "episodes": table("episodes", episode("2020-01-30", "0.5"), episode("2020-01-31", "-0.1")),
        "rearmings": table("rearmings"),
    }
    return TypedTables({**made, **changes})


def episode(session: str, eth_63: str) -> tuple[str, ...]:
    known, confirmed = f"{session}T21:00:00Z", session
    end = "2020-02-02T00:00:00Z"
    before = (session, known, "1700", "1690.5", "30", "confirmed", confirmed, "", end, "", end, "kill_eth")
    return (*before, "0.1", "0.2", eth_63, "0.4", "STABLE")


def contents(market: str = "/home/somebody/prices/daily", **changes: pd.DataFrame) -> Contents:
    slippage = {"major": 0.001, "large": 0.003, "other": 0.006}
    costs = {"costs": {"slippage": slippage, "fee": 0.001, "stress_multiplier": 2.0}}
    config = load_config(changes=costs).resolved()
    manifest = {
        "run_id": "20200203T000000Z-abcdef12",
        "version": "9.9.9",
        "market": market,
        "config": config,
        "config_hash": "0123456789abcdef",
    }
    summary = {
        "start": "2020-01-30",
        "end": "2020-02-02",
        "periods_per_year": 365,
        "strategy": figures(12_000, 0.2),
        "benchmarks": {"btc": figures(10_000, 0.0), "eth": figures(7_796_467, 0.94)},
        "a_day_late": figures(9_000, 0.3),
        "random_timing": {"total_return_5": -0.3, "total_return_50": 0.1, "total_return_95": 0.9},
        "episodes": {"total": 2, "confirmed": 2},
        "rearmings": {"total": 0},
        "warnings": ["gate volume is off"],
    }
    flat = np.ones(len(DAYS))
    small_caps = pd.Series([1680.0, 1700.0, 1710.0], pd.DatetimeIndex(DAYS[:3]))
    band = Band(flat * 0.7, flat, flat * 1.9)
    return Contents(manifest, summary, tables(**changes), small_caps, band, waterfall())


def waterfall() -> Waterfall:
    eases = {
        "name": "net_liquidity",
        "value": -5_807_606.0,
        "unit": "$ million",
        "change": 0.0233,
        "change_unit": "relative",
        "span": "13 weeks",
        "arrow": "up",
        "state": "easing",
        "note": "",
    }
    nothing = {"value": None, "change": None, "arrow": None, "state": "no data", "note": "absent"}
    breadth = {"name": "altcoin_breadth", "unit": "share", "change_unit": "difference", "span": "30 days"}
    tight = {"value": 0.4, "change": -0.125, "arrow": "down", "state": "tight", "note": ""}
    long_run = {"name": "long_run", "value": 59.0, "threshold": 83.5, "verdict": "no", "note": ""}
    unknown = {"name": "high_beta", "value": None, "threshold": None, "verdict": "no data", "note": "absent"}
    states = {
        "net_liquidity": ["easing", "easing", "tight", "easing"],
        "altcoin_breadth": ["no data", "tight", "tight", "tight"],
        "long_run": ["no data", "no", "yes", "no"],
    }
    return Waterfall(
        [eases, {**eases, "name": "credit", **nothing}, {**breadth, **tight}],
        {"score": 0, "known": 1, "parts": [long_run, unknown]},
        pd.DataFrame(states, DAYS),
    )


def demo() -> Contents:
    spread = pd.DataFrame(
        {
            "seed": [0, 1, 2],
            "absent": [-0.5, 0.0, 1.0],
            "planted": [0.5, 1.0, 9.0],
            "eth_absent": [0.0, 0.1, 0.2],
            "eth_planted": [1.0, 2.0, 99.0],
        }
    )
    planted = pd.Series([10_000.0, 12_000.0, 14_000.0, 20_000.0], DAYS)
    return replace(contents("demo"), worlds=Worlds(0.35, planted, spread))


def body_of(made: Contents) -> list[str]:
    """Return the texts from the first section on, without the table of contents."""
    return Page(render(made).partition("<main>")[2].partition("</main>")[0]).texts


def test_the_sentence_ends_with_luck_and_the_word_of_the_study() -> None:
    made = contents()
    luck = {**made.summary["random_timing"], "at_least_as_well": 0.386}
    study = {"word": "INCONCLUSIVE", "line": "INCONCLUSIVE, retrospective, made on 2026-02-01"}
    told = sentence(replace(made, summary={**made.summary, "random_timing": luck, "study": study}))
    assert told.endswith(
        "inside the range of luck alone (39% of random timings did at least as well). "
        "The thesis on this data: INCONCLUSIVE, retrospective, made on 2026-02-01."
    )


def test_the_sentence_tells_the_result_beside_eth_and_btc_and_luck() -> None:
    assert sentence(contents()) == (
        "From 2020-01-30 to 2020-02-02 the strategy turned 10,000 USDT into 12,000 (+20.0%) while holding ETH "
        "gave +77,865% and holding BTC gave 0.0%; it fell at worst 20.0% below its peak (ETH 94.0%, "
        "BTC 0.0%), rests on 2 confirmed of 2 breakouts, and lies between the median and the 95th percentile of "
        "random timing, inside the range of luck alone."
    )


@pytest.mark.parametrize(
    ("total_return", "place"),
    [
        (-0.4, "below the 5th percentile"),
        (0.0, "between the 5th percentile and the median"),
        (0.5, "between the median and the 95th percentile"),
        (1.0, "above the 95th percentile of random timing, which one path of prices cannot tell from luck"),
    ],
)
def test_the_sentence_places_the_result_among_random_timings(total_return: float, place: str) -> None:
    made = contents()
    own = {**made.summary["strategy"], "total_return": total_return}
    assert place in sentence(replace(made, summary={**made.summary, "strategy": own}))


@pytest.mark.parametrize(
    ("total_return", "share", "place"),
    [
        (
            0.31,
            0.04,
            "lies above the 95th percentile of random timing, which one path of prices cannot tell from luck (4%",
        ),
        (
            0.31,
            0.05,
            "lies above the 95th percentile of random timing, which one path of prices cannot tell from luck (5%",
        ),
        (0.31, 0.09, "lies about at the 95th percentile of random timing, inside the range of luck alone (9%"),
        (0.29, 0.04, "lies about at the 95th percentile of random timing, inside the range of luck alone (4%"),
        (
            0.01,
            0.5,
            "lies between the 5th percentile and the median of random timing, inside the range of luck alone (50%",
        ),
        (0.01, 0.49, "lies about at the median of random timing, inside the range of luck alone (49%"),
        (0.02, 0.51, "lies about at the median of random timing, inside the range of luck alone (51%"),
        (-0.09, 0.96, "lies about at the 5th percentile of random timing, inside the range of luck alone (96%"),
        (-0.11, 0.94, "lies about at the 5th percentile of random timing, inside the range of luck alone (94%"),
        (-0.11, 0.96, "lies below the 5th percentile of random timing, worse than nearly all luck (96%"),
    ],
)
def test_the_place_agrees_with_the_share_beside_it(total_return: float, share: float, place: str) -> None:
    band = {"total_return_5": -0.1, "total_return_50": 0.02, "total_return_95": 0.3, "at_least_as_well": share}
    assert place_of(total_return, band) == f"{place} of random timings did at least as well)"


@pytest.mark.parametrize(("share", "text"), [(0.0, "none"), (0.003, "under 1%"), (0.006, "1%")])
def test_a_share_of_few_random_timings_is_not_called_zero(share: float, text: str) -> None:
    band = {"total_return_5": -0.1, "total_return_50": 0.02, "total_return_95": 0.3, "at_least_as_well": share}
    assert place_of(0.5, band).endswith(f"({text} of random timings did at least as well)")


def test_every_section_stands_in_the_page_in_order_and_has_its_charts() -> None:
    page = Page(render(contents()))
    assert [i for i in page.attributes("id") if i in SECTIONS] == list(SECTIONS)
    assert [chart["layout"]["yaxis"].get("title", {"text": ""})["text"] for chart in page.charts] == [
        "Equity (USDT, log)",
        "Drawdown (%)",
        "Russell 2000 (points, close)",
        "Share of equity (%)",
        "Months",
        "Volatility (%)",
        "Sharpe ratio",
        "",
    ]


def test_the_caveats_stand_before_the_figures() -> None:
    html = render(contents())
    caveats = (
        "Paper only, not advice",
        "Few episodes prove nothing",
        "In-sample",
        "Costs are assumed",
        "Survivorship",
    )
    places = [html.index(words) for words in (*caveats, "gate volume is off", "Key figures")]
    assert places == sorted(places)


def test_nothing_is_fetched_from_anywhere() -> None:
    for made in (contents(), demo()):
        page = Page(render(made))
        assert {link for link in page.attributes("href") if not link.startswith("#")} == {"data:,"}
        assert page.attributes("src") == []
        assert any("default-src 'none'" in policy for policy in page.attributes("content"))


def test_no_verdict_and_no_claim_is_made() -> None:
    for made in (contents(), demo()):
        text = " ".join(Page(render(made)).texts)
        assert not any(word in text for word in ("SUPPORTED", "edge", "outperform", "significant"))


def test_every_chart_of_the_demo_and_its_head_are_watermarked() -> None:
    page = Page(render(demo()))
    assert len(page.charts) == 10
    assert all(
        [mark["text"] for mark in chart["layout"]["annotations"]] == ["DEMO: synthetic market"] for chart in page.charts
    )
    assert ("p", {"class": "watermark"}) in page.tags


def test_nothing_else_is_watermarked() -> None:
    html = render(contents())
    assert "DEMO" not in " ".join(Page(html).texts)
    assert all("annotations" not in chart["layout"] for chart in Page(html).charts)


def test_the_demo_tells_why_one_path_proves_nothing() -> None:
    worlds = demo().worlds
    assert worlds is not None
    told = lesson(worlds)
    assert "from \N{MINUS SIGN}45.0% to +90.0% (5th" in told
    assert "of 3 seeds), 1 of those paths made money, and 1 of them beat the poorest path" in told
    assert told in Page(render(demo())).texts


def test_what_comes_from_outside_is_shown_and_never_run() -> None:
    made = contents(f"/prices/{ATTACK}")
    trades, equity = made.tables["trades"].copy(), made.tables["equity"].copy()
    trades[["symbol", "entry_reason"]] = ATTACK
    equity["stage"] = ATTACK
    equity[ATTACK] = equity["btc"]
    episodes = made.tables["episodes"].assign(outcome=ATTACK, vetoes=ATTACK, exit_reason=ATTACK)
    others = made.summary["benchmarks"]
    summary = {**made.summary, "warnings": [ATTACK], "benchmarks": {**others, ATTACK: others["btc"]}}
    changed = {**made.tables, "trades": trades, "equity": equity, "episodes": episodes}
    page, plain = (Page(render(c)) for c in (replace(made, tables=changed, summary=summary), contents()))
    assert page.count("script") == plain.count("script")
    assert page.count("img") == 0
    assert page.attributes("onerror") == []
    assert page.texts.count(ATTACK) >= 3
    names = [trace["name"] for trace in page.charts[0]["data"] if "name" in trace]
    assert any("&lt;img" in name for name in names) and not any("<" in name for name in names)


def test_a_run_without_a_breakout_or_a_trade_has_a_report() -> None:
    none = {name: table(name) for name in ("orders", "fills", "settlements", "trades", "episodes", "rearmings")}
    made = contents("prices", **none)
    empty = {"episodes": {"total": 0}, "warnings": []}
    texts = Page(render(replace(made, summary={**made.summary, **empty}))).texts
    assert "No breakout fell into this window." in texts
    assert {"Round trips: none.", "Orders not filled in full: none.", "Settlements: none."} <= set(texts)
    assert any("0 confirmed of 0 breakouts" in text for text in texts)


def test_tables_hold_the_figures_of_the_run() -> None:
    texts = body_of(contents())
    minus = "\N{MINUS SIGN}"
    months = texts[texts.index("Dec") : texts.index("Costs and a day's delay")]
    assert "+10.0%" in months  # January: 10,000 to 11,000
    assert "+9.1%" in months  # February: 11,000 to 12,000
    after = texts[texts.index("BTC +63") : texts.index("Round trips: 1")]
    assert {"+50.0%", f"{minus}10.0%", "Mean", "+20.0%"} <= set(after)
    assert "+77,865%" in texts  # 7,796,467 out of 10,000
    assert f"{minus}94.0%" in texts
    assert "3.8%" in texts  # costs of 80 in a profit of 2,080 before them
    assert {"LINK", "skipped", "rebalanced, under the smallest order"} <= set(texts)
    assert {"LUNA", "dead"} <= set(texts)


def test_a_month_without_a_position_is_blank() -> None:
    made = contents()
    equity = made.tables["equity"].assign(cash=[4_000.0, 4_000.0, 11_000.0, 11_000.0], equity=[10e3, 11e3, 11e3, 11e3])
    idle = replace(made, tables={**made.tables, "equity": equity})
    texts = body_of(idle)
    months = texts[texts.index("Dec") : texts.index("Total return by calendar year")]
    assert months[1:] == ["Year", "2020", "+10.0%", "+10.0%"]  # nothing for February, which was all cash


def test_statistics_years_and_drawdowns_stand_in_the_report() -> None:
    texts = body_of(contents())
    figures = texts[texts.index("Statistic") : texts.index("Month by month, year by year")]
    minus = "\N{MINUS SIGN}"
    assert figures[1:4] == ["Strategy", "Hold BTC", "Hold ETH"] or figures[1:4] == ["Strategy", "Hold ETH", "Hold BTC"]
    assert figures[figures.index("Best day") + 1] == "+36.4%"  # 8,800 to 12,000
    assert figures[figures.index("Worst day") + 1] == f"{minus}20.0%"
    assert figures[figures.index("Expectancy") + 1] == "198"
    falls = texts[texts.index("The worst drawdowns of the strategy") :]
    first = falls.index("1")
    assert falls[first : first + 7] == ["1", f"{minus}20.0%", "2020-01-31", "2020-02-01", "2020-02-02", "2", "1"]
    years = texts[texts.index("Total return by calendar year") :]
    assert years[years.index("2020") + 1] == "+20.0%"


def test_the_waterfall_tells_each_layer_and_what_is_not_known() -> None:
    texts = body_of(contents())
    told = texts[texts.index("The waterfall") : texts.index("Every breakout, and the returns of ETH after it")]
    minus = "\N{MINUS SIGN}"
    liquidity = ["Net liquidity", "easing", f"{minus}$5.81tn", "+2.3% in 13 weeks", "\N{UPWARDS ARROW} up"]
    assert told[told.index("Net liquidity") :][: len(liquidity)] == liquidity
    assert told[told.index("Credit") :][:2] == ["Credit", "no data: absent"]
    breadth = ["Altcoin breadth", "tight", "40.0%", f"{minus}12.5 points in 30 days", "\N{DOWNWARDS ARROW} down"]
    assert told[told.index("Altcoin breadth") :][: len(breadth)] == breadth
    assert "Supercycle score: 0 of 1 known parts; no data for the other 1." in told
    assert told[told.index("Long run") :][:4] == ["Long run", "no", "59", "83.5"]


def test_the_strip_of_the_waterfall_has_a_bar_a_spell() -> None:
    strip = Page(render(contents())).charts[7]
    day = 86_400_000
    bars = {t["name"]: list(zip(t["y"], t["base"], t["x"], strict=True)) for t in strip["data"]}
    assert bars["easing"] == [
        ("Net liquidity", "2020-01-30", 2 * day),
        ("Net liquidity", "2020-02-02", day),
        ("Long run", "2020-02-01", day),
    ]
    assert bars["no data"] == [("Altcoin breadth", "2020-01-30", day), ("Long run", "2020-01-30", day)]
    assert strip["layout"]["yaxis"]["categoryarray"] == ["Long run", "Altcoin breadth", "Net liquidity"]


def test_the_path_of_the_data_folder_is_not_told_in_full() -> None:
    assert market({"market": "/home/somebody/prices/daily"}) == "CSV folder prices/daily"
    assert market({"market": "local store"}) == "local store"
    assert "somebody" not in render(contents())


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (numbers.money("1234567.89"), "1,234,568"),
        (numbers.money(9.5), "9.50"),
        (numbers.percent(-0.12345), "\N{MINUS SIGN}12.3%"),
        (numbers.change(-0.0001), "0.0%"),
        (numbers.change(0.5), "+50.0%"),
        (numbers.growth(8.5), "+850.0%"),
        (numbers.growth(9.0), "+900.0%"),
        (numbers.growth(5441.84), "+544,184%"),
        (numbers.ratio(None), "\N{EN DASH}"),
        (numbers.price(0.00001234), "0.00001234"),
        (numbers.price(1295.800049), "1,295.80"),
        (numbers.price(0), "0.00"),
        (numbers.day(pd.NaT), "\N{EN DASH}"),
    ],
)
def test_a_number_reads_well(shown: str, text: str) -> None:
    assert shown == text
