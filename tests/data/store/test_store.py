"""What the store promises: the first word is kept, later ones stand beside it, and a foreign file is left alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.errors import DataError, StoreError
from bot.core.instrument import VenueRules
from bot.data.store.bar_reader import read_bars
from bot.data.store.store import Store
from bot.data.store.store_file import MIGRATIONS, back_up, open_to_write
from bot.data.store.stored import Appended, NeedsWholeHistory, Revision, RowVersion
from bot.data.vendors.raw_bars import COLUMNS, RawBars

MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)
TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)


def rows(closes: dict[str, float], symbol: str = "ETH", source: str = "venue ETH/USDT") -> RawBars:
    """Rows with a close; open, high and low are the same, and volume is ten times the close."""
    dates = np.array(sorted(closes), "datetime64[D]")
    close = np.array([closes[day] for day in sorted(closes)], np.float64)
    return RawBars(symbol, source, dates, close, close, close, close, close * 10)


def append(
    store: Store,
    fetched: RawBars,
    seen_at: datetime = MONDAY,
    forming: int = 0,
    restated: bool = False,
    whole: bool = False,
) -> Appended:
    """Append rows of a coin, the last `forming` of them not final."""
    final = np.arange(len(fetched)) < len(fetched) - forming
    return store.append(fetched, (fetched.dates + 1).astype("datetime64[s]"), final, seen_at, restated, whole)


def closes(
    store: Store, reading: RowVersion = RowVersion.FIRST_SEEN, seen_by: datetime | None = None
) -> dict[str, float]:
    """ETH's closes by date, as they are read."""
    stored = store.rows(reading, seen_by)
    if "ETH" not in stored:
        return {}
    return dict(zip(map(str, stored["ETH"].rows.dates), stored["ETH"].rows.close.tolist(), strict=True))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a store is to be."""
    return tmp_path / "logs" / "market.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """A new store."""
    with Store.writing(path) as opened:
        yield opened


class TestFirstSeen:
    def test_rows_come_back_as_they_went_in(self, store: Store) -> None:
        given_rows = rows({"2026-03-01": 2000.1, "2026-02-28": 1999.7})
        given_rows.volume[0] = np.nan
        assert append(store, given_rows) == Appended(new=2)
        found = store.rows()["ETH"].rows
        for name in ("dates", *COLUMNS):
            np.testing.assert_array_equal(getattr(found, name), getattr(given_rows, name))

    def test_a_later_different_value_is_kept_beside_the_first(self, store: Store) -> None:
        append(store, rows({"2026-02-28": 100, "2026-03-01": 101}))
        assert append(store, rows({"2026-02-28": 100, "2026-03-01": 99}), TUESDAY) == Appended(revised=1)
        assert closes(store) == {"2026-02-28": 100, "2026-03-01": 101}
        assert closes(store, RowVersion.LATEST) == {"2026-02-28": 100, "2026-03-01": 99}
        assert store.revisions() == [Revision("ETH", "2026-03-01", int(TUESDAY.timestamp()), 99, 101, COLUMNS)]

    def test_the_same_value_again_is_no_revision(self, store: Store) -> None:
        append(store, rows({"2026-03-01": 101}))
        assert append(store, rows({"2026-03-01": 101 * (1 + 1e-9)}), TUESDAY) == Appended()

    def test_a_value_that_goes_there_and_back_is_revised_twice(self, store: Store) -> None:
        for close, seen in ((101, MONDAY), (99, TUESDAY), (101, WEDNESDAY)):
            append(store, rows({"2026-03-01": close}), seen)
        assert [revision.close for revision in store.revisions()] == [99, 101]

    def test_a_volume_that_becomes_known_is_a_revision(self, store: Store) -> None:
        unknown = rows({"2026-03-01": 101})
        unknown.volume[0] = np.nan
        append(store, unknown)
        assert append(store, rows({"2026-03-01": 101}), TUESDAY).revised == 1

    def test_the_store_can_be_read_as_it_was_at_any_moment(self, store: Store) -> None:
        append(store, rows({"2026-02-28": 100}))
        append(store, rows({"2026-02-28": 90, "2026-03-01": 101}), TUESDAY)
        append(store, rows({"2026-02-28": 80}), WEDNESDAY)
        just_before = timedelta(seconds=1)
        assert closes(store, seen_by=MONDAY - just_before) == {}
        assert closes(store, seen_by=MONDAY) == {"2026-02-28": 100}
        assert closes(store, RowVersion.LATEST, TUESDAY) == {"2026-02-28": 90, "2026-03-01": 101}
        assert closes(store, RowVersion.LATEST) == {"2026-02-28": 80, "2026-03-01": 101}

    def test_a_row_that_is_still_forming_is_never_read_and_gives_way(self, store: Store) -> None:
        append(store, rows({"2026-02-28": 100, "2026-03-01": 101}), forming=1)
        assert closes(store) == closes(store, RowVersion.LATEST) == {"2026-02-28": 100}
        assert append(store, rows({"2026-03-01": 105}), TUESDAY) == Appended(new=1)
        assert closes(store) == {"2026-02-28": 100, "2026-03-01": 105}
        assert store.revisions() == []

    def test_a_forming_row_never_touches_a_final_one(self, store: Store) -> None:
        append(store, rows({"2026-03-01": 101}))
        assert append(store, rows({"2026-03-01": 77}), TUESDAY, forming=1) == Appended()
        assert closes(store, RowVersion.LATEST) == {"2026-03-01": 101}

    def test_earlier_and_missing_days_may_come_later(self, store: Store) -> None:
        append(store, rows({"2026-02-26": 100, "2026-02-28": 102}))
        append(store, rows({"2026-02-25": 99, "2026-02-27": 101}), TUESDAY)
        assert list(closes(store).values()) == [99, 100, 101, 102]
        assert list(closes(store, seen_by=MONDAY).values()) == [100, 102]

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE bars SET close = 1",
            "DELETE FROM bars",
            "INSERT OR REPLACE INTO bars "
            "SELECT symbol, vintage, date, revision, 1, 1, 1, 1, 1, source, 0, 0, 1 FROM bars",
        ],
    )
    def test_the_file_itself_refuses_to_rewrite_a_final_row(self, store: Store, path: Path, change: str) -> None:
        append(store, rows({"2026-03-01": 101}))
        with closing(sqlite3.connect(path)) as other, pytest.raises(sqlite3.IntegrityError, match="never rewritten"):
            other.execute(change)

    @settings(max_examples=40, deadline=None)
    @given(
        st.lists(
            st.dictionaries(st.integers(0, 9), st.floats(1, 1e6, allow_nan=False), min_size=1), min_size=1, max_size=6
        )
    )
    def test_whatever_is_told_the_first_word_stays_and_arrays_say_what_the_rows_say(
        self, tmp_path_factory: pytest.TempPathFactory, answers: list[dict[int, float]]
    ) -> None:
        first: dict[str, float] = {}
        last: dict[str, float] = {}
        with Store.writing(tmp_path_factory.mktemp("store") / "market.sqlite3") as store:
            for number, answer in enumerate(answers):
                told = {str(np.datetime64("2026-02-10", "D") + day): close for day, close in answer.items()}
                append(store, rows(told), MONDAY + timedelta(hours=number))
                first = {**told, **first}
                for day, close in told.items():
                    if abs(close - last.get(day, 0)) > 1e-6 * close:
                        last[day] = close
            assert closes(store) == dict(sorted(first.items()))
            assert closes(store, seen_by=WEDNESDAY) == closes(store)
            assert closes(store, RowVersion.LATEST) == pytest.approx(dict(sorted(last.items())), rel=2e-6)

    def test_what_is_written_together_is_kept_as_a_whole_or_not_at_all(self, store: Store) -> None:
        with pytest.raises(KeyboardInterrupt), store.transaction():
            append(store, rows({"2026-03-01": 101}))
            raise KeyboardInterrupt
        assert closes(store) == {}
        with store.transaction():
            append(store, rows({"2026-03-01": 101}))
            append(store, rows({"2026-03-02": 102}))
        assert len(closes(store)) == 2


class TestVendors:
    def test_another_vendor_goes_on_where_the_first_stopped_and_the_seam_is_known(self, store: Store) -> None:
        append(store, rows({"2026-02-27": 100, "2026-02-28": 101}))
        other = rows({"2026-02-28": 101.1, "2026-03-01": 102}, source="other ETH/USD")
        assert append(store, other, TUESDAY) == Appended(new=1)
        assert closes(store) == {"2026-02-27": 100, "2026-02-28": 101, "2026-03-01": 102}
        (coverage,) = store.coverage()
        assert (coverage.source, coverage.source_changes) == ("other ETH/USD", (("2026-03-01", "other ETH/USD"),))

    def test_another_vendors_different_past_is_counted_and_not_kept(self, store: Store) -> None:
        append(store, rows({"2026-02-27": 100, "2026-02-28": 101}))
        other = rows({"2026-02-27": 101.9, "2026-02-28": 104}, source="other ETH/USD")
        assert append(store, other, TUESDAY) == Appended(disagreeing=1)
        assert store.revisions() == []


class TestVintages:
    """A fund's adjusted history changes as a whole after each dividend."""

    def test_a_restated_past_asks_for_the_whole_history_and_writes_nothing_until_then(self, store: Store) -> None:
        append(store, rows({"2026-02-26": 100, "2026-02-27": 101}), restated=True, whole=True)
        dividend = rows({"2026-02-27": 100.5, "2026-03-02": 102})
        with pytest.raises(NeedsWholeHistory, match=r"close of 2026-02-27 was restated from 101 to 100\.5"):
            append(store, dividend, TUESDAY, restated=True)
        assert closes(store) == {"2026-02-26": 100, "2026-02-27": 101}

    def test_a_vintage_is_read_as_a_whole_and_the_one_before_is_kept(self, store: Store) -> None:
        append(store, rows({"2026-02-26": 100, "2026-02-27": 101}), restated=True, whole=True)
        restated = rows({"2026-02-26": 99.5, "2026-02-27": 100.495, "2026-03-02": 102})
        appended = append(store, restated, TUESDAY, restated=True, whole=True)
        assert appended.vintage == "the close of 2026-02-26 was restated from 100 to 99.5, as were those after it"
        assert list(closes(store).values()) == [99.5, 100.495, 102]
        assert list(closes(store, seen_by=MONDAY).values()) == [100, 101]
        assert store.coverage()[0].vintages == 2

    def test_a_single_corrected_close_is_a_revision_and_no_vintage(self, store: Store) -> None:
        append(store, rows({"2026-02-25": 99, "2026-02-26": 100, "2026-02-27": 101}), restated=True, whole=True)
        corrected = rows({"2026-02-25": 99, "2026-02-26": 100, "2026-02-27": 10_100, "2026-03-02": 102})
        assert append(store, corrected, TUESDAY, restated=True) == Appended(new=1, revised=1)
        assert closes(store)["2026-02-27"] == 101

    def test_a_restated_history_with_rows_missing_never_takes_the_place_of_the_one_before(self, store: Store) -> None:
        days = [str(np.datetime64("2026-01-01", "D") + day) for day in range(60)]
        append(store, rows(dict.fromkeys(days, 100.0)), restated=True, whole=True)
        with pytest.raises(DataError, match="about 60 rows from 2026-01-01 on, was 30 from 2026-01-31 on"):
            append(store, rows(dict.fromkeys(days[30:], 99.0)), TUESDAY, restated=True, whole=True)
        assert set(closes(store).values()) == {100.0}

    def test_nothing_is_nothing(self, store: Store) -> None:
        assert append(store, rows({})) == Appended()

    def test_rounding_opens_no_vintage(self, store: Store) -> None:
        append(store, rows({"2026-02-26": 100, "2026-02-27": 101}), restated=True, whole=True)
        noise = rows({"2026-02-27": 101 * (1 + 2e-5), "2026-03-02": 102})
        assert append(store, noise, TUESDAY, restated=True) == Appended(new=1)

    def test_a_new_vendor_opens_a_vintage(self, store: Store) -> None:
        append(store, rows({"2026-02-27": 101}, source="one"), restated=True, whole=True)
        with pytest.raises(NeedsWholeHistory, match="two takes over from one"):
            append(store, rows({"2026-02-27": 101}, source="two"), TUESDAY, restated=True)


class TestFiles:
    def test_a_store_that_is_not_there_says_how_to_make_one(self, path: Path) -> None:
        with pytest.raises(StoreError, match="no market store; make one with: bot data update"), Store.reading(path):
            pass

    def test_what_is_no_database_is_told_and_left_as_it_is(self, path: Path) -> None:
        path.parent.mkdir()
        path.write_text("prices, prices, prices " * 100)
        for opened in (Store.reading, Store.writing):
            with pytest.raises(StoreError, match="is damaged or no database") as caught, opened(path):
                pass
            assert caught.value.exit_code == 5
        assert path.read_text().startswith("prices")

    def test_another_programs_database_is_told_and_left_as_it_is(self, path: Path) -> None:
        path.parent.mkdir()
        with closing(sqlite3.connect(path)) as other:
            other.executescript("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine');")
        for opened in (Store.reading, Store.writing):
            with pytest.raises(StoreError, match="another program's database"), opened(path):
                pass
        with closing(sqlite3.connect(path)) as other:
            assert [name for (name,) in other.execute("SELECT name FROM sqlite_master")] == ["notes"]

    def test_a_store_of_a_newer_version_is_told_and_left_as_it_is(self, store: Store, path: Path) -> None:
        with closing(sqlite3.connect(path)) as other:
            other.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
        for opened in (Store.reading, Store.writing):
            with pytest.raises(StoreError, match="newer version of the bot"), opened(path):
                pass

    def test_an_older_store_is_brought_up_to_date_and_keeps_its_rows(self, store: Store, path: Path) -> None:
        append(store, rows({"2026-03-01": 101}))
        newer = (*MIGRATIONS, "ALTER TABLE venue_rules ADD COLUMN note TEXT;")
        with closing(open_to_write(path, newer)) as upgraded:
            assert upgraded.execute("PRAGMA user_version").fetchone() == (len(newer),)
            assert upgraded.execute("SELECT close FROM bars").fetchall() == [(101.0,)]

    def test_a_store_of_the_first_version_is_read_and_then_gains_quantities(self, path: Path) -> None:
        known = VenueRules("ETH", "binance", "ETH/USDT", Decimal("0.001"), Decimal("0.01"), Decimal(5), True)
        with closing(open_to_write(path, MIGRATIONS[:1])) as old:
            old.execute("INSERT INTO venue_rules VALUES ('ETH', 'binance', 1, 'ETH/USDT', '0.001', '0.01', '5', 1)")
        with Store.reading(path) as store:
            assert store.rules() == [known]
        bounded = replace(known, min_quantity=Decimal("0.002"), max_quantity=Decimal("97.09521512"))
        with Store.writing(path) as store:
            assert store.rules() == [known]
            assert store.save_rules(known, MONDAY) is False
            assert store.save_rules(bounded, MONDAY) is True
            assert store.rules() == [bounded]

    def test_a_migration_that_fails_changes_nothing(self, store: Store, path: Path) -> None:
        append(store, rows({"2026-03-01": 101}))
        broken = (*MIGRATIONS, "CREATE TABLE half (x TEXT); SELECT nonsense;")
        with pytest.raises(StoreError, match="nonsense"):
            open_to_write(path, broken)
        with closing(sqlite3.connect(path)) as other:
            assert other.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
            assert other.execute("SELECT count(*) FROM sqlite_master WHERE name = 'half'").fetchone() == (0,)

    def test_damage_inside_the_file_is_found(self, store: Store, path: Path) -> None:
        append(store, rows({str(np.datetime64("2020-01-01", "D") + day): 100.0 + day for day in range(2000)}))
        store.check_integrity()
        content = bytearray(path.read_bytes())
        content[20_000:24_000] = b"\xff" * 4_000
        path.write_bytes(content)
        with pytest.raises(StoreError, match="is damaged"), Store.reading(path) as damaged:
            damaged.check_integrity()

    def test_a_backup_is_a_whole_store_and_overwrites_nothing(self, store: Store, path: Path, tmp_path: Path) -> None:
        append(store, rows({"2026-03-01": 101}))
        copy = tmp_path / "deep" / "copy.sqlite3"
        back_up(path, copy)
        with Store.reading(copy) as copied:
            assert closes(copied) == {"2026-03-01": 101}
        with pytest.raises(StoreError, match="exists already"):
            back_up(path, copy)

    def test_a_reader_sees_whole_answers_while_another_writes(self, store: Store, path: Path) -> None:
        append(store, rows({"2026-03-01": 101}))
        with Store.reading(path) as reader:
            assert closes(reader) == {"2026-03-01": 101}
        with store.transaction():
            append(store, rows({"2026-03-02": 102}), TUESDAY)
            with Store.reading(path) as reader:
                assert closes(reader) == {"2026-03-01": 101}
        with Store.reading(path) as reader:
            assert closes(reader) == {"2026-03-01": 101, "2026-03-02": 102}

    def test_an_empty_file_is_no_store_yet(self, path: Path) -> None:
        path.parent.mkdir()
        path.touch()
        with pytest.raises(StoreError, match="there is no market store"), Store.reading(path):
            pass
        with Store.writing(path) as store:
            assert store.symbols() == []

    @settings(max_examples=40, deadline=None)
    @given(
        st.lists(
            st.tuples(st.integers(1, 9), st.integers(1, 4), st.sampled_from(["a", "b"]), st.integers(0, 1)),
            min_size=2,
            max_size=6,
        )
    )
    def test_the_arrays_are_those_of_all_rows_whatever_comes_in_which_order(
        self, tmp_path_factory: pytest.TempPathFactory, batches: list[tuple[int, int, str, int]]
    ) -> None:
        path = tmp_path_factory.mktemp("store") / "market.sqlite3"
        with Store.writing(path) as store:
            for number, (first, count, source, forming) in enumerate(batches):
                fetched = {f"2026-03-{day:02}": float(100 * number + day) for day in range(first, first + count)}
                append(store, rows(fetched, source=source), MONDAY + timedelta(hours=number), forming)
            kept = store.rows_of("ETH")
            whole = read_bars(store._connection, "ETH", RowVersion.FIRST_SEEN)
        assert (kept is None) == (whole is None)
        if kept is not None and whole is not None:
            assert (kept.sources, kept.rows.source) == (whole.sources, whole.rows.source)
            for name in ("dates", *COLUMNS):
                np.testing.assert_array_equal(getattr(kept.rows, name), getattr(whole.rows, name))

    def test_damaged_arrays_are_told(self, store: Store, path: Path) -> None:
        append(store, rows({"2026-03-01": 101}))
        with closing(sqlite3.connect(path)) as other, other:
            other.execute("UPDATE columns SET data = substr(data, 1, 20)")
        with pytest.raises(StoreError, match="the arrays of ETH are damaged"):
            store.rows()

    def test_a_full_disk_is_told_and_what_was_stored_before_is_kept(self, path: Path) -> None:
        with Store.writing(path) as store:
            append(store, rows({"2026-03-01": 101}))
        with closing(open_to_write(path)) as connection:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count = {pages}")
            many = rows({str(np.datetime64("2020-01-01", "D") + day): 100.0 + day for day in range(2000)})
            with pytest.raises(StoreError, match="the disk is full; what was stored before is kept") as caught:
                append(Store(path, connection), many)
            assert caught.value.exit_code == 5
        with Store.reading(path) as store:
            store.check_integrity()
            assert closes(store) == {"2026-03-01": 101}
