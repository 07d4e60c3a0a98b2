"""Stop orders: backtrader, the exact engine and the forward code give the same fills, whatever the gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.backtest.engines.backtrader_engine import run_backtrader
from bot.backtest.engines.exact import run_exact
from bot.core.book import Book
from bot.core.decision import Decision, Trade
from bot.core.events import ConfigPeriod
from bot.core.market import Market
from bot.core.orders import STOP_REASON, Fill, OrderEnd, OrderResult, OrderStatus, Side
from bot.core.run_plan import RunPlan
from bot.ledger.record import as_rows
from bot.paper.replay import replay
from bot.services.plans import planned, window_of
from tests.markets import random_market
from tests.parity.test_engines_agree import LOOSE, told
from tests.plans import DAYS, D, events, flat, market, plan

STAY: Sequence[Mapping[str, str]] = [{"A": "0.5"}]


def with_bars(
    made: Market, symbol: str, opens: Mapping[int, float] = {}, lows: Mapping[int, float] = {}, **columns: Any
) -> Market:
    """Change opens and lows of some days of January 2024; NaN removes one."""
    series = made[symbol]
    changed = {"open": series.open.copy(), "low": series.low.copy()}
    for name, values in (("open", opens), ("low", lows)):
        for day, value in values.items():
            changed[name][day - 1] = value
    return replace(made, series={**made.series, symbol: replace(series, **changed, **columns)})


def stopped(made: RunPlan, stops: Mapping[int, Mapping[str, Any]], trade: Mapping[int, Trade] = {}) -> RunPlan:
    """Give the decisions of some days of January 2024 stops; the last ones hold until the next."""
    now: Mapping[str, Any] = {}
    decisions = []
    for decision in made.decisions:
        day = decision.at.day
        now = stops.get(day, now)
        decisions.append(replace(decision, stops=now, trade=trade.get(day, decision.trade)))
    return replace(made, decisions=decisions)


def run_all(made: RunPlan) -> Book:
    """The book of the exact engine, after backtrader and the forward code have given the same events."""
    exact, matched = run_exact(made), run_backtrader(made)
    assert matched.events == exact.events
    assert matched.portfolio == exact.portfolio
    period = ConfigPeriod(made.times[0], 1, "new", made.rules.run_key, "config", "0", "simulated", made.cash)
    assert told(replay(made, period, None)[1:]) == told(as_rows(exact.events))
    return exact


def sales(book: Book) -> list[Fill]:
    return [fill for fill in events(book, Fill) if fill.stop is not None]


def test_a_low_at_the_level_sells_the_whole_holding_at_the_level() -> None:
    made = with_bars(market(A=flat(100.0)), "A", lows={6: 92.5})
    book = run_all(stopped(plan(made, STAY), {3: {"A": 92.5}}))
    (bought, sold) = events(book, Fill)
    # 92.5 less the slippage of 0.006 and no impact (no volume is known): 91.945, down to the tick.
    assert (sold.price, sold.reference_price, sold.stop) == (D("91.945"), D("92.5"), D("92.5"))
    assert (sold.quantity, sold.side, sold.reason) == (bought.quantity, Side.SELL, STOP_REASON)
    assert sold.at.isoformat() == "2024-01-06T23:59:59+00:00"
    assert not book.portfolio.holdings


def test_a_day_that_opens_under_the_level_sells_at_the_open() -> None:
    made = with_bars(market(A=flat(100.0)), "A", opens={6: 80.0}, lows={6: 75.0})
    (sold,) = sales(run_all(stopped(plan(made, STAY), {3: {"A": 92.5}})))
    # 80 x 0.994 = 79.52
    assert (sold.reference_price, sold.price, sold.stop) == (D(80), D("79.52"), D("92.5"))


def test_a_low_above_the_level_and_a_day_without_a_row_or_an_open_sell_nothing() -> None:
    made = with_bars(market(A=flat(100.0)), "A", opens={7: float("nan")}, lows={6: 92.51, 7: 50.0})
    without = made["A"].until(np.datetime64("2024-01-09"))
    assert not sales(run_all(stopped(plan(made, STAY), {3: {"A": 92.5}})))
    assert not sales(
        run_all(stopped(plan(replace(made, series={**made.series, "A": without}), STAY), {3: {"A": 92.5}}))
    )


def test_a_row_without_a_low_is_judged_by_its_open() -> None:
    made = with_bars(market(A=flat(100.0)), "A", opens={6: 100.0, 8: 92.5}, lows={6: float("nan"), 8: float("nan")})
    (sold,) = sales(run_all(stopped(plan(made, STAY), {3: {"A": 92.5}})))
    assert (sold.at.day, sold.reference_price) == (8, D("92.5"))


def test_the_stop_works_on_the_day_of_its_purchase_and_until_the_next_decision_withdraws_it() -> None:
    made = with_bars(market(A=flat(100.0)), "A", lows={3: 90.0, 6: 80.0, 7: 80.0})
    (sold,) = sales(run_all(stopped(plan(made, STAY), {3: {"A": 90}})))
    assert sold.at.day == 3
    # Withdrawn on the 6th, given anew for the 7th at another level.
    (sold,) = sales(run_all(stopped(plan(made, STAY), {4: {"A": 85}, 6: {}, 7: {"A": 84}})))
    assert (sold.at.day, sold.stop) == (7, D(84))


def test_a_level_between_ticks_is_rounded_down_and_a_remainder_is_left_alone() -> None:
    made = with_bars(market(A=flat(100.0)), "A", lows={6: 92.5399})
    fine = plan(made, STAY)
    coarse = replace(fine.rules.instruments["A"], tick=D("0.01"), step=D(1), min_notional=D(10))
    coarse_plan = replace(fine, rules=replace(fine.rules, instruments={**fine.rules.instruments, "A": coarse}))
    assert not sales(run_all(stopped(coarse_plan, {3: {"A": 92.5398}})))
    (sold,) = sales(run_all(stopped(coarse_plan, {3: {"A": 92.545}})))
    # 92.54 x 0.994 = 91.98476, down to 91.98
    assert (sold.stop, sold.price) == (D("92.54"), D("91.98"))
    large = replace(coarse, min_notional=D(480))  # the holding of 4 is worth 370 at the level
    small = replace(fine, rules=replace(fine.rules, instruments={**fine.rules.instruments, "A": large}))
    book = run_all(stopped(small, {3: {"A": 92.545}}))
    assert not events(book, OrderResult, 6)


def with_volume(volume: float, low: float = 80.0) -> RunPlan:
    """Half of 1,000 in A at 100, of which 1% of the volume may be sold a day."""
    days = {day: volume for day in flat(1.0)}
    made = market(A=flat(100.0))
    with_volumes = with_bars(made, "A", lows={8: low}, volume=np.array(list(days.values())))
    base = plan(with_volumes, STAY)
    return replace(base, median_volume=lambda series: series.volume)


def test_the_volume_limit_cuts_the_sale_and_the_next_opens_sell_the_rest() -> None:
    # 1% of 15,000 is 150: at 100 the purchase takes 1.5 a day; it holds 4.8 or so after the fourth day.
    made = with_volume(15_000)
    book = run_all(stopped(made, {7: {"A": 90}}))
    fills = events(book, Fill)
    at_stop = [fill for fill in fills if fill.stop is not None]
    assert [(fill.at.day, fill.quantity) for fill in at_stop] == [(8, D("1.6666"))]  # 150 / 90
    later = [(fill.at.day, fill.side, fill.quantity) for fill in fills if fill.at.day > 8]
    assert [(day, side) for day, side, _ in later] == [(9, Side.SELL), (10, Side.SELL), (11, Side.SELL)]
    assert later[0][2] == D("1.5")
    # The rest belongs to the stop, whatever the decisions of these days give as their reason.
    assert [(fill.reason, fill.stop) for fill in fills if fill.at.day > 8] == [(STOP_REASON, None)] * 3
    assert book.portfolio.held("A") * 100 < 10  # under the smallest order
    assert (made.times[5].date(), "A") in book.capped


def test_a_coin_without_volume_is_unsellable_and_the_stop_stays() -> None:
    made = with_volume(15_000)
    series = made.market["A"]
    volume = series.volume.copy()
    volume[6:] = 0.0
    base = plan(with_bars(made.market, "A", volume=volume), STAY)
    book = run_all(stopped(replace(base, median_volume=lambda series: series.volume), {7: {"A": 90}}))
    (skipped,) = [one for one in events(book, OrderResult, 8) if one.stop is not None]
    assert (skipped.status, skipped.end, skipped.stop) == (OrderStatus.SKIPPED, OrderEnd.NO_VOLUME, D(90))


def test_a_coin_on_the_no_trade_list_is_kept() -> None:
    made = with_bars(market(A=flat(100.0)), "A", lows={6: 50.0})
    base = stopped(plan(made, STAY), {3: {"A": 90}})
    overrides = replace(base.rules.overrides, no_trade=frozenset({"A"}))
    first = replace(base, decisions=base.decisions[:2], slippage_multipliers=base.slippage_multipliers[:2])
    rest = replace(
        base,
        decisions=base.decisions[2:],
        slippage_multipliers=base.slippage_multipliers[2:],
        rules=replace(base.rules, overrides=overrides),
        adopt=False,
        begins_with_entry=True,
    )
    book = run_exact(rest, run_exact(first).events)
    (skipped,) = [one for one in events(book, OrderResult) if one.stop is not None]
    assert (skipped.end, skipped.at.day) == (OrderEnd.NO_TRADE_OVERRIDE, 6)


@pytest.mark.parametrize(("trade", "buys"), [(Trade.HOLD, 1), (Trade.BAND, 1), (Trade.NOW, 2)])
def test_after_a_stop_only_a_decision_to_trade_now_buys_again(trade: Trade, buys: int) -> None:
    made = with_bars(market(A=flat(100.0)), "A", lows={6: 90.0})
    book = run_all(stopped(plan(made, STAY), {3: {"A": 92.5}, 7: {}}, {9: trade}))
    bought = [fill.at.day for fill in events(book, Fill) if fill.side is Side.BUY]
    assert bought == [3, 9][:buys]


def test_a_purchase_that_waits_for_volume_ends_with_the_stop() -> None:
    book = run_all(stopped(with_volume(5_000), {7: {"A": 90}}))  # 0.5 a day: still buying on the 8th
    assert [fill.at.day for fill in events(book, Fill) if fill.side is Side.BUY] == [3, 4, 5, 6, 7, 8]


def test_the_level_of_a_renamed_coin_follows_its_ratio() -> None:
    old, new = flat(100.0, 6), {day: 10.0 for day in list(flat(1.0))[6:]}
    made = market(A=old, B=new)
    renamed = {"A": {"kind": "renamed", "to": "B", "ratio": 10}}
    base = plan(with_bars(made, "B", lows={3: 9.0}), STAY, endings=renamed)  # B's third row is of the 9th
    (sold,) = sales(run_all(stopped(base, {3: {"A": 92.5}})))
    assert (sold.symbol, sold.stop, sold.at.day) == ("B", D("9.25"), 9)


@pytest.mark.parametrize("trade", [Trade.HOLD, Trade.BAND])
def test_the_rest_of_a_stopped_coin_is_sold_under_its_new_name(trade: Trade) -> None:
    """The stop of the 8th sells 150 / 90 = 1.6666 A; on the 9th what is left becomes ten times as many B."""
    old, new = flat(100.0, 8), {day: 10.0 for day in list(flat(1.0))[8:]}
    made = with_bars(market(A=old, B=new), "A", lows={8: 80.0}, volume=np.full(8, 15_000.0))
    made = with_bars(made, "B", volume=np.full(DAYS - 8, 15_000.0))
    base = plan(made, STAY, endings={"A": {"kind": "renamed", "to": "B", "ratio": 10}})
    base = replace(base, median_volume=lambda series: series.volume)
    book = run_all(stopped(base, {7: {"A": 90}}, {10: trade}))
    fills = [fill for fill in events(book, Fill) if fill.at.day > 8]
    # 33.176 B are left, of which 150 / 10 are sold a day; a coin has its first quote the day after its first row.
    assert [(fill.symbol, fill.side, fill.reason) for fill in fills] == [("B", Side.SELL, STOP_REASON)] * len(fills)
    assert [(fill.at.day, fill.quantity) for fill in fills[:2]] == [(10, D(15)), (11, D(15))]
    assert book.portfolio.held("B") * 10 < 10  # under the smallest order


@pytest.mark.parametrize(
    ("stops", "message"),
    [
        ({"A": 0}, "must be a price above 0, was 0"),
        ({"A": float("nan")}, "must be a price above 0, was nan"),
        ({"A": "90"}, "must be a number, was '90'"),
        ({"A": True}, "must be a number, was True"),
        ([90], "must be a mapping"),
    ],
)
def test_a_level_that_is_no_price_is_refused(stops: Any, message: str) -> None:
    decision = plan(market(A=flat(100.0)), STAY).decisions[0]
    with pytest.raises((TypeError, ValueError), match=message):
        replace(decision, stops=stops)


PRICES = st.floats(20, 200).map(lambda price: round(price, 4))
BARS = st.lists(
    st.tuples(PRICES, st.one_of(PRICES, st.just(float("nan"))), st.one_of(PRICES, st.just(float("nan")))),
    min_size=DAYS,
    max_size=DAYS,
)
DECIDED = st.lists(
    st.tuples(
        st.sampled_from(["0", "0.3", "0.6"]),
        st.sampled_from(list(Trade)),
        st.one_of(st.none(), PRICES),
        st.one_of(st.none(), PRICES),
    ),
    min_size=1,
    max_size=DAYS,
)


VOLUMES = st.sampled_from([float("nan"), 5e4, 2e3, 0.0])


@settings(max_examples=3, deadline=None)
@given(a=BARS, b=BARS, decided=DECIDED, volume=VOLUMES)
def test_on_some_bars_and_levels_all_three_give_the_same_fills(
    a: list[tuple[float, float, float]],
    b: list[tuple[float, float, float]],
    decided: list[tuple[str, Trade, float | None, float | None]],
    volume: float,
) -> None:
    compare(a, b, decided, volume)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(a=BARS, b=BARS, decided=DECIDED, volume=VOLUMES)
def test_on_any_bars_and_levels_all_three_give_the_same_fills(
    a: list[tuple[float, float, float]],
    b: list[tuple[float, float, float]],
    decided: list[tuple[str, Trade, float | None, float | None]],
    volume: float,
) -> None:
    compare(a, b, decided, volume)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 4, 27, 31, 45])
def test_on_random_markets_with_endings_and_stops_all_three_give_the_same_events(seed: int) -> None:
    made, random = random_market(seed), np.random.default_rng(seed)
    base = planned(made.config(LOOSE), made.market, window_of(made.market, None, None))
    decisions = []
    for decision in base.decisions:
        closes = {
            s: made.market[s].until(np.datetime64(decision.at.replace(tzinfo=None))).close for s in decision.weights
        }
        levels = {s: float(close[-1] * random.uniform(0.85, 1.0)) for s, close in closes.items() if len(close)}
        decisions.append(replace(decision, stops=levels))
    assert len(sales(run_all(replace(base, decisions=decisions)))) > 3


def compare(
    a: list[tuple[float, float, float]],
    b: list[tuple[float, float, float]],
    decided: list[tuple[str, Trade, float | None, float | None]],
    volume: float,
) -> None:
    days = list(flat(1.0))
    made = market(
        **{name: dict(zip(days, (bar[0] for bar in bars), strict=True)) for name, bars in (("A", a), ("B", b))}
    )
    for name, bars in (("A", a), ("B", b)):
        opens, lows = ({day + 1: bar[at] for day, bar in enumerate(bars)} for at in (1, 2))
        made = with_bars(made, name, opens, lows, volume=np.full(DAYS, volume))
    base = plan(made, [{"A": "0.3", "B": "0.4"}])
    decisions: list[Decision] = []
    for i, decision in enumerate(base.decisions):
        weight, trade, one, two = decided[i % len(decided)]
        stops = {name: level for name, level in (("A", one), ("B", two)) if level is not None}
        decisions.append(replace(decision, weights={"A": D(weight), "B": D("0.3")}, trade=trade, stops=stops))
    rules = replace(base.rules, impact=1.0)
    book = run_all(
        replace(base, decisions=decisions, rules=rules, median_volume=lambda s: s.volume, volatility=_volatility)
    )
    for fill in sales(book):
        bar = made[fill.symbol].bar(np.datetime64(fill.at.date(), "D"))
        assert bar is not None and fill.stop is not None
        gap = bar.open <= float(fill.stop)
        assert fill.reference_price == (Decimal(repr(bar.open)) if gap else fill.stop)
        assert gap or bar.low <= float(fill.stop)
        assert fill.price <= fill.reference_price


def _volatility(series: Any) -> Any:
    return np.full(len(series), 0.05)
