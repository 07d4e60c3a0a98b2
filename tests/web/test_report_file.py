"""The report of a run under the dashboard: its own policy, and no other file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.ledger.writer import LedgerWriter
from tests.web.world import BEGUN, Asking, dashboard, site_at, write

RUN = "20260302T000000Z-abc"
SECRET = "<p>a file of another folder</p>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a run beside a ledger, with a report of one line."""
    write(tmp_path, "paper", BEGUN)
    folder = tmp_path / "runs" / RUN
    folder.mkdir(parents=True)
    with LedgerWriter.open(folder / "ledger.sqlite3") as journal:
        journal.append([BEGUN])
    (folder / "manifest.json").write_text("{}")
    (folder / "report.html").write_text("<!doctype html><script>let a = 1;</script>")
    (tmp_path / "report.html").write_text(SECRET)
    return folder


@pytest.fixture
def asking(tmp_path: Path, folder: Path) -> Iterator[Asking]:
    with dashboard(site_at(tmp_path)) as asking:
        yield asking


def test_the_report_has_scripts_of_its_own_but_no_way_out(asking: Asking) -> None:
    answer = asking.ask(f"/runs/{RUN}/report")
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
    assert (answer.status, answer.text) == (200, "<!doctype html><script>let a = 1;</script>")
    assert policy["script-src"] == "'unsafe-inline'"
    assert (policy["connect-src"], policy["default-src"]) == ("'none'", "'none'")
    # Without allow-same-origin the page reads no cookie and no other page of the dashboard.
    assert policy["sandbox"] == "allow-scripts allow-downloads"
    assert (policy["form-action"], policy["frame-ancestors"]) == ("'none'", "'none'")
    assert "set-cookie" not in answer.headers
    # Browsers refuse a sandboxed page that isolates its openers.
    assert answer.headers["cross-origin-opener-policy"] == "unsafe-none"
    assert (answer.headers["x-frame-options"], answer.headers["cache-control"]) == ("DENY", "no-store")


@pytest.mark.parametrize("name", ["..", "%2e%2e", "..%2f..", f"{RUN}%2f..%2f..", f"..%2fruns%2f{RUN}", "paper", "%00"])
def test_no_other_folder_is_read(asking: Asking, name: str) -> None:
    answer = asking.ask(f"/runs/{name}/report")
    assert answer.status == 404
    assert SECRET not in answer.text


def test_a_link_out_of_the_folder_is_no_report(asking: Asking, folder: Path) -> None:
    (folder / "report.html").unlink()
    (folder / "report.html").symlink_to(folder.parent.parent / "report.html")
    answer = asking.ask(f"/runs/{RUN}/report")
    assert (answer.status, answer.text) == (404, f"there is no report of '{RUN}'\n")


def test_the_report_needs_the_token_too(tmp_path: Path, folder: Path) -> None:
    with dashboard(site_at(tmp_path), "a-token-of-some-length") as asking:
        assert asking.ask(f"/runs/{RUN}/report").status == 401
