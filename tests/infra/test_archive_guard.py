"""The guard of the archive lets its files, checksums and listing through, and refuses every other request."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import requests

from bot.core.errors import NotPublic
from bot.infra.archive_guard import FILES_HOST, LISTING_HOST, refuse_unless_archive
from bot.infra.public_http import PublicSession
from tests.clocks import FakeClock
from tests.servers.archive import ArchiveServer, archive_session

FILE = f"https://{FILES_HOST}/data/spot/monthly/klines/BTCUSDT/1d/BTCUSDT-1d-2024-02.zip"
DAY = f"https://{FILES_HOST}/data/spot/daily/klines/BTCUSDT/1d/BTCUSDT-1d-2024-02-29.zip"
LISTING = f"https://{LISTING_HOST}/data.binance.vision"
PREFIX = "data/spot/monthly/klines/"
QUERY = f"delimiter=%2F&prefix={PREFIX.replace('/', '%2F')}"

ALLOWED = [
    FILE,
    f"{FILE}.CHECKSUM",
    DAY,
    f"{LISTING}?{QUERY}",
    f"{LISTING}?{QUERY}BTCUSDT%2F1d%2F",
    f"{LISTING}?{QUERY}&marker=data%2Fspot%2Fmonthly%2Fklines%2F%E5%B8%81USDT%2F",
]
REFUSED_URLS = [
    FILE.replace("https", "http"),
    FILE.replace(FILES_HOST, f"{FILES_HOST}:443"),
    FILE.replace(FILES_HOST, f"me@{FILES_HOST}"),
    FILE.replace(FILES_HOST, "testnet.binance.vision"),
    FILE.replace(FILES_HOST, "data-api.binance.vision"),
    FILE.replace(FILES_HOST, "api.binance.com"),
    FILE.replace(FILES_HOST, f"{FILES_HOST}.example.com"),
    FILE.replace("https://", "https:///"),
    FILE.replace("/1d/", "/1h/"),
    FILE.replace("klines", "trades"),
    FILE.replace("spot", "futures/um"),
    FILE.replace("1d/BTCUSDT", "1d/ETHUSDT"),
    FILE.replace("BTCUSDT/1d", "../BTCUSDT/1d"),
    FILE.replace("BTCUSDT", "btcusdt"),
    FILE.replace("2024-02", "2024-02-29"),
    f"{FILE}?signature=1",
    f"{FILE}?",
    f"{FILE}#a",
    f"{FILE};a=1",
    f"{FILE}.exe",
    f"https://{FILES_HOST}/api/v3/order",
    f"https://{FILES_HOST}/",
    f"https://{LISTING_HOST}/data/spot/monthly/klines/BTCUSDT/1d/BTCUSDT-1d-2024-02.zip",
    LISTING,
    f"{LISTING}?delimiter=%2F",
    f"{LISTING}/?{QUERY}",
    f"https://{LISTING_HOST}/another-bucket?{QUERY}",
    f"https://{LISTING_HOST}/data.binance.vision/../another-bucket?{QUERY}",
    f"{LISTING}?{QUERY}&list-type=2",
    f"{LISTING}?{QUERY}&X-Amz-Signature=1",
    f"{LISTING}?{QUERY}&acl",
    f"{LISTING}?{QUERY}&delimiter=%2F",
    f"{LISTING}?{QUERY};marker=a",
    f"{LISTING}?{QUERY}&marker=..%2F..%2Fa",
    f"{LISTING}?delimiter=%2F&prefix=data%2Ffutures%2F",
    f"{LISTING}?delimiter=%2F&prefix={PREFIX}..%2F..%2F",
    f"{LISTING}?delimiter=a&prefix={PREFIX}",
    f"{LISTING}?{QUERY}%ff",
    "",
]
Send = Callable[[PublicSession], Any]
REFUSED: dict[str, Send] = {
    # requests sends a bare "?" as nothing.
    **{f"GET {url}": partial(PublicSession.get, url=url) for url in REFUSED_URLS if url and url != f"{FILE}?"},
    "POST": lambda s: s.post(FILE),
    "PUT": lambda s: s.put(FILE),
    "DELETE": lambda s: s.delete(FILE),
    "HEAD": lambda s: s.head(FILE),
    "body": lambda s: s.get(FILE, data="a"),
    "key header": lambda s: s.get(FILE, headers={"X-MBX-APIKEY": "k"}),
    "authorization": lambda s: s.get(FILE, auth=("me", "pass")),
    "cookie": lambda s: s.get(FILE, cookies={"a": "b"}),
    "range header": lambda s: s.get(FILE, headers={"Range": "bytes=0-1"}),
    "another adapter": lambda s: [s.mount("https://", requests.adapters.HTTPAdapter()), s.get(f"{FILE}?a=1")],
}


@pytest.mark.parametrize("url", ALLOWED)
def test_a_file_and_the_listing_pass(url: str) -> None:
    refuse_unless_archive("GET", url, {"User-Agent": "x", "Accept": "*/*"}, None)


@pytest.mark.parametrize("url", [*REFUSED_URLS, None])
def test_any_other_address_is_refused(url: str | None) -> None:
    with pytest.raises(NotPublic):
        refuse_unless_archive("GET", url, {}, None)


def test_nothing_of_a_refused_request_leaves() -> None:
    with ArchiveServer() as server, archive_session(server.url, FakeClock()) as session:
        for name, send in REFUSED.items():
            # requests itself refuses an address without a host.
            with pytest.raises((NotPublic, requests.exceptions.InvalidURL)):
                send(session)
                pytest.fail(name)
            assert server.asked == [], name
        assert session.get(FILE).status_code == 404
        assert [one.method for one in server.asked] == ["GET"]


def test_a_redirect_is_not_followed() -> None:
    from bot.infra.vendor_errors import Unreachable
    from tests.servers.loopback import Reply

    with ArchiveServer() as server, archive_session(server.url, FakeClock()) as session:
        server.fail(Reply(307, b"", {"Location": "https://api.binance.com/api/v3/order"}))
        with pytest.raises(Unreachable, match=r"redirects to api.binance.com"):
            session.get(FILE)
        assert len(server.asked) == 1
