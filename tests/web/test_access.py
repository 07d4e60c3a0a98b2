"""Who may ask the dashboard, and what every answer forbids the browser."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.core.errors import ConfigError
from bot.web.dashboard_server import DashboardServer
from tests.web.world import BEGUN, Asking, dashboard, site_at, write

TOKEN = "a-token-of-some-length"
PATHS = ("/", "/api/today", "/healthz", "/metrics", "/static/page.css", "/nothing")


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    state = tmp_path_factory.mktemp("state")
    write(state, "paper", BEGUN)
    with dashboard(site_at(state)) as asking:
        yield asking


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_forbids_what_a_page_does_not_need(asking: Asking, path: str) -> None:
    told = asking.ask(path).headers
    assert told["content-security-policy"].startswith("default-src 'none'; style-src 'self'; script-src 'self';")
    assert "unsafe" not in told["content-security-policy"]
    assert (told["x-frame-options"], told["x-content-type-options"]) == ("DENY", "nosniff")
    assert (told["referrer-policy"], told["cache-control"]) == ("no-referrer", "no-store")
    assert "server" not in told
    assert "access-control-allow-origin" not in told


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/", "/api/today", "/metrics"])
def test_nothing_but_reading_is_answered(asking: Asking, method: str, path: str) -> None:
    answer = asking.ask(path, method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


def test_head_is_the_same_without_a_body(asking: Asking) -> None:
    answer = asking.ask("/", "HEAD")
    assert (answer.status, answer.text) == (200, "")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example:{port}", "127.0.0.1:1"]
)
@pytest.mark.parametrize("path", ["/", "/api/today", "/static/page.css"])
def test_a_name_that_was_led_to_this_machine_is_refused(asking: Asking, host: str, path: str) -> None:
    assert asking.ask(path, Host=host.format(port=asking.port)).status == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_this_machines_own_names_are_answered(asking: Asking, host: str) -> None:
    assert asking.ask("/", Host=f"{host}:{asking.port}").status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "script"},
        {"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "cors", "Sec_Fetch_Dest": "empty"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "iframe"},
    ],
)
def test_other_sites_pages_are_refused(asking: Asking, headers: dict[str, str]) -> None:
    assert asking.ask("/api/today", **headers).status == 403


def test_our_own_page_and_a_link_from_elsewhere_are_answered(asking: Asking) -> None:
    assert asking.ask("/api/version", Origin=asking.url, Sec_Fetch_Site="same-origin").status == 200
    visit = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    assert asking.ask("/", **visit).status == 200


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    state = tmp_path_factory.mktemp("locked")
    write(state, "paper", BEGUN)
    with dashboard(site_at(state), TOKEN) as asking:
        yield asking


class TestToken:
    @pytest.mark.parametrize("path", PATHS)
    def test_nothing_is_told_without_it(self, locked: Asking, path: str) -> None:
        answer = locked.ask(path)
        assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert "paper" not in answer.text

    @pytest.mark.parametrize(
        "given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \xff"]
    )
    def test_a_wrong_one_opens_nothing(self, locked: Asking, given: str) -> None:
        assert locked.ask("/", Authorization=given).status == 401

    @pytest.mark.parametrize("cookie", ["bot_dashboard=", "bot_dashboard=x", f"bot_dashboard={TOKEN}", ";;=;", "a b"])
    def test_a_wrong_cookie_opens_nothing(self, locked: Asking, cookie: str) -> None:
        assert locked.ask("/", Cookie=cookie).status == 401

    def test_the_right_one_is_a_bearer(self, locked: Asking) -> None:
        assert locked.ask("/metrics", Authorization=f"Bearer {TOKEN}").status == 200

    def test_a_browser_leaves_it_once_and_gets_a_cookie_that_does_not_tell_it(self, locked: Asking) -> None:
        entered = locked.ask(f"/enter?token={TOKEN}")
        assert (entered.status, entered.headers["location"]) == (303, "/")
        cookie = entered.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "samesite=strict" in cookie.lower()
        assert TOKEN not in cookie
        assert locked.ask("/", Cookie=cookie.split(";")[0]).status == 200
        assert locked.ask("/enter?token=wrong").status == 401


def test_another_address_needs_a_token(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--host 0\.0\.0\.0: others could read the ledgers; name a token"):
        DashboardServer(site_at(tmp_path), host="0.0.0.0")
    with pytest.raises(ConfigError, match="--token: is too short; expected 16 characters or more"):
        DashboardServer(site_at(tmp_path), token="short")


def test_a_port_that_is_taken_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port} of 127.0.0.1 cannot be listened on") as caught:
            DashboardServer(site_at(tmp_path), port=port)
    assert caught.value.exit_code == 2
