"""The ledger is append-only, and whoever changes it anyway is found out."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bot.core.decision import Decision
from bot.core.errors import LedgerError
from bot.core.events import Event, TradingState, TradingStateChange, Valuation
from bot.core.orders import Fill, Side
from bot.ledger.record import as_rows, read_ledger, read_rows, verify_ledger, write_ledger
from bot.ledger.selection import Selection

AT = datetime(2024, 3, 1, tzinfo=UTC)
D = Decimal
TRIGGERS = ("events_are_never_changed", "events_are_never_deleted")


def events(n: int = 4) -> list[Event]:
    found: list[Event] = [Decision(AT, "ETH", "ARMED", {"ETH": D("0.490000000")}, ("confirmed",))]
    found += [
        Fill(f"r-{i}", AT, "ETH", Side.BUY, D("2.4500"), D("2102.10"), D("2100"), D("5.15"), "why")
        for i in range(n - 2)
    ]
    return [*found, Valuation(date(2024, 3, 1), D("1E+4"), D("4844.704855"), "ETH", {"ETH": D("2.45")})]


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.sqlite3"
    write_ledger(path, as_rows(events()))
    return path


def run(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def tampered(path: Path, *statements: str) -> str:
    """What verification says after somebody took the triggers away and changed the file."""
    run(path, *(f"DROP TRIGGER {name}" for name in TRIGGERS), *statements)
    with pytest.raises(LedgerError) as caught:
        verify_ledger(path)
    assert caught.value.exit_code == 5
    return str(caught.value)


class TestAppendOnly:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE events SET body = '{}' WHERE sequence = 2",
            "UPDATE events SET at = at",
            "DELETE FROM events WHERE sequence = 4",
            "DELETE FROM events",
        ],
    )
    def test_update_and_delete_are_refused_and_change_nothing(self, ledger: Path, statement: str) -> None:
        before = list(read_ledger(ledger))
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            run(ledger, statement)
        assert list(read_ledger(ledger)) == before

    def test_replace_is_refused(self, ledger: Path) -> None:
        with pytest.raises(sqlite3.IntegrityError):
            run(ledger, "INSERT OR REPLACE INTO events VALUES (2, 'fill', 'x', '{}', 'y')")

    def test_a_ledger_that_exists_is_never_written_again(self, ledger: Path) -> None:
        with pytest.raises(LedgerError, match="exists already"):
            write_ledger(ledger, as_rows(events()))


class TestVerify:
    def test_a_ledger_as_written_is_whole(self, ledger: Path) -> None:
        assert verify_ledger(ledger)[0] == 4

    def test_what_is_read_is_what_was_written(self, ledger: Path) -> None:
        assert list(read_ledger(ledger)) == as_rows(events())

    @pytest.mark.parametrize(
        "change",
        [
            "body = replace(body, '2102.1', '2102.2')",
            "at = '2024-03-02T00:00:00Z'",
            "kind = 'order'",
            "hash = substr(hash, 1, 63) || 'x'",
        ],
    )
    def test_one_changed_byte_is_found_and_its_row_named(self, ledger: Path, change: str) -> None:
        message = tampered(ledger, f"UPDATE events SET {change} WHERE sequence = 3")
        assert "row 3" in message
        assert "changed after it was written" in message
        assert str(ledger) in message

    def test_a_row_rewritten_with_a_correct_hash_of_its_own_breaks_the_next(self, ledger: Path) -> None:
        with closing(sqlite3.connect(ledger)) as connection:
            ((before,),) = connection.execute("SELECT hash FROM events WHERE sequence = 1").fetchall()
            ((kind, at, body),) = connection.execute("SELECT kind, at, body FROM events WHERE sequence = 2").fetchall()
        forged = body.replace("2102.1", "2102.2")
        text = f"{before}\n2\n{kind}\n{at}\n{forged}"
        digest = hashlib.sha256(text.encode()).hexdigest()
        change = f"UPDATE events SET body = '{forged}', hash = '{digest}' WHERE sequence = 2"
        assert "row 3 (fill at 2024-03-01T00:00:00Z) was changed" in tampered(ledger, change)
        assert [row.sequence for row in read_rows(ledger, Selection(("decision",)))] == [1]
        with pytest.raises(LedgerError, match=r"row 3 .* was changed"):
            list(read_rows(ledger, Selection(("fill",))))

    def test_a_row_that_is_missing_is_named(self, ledger: Path) -> None:
        message = tampered(ledger, "DELETE FROM events WHERE sequence = 2")
        assert "row 2 is missing" in message

    def test_the_first_row_that_is_missing_is_named(self, ledger: Path) -> None:
        assert "row 1 is missing" in tampered(ledger, "DELETE FROM events WHERE sequence = 1")

    def test_two_rows_in_each_others_place_are_found(self, ledger: Path) -> None:
        swap = [f"UPDATE events SET sequence = {new} WHERE sequence = {old}" for old, new in ((2, 99), (3, 2), (99, 3))]
        assert "row 2" in tampered(ledger, *swap)

    def test_a_row_that_was_slipped_in_is_found(self, ledger: Path) -> None:
        assert "row 5" in tampered(ledger, "INSERT INTO events VALUES (5, 'fill', 'x', '{}', 'made up')")

    def test_every_single_byte_of_the_bodies_counts(self, tmp_path: Path) -> None:
        for position in range(1, 40, 6):
            path = tmp_path / f"{position}.sqlite3"
            write_ledger(path, as_rows(events()))
            change = f"substr(body, 1, {position - 1}) || '~' || substr(body, {position + 1})"
            assert "row 1 " in tampered(path, f"UPDATE events SET body = {change} WHERE sequence = 1")

    def test_a_newer_version_is_refused(self, ledger: Path) -> None:
        run(ledger, "PRAGMA user_version = 99")
        with pytest.raises(
            LedgerError, match="of a newer version; expected version 2 or older, was version 99; update the bot"
        ):
            verify_ledger(ledger)
        with pytest.raises(LedgerError, match="newer version"):
            list(read_ledger(ledger))

    def test_a_file_that_is_not_there_is_named_and_not_made(self, tmp_path: Path) -> None:
        with pytest.raises(LedgerError, match="no ledger"):
            verify_ledger(tmp_path / "nothing.sqlite3")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("spoil", [lambda raw: raw[:300], lambda _: b"not a database, whatever it is called" * 9])
    def test_a_file_that_is_cut_or_no_database_is_refused(self, ledger: Path, spoil: Callable[[bytes], bytes]) -> None:
        ledger.write_bytes(spoil(ledger.read_bytes()))
        with pytest.raises(LedgerError):
            verify_ledger(ledger)

    @pytest.mark.parametrize("name", ["run #1", "why?", "100%41"])
    def test_a_folder_of_any_name_can_be_verified(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).mkdir()
        write_ledger(tmp_path / name / "ledger.sqlite3", as_rows(events()))
        assert verify_ledger(tmp_path / name / "ledger.sqlite3")[0] == 4


def test_a_ledger_that_cannot_be_written_is_an_error_of_the_ledger(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="No such file"):
        write_ledger(tmp_path / "no such folder" / "ledger.sqlite3", as_rows(events()))


def test_the_hashes_of_two_rows_are_those_worked_with_sha256sum(tmp_path: Path) -> None:
    """The text is the hash before (64 zeros at first), sequence, kind, moment and body, a line each.

    printf '%064d\\n1\\nswitched\\n2026-01-01T00:00:00Z\\n{"mode":"flat"}' 0 | sha256sum
    """
    states = [(1, TradingState.FLAT), (2, TradingState.ON)]
    path = tmp_path / "two.sqlite3"
    write_ledger(path, as_rows(TradingStateChange(datetime(2026, 1, day, tzinfo=UTC), mode) for day, mode in states))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT body, hash FROM events ORDER BY sequence").fetchall() == [
            ('{"mode":"flat"}', "93ae9924d3f18c680ca9a41aee6742b30cb0a1b41ace1f7dadb816aa543d6aa8"),
            ('{"mode":"on"}', "c54e0902451ca2395476d164d039225b8b9c246e21ff7d0d2ba3dde7430d0b7b"),
        ]


def test_the_head_depends_on_every_event(tmp_path: Path) -> None:
    heads = {write_ledger(tmp_path / f"{n}.sqlite3", as_rows(events(n))) for n in (3, 4, 5)}
    assert len(heads) == 3
    assert write_ledger(tmp_path / "again.sqlite3", as_rows(events(4))) in heads


def test_money_is_plain_decimal_text_and_moments_are_iso() -> None:
    decision, fill, *_, valued = as_rows(events())
    assert decision.body["weights"] == {"ETH": "0.49"}
    assert decision.at == "2024-03-01T00:00:00Z"
    assert (fill.body["quantity"], fill.body["price"], fill.body["slippage_bps"]) == ("2.45", "2102.1", "10")
    assert (valued.body["equity"], valued.body["cash"]) == ("10000", "4844.704855")


@pytest.mark.parametrize("lost", [1, 2, 5])
def test_the_first_row_that_cannot_be_read_is_named(tmp_path: Path, lost: int) -> None:
    """Five rows of 3,000 bytes lie on five pages of 4,096: the page of one is set to zero."""
    path = tmp_path / "ledger.sqlite3"
    reasons = [f"lost-{number} " + "x" * 3000 for number in range(1, 6)]
    write_ledger(path, as_rows([Decision(AT, "ETH", "ARMED", {}, (reason,)) for reason in reasons]))
    content = bytearray(path.read_bytes())
    page = content.index(f"lost-{lost} ".encode()) // 4096
    content[page * 4096 : (page + 1) * 4096] = bytes(4096)
    path.write_bytes(content)
    with pytest.raises(LedgerError, match=f"row {lost} and "):
        verify_ledger(path)


def test_a_ledger_whose_writing_fails_is_absent(tmp_path: Path) -> None:
    """A half-written one would be in the way of the same command, run again."""
    row = as_rows([TradingStateChange(datetime(2024, 1, 1, tzinfo=UTC), TradingState.STOPPED)])[0]
    with pytest.raises(sqlite3.IntegrityError):
        write_ledger(tmp_path / "replay.sqlite3", [row, row])
    assert list(tmp_path.iterdir()) == []
