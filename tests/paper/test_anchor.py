"""A ledger is anchored by an authority of this machine, and its anchors are verified offline."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.errors import ConfigError, LedgerError
from bot.core.events import ConfigPeriod, Event, Valuation
from bot.core.notice import Notice
from bot.infra import timestamp_token
from bot.ledger.anchor_files import anchor_files, anchored_text, keep_anchor
from bot.ledger.record import read_end
from bot.paper.daemon import Daemon
from tests.cli.running import bot, error_of
from tests.clocks import FakeClock
from tests.markets import config_with, default_config
from tests.review.records import D, record, story
from tests.servers.loopback import status
from tests.servers.timestamp_authority import NOW, REFUSAL, AuthorityServer, authority, integer

Done = subprocess.CompletedProcess[str]


@pytest.fixture
def server() -> Iterator[AuthorityServer]:
    with AuthorityServer() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "authority.pem").write_bytes(authority().pem)
    (tmp_path / "other.pem").write_bytes(authority("Another Authority").pem)
    return tmp_path


def anchor(folder: Path, server: AuthorityServer, *more: str, certificate: str = "authority.pem") -> Done:
    keys = ["--set", f"anchor.authority={server.url}/tsr"]
    keys += ["--set", f"anchor.certificate={folder / certificate}"] if certificate else []
    return bot("paper", "anchor", *keys, *more, cwd=folder)


def verify(folder: Path, *more: str, ca: str = "authority.pem") -> Done:
    return bot("review", "verify", "--anchors", "--ca", ca, *more, cwd=folder)


def anchored_story(folder: Path, server: AuthorityServer) -> Path:
    """The story with a token of row 6 and one of its end, an hour later."""
    path = record(folder, story()[:6]).path
    done = anchor(folder, server)
    assert done.returncode == 0, done.stderr
    path.unlink()
    record(folder, story())
    server.at = NOW + timedelta(hours=1)
    assert anchor(folder, server).returncode == 0
    return path


def rewritten(events: Sequence[Event]) -> list[Event]:
    """The events as they would have been with twice the cash: a chain without a fault."""
    return [
        replace(event, cash=event.cash + D(1000))
        if isinstance(event, ConfigPeriod)
        else replace(event, cash=event.cash + D(1000), equity=event.equity + D(1000))
        if isinstance(event, Valuation)
        else event
        for event in events
    ]


def test_the_head_is_stamped_and_the_token_kept_beside_the_ledger(folder: Path, server: AuthorityServer) -> None:
    path = record(folder, story()).path
    row, head = read_end(path)
    done = anchor(folder, server, "--json")
    token = path.with_name(f"paper.anchor-{row}.tsr")
    assert json.loads(done.stdout) == {
        "schema_version": 2,
        "ledger": "paper",
        "row": row,
        "hash": head,
        "time": "2026-11-29T10:00:05Z",
        "authority": "Example Time Authority",
        "token": str(token.relative_to(folder)),
        "is_new": True,
        "is_verified": True,
    }
    assert timestamp_token.read_token(token.read_bytes()).digest == timestamp_token.digest_of(f"{row}:{head}".encode())
    assert f"paper: row {row} is time-stamped, 2026-11-29 10:00:05 UTC by Example Time Authority." in done.stderr
    assert head not in server.asked[0].body  # the digest of the head alone


def test_a_head_is_stamped_once_and_its_token_is_kept(folder: Path, server: AuthorityServer) -> None:
    path = record(folder, story()).path
    anchor(folder, server)
    (token,) = anchor_files(path).values()
    was = token.read_bytes()
    assert "was already time-stamped" in anchor(folder, server).stdout
    assert len(server.asked) == 1
    token.write_bytes(authority().response(b"x" * 32))
    assert "is a token of another record than row 13 of paper" in error_of(anchor(folder, server), 5)
    token.write_bytes(was[:40])
    assert "the token is damaged, or no time-stamp" in error_of(anchor(folder, server), 5)
    assert token.read_bytes() == was[:40]


def test_a_token_that_another_process_wrote_first_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "paper.sqlite3"
    kept = keep_anchor(path, 13, b"first")
    with pytest.raises(LedgerError, match="exists already and is kept as it is"):
        keep_anchor(path, 13, b"second")
    assert (kept.read_bytes(), list(tmp_path.iterdir())) == (b"first", [kept])


def test_without_a_certificate_the_line_says_that_the_signature_is_unverified(
    folder: Path, server: AuthorityServer
) -> None:
    record(folder, story())
    assert "The signature was not verified" in anchor(folder, server, certificate="").stdout


def test_an_answer_that_proves_nothing_is_not_kept(folder: Path, server: AuthorityServer) -> None:
    path = record(folder, story()).path
    answers = {
        "the answer is a refusal of the authority: status 2 too many requests": lambda digest, nonce: REFUSAL,
        "the answer is of another request": lambda digest, nonce: authority().response(b"y" * 32, nonce),
        "another request; nothing": lambda digest, nonce: authority().response(digest, integer(5)),
        "no time-stamp": lambda digest, nonce: b"not DER",
        "is not signed by an authority of the given certificate; check anchor": lambda digest, nonce: authority(
            "Another Authority"
        ).response(digest, nonce),
    }
    for text, made in answers.items():
        server.made = made
        assert text in error_of(anchor(folder, server), 3)
    server.fail(status(500))
    assert "refused the request; expected HTTP 200, was HTTP 500" in error_of(anchor(folder, server), 3)
    assert list(path.parent.iterdir()) == [path]


def test_what_is_missing_is_one_line_and_no_request(
    folder: Path, server: AuthorityServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "anchor.authority: names no authority" in error_of(bot("paper", "anchor", cwd=folder), 2)
    assert "there is no such ledger" in error_of(anchor(folder, server), 5)
    record(folder, story())
    assert "cannot be read" in error_of(anchor(folder, server, certificate="gone.pem"), 2)
    (folder / "text.pem").write_text("-----BEGIN nothing")
    assert "has no readable certificate" in error_of(anchor(folder, server, certificate="text.pem"), 2)
    assert "is one of an exchange" in error_of(
        bot("paper", "anchor", "--set", "anchor.authority=https://api.binance.com/tsr", cwd=folder), 2
    )
    monkeypatch.setattr(timestamp_token, "find_spec", lambda name: None)
    assert "anchors need rfc3161-client, not installed here; " in error_of(anchor(folder, server), 2)
    assert "anchors need rfc3161-client, not installed here; " in error_of(verify(folder), 2)
    assert server.asked == []


def test_a_damaged_ledger_is_not_anchored(folder: Path, server: AuthorityServer) -> None:
    path = record(folder, story()).path
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TRIGGER events_are_never_changed")
        connection.execute("UPDATE events SET body = replace(body, '\"50\"', '\"49\"') WHERE sequence = 4")
    assert "row 4 (fill at 2024-03-01" in error_of(anchor(folder, server), 5)
    assert server.asked == []


class TestVerify:
    def test_time_authority_and_row_are_proved_offline(self, folder: Path, server: AuthorityServer) -> None:
        anchored_story(folder, server)
        asked = len(server.asked)
        done = verify(folder, "--json")
        assert done.returncode == 0, done.stderr
        (check,) = [one for one in json.loads(done.stdout)["verified"][0]["checks"] if one["name"] == "anchors"]
        assert check["message"] == (
            "row 13 (2024-03-03) and those before existed on 2026-11-29 11:00:05 UTC: signed by Example Time "
            "Authority; 2 valid tokens from row 6 on"
        )
        assert [(one["row"], one["existed"], one["authority"]) for one in check["proofs"]] == [
            (6, "2026-11-29T10:00:05Z", "Example Time Authority"),
            (13, "2026-11-29T11:00:05Z", "Example Time Authority"),
        ]
        assert len(server.asked) == asked

    def test_a_chain_rewritten_later_fails_by_its_anchor_alone(self, folder: Path, server: AuthorityServer) -> None:
        path = anchored_story(folder, server)
        path.unlink()
        record(folder, rewritten(story()))
        assert bot("review", "verify", cwd=folder).returncode == 0  # the chain, the orders and the books add up
        done = verify(folder)
        assert (
            "row 6 was time-stamped on 2026-11-29T10:00:05Z with another hash: rows up to it were written anew, or the "
            "token is of another ledger; the record is not the one that was time-stamped"
        ) in error_of(done, 5)
        assert done.stdout.count("anchors FAILED") == 2

    def test_a_cut_end_fails(self, folder: Path, server: AuthorityServer) -> None:
        path = anchored_story(folder, server)
        path.unlink()
        record(folder, story()[:10])
        message = error_of(verify(folder), 5)
        assert "ends with row 10, and row 13 was time-stamped on 2026-11-29T11:00:05Z: 3 rows cut off" in message

    def test_rows_after_the_last_anchor_may_follow(self, folder: Path, server: AuthorityServer) -> None:
        path = record(folder, story()[:9]).path
        anchor(folder, server)
        path.unlink()
        record(folder, story())
        assert "anchors valid  row 9 (2024-03-03) and those before existed on" in verify(folder).stdout

    def test_a_ledger_without_a_token_fails(self, folder: Path) -> None:
        record(folder, story())
        assert "has no token: no authority proves when it existed" in error_of(verify(folder), 5)

    @pytest.mark.parametrize(
        ("raw", "text"),
        [
            (b"", "the token is empty"),
            (b"<html>", "the token is damaged, or no time-stamp"),
            (b"0" * 70_000, "the token is longer than 65,536 bytes"),
            (REFUSAL, "the token is a refusal of the authority"),
            (
                authority().response(b"z" * 32, kind=bytes.fromhex("0609608648016503040203")),
                "the token stamps a digest of another kind than SHA-256",
            ),
        ],
    )
    def test_a_corrupt_token_is_one_line(self, folder: Path, server: AuthorityServer, raw: bytes, text: str) -> None:
        path = anchored_story(folder, server)
        anchor_files(path)[6].write_bytes(raw)
        done = verify(folder)
        assert f"paper.anchor-6.tsr: {text}" in error_of(done, 5)
        assert "anchors valid  row 13" in done.stdout  # the other one still proves its rows

    def test_each_changed_byte_of_a_token_leaves_its_time_or_fails(self, folder: Path, server: AuthorityServer) -> None:
        path = anchored_story(folder, server)
        whole = anchor_files(path)[13].read_bytes()
        trusted = timestamp_token.load_certificates(folder / "authority.pem")
        right, failed = timestamp_token.digest_of(anchored_text(*read_end(path))), 0
        for place in range(0, len(whole), 7):
            changed = bytearray(whole)
            changed[place] ^= 1
            try:
                token = timestamp_token.read_token(bytes(changed))
                timestamp_token.verify_token(token, trusted)
            except timestamp_token.InvalidToken:
                failed += 1
            else:
                assert (token.digest, token.time) == (right, NOW + timedelta(hours=1))
        assert failed > len(whole) / 7 * 0.9

    def test_another_certificate_is_one_line(self, folder: Path, server: AuthorityServer) -> None:
        anchored_story(folder, server)
        message = error_of(verify(folder, ca="other.pem"), 5)
        assert "the token is not signed by an authority of the given certificate; name the certificate" in message
        assert "ErrorStack" not in message

    def test_a_misplaced_token_names_its_row_and_its_ledger(self, folder: Path, server: AuthorityServer) -> None:
        path = anchored_story(folder, server)
        files = anchor_files(path)
        files[6].rename(path.with_name("paper.anchor-5.tsr"))
        assert "is the token of row 6, not of row 5; put its name back" in error_of(verify(folder), 5)
        record(folder, rewritten(story()), "other")
        path.with_name("other.anchor-13.tsr").write_bytes(files[13].read_bytes())
        message = error_of(verify(folder, "--run", "other"), 5)
        assert "other.anchor-13.tsr: is the token of row 13 of the ledger paper" in message

    def test_options_that_do_not_fit_are_refused(self, folder: Path, server: AuthorityServer) -> None:
        anchored_story(folder, server)
        assert "need the authority's certificate: --ca FILE" in error_of(
            bot("review", "verify", "--anchors", cwd=folder), 2
        )
        assert "add --anchors" in error_of(bot("review", "verify", "--ca", "authority.pem", cwd=folder), 2)
        assert "contradict each other" in error_of(verify(folder, "--all"), 2)
        assert "paper and --all: contradict" in error_of(bot("review", "verify", "paper", "--all", cwd=folder), 2)
        assert "named twice" in error_of(bot("review", "verify", "paper", "--run", "paper", cwd=folder), 2)
        assert "valid" in bot("review", "verify", "paper", cwd=folder).stdout


def test_a_backup_and_the_archive_take_the_tokens_along(folder: Path, server: AuthorityServer) -> None:
    path = anchored_story(folder, server)
    assert bot("paper", "backup", "--to", "copy.sqlite3", cwd=folder).returncode == 0
    assert "anchors valid" in verify(folder, "--run", "copy.sqlite3").stdout
    assert bot("paper", "archive", "--ledger", "paper", cwd=folder).returncode == 0
    assert anchor_files(path) == {}
    (archived,) = (path.parent / "archive").glob("*.sqlite3")
    assert "anchors valid" in verify(folder, "--run", str(archived)).stdout


def test_the_status_names_the_newest_token(folder: Path, server: AuthorityServer) -> None:
    anchored_story(folder, server)
    assert json.loads(bot("paper", "status", "--json", cwd=folder).stdout)["anchored_row"] == 13
    assert "Anchor   a token of row 13, not verified here" in bot("paper", "status", cwd=folder).stdout


def test_the_daemon_anchors_once_a_day_and_a_failure_is_a_notice(folder: Path, server: AuthorityServer) -> None:
    path = record(folder, story()).path
    keys = {"authority": f"{server.url}/tsr", "certificate": str(folder / "authority.pem"), "daily": True}
    config = config_with({"state": str(folder / "logs"), "anchor": keys})
    clock, said, sent = FakeClock(NOW), list[str](), list[Notice]()
    daemon = Daemon(config, "paper", clock, said.append, post=lambda notices: sent.extend(notices) or [])
    server.fail(status(503))
    daemon._anchor()
    daemon._anchor()
    assert [one.title for one in sent] == ["paper: not time-stamped"]
    assert "refused the request; expected HTTP 200, was HTTP 503" in said[0]
    assert len(server.asked) == 1  # a failure is tried again on the next day
    clock.set(NOW + timedelta(days=1))
    daemon._anchor()
    daemon._anchor()
    assert (list(anchor_files(path)), len(server.asked)) == ([13], 2)
    assert said[1:] == ["2026-11-30T10:00:05Z  row 13 is time-stamped by Example Time Authority"]


def test_a_daily_anchor_without_an_authority_is_refused() -> None:
    with pytest.raises(ConfigError, match="names no authority"):
        config_with({"anchor": {"daily": True}})


def test_the_authority_changes_no_fingerprint() -> None:
    config = config_with({"anchor": {"authority": "http://tsa.example.org/", "daily": True}})
    assert config.fingerprint() == default_config().fingerprint()
