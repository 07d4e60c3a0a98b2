"""A folder of three small files, worked by hand from the CSVs to the cash.

RUT stands at 100 on 2024-01-02 and at 99 for 22 sessions. A vendor's row of 500 on
01-15, a holiday, counts for nothing.

    session  RUT    what the rule makes of it                                             decided at
    02-05    101    a record after more than 21 sessions without: L = 100                 02-06 ARMED
    02-06    102    second close above L
    02-07    101    third
    02-08    102    fourth
    02-09    103    fifth: sustained; no gate has data                                    02-10 ETH, 49%
    02-16    103    fifth session after the entry's (12, 13, 14, 15, 16)                  02-17 ETH, 98%
    02-20    104    the highest close (02-19 is a holiday)
    02-21    96.9   under the trail 0.97 x max(100, 0.93 x 104 = 96.72) = 97              02-22 COOLDOWN
    03-06    100    tenth session after the kill (22 23 26 27 28 29 1 4 5 6)              03-07 STABLE
    03-07    105    a record 11 sessions after the last, but after a kill: L = 104        03-08 ARMED
    03-08    100.8  under 0.97 x 104 = 100.88                                             03-09 STABLE, failed

ETH closes at 2000 every day, but opens at 2100 on 02-10 and at 1900 on 02-22.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from bot.backtest.engines.exact import run_exact
from bot.core.book import Book
from bot.core.orders import Fill
from bot.data.vendors.csv_folder import read_folder
from bot.services.plans import planned, window_of
from bot.services.strategy_settings import rotation_settings
from strategies.rotation.episodes import episodes
from strategies.rotation.rotation import Rotation
from strategies.rotation.view import RotationView
from tests.markets import default_config

CONFIG = default_config()
MARKET = read_folder(Path(__file__).parent / "folder", CONFIG.listings(), CONFIG.roles.roles())
SETTINGS = rotation_settings(CONFIG)
DECISIONS = Rotation(SETTINGS).decisions(MARKET)


def test_decisions_begin_when_all_three_are_known_and_end_after_the_last_eth_day() -> None:
    # RUT's first row is known on 01-02 at 21:00; ETH's last row, 03-12, at midnight.
    assert DECISIONS[0].at.isoformat() == "2024-01-03T00:00:00+00:00"
    assert DECISIONS[-1].at.isoformat() == "2024-03-13T00:00:00+00:00"
    assert len(DECISIONS) == 71  # 29 in January, 29 in February (a leap year), 13 in March


def test_the_stages_change_on_the_days_worked_by_hand() -> None:
    changes = [(f"{d.at:%m-%d}", d.previous, d.stage) for d in DECISIONS if d.stage != d.previous]
    assert changes == [
        ("02-06", "STABLE", "ARMED"),
        ("02-10", "ARMED", "ETH"),
        ("02-22", "ETH", "COOLDOWN"),
        ("03-07", "COOLDOWN", "STABLE"),
        ("03-08", "STABLE", "ARMED"),
        ("03-09", "ARMED", "STABLE"),
    ]


def test_the_weights_are_those_worked_by_hand() -> None:
    weights = {f"{d.at:%m-%d}": dict(d.weights) for d in DECISIONS if d.weights}
    half = [f"02-{day}" for day in range(10, 17)]
    full = [f"02-{day}" for day in range(17, 22)]
    assert weights == {
        **{key: {"ETH": Decimal("0.49")} for key in half},
        **{key: {"ETH": Decimal("0.98")} for key in full},
    }


def test_every_change_says_why() -> None:
    why = {f"{d.at:%m-%d}": set(d.reasons) for d in DECISIONS}
    assert why["02-06"] == {"breakout", "waits_for_closes"}
    assert why["02-10"] == {"confirmed", "entered_eth"}
    assert why["02-17"] == {"second_tranche"}
    assert why["02-22"] == {"kill_trail"}
    assert why["03-07"] == {"cooled_down", "waits_for_record"}
    assert why["03-08"] == {"rearmed", "waits_for_closes"}
    assert why["03-09"] == {"failed", "waits_for_record"}


def test_the_row_on_a_holiday_is_ignored_and_said_to_be() -> None:
    assert np_day("2024-01-15") not in MARKET["RUT"].dates
    assert any("RUT" in note and "2024-01-15" in note for note in MARKET.notes)


def np_day(text: str) -> object:
    return MARKET["RUT"].dates.dtype.type(text)


def ran() -> Book:
    return run_exact(planned(CONFIG, MARKET, window_of(MARKET, None, None)))


def test_the_fills_and_the_cash_are_those_worked_by_hand() -> None:
    """Orders are sized at the last close and filled at the next open, 10 bp worse, for a fee of 10 bp.

    02-10  0.49 x 10000 / 2000 = 2.45 at 2100 x 1.001 = 2102.10: 5150.145 and a fee of 5.150145; cash 4844.704855.
    02-17  equity 4844.704855 + 2.45 x 2000 = 9744.704855; 0.98 of it is 4.77490537... ETH, 2.32490537... more,
           2.3249 in steps, at 2002: 4654.4498 and 4.6544498; cash 185.6006052.
    02-22  4.7749 at 1900 x 0.999 = 1898.10: 9063.23769 less 9.06323769; cash 9239.77505751.
    """
    book = ran()
    fills = [
        (f"{f.at:%m-%d}", f.side.value, str(f.quantity), f.price, f.fee) for f in book.events if isinstance(f, Fill)
    ]
    assert fills == [
        ("02-10", "buy", "2.4500", Decimal("2102.10"), Decimal("5.150145")),
        ("02-17", "buy", "2.3249", Decimal("2002.00"), Decimal("4.6544498")),
        ("02-22", "sell", "4.7749", Decimal("1898.10"), Decimal("9.06323769")),
    ]
    assert book.portfolio.cash == Decimal("9239.77505751")
    assert not book.portfolio.holdings


def test_the_episode_tells_the_same_story() -> None:
    """ETH opens at 2000 on 02-06 (the day after 02-05) and on 03-07 (the day after 03-06, 21 sessions later)."""
    breakout, rearmed = episodes(RotationView(MARKET, SETTINGS))
    assert (breakout.kind, breakout.session, breakout.level, breakout.outcome) == (
        "breakout",
        date(2024, 2, 5),
        100.0,
        "confirmed",
    )
    assert breakout.confirmed_session == date(2024, 2, 9)
    assert breakout.eth_at is not None and breakout.exit_at is not None
    assert (f"{breakout.eth_at:%m-%d}", f"{breakout.exit_at:%m-%d}") == ("02-10", "02-22")
    assert breakout.exit_reasons == ("kill_trail",)
    assert breakout.returns == {"eth_21": 0.0, "eth_42": None, "eth_63": None, "btc_63": None}
    assert (rearmed.kind, rearmed.session, rearmed.level, rearmed.base_sessions) == (
        "rearmed",
        date(2024, 3, 7),
        104.0,
        11,
    )
    assert rearmed.outcome == "failed"
