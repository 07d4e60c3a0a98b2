"""Binance's public archive: the bucket's listing as S3 gives it, and the files with their checksums."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from bot.core.ports import Clock
from bot.infra.archive_guard import FILES_HOST, LISTING_HOST, refuse_unless_archive
from bot.infra.public_http import PublicSession
from bot.infra.rate_limit import RetryPolicy
from tests.servers.loopback import Asked, LoopbackServer, Reply
from tests.servers.wired import LoopbackAdapter

HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_asset_volume,number_of_trades,"
    "taker_buy_base_asset_volume,taker_buy_quote_asset_volume,ignore"
)
"""Header of newer files, as recorded."""
_MICROSECONDS_SINCE = date(2025, 1, 1)


def candle(day: date, close: float, units: int | None = None, volume: float = 1000.0) -> str:
    """A line of a file: open time in milliseconds, in microseconds since 2025, or in `units` a second."""
    units = units or (1_000_000 if day >= _MICROSECONDS_SINCE else 1_000)
    opened = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    closed = (opened + 86_400) * units - 1
    prices = f"{close:.8f},{close * 1.02:.8f},{close * 0.98:.8f},{close:.8f}"
    return f"{opened * units},{prices},{volume:.8f},{closed},{volume * close:.8f},35985,440.8,16088.5,0"


def zipped(name: str, text: str, **others: str) -> bytes:
    """A zip with a member, and perhaps others."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as opened:
        for member, content in {name: text, **others}.items():
            opened.writestr(zipfile.ZipInfo(member, (2025, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def days_of(first: date, count: int) -> list[date]:
    """Consecutive UTC days."""
    return [first + timedelta(days=i) for i in range(count)]


class ArchiveServer(LoopbackServer):
    """Answers from `files`, by key. `page` is the number of names of one page of the listing."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}
        self.page = 1000

    def put(self, pair: str, stamp: str, lines: Sequence[str], header: bool = False) -> str:
        """Add a month or a day of a pair with its checksum, and return the key."""
        text = "\n".join([*([HEADER] if header else []), *lines, ""])
        return self.put_raw(pair, stamp, zipped(f"{pair}-1d-{stamp}.csv", text))

    def put_raw(self, pair: str, stamp: str, body: bytes, sha256: str | None = None) -> str:
        """Add any bytes under a file's name; the checksum is theirs, or another."""
        period = "monthly" if len(stamp) == 7 else "daily"
        name = f"{pair}-1d-{stamp}.zip"
        key = f"data/spot/{period}/klines/{pair}/1d/{name}"
        self.files[key] = body
        self.files[f"{key}.CHECKSUM"] = f"{sha256 or hashlib.sha256(body).hexdigest()}  {name}\n".encode()
        return key

    def put_days(self, pair: str, closes: Mapping[date, float], header: bool = False) -> None:
        """Add the monthly files of closes by day."""
        months: dict[str, list[str]] = {}
        for day, close in closes.items():
            months.setdefault(f"{day:%Y-%m}", []).append(candle(day, close))
        for month, lines in months.items():
            self.put(pair, month, lines, header)

    @property
    def fetched(self) -> list[str]:
        """Names of the zips that were asked for."""
        return [one.path.rpartition("/")[2] for one in self.asked if one.path.endswith(".zip")]

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/data.binance.vision":
            return self._listing(asked.query)
        body = self.files.get(asked.path.removeprefix("/"))
        return Reply(404, b"<Error><Code>NoSuchKey</Code></Error>") if body is None else Reply(200, body)

    def _listing(self, query: Mapping[str, str]) -> Reply:
        prefix, marker = query["prefix"], query.get("marker", "")
        names = set()
        for key in self.files:
            if key.startswith(prefix):
                folder, slash, _ = key.removeprefix(prefix).partition("/")
                names.add(prefix + folder + slash)
        following = sorted(name for name in names if name > marker)
        page, is_cut = following[: self.page], len(following) > self.page
        parts = [
            f"<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>"
            if name.endswith("/")
            else f"<Contents><Key>{name}</Key><Size>1</Size></Contents>"
            for name in page
        ]
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>data.binance.vision</Name>'
            f"<Prefix>{prefix}</Prefix><Marker>{marker}</Marker>"
            f"{f'<NextMarker>{page[-1]}</NextMarker>' if is_cut else ''}<MaxKeys>1000</MaxKeys><Delimiter>/</Delimiter>"
            f"<IsTruncated>{str(is_cut).lower()}</IsTruncated>{''.join(parts)}</ListBucketResult>"
        )
        return Reply(200, body.encode(), {"Content-Type": "application/xml"})


@contextmanager
def archive_session(url: str, clock: Clock, *, tries: int = 4, pause: float = 0.25) -> Iterator[PublicSession]:
    """The archive's own session, guard included, turned to the loopback below it."""
    urls = {FILES_HOST: url, LISTING_HOST: url}
    with PublicSession(
        RetryPolicy(clock, tries=tries, pause=pause),
        (FILES_HOST, LISTING_HOST),
        profile=refuse_unless_archive,
        adapter=LoopbackAdapter(urls),
        max_bytes=2_097_152,
    ) as session:
        yield session
