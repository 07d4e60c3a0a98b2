"""The public session sends anonymous questions to known hosts, and refuses all else before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import ccxt
import pytest
import requests
from requests.adapters import HTTPAdapter

from bot.core.errors import NotPublic
from bot.data.vendors.fred import FRED_HOST
from bot.infra.public_http import PublicSession
from bot.infra.rate_limit import RetryPolicy
from bot.infra.vendor_errors import Blocked, RateLimited, Unreachable
from tests.clocks import FakeClock
from tests.servers.loopback import Reply, dripping, dropped, interrupted, status
from tests.servers.wired import LoopbackAdapter, Servers, loopback_sessions

HOST = FRED_HOST
PAGE = f"https://{HOST}/graph/fredgraph.csv"


@pytest.fixture
def session(servers: Servers, clock: FakeClock) -> Iterator[PublicSession]:
    servers.fred.series["WALCL"] = {"2024-01-03": "1"}
    with loopback_sessions(servers.urls, clock) as sessions:
        yield sessions.fred


Request = Callable[[PublicSession], Any]
REFUSED: dict[str, Request] = {
    "POST": lambda s: s.post(PAGE),
    "PUT": lambda s: s.put(PAGE),
    "DELETE": lambda s: s.delete(PAGE),
    "HEAD": lambda s: s.head(PAGE),
    "http": lambda s: s.get(PAGE.replace("https", "http")),
    "another scheme": lambda s: s.get("file:///etc/passwd"),
    "user name": lambda s: s.get(f"https://me:pass@{HOST}/"),
    "host as user name": lambda s: s.get(f"https://{HOST}@127.0.0.1/"),
    "another port": lambda s: s.get(f"https://{HOST}:8443/"),
    "another host": lambda s: s.get("https://example.com/"),
    "a longer host": lambda s: s.get(f"https://{HOST}.example.com/"),
    "a part of the host": lambda s: s.get("https://stlouisfed.org/"),
    "body": lambda s: s.get(PAGE, data="id=WALCL"),
    "JSON body": lambda s: s.get(PAGE, json={}),
    "files": lambda s: s.get(PAGE, files={"a": b"b"}),
    "basic authorization": lambda s: s.get(PAGE, auth=("me", "pass")),
    "an API key header": lambda s: s.get(PAGE, headers={"X-MBX-APIKEY": "k"}),
    "any unknown header": lambda s: s.get(PAGE, headers={"X-Whatever": "k"}),
    "authorization header": lambda s: s.get(PAGE, headers={"Authorization": "Bearer k"}),
    "cookie": lambda s: s.get(PAGE, cookies={"a": "b"}),
    "session header": lambda s: [s.headers.update({"OK-ACCESS-KEY": "k"}), s.get(PAGE)],
    "session auth": lambda s: [s.__dict__.update(auth=("me", "pass")), s.get(PAGE)],
    "a key behind a semicolon": lambda s: s.get(f"{PAGE}?id=WALCL;signature=2"),
    "a key in the path": lambda s: s.get(f"{PAGE};signature=2?id=WALCL"),
    **{
        f"query key {key}": partial(requests.Session.get, url=PAGE, params={key: "k"})
        for key in (
            "signature",
            "Signature",
            "sign",
            "apiKey",
            "api_key",
            "API-Key",
            "timestamp",
            "recvWindow",
            "nonce",
            "secret",
            "access_token",
            "passphrase",
            "password",
            "key",
            "AccessKeyId",
            "listenKey",
            "x-mbx-apikey",
            "sig",
            "hmac",
            "pass",
            ";signature",
            "ID",
        )
    },
}


class TestRefusals:
    @pytest.mark.parametrize("what", REFUSED)
    def test_refuses(self, session: PublicSession, servers: Servers, what: str) -> None:
        with pytest.raises(NotPublic) as caught:
            REFUSED[what](session)
        assert servers.fred.asked == []
        assert caught.value.exit_code == 4
        told = str(caught.value).replace(f"{what!r}".replace("query key ", ""), "")  # the name of a key may be told
        assert "pass" not in told

    def test_an_honest_question_is_answered(self, session: PublicSession, servers: Servers) -> None:
        assert session.get(PAGE, params={"id": "WALCL"}).text == "observation_date,WALCL\n2024-01-03,1\n"
        assert session.get(f"https://{HOST}:443/graph/fredgraph.csv?id=WALCL").status_code == 200
        assert [asked.method for asked in servers.fred.asked] == ["GET", "GET"]

    def test_no_credential_stands_in_the_refusal(self, session: PublicSession) -> None:
        with pytest.raises(NotPublic) as caught:
            session.get(PAGE, params={"signature": "abcdef", "id": "WALCL"})
        assert "abcdef" not in str(caught.value) and "WALCL" not in str(caught.value)

    def test_another_adapter_mounted_by_force_is_not_used(self, session: PublicSession, servers: Servers) -> None:
        session.mount("https://", LoopbackAdapter(servers.urls))
        session.mount("http://", HTTPAdapter())
        with pytest.raises(NotPublic):
            session.get(PAGE, headers={"X-MBX-APIKEY": "k"})
        with pytest.raises(NotPublic):
            session.get(servers.fred.url)

    def test_a_request_prepared_elsewhere_is_held_to_the_same_rules(self, session: PublicSession) -> None:
        prepared = requests.Request("GET", PAGE, headers={"X-MBX-APIKEY": "k"}).prepare()
        with pytest.raises(NotPublic):
            session.send(prepared, verify=False, proxies={"https": "http://127.0.0.1:1"})


class TestEnvironment:
    def test_proxies_are_ignored(
        self, session: PublicSession, servers: Servers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
        session.proxies = {"https": "http://127.0.0.1:1", "http": "http://127.0.0.1:1"}
        assert session.get(PAGE, params={"id": "WALCL"}).status_code == 200

    def test_a_netrc_file_is_not_read(
        self, session: PublicSession, servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        netrc = tmp_path / ".netrc"
        netrc.write_text(f"machine {HOST} login me password secret\n")
        netrc.chmod(0o600)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("NETRC", str(netrc))
        assert session.get(PAGE, params={"id": "WALCL"}).status_code == 200
        assert "Authorization" not in servers.fred.asked[0].headers

    def test_cookies_are_not_kept(self, session: PublicSession, servers: Servers) -> None:
        servers.fred.fail(Reply(200, b"{}", {"Set-Cookie": "a=b; Path=/"}))
        session.get(PAGE)
        session.get(PAGE, params={"id": "WALCL"})
        assert "Cookie" not in servers.fred.asked[1].headers

    def test_certificates_are_checked_whatever_is_asked(self, clock: FakeClock) -> None:
        seen: list[dict[str, Any]] = []

        class Recorder(HTTPAdapter):
            def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
                seen.append(kwargs)
                raise requests.ConnectionError

        with PublicSession(RetryPolicy(clock, tries=1), [HOST], adapter=Recorder()) as session:
            session.verify = False
            with pytest.raises(Unreachable):
                session.get(PAGE, verify=False, timeout=9999)
        assert (seen[0]["verify"], seen[0]["timeout"], seen[0]["proxies"]) == (True, (10.0, 20.0), {})


class TestFaults:
    @pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
    def test_a_redirect_is_told_and_not_followed(self, session: PublicSession, servers: Servers, code: int) -> None:
        servers.fred.fail(Reply(code, b"", {"Location": f"{servers.exchange.url}/api/v3/time?signature=x"}))
        with pytest.raises(Unreachable, match=r"redirects to 127\.0\.0\.1") as caught:
            session.get(PAGE)
        assert "signature" not in str(caught.value)
        assert len(servers.fred.asked) == 1 and servers.exchange.asked == []

    def test_faults_that_pass_are_survived(self, session: PublicSession, servers: Servers) -> None:
        servers.fred.fail(status(500), dropped(), interrupted())
        assert session.get(PAGE, params={"id": "WALCL"}).status_code == 200

    def test_faults_that_stay_are_told(self, session: PublicSession, servers: Servers) -> None:
        servers.fred.fail(status(500), dropped(), interrupted(), dropped())
        with pytest.raises(Unreachable, match="4 tries; was ConnectionError"):
            session.get(PAGE)

    def test_limits_and_places_are_told(self, session: PublicSession, servers: Servers) -> None:
        servers.fred.fail(status(429, retry_after="999"))
        for _ in range(2):
            with pytest.raises(RateLimited):
                session.get(PAGE)
        assert len(servers.fred.asked) == 1

    def test_a_host_that_does_not_serve_this_place_is_not_asked_again(
        self, session: PublicSession, servers: Servers
    ) -> None:
        servers.fred.fail(status(451))
        for _ in range(2):
            with pytest.raises(Blocked):
                session.get(PAGE)
        assert len(servers.fred.asked) == 1

    def test_a_slow_drip_ends(self, servers: Servers, clock: FakeClock) -> None:
        servers.fred.fail(dripping(0.02))
        with (
            loopback_sessions(servers.urls, clock, tries=1, deadline=0.2) as sessions,
            pytest.raises(Unreachable, match="ReadTimeout"),
        ):
            sessions.fred.get(PAGE)

    def test_silence_ends(self, servers: Servers, clock: FakeClock) -> None:
        servers.fred.fail(dripping(0.5))
        with (
            loopback_sessions(servers.urls, clock, tries=1, timeouts=(0.1, 0.1)) as sessions,
            pytest.raises(Unreachable, match="ConnectionError"),
        ):
            sessions.fred.get(PAGE)

    def test_an_answer_without_end_is_cut_short(self, servers: Servers, clock: FakeClock) -> None:
        servers.fred.fail(Reply(200, b"x" * 5000))
        with (
            loopback_sessions(servers.urls, clock, max_bytes=1000) as sessions,
            pytest.raises(Unreachable, match="at most 1,000 bytes"),
        ):
            sessions.fred.get(PAGE)


class TestTheExchangeLibrary:
    """A ccxt object that was given keys by force still cannot send them."""

    def client(self, session: PublicSession) -> Any:
        return ccxt.binance(
            {
                "session": session,
                "apiKey": "key",
                "secret": "secret",
                "options": {"defaultType": "spot", "fetchMarkets": {"types": ["spot"]}, "fetchMargins": False},
                "has": {"fetchCurrencies": False},
            }
        )

    @pytest.mark.parametrize(
        "call",
        [
            lambda c: c.fetch_balance(),
            lambda c: c.create_order("ETH/USDT", "market", "buy", 1),
            lambda c: c.privateGetAccount(),
            lambda c: c.publicGetHistoricalTrades({"symbol": "ETHUSDT"}),
            lambda c: c.sapiGetAccountStatus(),
            lambda c: c.request("userDataStream", ["public"], "POST"),
            lambda c: c.fetch("https://api.binance.com/api/v3/time", "GET", {"X-MBX-APIKEY": "key"}),
        ],
    )
    def test_a_signed_call_never_leaves(self, servers: Servers, clock: FakeClock, call: Callable[[Any], Any]) -> None:
        servers.exchange.list("ETH", "USDT", {})
        with loopback_sessions(servers.urls, clock) as sessions:
            client = self.client(sessions.exchange)
            client.load_markets()
            before = len(servers.exchange.asked)
            with pytest.raises(NotPublic) as caught:
                call(client)
            assert len(servers.exchange.asked) == before
            assert "secret" not in str(caught.value)

    def test_a_public_call_of_the_same_object_is_answered(self, servers: Servers, clock: FakeClock) -> None:
        with loopback_sessions(servers.urls, clock) as sessions:
            assert self.client(sessions.exchange).fetch_time() > 0
        assert "X-MBX-APIKEY" not in servers.exchange.asked[0].headers
